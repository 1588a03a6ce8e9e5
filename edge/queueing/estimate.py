"""When a visitor will roughly be called: a range of clock times that holds in about four of five cases, or None while nobody can say.

How: each waiting visit is spread evenly over the open desks that may call it. Who comes behind the work W of n desks waits for W, and for the
first of the n to come free: (W + R / n) / n seconds, where R is what is left of the visits at the desks. How far that may be out follows from the
visits' own spread, which is taken as lognormal with a coefficient of variation of 0.7: m · exp(±1.28 s), s = √Σvar / Σmean, at least 0.25.

What it does not know, so that it stays rough: who will come later and go before (appointments, priority), desks that will open, pause or close,
and what visits really took; a desk reserved for a category counts like any other. It is only said, never decided with: the range of a ticket is
part of its event, and a replay does not work it out again.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from edge.queueing.day import Day, wall, working_left
from edge.queueing.desk import Desk, DeskId, DeskState
from edge.queueing.hall import Hall
from edge.queueing.offer import in_front_of
from edge.queueing.ordering import score, standing_of_newcomer, standings
from edge.queueing.policy import Policy
from edge.queueing.ticket import Ticket, TicketState

CHANGEOVER_S = 30  # from one visitor's leaving to the next one's sitting down
SPREAD = 0.7  # coefficient of variation of one visit
EIGHTY_PERCENT = 1.28  # quantile of the normal distribution: one in ten below, one in ten above
LEAST_SIGMA = 0.25
ALMOST = 1e-6  # thirds of a visit need not add up exactly
DEFAULT_MINUTES = 10  # of a service that the centre no longer has
STEP = timedelta(minutes=5)
WIDEST = timedelta(minutes=30)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Range:
    """``start`` < ``end``: aware UTC, whole five minutes of the centre's clock, rounded outward."""

    start: datetime
    end: datetime


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


def told(said: Range | None, expected: Range, at: datetime) -> Told:
    """Put together what a ticket ``said`` and what is ``expected`` at the instant ``at``.

    An end that was said is not moved by less than five minutes, so that it does not flicker; it is moved earlier freely, and it never lies behind us.
    """
    end = expected.end
    if said and expected.start < said.end and end <= said.end + STEP:
        end = min(end, said.end)
    found = Range(expected.start, end)
    width = found.end - found.start
    how = How.SOON if found.end - at <= STEP else How.NOT_BEFORE if width > WIDEST else How.BETWEEN
    return Told(found, how, late=said is not None and found.end > said.end)


def newcomers(hall: Hall, tick: int) -> Callable[[str], Range | None]:
    """Return a function from a service's code to the range of a walk-in who came at ``tick``; who waits is counted once."""
    waits = TicketState.WAITING  # hall.waiting() without its list: this is done with each change of the hall
    return _Crew(
        hall, tick, [(each.service, each.to_desk) for each in hall.tickets.values() if each.state is waits and each.ready_at <= tick]
    ).range_of


def newcomer(hall: Hall, code: str, tick: int, category: str | None = None) -> Range | None:
    """Return the range of a walk-in of service ``code`` who comes at ``tick`` with the right to ``category``."""
    head = standing_of_newcomer(category, hall.policy).head
    if not head:
        return newcomers(hall, tick)(code)
    standing = standings(hall.policy)
    ahead = [each for each in hall.waiting() if each.ready_at <= tick and score(standing(each), each.base, tick) >= head]
    return _Crew(hall, tick, [(each.service, each.to_desk) for each in ahead]).range_of(code)


def waiting(hall: Hall, ticket: Ticket, tick: int) -> Range | None:
    """Return the range of a waiting ticket as it looks at ``tick``."""
    crew = _Crew(hall, tick, [(each.service, each.to_desk) for each in in_front_of(hall, ticket, tick)])
    return crew.range_at(crew.desks_for(ticket.service, ticket.to_desk))


