"""The figures as text: one table of runs, one of cells, the gates."""

from collections.abc import Iterable, Sequence

from edge.simulate.figures import Figures
from edge.simulate.gates import Gate
from edge.simulate.jobs import Result


def runs(results: Sequence[Result]) -> str:
    """Return one line a run: who waited how long, and what happened at closing."""
    head = ("scenario", "rule", "days", "came", "refused", "ordinary p50", "p90", "max", "right p90", "booked p90", "overrun > 15", "raised")
    return _table(head, [_run(result) for result in results])


def _run(result: Result) -> tuple[str, ...]:
    found = result["figures"]
    waits = found["waits"]
    order = waits["order"]
    return (
        result["scenario"],
        result["rule"],
        str(result["days"]),
        str(found["came"]),
        str(found["refused"]),
        f"{order['p50']:.0f}",
        f"{order['p90']:.0f}",
        f"{order['max']:.0f}",
        f"{waits['category']['p90']:.0f}",
        f"{waits['booked']['p90']:.0f}",
        f"{found['overrun_days']:.0%}",
        f"{found['raised']:.0%}",
    )


def cells(name: str, found: Figures) -> str:
    """Return the coverage of one run by class and horizon, and that of another system's range beside it."""
    peers = {each["bin"]: each for each in found["peer"]["bins"]}
    head = ("class", "minutes", "n", "covered", "late", "as said", "late", "width", "peer", "late")
    lines = [
        (
            cell["kind"],
            cell["bin"],
            str(cell["n"]),
            f"{cell['covered']:.1%}",
            f"{cell['late']:.1%}",
            f"{cell['said_covered']:.1%}",
            f"{cell['said_late']:.1%}",
            f"{cell['width_min']:.0f}",
            f"{peers[cell['bin']]['covered']:.0%}",
            f"{peers[cell['bin']]['late']:.0%}",
        )
        for cell in found["cells"]
    ]
    return f"{name}\n{_table(head, lines)}"


def gates(found: Iterable[Gate]) -> str:
    """Return one line a gate."""
    return "\n".join(f"{'holds ' if gate.holds else 'FAILS '} {gate.sentence}: {gate.figure}" for gate in found)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [tuple(head), *lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(_cell(text, width, column) for column, (text, width) in enumerate(zip(row, widths, strict=True))) for row in rows)


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column < 2 else text.rjust(width)  # noqa: PLR2004 -- names left, figures right
