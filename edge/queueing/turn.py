"""A decision in progress: what it may not make up comes in as a `Stamp`, what it says comes out as an `Outcome`.

A refusal raises before anything is emitted; the caller writes `Turn.facts` or nothing at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.errors import Refused
from edge.queueing import events as e
from edge.queueing.desk import Desk, DeskState
from edge.queueing.evolve import Changed, evolve
from edge.queueing.hall import Hall
from edge.queueing.ticket import Move, Ticket, moved


class Result(StrEnum):
    """The ack words of `contract/mqtt.md`."""

    CALLED = "called"
    RECALLED = "recalled"
    FINISHED = "finished"
    NO_SHOW = "no-show"
    OK = "ok"
    DUP = "dup"
    EMPTY = "empty"
    BUSY = "busy"
    STALE = "stale"
    DENIED = "denied"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a decision may not make up: the instant (aware UTC), the clock's quality, the actor, and fresh UUIDv7s."""

    at: datetime
    clock: str
    actor: str
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``result``: an ack word; ``ticket``: the one it speaks of, as it is now, or None."""

    result: Result
    ticket: Ticket | None = None


class Turn:
    """One decision in progress: the hall so far, the facts emitted, the values changed."""

    def __init__(self, hall: Hall, tick: int, stamp: Stamp) -> None:
        self.hall = hall
        self.tick = tick
        self.facts: list[e.Fact] = []
        self.changed: list[Changed] = []
        self._stamp = stamp

    def emit(self, event: e.Event, *, actor: str | None = None) -> e.Fact:
        """Stamp the event, apply it, and remember both. ``actor``: who did it, if not who asks for this decision."""
        fact = e.Fact(self._stamp.new_id(), self._stamp.at, self._stamp.clock, actor or self._stamp.actor, event)
        self.hall, changed = evolve(self.hall, fact)
        self.facts.append(fact)
        self.changed.extend(changed)
        return fact


def require_state(desk: Desk, state: DeskState, otherwise: str) -> Desk:
    """Return the desk. Raises Refused when it is in another state."""
    if desk.state is not state:
        raise Refused(f"desk {desk.desk} {otherwise}: it is {desk.state}", code="desk_state")
    return desk


def ticket_at(hall: Hall, name: str, move: Move) -> Ticket:
    """Return the ticket at the desk if ``move`` is legal for it. Raises Refused, or Unknown for the desk."""
    hall.desk(name)
    ticket = hall.at_desk(name)
    if ticket is None:
        raise Refused(f"desk {name} has no ticket that could be {move}", code="desk_free")
    moved(ticket, move)
    return ticket


def named(hall: Hall, reference: str) -> Ticket:
    """Return an open ticket by its id or number. Raises Refused."""
    ticket = hall.find_open(reference)
    if ticket is None:
        raise Refused(f"ticket {reference!r} is not open today", code="ticket_state")
    return ticket


def about(turn: Turn, result: Result, ticket: Ticket) -> Outcome:
    """Return the outcome with the ticket as it is now, also when it has just been closed."""
    now = turn.hall.tickets.get(ticket.id)
    if now is None:
        now = next(value for value in reversed(turn.changed) if isinstance(value, Ticket) and value.id == ticket.id)
    return Outcome(result, now)
