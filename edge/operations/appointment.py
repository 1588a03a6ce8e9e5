"""What the visitor behind a booking's code is told: whether it is time to check in, from when to when, and whose ticket it became.

Codes may be guessed at, so a place that is open to everybody looks them up slowly: ten wrong ones in a row are free, each further one costs a longer
wait (`delays`); a right one forgives them, for many honest people mistype at one kiosk.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from edge.errors import BadRequest, Unknown
from edge.operations import bookings, clock, delays, track
from edge.operations.context import Context
from edge.queueing.appointments import may_cancel, may_move
from edge.queueing.booking import Booking, BookingState, Window, opens, window
from edge.queueing.day import instant_of
from edge.queueing.ticket import Ticket


class Met(StrEnum):
    """What a code means at this moment. ``LATE``: still let in, by arrival; ``OVER``: an ordinary ticket instead; ``PAST``: nothing any more."""

    EARLY = "early"
    ON_TIME = "on-time"
    LATE = "late"
    OVER = "over"
    PAST = "past"
    CANCELLED = "cancelled"
    CHECKED_IN = "checked-in"


@dataclass(frozen=True, slots=True)
class Appointment:
    """``opens`` to ``closes``: when check-in is possible. ``token``: of the tracking link of the ticket that it became today.

    ``movable``, ``cancellable``: this centre may do so; else the national side keeps it.
    """

    booking: Booking
    met: Met
    opens: datetime
    closes: datetime
    token: str | None = None
    movable: bool = True
    cancellable: bool = True


def seen(ctx: Context, code: str) -> Appointment:
    """Return what the code means now; the decision itself is `bookings.check_in`. Raises Unknown."""
    booking = bookings.find(ctx, code)
    times = ctx.hall.policy.bookings.times
    met = _met(ctx, booking)
    token = track.url(ctx.keys, booking.ticket).rpartition("/")[2] if met is Met.CHECKED_IN and booking.ticket else None
    closes = booking.start + timedelta(minutes=times.closes_after)
    return Appointment(booking, met, opens(booking, times), closes, token, may_move(booking), may_cancel(ctx.hall, booking))


def seen_slowly(ctx: Context, code: str, place: str) -> Appointment:
    """Return `seen` for somebody nobody knows at ``place``. Raises Unknown, or `delays.Delayed` after too many codes that do not exist."""
    guessed = delays.by_place(f"code:{place}")
    with ctx.delays.one_by_one(guessed):
        now = ctx.clock.monotonic()
        ctx.delays.check(guessed, now)
        try:
            found = seen(ctx, code)
        except Unknown:
            ctx.delays.failed(guessed, now)
            raise
        ctx.delays.succeeded(guessed)
        return found


def of_person(ctx: Context, typed: str) -> list[Booking]:
    """Return the bookings still to come of whoever is known by what was typed, in time order; none for what nobody can be known by."""
    try:
        person = bookings.person_of(ctx.keys, typed)
    except BadRequest:
        return []
    return sorted((each for each in ctx.hall.bookings.values() if each.person == person), key=lambda each: each.start)


def of_ticket(ctx: Context, ticket: Ticket) -> Booking | None:
    """Return the booking that became this ticket of today, None for a walk-in."""
    return ctx.hall.bookings.get(ticket.booking) if ticket.booking else None


def is_today(ctx: Context, at: datetime) -> bool:
    """Tell whether an instant lies in the open business day."""
    day = ctx.hall.day
    return day is not None and clock.local(day.tz, at).date().isoformat() == day.day


def _met(ctx: Context, booking: Booking) -> Met:
    if booking.state is BookingState.CANCELLED:
        return Met.CANCELLED
    if booking.over:
        return Met.PAST
    return Met.CHECKED_IN if booking.state is BookingState.CHECKED_IN else _met_by_time(ctx, booking)


def _met_by_time(ctx: Context, booking: Booking) -> Met:
    hall = ctx.hall
    if hall.day is None or not clock.is_date(ctx.clock.wall()):
        return Met.ON_TIME
    now = instant_of(hall.day, ctx.tick())
    match window(booking, hall.policy.bookings.times, now):
        case Window.EARLY:
            return Met.EARLY
        case Window.OVER:
            return Met.OVER if is_today(ctx, booking.start) else Met.PAST
        case Window.OPEN:
            return Met.LATE if now > booking.start + timedelta(seconds=hall.policy.ordering.on_time) else Met.ON_TIME
