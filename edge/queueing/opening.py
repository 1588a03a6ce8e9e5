"""Opening and closing: desks, the day, and which settings are in force."""

from collections.abc import Mapping
from dataclasses import replace

from edge.errors import ConfigError, Problem, Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.appointments import settle_slots
from edge.queueing.day import Day, closed_because, following, second_at, stays_open_until, tick_at
from edge.queueing.desk import DeskState
from edge.queueing.hall import Hall
from edge.queueing.hours import DAY_S, covered, open_spans
from edge.queueing.policy import Policy, problems, with_setting
from edge.queueing.serving import end_timed_holds
from edge.queueing.ticket import TicketState
from edge.queueing.turn import Outcome, Result, Turn, require_state

OVERNIGHT = (TicketState.WAITING, TicketState.HELD)  # may be kept: their visitors are not done, and did not fail to come
DAY_END = "day-end"  # the reason in the journal


def set_desk(turn: Turn, command: c.Open | c.Pause | c.Close) -> Outcome:
    """Open, pause or close a desk. Raises Refused when it is so already, or cannot be with a ticket there."""
    desk = turn.hall.desk(command.desk)
    match command:
        case c.Open():
            if desk.state is DeskState.OPEN:
                raise Refused(f"desk {desk.desk} cannot be opened: it is open", code="desk_state")
            turn.emit(e.DeskOpened(desk=desk.desk, reason=command.reason, by_hours=command.by_hours, tick=turn.tick))
        case c.Pause():
            require_state(desk, DeskState.OPEN, "cannot be paused")
            turn.emit(e.DeskPaused(desk=desk.desk, reason=command.reason, tick=turn.tick))
        case c.Close():
            if desk.state is DeskState.CLOSED:
                raise Refused(f"desk {desk.desk} cannot be closed: it is closed", code="desk_state")
            if desk.ticket:
                number = turn.hall.tickets[desk.ticket].number
                raise Refused(f"desk {desk.desk} cannot be closed: {number} is still there; finish it first", code="desk_busy")
            turn.emit(e.DeskClosed(desk=desk.desk, reason=command.reason, releases=released(turn.hall, desk.desk), tick=turn.tick))
    return Outcome(Result.OK, turn.hall.at_desk(desk.desk))


def released(hall: Hall, desk: str) -> tuple[str, ...]:
    """Return the tickets that wait for ``desk`` alone and that a desk of their service may call once it is closed."""
    return tuple(each.id for each in hall.waiting() if each.to_desk == desk and hall.policy.desks_of(each.service))


def open_day(turn: Turn, command: c.OpenDay) -> Outcome:
    """Open a business day, closing the one before; the tick starts anew."""
    if turn.hall.day is not None:
        close_day(turn)
    turn.emit(
        e.DayOpened(
            day=command.day,
            wall_at_tick0=command.wall,
            tz=command.tz,
            utc_offset=command.utc_offset,
            provisional=command.provisional,
            timed=not command.provisional if command.timed is None else command.timed,
        )
    )
    turn.tick = 0
    return Outcome(Result.OK)


def close_day(turn: Turn) -> Outcome:
    """Close the business day, with every ticket that is still open and is not kept overnight, and the desks, unless the hall goes on at this hour."""
    hall, day = turn.hall, turn.hall.day
    if day is None:
        raise Refused("the day cannot be closed: none is open", code="day_state")
    goes_on = _goes_on(hall, day, turn.tick)
    kept: tuple[str, ...] = ()
    if hall.policy.calendar.keep_overnight:
        end_timed_holds(turn, DAY_END)
        kept = tuple(ticket.id for ticket in turn.hall.tickets.values() if ticket.state in OVERNIGHT)
    settle_slots(turn)
    turn.emit(e.DayClosed(day=day.day, kept=kept, tick=turn.tick))
    for desk in hall.desks.values():
        if desk.state is not DeskState.CLOSED and not goes_on:
            turn.emit(e.DeskClosed(desk=desk.desk, reason=DAY_END, releases=released(turn.hall, desk.desk), tick=turn.tick))
    return Outcome(Result.OK)


