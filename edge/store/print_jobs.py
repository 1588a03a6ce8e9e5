"""Print jobs, kept over restarts. Writers are called inside `Database.write()`.

A job that was begun is never begun again: what is printed once more is another copy, and says so.
"""

from dataclasses import dataclass

from edge.store.database import Database
from edge.store.tables import PrintJob


@dataclass(frozen=True, slots=True)
class Job:
    """``state``, ``why``: words of `operations.printing`; ``asked_at``, ``ended_at`` as text, the second None while it is not over."""

    job: int
    ticket: str
    copy: int
    printer: str
    address: str | None
    state: str
    why: str | None
    asked_at: str
    ended_at: str | None


def add(database: Database, *, ticket: str, copy: int, printer: str, address: str | None, state: str, at: str) -> None:
    """Add a job; one for this copy of the ticket that is there already stays as it is."""
    values = {"ticket": ticket, "copy": copy, "printer": printer, "address": address, "state": state, "asked_at": at}
    PrintJob.insert(values).on_conflict_ignore().execute(database.peewee)


def begin(database: Database, job: int, *, was: str, state: str) -> bool:
    """Move a job from one state to the next; tell whether it was in the first."""
    query = PrintJob.update({"state": state, "why": None}).where(PrintJob.job == job, PrintJob.state == was)
    return bool(query.execute(database.peewee))


def note(database: Database, job: int, why: str) -> None:
    """Say why a job still waits."""
    PrintJob.update({"why": why}).where(PrintJob.job == job, PrintJob.ended_at.is_null()).execute(database.peewee)


def end(database: Database, job: int, *, state: str, why: str | None, at: str) -> bool:
    """Say what became of a job; tell whether it was not over yet."""
    query = PrintJob.update({"state": state, "why": why, "ended_at": at}).where(PrintJob.job == job, PrintJob.ended_at.is_null())
    return bool(query.execute(database.peewee))


def of_ticket(database: Database, ticket: str) -> list[Job]:
    """Return the jobs of a ticket, the newest first."""
    return _jobs(database, PrintJob.ticket == ticket)


def unfinished(database: Database) -> list[Job]:
    """Return the jobs that are not over, the oldest first."""
    return _jobs(database, PrintJob.ended_at.is_null())[::-1]


def newest_ended(database: Database, printer: str) -> Job | None:
    """Return the last job of a printer that is over, None when there is none."""
    found = _jobs(database, (PrintJob.printer == printer) & PrintJob.ended_at.is_null(False), most=1)
    return found[0] if found else None


def forget(database: Database, before: str) -> None:
    """Drop jobs that were over before the instant ``before``."""
    PrintJob.delete().where(PrintJob.ended_at < before).execute(database.peewee)


def _jobs(database: Database, where: object, most: int | None = None) -> list[Job]:
    rows = PrintJob.select().where(where).order_by(PrintJob.job.desc()).limit(most).tuples().execute(database.peewee)
    return [Job(*row) for row in rows]
