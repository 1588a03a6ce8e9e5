"""What a desk does with the ticket it has, and with those it put aside; what happens to these by itself."""

from collections.abc import Iterable

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.desk import DeskState
from edge.queueing.hall import Hall
from edge.queueing.ticket import ASIDE, Move, Ticket, TicketState, moved
from edge.queueing.turn import Outcome, Result, Turn, about, named, ticket_at


def finish(turn: Turn, ticket: Ticket, desk: str, outcome: str | None) -> tuple[Ticket, str]:
    """End what the desk does with the ticket. Returns the ticket and the id of the event.

    It goes back to the desk that asked for the visitor's return, else on to the next step of its visit, else it is over.
    """
    event: e.Event | None = _back(turn.hall, ticket, desk, outcome, turn.tick) or _onward(turn.hall, ticket, desk, outcome, turn.tick)
    if event is None:
        waited = None if ticket.first_call is None or ticket.inaccurate else max(0, ticket.first_call - ticket.arrival)
        total = None if ticket.inaccurate else turn.tick - ticket.arrival
        event = e.TicketFinished(ticket=ticket.id, desk=desk, outcome=outcome, waited=waited, total=total, tick=turn.tick)
    fact = turn.emit(event)
    changed = next(value for value in reversed(turn.changed) if isinstance(value, Ticket))
    return changed, fact.id


def _back(hall: Hall, ticket: Ticket, desk: str, outcome: str | None, tick: int) -> e.TicketTransferred | None:
    """Send the ticket back to the desk that asked for it; a desk that closed since or is gone is stood for by any desk of its service.

    A return for which nobody is left falls away, and the one before it counts: the visitor must not wait for a desk that will not call.
    """
    returns = list(ticket.returns)
    while returns:
        back, service = returns.pop()
        to_desk = back if back in hall.desks and hall.desks[back].state is not DeskState.CLOSED else None
        if back == desk or not (to_desk or hall.policy.desks_of(service)):
            continue
        return e.TicketTransferred(
            ticket=ticket.id, desk=desk, service=service, to_desk=to_desk, returns=_listed(returns), outcome=outcome, tick=tick
        )
    if ticket.returns or ticket.return_to in (None, desk) or ticket.return_to not in hall.desks:
        return None
    return e.TicketTransferred(ticket=ticket.id, desk=desk, to_desk=ticket.return_to, returns=(), outcome=outcome, tick=tick)


def _onward(hall: Hall, ticket: Ticket, desk: str, outcome: str | None, tick: int) -> e.TicketTransferred | None:
    """Send the ticket on to the next step that some desk serves."""
    for step, service in enumerate(ticket.steps[ticket.step + 1 :], ticket.step + 1):
        if hall.policy.desks_of(service):
            return e.TicketTransferred(ticket=ticket.id, desk=desk, service=service, returns=(), step=step, outcome=outcome, tick=tick)
    return None


def _listed(returns: Iterable[tuple[str, str]]) -> tuple[dict[str, str], ...]:
    return tuple({"desk": desk, "service": service} for desk, service in returns)


def recall(turn: Turn, desk: str) -> Outcome:
    """Call the same number once more."""
    ticket = ticket_at(turn.hall, desk, Move.RECALL)
    turn.emit(e.TicketRecalled(ticket=ticket.id, desk=desk, tick=turn.tick))
    return about(turn, Result.RECALLED, ticket)


def mark_no_show(turn: Turn, desk: str) -> Outcome:
    """Nobody came: the ticket is missed, the desk is free, nobody else is called."""
    ticket = ticket_at(turn.hall, desk, Move.MISS)
    miss(turn, ticket, desk)
    return about(turn, Result.NO_SHOW, ticket)


def miss(turn: Turn, ticket: Ticket, desk: str) -> str:
    """Put the called ticket among the missed; returns the id of the event. What its visitor was told stands, whatever the settings become."""
    until = turn.tick + turn.hall.policy.visits.missed_within_min * 60
    return turn.emit(e.TicketNoShow(ticket=ticket.id, desk=desk, until=until, tick=turn.tick)).id


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
    turn.emit(e.TicketResumed(ticket=ticket.id, desk=command.desk, anew=_too_late(ticket, turn.tick), tick=turn.tick))
    return about(turn, Result.OK, ticket)


