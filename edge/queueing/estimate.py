"""When a visitor will be called: a range of clock times that holds in four of five cases, or None while nobody can say.

How (`docs/estimates.md`): the hall is run forward by the rule (`projection`), which gives the expected wait m in seconds of opening hours. How far
such estimates were out before, for tickets of the same class and about the same m, gives the interval: m times two quantiles of actual / estimate
(`learned`). It is said as clock times, rounded outward to five minutes.

It is only said, never decided with: what a ticket was told is part of its event, and a replay does not work it out again.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from edge.queueing.day import Day, opens_at, wall
from edge.queueing.expectation import cell_of, interval
from edge.queueing.hall import Hall
from edge.queueing.ordering import placed, standing_of_newcomer, standings
from edge.queueing.policy import Policy
from edge.queueing.projection import Newcomer, Projection
from edge.queueing.ticket import Booked, Ticket

STEP = timedelta(minutes=5)
WIDEST = timedelta(minutes=30)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Range:
    """``start`` < ``end``: aware UTC, whole five minutes of the centre's clock, rounded outward."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds of opening hours from now: ``expected``, and between ``earliest`` and ``latest`` in four of five cases.

    ``cell``: where it is judged once the ticket is called; None when a desk is free. ``range``: the same as clock times; None when no time may be
    said: the hall closes before, or nobody knows the time of day.
    """

    cell: str | None
    expected: int
    earliest: int
    latest: int
    range: Range | None


class How(StrEnum):
    """How a range is put into words: within five minutes, as two clock times, or, when they lie too far apart to plan by, as the earlier one."""

    SOON = "soon"
    BETWEEN = "between"
    NOT_BEFORE = "not-before"


@dataclass(frozen=True, slots=True)
class Told:
    """What a waiting visitor is told. ``late``: it takes longer than was said when the ticket was issued."""

    range: Range
    how: How
    late: bool


def told(said: Range | None, expected: Range, at: datetime, *, raised: bool = False) -> Told:
    """Put together what a ticket ``said`` and what is ``expected`` at the instant ``at``. ``raised``: what it said first was moved since.

    An end that was said is not moved by less than five minutes, so that it does not flicker; it is moved earlier freely, and it never lies behind us.
    """
    end = expected.end
    if said and expected.start < said.end and not outlived(said.end, expected):
        end = min(end, said.end)
    found = Range(expected.start, end)
    width = found.end - found.start
    how = How.SOON if found.end - at <= STEP else How.NOT_BEFORE if width > WIDEST else How.BETWEEN
    return Told(found, how, late=raised or (said is not None and found.end > said.end))


def outlived(end: datetime, expected: Range) -> bool:
    """Tell whether a promised ``end`` does not hold any more: by more than five minutes, as is now expected."""
    return expected.end > end + STEP


def newcomers(hall: Hall, tick: int) -> Callable[[str], Range | None]:
    """Return a function from a service's code to the range of a walk-in who came at ``tick``; the hall is run forward once."""
    opens = opens_at(hall.day, hall.policy.calendar, tick) if hall.day else None
    asked = {code: arriving(hall.policy, code, tick, opens) for code in hall.leaves()}
    run = Projection(hall, tick, tuple(asked.values()))

    def range_of(code: str) -> Range | None:
        found = _of_newcomer(hall, run, asked[code])
        return found.range if found else None

    return range_of


def newcomer(hall: Hall, code: str, tick: int, category: str | None = None, appointment: int | None = None) -> Forecast | None:
    """Return what awaits a visitor of service ``code`` who comes at ``tick`` with the right to ``category``, or for an ``appointment`` (its tick)."""
    opens = opens_at(hall.day, hall.policy.calendar, tick) if hall.day else None
    asked = arriving(hall.policy, code, tick, opens, category, appointment)
    return _of_newcomer(hall, Projection(hall, tick, (asked,)), asked)


def waiting(hall: Hall, ticket: Ticket, tick: int) -> Range | None:
    """Return the range of a waiting ticket as it looks at ``tick``."""
    return ranges(hall, (ticket,), Projection(hall, tick, until=ticket.id)).get(ticket.id)


def ranges(hall: Hall, tickets: Iterable[Ticket], run: Projection) -> dict[str, Range]:
    """Return the ranges of waiting tickets, by their ids, from one run of the hall; who is called by no open desk has none."""
    standing = standings(hall.policy)
    found = {}
    for ticket in tickets:
        if ticket.id in run.calls:
            desks = len(run.desks_of(ticket.service, ticket.to_desk))
            forecast = _forecast(hall, run, standing(ticket).name, run.calls[ticket.id], desks / run.visit_s(ticket.service))
            if forecast.range:
                found[ticket.id] = forecast.range
    return found


def arriving(policy: Policy, code: str, tick: int, opens: int | None = None, category: str | None = None, appointment: int | None = None) -> Newcomer:
    """Return who would come at ``tick``, as the rule would see the ticket. ``opens``: the tick of the opening, if later."""
    base, booked, ready_at = placed(tick, opens, appointment, policy)
    ordering = policy.ordering
    standing = standing_of_newcomer(category, policy)
    if booked is not None:
        due = ordering.booked if booked is Booked.ON_TIME else ordering.late_booking
        standing = max(due, standing, key=lambda each: (each.weight, each.head))
    return Newcomer(policy.first_of(code), standing, base, ready_at, category)


def _of_newcomer(hall: Hall, run: Projection, asked: Newcomer) -> Forecast | None:
    expected = run.newcomers.get(asked)
    if expected is None:
        return None
    return _forecast(hall, run, asked.standing.name, expected, len(run.desks_of(asked.service)) / run.visit_s(asked.service))


def _forecast(hall: Hall, run: Projection, kind: str, expected: float, visits_a_second: float) -> Forecast:
    if not expected:
        return Forecast(None, 0, 0, 0, _clocked(hall.day, run.spans, 0, 0))
    cell = cell_of(kind, expected)
    earliest, latest = interval(hall.learned, cell, expected, expected * visits_a_second)
    early, late = math.floor(earliest), math.ceil(latest)
    return Forecast(cell, max(1, round(expected)), early, late, _clocked(hall.day, run.spans, early, late))


def _clocked(day: Day | None, spans: list[tuple[int, int]], earliest: int, latest: int) -> Range | None:
    """Say seconds of opening hours as clock times; the end is at most the hall's closing."""
    first = _tick_after(spans, earliest)
    if first is None or day is None or not day.timed:
        return None
    last = _tick_after(spans, latest)
    offset = timedelta(seconds=day.utc_offset)
    start = (_whole(wall(day, first)) + offset - _EPOCH) // STEP
    end = -((_EPOCH - _whole(wall(day, spans[-1][1] if last is None else last)) - offset) // STEP)
    return Range(_EPOCH + start * STEP - offset, _EPOCH + max(end, start + 1) * STEP - offset)


def _whole(at: datetime) -> datetime:
    """Return the whole second: a day begins within one, and the opening at 13:30 must not be said to be at 13:29:59."""
    return (at + timedelta(milliseconds=500)).replace(microsecond=0)


def _tick_after(spans: list[tuple[int, int]], seconds: int) -> int | None:
    """Return the tick at which ``seconds`` of opening hours will have passed; None when today has not so many left."""
    for start, end in spans:
        if start + seconds <= end:
            return start + seconds
        seconds -= end - start
    return None
