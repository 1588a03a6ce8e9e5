"""The part of the fold that concerns bookings: who has which seat, and what was sold of each slot."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

from edge.queueing import events as e
from edge.queueing import slots
from edge.queueing.booking import Booking, BookingState, Owner, SlotId, earliest
from edge.queueing.day import Day
from edge.queueing.hall import Hall
from edge.queueing.slots import Ledger, Shows

BookingEvent = e.BookingMade | e.BookingCancelled | e.BookingRescheduled | e.BookingCheckedIn | e.BookingNoShow
Evolved = tuple[Hall, tuple[Booking | Ledger, ...]]


def apply(hall: Hall, event: BookingEvent) -> Evolved:
    """Apply one event of a booking; the booking and the ledgers that changed come back with the hall."""
    match event:
        case e.BookingMade():
            return _made(hall, event)
        case e.BookingCancelled():
            booking = replace(hall.bookings[event.booking], state=BookingState.CANCELLED, over=True)
            return _with(hall, booking, _freed(hall.slots, booking))
        case e.BookingRescheduled():
            return _moved(hall, event)
        case e.BookingCheckedIn():
            before = hall.bookings[event.booking]
            booking = replace(before, state=BookingState.CHECKED_IN, ticket=event.ticket)
            missed = -1 if before.state is BookingState.NO_SHOW else 0
            return _with(_counted(hall, booking.service, came=1, missed=missed), booking)
        case e.BookingNoShow():
            booking = replace(hall.bookings[event.booking], state=BookingState.NO_SHOW)
            return _with(_counted(hall, booking.service, missed=1), booking)
        case never:
            assert_never(never)


def end_day(hall: Hall) -> Evolved:
    """Let go of bookings that were used or missed, and of slots that begin before the day's end; a confirmed one is kept until it is missed."""
    if hall.day is None:
        return hall, ()
    ended = tuple(replace(each, over=True) for each in hall.bookings.values() if each.state is not BookingState.CONFIRMED)
    until = day_end(hall.day)
    past = tuple(replace(each, over=True) for each in hall.slots.values() if each.start < until)
    bookings = {each.id: each for each in hall.bookings.values() if each.state is BookingState.CONFIRMED}
    ledgers = {each.slot: each for each in hall.slots.values() if each.start >= until}
    return replace(hall, bookings=bookings, slots=ledgers), (*ended, *past)


def day_end(day: Day) -> datetime:
    """Return the midnight, aware UTC, that ends the business day; of appointments, not of ticks."""
    midnight = datetime.combine(date.fromisoformat(day.day) + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    return midnight - timedelta(seconds=day.utc_offset)


def _made(hall: Hall, event: e.BookingMade) -> Evolved:
    if event.booking in hall.bookings:  # told twice: by the national feed and by what the journal has
        return hall, ()
    booking = Booking(
        id=event.booking,
        code=event.code,
        service=event.service,
        slot=event.slot,
        start=datetime.fromisoformat(event.start),
        minutes=event.minutes,
        person=event.person,
        lang=event.lang,
        right=Owner(event.right),
        right_epoch=event.right_epoch,
        custody=Owner(event.custody or event.right),
    )
    return _with(hall, booking, _taken(hall.slots, booking, event.capacity))


def _moved(hall: Hall, event: e.BookingRescheduled) -> Evolved:
    before = hall.bookings[event.booking]
    booking = replace(
        before,
        slot=event.slot,
        start=datetime.fromisoformat(event.start),
        minutes=event.minutes,
        right=Owner(event.right),
        right_epoch=event.right_epoch,
    )
    freed = _freed(hall.slots, before)
    after = {**hall.slots, **freed}
    return _with(hall, booking, {**freed, **_taken(after, booking, event.capacity)})


def _with(hall: Hall, booking: Booking, ledgers: Mapping[SlotId, Ledger] | None = None) -> Evolved:
    bookings = dict(hall.bookings)
    if booking.over:
        bookings.pop(booking.id, None)
    else:
        bookings[booking.id] = booking
    changed = ledgers or {}
    kept = {**hall.slots, **changed} if changed else hall.slots
    return replace(hall, bookings=bookings, slots=kept, next_booking=earliest(bookings.values())), (booking, *changed.values())


def _taken(ledgers: Mapping[SlotId, Ledger], booking: Booking, capacity: int) -> dict[SlotId, Ledger]:
    empty = Ledger(booking.slot, booking.service, booking.start, booking.minutes, capacity)
    ledger = ledgers.get(booking.slot, empty)
    ledger = replace(ledger, capacity=capacity) if capacity else ledger
    if booking.right is Owner.EDGE and booking.right_epoch is not None:
        return {booking.slot: slots.sold(ledger, booking.right_epoch)}
    return {booking.slot: replace(ledger, national_sold=ledger.national_sold + 1)}


def _freed(ledgers: Mapping[SlotId, Ledger], booking: Booking) -> dict[SlotId, Ledger]:
    ledger = ledgers.get(booking.slot)
    if ledger is None:  # its day has passed
        return {}
    if booking.right is Owner.EDGE and booking.right_epoch is not None:
        return {booking.slot: slots.released(ledger, booking.right_epoch)}
    return {booking.slot: replace(ledger, national_released=ledger.national_released + 1)}


def _counted(hall: Hall, service: str, *, came: int = 0, missed: int = 0) -> Hall:
    before = hall.shows.get(service, Shows())
    return replace(hall, shows={**hall.shows, service: Shows(before.came + came, before.missed + missed)})