def put_back(turn: Turn, command: c.PutBack) -> Outcome:
    """Put a held or missed ticket back to waiting on behalf of the hall; calls no one, and leaves every desk's last move as it is."""
    ticket = named(turn.hall, command.ticket)
    moved(ticket, Move.RESUME)
    turn.emit(e.TicketResumed(ticket=ticket.id, reason=command.reason, anew=_too_late(ticket, turn.tick), tick=turn.tick))
    return about(turn, Result.OK, ticket)


def end_holds(turn: Turn) -> None:
    """Put every ticket whose time on hold is over back to waiting, by itself; who was to be called back first, first."""
    if turn.hall.hold_ends is not None and turn.hall.hold_ends <= turn.tick:
        _end_holds(turn, turn.tick, "hold-over")


def end_timed_holds(turn: Turn, reason: str) -> None:
    """Put every ticket that is on hold for a time back to waiting: the day ends, and with it what the time was counted in."""
    _end_holds(turn, None, reason)


def _end_holds(turn: Turn, until: int | None, reason: str) -> None:
    timed = [
        (each.held_until, each.order, each.id)
        for each in turn.hall.tickets.values()
        if each.state is TicketState.HELD and each.held_until is not None
    ]
    for ends, _, ticket in sorted(timed):
        if until is None or ends <= until:
            turn.emit(e.TicketResumed(ticket=ticket, reason=reason, tick=turn.tick), actor="system")


def _too_late(ticket: Ticket, tick: int) -> bool:
    """Tell whether a missed ticket has lost its old place."""
    return ticket.state is TicketState.MISSED and ticket.held_until is not None and tick > ticket.held_until


def transfer(turn: Turn, command: c.Transfer) -> Outcome:
    """Send the ticket to another service or desk with its old place in time."""
    ticket = ticket_at(turn.hall, command.desk, Move.TRANSFER)
    service, steps = command.service, None
    if service is not None:
        steps = turn.hall.leaf(service).steps or None
        service = turn.hall.policy.first_of(service)
    if command.to_desk is not None:
        turn.hall.desk(command.to_desk)
    asked = (*ticket.returns, (command.desk, ticket.service)) if command.returns else ticket.returns
    turn.emit(
        e.TicketTransferred(
            ticket=ticket.id,
            desk=command.desk,
            service=service,
            to_desk=command.to_desk,
            return_=command.returns,
            returns=_listed(asked),
            steps=steps,
            step=0 if steps else None,
            tick=turn.tick,
        )
    )
    return about(turn, Result.OK, ticket)


def add_step(turn: Turn, command: c.AddStep) -> Outcome:
    """Let the visit go on with one more service when everything planned before is done."""
    ticket = ticket_at(turn.hall, command.desk, Move.ADD_STEP)
    if turn.hall.leaf(command.service).steps:
        raise Refused(f"ticket {ticket.number}: {command.service!r} is a visit of several steps; add those one by one", code="step_taken")
    if command.service == ticket.service or command.service in ticket.steps_left:
        raise Refused(f"ticket {ticket.number}: step {command.service!r} is already part of what is left of the visit", code="step_taken")
    turn.emit(e.TicketStepAdded(ticket=ticket.id, desk=command.desk, service=command.service, tick=turn.tick))
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
    return _judged(turn, ticket, command.desk, None, confirmed=command.confirmed)


def judge_waiting(turn: Turn, command: c.JudgeWaiting | c.JudgeInHall) -> Outcome:
    """Confirm or refuse a category while its visitor waits: before a call this is the only way in for one that counts only after its proof."""
    desk, reason = (turn.hall.desk(command.desk).desk, None) if isinstance(command, c.JudgeWaiting) else (None, command.reason)
    ticket = named(turn.hall, command.ticket)
    if ticket.state is not TicketState.WAITING:
        raise Refused(f"ticket {ticket.number} cannot be {Move.JUDGE} while it waits: it is {ticket.state}", code="ticket_state")
    return _judged(turn, ticket, desk, reason, confirmed=command.confirmed)


def _judged(turn: Turn, ticket: Ticket, desk: str | None, reason: str | None, *, confirmed: bool) -> Outcome:
    if ticket.category is None or ticket.confirmed is not None:
        why = "it claims none" if ticket.category is None else "it was already judged"
        raise Refused(f"ticket {ticket.number} has no category to judge: {why}", code="no_category")
    turn.emit(e.TicketCategory(ticket=ticket.id, category=ticket.category, confirmed=confirmed, desk=desk, reason=reason, tick=turn.tick))
    return about(turn, Result.OK, ticket)
