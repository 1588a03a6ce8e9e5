"""The only fold: state and fact in, next state and what changed out.

Live decisions, replay, `edge verify` and rebuild all come through `evolve`; it refuses nothing, and raises on nothing that one box decided.
Long because the effect of every event stands here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from edge.queueing import booked, escrow, lessons, slots
from edge.queueing import events as e
from edge.queueing.alerts import Alert
from edge.queueing.booking import Booking, Owner, slot_parts
from edge.queueing.day import Day
from edge.queueing.desk import Desk, DeskState, LastMove, Step
from edge.queueing.fitting import fits
from edge.queueing.hall import Hall, first_hold_end
from edge.queueing.learned import Lesson
from edge.queueing.national import OVERLAID, NationalItem, item_id
from edge.queueing.numbering import Block
from edge.queueing.ordering import placed
from edge.queueing.policy import with_national, with_setting
from edge.queueing.registry import Device, Family, Kind, Member, Role
from edge.queueing.slots import Ledger
from edge.queueing.ticket import AT_DESK, OPEN_STATES, Booked, Ticket, TicketState

Changed = Ticket | Desk | Device | Alert | Member | Booking | Ledger | Lesson | Block | NationalItem | e.SettingChanged | e.DayConfirmed
Evolved = tuple[Hall, tuple[Changed, ...]]


def evolve(hall: Hall, fact: e.Fact) -> Evolved:
    """Apply one fact. Returns the next hall and every value in it that is new, for the tables.

    The first epoch is of one box and its facts are trusted; in a later one, what does not fit the hall changes nothing.
    """
    after, changed = _apply(hall, fact) if hall.epoch == 1 or fits(hall, fact.event) else (hall, ())
    if isinstance(fact.event, e.EpochStarted):  # no deed of the hall: what follows it was done before
        return after, changed
    return replace(after, applied=hall.applied + 1, tick=max(after.tick, getattr(fact.event, "tick", 0))), changed


def _apply(hall: Hall, fact: e.Fact) -> Evolved:  # noqa: PLR0911, PLR0912 -- one line an event: a table, read top to bottom
    match fact.event:
        case e.TicketIssued() as event:
            return _issued(hall, fact, event)
        case e.TicketPromiseRaised() as event:
            ticket = replace(hall.tickets[event.ticket], promise_to=event.to, raised=True)
            return replace(hall, tickets={**hall.tickets, ticket.id: ticket}), (ticket,)
        case e.TicketCalled() as event:
            return _called(hall, fact, event)
        case e.TicketRecalled() as event:
            return _recalled(hall, fact, event)
        case e.TicketStarted() as event:
            return _move(hall, fact, event, {"state": TicketState.SERVING})
        case e.TicketFinished() as event:
            return _move(hall, fact, event, {"state": TicketState.FINISHED, "outcome": event.outcome}, frees=True)
        case e.TicketNoShow() as event:
            return _move(hall, fact, event, {"state": TicketState.MISSED, "held_until": event.until}, frees=True)
        case e.TicketHeld() as event:
            held = {"state": TicketState.HELD, "held_tick": event.tick, "held_until": event.until}
            return _move(hall, fact, event, held, frees=True)
        case e.TicketResumed() as event:
            return _move(hall, fact, event, _resumed(hall.tickets[event.ticket], event, hall.policy.ordering.returned_after))
        case e.TicketTransferred() as event:
            return _move(hall, fact, event, _transferred(hall.tickets[event.ticket], event), frees=True)
        case e.TicketStepAdded() as event:
            ticket = hall.tickets[event.ticket]
            return _move(hall, fact, event, {"steps": (*(ticket.steps or (ticket.service,)), event.service)})
        case e.TicketCancelled() as event:
            return _move(hall, fact, event, {"state": TicketState.CANCELLED}, frees=True)
        case e.TicketCategory(confirmed=True) as event:
            return _move(hall, fact, event, {"confirmed": True})
        case e.TicketCategory() as event:
            return _move(hall, fact, event, {"confirmed": False, "state": TicketState.WAITING, "desk": None}, frees=True)
        case e.TicketUndone() as event:
            return _undone(hall, event)
        case e.BookingMade() | e.BookingCancelled() | e.BookingRescheduled() | e.BookingCheckedIn() | e.BookingNoShow():
            return _told(booked.apply(hall, fact.event), fact.event)
        case e.SlotGranted() as event:
            return _granted(hall, event)
        case e.SlotReturned() as event:
            ledger = hall.slots[event.slot]
            rights = escrow.returned(slots.rights_of(ledger, event.epoch), event.returned)
            return _with_ledger(hall, slots.with_rights(ledger, event.epoch, rights))
        case e.NationalApplied() as event:
            return _national(hall, event)
        case e.EpochStarted() as event:
            return replace(hall, epoch=event.epoch), ()
        case e.BlockPrinted() as event:
            return replace(hall, blocks={**hall.blocks, event.letter: event.last}), (Block(event.letter, event.last),)
        case e.CohortAdmitted() as event:
            return replace(hall, day=replace(hall.day, admitted=event.upto) if hall.day else None), ()
        case e.DeskOpened() as event:
            return _desk_opened(hall, event)
        case e.DeskPaused() as event:
            return _with_desk(hall, replace(hall.desks[event.desk], state=DeskState.PAUSED, reason=event.reason))
        case e.DeskClosed() as event:
            return _desk_closed(hall, fact, event)
        case e.DayOpened() as event:
            return _day_opened(hall, fact, event)
        case e.DayClosed() as event:
            return _day_closed(hall, fact, event)
        case e.DayConfirmed() as event:
            return _day_confirmed(hall, event)
        case e.ClockStepped() as event:
            return _clock_stepped(hall, event)
        case e.SettingChanged() as event:
            return _set(hall, event)
        case e.DeviceRegistered() as event:
            device = Device(event.device, Kind(event.kind), event.desk, event.zone, event.services, event.generation, event.active)
            device = replace(device, family=Family(event.family) if event.family else None, address=event.address)
            return replace(hall, devices={**hall.devices, device.device: device}), (device,)
        case e.AlertRaised() as event:
            alert = Alert(event.alert, event.what, event.about, event.detail, fact.at)
            return replace(hall, alerts={**hall.alerts, alert.alert: alert}), (alert,)
        case e.AlertCleared() as event:
            return _cleared(hall, event)
        case e.StaffAdded() as event:
            member = Member(event.staff, event.login, Role(event.role), event.active)
            return replace(hall, members={**hall.members, member.pseudonym: member}), (member,)
        case e.StaffLoggedIn() | e.StaffLoggedOut() | e.StaffCredentialChanged() | e.Unrecognised():
            return hall, ()
        case e.DeviceTold():  # an order is carried out or not, and nothing of it is kept
            return hall, ()
        case e.TicketPrintFailed() | e.TicketReprinted():  # paper moves no ticket
            return hall, ()
        case e.BookingRequestRefused() | e.SlotSettled() | e.PayloadErased():
            return hall, ()
        case never:
            assert_never(never)


def _issued(hall: Hall, fact: e.Fact, event: e.TicketIssued) -> Evolved:
    arrival = event.tick if event.arrived is None else event.arrived
    base, booked, ready_at = placed(arrival, event.opens, event.appointment, hall.policy)
    ticket = Ticket(
        id=event.ticket,
        number=event.number,
        day=event.day,
        order=hall.issued + 1,
        service=event.steps[0] if event.steps else event.service,
        category=event.category,
        lang=event.lang,
        via=event.via,
        state=TicketState.WAITING,
        arrival=arrival,
        base=base,
        issued_at=fact.at,
        state_at=fact.at,
        last_event=fact.id,
        booking=event.booking,
        booked=Booked(booked) if booked else None,
        ready_at=ready_at,
        promise=event.promise,
        promise_from=event.from_,
        promise_to=event.to,
        visit=event.service if event.steps else None,
        steps=event.steps,
        cell=event.cell,
        expected=event.expected,
        earliest=event.earliest,
        latest=event.latest,
        inaccurate=event.arrived is not None,
    )
    hall, taught = lessons.of_arrival(hall, ticket)
    letter = event.number.rstrip("0123456789")
    counters = {**hall.counters, letter: max(int(event.number[len(letter) :]), hall.counters.get(letter, 0))}
    return replace(hall, issued=ticket.order, counters=counters, tickets={**hall.tickets, ticket.id: ticket}), (ticket, *taught)


def _called(hall: Hall, fact: e.Fact, event: e.TicketCalled) -> Evolved:
    hall, left = _left(hall, fact, hall.desks[event.desk])
    values = {
        "state": TicketState.CALLED,
        "desk": event.desk,
        "why": event.why,
        "called_at": fact.at,
        "shown": hall.applied + 1,
        "recalls": 0,
        "to_desk": None,
        "absent_until": event.absent_until,
        "called_tick": event.tick if hall.tickets[event.ticket].expected is not None else None,
    }
    if event.first:
        values["first_call"] = event.tick
    after, changed = _move(hall, fact, event, values, takes=event.ticket, run=event.run_after)
    return after, (*left, *changed)


def _left(hall: Hall, fact: e.Fact, desk: Desk) -> Evolved:
    """Who is still at a desk that calls another one has gone; so it stands only behind lines of another box, which had called them there."""
    if desk.ticket is None:
        return hall, ()
    gone = _ended(hall.tickets[desk.ticket], fact)
    tickets = {name: ticket for name, ticket in hall.tickets.items() if name != gone.id}
    return replace(hall, tickets=tickets, desks={**hall.desks, desk.desk: replace(desk, ticket=None)}), (gone,)


def _recalled(hall: Hall, fact: e.Fact, event: e.TicketRecalled) -> Evolved:
    recalls = hall.tickets[event.ticket].recalls + 1
    return _move(hall, fact, event, {"called_at": fact.at, "shown": hall.applied + 1, "recalls": recalls})


def _resumed(ticket: Ticket, event: e.TicketResumed, returned_after: int) -> dict[str, Any]:
    """A held ticket's base moves by the time on hold; a missed one keeps its base and may be called a little later, or begins anew."""
    tick = event.tick
    waiting = {"state": TicketState.WAITING, "desk": None, "held_tick": None, "held_until": None}
    if event.anew:
        return {**waiting, "base": tick, "ready_at": 0, "returned": False, "transferred": False, "booked": None}
    held = tick - ticket.held_tick if ticket.state is TicketState.HELD and ticket.held_tick is not None else 0
    ready_at = tick + returned_after if ticket.state is TicketState.MISSED else 0
    return {**waiting, "returned": True, "base": ticket.base + held, "ready_at": ready_at}


