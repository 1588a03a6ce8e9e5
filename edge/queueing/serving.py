"""What a desk does with the ticket it has, and with those it put aside."""

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.ticket import ASIDE, Move, Ticket, moved
from edge.queueing.turn import Outcome, Result, Turn, about, named, ticket_at


def finish(turn: Turn, ticket: Ticket, desk: str, outcome: str | None) -> tuple[Ticket, str]:
    """Finish, or send back to the desk that asked for the visitor's return. Returns the ticket and the id of the event."""
    back = ticket.return_to
    if back is not None and back != desk and back in turn.hall.desks:
        fact = turn.emit(e.TicketTransferred(ticket=ticket.id, desk=desk, to_desk=back, tick=turn.tick))
    else:
        fact = turn.emit(e.TicketFinished(ticket=ticket.id, desk=desk, outcome=outcome, tick=turn.tick))
    changed = next(value for value in reversed(turn.changed) if isinstance(value, Ticket))
    return changed, fact.id


def recall(turn: Turn, desk: str) -> Outcome:
    """Call the same number once more."""
    ticket = ticket_at(turn.hall, desk, Move.RECALL)
    turn.emit(e.TicketRecalled(ticket=ticket.id, desk=desk, tick=turn.tick))
    return about(turn, Result.RECALLED, ticket)


def mark_no_show(turn: Turn, desk: str) -> Outcome:
    """Nobody came: the ticket is missed, the desk is free, nobody else is called."""
    ticket = ticket_at(turn.hall, desk, Move.MISS)
    turn.emit(e.TicketNoShow(ticket=ticket.id, desk=desk, tick=turn.tick))
    return about(turn, Result.NO_SHOW, ticket)


def hold(turn: Turn, command: c.Hold) -> Outcome:
    """Put the ticket aside for a while; its waiting does not count meanwhile."""
    ticket = ticket_at(turn.hall, command.desk, Move.HOLD)
    until = turn.tick + command.minutes * 60 if command.minutes else None
    turn.emit(e.TicketHeld(ticket=ticket.id, desk=command.desk, until=until, reason=command.reason, tick=turn.tick))
    return about(turn, Result.OK, ticket)


def resume(turn: Turn, command: c.Resume) -> Outcome:
    """Put a held or missed ticket back to waiting; calls no one."""
    turn.hall.desk(command.desk)
    ticket = named(turn.hall, command.ticket)
    moved(ticket, Move.RESUME)
    turn.emit(e.TicketResumed(ticket=ticket.id, desk=command.desk, tick=turn.tick))
    return about(turn, Result.OK, ticket)


def put_back(turn: Turn, command: c.PutBack) -> Outcome:
    """Put a held or missed ticket back to waiting on behalf of the hall; calls no one, and leaves every desk's last move as it is."""
    ticket = named(turn.hall, command.ticket)
    moved(ticket, Move.RESUME)
    turn.emit(e.TicketResumed(ticket=ticket.id, reason=command.reason, tick=turn.tick))
    return about(turn, Result.OK, ticket)


def transfer(turn: Turn, command: c.Transfer) -> Outcome:
    """Send the ticket to another service or desk with its old place in time."""
    ticket = ticket_at(turn.hall, command.desk, Move.TRANSFER)
    if command.service is not None:
        turn.hall.leaf(command.service)
    if command.to_desk is not None:
        turn.hall.desk(command.to_desk)
    turn.emit(
        e.TicketTransferred(
            ticket=ticket.id, desk=command.desk, service=command.service, to_desk=command.to_desk, return_=command.returns, tick=turn.tick
        )
    )
    return about(turn, Result.OK, ticket)


def withdraw(turn: Turn, command: c.Withdraw) -> Outcome:
    """Cancel a ticket that waits, is on hold or was missed. Raises Refused for one at a desk: its clerk has it in hand."""
    ticket = named(turn.hall, command.ticket)
    if ticket.state not in ASIDE:
        raise Refused(f"ticket {ticket.number} cannot be withdrawn: it is {ticket.state} at desk {ticket.desk}", code="ticket_state")
    turn.emit(e.TicketCancelled(ticket=ticket.id, reason=command.reason, tick=turn.tick))
    return about(turn, Result.OK, ticket)


def judge(turn: Turn, command: c.JudgeCategory) -> Outcome:
    """Confirm or refuse the declared category; a refused one waits again as an ordinary ticket."""
    ticket = ticket_at(turn.hall, command.desk, Move.JUDGE)
    if ticket.category is None or ticket.confirmed is not None:
        why = "it claims none" if ticket.category is None else "it was already judged"
        raise Refused(f"ticket {ticket.number} has no category to judge: {why}", code="no_category")
    turn.emit(e.TicketCategory(ticket=ticket.id, category=ticket.category, confirmed=command.confirmed, desk=command.desk, tick=turn.tick))
    return about(turn, Result.OK, ticket)
