"""Taking an item of the national feed: what becomes a fact of its own, what is only seen, and what is not put in force.

Nothing here refuses an item: whatever came is journalled in its version, so that the feed goes on. Who wins where is `research/sync.md` C4 and C5:
the side that has custody changes a booking, a check-in beats a cancellation, and rights are spent and returned by their holder alone.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from edge.errors import EdgeError, Refused
from edge.queueing import commands as c
from edge.queueing import escrow, slots
from edge.queueing import events as e
from edge.queueing.appointments import seat
from edge.queueing.booked import day_end
from edge.queueing.booking import Booking, BookingState, Owner
from edge.queueing.chain import instant
from edge.queueing.hall import Hall
from edge.queueing.national import Grant, NationalBooking, NationalMember, Recall, Request, item_id, says_of
from edge.queueing.opening import policy_problems
from edge.queueing.policy import with_national
from edge.queueing.registry import Member
from edge.queueing.staffing import set_member
from edge.queueing.turn import Outcome, Result, Turn

NATIONAL = "national"
PUT, DELETE = "put", "delete"
CHECKED_IN, NO_RIGHT, UNKNOWN = "checked_in", "no_right", "unknown"  # why a request is refused; words of the contract


def take(turn: Turn, item: c.TakeItem) -> Outcome:
    """Carry out what an item says, as far as it may be."""
    if item.op != PUT:
        _deleted(turn, item)
        return Outcome(Result.OK)
    try:
        says = says_of(item.kind, item.payload)
    except ValueError as error:
        _seen(turn, item, refused=str(error))
        return Outcome(Result.OK)
    match says:
        case NationalBooking():
            _booking(turn, item, says)
        case Request():
            _request(turn, item, says)
        case Grant():
            _grant(turn, item, says)
        case Recall():
            _recall(turn, item, says)
        case NationalMember():
            _member(turn, item, says)
        case None:
            _seen(turn, item)
        case _:
            _setting(turn, item)
    return Outcome(Result.OK)


def return_rights(turn: Turn, command: c.ReturnRights) -> Outcome:
    """Give back unsold rights of the present epoch. Nothing of a box that may not spend them either."""
    for slot in command.slots:
        ledger = turn.hall.slots.get(slot)
        if ledger is not None and turn.hall.sells:
            left = escrow.own_left(slots.rights_of(ledger, turn.hall.epoch))
            _return(turn, slot, left - command.keep)
    return Outcome(Result.OK)


def _booking(turn: Turn, item: c.TakeItem, says: NationalBooking) -> None:
    known = turn.hall.bookings.get(says.booking)
    if known is not None:
        _changed(turn, item, says, known)
    elif item.past is not None or not says.confirmed or _is_past(turn.hall, says.start):
        _seen(turn, item)
    elif says.service not in turn.hall.leaves():
        _seen(turn, item, refused=f"service {says.service!r} gives no tickets here")
    else:
        made = e.BookingMade(
            booking=says.booking,
            code=says.code,
            slot=says.slot,
            service=says.service,
            start=instant(says.start),
            minutes=says.minutes,
            person=says.person,
            lang=says.lang,
            right=Owner.NATIONAL,
            right_epoch=None,
            version=item.version,
            custody=_custody(item, Owner.NATIONAL),
            tick=turn.tick,
        )
        turn.emit(made, actor=NATIONAL)
        _seen_as(turn, item, says.booking)


def _changed(turn: Turn, item: c.TakeItem, says: NationalBooking, known: Booking) -> None:
    """A booking that is known: what the national side did with it before it gave custody away, and who has custody now.

    That counts right after custody came here, too: until it has the receipt it may still change the booking. What this centre moved has a right of
    the centre's own, and no word of the national side's touches it.
    """
    told = known.right is Owner.NATIONAL and known.state is BookingState.CONFIRMED
    if told and not says.confirmed:
        turn.emit(e.BookingCancelled(booking=known.id, by=NATIONAL, version=item.version, tick=turn.tick), actor=NATIONAL)
        _seen_as(turn, item, known.id)
        return
    if told and says.slot != known.slot:
        moved = e.BookingRescheduled(
            booking=known.id,
            from_=known.slot,
            slot=says.slot,
            start=instant(says.start),
            minutes=says.minutes,
            right=Owner.NATIONAL,
            right_epoch=None,
            version=item.version,
            tick=turn.tick,
        )
        turn.emit(moved, actor=NATIONAL)
        if _custody(item, known.custody) == known.custody:
            _seen_as(turn, item, known.id)
            return
    custody = _custody(item, known.custody) if known.right is Owner.NATIONAL else None
    event = e.NationalApplied(
        kind=item.kind, key=item.key, version=item.version, op=item.op, payload={"booking": known.id}, custody=custody, tick=turn.tick
    )
    turn.emit(event, actor=NATIONAL)


def _request(turn: Turn, item: c.TakeItem, says: Request) -> None:
    """What the national side asks for is done if it can be; its answer is an event either way, and the item only notes that it was seen."""
    known = turn.hall.bookings.get(says.booking)
    if known is None or known.state is not BookingState.CONFIRMED:
        done = says.slot is None and item.past is not None and item.past.state is BookingState.CANCELLED
        if not done:
            why = CHECKED_IN if known is not None and known.state is BookingState.CHECKED_IN else UNKNOWN
            _refuse(turn, item, says, why)
    elif says.slot is None:
        turn.emit(e.BookingCancelled(booking=known.id, by=NATIONAL, tick=turn.tick), actor=NATIONAL)
    elif says.slot != known.slot:
        _move(turn, item, says, known)
    _seen(turn, item)


def _move(turn: Turn, item: c.TakeItem, says: Request, known: Booking) -> None:
    hall = turn.hall
    try:
        slot = seat(hall, known.service, says.slot or "", item.utc_offset, turn.tick, dated=item.dated)
    except (EdgeError, OverflowError):  # whatever is in the way, the national side has one word for it
        _refuse(turn, item, says, NO_RIGHT)
        return
    moved = e.BookingRescheduled(
        booking=known.id,
        from_=known.slot,
        slot=slot.slot,
        start=instant(slot.start),
        minutes=slot.minutes,
        right=Owner.EDGE,
        right_epoch=hall.epoch,
        capacity=slot.capacity,
        tick=turn.tick,
    )
    turn.emit(moved, actor=NATIONAL)


def _refuse(turn: Turn, item: c.TakeItem, says: Request, why: str) -> None:
    turn.emit(e.BookingRequestRefused(booking=says.booking, request=item.key, why=why, tick=turn.tick), actor=NATIONAL)


def _grant(turn: Turn, item: c.TakeItem, says: Grant) -> None:
    """Rights of another epoch are ignored; an item of one that is still to begin is kept, to be taken again when it has begun."""
    if says.epoch != turn.hall.epoch or _is_past(turn.hall, says.start):
        _seen(turn, item, keep=says.epoch > turn.hall.epoch)
        return
    granted = e.SlotGranted(
        slot=says.slot,
        epoch=says.epoch,
        granted=says.granted,
        capacity=says.capacity,
        service=says.service,
        start=instant(says.start),
        minutes=says.minutes,
        version=item.version,
        tick=turn.tick,
    )
    turn.emit(granted, actor=NATIONAL)
    _seen_as(turn, item, says.slot)


def _recall(turn: Turn, item: c.TakeItem, says: Recall) -> None:
    if turn.hall.sells:
        _return(turn, says.slot, says.wanted)
    _seen(turn, item)


def _return(turn: Turn, slot: str, wanted: int) -> None:
    """Return up to ``wanted`` rights of a slot that are not spent."""
    ledger, epoch = turn.hall.slots.get(slot), turn.hall.epoch
    if ledger is None:
        return
    rights = slots.rights_of(ledger, epoch)
    total = escrow.returnable(rights, wanted)
    if total > rights.returned:
        turn.emit(e.SlotReturned(slot=slot, epoch=epoch, returned=total, tick=turn.tick))


def _setting(turn: Turn, item: c.TakeItem) -> None:
    """Lay it over the centre's own settings unless they would then contradict each other."""
    hall, national = turn.hall, turn.hall.policy.national
    policy = with_national(hall.policy, replace(national, said={**national.said, item_id(item.kind, item.key): item.payload}))
    already = set(policy_problems(hall, hall.policy))
    faults = [fault for fault in policy_problems(hall, policy) if fault not in already]
    _seen(turn, item, refused=faults[0] if faults else None)