def _transferred(ticket: Ticket, event: e.TicketTransferred) -> dict[str, Any]:
    return {
        "state": TicketState.WAITING,
        "desk": None,
        "service": event.service or ticket.service,
        "to_desk": event.to_desk,
        "transferred": True,
        "ready_at": 0,
        "steps": ticket.steps if event.steps is None else event.steps,
        "step": ticket.step if event.step is None else event.step,
        **_returns(event),
    }


def _returns(event: e.TicketTransferred) -> dict[str, Any]:
    if event.returns is None:
        return {"return_to": event.desk if event.return_ else None, "returns": ()}
    returns = tuple((each["desk"], each["service"]) for each in event.returns)
    return {"return_to": returns[-1][0] if returns else None, "returns": returns}


def _desk_closed(hall: Hall, fact: e.Fact, event: e.DeskClosed) -> Evolved:
    """Who waited for this desk alone is let go, so that nobody waits for a clerk who went home."""
    hall, taught = lessons.of_move(hall, hall.desks[event.desk].last_move)
    closed = replace(hall.desks[event.desk], state=DeskState.CLOSED, reason=event.reason, last_move=None)
    released = {each: replace(hall.tickets[each], to_desk=None, last_event=fact.id) for each in event.releases if each in hall.tickets}
    after = replace(hall, tickets={**hall.tickets, **released}) if released else hall
    return replace(after, desks={**hall.desks, closed.desk: closed}), (*released.values(), closed, *taught)


