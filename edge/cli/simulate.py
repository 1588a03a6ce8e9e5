"""`edge simulate`: days of an imagined centre, driven through the same pure functions as the hall."""

import json
import sys
from pathlib import Path

import click

from edge.cli.options import EXIT_PROBLEMS

SEED = "2026"


@click.command()
@click.option("--scenario", "scenarios", multiple=True, help="Only this one; may be given several times. Default: all.")
@click.option("--rule", "rules", multiple=True, help="ours, first-come or strict; may be given several times. Default: all.")
@click.option("--seed", default=SEED, show_default=True, help="The same seed, the same people.")
@click.option("--days", type=click.IntRange(1, 1000), help="Days of each run; else each scenario's own number.")
@click.option("--shorter", type=click.IntRange(1, 100), default=1, show_default=True, help="Divides the scenarios' own numbers of days.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where simulate.json and simulate.html go, and runs to go on from.")
def simulate(scenarios: tuple[str, ...], rules: tuple[str, ...], seed: str, days: int | None, shorter: int, jobs: int, out: Path | None) -> None:
    """Live through days of an imagined centre and say how good its promises are.

    Exit code 1 when something that must hold does not.
    """
    from edge.simulate import gates, report, table
    from edge.simulate.jobs import planned, results
    from edge.simulate.scenarios import RULES, SCENARIOS

    known = {"scenario": [each.name for each in SCENARIOS], "rule": [each.name for each in RULES]}
    for what, given in (("scenario", scenarios), ("rule", rules)):
        for name in given:
            if name not in known[what]:
                raise click.BadParameter(f"{what} {name!r} is unknown: must be one of {', '.join(known[what])}.")
    plan = planned(scenarios or known["scenario"], rules or known["rule"], seed, shorter=shorter, days=days)
    with click.progressbar(length=sum(job.days for job in plan), label="days", file=sys.stderr) as bar:
        found = list(results(plan, out / "runs" if out else None, jobs, bar.update))
    order = [f"{scenario}.{rule}" for scenario in known["scenario"] for rule in known["rule"]]
    found.sort(key=lambda result: order.index(result["job"]))
    verdicts = gates.judged({result["job"]: result["figures"] for result in found})
    click.echo(f"seed {seed}\n\n{table.runs(found)}\n")
    for result in found:
        if result["rule"] == "ours":
            click.echo(table.cells(result["scenario"], result["figures"]) + "\n")
    click.echo(table.gates(verdicts))
    if out:
        verdict = [{"sentence": gate.sentence, "figure": gate.figure, "holds": gate.holds} for gate in verdicts]
        (out / "simulate.json").write_text(json.dumps({"seed": seed, "gates": verdict, "runs": found}, indent=1), encoding="utf-8")
        (out / "simulate.html").write_text(report.page(found, verdicts, seed), encoding="utf-8")
        click.echo(f"\n{out / 'simulate.json'}\n{out / 'simulate.html'}")
    if not all(gate.holds for gate in verdicts):
        sys.exit(EXIT_PROBLEMS)
