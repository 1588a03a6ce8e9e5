"""The business day: opened by an event, counted in ticks, never read from the wall clock; and which of the calendar's hours a tick lies in.

The date is the one that the day is named for, and the clock is asked only for the time of day: a step of the clock by a year changes nothing, and
what was open when it was set stays open until it would have closed (`open_until`). The offset to UTC is part of ``day.opened``, so that a replay does
not depend on a time zone database.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from edge.queueing.hours import DAY_S, Calendar, Interval, covered, hours_on, next_opening, open_spans, round_the_clock, without

HALF_A_DAY = DAY_S // 2


@dataclass(frozen=True, slots=True)
class Day:
    """An open business day. ``wall_at_tick0``: aware UTC; ``stepped``: seconds that the wall clock was set forward since.

    ``timed``: nothing speaks against the time of day; else the hours say nothing and the hall is open while a desk is.
    ``open_until``: the hall counts as open until that tick, whatever the clock shows since it was set. ``ends``: the tick at which the day is over
    when that is not what the clock at tick 0 said. ``kept``: numbers of the day before that nobody else may get today. ``by_hours``: button-only
    desks that the hours have opened today; if a person closes one, it stays closed. ``admitted``: holders of so many of the day's first tickets may
    come in at the door.
    """

    day: str
    wall_at_tick0: datetime
    tz: str
    utc_offset: int
    stepped: int = 0
    provisional: bool = False
    timed: bool = True
    open_until: int = 0
    ends: int | None = None
    kept: tuple[str, ...] = ()
    by_hours: tuple[str, ...] = ()
    admitted: int = 0


class Closed(StrEnum):
    """Why nothing is issued now; the words of `contract/mqtt.md`."""

    CLOSED = "closed"
    LUNCH = "lunch"
    NOT_YET = "not-yet"


class Stage(StrEnum):
    """What part of the business day it is, by the calendar alone; whether desks are open is another matter."""

    OPENING = "opening"
    OPEN = "open"
    LUNCH = "lunch"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Phase:
    """``at``: the local second of the day when the hall opens next (while it is open: when it stops), None when that is not known.

    ``day``: the ISO date that ``at`` belongs to when it is not today. ``why``: what visitors read of a special day while the hall is closed, by
    language, None on others. ``tickets_from``: the local second from which tickets are given before an opening still to come, None: not before it.
    """

    stage: Stage
    at: int | None = None
    day: str | None = None
    why: Mapping[str, str] | None = None
    tickets_from: int | None = None


def wall(day: Day, tick: int) -> datetime:
    """Return the aware UTC instant that people's clocks show at ``tick``."""
    return day.wall_at_tick0 + timedelta(seconds=tick + day.stepped)


def second_at(day: Day, tick: int) -> int:
    """Return the local second at ``tick``, counted from the midnight that the day is named for; less than 0 on the evening before."""
    return _zero(day) + tick


def date_at(day: Day, tick: int) -> tuple[str, int]:
    """Return the ISO date and its local second at ``tick``: mostly the day's own, and a neighbour's while the clock is not where the day is."""
    days, second = divmod(second_at(day, tick), DAY_S)
    return _date(day, days), second


def tick_at(day: Day, second: int) -> int:
    """Return the tick of a local second of the day; less than 0 when it was before the day opened."""
    return second - _zero(day)


def tick_of(day: Day, instant: datetime) -> int:
    """Return the tick of an aware instant, as an appointment has it: by its own date and the day's name, not by the date that the clock shows."""
    local = instant + timedelta(seconds=day.utc_offset)
    return tick_at(day, math.floor((local - _midnight(day.day, local)).total_seconds()))


def instant_of(day: Day, tick: int) -> datetime:
    """Return the aware UTC instant of a tick by the day's own date, whatever date the clock shows: what `tick_of` undoes."""
    return _midnight(day.day, day.wall_at_tick0) + timedelta(seconds=second_at(day, tick) - day.utc_offset)


def _zero(day: Day) -> int:
    """Return the local second at tick 0 as the clock shows it now.

    A clock with another date than the day's gives only its time of day, moved by less than half a day from what it was.
    """
    local = day.wall_at_tick0 + timedelta(seconds=day.utc_offset)
    shown = round((local - _midnight(day.day, local)).total_seconds())
    now = shown + day.stepped
    if -HALF_A_DAY <= now < DAY_S:
        return now
    began = shown if -HALF_A_DAY <= shown < DAY_S else shown % DAY_S
    return began + (now - began + HALF_A_DAY) % DAY_S - HALF_A_DAY


def _date(day: Day, later: int) -> str:
    return (date.fromisoformat(day.day) + timedelta(days=later)).isoformat()


def _midnight(day: str, like: datetime) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), tzinfo=like.tzinfo)


def ends_at(day: Day) -> int:
    """Return the tick at which the day is over: the local midnight after the date that it is named for. Steps of the clock do not move it.

    A day may open while the clock still shows the evening before (it was set back, or ticks ran a little fast); it is not over at that midnight.
    A clock that shows another date altogether (1970) can only say when its own day ends, and the first word on the true time of day says it anew.
    """
    if day.ends is not None:
        return day.ends
    local = day.wall_at_tick0 + timedelta(seconds=day.utc_offset)
    named = date.fromisoformat(day.day)
    last = named if named - local.date() in (timedelta(), timedelta(days=1)) else local.date()
    midnight = datetime.combine(last + timedelta(days=1), time(), tzinfo=local.tzinfo)
    return math.ceil((midnight - local).total_seconds())


