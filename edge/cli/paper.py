"""`edge emergency-block`, `edge key-in`: slips of paper for the time when nothing works, and what was handed out of them."""

from pathlib import Path

import click

from edge.cli import privileges
from edge.cli.options import control, data_option


@click.command()
@click.option("--count", type=click.IntRange(1, 1000), default=200, show_default=True, help="How many slips.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PDF to write.")
@data_option
def emergency_block(data: Path, count: int, out: Path) -> None:
    """Make a PDF of numbered slips to print and cut; no number of them is ever given again."""
    from edge.operations import slips

    printed = control(data, "paper.print", count=count)
    drawn = slips.pdf(printed["names"], printed["numbers"])
    with privileges.regained():
        out.write_bytes(drawn)
    click.echo(f"{out}: slips {printed['numbers'][0]} to {printed['numbers'][-1]}, to print and cut")


@click.command()
@click.argument("slips", nargs=-1, required=True, metavar="NUMBER:SERVICE[:CATEGORY]...")
@click.option("--began", help="When the paper began, as 09:10; else now.")
@data_option
def key_in(data: Path, slips: tuple[str, ...], began: str | None) -> None:
    """Let the holders of slips wait, in the order of the paper; all are keyed in or none."""
    taken = [slip.split(":") for slip in slips]
    for slip, parts in zip(slips, taken, strict=True):
        if len(parts) not in (2, 3) or not all(parts):
            raise click.BadParameter(f"{slip!r}: must be NUMBER:SERVICE or NUMBER:SERVICE:CATEGORY.")
    keyed = control(data, "paper.key-in", slips=taken, began=began)
    click.echo(f"{len(keyed)} slips are keyed in: {', '.join(keyed)}")
