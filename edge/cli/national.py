"""`edge national`: the reference national server, and what its operator asks of it. A process of its own; it shares nothing with a centre's box."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from edge.errors import BadRequest, ConfigError


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep everything in DIR/national.db (SQLite).")
@click.option("--database", "url", envvar="NATIONAL_DATABASE", help="postgresql://… instead.  [env: NATIONAL_DATABASE]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="0: one that is free.")
@click.option("--enrol", metavar="CENTRE", help="Print a centre's token and person_key as JSON, once; again: a new token. Serves nothing.")
@click.option("--waits", is_flag=True, help="With --enrol: the first box is bound by --admit, not by its first hello.")
@click.option("--admit", metavar="CENTRE", help="Let in a box that is fenced or waits to be bound. Serves nothing.")
@click.option("--node", help="With --admit: which one, when several wait.")
@click.option("--epoch", type=int, help="With --admit: which one, when several wait with one key.")
@click.option("--operator", metavar="NAME", help="Print a token for an operator, once: overview and portal want it from then on. Serves nothing.")
@click.option(
    "--advance-durable", is_flag=True, help="All that is stored now is in a verified backup elsewhere: centres may prune it. Serves nothing."
)
@click.option("--backup", metavar="COPY", help="With --advance-durable: only what this copy holds (a file, or postgresql://…).")
@click.option("--restored", is_flag=True, help="This database was restored from a copy: begin a new incarnation. Serves nothing.")
@click.option("--courier", metavar="PARCEL", help="Carry out what a centre exported and write the answers to be carried back. Serves nothing.")
@click.option("--answers", metavar="PARCEL", help="With --courier: where the answers go; else beside it, as PARCEL.answers.")
def national(data: Path | None, url: str | None, **asked: Any) -> None:
    """Serve the national side of the sync: the protocol, a small portal, the overview of all centres."""
    from edge.sync.reference import centres, database, operators, watermark
    from edge.sync.reference.database import Unsuitable

    place = _place(data, url)
    now = database.now()
    try:
        database.open_database(place)
        if asked["enrol"]:
            _enrol(asked["enrol"], now, waits=asked["waits"])
        elif asked["admit"]:
            box = centres.lift(asked["admit"], asked["node"], asked["epoch"])
            click.echo(f"box {box.node} of {box.centre} (epoch {box.epoch}, {box.why}) is let in at its next hello")
        elif asked["operator"]:
            click.echo(json.dumps({"operator": asked["operator"], "token": operators.enrol(asked["operator"], now)}))
        elif asked["restored"]:
            click.echo(f"a new incarnation of {centres.renew_all(now)} centres: they say hello and bring what this copy lacks")
        elif asked["advance_durable"]:
            for name, epoch, seq in watermark.advance(_copy(asked["backup"])):
                click.echo(f"{name}: epoch {epoch} is durable up to {seq}")
        elif asked["courier"]:
            _carry_out(Path(asked["courier"]), asked["answers"], now)
        else:
            _serve(asked["host"], asked["port"])
        database.close_database()
    except (Unsuitable, centres.Wrong, LookupError) as error:
        raise ConfigError(str(error)) from error


def _place(data: Path | None, url: str | None) -> Path | str:
    if (data is None) == (url is None):
        raise click.UsageError("either --data DIR or --database postgresql://… must be given.")
    if url is not None and not url.startswith("postgresql://"):
        raise click.UsageError("--database must begin with postgresql://.")
    return data / "national.db" if data else str(url)


def _copy(backup: str | None) -> Path | str | None:
    return backup if backup is None or backup.startswith("postgresql://") else Path(backup)


def _enrol(centre: str, now: datetime, *, waits: bool) -> None:
    from edge.sync.reference import centres

    given = centres.enrol(centre, now, waits_for_operator=waits)
    click.echo(json.dumps({"centre": given.centre, "token": given.token, "person_key": given.person_key}))


def _carry_out(parcel: Path, answers: str | None, now: datetime) -> None:
    from edge.sync.reference import courier
    from edge.sync.reference.app import create_app

    target = Path(answers) if answers else parcel.with_name(f"{parcel.name}.answers")
    try:
        done = courier.answer(create_app(), parcel, target, now)
    except courier.Unfit as error:
        raise BadRequest(str(error)) from error
    stored = f"stored up to line {done.acked['seq']} of epoch {done.acked['epoch']}" if done.acked else "nothing new to store"
    click.echo(f"{done.centre}: {stored}, answered {done.action}; {target} has {done.items} items for it, to be carried back")


def _serve(host: str, port: int) -> None:
    from edge.sync.reference import serving
    from edge.sync.reference.app import create_app

    try:
        serving.serve(create_app(), host, port, ready=lambda address: click.echo(f"ready {address}"))
    except OSError as error:
        raise ConfigError(f"cannot listen on {host} port {port}: {error.strerror}") from error
