"""One self-contained HTML page: gates, waits by rule, coverage by class and horizon, closing. Charts are inline SVG; nothing is loaded from anywhere.

Colours are the tokens of the screens, read from their stylesheet, so that light and dark follow the reader.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources

from edge.simulate.figures import Figures
from edge.simulate.gates import COVERED, ENOUGH, OVERRUN_DAYS, Gate
from edge.simulate.jobs import Result
from edge.simulate.scenarios import RULES, SCENARIOS

KIND_TITLES = {"order": "ordinary", "category": "right to priority", "booked": "appointment", "late": "late for it"}
RULE_TITLES = {rule.name: rule.title for rule in RULES}
WIDTH, LINE = 720, 30

HOLDS = {True: "<td class=good>✓ holds", False: "<td class=bad>✗ fails"}
PROMISED = (
    "<p>Part of the visitors called within the interval that was promised, by class and expected wait. The band is 75 to 85 %. "
    "Grey: fewer than 1,000 calls, not judged. Ring: the range that another system's rule of thumb would have given.</p>"
)


def page(results: Sequence[Result], gates: Sequence[Gate], seed: str) -> str:
    """Return the page."""
    by_job = {result["job"]: result["figures"] for result in results}
    days = sum(result["days"] for result in results)
    parts = [
        "<h1>Imagined days</h1>",
        f"<p class=quiet>{days} days, seed {escape(seed)}. The same pure functions as in the hall decide, issue, call, promise and close.</p>",
        "<h2>What must hold</h2>",
        _gates(gates),
        "<h2>How long people wait</h2>",
        "<p>Nine in ten are called within so many minutes; the thin line is the half.</p><ul>"
        + "".join(f'<li><span class="key {name}"></span>{escape(title)}' for name, title in RULE_TITLES.items())
        + "</ul>",
        *(_waits(scenario.name, by_job) for scenario in SCENARIOS if f"{scenario.name}.ours" in by_job),
        "<h2>Whether the promised times hold</h2>",
        PROMISED,
        *(_cells(name.removesuffix(".ours"), found) for name, found in by_job.items() if name.endswith(".ours")),
        "<h2>At closing</h2>",
        "<p>Part of the days on which the last visit ended more than 15 minutes after closing; the line is what is allowed at load 1.1.</p>",
        _closing(by_job),
        "<h2>All runs</h2>",
        _table(results),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Kezek Edge: imagined days</title><style>{_tokens()}{_style()}</style><main>{''.join(parts)}</main></html>\n"
    )


def _style() -> str:
    return resources.files("edge.simulate").joinpath("report.css").read_text(encoding="utf-8")


def _tokens() -> str:
    """Return the screens' colours, for light and for dark."""
    text = resources.files("edge.web").joinpath("static/css/tokens.css").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^:root,\n\[data-theme\] \{(.*?)^\}|^@media \(prefers-color-scheme: dark\) \{\n  :root[^{]*\{(.*?)^  \}", text)
    light = next(first for first, _ in blocks if first)
    dark = next((second for _, second in blocks if second), "")
    return f":root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"


def _gates(gates: Sequence[Gate]) -> str:
    rows = "".join(f"<tr><td class=left>{escape(gate.sentence)}<td>{escape(gate.figure)}{HOLDS[gate.holds]}" for gate in gates)
    return f"<section><table>{rows}</table></section>"


def _waits(scenario: str, by_job: Mapping[str, Figures]) -> str:
    runs = [(rule.name, by_job[f"{scenario}.{rule.name}"]) for rule in RULES if f"{scenario}.{rule.name}" in by_job]
    bars = [(kind, name, found["waits"][kind]) for kind in ("order", "category", "booked") for name, found in runs if found["waits"][kind]["n"]]
    most = max((bar["p90"] for *_, bar in bars), default=1) or 1
    scale = (WIDTH - 260) / most
    drawn, y, last = [], 8, ""
    for kind, name, waits in bars:
        if kind != last:
            y += 12 if last else 0
            drawn.append(f"<text x=0 y={y + 15}>{KIND_TITLES[kind]}</text>")
            last = kind
        drawn.append(
            f'<rect class="{name}" x=150 y={y} width={max(2, waits["p90"] * scale):.0f} height=18 rx=3 />'
            f'<rect x={150 + waits["p50"] * scale:.0f} y={y} width=2 height=18 fill="var(--surface)" />'
            f"<text x={158 + waits['p90'] * scale:.0f} y={y + 14}>{waits['p90']:.0f} min</text>"
        )
        y += 22
    label = ", ".join(f"{KIND_TITLES[kind]} {name} {waits['p90']:.0f} minutes" for kind, name, waits in bars)
    chart = f'<svg viewBox="0 0 {WIDTH} {y + 8}" role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'
    return f"<section><h3>{escape(scenario)}</h3>{chart}</section>"


def _cells(scenario: str, found: Figures) -> str:
    peers = {each["bin"]: each["covered"] for each in found["peer"]["bins"]}
    left, width = 230, WIDTH - 330
    rows, y = [], 28
    for cell in found["cells"]:
        if cell["n"] < 30:  # noqa: PLR2004 -- too few to say anything
            continue
        inside = COVERED[0] <= cell["covered"] <= COVERED[1]
        mark = "few" if cell["n"] < ENOUGH else "covered" if inside else "off"
        rows.append(
            f"<text x=0 y={y + 5}>{KIND_TITLES[cell['kind']]}, {cell['bin']} min</text>"
            f'<circle class="{mark}" cx={left + cell["covered"] * width:.0f} cy={y} r=7 />'
            f'<circle class="peer" cx={left + peers[cell["bin"]] * width:.0f} cy={y} r=6 />'
            f'<text class="quiet" x={left + width + 16} y={y + 5}>{cell["covered"]:.0%}, n {cell["n"]}</text>'
        )
        y += LINE - 4
    band = f'<rect class="band" x={left + COVERED[0] * width:.0f} y=16 width={(COVERED[1] - COVERED[0]) * width:.0f} height={y - 28} />'
    ticks = "".join(
        f'<line class="axis" x1={left + part * width:.0f} x2={left + part * width:.0f} y1=16 y2={y - 12} />'
        f'<text class="quiet" x={left + part * width:.0f} y=10 text-anchor="middle">{part:.0%}</text>'
        for part in (0, 0.25, 0.5, 0.75, 1)
    )
    label = "; ".join(f"{KIND_TITLES[cell['kind']]} {cell['bin']} minutes {cell['covered']:.0%}" for cell in found["cells"])
    chart = f'<svg viewBox="0 0 {WIDTH} {y}" role="img" aria-label="{escape(label)}">{band}{ticks}{"".join(rows)}</svg>'
    return f"<section><h3>{escape(scenario)}</h3>{chart}</section>"


def _closing(by_job: Mapping[str, Figures]) -> str:
    left, width = 230, WIDTH - 330
    rows, y, last = [], 12, ""
    for scenario in SCENARIOS:
        for rule in RULES:
            found = by_job.get(f"{scenario.name}.{rule.name}")
            if found is None:
                continue
            if scenario.name != last:
                y += 8 if last else 0
                rows.append(f"<text x=0 y={y + 13}>{scenario.name}</text>")
                last = scenario.name
            part = found["overrun_days"]
            rows.append(
                f'<rect class="{rule.name}" x={left} y={y} width={max(2, part * width):.0f} height=14 rx=3 />'
                f'<text class="quiet" x={left + part * width + 8:.0f} y={y + 12}>{part:.0%}</text>'
            )
            y += 18
    line = f'<line class="limit" x1={left + OVERRUN_DAYS * width:.0f} x2={left + OVERRUN_DAYS * width:.0f} y1=4 y2={y} />'
    label = ", ".join(f"{name} {found['overrun_days']:.0%}" for name, found in by_job.items())
    return f'<section><svg viewBox="0 0 {WIDTH} {y + 8}" role="img" aria-label="{escape(label)}">{"".join(rows)}{line}</svg></section>'


def _table(results: Iterable[Result]) -> str:
    head = ("scenario", "rule", "days", "came", "refused", "standby", "ordinary p90", "max", "right p90", "overrun &gt; 15 min", "raised")
    rows = []
    for result in results:
        found = result["figures"]
        waits = found["waits"]
        cells = (
            result["scenario"], result["rule"], result["days"], found["came"], found["refused"], found["standby"], f"{waits['order']['p90']:.0f}",
            f"{waits['order']['max']:.0f}", f"{waits['category']['p90']:.0f}", f"{found['overrun_days']:.0%} of days", f"{found['raised']:.1%}",
        )  # fmt: skip
        rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}" for cell in cells))
    return f"<section><table class=runs><tr>{''.join(f'<th>{name}' for name in head)}</tr>{''.join(rows)}</table></section>"
