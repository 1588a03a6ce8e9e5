"""What a desk's console shows: the visitor and why they were called, who would be next, who waits, and what was done last.

Pure functions of the hall at a tick. What changes by the second (ages, the rest of the time for undo) is in `Clocks` alone, so that an unchanged
desk is the same page.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.operations.overview import wants_proof
from edge.queueing.day import second_at, wall
from edge.queueing.decide import upcoming
from edge.queueing.desk import Desk, DeskState, LastMove
from edge.queueing.hall import Hall
from edge.queueing.ordering import may_call
from edge.queueing.roster import off_until
from edge.queueing.ticket import ASIDE, Ticket, TicketState
from edge.queueing.undo import UNDO_WITHIN, may_undo
from edge.web.screens import moments


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Whom the desk would call now; there is no choice."""

    number: str
    service: str
    why: str


@dataclass(frozen=True, slots=True)
class Put:
    """A ticket on hold or missed; ``here``: by this desk.

    ``until``: when a held one goes back by itself, or a missed one loses its old place; None: never. ``over``: that is past.
    """

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
class Step:
    """One service of a visit: done, now or later."""

    service: str
    when: str


@dataclass(frozen=True, slots=True)
class Seen:
    """``steps``: of a visit of several services. ``proofs``: who waits for this desk with a right that counts only after its proof was seen.

    ``asks``: an outcome is asked for when the visit ends. ``tired``: called again as often as the centre wants, so that nobody may be coming.

    ``rests_until``: `HH:MM` until which the desk calls nobody new (lunch, or the hall is not open yet), None while it may.

    ``primary``: the one action of Space and Enter, empty when there is none; ``waiting``: by service; ``alone``: who waits for this desk only.
    """

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
    steps: tuple[Step, ...] = ()
    proofs: tuple[Ticket, ...] = ()
    asks: bool = False
    tired: bool = False
    rests_until: str | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds: since the ticket's state began, left to take the last move back, left until the number should be called again, and of the break."""

    lasts: int
    undo: int
    recall: int = 0
    rest: int = 0


def seen(hall: Hall, name: str, tick: int) -> Seen:
    """Return what the console of a desk that exists shows at ``tick``."""
    desk, plan, ticket = hall.desks[name], hall.plan(name), hall.at_desk(name)
    choice = upcoming(hall, name, tick) if desk.state is not DeskState.CLOSED else None
    mine = [waiting for waiting in hall.waiting() if may_call(plan, waiting)]
    counts = Counter(waiting.service for waiting in mine if not waiting.to_desk)
    last = may_undo(hall, desk, tick)
    rests = off_until(hall, name, tick)
    calls = hall.policy.emergency is None and rests is None
    tired = ticket is not None and ticket.state is TicketState.CALLED and ticket.recalls >= hall.policy.visits.recall_limit
    return Seen(
        name=name,
        state=desk.state,
        reason=desk.reason,
        primary=_primary(desk, ticket, tired=tired, calls=calls),
        ticket=ticket,
        waited_min=_waited_min(ticket) if ticket else None,
        upcoming=Upcoming(choice.ticket.number, choice.ticket.service, choice.why) if choice else None,
        waiting={code: counts[code] for code in hall.policy.services if code in plan.services},
        alone=sum(waiting.to_desk is not None for waiting in mine),
        aside=tuple(_aside(hall, name, tick)),
        done=_done(hall, last) if last else None,
        emergency=hall.policy.emergency is not None,
        rests_until=moments.clocked(second_at(hall.day, rests)) if hall.day and rests is not None else None,
        steps=_steps(ticket) if ticket else (),
        proofs=tuple(waiting for waiting in mine if wants_proof(hall.policy, waiting)),
        asks=_asks(hall, ticket) if ticket else False,
        tired=tired,
    )


def clocks(hall: Hall, name: str, tick: int, now: datetime) -> Clocks:
    """Return what counts by the second. ``now``: aware; only for people, so a clock that was set makes no negative age."""
    ticket = hall.at_desk(name)
    last = may_undo(hall, hall.desks[name], tick)
    lasts = int((now - ticket.state_at).total_seconds()) if ticket else 0
    rests = off_until(hall, name, tick)
    undo = UNDO_WITHIN - (tick - last.tick) if last else 0
    return Clocks(max(0, lasts), undo, _until_recall(hall, ticket, now), rests - tick if rests is not None else 0)


def _until_recall(hall: Hall, ticket: Ticket | None, now: datetime) -> int:
    """Return the seconds that a visitor on the way should still be given; a recall is never refused for it."""
    if ticket is None or ticket.state is not TicketState.CALLED or ticket.called_at is None:
        return 0
    gap = hall.policy.visits.recall_gap_s
    return min(gap, max(0, gap - int((now - ticket.called_at).total_seconds())))


def _steps(ticket: Ticket) -> tuple[Step, ...]:
    when = ("done", "now", "later")
    return tuple(Step(service, when[1 + (at > ticket.step) - (at < ticket.step)]) for at, service in enumerate(ticket.steps))


def _asks(hall: Hall, ticket: Ticket) -> bool:
    service = hall.policy.services.get(ticket.service)
    return service is not None and bool(service.outcomes)


def _primary(desk: Desk, ticket: Ticket | None, *, tired: bool, calls: bool) -> str:
    if desk.state is not DeskState.OPEN:
        return "open"
    if ticket and ticket.state is TicketState.CALLED:
        return "no-show" if tired else "start"
    if not calls:
        return "finish" if ticket else ""
    return "next"


def _waited_min(ticket: Ticket) -> int:
    called = ticket.state_at if ticket.state is TicketState.CALLED else ticket.called_at or ticket.state_at
    return max(0, int((called - ticket.issued_at).total_seconds()) // 60)


def _aside(hall: Hall, name: str, tick: int) -> list[Put]:
    """On hold and missed, those of this desk first."""
    put = [
        Put(
            ticket,
            wall(hall.day, ticket.held_until) if hall.day and ticket.held_until is not None else None,
            ticket.held_until is not None and ticket.held_until < tick,
            ticket.desk == name,
        )
        for ticket in hall.tickets.values()
        if ticket.state in ASIDE and ticket.state is not TicketState.WAITING
    ]
    return sorted(put, key=lambda each: (not each.here, each.ticket.order))


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
    if len(now.steps) > len(before.steps):
        return Done("step", before.number, now.steps[-1])
    if now.state is before.state:
        return Done("recalled", before.number)
    return Done(str(step.led_to), before.number)


def _back_in_hall(before: Ticket, now: Ticket) -> Done:
    if before.state in ASIDE:
        return Done("resumed", now.number)
    return Done("to-desk", now.number, now.to_desk) if now.to_desk else Done("to-service", now.number, now.service)
