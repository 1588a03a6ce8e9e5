"""Who comes: issuing a ticket, a press, calling the next or a chosen one. The choice itself is `ordering`'s."""

from typing import Any, assert_never

from edge.errors import Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import cutoff, estimate
from edge.queueing import events as e
from edge.queueing.chain import instant
from edge.queueing.cutoff import Promise
from edge.queueing.day import opens_at
from edge.queueing.desk import Desk, DeskState, Meaning, meaning
from edge.queueing.hall import Hall
from edge.queueing.numbering import lettered, next_number
from edge.queueing.offer import refusal
from edge.queueing.ordering import Choice, choose
from edge.queueing.roster import off_until
from edge.queueing.serving import finish, mark_no_show, miss, recall
from edge.queueing.ticket import Move, Ticket, TicketState, moved
from edge.queueing.turn import Outcome, Result, Turn, about, named, require_state

_BESIDE_APPOINTMENTS = frozenset(
    {"appointment-only", "closed", "lunch", "not-yet", "full", "cut-off"}
)  # who has an appointment is let in all the same


def preview(hall: Hall, desk: str, tick: int) -> Choice | None:
    """Return whom the rule names for the desk at ``tick``, without calling; whether the desk works then is `roster`'s."""
    return choose(hall.waiting(), hall.desks[desk], hall.plan(desk), hall.policy, tick)


def upcoming(hall: Hall, desk: str, tick: int) -> Choice | None:
    """Return whom the desk would call at ``tick``, without calling: nobody at its lunch, nor before the hall opens."""
    return None if off_until(hall, desk, tick) is not None else preview(hall, desk, tick)


def issue(turn: Turn, command: c.Issue) -> Outcome:
    """Issue a ticket. Raises Unknown (service, category) or Refused (closed, lunch, appointment-only, full)."""
    hall = turn.hall
    service = hall.leaf(command.service)
    if command.shown is not None and service.code not in command.shown:
        raise Unknown(f"service {service.code!r} is not offered here", field="service")
    if command.category is not None and command.category not in hall.policy.categories:
        known = ", ".join(hall.policy.categories) or "none"
        raise Unknown(f"category {command.category!r} does not exist; known are {known}", field="category")
    reason = refusal(hall, service.code, turn.tick)
    if command.booking is not None and reason in (_BESIDE_APPOINTMENTS if command.appointment is not None else ("appointment-only",)):
        reason = None
    if reason or hall.day is None:
        raise Refused(f"service {service.code} gives no tickets now: {reason}", code=reason, reason=reason)
    promise = cutoff.promise(hall, service.code, turn.tick, command.category)
    if promise is not None and command.appointment is not None:
        promise = Promise.GUARANTEED
    if promise is Promise.NONE:
        raise Refused(f"service {service.code} gives no tickets now: the day is full", code="cut-off", reason="cut-off")
    letter = lettered(service.letter or "", hall.policy.restored.prefix if hall.policy.restored else "")
    first = hall.policy.first_of(service.code)
    expected = estimate.newcomer(hall, first, turn.tick, command.category, command.appointment)
    said = expected.range if expected else None
    turn.emit(
        e.TicketIssued(
            ticket=command.ticket,
            number=next_number(letter, hall.counters.get(letter, 0), hall.day.kept),
            day=hall.day.day,
            service=service.code,
            category=command.category,
            lang=command.lang,
            booking=command.booking,
            via=command.via,
            opens=opens_at(hall.day, hall.policy.calendar, turn.tick),
            appointment=command.appointment,
            steps=service.steps,
            promise=promise,
            from_=instant(said.start) if said else None,
            to=instant(said.end) if said else None,
            cell=expected.cell if expected else None,
            expected=expected.expected if expected else -1,
            earliest=expected.earliest if expected else None,
            latest=expected.latest if expected else None,
            tick=turn.tick,
        )
    )
    return Outcome(Result.OK, turn.hall.tickets[command.ticket])


