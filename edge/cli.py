"""The `edge` command. Thin: parse, call once, one plain sentence and an exit code for what went wrong.

Exit codes: 0 done, 1 found problems, 2 wrong use, 3 configuration, 4 cannot run now.
"""

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import available_timezones

import click

from edge import __version__
from edge.errors import BadRequest, ConfigError, EdgeError, Unknown

EXIT_PROBLEMS, EXIT_USE, EXIT_CONFIG, EXIT_UNAVAILABLE = 1, 2, 3, 4

data_option = click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True, help="The data directory of this centre.")


def _known_tz(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in available_timezones():
        raise click.BadParameter(f"{value!r} is no IANA time zone such as Asia/Bishkek.")
    return value


@click.group()
@click.version_option(__version__, prog_name="edge")
def cli() -> None:
    """Kezek Edge: the queue server of one public service centre."""


@cli.command()
@data_option
@click.option("--centre", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A centre document; else the sample is written.")
def init(data: Path, centre: Path | None) -> None:
    """Make a new centre: configuration with comments, key file, database, first administrator."""
    from edge import setup

    made = setup.init(data, centre.read_text(encoding="utf-8") if centre else None)
    click.echo(f"centre {made.centre} is ready in {data}")
    click.echo(f"the first administrator logs in as {made.login!r} with password {made.password} - it is shown only now")


@cli.command()
@data_option
def run(data: Path) -> None:
    """Serve the centre until SIGTERM or SIGINT."""
    from edge import server

    server.serve(data, ready=lambda address: click.echo(f"ready {address}"))


@cli.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path(".demo"), help="Where the demo lives.")
@click.option("--http-port", type=click.IntRange(1, 65535), default=None, help="Default 8080.")
@click.option("--mqtt-port", type=click.IntRange(1, 65535), default=None, help="Default 18830.")
@click.option("--ws-port", type=click.IntRange(1, 65535), default=None, help="Default 18831.")
@click.option("--visitor-port", type=click.IntRange(1, 65535), default=None, help="Of the page for phones. Default: one that is free.")
@click.option("--hours", type=click.Choice(["always", "real"]), default="always", help="real: 09:00-18:00 with lunch.")
@click.option("--tz", callback=_known_tz, help="The time zone of a demo that is made now. Default Asia/Bishkek.")
@click.option("--traffic", is_flag=True, help="Visitors arrive and clerks work by themselves.")
@click.option("--lan", is_flag=True, help="Also reachable from the local network.")
def demo(data: Path, hours: str, **given: Any) -> None:
    """Run a living demo centre."""
    from edge import demo as demo_centre

    options = demo_centre.Options(**given, real_hours=hours == "real")
    demo_centre.serve(data, options, ready=lambda address: click.echo(f"ready {address}"))


@cli.command()
@data_option
def verify(data: Path) -> None:
    """Check the journal's chain, that the tables follow from it, and that everyone was called by the rule."""
    from edge import setup
    from edge.operations.verify import Verdict
    from edge.operations.verify import verify as verify_database

    with setup.opened(data) as database, _progress("lines checked") as progress:
        report = verify_database(database, progress)
    for problem in report.problems:
        click.echo(problem)
    calls = ", ".join(f"{report.calls[verdict]} {verdict}" for verdict in Verdict)
    click.echo(f"{report.lines} journal lines, head {report.head.hash[:16]}, calls: {calls}")
    if not report.clean:
        sys.exit(EXIT_PROBLEMS)


@cli.command()
@data_option
def doctor(data: Path) -> None:
    """Say in plain words what is well and what is not."""
    from edge import checkup

    findings = checkup.examine(data)
    for finding in findings:
        click.echo(f"{finding.mark:7} {finding.sentence}")
    if any(finding.mark == "trouble" for finding in findings):
        sys.exit(EXIT_PROBLEMS)


@cli.group("staff")
def staff_group() -> None:
    """Who may log in: add, list, reset, disable. Works beside a running server and without one."""


login_argument = click.argument("login")
ask_option = click.option("--ask", is_flag=True, help="Type the secrets (hidden) instead of having them made.")


@staff_group.command("add")
@login_argument
@click.option("--role", type=click.Choice(["operator", "supervisor", "administrator", "auditor"]), required=True)
@ask_option
@data_option
def staff_add(data: Path, login: str, role: str, ask: bool) -> None:
    """Add a member of staff; the password and PIN are shown once."""
    made = _control(data, "staff.add", login=login, role=role, **(_typed("password", "pin") if ask else {}))
    click.echo(f"{made['login']} is added as {made['role']}")
    _show(made, ask)


@staff_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_option
def staff_list(data: Path, as_json: bool) -> None:
    """Show everybody: role, whether they may log in, where they are logged in."""
    listed = _control(data, "staff.list")
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    for each in listed:
        state = "disabled" if not each["active"] else "logged in" if each["logged_in"] else "-"
        where = f" at desk {', '.join(each['desks'])}" if each["desks"] else ""
        click.echo(f"{each['login']:24} {each['role']:14} {state}{where}{'' if each['pin'] else '  (no PIN)'}")


@staff_group.command("reset")
@login_argument
@click.option("--password", "what", flag_value="password", help="The password alone.")
@click.option("--pin", "what", flag_value="pin", help="The PIN alone.")
@ask_option
@data_option
def staff_reset(data: Path, login: str, what: str | None, ask: bool) -> None:
    """Make a new password and PIN, shown once; every login of the member ends."""
    wanted = (what,) if what else ("password", "pin")
    made = _control(data, "staff.reset", login=login, what=wanted, **(_typed(*wanted) if ask else {}))
    click.echo(f"{made['login']} is logged out everywhere")
    _show(made, ask)


@staff_group.command("disable")
@login_argument
@data_option
def staff_disable(data: Path, login: str) -> None:
    """Let a member in no longer; every login of theirs ends now."""
    click.echo(f"{_control(data, 'staff.disable', login=login)['login']} is disabled and logged out everywhere")


@staff_group.command("enable")
@login_argument
@data_option
def staff_enable(data: Path, login: str) -> None:
    """Let a member in again, with the password and PIN they had."""
    click.echo(f"{_control(data, 'staff.enable', login=login)['login']} may log in again")


def _control(data: Path, name: str, **args: Any) -> Any:
    from edge import control
    from edge.config import Paths

    return control.call(Paths(data), name, **args)


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


def main() -> NoReturn:
    """Run the command; errors of ours become one plain sentence each on standard error."""
    os.umask(0o077)  # what we write is for us; what others need is given to them on purpose
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (BadRequest, Unknown) as error:
        click.echo(f"edge: {error}", err=True)
        code = EXIT_USE
    except ConfigError as error:
        for problem in error.problems:
            click.echo(f"edge: {problem}", err=True)
        code = EXIT_CONFIG
    except EdgeError as error:
        click.echo(f"edge: {error}", err=True)
        code = EXIT_UNAVAILABLE
    sys.exit(code)


class _Progress:
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


def _progress(words: str) -> _Progress:
    return _Progress(words)
