"""What a centre's journal says of bookings and slots, taken over: the centre saw it happen, so it counts, whatever this side had in mind.

A wish of this side that the centre had not heard of (a cancellation, a move) gives way to what happened there: check-in beats both, and so does what
the centre's own people did. Its national rights are released by these events alone (`bookings.Held`). Everything runs in `database.of_centre`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edge.sync.reference import bookings, escrow, slots
from edge.sync.reference.books import Booking, Concern, Held, Request
from edge.sync.reference.journal import Stored
from edge.sync.reference.models import Centre, Item

Payload = Mapping[str, Any]


class Refused(Exception):
    """The domain cannot take an event over; ``args[0]`` is the notice. The line stays stored and the stream goes on."""


@dataclass(slots=True)
class Taking:
    """Lines of one centre that are being taken over in one transaction. ``touched``: slots whose counters changed."""

    row: Centre
    now: datetime
    touched: set[str] = field(default_factory=set)

    def change(self, slot: str, *changes: slots.Change, minutes: int = 0) -> None:
        """Change a slot's counters. Raises Refused for what is no slot."""
        try:
            slots.change(self.row.centre, slot, *changes, minutes=minutes)
        except ValueError:
            raise Refused("payload_unreadable") from None
        self.touched.add(slot)

    def concern(self, kind: str, key: str, **detail: Any) -> None:
        """Write down what a person should look at; the same again counts."""
        values = {"detail": json.dumps(detail), "since_ms": slots.ms(self.now)}
        Concern.insert(centre=self.row.centre, kind=kind, key=key, **values).on_conflict(
            conflict_target=[Concern.centre, Concern.kind, Concern.key],
            update={Concern.times: Concern.times + 1, Concern.detail: values["detail"]},
        ).execute()

    def settled(self, kind: str, key: str) -> None:
        """Take a concern back that the centre says is over."""
        Concern.delete().where(Concern.centre == self.row.centre, Concern.kind == kind, Concern.key == key).execute()


def made(taking: Taking, line: Stored, said: Payload) -> None:
    """`booking.made`: an edge sale, a national one known here (``slot``: where the centre first heard of it), or one relearned after a restore."""
    known = _find(taking, said["booking"])
    if known is not None:
        Booking.update(made_event=line.id).where(Booking.centre == known.centre, Booking.booking == known.booking).execute()
        _free(taking, _left_before(known, said["slot"]))
        return
    is_edge = said["right"] == "edge"
    taking.change(said["slot"], _edge_sold(said) if is_edge else escrow.relearn, minutes=said["minutes"])
    service, start_ms = slots.parts(said["slot"])
    booking = Booking(
        centre=taking.row.centre,
        booking=said["booking"],
        code=said["code"],
        service=service,
        slot=said["slot"],
        start_ms=start_ms,
        minutes=said["minutes"],
        person=said["person"],
        lang=said["lang"],
        state="confirmed",
        right="edge" if is_edge else "national",
        right_epoch=said["right_epoch"] if is_edge else None,
        custody="edge" if is_edge else bookings.custody_at_birth(taking.row, start_ms),
        made_event=line.id,
        made_ms=slots.ms(taking.now),
    )
    if not is_edge and start_ms > slots.ms(taking.now):
        bookings.put(taking.row, booking, taking.now)
    _look_for_the_same_person(taking, booking)
    booking.save(force_insert=True)


def cancelled(taking: Taking, line: Stored, said: Payload) -> None:
    """`booking.cancelled`: by the centre, or the centre's word that it knows of a cancellation by this side."""
    booking = _known(taking, said["booking"])
    waiting = bookings.held(booking)
    if booking.state == "cancelled":
        if not waiting and "national" not in (line.actor, said.get("by")):
            raise Refused("already_cancelled")
        _free(taking, waiting)
        return
    _free(taking, waiting)
    _give_back(taking, booking)
    booking.state = "cancelled"
    if bookings.custody_of(taking.row, booking) == "national":
        bookings.put(taking.row, booking, taking.now)
    booking.save()
    _answer(taking, booking, "cancel")


