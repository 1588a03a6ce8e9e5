"""What the ticker does each second, and the day's chores: nothing of the hall waits for a scheduler."""

from datetime import date, timedelta

from edge.errors import BadRequest, Refused
from edge.operations import due
from edge.operations.clock import local
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing.chain import instant
from edge.queueing.commands import ConfirmDay, NoteClockStep
from edge.queueing.day import wall
from edge.queueing.decide import Stamp, Turn, decide
from edge.store import queries

ANSWERS_KEPT = timedelta(hours=48)  # the contracts ask for 24 h


def settle(ctx: Context) -> None:
    """Do what is due by itself; opens a write transaction only when something is."""
    at = ctx.clock.wall()
    trial = Turn(ctx.hall, ctx.tick(), Stamp(at, ctx.clock.quality(), "system", ctx.new_id))
    due.settle(ctx, trial, at)
    if trial.facts:
        with deciding(ctx, "system"):
            pass
    else:
        ctx.ticks.settled()


def confirm(ctx: Context, day: str | None, *, actor: str) -> str:
    """Take the word of a person for the date, and for the box's clock if that shows the same date; returns the day's name.

    ``day``: ISO, None: what the box's clock shows. A provisional day is renamed, numbers stay; a day that is over is followed by the right one.
    Raises BadRequest, Refused.
    """
    with deciding(ctx, actor) as decision:
        turn = decision.turn
        at, now = ctx.clock.wall(), turn.hall.day
        if now is None:
            raise Refused("there is no day to confirm: the centre has no settings yet", code="day_state")
        shown = local(now.tz, at).date().isoformat()
        name = shown if day is None else _date(day)
        after = queries.last_closed_day(ctx.database)
        by = at - wall(now, turn.tick)
        if now.provisional:
            decide(turn, ConfirmDay(name, after))
        elif name <= now.day or name != shown:
            raise Refused(f"there is nothing to confirm: the day is {now.day}, and the box's clock shows {shown}", code="day_state")
        else:
            decide(turn, due.opening(name, at, now.tz, provisional=False))
            return name
        if name == shown and (abs(by) >= due.STEP or not now.timed):
            decide(turn, NoteClockStep(round(by.total_seconds())))
    return name


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadRequest(f"day {text!r}: must be a date such as 2026-11-24") from None


def forget_answers(ctx: Context) -> None:
    """Drop remembered answers that no client may ask for any more."""
    with ctx.database.write() as transaction:
        transaction.forget(instant(ctx.clock.wall() - ANSWERS_KEPT))
