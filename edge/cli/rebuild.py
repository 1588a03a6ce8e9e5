"""`edge rebuild`: an empty box becomes the centre again from the national server."""

import sys
from functools import partial
from pathlib import Path

import click

from edge.cli.options import data_option, passphrase, passphrase_option
from edge.config import Paths
from edge.errors import ConfigError
from edge.operations.keys import Keys


@click.command()
@passphrase_option
@data_option
def rebuild(data: Path, passphrase_file: Path | None) -> None:
    """Make the centre anew from the journal that the national server keeps; needs its key file and [national] in edge.toml."""
    from edge import config
    from edge import rebuild as rebuilding
    from edge.lock import Lock

    paths = Paths(data)
    box = config.load(paths.config)
    with Lock(paths.lock):
        keys = _keys(paths, passphrase_file)
        watcher = rebuilding.Watcher(_bar, partial(click.echo, err=True))
        done = rebuilding.rebuild(paths, box, keys, box.national.centre, watcher)
    if done is None:
        raise ConfigError(f"the national server has no journal of {box.national.centre}: nothing was written; run `edge init` or restore a backup")
    click.echo(f"{data} is centre {done.centre} as of line {done.copied.seq} of epoch {done.copied.epoch}, and goes on in epoch {done.epoch}")
    click.echo(f"no copy has passwords: `edge staff reset LOGIN` makes new ones for {', '.join(done.members) or 'nobody'}")
    click.echo("numbers get another letter in front until somebody runs `edge confirm-restore`")


def _keys(paths: Paths, passphrase_file: Path | None) -> Keys:
    """The key file that is here, or from the technician's copy."""
    from edge import config, key_copy

    if paths.key.exists():
        return config.load_keys(paths.key)
    sealed = key_copy.read(paths.sealed_key)
    if sealed is None:
        raise ConfigError(f"put the centre's key file at {paths.key}, or the technician's encrypted copy at {paths.sealed_key}, first")
    keys = key_copy.unseal(sealed, passphrase(passphrase_file, twice=False))
    config.write_keys(paths.key, keys)
    return keys


def _bar(done: int, total: int) -> None:
    if sys.stderr.isatty():
        filled = 40 * done // max(1, total)
        click.echo(f"\r[{'#' * filled:40}] {done} of {total} lines", err=True, nl=done >= total)
