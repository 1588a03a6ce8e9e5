"""A promise that does not hold any more is raised by an event, so that what every screen says is what the journal says.

Only upward: by more than five minutes. That it will be sooner is shown at once and is no event.
"""

from edge.queueing import events as e
from edge.queueing.chain import instant, moment
from edge.queueing.desk import DeskState
from edge.queueing.estimate import outlived, ranges
from edge.queueing.hall import Hall
from edge.queueing.ordering import may_call
from edge.queueing.projection import Projection
from edge.queueing.ticket import Ticket
from edge.queueing.turn import Turn


def raise_outlived(turn: Turn) -> None:
    """Emit for each waiting ticket whose promised end does not hold. The hall is run forward once; call it each minute, not with each change."""
    promised = [ticket for ticket in turn.hall.waiting() if ticket.promise_to]
    if not promised:
        return
    expected = ranges(turn.hall, promised, Projection(turn.hall, turn.tick))
    for ticket in promised:
        found = expected.get(ticket.id)
        if found and ticket.promise_to and outlived(moment(ticket.promise_to), found):
            turn.emit(e.TicketPromiseRaised(ticket=ticket.id, to=instant(found.end), why=_why(turn.hall, ticket), tick=turn.tick))


def _why(hall: Hall, ticket: Ticket) -> str:
    """Return desk when one that was open today and could call the ticket is paused or closed now, else longer."""
    able = [hall.desks[plan.desk] for plan in hall.policy.desks.values() if may_call(plan, ticket)]
    return "desk" if any(desk.state is not DeskState.OPEN and desk.free_since for desk in able) else "longer"
