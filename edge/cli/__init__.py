"""The `edge` command. Thin: parse, call once, one plain sentence and an exit code for what went wrong.

Exit codes: 0 done, 1 found problems, 2 wrong use, 3 configuration, 4 cannot run now.
"""

import errno
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import available_timezones

import click

from edge import __version__
from edge.cli import privileges
from edge.cli.backup import backup, confirm_day, confirm_restore, drill, restore, seal_key
from edge.cli.conformance import conformance
from edge.cli.courier import export, import_
from edge.cli.device import device
from edge.cli.metrics import metrics_token
from edge.cli.national import national
from edge.cli.options import EXIT_CONFIG, EXIT_PROBLEMS, EXIT_UNAVAILABLE, EXIT_USE, Progress, data_option
from edge.cli.paper import emergency_block, key_in
from edge.cli.printer import printer
from edge.cli.rebuild import rebuild
from edge.cli.simulate import simulate
from edge.cli.staff import staff
from edge.cli.sync import sync
from edge.errors import BadRequest, ConfigError, EdgeError, Unknown


def _known_tz(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in available_timezones():
        raise click.BadParameter(f"{value!r} is no IANA time zone such as Asia/Bishkek.")
    return value


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in ("own", "off") and not re.fullmatch(r"https?://[^?#\s]+", value):
        raise click.BadParameter(f"{value!r} is neither http://… nor https://… nor own nor off.")
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
@click.option("--silent", is_flag=True, help="Calls have a chime and no words in a demo that is made now. Else the settings say it.")
@click.option("--traffic", is_flag=True, help="Visitors arrive and clerks work by themselves.")
@click.option("--lan", is_flag=True, help="Also reachable from the local network.")
@click.option("--national", callback=_address, help="The address of a national server; own: the demo's own (at first), off: none. Else as before.")
@click.option("--national-token", help="What the centre kara-balta shows at that server.")
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

    with setup.opened(data) as database, Progress("lines checked") as progress:
        report = verify_database(database, progress)
    for problem in report.problems:
        click.echo(problem)
    calls = ", ".join(f"{report.calls[verdict]} {verdict}" for verdict in Verdict)
    click.echo(f"{report.lines} journal lines, head {report.head.hash[:16]}, calls: {calls}")
    if not report.clean:
        sys.exit(EXIT_PROBLEMS)


@cli.command()
@data_option
@click.option("--bundle", type=click.Path(path_type=Path, dir_okay=False), help="Also write what a helper from afar needs, without personal data.")
def doctor(data: Path, bundle: Path | None) -> None:
    """Say in plain words what is well and what is not."""
    from edge import checkup

    findings = checkup.examine(data)
    if bundle:
        from edge import bundle as bundles

        names = bundles.make(data, bundle, findings, privileges.regained)
        click.echo(f"{bundle} has {', '.join(names)}; no personal data and no secrets", err=True)
    for finding in findings:
        click.echo(f"{finding.mark:7} {finding.sentence}")
    if any(finding.mark == "trouble" for finding in findings):
        sys.exit(EXIT_PROBLEMS)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
def rehearse(data: Path, file: Path) -> None:
    """Let this release serve a copy of the centre, from a backup, for a moment; what an update does before it takes the old one's place."""
    from edge import rehearsal
    from edge.config import Paths

    known = rehearsal.rehearse(file, Paths(data))
    click.echo(f"release {__version__} serves a copy of {known.centre}, with its journal up to {known.seq} of epoch {known.epoch}")


@cli.command()
@data_option
def firewall(data: Path) -> None:
    """Print the rules of the firewall as edge.toml wants them, for `nft -f`; changes nothing."""
    from edge import config
    from edge.box.firewall import rules_of
    from edge.box.settings import read_settings

    path = config.Paths(data).config
    config.load(path)  # says all that is wrong with it
    click.echo(rules_of(read_settings(path)), nl=False)


for command in (
    device,
    printer,
    staff,
    backup,
    drill,
    restore,
    rebuild,
    confirm_restore,
    confirm_day,
    seal_key,
    emergency_block,
    key_in,
    metrics_token,
    simulate,
    sync,
    national,
):
    cli.add_command(command)
for command in (conformance, export, import_):
    sync.add_command(command)


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
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo(f"edge: the disk is full ({error.filename or 'while writing'}): free space, then try again", err=True)
        code = EXIT_UNAVAILABLE
    sys.exit(code)
