"""`edge staff`: who may log in."""

import json
from pathlib import Path

import click

from edge.cli.options import control, data_option


@click.group("staff")
def staff() -> None:
    """Who may log in: add, list, reset, disable. Works beside a running server and without one."""


login_argument = click.argument("login")
ask_option = click.option("--ask", is_flag=True, help="Type the secrets (hidden) instead of having them made.")


@staff.command("add")
@login_argument
@click.option("--role", type=click.Choice(["operator", "supervisor", "administrator", "auditor"]), required=True)
@ask_option
@data_option
def staff_add(data: Path, login: str, role: str, ask: bool) -> None:
    """Add a member of staff; the password and PIN are shown once."""
    made = control(data, "staff.add", login=login, role=role, **(_typed("password", "pin") if ask else {}))
    click.echo(f"{made['login']} is added as {made['role']}")
    _show(made, ask)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_option
def staff_list(data: Path, as_json: bool) -> None:
    """Show everybody: role, whether they may log in, where they are logged in."""
    listed = control(data, "staff.list")
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    for each in listed:
        state = "disabled" if not each["active"] else "logged in" if each["logged_in"] else "-"
        where = f" at desk {', '.join(each['desks'])}" if each["desks"] else ""
        click.echo(f"{each['login']:24} {each['role']:14} {state}{where}{'' if each['pin'] else '  (no PIN)'}")


@staff.command("reset")
@login_argument
@click.option("--password", "what", flag_value="password", help="The password alone.")
@click.option("--pin", "what", flag_value="pin", help="The PIN alone.")
@ask_option
@data_option
def staff_reset(data: Path, login: str, what: str | None, ask: bool) -> None:
    """Make a new password and PIN, shown once; every login of the member ends."""
    wanted = (what,) if what else ("password", "pin")
    made = control(data, "staff.reset", login=login, what=wanted, **(_typed(*wanted) if ask else {}))
    click.echo(f"{made['login']} is logged out everywhere")
    _show(made, ask)


@staff.command("disable")
@login_argument
@data_option
def staff_disable(data: Path, login: str) -> None:
    """Let a member in no longer; every login of theirs ends now."""
    click.echo(f"{control(data, 'staff.disable', login=login)['login']} is disabled and logged out everywhere")


@staff.command("enable")
@login_argument
@data_option
def staff_enable(data: Path, login: str) -> None:
    """Let a member in again, with the password and PIN they had."""
    click.echo(f"{control(data, 'staff.enable', login=login)['login']} may log in again")


def _typed(*names: str) -> dict[str, str]:
    """Ask for secrets without showing them; none is ever an argument, which every user of the machine can read."""
    words = {"password": "Password", "pin": "PIN"}
    return {name: click.prompt(words[name], hide_input=True, confirmation_prompt=True) for name in names}


def _show(made: dict[str, str], typed: bool) -> None:
    """Show what was made; what was typed is known."""
    if not typed:
        for name in ("password", "pin"):
            if name in made:
                click.echo(f"{name:9} {made[name]}")
        click.echo("shown only now")
