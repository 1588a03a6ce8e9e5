"""Cold reads: one ticket, pages of the journal, the last tick."""

import json
from collections.abc import Iterator, Sequence

from edge.queueing.booking import Booking
from edge.queueing.chain import Envelope
from edge.queueing.ticket import Ticket
from edge.store import hot, rows
from edge.store.database import Database

PAGE = 1000
DESK_CHANGES = 500  # looked at for when each desk was last opened, paused or closed


def ticket(database: Database, ticket_id: str) -> Ticket | None:
    """Return any ticket ever issued here, or None."""
    row = database.connection().execute(hot.ONE_TICKET, (ticket_id,)).fetchone()
    return rows.ticket(row) if row else None


def booking_of_code(database: Database, code: str) -> Booking | None:
    """Return the newest booking that had this code, over or not; None for a code that no booking ever had."""
    row = database.connection().execute(hot.BOOKINGS_OF_CODE, (code,)).fetchone()
    return rows.booking(row) if row else None


def is_ticket(database: Database, reference: str, day: str) -> bool:
    """Tell whether ``reference`` is the id of a ticket ever issued here, or a number of ``day``."""
    return database.connection().execute(hot.TICKET_KNOWN, (reference, day)).fetchone() is not None


def numbers_of(database: Database, day: str, after: int, upto: int) -> list[str]:
    """Return the numbers of a day's tickets by their order of issue, from behind ``after`` up to ``upto``."""
    return [str(row[0]) for row in database.connection().execute(hot.NUMBERS_OF, (day, after, upto))]


def contacts_of(database: Database, owners: Sequence[str]) -> dict[str, bytes]:
    """Return the encrypted contacts that are kept for tickets or bookings, by their ids."""
    rows_ = database.connection().execute(hot.CONTACTS_OF, (json.dumps(list(owners)),))
    return {str(owner): bytes(sealed) for owner, sealed in rows_}


def lines(database: Database, epoch: int, after: int, limit: int) -> list[Envelope]:
    """Return up to ``limit`` journal lines after (epoch, seq), in order, over epochs."""
    return [Envelope(*row) for row in database.connection().execute(hot.LINES, (epoch, after, limit))]


def all_lines(database: Database) -> Iterator[Envelope]:
    """Walk the whole journal in pages."""
    epoch, seq = 0, 0
    while page := lines(database, epoch, seq, PAGE):
        yield from page
        epoch, seq = page[-1].epoch, page[-1].seq


def newest_key(database: Database, scope: str) -> str | None:
    """Return the key of the newest remembered answer in ``scope``, None when there is none."""
    row = database.connection().execute(hot.NEWEST_KEY, (scope,)).fetchone()
    return str(row[0]) if row else None


def desk_changes(database: Database) -> Iterator[tuple[str, str]]:
    """Yield (desk, instant) of the last openings, pauses and closings, the newest first."""
    return ((str(name), str(at)) for name, at in database.connection().execute(hot.DESK_CHANGES, (DESK_CHANGES,)))


def acts_today(database: Database) -> Iterator[tuple[str, str]]:
    """Yield (actor, what) for each call and each judged right since the day opened and not undone; what: called, picked, confirmed, refused."""
    return ((str(actor), str(what)) for actor, what in database.connection().execute(hot.ACTS_TODAY))


def last_closed_day(database: Database) -> str | None:
    """Return the name that the last closed day had, None before the first."""
    row = database.connection().execute(hot.LAST_CLOSED_DAY).fetchone()
    return str(row[0]) if row else None


def newest_trusted(database: Database) -> str | None:
    """Return the newest instant that a trusted clock gave to the journal since a person last confirmed a date; None when none is near."""
    for type_, at, clock in database.connection().execute(hot.NEWEST_CLOCKS):
        if type_ == "day.confirmed":
            return None
        if clock in ("ntp", "rtc"):
            return str(at)
    return None


def last_tick(database: Database) -> tuple[int, str, str] | None:
    """Return (tick, at, clock) of the last deciding line, or None."""
    row = database.connection().execute(hot.LAST_TICK).fetchone()
    return (int(row[0]), str(row[1]), str(row[2])) if row else None