def press(turn: Turn, command: c.Press) -> Outcome:
    """Do what a press means at its desk; a press is never refused, it is denied, stale or empty."""
    desk = turn.hall.desk(command.desk)
    if turn.hall.policy.emergency:
        return Outcome(Result.DENIED, turn.hall.at_desk(command.desk))
    meant = meaning(desk, command.key, command.since_move_ms, turn.hall.plan(command.desk).guard_ms)
    match meant:
        case Meaning.NEXT:
            return _call_next(turn, command.desk, None, by_button=True)
        case Meaning.RECALL:
            return recall(turn, command.desk)
        case Meaning.NO_SHOW:
            return mark_no_show(turn, command.desk)
        case Meaning.DENIED | Meaning.STALE:
            return Outcome(Result(meant), turn.hall.at_desk(command.desk))
        case Meaning.EMPTY:
            return Outcome(Result.EMPTY)
        case never:
            assert_never(never)


def call_next(turn: Turn, desk: str, outcome: str | None = None) -> Outcome:
    """Finish what is at the desk and call whom the rule names."""
    return _call_next(turn, desk, outcome, by_button=False)


def _call_next(turn: Turn, desk: str, outcome: str | None, *, by_button: bool) -> Outcome:
    _require_calling(turn, desk)
    current = turn.hall.at_desk(desk)
    left: Outcome | None = None
    move: str | None = None
    if current is not None and by_button and _is_absent(current, turn.tick):
        move = miss(turn, current, desk)
        left = about(turn, Result.NO_SHOW, current)
    elif current is not None:
        finished, move = finish(turn, current, desk, outcome)
        left = Outcome(Result.FINISHED, finished)
    before = turn.hall.desks[desk]
    choice = upcoming(turn.hall, desk, turn.tick)
    if choice is None:
        return left or Outcome(Result.EMPTY)
    turn.emit(
        e.TicketCalled(
            ticket=choice.ticket.id,
            desk=desk,
            why=choice.why,
            scores=_scores(choice),
            run=before.run,
            run_after=choice.run_after,
            move=move,
            **_of_call(turn, choice.ticket, desk),
            tick=turn.tick,
        )
    )
    return about(turn, Result.CALLED, choice.ticket)


def _is_absent(ticket: Ticket, tick: int) -> bool:
    """Tell whether a press now says that nobody came (`contract/mqtt.md`, "absent_after"). Who was seen at the desk is served."""
    return ticket.state is TicketState.CALLED and ticket.absent_until is not None and tick < ticket.absent_until


def _of_call(turn: Turn, ticket: Ticket, desk: str) -> dict[str, Any]:
    after = turn.hall.plan(desk).absent_after
    return {"first": ticket.first_call is None, "absent_until": turn.tick + after if after else None}


def pick(turn: Turn, command: c.Pick) -> Outcome:
    """Call a chosen waiting ticket to a free desk, with a reason that everyone will see."""
    desk = _require_calling(turn, command.desk)
    if desk.ticket:
        number = turn.hall.tickets[desk.ticket].number
        raise Refused(f"desk {desk.desk} cannot pick a ticket: {number} is still there; finish it first", code="desk_busy")
    if off_until(turn.hall, command.desk, turn.tick) is not None:
        raise Refused(f"desk {desk.desk} calls no one now: it is at lunch, or the hall is not open yet", code="off_roster")
    ticket = named(turn.hall, command.ticket)
    moved(ticket, Move.CALL)
    choice = preview(turn.hall, command.desk, turn.tick)
    turn.emit(
        e.TicketCalled(
            ticket=ticket.id,
            desk=command.desk,
            why="manual",
            scores=_scores(choice) if choice else (),
            run=desk.run,
            run_after=desk.run,
            reason=command.reason,
            **_of_call(turn, ticket, command.desk),
            tick=turn.tick,
        )
    )
    return about(turn, Result.CALLED, ticket)


def _require_calling(turn: Turn, name: str) -> Desk:
    """Return the desk if it may call somebody now. Raises Refused."""
    if turn.hall.policy.emergency:
        raise Refused(f"desk {name} calls no one: the hall is closed because of an emergency", code="emergency")
    return require_state(turn.hall.desk(name), DeskState.OPEN, "calls no one")


def _scores(choice: Choice) -> tuple[dict[str, object], ...]:
    return tuple({"ticket": ticket, "score": points} for ticket, points in choice.scores)
