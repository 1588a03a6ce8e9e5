"""The business day: opened by an event, counted in ticks, never read from the wall clock.

The offset to UTC is part of ``day.opened``, so that a replay does not depend on a time zone database.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

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


def following(day: str) -> str:
    """Return the calendar day after ``day`` (ISO)."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _covered(intervals: Sequence[Interval], second: int) -> bool:
    return any(interval.covers(second) for interval in intervals)
