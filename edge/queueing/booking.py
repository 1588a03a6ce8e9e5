"""A booking: an appointment of one person for one service, and when its visitor may check in.

The person is a keyed hash and nothing else; ``code`` is what the visitor types or shows, ``id`` is the booking's identity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from edge.errors import Refused
from edge.queueing.chain import instant

BookingId = str
SlotId = str

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without I, O, 0 and 1, which are taken for each other
CODE_LENGTH = 6
EDGE_FIRST = "ABCDEFGHJKLM"  # first letter of a centre's own codes; the national server's begin with N to Z


class BookingState(StrEnum):
    """Where a booking stands. A no-show may still check in until the window closes."""

    CONFIRMED = "confirmed"
    CHECKED_IN = "checked-in"
    CANCELLED = "cancelled"
    NO_SHOW = "no-show"


class Owner(StrEnum):
    """Whose right a booking used (`contract/national.md`, "Slot escrow")."""

    EDGE = "edge"
    NATIONAL = "national"


class Window(StrEnum):
    """What the clock says to a visitor with a booking."""

    EARLY = "early"
    OPEN = "open"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Times:
    """Minutes around an appointment: check-in opens and closes, and the empty seat is noticed. Days that can be booked ahead, today included."""

    opens_before: int = 60
    closes_after: int = 30
    no_show_after: int = 15
    horizon_days: int = 14


@dataclass(frozen=True, slots=True)
class Booking:
    """``start``: aware UTC. ``right`` with ``right_epoch``: the right that it used. ``over``: nothing can happen to it any more.

    ``custody``: who may change it; the other side can only ask.
    """

    id: BookingId
    code: str
    service: str
    slot: SlotId
    start: datetime
    minutes: int
    person: str
    lang: str
    state: BookingState = BookingState.CONFIRMED
    right: Owner = Owner.EDGE
    right_epoch: int | None = None
    ticket: str | None = None
    over: bool = False
    custody: Owner = Owner.EDGE


def slot_id(service: str, start: datetime) -> SlotId:
    """Return `<service>@<start>`."""
    return f"{service}@{instant(start)}"


def slot_parts(slot: SlotId) -> tuple[str, datetime]:
    """Return service and start (aware UTC). Raises ValueError for anything but the canonical form."""
    service, at, text = slot.partition("@")
    start = datetime.fromisoformat(text)
    if not at or start.tzinfo is None or slot_id(service, start.astimezone(UTC)) != slot:
        raise ValueError(slot)
    return service, start.astimezone(UTC)


def window(booking: Booking, times: Times, now: datetime) -> Window:
    """Say what ``now`` is to the booking. ``now``: aware UTC, as people's clocks show it."""
    if now < opens(booking, times):
        return Window.EARLY
    return Window.OPEN if now <= booking.start + timedelta(minutes=times.closes_after) else Window.OVER


def opens(booking: Booking, times: Times) -> datetime:
    """Return when check-in opens."""
    return booking.start - timedelta(minutes=times.opens_before)


def missed_at(booking: Booking, times: Times) -> datetime:
    """Return when the seat of a visitor who has not come is free."""
    return booking.start + timedelta(minutes=times.no_show_after)


def require_confirmed(booking: Booking, verb: str) -> None:
    """Raises Refused unless the booking is confirmed; ``verb`` completes "cannot be …"."""
    if booking.state is not BookingState.CONFIRMED:
        raise Refused(f"booking {booking.code} cannot be {verb}: it is {booking.state}", code="booking_state")


def active(bookings: Iterable[Booking], person: str, service: str) -> Booking | None:
    """Return the person's confirmed booking for the service, if there is one."""
    return next((each for each in bookings if each.state is BookingState.CONFIRMED and each.service == service and each.person == person), None)


def earliest(bookings: Iterable[Booking]) -> datetime | None:
    """Return the earliest start of the confirmed ones among them."""
    return min((each.start for each in bookings if each.state is BookingState.CONFIRMED), default=None)


def by_code(bookings: Mapping[BookingId, Booking], code: str) -> Booking | None:
    """Return the booking with this code among those that are not over."""
    return next((each for each in bookings.values() if each.code == code), None)