def rescheduled(taking: Taking, _: Stored, said: Payload) -> None:
    """`booking.rescheduled`: by the centre with a right of its own, or its word that it knows of a move by this side."""
    booking = _known(taking, said["booking"])
    if said["right"] == "edge":
        _moved_there(taking, booking, said)
        return
    waiting = bookings.held(booking)
    if said["slot"] == booking.slot and booking.state != "cancelled":
        _free(taking, waiting)
    elif waiting:
        _free(taking, [each for each in waiting if each.slot == said["from"]])
    elif said["from"] == booking.slot and booking.right == "national":  # moved before a restore of this side
        taking.change(said["slot"], escrow.relearn, minutes=said["minutes"])
        _give_back(taking, booking)
        _place(booking, said)
        bookings.put(taking.row, booking, taking.now)
        booking.save()


def checked_in(taking: Taking, _: Stored, said: Payload) -> None:
    """`booking.checked_in` beats a cancellation or a move that the centre had not heard of: the visitor is there, with the first of the places."""
    booking = _known(taking, said["booking"])
    waiting = bookings.held(booking)
    if waiting:
        if booking.state == "confirmed":
            _give_back(taking, booking)
        first, *others = waiting
        _free(taking, others)
        first.delete_instance()
        booking.slot = first.slot
        booking.start_ms = slots.parts(first.slot)[1]
    elif booking.state == "cancelled":
        again = _edge_sold({"right_epoch": booking.right_epoch}) if booking.right == "edge" else escrow.relearn
        taking.change(booking.slot, again)
        taking.concern("checked-in-cancelled", booking.booking, code=booking.code)
    booking.state = "checked-in"
    booking.save()


def no_show(taking: Taking, _: Stored, said: Payload) -> None:
    """`booking.no_show`: the seat is past, nothing is released."""
    booking = _known(taking, said["booking"])
    if booking.state == "confirmed":
        booking.state = "no-show"
        booking.save()


def request_refused(taking: Taking, _: Stored, said: Payload) -> None:
    """`booking.request_refused`: what the centre was asked for did not happen, and why."""
    request = Request.get_or_none(Request.centre == taking.row.centre, Request.request == said["request"])
    if request is not None and request.state == "open":
        bookings.answered(taking.row, request, "refused", taking.now, said["why"])


def granted(taking: Taking, _: Stored, said: Payload) -> None:
    """`slot.granted`: what the centre has applied; after a restore of this side it may be more than is known here."""
    taking.change(said["slot"], lambda slot: escrow.seen(slot, said["epoch"], granted=said["granted"]))


def returned(taking: Taking, _: Stored, said: Payload) -> None:
    """`slot.returned`: the centre gave rights back; it is stored, so they may be sold again."""
    taking.change(said["slot"], lambda slot: escrow.seen(slot, said["epoch"], returned=said["returned"]))


def settled(taking: Taking, _: Stored, said: Payload) -> None:
    """`slot.settled`: the slot is past; the centre's counters must be the ones that are known here."""
    granted(taking, _, said)
    returned(taking, _, said)
    rights = slots.read(slots.ledger(taking.row.centre, said["slot"])).rights[said["epoch"]]
    there = (said["sold"], said["released"], said["granted"] - said["returned"] - said["sold"] + said["released"])
    if there != (rights.sold, rights.released, said["unsold"]):
        taking.concern("unsettled", f"{said['slot']}/{said['epoch']}", slot=said["slot"])