class _Crew:
    """The open desks at a tick, what is left of the visits at them, and the work that falls on each. ``ahead``: service and desk of those waiting."""

    def __init__(self, hall: Hall, tick: int, ahead: Iterable[tuple[str, DeskId | None]]) -> None:
        self._hall, self._tick = hall, tick
        self._hours = working_left(hall.day, hall.policy.calendar, tick) if hall.day and not hall.policy.emergency else []
        self._open: dict[DeskId, float | None] = {}  # seconds left of the visit there, None: free
        self._serving: dict[str, list[DeskId]] = {}
        self._known: dict[tuple[DeskId, ...], Range | None] = {}
        self._load = dict.fromkeys(hall.desks, (0.0, 0.0, 0.0))  # visits, their seconds, and the squares of these
        for name, desk in hall.desks.items():
            if desk.state is DeskState.OPEN:
                self._open[name] = _left(hall, desk, tick)
                for code in hall.plan(name).services:
                    self._serving.setdefault(code, []).append(name)
        if self._hours:
            self._spread(Counter(ahead))

    def desks_for(self, service: str, to_desk: DeskId | None) -> Sequence[DeskId]:
        """Return the open desks that may call such a ticket."""
        if to_desk is None:
            return self._serving.get(service, ())
        return (to_desk,) if to_desk in self._open else ()

    def range_of(self, service: str) -> Range | None:
        """Return the range of who waits behind all this for ``service``; services of the same desks share it."""
        desks = tuple(self._serving.get(service, ()))
        if desks not in self._known:
            self._known[desks] = self.range_at(desks)
        return self._known[desks]

    def range_at(self, desks: Sequence[DeskId]) -> Range | None:
        """Return the range of who waits behind all this for the first of ``desks``; None when none is open, or not before the hall closes."""
        day = self._hall.day
        if not desks or day is None:
            return None
        earliest, latest = self._seconds(desks)
        start = self._tick_after(math.floor(earliest))
        end = self._tick_after(math.ceil(latest))
        if start is None:
            return None
        return _clocked(day, start, self._hours[-1][1] if end is None else end)

    def _spread(self, counts: Counter[tuple[str, DeskId | None]]) -> None:
        for (service, to_desk), count in counts.items():
            desks = self.desks_for(service, to_desk)
            if desks:
                seconds = _visit_s(self._hall.policy, service)
                each = count / len(desks)
                for desk in desks:
                    visits, work, squares = self._load[desk]
                    self._load[desk] = (visits + each, work + each * seconds, squares + each * seconds * seconds)

    def _seconds(self, desks: Sequence[DeskId]) -> tuple[float, float]:
        """Return the shortest and the longest wait, in seconds of opening hours."""
        number = len(desks)
        visits, work, squares = (sum(column) for column in zip(*(self._load[desk] for desk in desks), strict=True))
        at_desks = [left for desk in desks if (left := self._open[desk]) is not None]
        free = number - len(at_desks)
        if visits < free - ALMOST:
            return 0.0, 0.0
        taken = free * work / visits if free else 0.0  # by the desks that are free: their visits begin now
        behind = work - taken
        first = (sum(at_desks) + taken) / number
        total = behind + first
        variance = (squares * behind / work if work else 0.0) + first * first
        factor = math.exp(EIGHTY_PERCENT * max(LEAST_SIGMA, SPREAD * math.sqrt(variance) / total))
        return total / number / factor, total / number * factor

    def _tick_after(self, seconds: int) -> int | None:
        """Return the tick at which ``seconds`` of opening hours will have passed; None when today has not so many left."""
        for start, end in self._hours:
            if start + seconds <= end:
                return start + seconds
            seconds -= end - start
        return None


def _left(hall: Hall, desk: Desk, tick: int) -> float | None:
    """Return how many seconds of the visit at ``desk`` are left on average.

    After a quarter of its usual time two thirds of that are still left, and this stays so: the mean residual life of the lognormal, within a tenth.
    """
    ticket = hall.at_desk(desk.desk)
    if ticket is None:
        return None
    usual = _visit_s(hall.policy, ticket.service)
    since = tick - desk.last_move.tick if desk.last_move else 0
    return max(usual - since, usual * 2 / 3)


def _visit_s(policy: Policy, service: str) -> int:
    known = policy.services.get(service)
    return (known.minutes if known else DEFAULT_MINUTES) * 60 + CHANGEOVER_S


def _clocked(day: Day, first: int, last: int) -> Range:
    offset = timedelta(seconds=day.utc_offset)
    start = (wall(day, first) + offset - _EPOCH) // STEP
    end = -((_EPOCH - wall(day, last) - offset) // STEP)
    return Range(_EPOCH + start * STEP - offset, _EPOCH + max(end, start + 1) * STEP - offset)
