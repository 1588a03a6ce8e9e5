"""Commands to facts: what is allowed, and what then happened.

A decision is a `Turn` on one hall at one tick. Refusals raise before anything is emitted; the caller writes `Turn.facts` or nothing at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from edge.errors import ConfigError, Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.desk import Desk, DeskState, Meaning, meaning
from edge.queueing.evolve import Changed, evolve
from edge.queueing.hall import Hall
from edge.queueing.numbering import next_number
from edge.queueing.offer import refusal
from edge.queueing.ordering import Choice, choose
from edge.queueing.policy import problems, with_setting
from edge.queueing.ticket import OPEN_STATES, Move, Ticket, moved

UNDO_WITHIN = 10  # seconds; `contract/http.md`


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

    def emit(self, event: e.Event) -> e.Fact:
        """Stamp the event, apply it, and remember both."""
        fact = e.Fact(self._stamp.new_id(), self._stamp.at, self._stamp.clock, self._stamp.actor, event)
        self.hall, changed = evolve(self.hall, fact)
        self.facts.append(fact)
        self.changed.extend(changed)
        return fact


def decide(turn: Turn, command: c.Command) -> Outcome:  # noqa: PLR0911, PLR0912 -- one line a command: a table
    """Carry out ``command`` on ``turn``. Raises Refused, Unknown or ConfigError; then nothing was emitted."""
    match command:
        case c.Issue():
            return _issue(turn, command)
        case c.Press():
            return _press(turn, command)
        case c.CallNext(desk):
            return _call_next(turn, desk)
        case c.Recall(desk):
            return _recall(turn, desk)
        case c.Start(desk):
            ticket = _ticket_at(turn.hall, desk, Move.START)
            turn.emit(e.TicketStarted(ticket=ticket.id, desk=desk, tick=turn.tick))
            return _about(turn, Result.OK, ticket)
        case c.Finish(desk, outcome):
            ticket = _ticket_at(turn.hall, desk, Move.FINISH)
            return Outcome(Result.FINISHED, _finish(turn, ticket, desk, outcome)[0])
        case c.MarkNoShow(desk):
            return _no_show(turn, desk)
        case c.Hold():
            return _hold(turn, command)
        case c.Resume():
            return _resume(turn, command)
        case c.Transfer():
            return _transfer(turn, command)
        case c.Cancel(desk, reason):
            ticket = _ticket_at(turn.hall, desk, Move.CANCEL)
            turn.emit(e.TicketCancelled(ticket=ticket.id, desk=desk, reason=reason, tick=turn.tick))
            return _about(turn, Result.OK, ticket)
        case c.Pick():
            return _pick(turn, command)
        case c.JudgeCategory():
            return _judge(turn, command)
        case c.Undo(desk):
            return _undo(turn, desk)
        case c.Open() | c.Pause() | c.Close():
            return _set_desk(turn, command)
        case c.OpenDay():
            return _open_day(turn, command)
        case c.CloseDay():
            return _close_day(turn)
        case c.NoteClockStep(by):
            turn.emit(e.ClockStepped(by=by, tick=turn.tick))
            return Outcome(Result.OK)
        case c.ChangeSettings():
            return _change_settings(turn, command)
        case c.RegisterDevice(device):
            turn.emit(
                e.DeviceRegistered(
                    device=device.device,
                    kind=device.kind,
                    desk=device.desk,
                    zone=device.zone,
                    services=device.services,
                    generation=device.generation,
                    active=device.active,
                )
            )
            return Outcome(Result.OK)
        case c.AddMember(member):
            turn.emit(e.StaffAdded(staff=member.pseudonym, login=member.login, role=member.role, active=member.active))
            return Outcome(Result.OK)
        case never:
            assert_never(never)


def preview(hall: Hall, desk: str, tick: int) -> Choice | None:
    """Return whom the desk would call at ``tick``, without calling."""
    return choose(hall.waiting(), hall.desks[desk], hall.plan(desk), hall.policy, tick)


def _issue(turn: Turn, command: c.Issue) -> Outcome:
    hall = turn.hall
    service = hall.leaf(command.service)
    if command.shown is not None and service.code not in command.shown:
        raise Unknown(f"service {service.code!r} is not offered here", field="service")
    if command.category is not None and command.category not in hall.policy.categories:
        known = ", ".join(hall.policy.categories) or "none"
        raise Unknown(f"category {command.category!r} does not exist; known are {known}", field="category")
    reason = refusal(hall, service.code, turn.tick)
    if reason == "appointment-only" and command.booking is not None:
        reason = None
    if reason or hall.day is None:
        raise Refused(f"service {service.code} gives no tickets now: {reason}", code=reason, reason=reason)
    letter = service.letter or ""
    turn.emit(
        e.TicketIssued(
            ticket=command.ticket,
            number=next_number(letter, hall.counters.get(letter, 0)),
            day=hall.day.day,
            service=service.code,
            category=command.category,
            lang=command.lang,
            booking=command.booking,
            via=command.via,
            appointment=command.appointment,
            tick=turn.tick,
        )
    )
    return Outcome(Result.OK, turn.hall.tickets[command.ticket])


def _press(turn: Turn, command: c.Press) -> Outcome:
    desk = turn.hall.desk(command.desk)
    meant = meaning(desk, command.key, command.since_move_ms, turn.hall.plan(command.desk).guard_ms)
    match meant:
        case Meaning.NEXT:
            return _call_next(turn, command.desk)
        case Meaning.RECALL:
            return _recall(turn, command.desk)
        case Meaning.NO_SHOW:
            return _no_show(turn, command.desk)
        case Meaning.DENIED | Meaning.STALE:
            return Outcome(Result(meant), turn.hall.at_desk(command.desk))
        case Meaning.EMPTY:
            return Outcome(Result.EMPTY)
        case never:
            assert_never(never)


def _call_next(turn: Turn, desk: str) -> Outcome:
    """Finish what is at the desk and call whom the rule names."""
    _require(turn.hall.desk(desk), DeskState.OPEN, "calls no one")
    current = turn.hall.at_desk(desk)
    finished: Ticket | None = None
    move: str | None = None
    if current is not None:
        finished, move = _finish(turn, current, desk, None)
    before = turn.hall.desks[desk]
    choice = preview(turn.hall, desk, turn.tick)
    if choice is None:
        return Outcome(Result.FINISHED, finished) if finished else Outcome(Result.EMPTY)
    turn.emit(
        e.TicketCalled(
            ticket=choice.ticket.id,
            desk=desk,
            why=choice.why,
            scores=_scores(choice),
            run=before.run,
            run_after=choice.run_after,
            move=move,
            tick=turn.tick,
        )
    )
    return _about(turn, Result.CALLED, choice.ticket)


def _finish(turn: Turn, ticket: Ticket, desk: str, outcome: str | None) -> tuple[Ticket, str]:
    """Finish, or send back to the desk that asked for the visitor's return. Returns the ticket and the id of the event."""
    back = ticket.return_to
    if back is not None and back != desk and back in turn.hall.desks:
        fact = turn.emit(e.TicketTransferred(ticket=ticket.id, desk=desk, to_desk=back, tick=turn.tick))
    else:
        fact = turn.emit(e.TicketFinished(ticket=ticket.id, desk=desk, outcome=outcome, tick=turn.tick))
    changed = next(value for value in reversed(turn.changed) if isinstance(value, Ticket))
    return changed, fact.id


