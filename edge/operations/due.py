"""What is due by itself: the business day, steps of the wall clock, the end of a hold, button-only desks.

Every write settles it first; a ticker does so each second.

The day ends by ticks alone: a wall clock that jumps never closes it (`contract/ordering.md`, "Tick").
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from edge.operations.clock import is_date
from edge.operations.context import Context
from edge.queueing import appointments, commands, roster
from edge.queueing.chain import instant
from edge.queueing.day import Day, ends_at, following, following_workday, is_over, wall
from edge.queueing.decide import Turn, decide
from edge.queueing.hall import Hall
from edge.queueing.hours import DAY_S
from edge.queueing.opening import OVERNIGHT
from edge.queueing.serving import end_holds
from edge.queueing.ticket import TicketState

STEP_S = 2.0  # smaller differences are drift that the next step will show


def settle(ctx: Context, turn: Turn, at: datetime) -> None:
    """Emit on ``turn`` what is due at its tick. ``at``: the wall clock of this decision."""
    if not turn.hall.policy.centre.id:
        return
    day = turn.hall.day
    if day is None or _ended(turn.hall, day, turn.tick) or _slept(ctx, turn.hall, day):
        decide(turn, _opening(ctx, turn, at, day))
    elif ctx.clock.quality().trusted:
        by = (at - wall(day, turn.tick)).total_seconds()
        if abs(by) >= STEP_S or not day.timed:
            decide(turn, commands.NoteClockStep(round(by)))
    end_holds(turn)
    if is_date(at):  # else nobody knows who is late
        for missed in appointments.due(turn.hall, turn.tick):
            decide(turn, missed)
    for command in roster.due(turn.hall, turn.tick):
        decide(turn, command)


def _ended(hall: Hall, day: Day, tick: int) -> bool:
    """Tell whether the day is over. While nobody knows the time its midnight may be noon: then the last desk closes first, or half a day passes."""
    end = ends_at(day)
    return tick >= end and (day.timed or not roster.staffed(hall) or tick >= end + DAY_S // 2)


def _slept(ctx: Context, hall: Hall, day: Day) -> bool:
    """Tell whether the box was probably off over a night: it was switched off after hours with nobody there, and has no clock that could tell."""
    lost = ctx.ticks.lost_at
    if lost is None or ctx.clock.quality().trusted or not is_over(day, hall.policy.calendar, lost):
        return False
    waits_on = OVERNIGHT if hall.policy.calendar.keep_overnight else ()
    return all(ticket.state in (TicketState.MISSED, *waits_on) for ticket in hall.tickets.values())


def _opening(ctx: Context, turn: Turn, at: datetime, before: Day | None) -> commands.OpenDay:
    """The next day: the local date if the clock is trusted and has moved on, else the day after the last, provisional.

    With an untrusted clock the time of day goes on as it was counted; after a sleep nobody knows it, and the day is the next one of work.
    """
    tz = turn.hall.policy.centre.tz
    today = at.astimezone(ZoneInfo(tz)).date().isoformat()
    if ctx.clock.quality().trusted:
        return opening(today if before is None or today > before.day else following(before.day), at, tz, provisional=False)
    if before is None:
        return opening(today, at, tz, provisional=True)
    if ctx.ticks.lost_at is None:
        counted = wall(before, turn.tick) if before.timed else at
        return opening(following(before.day), counted, tz, provisional=True, timed=before.timed)
    slept = _slept(ctx, turn.hall, before)
    name = following_workday(before.day, turn.hall.policy.calendar) if slept else following(before.day)
    return opening(name, at, tz, provisional=True)


def opening(name: str, at: datetime, tz: str, *, provisional: bool, timed: bool | None = None) -> commands.OpenDay:
    """Return the command that opens the day ``name`` at the instant ``at``. ``timed``: as in `commands.OpenDay`."""
    offset = at.astimezone(ZoneInfo(tz)).utcoffset()
    return commands.OpenDay(name, instant(at), tz, int(offset.total_seconds()) if offset else 0, provisional=provisional, timed=timed)
