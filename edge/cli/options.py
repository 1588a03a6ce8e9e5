"""What several commands share: the data directory, a secret from a file or typed, asking the server, and a counter for long work."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edge.cli import privileges
from edge.config import Paths
from edge.errors import ConfigError

EXIT_PROBLEMS, EXIT_USE, EXIT_CONFIG, EXIT_UNAVAILABLE = 1, 2, 3, 4


def _as_its_owner(_: click.Context, __: click.Parameter, data: Path) -> Path:
    privileges.drop(data)
    return data


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    envvar="EDGE_DATA",
    callback=_as_its_owner,
    help="The data directory of this centre.  [env: EDGE_DATA]",
)
passphrase_option = click.option(
    "--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line is the passphrase; else it is asked for."
)


def control(data: Path, name: str, **args: Any) -> Any:
    """Carry out a named operation, beside the running server or alone."""
    from edge.control import call

    return call(Paths(data), name, **args)


def passphrase(file: Path | None, *, twice: bool) -> str:
    """Return the technician's passphrase, from a file or typed without showing it; never an argument, which every user of the machine can read."""
    if file is None:
        typed: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
        return typed
    try:
        with privileges.regained():
            return file.read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error


class Progress:
    """A counter on standard error for long work; silent when nobody watches."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Callable[[int], None]:
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("", err=True)

    def _show(self, done: int) -> None:
        if self._shown and done % 1000 == 0:
            click.echo(f"\r{done} {self._words}", err=True, nl=False)