def _recall(turn: Turn, desk: str) -> Outcome:
    ticket = _ticket_at(turn.hall, desk, Move.RECALL)
    turn.emit(e.TicketRecalled(ticket=ticket.id, desk=desk, tick=turn.tick))
    return _about(turn, Result.RECALLED, ticket)


def _no_show(turn: Turn, desk: str) -> Outcome:
    ticket = _ticket_at(turn.hall, desk, Move.MISS)
    turn.emit(e.TicketNoShow(ticket=ticket.id, desk=desk, tick=turn.tick))
    return _about(turn, Result.NO_SHOW, ticket)


def _hold(turn: Turn, command: c.Hold) -> Outcome:
    ticket = _ticket_at(turn.hall, command.desk, Move.HOLD)
    until = turn.tick + command.minutes * 60 if command.minutes else None
    turn.emit(e.TicketHeld(ticket=ticket.id, desk=command.desk, until=until, reason=command.reason, tick=turn.tick))
    return _about(turn, Result.OK, ticket)


def _resume(turn: Turn, command: c.Resume) -> Outcome:
    turn.hall.desk(command.desk)
    ticket = _named(turn.hall, command.ticket)
    moved(ticket, Move.RESUME)
    turn.emit(e.TicketResumed(ticket=ticket.id, desk=command.desk, tick=turn.tick))
    return _about(turn, Result.OK, ticket)


