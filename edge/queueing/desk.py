"""A desk, its states, and what one hardware key means there (`contract/mqtt.md`, "What a press means").

A key never opens a desk and never argues: outside the table it is denied, stale or empty, and nothing changes.
"""

from dataclasses import dataclass
from enum import StrEnum

from edge.queueing.ticket import Ticket, TicketId, TicketState

DeskId = str


class DeskState(StrEnum):
    """A paused desk keeps its ticket; a closed one has none."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"


class Key(StrEnum):
    """How a button was pressed; ``hold`` is at least 1.5 s."""

    PRESS = "press"
    DOUBLE = "double"
    HOLD = "hold"


class Meaning(StrEnum):
    """What a press asks for, or why it asks for nothing."""

    NEXT = "next"
    RECALL = "recall"
    NO_SHOW = "no-show"
    DENIED = "denied"
    STALE = "stale"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Step:
    """One event that undo can take back: its id, ticket and desk as they were before it, and the state it led to."""

    event: str
    ticket: Ticket
    led_to: TicketState
    desk_ticket: TicketId | None
    run: int
    free_since: int


@dataclass(frozen=True, slots=True)
class LastMove:
    """The desk's last move: the events of one decision, in order, at ``tick``."""

    tick: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """``run``: consecutive automatic calls of non-ordinary tickets while an ordinary one waited. ``free_since``: tick."""

    desk: DeskId
    state: DeskState = DeskState.CLOSED
    reason: str | None = None
    ticket: TicketId | None = None
    run: int = 0
    free_since: int = 0
    last_move: LastMove | None = None


_AT_DESK = {Key.PRESS: Meaning.NEXT, Key.DOUBLE: Meaning.RECALL, Key.HOLD: Meaning.NO_SHOW}


def meaning(desk: Desk, key: Key, since_move_ms: int | None, guard_ms: int) -> Meaning:
    """Say what ``key`` means at ``desk``. ``since_move_ms``: since the desk's last move, None when it never moved."""
    if desk.state is not DeskState.OPEN:
        return Meaning.DENIED
    if desk.ticket is None:
        return Meaning.NEXT if key is Key.PRESS else Meaning.EMPTY
    if since_move_ms is not None and since_move_ms < guard_ms:
        return Meaning.STALE
    return _AT_DESK[key]
