"""What is due by itself: the business day, steps of the wall clock, the end of a hold. Every write settles it first; a ticker does so each second.

The day ends by ticks alone: a wall clock that jumps never closes it (`contract/ordering.md`, "Tick").
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from edge.operations.clock import is_date
from edge.operations.context import Context
from edge.queueing import appointments, commands
from edge.queueing.chain import instant
from edge.queueing.day import Day, ends_at, following, wall
from edge.queueing.decide import Turn, decide
from edge.queueing.serving import end_holds

STEP_S = 2.0  # smaller differences are drift that the next step will show


def settle(ctx: Context, turn: Turn, at: datetime) -> None:
    """Emit on ``turn`` what is due at its tick. ``at``: the wall clock of this decision."""
    if not turn.hall.policy.centre.id:
        return
    day = turn.hall.day
    if day is None:
        decide(turn, _opening(ctx, turn, at, None))
    elif turn.tick >= ends_at(day):
        decide(turn, _opening(ctx, turn, at, day))
    elif ctx.clock.quality().trusted:
        by = (at - wall(day, turn.tick)).total_seconds()
        if abs(by) >= STEP_S:
            decide(turn, commands.NoteClockStep(round(by)))
    end_holds(turn)
    if is_date(at):  # else nobody knows who is late
        for missed in appointments.due(turn.hall, turn.tick):
            decide(turn, missed)


def _opening(ctx: Context, turn: Turn, at: datetime, before: Day | None) -> commands.OpenDay:
    """The next day: the local date if the clock is trusted and has moved on, else the day after the last, provisional."""
    tz = turn.hall.policy.centre.tz
    today = at.astimezone(ZoneInfo(tz)).date().isoformat()
    trusted = ctx.clock.quality().trusted
    name = today if before is None or (trusted and today > before.day) else following(before.day)
    return opening(name, at, tz, provisional=not trusted)


def opening(name: str, at: datetime, tz: str, *, provisional: bool) -> commands.OpenDay:
    """Return the command that opens the day ``name`` at the instant ``at``."""
    offset = at.astimezone(ZoneInfo(tz)).utcoffset()
    return commands.OpenDay(name, instant(at), tz, int(offset.total_seconds()) if offset else 0, provisional=provisional)