def _transfer(turn: Turn, command: c.Transfer) -> Outcome:
    ticket = _ticket_at(turn.hall, command.desk, Move.TRANSFER)
    if command.service is not None:
        turn.hall.leaf(command.service)
    if command.to_desk is not None:
        turn.hall.desk(command.to_desk)
    turn.emit(
        e.TicketTransferred(
            ticket=ticket.id, desk=command.desk, service=command.service, to_desk=command.to_desk, return_=command.returns, tick=turn.tick
        )
    )
    return _about(turn, Result.OK, ticket)


def _pick(turn: Turn, command: c.Pick) -> Outcome:
    desk = _require(turn.hall.desk(command.desk), DeskState.OPEN, "calls no one")
    if desk.ticket:
        number = turn.hall.tickets[desk.ticket].number
        raise Refused(f"desk {desk.desk} cannot pick a ticket: {number} is still there; finish it first", code="desk_busy")
    ticket = _named(turn.hall, command.ticket)
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
            tick=turn.tick,
        )
    )
    return _about(turn, Result.CALLED, ticket)


def _judge(turn: Turn, command: c.JudgeCategory) -> Outcome:
    ticket = _ticket_at(turn.hall, command.desk, Move.JUDGE)
    if ticket.category is None or ticket.confirmed is not None:
        why = "it claims none" if ticket.category is None else "it was already judged"
        raise Refused(f"ticket {ticket.number} has no category to judge: {why}", code="no_category")
    turn.emit(e.TicketCategory(ticket=ticket.id, category=ticket.category, confirmed=command.confirmed, desk=command.desk, tick=turn.tick))
    return _about(turn, Result.OK, ticket)


def _undo(turn: Turn, name: str) -> Outcome:
    desk = turn.hall.desk(name)
    last = desk.last_move
    if last is None:
        raise Refused(f"desk {name} has no move to take back", code="nothing_to_undo")
    if turn.tick - last.tick > UNDO_WITHIN:
        raise Refused(f"desk {name} cannot take back its last move: it is more than {UNDO_WITHIN} seconds old", code="undo_too_late")
    newest = {step.ticket.id: step for step in last.steps}
    for step in newest.values():
        now = turn.hall.tickets.get(step.ticket.id)
        untouched = now.last_event == step.event if now else step.led_to not in OPEN_STATES
        if not untouched:
            raise Refused(f"ticket {step.ticket.number} was moved since; the move of desk {name} stands", code="moved_since")
    for step in reversed(last.steps):
        turn.emit(e.TicketUndone(event=step.event, ticket=step.ticket.id, desk=name, tick=turn.tick))
    return Outcome(Result.OK, turn.hall.at_desk(name))


