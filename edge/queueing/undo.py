"""Taking back a desk's last move, exactly: places, states and run as before (`contract/http.md`)."""

from edge.errors import Refused
from edge.queueing import events as e
from edge.queueing.desk import Desk, LastMove, Step
from edge.queueing.hall import Hall
from edge.queueing.ticket import OPEN_STATES
from edge.queueing.turn import Outcome, Result, Turn

UNDO_WITHIN = 10  # seconds


def undo(turn: Turn, name: str) -> Outcome:
    """Take back the desk's last move. Raises Refused when there is none, it is too old, or someone moved the same ticket since."""
    desk = turn.hall.desk(name)
    last = desk.last_move
    if last is None:
        raise Refused(f"desk {name} has no move to take back", code="nothing_to_undo")
    if turn.tick - last.tick > UNDO_WITHIN:
        raise Refused(f"desk {name} cannot take back its last move: it is more than {UNDO_WITHIN} seconds old", code="undo_too_late")
    moved = _moved_since(turn.hall, last)
    if moved is not None:
        raise Refused(f"ticket {moved.ticket.number} was moved since; the move of desk {name} stands", code="moved_since")
    for step in reversed(last.steps):
        turn.emit(e.TicketUndone(event=step.event, ticket=step.ticket.id, desk=name, tick=turn.tick))
    return Outcome(Result.OK, turn.hall.at_desk(name))


def may_undo(hall: Hall, desk: Desk, tick: int) -> LastMove | None:
    """Return the move that `undo` would take back at ``tick``, None when it would be refused."""
    last = desk.last_move
    if last is None or tick - last.tick > UNDO_WITHIN or _moved_since(hall, last):
        return None
    return last


def _moved_since(hall: Hall, last: LastMove) -> Step | None:
    """Return a step of the move whose ticket somebody moved afterwards."""
    newest = {step.ticket.id: step for step in last.steps}
    for step in newest.values():
        now = hall.tickets.get(step.ticket.id)
        untouched = now.last_event == step.event if now else step.led_to not in OPEN_STATES
        if not untouched:
            return step
    return None
