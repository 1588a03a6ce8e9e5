"""`edge sync export`, `edge sync import`: what the country has not, on a stick, and its answers back."""

import shutil
import tempfile
from pathlib import Path

import click

from edge.cli import privileges
from edge.cli.options import control, data_option
from edge.config import Paths
from edge.errors import BadRequest, Unavailable


@click.command("export")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder, such as a stick.")
@data_option
def export(data: Path, to: Path) -> None:
    """Write all that the national server has not acknowledged into one sealed file, to be carried there; beside a running server."""
    from edge import config, setup
    from edge.sync import courier

    paths = Paths(data)
    box, keys = config.load(paths.config), config.load_keys(paths.key)
    with setup.opened(data) as database, tempfile.TemporaryDirectory(dir=data, prefix=".parcel-") as place:
        ctx = setup.context(database, box.national.with_person_key(keys), setup.box_clock(database))
        made = courier.export(ctx, box.national.centre or ctx.hall.policy.centre.id, Path(place), paths.courier)
        target = privileges.hand_out(made.path, to)
    click.echo(f"{target}: {made.events} events up to line {made.head.seq} of epoch {made.head.epoch}, to be carried to the national server")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def import_(data: Path, file: Path) -> None:
    """Take in the national server's answers to an export: what it has stored, and what it has for this centre."""
    from edge import config

    paths = Paths(data)
    box = config.load(paths.config)
    try:
        with tempfile.TemporaryDirectory(dir=data, prefix=".parcel-") as place:
            copy = Path(place).resolve() / file.name  # a hardened server sees no stick
            with privileges.taken_in(file, data) as readable:
                shutil.copyfile(readable, copy)
            told = control(data, "sync.import", file=str(copy), centre=box.national.centre, token=box.national.token, waiting=str(paths.courier))
    except FileNotFoundError:
        raise BadRequest(f"{file} does not exist; nothing was imported") from None
    except OSError as error:
        raise Unavailable(f"{file} cannot be read: {error.strerror or error}; nothing was imported") from error
    stored = f"everything up to line {told['acked']} is stored nationally" if told["acked"] else "nothing of this epoch is stored nationally"
    click.echo(f"{stored}; {told['items']} changes from the national side were taken in")
    if told["refused"]:
        click.echo(f"the national server took no more of the export: {told['refused']}; export again", err=True)
