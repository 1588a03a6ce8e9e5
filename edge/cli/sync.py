"""`edge sync`: the national link from the command line."""

import click


@click.group("sync")
def sync() -> None:
    """The national link: what the centre has that the country has not, and why."""
