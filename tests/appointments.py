"""Appointments at any hour, also one that has begun: the fact itself goes into the journal, as it does when a booking comes from elsewhere."""

from datetime import UTC, datetime, timedelta
from itertools import count

from edge.operations import bookings
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing import events as e
from edge.queueing.booking import CODE_ALPHABET, Booking, Owner, slot_id
from edge.queueing.chain import instant

_numbers = count()


def appointment(ctx: Context, minutes: int, service: str = "passport", code: str | None = None) -> Booking:
    """Put an appointment in the journal that begins so many minutes from now; less than 0: it has begun."""
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    number, booking = next(_numbers), ctx.new_id()
    with deciding(ctx, "system") as decision:
        decision.turn.emit(
            e.BookingMade(
                booking=booking,
                code=code or fresh_code(number),
                slot=slot_id(service, start),
                service=service,
                start=instant(start),
                minutes=15,
                person=f"{number:064x}",
                lang="ru",
                right=Owner.EDGE,
                right_epoch=1,
                capacity=50,
                via="kiosk-1",
                tick=decision.turn.tick,
            )
        )
    return ctx.hall.bookings[booking]


def fresh_code(number: int) -> str:
    """Return a code that no other appointment of the run has."""
    signs = []
    for _ in range(4):
        number, place = divmod(number, len(CODE_ALPHABET))
        signs.append(CODE_ALPHABET[place])
    return "NK" + "".join(signs)


def book(ctx: Context, person: str, service: str = "passport", place: int = 0) -> Booking:
    """Book one of the next free times as a kiosk would."""
    free = bookings.nearest(ctx, service, most=place + 1)[place]
    done = bookings.book(ctx, service=service, slot=free["slot"], person=person, lang="en", via="kiosk-1", actor="device:kiosk-1")
    return next(each for each in ctx.hall.bookings.values() if each.id in done.answer)
