"""One self-contained HTML page: gates, waits by rule, coverage by class and horizon, closing. Charts are inline SVG; nothing is loaded from anywhere.

Colours are the tokens of the screens, read from their stylesheet, so that light and dark follow the reader.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources

from edge.simulate.figures import Figures
from edge.simulate.gates import COVERED, Gate
from edge.simulate.jobs import Result
from edge.simulate.scenarios import RULES, SCENARIOS

KIND_TITLES = {"order": "ordinary", "category": "right to priority", "booked": "appointment", "late": "late for it"}
RULE_TITLES = {rule.name: rule.title for rule in RULES}
WIDTH, LINE = 720, 30

HOLDS = {True: "<td class=good>✓ holds", False: "<td class=bad>✗ fails"}
PROMISED = (
    "<p>Part of the visitors called within the interval that was promised, by class and expected wait. The band is 75 to 85 %. "
    "Ring: the range that another system's rule of thumb would have given.</p>"
)
CSS = """
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}h1{font-size:1.9rem;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.5rem 0 .5rem}
p{max-width:44rem;margin:.4rem 0}.quiet{color:var(--ink-quiet)}section{background:var(--surface);border:1px solid var(--line-soft);border-radius:12px;
padding:1rem 1.25rem;margin:.75rem 0;overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .6rem;text-align:right;border-bottom:1px solid var(--line-soft);white-space:nowrap}th{color:var(--ink-quiet);font-weight:600}
th:first-child,td:first-child,.left{text-align:left}td.left{white-space:normal}.good{color:var(--good)}.bad{color:var(--bad)}
svg{display:block;max-width:100%;height:auto}
svg text{fill:var(--ink);font:13px system-ui,sans-serif}svg .quiet{fill:var(--ink-quiet)}
.ours{fill:var(--accent)}.first-come{fill:var(--info)}.strict{fill:var(--warn)}
.axis{stroke:var(--line-soft)}.band{fill:var(--good-ground)}.covered{fill:var(--good)}.off{fill:var(--bad)}.peer{fill:none;stroke:var(--ink-quiet);stroke-width:2}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin:0 .35rem 0 1rem}.key.ours{background:var(--accent)}
.key.first-come{background:var(--info)}.key.strict{background:var(--warn)}
"""


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
        "<p>Nine in ten are called within so many minutes; the thin line is the half. "
        + "".join(f'<span class="key {name}"></span>{escape(title)}' for name, title in RULE_TITLES.items())
        + "</p>",
        *(_waits(scenario.name, by_job) for scenario in SCENARIOS if f"{scenario.name}.ours" in by_job),
        "<h2>Whether the promised times hold</h2>",
        PROMISED,
        *(_cells(name.removesuffix(".ours"), found) for name, found in by_job.items() if name.endswith(".ours")),
        "<h2>All runs</h2>",
        _table(results),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Kezek Edge: imagined days</title><style>{_tokens()}{CSS}</style><main>{''.join(parts)}</main></html>\n"
    )


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
        rows.append(
            f"<text x=0 y={y + 5}>{KIND_TITLES[cell['kind']]}, {cell['bin']} min</text>"
            f'<circle class="{"covered" if inside else "off"}" cx={left + cell["covered"] * width:.0f} cy={y} r=7 />'
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
    return f"<section><table><tr>{''.join(f'<th>{name}' for name in head)}</tr>{''.join(rows)}</table></section>"
