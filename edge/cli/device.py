"""`edge device`: the centre's devices, and what a technician puts into one."""

from pathlib import Path

import click

from edge.cli.options import data_option
from edge.config import Paths
from edge.errors import Unknown


@click.group("device")
def device() -> None:
    """The centre's devices: which there are, and what one of them logs in with."""


@device.command("list")
@data_option
def device_list(data: Path) -> None:
    """Show every device: kind, desk or zone, whether it may log in."""
    from edge import setup

    with setup.opened(data) as database:
        found = list(database.committed.hall.devices.values())
    for each in found:
        place = f"desk {each.desk}" if each.desk else f"zone {each.zone}" if each.zone else "-"
        click.echo(f"{each.device:24} {each.kind:10} {place:20} {'active' if each.active else 'revoked'}")


@device.command("credentials")
@click.argument("name")
@data_option
def credentials(data: Path, name: str) -> None:
    """Show what one device logs in with, to be put into it; they are derived from the key file and stored nowhere."""
    from edge import config, setup
    from edge.operations import registry

    keys = config.load_keys(Paths(data).key)
    with setup.opened(data) as database:
        devices = database.committed.hall.devices
    found = devices.get(name)
    if found is None or not found.active:
        there = ", ".join(each.device for each in devices.values() if each.active) or "none"
        raise Unknown(f"device {name!r} is not registered or was revoked: {there} are", field="device")
    user, password = registry.login(keys, found)
    click.echo(f"user      {user}")
    click.echo(f"password  {password}")
    if found.family is None:
        click.echo(f"token     {registry.derived(keys, found).token}")