def closed_because(day: Day | None, calendar: Calendar, tick: int, *, staffed: bool = False) -> Closed | None:
    """Say why the hall gives no tickets at ``tick``; None while it does. ``staffed``: a desk is open, which decides when nobody knows the time."""
    if day is None:
        return Closed.CLOSED
    if not day.timed:
        return None if staffed or round_the_clock(calendar, day.day) else Closed.CLOSED
    if tick < day.open_until:
        return None
    today, second = date_at(day, tick)
    hours = hours_on(calendar, today)
    if covered(hours, second):
        return Closed.LUNCH if covered(calendar.lunch, second) else None
    first, tokens = min((span.start for span in hours), default=0), calendar.tokens_before_min * 60
    if not tokens or second >= first:
        return Closed.CLOSED
    return None if second >= first - tokens else Closed.NOT_YET


def phase(day: Day | None, calendar: Calendar, tick: int, *, staffed: bool = False) -> Phase:
    """Return the part of the day at ``tick`` and when it ends, in the words people use: "opens at 9", "break until 13:30", "opens on Monday".

    A break is lunch only if the hall goes on afterwards. Where nobody vouches for the time no time is named, and where nobody vouches for the date
    no other date. ``staffed`` as in `closed_because`.
    """
    if day is None:
        return Phase(Stage.CLOSED)
    if not day.timed:
        return Phase(Stage.OPEN if closed_because(day, calendar, tick, staffed=staffed) is None else Stage.CLOSED)
    today, second = date_at(day, tick)
    spans = open_spans(calendar, today)
    if tick < day.open_until:
        return Phase(Stage.OPEN, next((span.end for span in spans if span.covers(second)), second_at(day, day.open_until) % DAY_S))
    for span in spans:
        if span.covers(second):
            return Phase(Stage.OPEN, span.end)
        if span.start > second:
            at_lunch = covered(hours_on(calendar, today), second) and covered(calendar.lunch, second)
            return Phase(Stage.LUNCH, span.start) if at_lunch else Phase(Stage.OPENING, span.start, tickets_from=_tickets_from(calendar, spans, span))
    return _closed(calendar, today, sure=not day.provisional)


def _tickets_from(calendar: Calendar, spans: list[Interval], span: Interval) -> int | None:
    return max(0, span.start - calendar.tokens_before_min * 60) if calendar.tokens_before_min and span == spans[0] else None


def _closed(calendar: Calendar, today: str, *, sure: bool) -> Phase:
    special = calendar.days.get(today)
    why = special.why if special and special.why else None
    opens = next_opening(calendar, today) if sure else None
    return Phase(Stage.CLOSED, opens[1], opens[0], why) if opens else Phase(Stage.CLOSED, why=why)


def opens_at(day: Day, calendar: Calendar, tick: int) -> int | None:
    """Return the tick of the day's first opening if it is still to come at ``tick``, else None.

    A hall that never closes at night is open also while its clock, set back, still shows the evening before.
    """
    spans = open_spans(calendar, day.day)
    today, second = date_at(day, tick)
    if not day.timed or not spans or tick < day.open_until or covered(open_spans(calendar, today), second):
        return None
    opens = tick_at(day, spans[0].start)
    return opens if opens > tick else None


def is_over(day: Day, calendar: Calendar, tick: int) -> bool:
    """Tell whether the day's hours are behind at ``tick``; a day without hours is over from its beginning. False while nobody knows the time."""
    if not day.timed or tick < day.open_until:
        return False
    today, second = date_at(day, tick)
    if today > day.day:
        return not covered(hours_on(calendar, today), second)
    return today == day.day and all(span.end <= second for span in hours_on(calendar, today))


def working_left(day: Day, calendar: Calendar, tick: int) -> list[tuple[int, int]]:
    """Return what is left of the day's opening hours without lunch, as pairs of ticks in order; to the day's end while nobody knows the time."""
    return working_left_without(day, calendar, (), tick)


def working_left_without(day: Day, calendar: Calendar, breaks: Sequence[Interval], tick: int) -> list[tuple[int, int]]:
    """Return the same less ``breaks``, local seconds of the day."""
    if not day.timed:
        return [(tick, ends_at(day))] if tick < ends_at(day) else []
    now = second_at(day, tick) // DAY_S  # 0 but for the day before or after, while the clock is not where the day is
    spans = [
        (days * DAY_S + span.start, days * DAY_S + span.end)
        for days in sorted({0, now})
        for span in without(open_spans(calendar, _date(day, days)), breaks)
    ]
    left = [(max(tick, tick_at(day, start)), tick_at(day, end)) for start, end in spans]
    left = [(start, end) for start, end in left if end > start]
    if tick < day.open_until:
        left = [(max(start, day.open_until), end) for start, end in left if end > day.open_until]
        left = [(tick, left.pop(0)[1]), *left] if left and left[0][0] == day.open_until else [(tick, day.open_until), *left]
    return left


def stays_open_until(day: Day, calendar: Calendar, tick: int) -> int:
    """Return the tick until which a hall that is open at ``tick`` is open as the clock shows it now; 0 when it is not open."""
    left = working_left(day, calendar, tick) if day.timed else []
    return left[0][1] if left and left[0][0] == tick else 0


def following(day: str) -> str:
    """Return the calendar day after ``day`` (ISO)."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def following_workday(day: str, calendar: Calendar) -> str:
    """Return the next day on which the centre works; the next calendar day when none is in sight."""
    opens = next_opening(calendar, day)
    return opens[0] if opens else following(day)
