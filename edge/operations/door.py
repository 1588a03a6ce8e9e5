"""What stands on the screen at the door: who may come in, who is next and roughly when; and the supervisor's word that more may come."""

from dataclasses import dataclass
from datetime import datetime

from edge.operations import asked
from edge.operations.context import Context
from edge.operations.decision import Once, deciding
from edge.queueing import commands, door, estimate
from edge.queueing.day import Phase
from edge.queueing.decide import decide
from edge.queueing.hall import Hall
from edge.queueing.policy import Names
from edge.queueing.roster import phase_of
from edge.store import queries

Ranges = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Door:
    """``by_number``: people come in by cohorts, and some are still outside. ``now``, ``then``: ranges of numbers of this cohort and of the next.

    ``start``, ``end``: when the first of the next will roughly be called, None while nobody can say. ``inside``, ``outside``: who waits where.
    """

    phase: Phase
    emergency: Names | None
    by_number: bool
    now: Ranges
    then: Ranges
    start: datetime | None
    end: datetime | None
    inside: int
    outside: int


def seen(ctx: Context) -> Door:
    """Return what the door shows now."""
    hall, tick = ctx.hall, ctx.tick()
    day, size = hall.day, hall.policy.calendar.cohort
    alarm = hall.policy.emergency.text if hall.policy.emergency else None
    outside = [ticket for ticket in hall.waiting() if door.is_outside(hall, ticket.order)]
    by_number = bool(size and outside) and day is not None
    expected = estimate.waiting(hall, outside[0], tick) if by_number else None
    return Door(
        phase=phase_of(hall, tick),
        emergency=alarm,
        by_number=by_number,
        now=_ranges(ctx, hall, -1) if by_number else [],
        then=_ranges(ctx, hall, 0) if by_number else [],
        start=expected.start if expected else None,
        end=expected.end if expected else None,
        inside=len(hall.waiting()) - len(outside),
        outside=len(outside),
    )


def _ranges(ctx: Context, hall: Hall, step: int) -> Ranges:
    """Return the numbers of the cohort let in last (-1) or of the next (0)."""
    if hall.day is None:
        return []
    first = hall.day.admitted + step * hall.policy.calendar.cohort
    return door.ranges(queries.numbers_of(ctx.database, hall.day.day, first, first + hall.policy.calendar.cohort)) if first >= 0 else []


def let_in(ctx: Context, reason: str, *, actor: str, once: Once | None = None) -> None:
    """Let the next cohort in before the hall would by itself. Raises Incomplete, Refused."""
    asked.complete(asked.reason_faults(reason))
    with deciding(ctx, actor) as decision:
        if decision.recall(once) is None:
            decide(decision.turn, commands.LetIn(reason.strip()))
            decision.remember(once, "")
