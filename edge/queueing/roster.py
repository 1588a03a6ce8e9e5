"""Who works when: the hall's part of the day, and the spans in which each desk calls.

A desk calls nobody before the hall opens, at the hall's lunch and at its own; what it has it finishes. After closing it goes on for as long as it is
open: who holds a ticket is still served. Under a clock that nobody vouches for there is no roster; people open and close the desks.
"""

from edge.queueing import commands as c
from edge.queueing.day import Closed, Phase, Stage, closed_because, is_over, opens_at, phase, second_at, tick_at, working_left_without
from edge.queueing.desk import DeskId, DeskState
from edge.queueing.hall import Hall
from edge.queueing.hours import Interval, covered, hours_on, without
from edge.queueing.ordering import may_call
from edge.queueing.policy import DeskPlan

AFTER_HOURS = "after-hours"  # the reason in the journal


def staffed(hall: Hall) -> bool:
    """Tell whether any desk is open."""
    return any(desk.state is DeskState.OPEN for desk in hall.desks.values())


def why_closed(hall: Hall, tick: int) -> Closed | None:
    """Say why the hall gives no tickets at ``tick``, by its hours; None while it does."""
    return closed_because(hall.day, hall.policy.calendar, tick, staffed=staffed(hall))


def phase_of(hall: Hall, tick: int) -> Phase:
    """Return the hall's part of the day at ``tick`` and when it ends."""
    return phase(hall.day, hall.policy.calendar, tick, staffed=staffed(hall))


def off_until(hall: Hall, desk: DeskId, tick: int) -> int | None:
    """Return the tick at which the desk calls again, None when it may call at ``tick``."""
    day, calendar = hall.day, hall.policy.calendar
    if day is None or not day.timed:
        return None
    opens = opens_at(day, calendar, tick)
    if opens is not None:
        return opens
    second = second_at(day, tick)
    breaks = _breaks(hall, desk, open_at_step=tick < day.open_until)
    until = next((span.end for span in without(breaks, ()) if span.covers(second)), None)
    if until is None or not covered(hours_on(calendar, day.day), second):
        return None
    return tick_at(day, until)


def rostered(hall: Hall, desk: DeskId, tick: int) -> list[tuple[int, int]]:
    """Return when the desk works from ``tick`` on, today, as pairs of ticks in order; whether it is open is another matter."""
    day, calendar = hall.day, hall.policy.calendar
    if day is None:
        return []
    return working_left_without(day, calendar, hall.plan(desk).lunch, tick)


def _breaks(hall: Hall, desk: DeskId, *, open_at_step: bool) -> tuple[Interval, ...]:
    """Return the breaks of the desk; while the hall is open because it was when the clock was set, only its own."""
    return hall.plan(desk).lunch if open_at_step else (*hall.policy.calendar.lunch, *hall.plan(desk).lunch)


def due(hall: Hall, tick: int) -> list[c.Open | c.Close]:
    """Return what the hours do to button-only desks at ``tick``: open when the hall does, closed after it once nobody is left for them."""
    day = hall.day
    if day is None or not day.timed or hall.policy.emergency:
        return []
    plans = [plan for plan in hall.policy.desks.values() if plan.button_only]
    if not plans:
        return []
    if phase(day, hall.policy.calendar, tick).stage is Stage.OPEN:
        new = [plan.desk for plan in plans if plan.desk not in day.by_hours and hall.desks[plan.desk].state is DeskState.CLOSED]
        return [c.Open(desk, by_hours=True) for desk in new]
    if not is_over(day, hall.policy.calendar, tick):
        return []
    return [c.Close(plan.desk, AFTER_HOURS) for plan in plans if plan.desk in day.by_hours and _is_done(hall, plan)]


def _is_done(hall: Hall, plan: DeskPlan) -> bool:
    desk = hall.desks[plan.desk]
    return desk.state is not DeskState.CLOSED and desk.ticket is None and not any(may_call(plan, ticket) for ticket in hall.waiting())
