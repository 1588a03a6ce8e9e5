"""When the centre works, by its calendar: hours of each weekday, holidays and shortened days, lunch. Local seconds of one day, no clock.

A day in ``days`` has its own hours and no others, whatever its weekday; the lunch break holds on every day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

DAY_S = 86_400
FAR = 60  # days that are looked ahead for the next opening: longer than any row of holidays


@dataclass(frozen=True, slots=True)
class Interval:
    """``start`` <= local second of the day < ``end``."""

    start: int
    end: int

    def covers(self, second: int) -> bool:
        """Tell whether the local second of the day lies inside."""
        return self.start <= second < self.end


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A holiday (no hours), a shortened or an extra day. ``why``: what visitors read, by language."""

    hours: tuple[Interval, ...]
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours by weekday (Monday first), special days by ISO date, and the lunch break of the whole hall.

    ``keep_overnight``: who still waits at the end of a day waits on tomorrow. ``tokens_before_min``: so long before the day's opening tickets are
    given, 0: not before it; waiting counts from the opening all the same. ``cohort``: so many are let in at the door at a time, 0: everybody.
    """

    hours: tuple[tuple[Interval, ...], ...]
    lunch: tuple[Interval, ...] = ()
    days: Mapping[str, SpecialDay] = field(default_factory=dict)
    keep_overnight: bool = False
    tokens_before_min: int = 0
    cohort: int = 0


def hours_on(calendar: Calendar, day: str) -> tuple[Interval, ...]:
    """Return the hours of an ISO date, lunch included."""
    special = calendar.days.get(day)
    return special.hours if special else calendar.hours[date.fromisoformat(day).weekday()]


def open_spans(calendar: Calendar, day: str) -> list[Interval]:
    """Return when the hall is open on an ISO date: the hours without lunch, in order, joined where they touch or overlap."""
    return without(hours_on(calendar, day), calendar.lunch)


def without(hours: Sequence[Interval], breaks: Sequence[Interval]) -> list[Interval]:
    """Return ``hours`` less ``breaks``, in order, joined where they touch or overlap."""
    edges = {edge for span in (*hours, *breaks) for edge in (span.start, span.end)}
    spans: list[Interval] = []
    for start, end in pairwise(sorted(edges)):
        if covered(hours, start) and not covered(breaks, start):
            if spans and spans[-1].end == start:
                start = spans.pop().start  # noqa: PLW2901 -- joined with the one before
            spans.append(Interval(start, end))
    return spans


def covered(intervals: Iterable[Interval], second: int) -> bool:
    """Tell whether one of ``intervals`` has the local second."""
    return any(interval.covers(second) for interval in intervals)


def round_the_clock(calendar: Calendar, day: str) -> bool:
    """Tell whether the hall never closes on an ISO date."""
    return open_spans(calendar, day) == [Interval(0, DAY_S)]


def next_opening(calendar: Calendar, day: str) -> tuple[str, int] | None:
    """Return the first ISO date after ``day`` on which the hall opens, and the local second; None when there is none in sight."""
    for ahead in range(1, FAR + 1):
        opens = (date.fromisoformat(day) + timedelta(days=ahead)).isoformat()
        spans = open_spans(calendar, opens)
        if spans:
            return opens, spans[0].start
    return None