DeskMove = (
    e.TicketCalled
    | e.TicketRecalled
    | e.TicketStarted
    | e.TicketFinished
    | e.TicketNoShow
    | e.TicketHeld
    | e.TicketResumed
    | e.TicketTransferred
    | e.TicketStepAdded
    | e.TicketCancelled
    | e.TicketCategory
)


def _move(
    hall: Hall,
    fact: e.Fact,
    event: DeskMove,
    values: Mapping[str, Any],
    *,
    takes: str | None = None,
    frees: bool = False,
    run: int | None = None,
) -> Evolved:
    """Change one ticket, and the desk that moved it if there is one; remember both as they were, for undo."""
    before = hall.tickets[event.ticket]
    state_at = fact.at if values.get("state", before.state) is not before.state else before.state_at
    ticket = replace(before, **{"state_at": state_at, "last_event": fact.id, **values})
    tickets = dict(hall.tickets)
    if ticket.state in OPEN_STATES:
        tickets[ticket.id] = ticket
    else:
        del tickets[ticket.id]
    hall = replace(hall, tickets=tickets, hold_ends=_hold_ends(hall, before, ticket, tickets))
    if event.desk is None:
        return hall, (ticket,)
    desk = hall.desks[event.desk]
    step = Step(fact.id, before, ticket.state, desk.ticket, desk.run, desk.free_since)
    last_move = _extended(desk.last_move, step, event.tick, getattr(event, "move", None))
    hall, taught = lessons.of_move(hall, desk.last_move if len(last_move.steps) == 1 else None)
    frees = frees and desk.ticket == ticket.id
    after = replace(
        desk,
        ticket=takes or (None if frees else desk.ticket),
        run=desk.run if run is None else run,
        free_since=event.tick if frees else desk.free_since,
        last_move=last_move,
    )
    return replace(hall, desks={**hall.desks, after.desk: after}), (ticket, after, *taught)


