"""The national side's bookings: made, moved and cancelled by the portal while they are in national custody, asked for afterwards.

A national right that a booking leaves is not sold again before the centre's journal shows that the centre knows (`Held`): a box whose link is cut may
still check the visitor in. Only what the feed has never handed out is free at once. Everything here runs in `database.of_centre`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import uuid_utils

from edge.sync.reference import escrow, feed, grants, slots, standing
from edge.sync.reference.books import Booking, Held, Ledger, Request
from edge.sync.reference.models import Centre
from edge.sync.reference.refusals import Refusal

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
FIRST = "NPQRSTUVWXYZ"  # of a national code; a centre's own begin with A to M
CODE_LENGTH = 6
AWAY_MS = 2 * 3_600_000  # a centre that was silent for so long
NEAR_MS = 24 * 3_600_000  # is sold no slots that begin so soon: it might not hear of the booking


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for. ``person``: the keyed hash."""

    service: str
    slot: str
    person: str
    lang: str


def make(row: Centre, wanted: Wanted, now: datetime) -> Booking:
    """Sell one national right and put the booking into the feed. Raises Refusal."""
    ledger = sellable(row, wanted.service, wanted.slot, now)
    other = Booking.select().where(
        Booking.centre == row.centre,
        Booking.service == wanted.service,
        Booking.person == wanted.person,
        Booking.state == "confirmed",
        Booking.start_ms > slots.ms(now),
    )
    if other.exists():
        raise Refusal(409, "already_booked", f"service {wanted.service} cannot be booked: this person has a booking for it already")
    _sell(row, wanted.slot)
    booking = Booking(
        centre=row.centre,
        booking=str(uuid_utils.uuid7()),
        code=_new_code(row.centre),
        service=wanted.service,
        slot=wanted.slot,
        start_ms=ledger.start_ms,
        minutes=ledger.minutes,
        person=wanted.person,
        lang=wanted.lang,
        state="confirmed",
        right="national",
        custody=custody_at_birth(row, ledger.start_ms),
        made_ms=slots.ms(now),
    )
    put(row, booking, now)
    booking.save(force_insert=True)
    return booking


def cancel(row: Centre, booking: Booking, now: datetime) -> Request | None:
    """Cancel, or ask the centre to (the request comes back). Cancelling twice is one. Raises Refusal."""
    if booking.state == "cancelled":
        return None
    _require_confirmed(booking, "cancelled")
    if custody_of(row, booking) == "edge":
        return ask(row, booking, "cancel", None, now)
    booking.state = "cancelled"
    leave(row, booking)
    put(row, booking, now)
    booking.save()
    return None


def move(row: Centre, booking: Booking, slot: str, now: datetime) -> Request | None:
    """Move to another slot of the same service, or ask the centre to (the request comes back). The new right is taken first. Raises Refusal."""
    _require_confirmed(booking, "moved")
    if slot == booking.slot:
        return None
    if custody_of(row, booking) == "edge":
        return _ask_to_move(row, booking, slot, now)
    ledger = sellable(row, booking.service, slot, now)
    _sell(row, slot)
    leave(row, booking)
    booking.slot, booking.start_ms, booking.minutes = slot, ledger.start_ms, ledger.minutes
    booking.custody = custody_at_birth(row, ledger.start_ms)
    put(row, booking, now)
    booking.save()
    return None


def ask(row: Centre, booking: Booking, wish: str, slot: str | None, now: datetime) -> Request:
    """Put a wish into the feed; the same one while it is open is one. Raises Refusal while another is open."""
    mine = (Request.centre == row.centre, Request.booking == booking.booking)
    before: Request | None = Request.select().where(*mine, Request.state == "open").first()
    if before is not None:
        if (before.wish, before.slot) == (wish, slot):
            return before
        raise Refusal(409, "request_open", f"booking {booking.code} cannot be changed now: the centre has not answered the last wish yet")
    request: Request = Request.create(
        centre=row.centre, request=str(uuid_utils.uuid7()), booking=booking.booking, wish=wish, slot=slot, asked_ms=slots.ms(now)
    )
    feed.put(row, "booking_request", request.request, {"booking": booking.booking, "wish": wish, "slot": slot}, now, custody="edge")
    return request


def answered(row: Centre, request: Request, state: str, now: datetime, why: str | None = None) -> None:
    """Keep the centre's answer; the wish leaves the feed."""
    request.state, request.why = state, why
    request.save()
    feed.delete(row, "booking_request", request.request, now)


def custody_of(row: Centre, booking: Booking) -> str:
    """Return who may change the booking: the centre for what is its own, and for what it was handed once its cursor covers the item."""
    if booking.right == "edge":
        return "edge"
    return "edge" if booking.custody == "edge" and row.receipt_pos >= booking.item_pos else "national"


def custody_at_birth(row: Centre, start_ms: int) -> str:
    """Return whose a booking is from the start: the centre's, when the day of its slot was handed over already."""
    handed = standing.of(row.centre).handed_day
    return "edge" if handed and standing.day_of(row.centre, start_ms) <= date.fromisoformat(handed) else "national"