def _member(turn: Turn, item: c.TakeItem, says: NationalMember) -> None:
    """Who belongs to the centre; how they prove it is set here. ``name`` is not kept."""
    before = next((member for member in turn.hall.members.values() if member.login == says.login), None)
    member = Member(before.pseudonym if before else item.pseudonym, says.login, says.role, says.active)
    _seen(turn, item, refused=_set(turn, member) if before or says.active else None)


def _deleted(turn: Turn, item: c.TakeItem) -> None:
    """What the national side takes back. A booking that it no longer lists stays as it is, and so do rights that it granted."""
    refused = None
    if item.kind == "staff":
        before = next((member for member in turn.hall.members.values() if member.login == item.key), None)
        refused = _set(turn, replace(before, active=False)) if before else None
    _seen(turn, item, refused=refused)


def _set(turn: Turn, member: Member) -> str | None:
    try:
        set_member(turn, member, actor=NATIONAL)
    except Refused as error:
        return str(error)
    return None


def _seen(turn: Turn, item: c.TakeItem, *, refused: str | None = None, keep: bool = False) -> None:
    """Note that this version was seen. The payload goes along where nothing else keeps it, or it is still to be taken (``keep``)."""
    is_told = item.kind in ("booking", "booking_request", "slot_grant") and refused is None and not keep
    kept: Any = None if is_told else item.payload
    applied = e.NationalApplied(kind=item.kind, key=item.key, version=item.version, op=item.op, payload=kept, refused=refused, tick=turn.tick)
    turn.emit(applied, actor=NATIONAL)


def _seen_as(turn: Turn, item: c.TakeItem, key: str) -> None:
    """The event just emitted notes the version under ``key``; an item that is called otherwise needs a note of its own."""
    if item.key != key:
        _seen(turn, item)


def _custody(item: c.TakeItem, otherwise: Owner) -> Owner:
    return Owner(item.custody) if item.custody in tuple(Owner) else otherwise


def _is_past(hall: Hall, start: datetime) -> bool:
    """Tell whether an appointment was on a day before the open one: its ledger is closed."""
    return hall.day is not None and start < day_end(hall.day) - timedelta(days=1)
