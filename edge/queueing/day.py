"""The business day: opened by an event, counted in ticks, never read from the wall clock.

The offset to UTC is part of ``day.opened``, so that a replay does not depend on a time zone database.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Day:
    """An open business day. ``wall_at_tick0``: aware UTC; ``stepped``: seconds that the wall clock was set forward since."""

    day: str
    wall_at_tick0: datetime
    tz: str
    utc_offset: int
    stepped: int = 0
    provisional: bool = False


class Closed(StrEnum):
    """Why nothing is issued now; the words of `contract/mqtt.md`."""

    CLOSED = "closed"
    LUNCH = "lunch"


class Stage(StrEnum):
    """What part of the business day it is, by the calendar alone; whether desks are open is another matter."""

    OPENING = "opening"
    OPEN = "open"
    LUNCH = "lunch"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Phase:
    """``at``: the local second of the day when the hall opens next (while it is open: when it stops), None when that is not known.

    ``day``: the ISO date that ``at`` belongs to when it is not today.
    """

    stage: Stage
    at: int | None = None
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """``start`` <= local second of the day < ``end``."""

    start: int
    end: int

    def covers(self, second: int) -> bool:
        """Tell whether the local second of the day lies inside."""
        return self.start <= second < self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours by weekday (Monday first) and the lunch break of the whole hall."""

    hours: tuple[tuple[Interval, ...], ...]
    lunch: tuple[Interval, ...] = ()


def wall(day: Day, tick: int) -> datetime:
    """Return the aware UTC instant that people's clocks show at ``tick``."""
    return day.wall_at_tick0 + timedelta(seconds=tick + day.stepped)


def local_second(day: Day, tick: int) -> tuple[int, int]:
    """Return (weekday, Monday 0; second of the local day) at ``tick``."""
    local = wall(day, tick) + timedelta(seconds=day.utc_offset)
    return local.weekday(), local.hour * 3600 + local.minute * 60 + local.second


def ends_at(day: Day) -> int:
    """Return the tick at which the day is over: the local midnight after the date that it is named for. Steps of the clock do not move it.

    A day may open while the clock still shows the evening before (it was set back, or ticks ran a little fast); it is not over at that midnight.
    A clock that shows another date altogether (1970) can only say when its own day ends.
    """
    local = day.wall_at_tick0 + timedelta(seconds=day.utc_offset)
    named = date.fromisoformat(day.day)
    last = named if named - local.date() in (timedelta(), timedelta(days=1)) else local.date()
    midnight = datetime.combine(last + timedelta(days=1), time(), tzinfo=local.tzinfo)
    return math.ceil((midnight - local).total_seconds())


def closed_because(day: Day | None, calendar: Calendar, tick: int) -> Closed | None:
    """Say why the hall gives no tickets at ``tick``; None while it does."""
    if day is None:
        return Closed.CLOSED
    weekday, second = local_second(day, tick)
    if not _covered(calendar.hours[weekday], second):
        return Closed.CLOSED
    return Closed.LUNCH if _covered(calendar.lunch, second) else None


def phase(day: Day | None, calendar: Calendar, tick: int) -> Phase:
    """Return the part of the day at ``tick`` and when it ends, in the words people use: "opens at 9", "break until 13:30", "opens on Monday".

    A break is lunch only if the hall goes on afterwards. Under a provisional day, whose date nobody vouches for, no other date is named.
    """
    if day is None:
        return Phase(Stage.CLOSED)
    weekday, second = local_second(day, tick)
    spans = _open_spans(calendar, weekday)
    for span in spans:
        if span.covers(second):
            return Phase(Stage.OPEN, span.end)
        if span.start > second:
            at_lunch = _covered(calendar.hours[weekday], second) and _covered(calendar.lunch, second)
            return Phase(Stage.LUNCH if at_lunch else Stage.OPENING, span.start)
    return Phase(Stage.CLOSED) if day.provisional else _next_opening(day, calendar, tick)


def _next_opening(day: Day, calendar: Calendar, tick: int) -> Phase:
    """Look a week ahead from tomorrow; the date is that of people's clocks."""
    today = (wall(day, tick) + timedelta(seconds=day.utc_offset)).date()
    for ahead in range(1, 8):
        opens = today + timedelta(days=ahead)
        spans = _open_spans(calendar, opens.weekday())
        if spans:
            return Phase(Stage.CLOSED, spans[0].start, opens.isoformat())
    return Phase(Stage.CLOSED)


def _open_spans(calendar: Calendar, weekday: int) -> list[Interval]:
    """Return when the hall gives tickets on a weekday: the hours without lunch, in order, joined where they touch or overlap."""
    edges = {edge for span in (*calendar.hours[weekday], *calendar.lunch) for edge in (span.start, span.end)}
    spans: list[Interval] = []
    for start, end in pairwise(sorted(edges)):
        if _covered(calendar.hours[weekday], start) and not _covered(calendar.lunch, start):
            if spans and spans[-1].end == start:
                start = spans.pop().start  # noqa: PLW2901 -- joined with the one before
            spans.append(Interval(start, end))
    return spans


def working_left(day: Day, calendar: Calendar, tick: int) -> list[tuple[int, int]]:
    """Return what is left of the local day's opening hours without lunch, as pairs of ticks in order."""
    weekday, now = local_second(day, tick)
    return [(tick + max(span.start, now) - now, tick + span.end - now) for span in _open_spans(calendar, weekday) if span.end > now]


def spans_on(calendar: Calendar, day: str) -> list[Interval]:
    """Return when the hall gives tickets on a calendar day (ISO), in order."""
    return _open_spans(calendar, date.fromisoformat(day).weekday())


def tick_of(day: Day, at: datetime) -> int:
    """Return the tick at which people's clocks show ``at`` (aware UTC); negative before the day."""
    return math.floor((at - day.wall_at_tick0).total_seconds()) - day.stepped


def following(day: str) -> str:
    """Return the calendar day after ``day`` (ISO)."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _covered(intervals: Sequence[Interval], second: int) -> bool:
    return any(interval.covers(second) for interval in intervals)
