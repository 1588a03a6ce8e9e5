"""`edge sync conformance`: hold a national server to the protocol of `docs/sync.md`."""

import sys
from pathlib import Path
from typing import Any

import click

from edge.cli.options import EXIT_PROBLEMS

file_type = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--url", required=True, help="Base address of the server: what stands before /sync/v1.")
@click.option("--token", required=True, envvar="EDGE_NATIONAL_TOKEN", help="What the test centre shows.  [env: EDGE_NATIONAL_TOKEN]")
@click.option("--centre", default="conformance", show_default=True, help="A centre that is enrolled for this test alone: its journal is written.")
@click.option("--ca", type=file_type, help="Whom to trust, PEM; else the machine's authorities.")
@click.option("--cert", type=file_type, help="Certificate of the box, PEM, where the server asks for one.")
@click.option("--cert-key", type=file_type, help="Its private key, PEM.")
@click.option("--node-key", type=file_type, help="The box's key, kept between runs; made when it is not there.")
@click.option("--patience", "patience_s", type=click.FloatRange(0, 3600), default=15.0, show_default=True, help="Seconds to wait for a grant.")
def conformance(**given: Any) -> None:
    """Hold a national server to the protocol, clause by clause; exit code 1 when one is broken.

    Plays a box of the test centre: binds its first node, pushes events, is restored, cloned and fenced.
    """
    from edge.sync.conformance.run import Finding, Target, Verdict, run

    found: list[Finding] = []

    def tell(finding: Finding) -> None:
        found.append(finding)
        click.echo(f"{finding.verdict:9} {finding.room:12} {finding.sentence}")
        if finding.why:
            click.echo(f"{'':22} {finding.why}")

    bench = run(Target(**given), tell)
    for note in bench.notes:
        click.echo(f"note      {note}")
    count = {verdict: sum(finding.verdict is verdict for finding in found) for verdict in Verdict}
    click.echo(f"{len(found)} clauses: " + ", ".join(f"{count[verdict]} {verdict}" for verdict in Verdict) + f", by {bench.wire.answers} answers")
    if count[Verdict.BROKEN]:
        sys.exit(EXIT_PROBLEMS)
