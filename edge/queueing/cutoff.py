"""Whether there is still time today: guaranteed, standby, or none (`docs/estimates.md`).

A walk-in is guaranteed a turn when the desks of the service have time, by the closing of the hall, for what waits, for what is under way, for who
booked and for who usually comes with a right to priority, for the newcomer, for z standard deviations of all that, and for a visit that ends late:

    M + z √V <= C - desks · tail

A guaranteed place holds in nineteen of twenty days and a standby place in about every second. A standby ticket is ordered by the one rule like any
other; `to_release` names those that are let go before closing because their turn does not come any more.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.queueing.day import Day, second_at, working_left, working_left_without
from edge.queueing.desk import DeskId, DeskState
from edge.queueing.expectation import booked_on, comes, expected_in, tail_s, variance, visit_s
from edge.queueing.hall import Hall
from edge.queueing.hours import DAY_S, Interval
from edge.queueing.ordering import standing_of_newcomer, standings
from edge.queueing.ticket import Ticket, TicketState

RESIDUAL = 2 / 3  # of a usual visit: what is left of one that is under way for long
RELEASED = "standby"  # the reason in the journal
ON_THE_WAY_S = 1800  # after the opening of the hall, a desk that was not open yet today will be


class Promise(StrEnum):
    """The words of `contract/mqtt.md`."""

    GUARANTEED = "guaranteed"
    STANDBY = "standby"
    NONE = "none"


@dataclass(slots=True)
class _Load:
    """Of one desk, in seconds: what it has and what it will have to do, the variance of it, the part kept for who may yet come with a right."""

    capacity: float
    work: float = 0.0
    variance: float = 0.0
    kept: float = 0.0
    kept_variance: float = 0.0


@dataclass(frozen=True, slots=True)
class _Demand:
    """``number`` visits of a service (a fraction: expected) for these desks. ``right``: those with a right to priority.

    ``chance``: what chance adds to the variance of each, in squared means: 0 for who waits here, 1 - p for who booked and comes with the chance
    p, 1 for who may come (Poisson).
    """

    service: str
    desks: tuple[DeskId, ...]
    number: float
    chance: float = 0.0
    right: bool = False


def promises(hall: Hall, tick: int) -> Callable[[str, str | None], Promise | None]:
    """Return a function from service and category to what a walk-in who came at ``tick`` is promised; None without a cut-off.

    The hall's work is counted once. None, too, while nobody vouches for the time: then nobody knows when it closes.
    """
    rule = hall.policy.promises
    if not rule.cut_off or hall.day is None or not hall.day.timed:
        return lambda _service, _category: None
    balance = _Balance(hall, hall.day, tick)
    return balance.promise


def promise(hall: Hall, service: str, tick: int, category: str | None = None) -> Promise | None:
    """Return what one walk-in is promised."""
    return promises(hall, tick)(service, category)


def to_release(hall: Hall, tick: int) -> list[Ticket]:
    """Return the standby tickets whose turn does not come any more: closing is near, and nobody with a guarantee waits behind them.

    Who has a guarantee and waits behind, in the same class for the same service, is called after them by the rule; so they are called, too.
    """
    rule, day = hall.policy.promises, hall.day
    if not rule.cut_off or day is None or not day.timed or not any(each.promise == Promise.STANDBY for each in hall.tickets.values()):
        return []
    left = working_left(day, hall.policy.calendar, tick)
    if sum(end - start for start, end in left) > rule.release_min * 60:
        return []
    standing, waiting = standings(hall.policy), hall.waiting()
    sheltered: dict[tuple[str, object], int] = {}
    for each in waiting:
        if each.promise == Promise.GUARANTEED:
            key = (each.service, standing(each))
            sheltered[key] = max(sheltered.get(key, 0), each.order)
    return [each for each in waiting if each.promise == Promise.STANDBY and each.order > sheltered.get((each.service, standing(each)), 0)]


class _Balance:
    """Time that the desks have until closing, against the work that falls on each."""

    def __init__(self, hall: Hall, day: Day, tick: int) -> None:
        self._hall, self._day, self._tick = hall, day, tick
        self._rule = hall.policy.promises
        self._loads = {name: _Load(capacity) for name, capacity in self._roster()}
        self._times: dict[str, tuple[float, float]] = {}
        self._serving: dict[str, tuple[DeskId, ...]] = {}
        for name in self._loads:
            for code in hall.plan(name).services:
                self._serving[code] = (*self._serving.get(code, ()), name)
        if self._loads:
            self._under_way()
            for demand in sorted((*self._waiting(), *self._booked(), *self._usual()), key=lambda each: len(each.desks)):
                self._spread(demand)

    def promise(self, service: str, category: str | None = None) -> Promise:
        """Return the promise for one more visitor. Who has a right is not held back by what is kept for such visitors."""
        code = self._hall.policy.first_of(service)
        loads = [self._loads[name] for name in self._serving.get(code, ())]
        if not loads:
            return Promise.STANDBY
        right = category is not None and standing_of_newcomer(category, self._hall.policy) is not self._hall.policy.ordering.ordinary
        mean, var = self._time(code)
        work = mean + sum(load.work - (load.kept if right else 0.0) for load in loads)
        spread = var + sum(load.variance - (load.kept_variance if right else 0.0) for load in loads)
        time = sum(load.capacity for load in loads)
        if work + self._rule.z_permille / 1000 * math.sqrt(max(0.0, spread)) <= time - len(loads) * self._tail(code):
            return Promise.GUARANTEED
        return Promise.STANDBY if work <= time else Promise.NONE

    def _roster(self) -> Iterator[tuple[DeskId, float]]:
        """Yield the desks at work and their seconds until closing. In the first half hour those count, too, that were not open yet today."""
        hall, calendar = self._hall, self._hall.policy.calendar
        whole = working_left(self._day, calendar, 0)
        early = bool(whole) and self._tick < whole[0][0] + ON_THE_WAY_S
        known: dict[tuple[Interval, ...], float] = {}
        for name, desk in hall.desks.items():
            coming = early and desk.state is DeskState.CLOSED and desk.free_since == 0
            if desk.state is not DeskState.CLOSED or coming:
                lunch = hall.plan(name).lunch
                if lunch not in known:
                    spans = working_left_without(self._day, calendar, lunch, self._tick)
                    known[lunch] = float(sum(end - start for start, end in spans))
                yield name, known[lunch]

    def _tail(self, service: str) -> float:
        """Return the seconds kept at each desk for a visit that ends late: one of this service, or of any other that these desks have."""
        rule, learned, policy = self._rule, self._hall.learned, self._hall.policy
        if rule.tail_min is not None:
            return rule.tail_min * 60.0
        beside = sorted(frozenset[str]().union(*(self._hall.plan(name).services for name in self._serving[service])))
        return max(tail_s(learned, policy, [service]), tail_s(learned, policy, beside))

    def _time(self, service: str) -> tuple[float, float]:
        """Return mean and variance of a visit."""
        found = self._times.get(service)
        if found is None:
            learned, policy = self._hall.learned, self._hall.policy
            found = self._times[service] = (visit_s(learned, policy, service), variance(learned, policy, service))
        return found

    def _under_way(self) -> None:
        for name, load in self._loads.items():
            ticket = self._hall.at_desk(name)
            if ticket:
                mean, var = self._time(ticket.service)
                load.work += max(mean - (self._tick - (ticket.called_tick or self._tick)), mean * RESIDUAL)
                load.variance += var

    def _waiting(self) -> Iterable[_Demand]:
        counts = Counter((each.service, each.to_desk) for each in self._hall.tickets.values() if each.state is TicketState.WAITING)
        for (service, to_desk), number in counts.items():
            desks = self._serving.get(service, ()) if to_desk is None else (to_desk,) if to_desk in self._loads else ()
            yield _Demand(service, desks, number)

    def _booked(self) -> Iterable[_Demand]:
        late = self._hall.policy.ordering.late
        counts = Counter(service for due, service in booked_on(self._hall, self._day) if self._tick <= due + late)
        for service, number in counts.items():
            code, chance = self._hall.policy.first_of(service), comes(self._hall, service)
            yield _Demand(code, self._serving.get(code, ()), number * chance, 1 - chance)

    def _usual(self) -> Iterable[_Demand]:
        """Yield who usually comes with a right between now and closing."""
        now = second_at(self._day, self._tick) % DAY_S
        left = working_left(self._day, self._hall.policy.calendar, self._tick)
        parts: Counter[int] = Counter()  # seconds of opening hours by local hour
        for start, end in left:
            for hour in range((now + start - self._tick) // 3600, (now + end - self._tick - 1) // 3600 + 1):
                begins = self._tick - now + hour * 3600
                parts[hour] += min(end, begins + 3600) - max(start, begins)
        for flow in self._hall.learned.flows():
            expected = expected_in(flow, parts, now // 3600)
            number = sum(many * seconds for many, seconds in zip(expected, parts.values(), strict=True)) / 3600
            yield _Demand(flow.service, self._serving.get(flow.service, ()), number, 1.0, right=True)

    def _spread(self, demand: _Demand) -> None:
        """Let the desks that may call it share the work by the time that each has left: those that can do less come first (see the caller)."""
        loads = [self._loads[name] for name in demand.desks]
        if not loads or not demand.number:
            return
        mean, var = self._time(demand.service)
        work = demand.number * mean
        spread = demand.number * (var + demand.chance * mean**2)
        spare = [max(0.0, load.capacity - load.work) for load in loads]
        whole = sum(spare)
        for load, each in zip(loads, spare, strict=True):
            share = each / whole if whole else 1 / len(loads)
            load.work += work * share
            load.variance += spread * share
            if demand.right:
                load.kept += work * share
                load.kept_variance += spread * share