def _hold_ends(hall: Hall, before: Ticket | None, after: Ticket, tickets: Mapping[str, Ticket]) -> int | None:
    """Look at all tickets only when one is put on hold or taken off it: this is asked at every move."""
    held = TicketState.HELD
    return first_hold_end(tickets.values()) if after.state is held or (before and before.state is held) else hall.hold_ends


def _extended(last: LastMove | None, step: Step, tick: int, first: str | None) -> LastMove:
    if last and first and last.steps[0].event == first:
        return LastMove(tick, (*last.steps, step))
    return LastMove(tick, (step,))


def _undone(hall: Hall, event: e.TicketUndone) -> Evolved:
    desk = hall.desks[event.desk]
    if desk.last_move is None or desk.last_move.steps[-1].event != event.event:
        return hall, ()
    *rest, step = desk.last_move.steps
    last_move = LastMove(desk.last_move.tick, tuple(rest)) if rest else None
    restored = replace(desk, ticket=step.desk_ticket, run=step.run, free_since=step.free_since, last_move=last_move)
    tickets = {**hall.tickets, step.ticket.id: step.ticket}
    hold_ends = _hold_ends(hall, hall.tickets.get(step.ticket.id), step.ticket, tickets)
    return replace(hall, tickets=tickets, hold_ends=hold_ends, desks={**hall.desks, restored.desk: restored}), (step.ticket, restored)


def _with_desk(hall: Hall, desk: Desk) -> Evolved:
    return replace(hall, desks={**hall.desks, desk.desk: desk}), (desk,)


def _desk_opened(hall: Hall, event: e.DeskOpened) -> Evolved:
    if event.by_hours and hall.day:
        hall = replace(hall, day=replace(hall.day, by_hours=(*hall.day.by_hours, event.desk)))
    return _with_desk(hall, replace(hall.desks[event.desk], state=DeskState.OPEN, reason=None, free_since=event.tick))


