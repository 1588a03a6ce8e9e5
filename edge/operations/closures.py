"""People to tell: who has an appointment at a time when the hall is closed after all, by an emergency or by hours that were changed (B6).

A contact stays encrypted; it is read only for a supervisor who asks for it, and stands nowhere else.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from edge.operations import bookings, clock, contacts
from edge.operations.context import Context
from edge.queueing.booking import Booking, BookingState
from edge.queueing.day import instant_of
from edge.queueing.hall import Hall
from edge.queueing.hours import covered, open_spans
from edge.queueing.policy import Policy
from edge.store import queries

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToTell:
    """``kept``: a contact is kept; ``contact``: what was typed, only where it was asked for."""

    booking: Booking
    kept: bool
    contact: str | None = None


def days(ctx: Context) -> list[tuple[str, int]]:
    """Return the local days (ISO) with somebody to tell, and how many, in order."""
    hall, now = ctx.hall, _now(ctx)
    is_open = _hours(hall, hall.policy)
    found = Counter(_local(hall, each).date().isoformat() for each in hall.bookings.values() if _is_missed(hall, is_open, each, now))
    return sorted(found.items())


def to_tell(ctx: Context, day: str) -> list[ToTell]:
    """Return whom to tell of a local day (ISO), in the order of their appointments."""
    is_open, now = _hours(ctx.hall, ctx.hall.policy), _now(ctx)
    found = [booking for booking in bookings.of_day(ctx, day) if _is_missed(ctx.hall, is_open, booking, now)]
    kept = queries.contacts_of(ctx.database, [booking.id for booking in found])
    return [ToTell(booking, booking.id in kept) for booking in found]


def with_contacts(ctx: Context, day: str, *, actor: str) -> list[ToTell]:
    """Return the same with the contacts in clear, for ``actor`` who is going to tell them."""
    found = to_tell(ctx, day)
    kept = queries.contacts_of(ctx.database, [each.booking.id for each in found])
    log.info("contacts shown", extra={"actor": actor, "day": day, "count": len(kept)})
    return [ToTell(each.booking, each.kept, contacts.read(ctx.keys, kept[each.booking.id]) if each.kept else None) for each in found]


def closed_by(hall: Hall, policy: Policy) -> int:
    """Count the confirmed appointments that ``policy`` would leave outside the opening hours, and that are inside them now."""
    before, after = _hours(hall, hall.policy), _hours(hall, policy)
    mine = [booking for booking in hall.bookings.values() if booking.state is BookingState.CONFIRMED]
    return sum(before(booking) and not after(booking) for booking in mine)


def _now(ctx: Context) -> datetime:
    return instant_of(ctx.hall.day, ctx.tick()) if ctx.hall.day else ctx.clock.wall()


def _is_missed(hall: Hall, is_open: Callable[[Booking], bool], booking: Booking, now: datetime) -> bool:
    """Tell whether the hall will be closed for a visitor who still means to come."""
    if booking.state is not BookingState.CONFIRMED:
        return False
    if hall.policy.emergency and hall.day and _local(hall, booking).date().isoformat() == hall.day.day and booking.start >= now:
        return True
    return not is_open(booking)


def _hours(hall: Hall, policy: Policy) -> Callable[[Booking], bool]:
    """Return a function that tells whether the hall is open at an appointment; each day's hours are worked out once."""
    spans_of = cache(partial(open_spans, policy.calendar))

    def is_open(booking: Booking) -> bool:
        at = _local(hall, booking)
        return covered(spans_of(at.date().isoformat()), at.hour * 3600 + at.minute * 60 + at.second)

    return is_open


def _local(hall: Hall, booking: Booking) -> datetime:
    return clock.local(hall.tz, booking.start)
