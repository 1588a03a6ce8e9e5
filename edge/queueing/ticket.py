"""A ticket, its states, and the one table of legal moves.

A move that is not in ``MOVES`` does not exist; no caller changes ``state`` in any other way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.errors import Refused

TicketId = str


class TicketState(StrEnum):
    """Where a ticket stands. ``called`` (a number is up) and ``serving`` (the visitor sits there) are separate."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    HELD = "held"
    MISSED = "missed"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What may be done to a ticket; the values complete the sentence "cannot be …"."""

    CALL = "called"
    RECALL = "recalled"
    START = "started"
    FINISH = "finished"
    MISS = "marked as no-show"
    HOLD = "put on hold"
    RESUME = "resumed"
    TRANSFER = "transferred"
    CANCEL = "cancelled"
    JUDGE = "checked for its category"
    ADD_STEP = "sent on to a further step"


class Booked(StrEnum):
    """How a booking was met; fixed when its ticket is issued."""

    ON_TIME = "booked"
    LATE = "late"


AT_DESK = (TicketState.CALLED, TicketState.SERVING)
ASIDE = (TicketState.WAITING, TicketState.HELD, TicketState.MISSED)  # open, and at no desk

MOVES: Mapping[Move, Mapping[TicketState, TicketState]] = {
    Move.CALL: {TicketState.WAITING: TicketState.CALLED},
    Move.RECALL: {state: state for state in AT_DESK},
    Move.START: {TicketState.CALLED: TicketState.SERVING},
    Move.FINISH: dict.fromkeys(AT_DESK, TicketState.FINISHED),
    Move.MISS: dict.fromkeys(AT_DESK, TicketState.MISSED),
    Move.HOLD: dict.fromkeys(AT_DESK, TicketState.HELD),
    Move.RESUME: dict.fromkeys((TicketState.HELD, TicketState.MISSED), TicketState.WAITING),
    Move.TRANSFER: dict.fromkeys(AT_DESK, TicketState.WAITING),
    Move.CANCEL: dict.fromkeys((*AT_DESK, *ASIDE), TicketState.CANCELLED),
    Move.JUDGE: {state: state for state in (*AT_DESK, TicketState.WAITING)},
    Move.ADD_STEP: {state: state for state in AT_DESK},
}

OPEN_STATES = frozenset(TicketState) - {TicketState.FINISHED, TicketState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Ticket:
    """One visit of one day. Ticks are seconds since ``day.opened``; instants (``*_at``) are for people, never compared.

    ``order`` counts the day's issues from 1. ``base`` is b of the ordering rule. ``ready_at`` is the first tick at which the ticket may be
    called (0: at once). ``confirmed`` is None until staff looked at the proof of ``category``. ``to_desk``: waits for that desk alone;
    ``return_to``: goes back to that desk when finished elsewhere. ``shown`` orders calls and recalls on boards (larger is newer).

    ``held_until``: of a held ticket, when it goes back by itself; of a missed one, until when it keeps its old place. ``inaccurate``: its times are
    not those of the visit. ``visit``: the service of several steps that it was issued for; ``steps``: their services in order, empty for a visit of
    one; ``step``: the place of the present one. ``returns``: the desks that asked for the visitor's return and the services there, the next one last
    (``return_to`` is its desk). ``absent_until``: the tick before which a press of a button says that nobody came. ``first_call``: tick.
    ``promise`` to ``latest`` as in `events.TicketIssued`; ``raised``: the promised end was moved since. ``called_tick``: of the newest call.
    """

    id: TicketId
    number: str
    day: str
    order: int
    service: str
    category: str | None
    lang: str
    via: str
    state: TicketState
    arrival: int
    base: int
    issued_at: datetime
    state_at: datetime
    last_event: str
    confirmed: bool | None = None
    booking: str | None = None
    booked: Booked | None = None
    returned: bool = False
    transferred: bool = False
    ready_at: int = 0
    to_desk: str | None = None
    return_to: str | None = None
    desk: str | None = None
    why: str | None = None
    called_at: datetime | None = None
    shown: int = 0
    recalls: int = 0
    held_tick: int | None = None
    held_until: int | None = None
    outcome: str | None = None
    inaccurate: bool = False
    promise: str | None = None
    promise_from: str | None = None
    promise_to: str | None = None
    visit: str | None = None
    steps: tuple[str, ...] = ()
    step: int = 0
    returns: tuple[tuple[str, str], ...] = ()
    absent_until: int | None = None
    first_call: int | None = None
    cell: str | None = None
    expected: int | None = None
    earliest: int | None = None
    latest: int | None = None
    called_tick: int | None = None
    raised: bool = False

    @property
    def steps_left(self) -> tuple[str, ...]:
        """Return the services that come after the present one."""
        return self.steps[self.step + 1 :]


def moved(ticket: Ticket, move: Move) -> TicketState:
    """Return the state after ``move``. Raises Refused when the table has no such move."""
    try:
        return MOVES[move][ticket.state]
    except KeyError:
        raise Refused(f"ticket {ticket.number} cannot be {move}: it is {ticket.state}", code="ticket_state") from None
