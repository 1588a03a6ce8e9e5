"""What must hold (acceptance of the whole queue). The limits were fixed before anything was measured; a gate is never weakened to pass."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.simulate.figures import Figures

ENOUGH = 1000  # calls below which a cell is reported and not judged
COVERED = (0.75, 0.85)
LATE = 0.12
OVERRUN_DAYS = 0.10
CATEGORY_P90_MIN = 45.0  # the target of the imagined centre
ORDINARY_RISE = 1.25
JUDGED = ("normal", "opening-burst")


@dataclass(frozen=True, slots=True)
class Gate:
    """One sentence, the figure, and whether it holds."""

    sentence: str
    figure: str
    holds: bool


def judged(figures: Mapping[str, Figures], enough: int = ENOUGH) -> list[Gate]:
    """Judge the figures by `<scenario>.<rule>`; what was not run is not judged."""
    return [*_coverage(figures, enough), *_overrun(figures), *_waits(figures)]


def _coverage(figures: Mapping[str, Figures], enough: int) -> Iterator[Gate]:
    for scenario in JUDGED:
        for cell in figures.get(f"{scenario}.ours", {}).get("cells", ()):
            if cell["n"] >= enough:
                name = f"{scenario}: {cell['kind']}, {cell['bin']} min, n = {cell['n']}"
                covered, late = cell["covered"], cell["late"]
                yield Gate(
                    f"{name}: 80 % intervals cover 75 to 85 %, late at most 12 %",
                    f"{covered:.1%} covered, {late:.1%} late",
                    COVERED[0] <= covered <= COVERED[1] and late <= LATE,
                )


def _overrun(figures: Mapping[str, Figures]) -> Iterator[Gate]:
    found = figures.get("overload.ours")
    if found:
        part = found["overrun_days"]
        yield Gate("load 1.1: more than 15 minutes over closing on at most 10 % of days", f"{part:.1%} of {found['days']} days", part <= OVERRUN_DAYS)


def _waits(figures: Mapping[str, Figures]) -> Iterator[Gate]:
    for scenario in JUDGED:
        ours, first = figures.get(f"{scenario}.ours"), figures.get(f"{scenario}.first-come")
        if ours and first:
            p90 = ours["waits"]["category"]["p90"]
            yield Gate(
                f"{scenario}, load 0.95: nine in ten with a right to priority wait at most {CATEGORY_P90_MIN:.0f} minutes",
                f"{p90:.1f} min, first come {first['waits']['category']['p90']:.1f}",
                p90 <= CATEGORY_P90_MIN,
            )
            mine, theirs = ours["waits"]["order"]["p90"], first["waits"]["order"]["p90"]
            yield Gate(
                f"{scenario}, load 0.95: the ordinary p90 rises by at most 25 % over first come",
                f"{mine:.1f} against {theirs:.1f} min ({mine / theirs - 1:+.0%})",
                mine <= ORDINARY_RISE * theirs,
            )
