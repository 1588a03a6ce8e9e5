"""`edge sync`: the national link from the command line: how it is, and "try now"."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from edge.cli.options import control, data_option
from edge.errors import Unavailable


@click.group("sync")
def sync() -> None:
    """The national link: what the centre has that the country has not, and why."""


@sync.command()
@click.option("--json", "as_json", is_flag=True, help="One line for a program.")
@data_option
def status(data: Path, as_json: bool) -> None:
    """Say how the link is, since when, and how much is not told yet."""
    found = control(data, "sync.status")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for label, text in _sentences(found):
        click.echo(f"{label:9} {text}")


@sync.command("try")
@data_option
def try_now(data: Path) -> None:
    """Let the running server try at once, whatever it waits for."""
    if not control(data, "sync.try")["tried"]:
        raise Unavailable("there is no link that could try: the server does not run, or [national] url in edge.toml is empty")
    click.echo("the link tries now: `edge sync status` says what came of it")


def _sentences(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    why = f", {found['why']}" if found["why"] else ""
    still = "" if found["served"] or found["state"] == "off" else "; nobody serves now, so nothing is tried"
    yield "state", f"{found['state']}{why}, since {found['since']}{still}"
    if found["detail"]:
        yield "met", found["detail"]
    if found["server"]:
        yield "server", found["server"]
    yield "pending", f"{found['pending']} events, {found['bytes']} bytes, the oldest {found['lag_s'] // 60} min old"
    told = "nothing is told of it yet" if found["acked"] is None else f"told up to {found['acked']}"
    yield "journal", f"line {found['head']} of epoch {found['epoch']}, {told}"