def applied(taking: Taking, _: Stored, said: Payload) -> None:
    """`national.applied`, a word of Kezek Edge: this version of an item is known there, and whether it could be put in force."""
    if said.get("refused"):
        taking.concern("refused", f"{said['kind']} {said['key']}"[:200], why=str(said["refused"])[:200])
    booking = _find(taking, said["key"]) if said["kind"] == "booking" else None
    item = Item.get_or_none(Item.centre == taking.row.centre, Item.kind == "booking", Item.key == said["key"]) if booking is not None else None
    if booking is not None and item is not None and said["version"] >= item.version:
        taking.touched |= bookings.free_all(booking)


def erased(taking: Taking, event: str) -> None:
    """`payload.erased`: what this side knew of the person goes, too."""
    Booking.update(person="").where(Booking.centre == taking.row.centre, Booking.made_event == event).execute()


def _moved_there(taking: Taking, booking: Booking, said: Payload) -> None:
    was_cancelled, waiting = booking.state == "cancelled", bookings.held(booking)
    _free(taking, waiting)
    if not was_cancelled:
        _give_back(taking, booking)
    taking.change(said["slot"], _edge_sold(said), minutes=said["minutes"])
    _place(booking, said)
    booking.right, booking.right_epoch, booking.custody, booking.state = "edge", said["right_epoch"], "edge", "confirmed"
    booking.save()
    _answer(taking, booking, "reschedule")
    if was_cancelled and waiting:  # cancelled here before the centre moved it there: it is still wished
        bookings.ask(taking.row, booking, "cancel", None, taking.now)


def _answer(taking: Taking, booking: Booking, wish: str) -> None:
    mine = (Request.centre == booking.centre, Request.booking == booking.booking, Request.state == "open", Request.wish == wish)
    for request in list(Request.select().where(*mine)):
        if wish == "cancel" or request.slot == booking.slot:
            bookings.answered(taking.row, request, "done", taking.now)


def _free(taking: Taking, waiting: list[Held]) -> None:
    for each in waiting:
        bookings.free(each)
        taking.touched.add(each.slot)


def _left_before(booking: Booking, slot: str) -> list[Held]:
    """Return the rights that the booking left before it had its place in ``slot``: no centre that first heard of it there honours them."""
    waiting = bookings.held(booking)
    places = [each.slot for each in waiting]
    if slot in places:
        return waiting[: places.index(slot)]
    return waiting if slot == booking.slot and booking.state == "confirmed" else []


def _give_back(taking: Taking, booking: Booking) -> None:
    """Release the right that the booking has where it stands, to whose it is."""
    epoch = booking.right_epoch or 0
    taking.change(booking.slot, escrow.release if booking.right == "national" else lambda slot: escrow.edge_released(slot, epoch))


def _place(booking: Booking, said: Payload) -> None:
    booking.slot, booking.start_ms, booking.minutes = said["slot"], slots.parts(said["slot"])[1], said["minutes"]


def _edge_sold(said: Payload) -> Callable[[escrow.Slot], escrow.Slot]:
    epoch = said["right_epoch"]
    if type(epoch) is not int:
        raise Refused("payload_unreadable")
    return lambda slot: escrow.edge_sold(slot, epoch)


def _look_for_the_same_person(taking: Taking, booking: Booking) -> None:
    """One person booked on both sides of a cut link: the earlier one stays, nobody is cancelled, a person decides."""
    if not booking.person or booking.start_ms <= slots.ms(taking.now):
        return
    other = Booking.select().where(
        Booking.centre == booking.centre,
        Booking.service == booking.service,
        Booking.person == booking.person,
        Booking.state == "confirmed",
        Booking.start_ms > slots.ms(taking.now),
    )
    earlier = other.first()
    if earlier is not None:
        taking.concern("person-twice", booking.booking, code=booking.code, other=earlier.code)


def _find(taking: Taking, booking: str) -> Booking | None:
    found: Booking | None = Booking.get_or_none(Booking.centre == taking.row.centre, Booking.booking == booking)
    return found


def _known(taking: Taking, booking: str) -> Booking:
    found = _find(taking, booking)
    if found is None:
        raise Refused("booking_unknown")
    return found
