"""Tickets on paper: asked for once, printed once, and once more only as a copy.

A job is marked as begun before the first byte goes to the printer, so that a box which dies in the middle never prints it a second time. What did not
come out is an event: the visitor has the number on the screen, and staff can print a copy. Jobs are operational, the queue depends on none of them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from edge.errors import Unavailable, Unknown
from edge.operations.context import Context
from edge.operations.decision import Decision, Once, deciding
from edge.queueing import commands
from edge.queueing.chain import instant
from edge.queueing.decide import decide
from edge.store import print_jobs
from edge.store.database import Database
from edge.store.print_jobs import Job

log = logging.getLogger(__name__)

KEPT = timedelta(days=3)
TOO_OLD = timedelta(minutes=1)  # whoever took the ticket has gone on with the number on the screen


class State(StrEnum):
    """Where a job stands. ``sent``: to a printer that never says how it is. ``unknown``: some of it went out, and nobody knows what became of it."""

    QUEUED = "queued"
    BEGUN = "begun"
    PRINTED = "printed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """Why a ticket is not on paper."""

    OFF = "off"
    SILENT = "no-answer"
    PAPER_OUT = "paper-out"
    COVER_OPEN = "cover-open"
    ERROR = "error"
    CUT = "cut"
    UNCONFIRMED = "unconfirmed"
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Printers:
    """Which printers this box drives, in the order of `edge.toml`, and which of them is a kiosk's."""

    names: tuple[str, ...] = ()
    of_kiosk: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a printer is, by its last job, of ``ticket``; ``fault`` None: well, or nothing was printed yet. ``since``: when that job was over."""

    printer: str
    fault: str | None = None
    since: datetime | None = None
    ticket: str | None = None


def ask(ctx: Context, ticket: str, printer: str, address: str | None) -> None:
    """Have the ticket printed, if that was never asked before. A box that cannot write now prints nothing, and the screen has the number.

    ``address``: where the visitor's page is, to put a `track_url` behind; None: the paper has no code to scan.
    """
    if print_jobs.of_ticket(ctx.database, ticket):
        return
    try:
        with ctx.database.write() as transaction:
            at = instant(ctx.clock.wall())
            print_jobs.add(ctx.database, ticket=ticket, copy=0, printer=printer, address=address, state=State.QUEUED, at=at)
            transaction.once_durable.append(ctx.bell.ring)
    except Unavailable as error:
        log.warning("ticket is not printed ticket=%s why=%s", ticket, error)


def print_again(ctx: Context, ticket: str, printer: str, address: str | None, *, actor: str, once: Once | None = None) -> None:
    """Print one more copy of an open ticket; the event and the job are one decision. Raises Refused (the ticket is over), Unavailable."""
    with deciding(ctx, actor) as decision:
        if decision.recall(once) is not None:
            return
        before = print_jobs.of_ticket(ctx.database, ticket)
        copy = before[0].copy + 1 if before else 1
        decide(decision.turn, commands.Reprint(ticket, printer, copy))
        at = instant(ctx.clock.wall())
        print_jobs.add(ctx.database, ticket=ticket, copy=copy, printer=printer, address=address, state=State.QUEUED, at=at)
        decision.remember(once, "")
        decision.transaction.once_durable.append(ctx.bell.ring)


def newest(ctx: Context, ticket: str) -> Job | None:
    """Return the last job of a ticket, None when nobody wanted it on paper."""
    found = print_jobs.of_ticket(ctx.database, ticket)
    return found[0] if found else None


def queued(ctx: Context, printer: str) -> list[Job]:
    """Return what waits for a printer, the oldest first."""
    return [job for job in print_jobs.unfinished(ctx.database) if job.printer == printer and job.state == State.QUEUED]


def say_why(ctx: Context, job: Job, fault: Fault) -> None:
    """Let the screens see why a job still waits. Raises Unavailable."""
    with ctx.database.write():
        print_jobs.note(ctx.database, job.job, fault)


def begin(ctx: Context, job: Job) -> bool:
    """Mark a job as begun, durably; tell whether it may be printed now. Raises Unavailable: then not a byte may be sent."""
    with ctx.database.write():
        return print_jobs.begin(ctx.database, job.job, was=State.QUEUED, state=State.BEGUN)


def end(ctx: Context, job: Job, state: State, fault: Fault | None = None) -> None:
    """Say what became of a job; what is not surely on paper is an event of the same transaction. Twice is once. Raises Unavailable."""
    with deciding(ctx, "system") as decision:
        _end(ctx, decision, job, state, fault)


def resume(ctx: Context) -> None:
    """At a start: nobody knows how far a job came that was begun, and who took a ticket long ago does not wait for paper. Raises Unavailable."""
    oldest = ctx.clock.wall() - TOO_OLD
    over = [job for job in print_jobs.unfinished(ctx.database) if job.state == State.BEGUN or datetime.fromisoformat(job.asked_at) < oldest]
    if over:
        with deciding(ctx, "system") as decision:
            for job in over:
                _end(ctx, decision, job, State.UNKNOWN if job.state == State.BEGUN else State.FAILED, Fault.RESTARTED)


def standings(database: Database, printers: Printers) -> list[Standing]:
    """Return how each printer is."""
    return [_standing(name, print_jobs.newest_ended(database, name)) for name in printers.names]


def trouble(database: Database, printers: Printers) -> str | None:
    """Say which printers did not print their last ticket, None: none."""
    faulty = [f"{each.printer}: {each.fault}" for each in standings(database, printers) if each.fault]
    return ", ".join(faulty) or None


def require(printers: Printers, name: str) -> str:
    """Return the name of a printer that this box drives. Raises Unknown."""
    if name not in printers.names:
        raise Unknown(f"printer {name!r} is not in edge.toml; known are {', '.join(printers.names) or 'none'}", field="printer")
    return name


def forget(ctx: Context) -> None:
    """Drop jobs that were over days ago."""
    with ctx.database.write():
        print_jobs.forget(ctx.database, instant(ctx.clock.wall() - KEPT))


def _end(ctx: Context, decision: Decision, job: Job, state: State, fault: Fault | None) -> None:
    if print_jobs.end(ctx.database, job.job, state=state, why=fault, at=instant(ctx.clock.wall())) and fault:
        decide(decision.turn, commands.NotePrintFailure(job.ticket, job.printer, fault, job.copy, sent=state is State.UNKNOWN))


def _standing(printer: str, job: Job | None) -> Standing:
    if job is None or job.ended_at is None:
        return Standing(printer)
    return Standing(printer, job.why, datetime.fromisoformat(job.ended_at), job.ticket)
