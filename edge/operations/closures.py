"""People to tell: whose appointment cannot be kept as it is (B6).

The hall is closed then after all, by an emergency or by hours that were changed; the slot has more people than seats, because its capacity was
lowered or two boxes sold it unknown to each other; or one person booked the same service on both sides.

A contact stays encrypted; it is read only for a supervisor who asks for it, and stands nowhere else.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache, partial

from edge.operations import bookings, clock, contacts
from edge.operations.context import Context
from edge.queueing.booking import Booking, BookingId, BookingState
from edge.queueing.day import instant_of
from edge.queueing.hall import Hall
from edge.queueing.hours import covered, open_spans
from edge.queueing.policy import Policy, is_offered
from edge.store import queries

log = logging.getLogger(__name__)


class Why(StrEnum):
    """What is in the way of an appointment."""

    CLOSED = "closed"
    SEATS = "seats"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class ToTell:
    """``kept``: a contact is kept; ``contact``: what was typed, only where it was asked for."""

    booking: Booking
    kept: bool
    contact: str | None = None
    why: Why = Why.CLOSED


def days(ctx: Context) -> list[tuple[str, int]]:
    """Return the local days (ISO) with somebody to tell, and how many, in order."""
    hall = ctx.hall
    found = Counter(_local(hall, hall.bookings[each]).date().isoformat() for each in _in_the_way(hall, _now(ctx)))
    return sorted(found.items())


def to_tell(ctx: Context, day: str) -> list[ToTell]:
    """Return whom to tell of a local day (ISO), in the order of their appointments."""
    why = _in_the_way(ctx.hall, _now(ctx))
    found = [booking for booking in bookings.of_day(ctx, day) if booking.id in why]
    kept = queries.contacts_of(ctx.database, [booking.id for booking in found])
    return [ToTell(booking, booking.id in kept, why=why[booking.id]) for booking in found]


def with_contacts(ctx: Context, day: str, *, actor: str) -> list[ToTell]:
    """Return the same with the contacts in clear, for ``actor`` who is going to tell them."""
    found = to_tell(ctx, day)
    kept = queries.contacts_of(ctx.database, [each.booking.id for each in found])
    log.info("contacts shown", extra={"actor": actor, "day": day, "count": len(kept)})
    return [replace(each, contact=contacts.read(ctx.keys, kept[each.booking.id]) if each.kept else None) for each in found]


def closed_by(hall: Hall, policy: Policy) -> int:
    """Count the confirmed appointments that ``policy`` would leave outside the opening hours, and that are inside them now."""
    before, after = _hours(hall, hall.policy), _hours(hall, policy)
    mine = [booking for booking in hall.bookings.values() if booking.state is BookingState.CONFIRMED]
    return sum(before(booking) and not after(booking) for booking in mine)


def _now(ctx: Context) -> datetime:
    return instant_of(ctx.hall.day, ctx.tick()) if ctx.hall.day else ctx.clock.wall()


def _in_the_way(hall: Hall, now: datetime) -> dict[BookingId, Why]:
    """Return which bookings cannot be kept, and why; a booking that several things are in the way of is named for the first."""
    is_open = _hours(hall, hall.policy)
    found = {each.id: Why.CLOSED for each in hall.bookings.values() if _is_missed(hall, is_open, each, now)}
    if hall.policy.national.bound:
        coming = [each for each in hall.bookings.values() if each.state is BookingState.CONFIRMED and each.start >= now]
        found = {**dict.fromkeys(_twice(coming), Why.TWICE), **dict.fromkeys(_beyond_seats(hall, coming), Why.SEATS), **found}
    return found


def _beyond_seats(hall: Hall, coming: Iterable[Booking]) -> Iterator[BookingId]:
    """Yield the newest bookings of slots that have more people than seats: so many of them that the rest fits."""
    by_slot = _grouped(coming, lambda booking: (booking.slot,))
    for mine in by_slot.values():
        ledger = hall.slots.get(mine[0].slot)
        over = ledger.taken - ledger.capacity if ledger else 0
        yield from (each.id for each in mine[-over:] if over > 0)


def _twice(coming: Iterable[Booking]) -> Iterator[BookingId]:
    """Yield what a person booked beside an earlier booking of the same service."""
    for mine in _grouped(coming, lambda booking: (booking.person, booking.service)).values():
        yield from (each.id for each in mine[1:])


def _grouped(coming: Iterable[Booking], by: Callable[[Booking], tuple[str, ...]]) -> dict[tuple[str, ...], list[Booking]]:
    """Return the bookings by a common mark, each group in the order in which they were made: their ids grow with time."""
    groups: dict[tuple[str, ...], list[Booking]] = defaultdict(list)
    for each in sorted(coming, key=lambda booking: booking.id):
        groups[by(each)].append(each)
    return groups


def _is_missed(hall: Hall, is_open: Callable[[Booking], bool], booking: Booking, now: datetime) -> bool:
    """Tell whether the hall will be closed for a visitor who still means to come."""
    if booking.state is not BookingState.CONFIRMED:
        return False
    if hall.policy.emergency and hall.day and _local(hall, booking).date().isoformat() == hall.day.day and booking.start >= now:
        return True
    service = hall.policy.services.get(booking.service)
    return not is_open(booking) or (service is not None and not is_offered(service, _local(hall, booking).date().isoformat()))


def _hours(hall: Hall, policy: Policy) -> Callable[[Booking], bool]:
    """Return a function that tells whether the hall is open at an appointment; each day's hours are worked out once."""
    spans_of = cache(partial(open_spans, policy.calendar))

    def is_open(booking: Booking) -> bool:
        at = _local(hall, booking)
        return covered(spans_of(at.date().isoformat()), at.hour * 3600 + at.minute * 60 + at.second)

    return is_open


def _local(hall: Hall, booking: Booking) -> datetime:
    return clock.local(hall.tz, booking.start)
