"""What a desk's console shows: the visitor and why they were called, who would be next, who waits, and what was done last.

Pure functions of the hall at a tick. What changes by the second (ages, the rest of the time for undo) is in `Clocks` alone, so that an unchanged
desk is the same page.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.queueing.day import wall
from edge.queueing.decide import preview
from edge.queueing.desk import Desk, DeskState, LastMove
from edge.queueing.hall import Hall
from edge.queueing.ordering import may_call
from edge.queueing.ticket import ASIDE, Ticket, TicketState
from edge.queueing.undo import UNDO_WITHIN, may_undo


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Whom the desk would call now; there is no choice."""

    number: str
    service: str
    why: str


@dataclass(frozen=True, slots=True)
class Put:
    """A ticket on hold or missed. ``over``: the time on hold is over; ``until``: when it will be, None without a timer; ``here``: by this desk."""

    ticket: Ticket
    until: datetime | None
    over: bool
    here: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The desk's last move as long as it may be taken back. ``what``: a word of `words.DONE`; ``place``: the desk or service it went to."""

    what: str
    number: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """``primary``: the one action of Space and Enter, empty when there is none; ``waiting``: by service; ``alone``: who waits for this desk only."""

    name: str
    state: DeskState
    reason: str | None
    primary: str
    ticket: Ticket | None
    waited_min: int | None
    upcoming: Upcoming | None
    waiting: Mapping[str, int]
    alone: int
    aside: tuple[Put, ...]
    done: Done | None
    emergency: bool

    @property
    def due(self) -> list[Put]:
        """Return those this desk put on hold whose time is over."""
        return [put for put in self.aside if put.here and put.over]


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds: since the ticket's state began, and left to take the last move back."""

    lasts: int
    undo: int


def seen(hall: Hall, name: str, tick: int) -> Seen:
    """Return what the console of a desk that exists shows at ``tick``."""
    desk, plan, ticket = hall.desks[name], hall.plan(name), hall.at_desk(name)
    choice = preview(hall, name, tick) if desk.state is not DeskState.CLOSED else None
    mine = [waiting for waiting in hall.waiting() if may_call(plan, waiting)]
    counts = Counter(waiting.service for waiting in mine if not waiting.to_desk)
    last = may_undo(hall, desk, tick)
    return Seen(
        name=name,
        state=desk.state,
        reason=desk.reason,
        primary=_primary(desk, ticket, emergency=hall.policy.emergency is not None),
        ticket=ticket,
        waited_min=_waited_min(ticket) if ticket else None,
        upcoming=Upcoming(choice.ticket.number, choice.ticket.service, choice.why) if choice else None,
        waiting={code: counts[code] for code in hall.policy.services if code in plan.services},
        alone=sum(waiting.to_desk is not None for waiting in mine),
        aside=tuple(_aside(hall, name, tick)),
        done=_done(hall, last) if last else None,
        emergency=hall.policy.emergency is not None,
    )


def clocks(hall: Hall, name: str, tick: int, now: datetime) -> Clocks:
    """Return what counts by the second. ``now``: aware; only for people, so a clock that was set makes no negative age."""
    ticket = hall.at_desk(name)
    last = may_undo(hall, hall.desks[name], tick)
    lasts = int((now - ticket.state_at).total_seconds()) if ticket else 0
    return Clocks(max(0, lasts), UNDO_WITHIN - (tick - last.tick) if last else 0)


def _primary(desk: Desk, ticket: Ticket | None, *, emergency: bool) -> str:
    if desk.state is not DeskState.OPEN:
        return "open"
    if ticket and ticket.state is TicketState.CALLED:
        return "start"
    if emergency:
        return "finish" if ticket else ""
    return "next"


def _waited_min(ticket: Ticket) -> int:
    called = ticket.state_at if ticket.state is TicketState.CALLED else ticket.called_at or ticket.state_at
    return max(0, int((called - ticket.issued_at).total_seconds()) // 60)


def _aside(hall: Hall, name: str, tick: int) -> list[Put]:
    """On hold and missed, those whose time is over first."""
    put = [
        Put(
            ticket,
            wall(hall.day, ticket.held_until) if hall.day and ticket.held_until is not None else None,
            ticket.held_until is not None and ticket.held_until <= tick,
            ticket.desk == name,
        )
        for ticket in hall.tickets.values()
        if ticket.state in ASIDE and ticket.state is not TicketState.WAITING
    ]
    return sorted(put, key=lambda each: (not each.over, not each.here, each.ticket.order))


def _done(hall: Hall, last: LastMove) -> Done:
    """Say what the desk did last, by its last step and the ticket as it is now."""
    step = last.steps[-1]
    before, now = step.ticket, hall.tickets.get(step.ticket.id)
    if now is None or step.led_to in (TicketState.MISSED, TicketState.HELD):
        return Done(str(step.led_to), before.number)
    if now.confirmed is not before.confirmed:
        return Done("confirmed" if now.confirmed else "unconfirmed", before.number)
    if step.led_to is TicketState.WAITING:
        return _back_in_hall(before, now)
    if now.state is before.state:
        return Done("recalled", before.number)
    return Done(str(step.led_to), before.number)


def _back_in_hall(before: Ticket, now: Ticket) -> Done:
    if before.state in ASIDE:
        return Done("resumed", now.number)
    return Done("to-desk", now.number, now.to_desk) if now.to_desk else Done("to-service", now.number, now.service)
