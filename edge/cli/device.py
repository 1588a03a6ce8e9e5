"""`edge device`: the centre's devices, beside a running server or without one, and what a technician puts into one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from edge.cli.options import control, data_option
from edge.config import Paths
from edge.errors import Unknown
from edge.queueing.registry import Family, Kind

name_argument = click.argument("name")
desk_option = click.option("--desk", help="The desk it belongs to.")
zone_option = click.option("--zone", help="The zone it belongs to.")


@click.group("device")
def device() -> None:
    """The centre's devices: add, list, pair, replace, revoke, identify, and what one of them logs in with."""


@device.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_option
def device_list(data: Path, as_json: bool) -> None:
    """Show every device: kind, desk or zone, whether it may log in, its last word."""
    found = control(data, "device.list")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for each in found:
        seen = f"{each['state'] or 'never reported'}{' since ' + each['seen_at'] if each['seen_at'] else ''}"
        click.echo(f"{each['device']:24} {each['kind']:10} {_place(each):20} {seen if each['active'] else 'revoked'}")


@device.command("add")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), required=True)
@click.option("--id", "device", help="Its id; else made of its kind and place.")
@desk_option
@zone_option
@click.option("--family", type=click.Choice([family.value for family in Family]), help="Of a button by another maker: whose language it speaks.")
@click.option("--address", help="With --family: where its maker's topics begin.")
@click.option("--service", "services", multiple=True, help="Of a kiosk: a service that it shows, once for each; else all.")
@data_option
def device_add(data: Path, **new: Any) -> None:
    """Add a device that has no screen of ours, and show what it logs in with. A screen is paired instead."""
    made = control(data, "device.add", **new)
    click.echo(f"{made['device']} is added as {made['kind']} ({_place(made)})")
    _show_login(data, made["device"])


@device.command("pair")
@click.argument("code")
@click.option("--as", "known", help="The device that it becomes, in the place of the screen there.")
@click.option("--kind", type=click.Choice(("kiosk", "board", "desk", "led")), help="It becomes a new device of this kind.")
@click.option("--id", "device", help="The new device's id; else made of its kind and place.")
@desk_option
@zone_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def device_pair(data: Path, code: str, known: str | None, yes: bool, **new: Any) -> None:
    """Let the screen that shows CODE be a device: --as one that is known, or a new one."""
    if (known is None) == (new["kind"] is None):
        raise click.UsageError("Give either --as NAME or --kind KIND.")
    found = control(data, "device.look", code=code)
    click.echo(f"{found['model']} at {found['address']}, waiting for {found['seconds']} s")
    if not yes:
        click.confirm("Is this the screen?", abort=True)
    made = control(data, "device.pair", code=code, known=known, **new)
    click.echo(f"it becomes {made['device']} ({_place(made)})")


@device.command("replace")
@name_argument
@data_option
def device_replace(data: Path, name: str) -> None:
    """Give a device a new login, for the thing that takes its place; the old one is out at once."""
    made = control(data, "device.replace", device=name)
    click.echo(f"{name} has login number {made['generation']}; the earlier one is worth nothing any more")
    _show_login(data, name)


@device.command("revoke")
@name_argument
@data_option
def device_revoke(data: Path, name: str) -> None:
    """Let a device in no longer; it is out at once. `replace` brings it back with another login."""
    control(data, "device.revoke", device=name)
    click.echo(f"{name} is revoked")


@device.command("identify")
@name_argument
@data_option
def device_identify(data: Path, name: str) -> None:
    """Let a device blink, to see which one it is."""
    control(data, "device.identify", device=name)
    click.echo(f"{name} was told to blink")


@device.command("credentials")
@name_argument
@data_option
def credentials(data: Path, name: str) -> None:
    """Show what one device logs in with, to be put into it; they are derived from the key file and stored nowhere."""
    _show_login(data, name)


def _show_login(data: Path, name: str) -> None:
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


def _place(each: Mapping[str, Any]) -> str:
    return f"desk {each['desk']}" if each["desk"] else f"zone {each['zone']}" if each["zone"] else "-"