def put(row: Centre, booking: Booking, now: datetime) -> None:
    """Put the booking as it is into the feed; the caller saves the row. A cancelled one that nobody was told of leaves it."""
    if booking.state == "cancelled" and not _was_served(row, booking):
        feed.delete(row, "booking", booking.booking, now)
        return
    feed.put(row, "booking", booking.booking, payload(booking), now, custody=booking.custody)
    booking.item_pos = feed.position(row.centre, "booking", booking.booking)
    if booking.state == "confirmed" and not _was_served(row, booking):
        booking.known_pos = booking.item_pos


def payload(booking: Booking) -> Mapping[str, Any]:
    """Return the `booking` of the feed."""
    return {
        "booking": booking.booking,
        "code": booking.code,
        "service": booking.service,
        "slot": booking.slot,
        "start": slots.text(booking.start_ms),
        "minutes": booking.minutes,
        "person": booking.person,
        "lang": booking.lang,
        "state": "cancelled" if booking.state == "cancelled" else "confirmed",
    }


def leave(row: Centre, booking: Booking) -> None:
    """Give the booking's national right back: at once when the centre cannot know of it, else when its journal says so."""
    if not _was_served(row, booking):
        release(row.centre, booking.slot)
        return
    Held.create(centre=row.centre, booking=booking.booking, turn=len(held(booking)), slot=booking.slot)


def held(booking: Booking) -> list[Held]:
    """Return the rights that wait for the centre's word, the one left first in front."""
    return list(Held.select().where(Held.centre == booking.centre, Held.booking == booking.booking).order_by(Held.turn))


def free(held_: Held) -> None:
    """Release a right that waited."""
    held_.delete_instance()
    release(held_.centre, held_.slot)


def free_all(booking: Booking) -> set[str]:
    """Release every right of the booking that waits, and return the slots: the centre is known to know."""
    waiting = held(booking)
    for each in waiting:
        free(each)
    return {each.slot for each in waiting}


def free_what_is_known(row: Centre) -> set[str]:
    """Release what waits for a word that will not come: the centre's cursor covers the item, and its journal is here from after that.

    So it is when a page of the feed was handed out and lost, and the booking changed meanwhile: the centre never had the booking as it was.
    """
    kept = standing.of(row.centre)
    if not kept.told_pos or row.applied_epoch != kept.told_epoch or row.applied_seq < kept.told_seq:
        return set()
    known = Booking.select().join(Held, on=(Held.centre == Booking.centre) & (Held.booking == Booking.booking))
    found = list(known.where(Booking.centre == row.centre, Booking.item_pos <= kept.told_pos).distinct())
    kept.told_pos = 0
    kept.save()
    return {slot for booking in found for slot in free_all(booking)}


def release(centre: str, slot: str) -> None:
    """Release one national right of a slot."""
    slots.change(centre, slot, escrow.release)


def sellable(row: Centre, service: str, slot: str, now: datetime) -> Ledger:
    """Return the slot if the national side may sell it now, whether or not a right is left. Raises Refusal."""
    ledger: Ledger | None = Ledger.get_or_none(centre=row.centre, slot=slot)
    if ledger is None or not ledger.is_offered or ledger.service != service:
        raise Refusal(422, "slot_unknown", f"slot {slot[:80]!r} of service {service[:40]!r} does not exist; GET slots lists those that do")
    if ledger.start_ms <= slots.ms(now):
        raise Refusal(409, "slot_past", f"slot {slot} cannot be booked: it has begun")
    if not standing.may_sell(row):
        raise Refusal(409, "centre_unknown_yet", f"nothing can be booked: the journal of {row.centre} is not all here yet")
    if ledger.is_cut:
        raise Refusal(409, "slot_full", f"slot {slot} cannot be booked here any more: it begins soon, and the centre has its seats")
    if is_away(row, now) and ledger.start_ms - slots.ms(now) < NEAR_MS:
        raise Refusal(409, "centre_away", f"slot {slot} cannot be booked here now: {row.centre} has no link and might not hear of it")
    return ledger


def is_away(row: Centre, now: datetime) -> bool:
    """Tell whether the centre was silent for too long to be sold what begins soon."""
    return row.seen_ms is None or slots.ms(now) - row.seen_ms > AWAY_MS


def _ask_to_move(row: Centre, booking: Booking, slot: str, now: datetime) -> Request:
    ledger: Ledger | None = Ledger.get_or_none(centre=row.centre, slot=slot)
    if ledger is None or not ledger.is_offered or ledger.service != booking.service or ledger.start_ms <= slots.ms(now):
        raise Refusal(422, "slot_unknown", f"slot {slot[:80]!r} of service {booking.service} does not exist; GET slots lists those that do")
    request = ask(row, booking, "reschedule", slot, now)
    grants.spare_one(row, ledger, now)
    return request


def _sell(row: Centre, slot: str) -> None:
    try:
        slots.change(row.centre, slot, escrow.sell)
    except escrow.Spent:
        raise Refusal(409, "slot_full", f"slot {slot} cannot be booked: no national seat is left") from None


def _was_served(row: Centre, booking: Booking) -> bool:
    return bool(booking.made_event) or 0 < booking.known_pos <= standing.of(row.centre).served_pos


def _require_confirmed(booking: Booking, verb: str) -> None:
    if booking.state != "confirmed":
        raise Refusal(409, "booking_state", f"booking {booking.code} cannot be {verb}: it is {booking.state}")


def _new_code(centre: str) -> str:
    while True:
        code = secrets.choice(FIRST) + "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH - 1))
        if not Booking.select().where(Booking.centre == centre, Booking.code == code).exists():
            return code
