"""Raising promises that do not hold any more, once a minute (`queueing.promising`)."""

from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing.decide import Stamp, Turn
from edge.queueing.promising import raise_outlived

EVERY_S = 60


class Keeper:
    """Looks once in `EVERY_S` seconds of the day, however often it is asked; opens a write transaction only when a promise must be raised."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._looked: tuple[str, int] | None = None

    def look(self) -> None:
        """Raise what is to be raised, if it is time to look."""
        ctx = self._ctx
        day, tick = ctx.hall.day, ctx.tick()
        now = (day.day, tick // EVERY_S) if day else None
        if now is None or now == self._looked:
            return
        self._looked = now
        trial = Turn(ctx.hall, tick, Stamp(ctx.clock.wall(), ctx.clock.quality(), "system", ctx.new_id))
        raise_outlived(trial)
        if trial.facts:
            with deciding(ctx, "system") as decision:
                raise_outlived(decision.turn)