def _clock_stepped(hall: Hall, event: e.ClockStepped) -> Evolved:
    if hall.day is None:
        return hall, ()
    ends = hall.day.ends if event.ends is None else event.ends
    day = replace(hall.day, stepped=hall.day.stepped + event.by, timed=True, open_until=event.open_until, ends=ends)
    return replace(hall, day=day), ()


def _set(hall: Hall, event: e.SettingChanged) -> Evolved:
    """A desk that is new, or back again, begins closed and without a past, also in the tables."""
    policy = with_setting(hall.policy, event.key, event.value)
    added = tuple(Desk(name) for name in policy.desks if name not in hall.desks)
    known = {**hall.desks, **{desk.desk: desk for desk in added}}
    day = replace(hall.day, open_until=0) if hall.day and event.key == "calendar" else hall.day
    return replace(hall, policy=policy, day=day, desks={name: known[name] for name in policy.desks}), (event, *added)


def _cleared(hall: Hall, event: e.AlertCleared) -> Evolved:
    """Behind lines of another box it may be that nobody raised it here."""
    known = hall.alerts.get(event.alert)
    if known is None:
        return hall, ()
    alerts = {name: alert for name, alert in hall.alerts.items() if name != event.alert}
    return replace(hall, alerts=alerts), (replace(known, raised=False),)


def _told(evolved: Evolved, event: booked.BookingEvent) -> Evolved:
    """A booking's event that the national feed caused is also the newest version of its item."""
    version = getattr(event, "version", None)
    if version is None:
        return evolved
    hall, changed = evolved
    return hall, (*changed, NationalItem(item_id("booking", event.booking), "booking", event.booking, version))


def _granted(hall: Hall, event: e.SlotGranted) -> Evolved:
    _, start = slot_parts(event.slot)
    ledger = hall.slots.get(event.slot, Ledger(event.slot, event.service, start, event.minutes, event.capacity))
    rights = escrow.granted(slots.rights_of(ledger, event.epoch), event.granted)
    ledger = slots.with_rights(replace(ledger, minutes=event.minutes, capacity=event.capacity), event.epoch, rights)
    hall, changed = _with_ledger(hall, ledger)
    if event.version is None:
        return hall, changed
    return hall, (*changed, NationalItem(item_id("slot_grant", event.slot), "slot_grant", event.slot, event.version))


def _with_ledger(hall: Hall, ledger: Ledger) -> Evolved:
    return replace(hall, slots={**hall.slots, ledger.slot: ledger}), (ledger,)


def _national(hall: Hall, event: e.NationalApplied) -> Evolved:
    """Take an item as seen, and let a setting that was not refused lie over the centre's own."""
    item, payload = item_id(event.kind, event.key), event.payload
    changed: tuple[Booking, ...] = ()
    if event.kind in OVERLAID:
        said = dict(hall.policy.national.said)
        if event.op == "delete":
            said.pop(item, None)
        elif event.refused is None:
            said[item] = payload
        hall = replace(hall, policy=with_national(hall.policy, replace(hall.policy.national, said=said)))
        hall = replace(hall, day=replace(hall.day, open_until=0)) if hall.day and event.kind == "calendar" and event.refused is None else hall
        payload = said.get(item)
    elif event.kind == "booking" and event.custody and payload["booking"] in hall.bookings:
        booking = replace(hall.bookings[payload["booking"]], custody=Owner(event.custody))
        hall, changed = replace(hall, bookings={**hall.bookings, booking.id: booking}), (booking,)
    payload = None if event.kind == "booking" and event.refused is None else payload
    is_put = event.op == "put"
    seen = NationalItem(item, event.kind, event.key, event.version, not is_put, payload if is_put else None, event.custody, event.refused)
    return hall, (*changed, seen)


