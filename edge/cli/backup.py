"""`edge backup`, `drill`, `restore`, `confirm-restore`, `confirm-day`, `seal-key`: what brings a centre back, here or on another box."""

import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli import privileges
from edge.cli.options import EXIT_PROBLEMS, Progress, control, data_option, passphrase, passphrase_option
from edge.config import Paths
from edge.errors import ConfigError, Corrupt

if TYPE_CHECKING:
    from edge.backup import Manifest

file_type = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="A folder, such as a stick; else the centre's own, kept by schedule.")
@data_option
def backup(data: Path, to: Path | None) -> None:
    """Back up everything of this centre into one file, beside a running server."""
    from edge import backup as backups
    from edge import setup

    paths = Paths(data)
    if not paths.database.exists():
        raise setup.missing(paths)
    by_hand = to is not None and privileges.dropped()  # root's stick: made at home, then handed out
    with Progress("pages copied") as progress:
        made = backups.make(paths, None if by_hand else to, progress)
    known, size = made.manifest, made.path.stat().st_size
    where = privileges.hand_out(made.path, to) if to and by_hand else made.path
    click.echo(f"{where}: {size // 1024} KiB, journal up to {known.seq} of epoch {known.epoch}{_voice(known)}")
    if not paths.sealed_key.exists():
        click.echo("it holds no key file: run `edge seal-key` once, or no other box can be this centre", err=True)
    if made.mute:
        click.echo(f"it holds no recordings: {made.mute}", err=True)


@click.command()
@click.argument("file", type=file_type, required=False)
@data_option
def drill(data: Path, file: Path | None) -> None:
    """Restore a backup (the newest) into a folder that goes again, and check all of it."""
    from edge import backup as backups

    chosen = file or backups.newest(Paths(data).backups)
    if chosen is None:
        raise ConfigError(f"there is no backup in {Paths(data).backups}: run `edge backup` first")
    try:
        with Progress("lines checked") as progress, privileges.taken_in(chosen, data) as readable:
            known = backups.drill(readable, progress)
    except Corrupt as error:
        click.echo(f"edge: {error}", err=True)
        sys.exit(EXIT_PROBLEMS)
    click.echo(
        f"{chosen} is sound: made at {known.at}, journal up to {known.seq} of epoch {known.epoch}{_voice(known)}; chain, tables and calls checked"
    )


def _voice(known: "Manifest") -> str:
    return f", {len(known.recordings)} recordings" if known.recordings else ""


@click.command()
@click.argument("file", type=file_type)
@click.option("--replace", is_flag=True, help="Set aside the centre that is there; nothing is deleted.")
@click.option("--carry-on", is_flag=True, help="Take over all journal lines since from the database that is there; with --replace.")
@passphrase_option
@data_option
def restore(data: Path, file: Path, replace: bool, carry_on: bool, passphrase_file: Path | None) -> None:
    """Make the data directory what a backup has, on this box or another. The server must not run."""
    from edge import backup as backups

    given = partial(passphrase, passphrase_file, twice=False)
    with Progress("lines checked") as progress, privileges.taken_in(file, data) as readable:
        done = backups.restore(readable, Paths(data), passphrase=given, replace=replace, carry_on=carry_on, progress=progress)
    click.echo(f"{data} is centre {done.manifest.centre} as of {done.manifest.at}; the key file was {done.key}")
    if done.recordings:
        click.echo(f"{done.recordings} recordings were laid into {Paths(data).recordings}")
    if done.set_aside:
        click.echo(f"what was there before lies in {done.set_aside}")
    if carry_on:
        click.echo(f"{done.saved} journal lines after the backup were taken over: nothing is missing, numbers go on")
        return
    if done.saved:
        click.echo(f"{done.saved} journal lines after the backup were saved from the damaged database")
    click.echo("numbers get another letter in front until somebody runs `edge confirm-restore`")


@click.command("confirm-restore")
@data_option
def confirm_restore(data: Path) -> None:
    """Give the usual numbers again; when no number given after the backup is in anybody's hands."""
    control(data, "restored.confirm")
    click.echo("numbers are the usual ones again")


@click.command("confirm-day")
@click.argument("day", required=False, metavar="[YYYY-MM-DD]")
@data_option
def confirm_day(data: Path, day: str | None) -> None:
    """Say that the box's clock was set right by hand, or which date it really is; tickets keep their numbers."""
    click.echo(f"the day is {control(data, 'day.confirm', day=day)}")


@click.command("seal-key")
@click.option("--to", type=file_type, help="Also write the copy here, such as on a stick.")
@passphrase_option
@data_option
def seal_key(data: Path, to: Path | None, passphrase_file: Path | None) -> None:
    """Make the technician's copy of the key file, encrypted; backups then hold it."""
    from edge import config, key_copy

    paths = Paths(data)
    sealed = key_copy.seal(config.load_keys(paths.key), passphrase(passphrase_file, twice=True))
    for target in filter(None, (paths.sealed_key, to)):
        with privileges.regained() if target == to else nullcontext():
            key_copy.write(target, sealed)
        click.echo(f"the encrypted copy is {target}")