def note_clock_step(turn: Turn, by: int) -> Outcome:
    """Take the clock as it is now set. What is open stays open until it would have closed; the first word on the time also says when the day ends."""
    day = turn.hall.day
    if day is None:
        turn.emit(e.ClockStepped(by=by, tick=turn.tick))
        return Outcome(Result.OK)
    open_until = stays_open_until(day, turn.hall.policy.calendar, turn.tick)
    ends = None if day.timed else _midnight_after(replace(day, stepped=day.stepped + by), turn.tick)
    turn.emit(e.ClockStepped(by=by, open_until=open_until, ends=ends, tick=turn.tick))
    return Outcome(Result.OK)


def _goes_on(hall: Hall, day: Day, tick: int) -> bool:
    """Tell whether the hall is open on both sides of the midnight before ``tick``."""
    calendar = hall.policy.calendar
    return closed_because(day, calendar, tick - 1) is None and covered(open_spans(calendar, following(day.day)), 0)


def _midnight_after(day: Day, tick: int) -> int:
    """Return the tick at which the day is over as the clock shows it now, later than ``tick``."""
    return tick_at(day, DAY_S * max(1, second_at(day, tick) // DAY_S + 1))


def confirm_day(turn: Turn, command: c.ConfirmDay) -> Outcome:
    """Give the provisional day its true name. Raises Refused when nobody doubts its date, or when the name is not after the day before."""
    day = turn.hall.day
    if day is None or not day.provisional:
        raise Refused("the day cannot be confirmed: nobody doubts its date", code="day_state")
    if command.after is not None and command.day <= command.after:
        raise Refused(f"the day cannot be {command.day}: the day before it was {command.after}", code="day_state")
    turn.emit(e.DayConfirmed(day=command.day, was=day.day, tick=turn.tick))
    return Outcome(Result.OK)


def change_settings(turn: Turn, command: c.ChangeSettings) -> Outcome:
    """Put settings in force, all or none. Raises ConfigError with every contradiction found."""
    faults = setting_problems(turn.hall, command.values)
    if faults:
        raise ConfigError(*faults)
    for key, value in command.values.items():
        turn.emit(e.SettingChanged(key=key, value=value, reason=command.reason))
    return Outcome(Result.OK)


def setting_problems(hall: Hall, values: Mapping[str, object]) -> list[Problem]:
    """Return why these settings cannot be put in force in this hall: contradictions between them, and tickets that would lose their place."""
    policy = hall.policy
    for key, value in values.items():
        policy = with_setting(policy, key, value)
    return policy_problems(hall, policy)


def policy_problems(hall: Hall, policy: Policy) -> list[Problem]:
    """Return why this policy cannot be put in force in this hall."""
    faults = problems(policy)
    for desk in hall.desks.values():
        if desk.ticket and desk.desk not in policy.desks:
            number = hall.tickets[desk.ticket].number
            sentence = f"desk {desk.desk}: cannot be removed while ticket {number} is there"
            faults.append(Problem(sentence, "desk-busy", ("desks", desk.desk), given=number))
    used = {code for ticket in hall.tickets.values() for code in (ticket.service, *ticket.steps_left)}
    for code in sorted(used - (policy.services.keys() - policy.groups)):
        sentence = f"service {code}: cannot be removed or made a group while its tickets are open"
        faults.append(Problem(sentence, "service-used", ("services", code)))
    for service in policy.services.values():
        if service.letter and service.letter in hall.blocks:
            sentence = f"service {service.code}: letter {service.letter} stands on emergency slips that are printed"
            faults.append(Problem(sentence, "letter-printed", ("services", service.code, "letter"), given=service.letter))
    awaited = {ticket.to_desk for ticket in hall.waiting() if ticket.to_desk}
    for name in sorted(awaited - policy.desks.keys()):
        faults.append(Problem(f"desk {name}: cannot be removed while tickets wait for it alone", "desk-awaited", ("desks", name)))
    return faults