def _day_opened(hall: Hall, fact: e.Fact, event: e.DayOpened) -> Evolved:
    is_same = hall.day is not None and hall.day.day == event.day
    hall, before = _day_begun_anew(hall, fact, event) if hall.day else (hall, ())
    wall = datetime.fromisoformat(event.wall_at_tick0)
    old = sorted(hall.tickets.values(), key=lambda ticket: (ticket.base, ticket.order))
    kept = {ticket.id: _kept(ticket, event.day, order) for order, ticket in enumerate(old, 1)}
    at_work = [name for name, desk in hall.desks.items() if desk.state is not DeskState.CLOSED and hall.policy.desks[name].button_only]
    day = Day(
        event.day,
        wall,
        event.tz,
        event.utc_offset,
        provisional=event.provisional,
        timed=event.timed,
        kept=tuple(ticket.number for ticket in kept.values()),
        by_hours=tuple(at_work),
    )
    desks = {name: replace(desk, run=0, free_since=0, last_move=None) for name, desk in hall.desks.items()}
    counters = hall.counters if is_same else {}
    after = replace(hall, day=day, tick=0, issued=len(kept), counters=counters, tickets=kept, desks=desks, hold_ends=None)
    return after, (*before, *kept.values(), *desks.values())


def _day_begun_anew(hall: Hall, fact: e.Fact, event: e.DayOpened) -> Evolved:
    """A day that opens while another is open stands only behind lines of another box. Of the same date, it is that day: who waits in it goes on."""
    assert hall.day is not None  # noqa: S101 -- asked by the caller
    if hall.day.day != event.day:
        return _day_closed(hall, fact, e.DayClosed(day=hall.day.day, tick=hall.tick))
    gone = tuple(_ended(ticket, fact) for ticket in hall.tickets.values() if ticket.state in AT_DESK)
    waiting = {name: ticket for name, ticket in hall.tickets.items() if ticket.state not in AT_DESK}
    desks = {name: replace(desk, ticket=None) for name, desk in hall.desks.items()}
    return replace(hall, tickets=waiting, desks=desks), gone


def _kept(ticket: Ticket, day: str, order: int) -> Ticket:
    """Let a ticket of yesterday wait on: before all new ones, in the old order. What was promised for yesterday is no promise any more."""
    held_tick = 0 if ticket.state is TicketState.HELD else None
    unpromised = replace(ticket, promise=None, promise_from=None, promise_to=None, cell=None)
    return replace(unpromised, day=day, order=order, arrival=0, base=0, ready_at=0, held_tick=held_tick, held_until=None, first_call=None)


def _day_confirmed(hall: Hall, event: e.DayConfirmed) -> Evolved:
    """Rename the day and its tickets, those that are over too: the event itself stands for all of them. No move of before is taken back after it."""
    day = replace(hall.day, day=event.day, provisional=False) if hall.day else None
    tickets = {name: replace(ticket, day=event.day) for name, ticket in hall.tickets.items()}
    desks = {name: replace(desk, last_move=None) for name, desk in hall.desks.items()}
    return replace(hall, day=day, tickets=tickets, desks=desks), (event, *desks.values())


def _day_closed(hall: Hall, fact: e.Fact, event: e.DayClosed) -> Evolved:
    """Close what is still open and is not kept; nobody knows when those visits really ended, hence the mark."""
    waiting = {name: hall.tickets[name] for name in event.kept if name in hall.tickets}
    kept = {name: replace(ticket, held_until=None) for name, ticket in waiting.items() if ticket.state not in AT_DESK}
    ended = tuple(_ended(ticket, fact) for ticket in hall.tickets.values() if ticket.id not in kept)
    desks = {name: replace(desk, ticket=None, last_move=None) for name, desk in hall.desks.items()}
    after, past = booked.end_day(hall)
    after, taught = lessons.of_day(after)
    return replace(after, day=None, tickets=kept, desks=desks, hold_ends=None), (*ended, *kept.values(), *desks.values(), *past, *taught)


def _ended(ticket: Ticket, fact: e.Fact) -> Ticket:
    """Nobody knows when the visit really ended, hence the mark."""
    state = TicketState.FINISHED if ticket.state in AT_DESK else TicketState.CANCELLED
    return replace(ticket, state=state, state_at=fact.at, last_event=fact.id, inaccurate=True)
