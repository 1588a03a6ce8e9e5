"""Appointments: which are free, making, moving and cancelling one, checking in with its code.

The person is known by a keyed hash alone; what was typed is dropped at once. A contact is encrypted and goes when the day of the appointment is over.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from edge.errors import BadRequest, Refused, Unknown
from edge.operations import clock, contacts, track, views
from edge.operations.context import Context
from edge.operations.decision import Decision, Done, Once, deciding
from edge.operations.keys import Keys
from edge.operations.views import View
from edge.queueing import appointments, commands
from edge.queueing.booking import CODE_ALPHABET, CODE_LENGTH, EDGE_FIRST, Booking, BookingState, SlotId, by_code, opens, slot_parts
from edge.queueing.chain import instant
from edge.queueing.decide import decide
from edge.queueing.hall import Hall
from edge.queueing.slots import Slot
from edge.store import queries

PERSON_LENGTH = range(4, 65)
APPOINTMENT_HELPS = frozenset({"appointment-only", "full", "cut-off"})
BY_VISITOR, BY_STAFF = "visitor", "staff"
_DROPPED = str.maketrans("", "", " -\N{NO-BREAK SPACE}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\t")


def slots(ctx: Context, service: str, day: str) -> list[View]:
    """Return `GET slots`: the free ones of a local day (ISO) in time order. Raises Unknown, BadRequest."""
    hall = ctx.hall
    code = hall.leaf(service).code
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise BadRequest(f"day {day[:80]!r}: must be YYYY-MM-DD", code="day_invalid") from None
    if not is_dated(ctx):
        return []
    return [slot_view(slot, left) for slot, left in appointments.free(hall, code, when, _offset_of(hall)(when), ctx.tick())]


def nearest(ctx: Context, service: str, wanted: SlotId | None = None, most: int = 3) -> list[View]:
    """Return the free slots of a service nearest to ``wanted`` (None: to now), without that one, in time order; shaped as `slots`."""
    hall = ctx.hall
    if not is_dated(ctx):
        return []
    return [slot_view(slot, left) for slot, left in appointments.nearest(hall, service, ctx.tick(), _offset_of(hall), wanted, most)]


def days(ctx: Context, service: str) -> list[tuple[str, int]]:
    """Return the local days within the booking horizon that have free slots, with the number of free seats of each."""
    hall = ctx.hall
    if hall.day is None or not is_dated(ctx):
        return []
    first, offset_of, tick = date.fromisoformat(hall.day.day), _offset_of(hall), ctx.tick()
    found = []
    for ahead in range(hall.policy.bookings.times.horizon_days):
        day = date.fromordinal(first.toordinal() + ahead)
        seats = sum(left for _, left in appointments.free(hall, service, day, offset_of(day), tick))
        if seats:
            found.append((day.isoformat(), seats))
    return found


def why_none(ctx: Context) -> str | None:
    """Say in a word why this centre has no appointment to give although others may have: a code of a refusal, or ``no_rights``; None: it could."""
    bound = ctx.hall.policy.national.bound
    if not ctx.hall.sells:
        return "epoch_awaited" if bound else "restored"
    return "no_rights" if bound else None


def book(
    ctx: Context,
    *,
    service: str,
    slot: SlotId,
    person: str,
    lang: str,
    via: str,
    actor: str,
    contact: str | None = None,
    once: Once | None = None,
) -> Done:
    """Make a booking; ``answer`` is `view`. ``person``: document number or phone as typed.

    Raises Refused (full, past, already booked; with the nearest free slots), Unknown (service), BadRequest (slot, person), KeyReused, Unavailable.
    """
    with _alternatives(ctx, service, slot), deciding(ctx, actor) as decision:
        answer = decision.recall(once)
        turn = decision.turn
        if answer is not None:
            return Done(None, turn.hall, turn.tick, answer, first=False)
        booking = ctx.new_id()
        command = commands.Book(
            booking,
            _fresh_code(decision),
            turn.hall.leaf(service).code,
            slot,
            person_of(ctx.keys, person),
            lang,
            via,
            offset_at(turn.hall, slot),
            dated=is_dated(ctx),
        )
        outcome = decide(turn, command)
        made = turn.hall.bookings[booking]
        if contact:
            contacts.keep(ctx.keys, decision.transaction, booking, contact, local_day(turn.hall, made.start))
        answer = views.text(view(made))
        decision.remember(once, answer)
        return Done(outcome, turn.hall, turn.tick, answer, first=True)


def find(ctx: Context, code: str) -> Booking:
    """Return the booking with this code, over or not; small letters are taken for capitals. Raises Unknown."""
    wanted = code.strip().upper()
    found = by_code(ctx.hall.bookings, wanted) or queries.booking_of_code(ctx.database, wanted)
    if found is None:
        raise Unknown(f"booking {code[:16]!r} does not exist", field="code")
    return found


def cancel(ctx: Context, code: str, *, by: str, actor: str) -> View:
    """Cancel a booking; its seat is free at once, and a second time changes nothing. Raises Unknown, Refused (checked in, no-show)."""
    with deciding(ctx, actor) as decision:
        booking = find(ctx, code)
        if booking.state is BookingState.CANCELLED:
            return view(booking)
        _require_open(booking, "cancelled")
        decide(decision.turn, commands.CancelBooking(booking.id, by))
        decision.transaction.erase_contact(booking.id)
    return view(find(ctx, code))


def reschedule(ctx: Context, code: str, slot: SlotId, *, actor: str, once: Once | None = None) -> Done:
    """Move a booking to another slot of its service: the old seat is freed and the new one taken, or nothing happens.

    ``answer`` is `view`. Raises Unknown, BadRequest, Refused (with the nearest free slots), KeyReused, Unavailable.
    """
    before = find(ctx, code)
    with _alternatives(ctx, before.service, slot), deciding(ctx, actor) as decision:
        answer = decision.recall(once)
        turn = decision.turn
        if answer is not None:
            return Done(None, turn.hall, turn.tick, answer, first=False)
        booking = _require_open(find(ctx, code), "rescheduled")
        outcome = decide(turn, commands.Reschedule(booking.id, slot, offset_at(turn.hall, slot), dated=is_dated(ctx)))
        after = turn.hall.bookings[booking.id]
        decision.transaction.move_contact(booking.id, local_day(turn.hall, after.start))
        answer = views.text(view(after))
        decision.remember(once, answer)
        return Done(outcome, turn.hall, turn.tick, answer, first=True)


def check_in(
    ctx: Context,
    code: str,
    *,
    via: str,
    actor: str,
    category: str | None = None,
    expired: bool = False,
    by_staff: bool = False,
    once: Once | None = None,
) -> Done:
    """Issue the ticket of a booking; ``answer`` is `views.ticket`. Again is the same ticket as it stands, ``first`` False.

    ``expired``: the visitor takes an ordinary ticket where check-in is over. ``by_staff``: nobody is too early. Raises Unknown (code), Refused
    (too early, too late, cancelled, emergency; with ``opens``), KeyReused, Unavailable.
    """
    with _says_opens(ctx, code), deciding(ctx, actor) as decision:
        answer = decision.recall(once)
        turn = decision.turn
        if answer is not None:
            return Done(None, turn.hall, turn.tick, answer, first=False)
        booking = find(ctx, code)
        if booking.state is BookingState.CHECKED_IN and booking.ticket:
            found = turn.hall.tickets.get(booking.ticket) or queries.ticket(ctx.database, booking.ticket)
            if found is not None:
                return Done(None, turn.hall, turn.tick, _ticket_text(ctx, turn.hall, found.id, turn.tick), first=False)
        _require_open(booking, "checked in")
        command = commands.CheckIn(booking.id, ctx.new_id(), via, category=category, expired=expired, by_staff=by_staff, dated=is_dated(ctx))
        outcome = decide(turn, command)
        answer = _ticket_text(ctx, turn.hall, command.ticket, turn.tick)
        decision.remember(once, answer)
        return Done(outcome, turn.hall, turn.tick, answer, first=True)


def of_day(ctx: Context, day: str) -> list[Booking]:
    """Return the bookings of a local day that may still be used or were used today, in time order."""
    hall = ctx.hall
    found = [each for each in hall.bookings.values() if local_day(hall, each.start) == day]
    return sorted(found, key=lambda each: (each.start, each.code))


def view(booking: Booking) -> View:
    """`GET bookings/<code>`; the person is in no answer."""
    return {
        "booking": booking.id,
        "code": booking.code,
        "service": booking.service,
        "slot": booking.slot,
        "start": instant(booking.start),
        "state": booking.state,
    }


def slot_view(slot: Slot, left: int) -> View:
    """One entry of `GET slots`."""
    return {"slot": slot.slot, "start": instant(slot.start), "minutes": slot.minutes, "left": left}


def person_of(keys: Keys, typed: str) -> str:
    """Return the keyed hash of a document number or phone: spaces and hyphens dropped, capitals. Raises BadRequest; says nothing of the value."""
    normal = typed.translate(_DROPPED).upper()
    if len(normal) not in PERSON_LENGTH:
        raise BadRequest(f"person has {len(normal)} characters without spaces and hyphens: must be 4 to 64", code="person_invalid")
    return hmac.new(keys.person_key or keys.derive("person"), normal.encode(), hashlib.sha256).hexdigest()


@contextmanager
def instead(ctx: Context, service: str) -> Iterator[None]:
    """Let a refusal of a walk-in say which appointments are free, where an appointment would help."""
    try:
        yield
    except Refused as error:
        if error.reason in APPOINTMENT_HELPS:
            error.more = {"slots": nearest(ctx, service)}
        raise


@contextmanager
def _alternatives(ctx: Context, service: str, wanted: SlotId) -> Iterator[None]:
    """Let a refusal say which slots are free instead."""
    try:
        yield
    except Refused as error:
        error.more = {"slots": nearest(ctx, service, wanted)}
        raise


@contextmanager
def _says_opens(ctx: Context, code: str) -> Iterator[None]:
    """Let a refusal say when check-in opens."""
    try:
        yield
    except Refused as error:
        error.more = {"opens": instant(opens(find(ctx, code), ctx.hall.policy.bookings.times))}
        raise


def _ticket_text(ctx: Context, hall: Hall, ticket: str, tick: int) -> str:
    found = hall.tickets.get(ticket) or queries.ticket(ctx.database, ticket)
    assert found is not None  # noqa: S101 -- a booking names a ticket that was issued
    return views.text(views.ticket(hall, found, tick, track.url(ctx.keys, ticket)))


def _fresh_code(decision: Decision) -> str:
    while True:
        code = secrets.choice(EDGE_FIRST) + "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH - 1))
        if not decision.transaction.code_is_taken(code):
            return code


def _require_open(booking: Booking, verb: str) -> Booking:
    if booking.over:
        raise Refused(f"booking {booking.code} cannot be {verb}: it is {booking.state}", code="booking_state")
    return booking


def is_dated(ctx: Context) -> bool:
    """Tell whether the box knows the date at all; a clock that nobody vouches for may still show the right one."""
    return clock.is_date(ctx.clock.wall())


def _offset_of(hall: Hall) -> Callable[[date], int]:
    """Return a function from a local day to its offset to UTC, at noon."""
    return lambda day: clock.utc_offset(hall.tz, datetime.combine(day, time(12), tzinfo=ZoneInfo(hall.tz)))


def offset_at(hall: Hall, slot: SlotId) -> int:
    """Return the offset to UTC at the slot's start; of a slot that cannot be read, any."""
    try:
        _, start = slot_parts(slot)
        return clock.utc_offset(hall.tz, start)
    except (ValueError, OverflowError):
        return 0


def local_day(hall: Hall, start: datetime) -> str:
    """Return the centre's day (ISO) of an instant."""
    return clock.local(hall.tz, start).date().isoformat()
