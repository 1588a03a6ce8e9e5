"""What the ticker does each second, and the day's chores: nothing of the hall waits for a scheduler."""

from datetime import timedelta

from edge.operations import due
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing.chain import instant
from edge.queueing.decide import Stamp, Turn

ANSWERS_KEPT = timedelta(hours=48)  # the contracts ask for 24 h


def settle(ctx: Context) -> None:
    """Do what is due by itself; opens a write transaction only when something is."""
    at = ctx.clock.wall()
    trial = Turn(ctx.hall, ctx.tick(), Stamp(at, ctx.clock.quality(), "system", ctx.new_id))
    due.settle(ctx, trial, at)
    if trial.facts:
        with deciding(ctx, "system"):
            pass


def forget_answers(ctx: Context) -> None:
    """Drop remembered answers that no client may ask for any more."""
    with ctx.database.write() as transaction:
        transaction.forget(instant(ctx.clock.wall() - ANSWERS_KEPT))
