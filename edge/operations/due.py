"""What is due by itself (`queueing.due`), by the clocks of this box: every write settles it first, a ticker does so each second."""

from datetime import datetime
from functools import partial

from edge.operations.clock import is_date, utc_offset
from edge.operations.context import Context
from edge.queueing import commands, due
from edge.queueing.due import STEP, Reading
from edge.queueing.turn import Turn
from edge.store import queries

__all__ = ["STEP", "opening", "settle"]


def settle(ctx: Context, turn: Turn, at: datetime) -> None:
    """Emit on ``turn`` what is due at its tick. ``at``: the wall clock of this decision."""
    offset_of = partial(utc_offset, turn.hall.policy.centre.tz)
    ticks, last_closed = ctx.ticks, partial(queries.last_closed_day, ctx.database)
    due.settle(turn, Reading(at, ctx.clock.quality().trusted, is_date(at), ticks.lost_at, offset_of, ticks.woke, last_closed))


def opening(name: str, at: datetime, tz: str, *, provisional: bool) -> commands.OpenDay:
    """Return the command that opens the day ``name`` at the instant ``at``."""
    return due.opening(name, at, tz, utc_offset(tz, at), provisional=provisional)