def _set_desk(turn: Turn, command: c.Open | c.Pause | c.Close) -> Outcome:
    desk = turn.hall.desk(command.desk)
    match command:
        case c.Open():
            if desk.state is DeskState.OPEN:
                raise Refused(f"desk {desk.desk} cannot be opened: it is open", code="desk_state")
            turn.emit(e.DeskOpened(desk=desk.desk, tick=turn.tick))
        case c.Pause():
            _require(desk, DeskState.OPEN, "cannot be paused")
            turn.emit(e.DeskPaused(desk=desk.desk, reason=command.reason, tick=turn.tick))
        case c.Close():
            if desk.state is DeskState.CLOSED:
                raise Refused(f"desk {desk.desk} cannot be closed: it is closed", code="desk_state")
            if desk.ticket:
                number = turn.hall.tickets[desk.ticket].number
                raise Refused(f"desk {desk.desk} cannot be closed: {number} is still there; finish it first", code="desk_busy")
            turn.emit(e.DeskClosed(desk=desk.desk, reason=command.reason, tick=turn.tick))
    return Outcome(Result.OK, turn.hall.at_desk(desk.desk))


def _open_day(turn: Turn, command: c.OpenDay) -> Outcome:
    if turn.hall.day is not None:
        _close_day(turn)
    turn.emit(e.DayOpened(day=command.day, wall_at_tick0=command.wall, tz=command.tz, utc_offset=command.utc_offset, provisional=command.provisional))
    turn.tick = 0
    return Outcome(Result.OK)


def _close_day(turn: Turn) -> Outcome:
    if turn.hall.day is None:
        raise Refused("the day cannot be closed: none is open", code="day_state")
    turn.emit(e.DayClosed(day=turn.hall.day.day, tick=turn.tick))
    return Outcome(Result.OK)


def _change_settings(turn: Turn, command: c.ChangeSettings) -> Outcome:
    policy = turn.hall.policy
    for key, value in command.values.items():
        policy = with_setting(policy, key, value)
    faults = problems(policy)
    for desk in turn.hall.desks.values():
        if desk.ticket and desk.desk not in policy.desks:
            faults.append(f"desk {desk.desk}: cannot be removed while ticket {turn.hall.tickets[desk.ticket].number} is there")
    used = {ticket.service for ticket in turn.hall.tickets.values()}
    leaves = policy.services.keys() - policy.groups
    faults += [f"service {code}: cannot be removed or made a group while its tickets are open" for code in sorted(used - leaves)]
    awaited = {ticket.to_desk for ticket in turn.hall.waiting() if ticket.to_desk}
    faults += [f"desk {name}: cannot be removed while tickets wait for it alone" for name in sorted(awaited - policy.desks.keys())]
    if faults:
        raise ConfigError(*faults)
    for key, value in command.values.items():
        turn.emit(e.SettingChanged(key=key, value=value))
    return Outcome(Result.OK)


def _require(desk: Desk, state: DeskState, otherwise: str) -> Desk:
    if desk.state is not state:
        raise Refused(f"desk {desk.desk} {otherwise}: it is {desk.state}", code="desk_state")
    return desk


def _ticket_at(hall: Hall, name: str, move: Move) -> Ticket:
    """Return the ticket at the desk if ``move`` is legal for it. Raises Refused, or Unknown for the desk."""
    hall.desk(name)
    ticket = hall.at_desk(name)
    if ticket is None:
        raise Refused(f"desk {name} has no ticket that could be {move}", code="desk_free")
    moved(ticket, move)
    return ticket


def _named(hall: Hall, reference: str) -> Ticket:
    ticket = hall.find_open(reference)
    if ticket is None:
        raise Refused(f"ticket {reference!r} is not open today", code="ticket_state")
    return ticket


def _about(turn: Turn, result: Result, ticket: Ticket) -> Outcome:
    now = turn.hall.tickets.get(ticket.id)
    if now is None:
        now = next(value for value in reversed(turn.changed) if isinstance(value, Ticket) and value.id == ticket.id)
    return Outcome(result, now)


def _scores(choice: Choice) -> tuple[dict[str, object], ...]:
    return tuple({"ticket": ticket, "score": points} for ticket, points in choice.scores)
