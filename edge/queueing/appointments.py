"""Booking, moving and cancelling an appointment, and checking in with one.

The seat is looked for and taken in one decision, so the last one is sold once. `nearest` says which ones are free instead.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import assert_never

from edge.errors import BadRequest, Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import escrow, slots
from edge.queueing import events as e
from edge.queueing.booked import day_end
from edge.queueing.booking import (
    Booking,
    BookingState,
    Owner,
    SlotId,
    Window,
    active,
    missed_at,
    opens,
    require_confirmed,
    slot_parts,
    window,
)
from edge.queueing.calling import issue
from edge.queueing.chain import instant
from edge.queueing.day import instant_of, tick_of
from edge.queueing.hall import Hall
from edge.queueing.slots import Shows, Slot
from edge.queueing.turn import Outcome, Result, Turn

OffsetOf = Callable[[date], int]


def of_booking(turn: Turn, command: c.BookingCommand) -> Outcome:
    """Carry out what concerns bookings. Raises Refused, Unknown or BadRequest."""
    match command:
        case c.Book():
            return _book(turn, command)
        case c.CancelBooking(booking, by):
            known = _known(turn.hall, booking)
            require_confirmed(known, "cancelled")
            if not may_cancel(turn.hall, known):
                raise _in_national_custody(known, "cancelled")
            turn.emit(e.BookingCancelled(booking=booking, by=by, tick=turn.tick))
        case c.Reschedule():
            return _reschedule(turn, command)
        case c.CheckIn():
            return _check_in(turn, command)
        case c.MissBooking(booking):
            require_confirmed(_known(turn.hall, booking), "missed")
            turn.emit(e.BookingNoShow(booking=booking, tick=turn.tick))
        case never:
            assert_never(never)
    return Outcome(Result.OK)


def free(hall: Hall, code: str, day: date, utc_offset: int, tick: int) -> Iterator[tuple[Slot, int]]:
    """Yield the future slots of a day within the booking horizon that have seats, with how many, in time order."""
    if hall.day is None or not hall.sells or not 0 <= (day - date.fromisoformat(hall.day.day)).days < hall.policy.bookings.times.horizon_days:
        return
    if _is_shut(hall, day):
        return
    now = instant_of(hall.day, tick)
    for slot in _of_day(hall, code, day, utc_offset):
        seats = _left(hall, slot)
        if seats and slot.start > now:
            yield slot, seats


def nearest(hall: Hall, code: str, tick: int, offset_of: OffsetOf, wanted: SlotId | None = None, most: int = 3) -> list[tuple[Slot, int]]:
    """Return the free slots of the service nearest to the start of ``wanted`` (None: to now), never that one itself, in time order."""
    if hall.day is None or code not in hall.policy.services:
        return []
    aim = slot_parts(wanted)[1] if wanted else instant_of(hall.day, tick)
    first = date.fromisoformat(hall.day.day)
    days = [first + timedelta(days=n) for n in range(hall.policy.bookings.times.horizon_days)]
    near = (aim + timedelta(seconds=offset_of(aim.date()))).date()
    found: list[tuple[Slot, int]] = []
    for day in sorted(days, key=lambda each: abs((each - near).days)):
        if len(found) == most and abs(found[-1][0].start - aim) < timedelta(days=abs((day - near).days) - 1):
            break  # whatever begins on this day or a farther one is farther away
        found += [each for each in free(hall, code, day, offset_of(day), tick) if each[0].slot != wanted]
        found = sorted(found, key=lambda each: abs(each[0].start - aim))[:most]
    return sorted(found, key=lambda each: each[0].start)


def due(hall: Hall, tick: int) -> list[c.MissBooking]:
    """Return what is due at ``tick``: confirmed bookings whose visitors have not come in time."""
    now, times = instant_of(hall.day, tick) if hall.day else None, hall.policy.bookings.times
    if now is None or hall.next_booking is None or hall.next_booking + timedelta(minutes=times.no_show_after) > now:
        return []
    return [c.MissBooking(each.id) for each in hall.bookings.values() if each.state is BookingState.CONFIRMED and missed_at(each, times) <= now]


def may_move(booking: Booking) -> bool:
    """Tell whether this centre may move a booking: one in its own custody."""
    return booking.custody is Owner.EDGE


def may_cancel(hall: Hall, booking: Booking) -> bool:
    """Tell whether this centre may cancel a booking: on its day also one that the national side did not hand over, because the link was cut."""
    return booking.custody is Owner.EDGE or (hall.day is not None and booking.start < day_end(hall.day))


def settle_slots(turn: Turn) -> None:
    """Say what became of the granted rights of every slot of the day that ends, and of earlier ones; once, because their ledgers go with the day."""
    assert turn.hall.day is not None  # noqa: S101 -- asked by the caller
    until = day_end(turn.hall.day)
    for ledger in turn.hall.slots.values():
        for epoch, rights in sorted(ledger.rights.items()):
            if ledger.start < until and rights.granted:
                counts = {name: getattr(rights, name) for name in ("granted", "returned", "sold", "released")}
                turn.emit(e.SlotSettled(slot=ledger.slot, epoch=epoch, **counts, unsold=escrow.own_left(rights), tick=turn.tick))


def _book(turn: Turn, command: c.Book) -> Outcome:
    hall = turn.hall
    service = hall.leaf(command.service)
    slot = seat(hall, service.code, command.slot, command.utc_offset, turn.tick, dated=command.dated)
    other = active(hall.bookings.values(), command.person, service.code)
    if other is not None:
        raise Refused(f"service {service.code} cannot be booked: this person has a booking for it already", code="already_booked")
    turn.emit(
        e.BookingMade(
            booking=command.booking,
            code=command.code,
            slot=slot.slot,
            service=service.code,
            start=instant(slot.start),
            minutes=slot.minutes,
            person=command.person,
            lang=command.lang,
            right=Owner.EDGE,
            right_epoch=hall.epoch,
            capacity=slot.capacity,
            via=command.via,
            tick=turn.tick,
        )
    )
    return Outcome(Result.OK)


def _reschedule(turn: Turn, command: c.Reschedule) -> Outcome:
    hall = turn.hall
    booking = _known(hall, command.booking)
    require_confirmed(booking, "rescheduled")
    if not may_move(booking):
        raise _in_national_custody(booking, "rescheduled")
    if command.slot == booking.slot:
        return Outcome(Result.OK)
    slot = seat(hall, booking.service, command.slot, command.utc_offset, turn.tick, dated=command.dated)
    turn.emit(
        e.BookingRescheduled(
            booking=booking.id,
            from_=booking.slot,
            slot=slot.slot,
            start=instant(slot.start),
            minutes=slot.minutes,
            right=Owner.EDGE,
            right_epoch=hall.epoch,
            capacity=slot.capacity,
            tick=turn.tick,
        )
    )
    return Outcome(Result.OK)


def _check_in(turn: Turn, command: c.CheckIn) -> Outcome:
    """Issue the ticket of a booking. Refused early, and late unless the visitor takes an ordinary ticket (``expired``)."""
    hall = turn.hall
    booking = _known(hall, command.booking)
    if hall.day is None:
        raise Refused("nobody can check in: the day has not begun", code="day_state", reason="closed")
    if booking.state not in (BookingState.CONFIRMED, BookingState.NO_SHOW):
        raise Refused(f"booking {booking.code} cannot be checked in: it is {booking.state}", code="booking_state")
    now = instant_of(hall.day, turn.tick)
    times = hall.policy.bookings.times
    met = window(booking, times, now) if command.dated else Window.OPEN
    if met is Window.EARLY and not command.by_staff:
        raise Refused(f"booking {booking.code} cannot be checked in yet: check-in opens at {instant(opens(booking, times))}", code="too_early")
    if met is Window.OVER and not command.expired:
        raise Refused(f"booking {booking.code} cannot be checked in: its time is over; take an ordinary ticket", code="too_late")
    expired = met is Window.OVER
    appointment = tick_of(hall.day, booking.start) if command.dated else turn.tick
    ticket = c.Issue(
        command.ticket,
        booking.service,
        booking.lang,
        command.via,
        category=command.category,
        booking=booking.id,
        appointment=None if expired else appointment,
    )
    outcome = issue(turn, ticket)
    turn.emit(e.BookingCheckedIn(booking=booking.id, ticket=command.ticket, expired=expired, tick=turn.tick))
    return outcome


def seat(hall: Hall, code: str, wanted: SlotId, utc_offset: int, tick: int, *, dated: bool) -> Slot:
    """Return the slot if a seat of it may be sold now. Raises BadRequest for what is no slot of the service, Refused for one that is past or full."""
    try:
        service, start = slot_parts(wanted)
    except ValueError:
        raise BadRequest(f"slot {wanted[:80]!r}: must be <service>@YYYY-MM-DDTHH:MM:SS.000Z", code="slot_invalid") from None
    if service != code:
        raise BadRequest(f"slot {wanted!r} is not one of service {code}", code="slot_invalid")
    if not hall.sells and hall.policy.national.bound:
        raise Refused(
            "nothing can be booked: this box was restored or fenced, and the national server has given it no new rights yet", code="epoch_awaited"
        )
    if not hall.sells:
        raise Refused("nothing can be booked: this box works from a backup and does not know what was booked since", code="restored")
    if hall.day is None or not dated:
        raise Refused("nothing can be booked: the box does not know the date; staff can confirm it", code="no_date")
    if start <= instant_of(hall.day, tick):
        raise Refused(f"slot {wanted} cannot be booked: it has begun", code="slot_past")
    day = (start + timedelta(seconds=utc_offset)).date()
    slot = next((each for each in _of_day(hall, code, day, utc_offset) if each.start == start), None)
    if _is_shut(hall, day):
        raise Refused(f"slot {wanted} cannot be booked: the hall is closed by an emergency", code="emergency", reason="emergency")
    ahead = (day - date.fromisoformat(hall.day.day)).days
    if slot is None or ahead >= hall.policy.bookings.times.horizon_days:
        raise BadRequest(f"slot {wanted!r} does not exist; GET slots lists those that do", code="slot_unknown")
    if not _left(hall, slot):
        if hall.policy.national.bound and hall.slots[slot.slot].taken < slot.capacity:
            raise Refused(f"slot {wanted} cannot be booked: this centre has no seats of it left to sell", code="rights_spent", reason="full")
        raise Refused(f"slot {wanted} cannot be booked: it is full", code="slot_full", reason="full")
    return slot


def _is_shut(hall: Hall, day: date) -> bool:
    """Tell whether an emergency closes the hall on a day: today, until it is lifted (`research/sync.md` C4)."""
    return hall.policy.emergency is not None and hall.day is not None and day.isoformat() == hall.day.day


def _of_day(hall: Hall, code: str, day: date, utc_offset: int) -> list[Slot]:
    """Return the slots of a local day that may have seats for this centre to sell, in time order."""
    if hall.policy.national.bound:
        return slots.granted_of_day(hall.policy, hall.slots, code, day, utc_offset, hall.epoch)
    return slots.of_day(hall.policy, code, day, utc_offset, hall.shows.get(code, Shows()))


def _left(hall: Hall, slot: Slot) -> int:
    return slots.left_of_own(slot, hall.slots, hall.epoch) if hall.policy.national.bound else slots.left(slot, hall.slots)


def _in_national_custody(booking: Booking, verb: str) -> Refused:
    sentence = f"booking {booking.code} cannot be {verb} here: the national side keeps it until the evening before; it is changed there"
    return Refused(sentence, code="national_custody")


def _known(hall: Hall, booking: str) -> Booking:
    try:
        return hall.bookings[booking]
    except KeyError:
        raise Unknown(f"booking {booking!r} is not open", field="booking") from None
