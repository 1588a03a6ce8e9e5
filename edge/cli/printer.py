"""`edge printer`: the ticket printers of this box, how they are, and a page to try one with."""

from datetime import datetime
from pathlib import Path

import click

from edge.cli.options import data_option
from edge.config import Paths
from edge.errors import Unavailable, Unknown


@click.group("printer")
def printer() -> None:
    """The ticket printers that edge.toml names."""


@printer.command("list")
@data_option
def printer_list(data: Path) -> None:
    """Show every printer: its address, whose tickets it prints, and how the last one went."""
    from edge import config, setup
    from edge.operations import printing

    box = config.load(Paths(data).config)
    with setup.opened(data) as database:
        standings = printing.standings(database, box.printers_here())
    for each, standing in zip(box.printers, standings, strict=True):
        last = f"{standing.fault or 'well'} since {standing.since:%Y-%m-%d %H:%M} UTC" if standing.since else "nothing was printed yet"
        click.echo(f"{each.name:16} {each.address:32} {', '.join(each.kiosks) or '-':24} {last}")


@printer.command("test")
@click.argument("name")
@data_option
def printer_test(name: str, data: Path) -> None:
    """Print a page with every Kyrgyz and Kazakh letter on one printer; beside the running server, too."""
    from edge import config, setup
    from edge.devices.printing import picture
    from edge.devices.printing.printer import Patience, Printer, put_on_paper
    from edge.operations.printing import State

    box = config.load(Paths(data).config)
    found = next((each for each in box.printers if each.name == name), None)
    if found is None:
        raise Unknown(f"printer {name!r} is not in edge.toml: {', '.join(box.printers_here().names) or 'none'} are", field="printer")
    with setup.opened(data) as database:
        centre = database.committed.hall.policy.centre.names["ru"]
    drawn = picture.test_page(name, centre, f"{datetime.now().astimezone():%d.%m.%Y %H:%M}")
    done = put_on_paper(Printer(found.name, found.address, found.answers), drawn, Patience(), lambda: True)
    if done is None or done.fault:
        raise Unavailable(f'printer {name} at {found.address} did not print: {done.fault if done else ""}; "A ticket does not come out" says more')
    said = "the page is printed" if done.state is State.PRINTED else "the page was sent; whether it came out nobody knows (answers = false)"
    click.echo(f"{name}: {said}")
