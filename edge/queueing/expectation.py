"""What is to be expected, from what was `learned`: how long a visit takes, how far an estimate may be out, how many come with a right.

It is only said, never part of the state, hence fractions.
"""

import math
from collections.abc import Iterable
from functools import lru_cache

from edge.queueing.booking import BookingState
from edge.queueing.day import Day, second_at, tick_of
from edge.queueing.hall import Hall
from edge.queueing.hours import DAY_S
from edge.queueing.learned import HOURS, PRIOR, SHIFT_S, Cell, Flow, Learned, visit_ms
from edge.queueing.policy import Policy
from edge.queueing.slots import Shows

SPREAD = 0.7  # coefficient of variation of one visit, before anything was measured
ENOUGH = 60  # waits below which a cell asks its neighbours
BINS_MIN = (5, 10, 20, 40, 80)
EIGHTY_PERCENT = 1.28  # quantile of the normal distribution: one in ten below, one in ten above
LEAST_SIGMA, MOST_SIGMA = 0.25, 0.9
FEW = 5  # arrivals that the days before are worth against today's


def visit_s(learned: Learned, policy: Policy, service: str) -> float:
    """Return how many seconds a visit keeps a desk."""
    return visit_ms(learned, policy, service) / 1000


def variance(learned: Learned, policy: Policy, service: str) -> float:
    """Return the variance of a visit in s², shrunken likewise."""
    pace, mean = learned.pace(service), visit_s(learned, policy, service)
    usual = (mean * SPREAD) ** 2
    seen = max(0.0, pace.square - (pace.mean_ms / 1000) ** 2)
    return (pace.count * seen + PRIOR * usual) / (pace.count + PRIOR)


def tail_s(learned: Learned, policy: Policy, services: Iterable[str]) -> float:
    """Return the seconds within which nine visits in ten to any of these services are over, the services mixed evenly, taken as lognormal."""
    known = [(visit_s(learned, policy, each), variance(learned, policy, each)) for each in services]
    mean = sum(each for each, _ in known) / len(known)
    var = sum(spread + each**2 for each, spread in known) / len(known) - mean**2
    sigma2 = math.log(1 + var / mean**2)
    return mean * math.exp(EIGHTY_PERCENT * math.sqrt(sigma2) - sigma2 / 2)


def comes(hall: Hall, service: str) -> float:
    """Return the chance that who booked the service comes: 1 - (missed + 2) / (booked + 20)."""
    shows = hall.shows.get(service, Shows())
    return 1 - (shows.missed + 2) / (shows.came + shows.missed + 20)


def booked_on(hall: Hall, day: Day) -> list[tuple[int, str]]:
    """Return today's confirmed bookings: tick of the appointment, and service. Asked for with every change of the hall, so the newest is kept."""
    global _booked  # noqa: PLW0603 -- like lru_cache, but by identity: the mapping is replaced, never changed
    if _booked[0] is not hall.bookings or _booked[1] is not day:
        zero = second_at(day, 0)
        dues = ((tick_of(day, each.start), each) for each in hall.bookings.values() if each.state is BookingState.CONFIRMED)
        _booked = (hall.bookings, day, sorted((due, each.service) for due, each in dues if 0 <= due + zero < DAY_S))
    return _booked[2]


_booked: tuple[object, object, list[tuple[int, str]]] = (None, None, [])


def cell_of(kind: str, expected_s: float) -> str:
    """Return the name of the cell: the class of the ticket and the bin 0-5-10-20-40-80+ minutes of its estimate."""
    return f"{kind}:{sum(expected_s >= 60 * edge for edge in BINS_MIN)}"


def interval(learned: Learned, cell: str, expected_s: float, visits: float) -> tuple[float, float]:
    """Return the seconds between which four waits in five lie, given the estimate. ``visits``: about how many are ahead, while nothing is learned."""
    low, high = _quantiles(learned, cell, visits)
    return tuple(max(0.0, (expected_s + SHIFT_S) * ratio / 1000 - SHIFT_S) for ratio in (low, high))  # type: ignore[return-value]


def _quantiles(learned: Learned, name: str, visits: float) -> tuple[float, float]:
    """Return the ratios, in permille; a cell that saw too little takes those of its bin, then of its class, then of all."""
    cell = learned.cell(name)
    if len(cell.ratios) >= ENOUGH:
        return quantiles(cell.ratios, cell.below, cell.above)
    found = _of_neighbours(learned, cell)
    if found is not None:
        return found
    sigma = min(MOST_SIGMA, max(LEAST_SIGMA, SPREAD / math.sqrt(max(visits, 1))))
    return 1000 * math.exp(-EIGHTY_PERCENT * sigma), 1000 * math.exp(EIGHTY_PERCENT * sigma)


def _of_neighbours(learned: Learned, cell: Cell) -> tuple[float, float] | None:
    global _pooled  # noqa: PLW0603 -- like lru_cache, but by identity: what is learned is replaced, never changed
    if _pooled[0] is not learned:
        _pooled = (learned, {})
    known = _pooled[1]
    if cell.name not in known:
        kind, bin_ = cell.name.split(":")
        others = list(learned.cells())
        known[cell.name] = None
        for wider in (lambda each: each.endswith(f":{bin_}"), lambda each: each.startswith(f"{kind}:"), lambda _: True):
            ratios = tuple(ratio for each in others if wider(each.name) for ratio in each.ratios)
            if len(ratios) >= ENOUGH:
                known[cell.name] = quantiles(ratios, cell.below, cell.above)
                break
    return known[cell.name]


_pooled: tuple[Learned | None, dict[str, tuple[float, float] | None]] = (None, {})


@lru_cache(maxsize=512)  # the same window is asked for with every change of the hall
def quantiles(ratios: tuple[int, ...], below: int, above: int) -> tuple[int, int]:
    """Return the ratios with ``below`` and ``above`` parts per million outside, as conformal prediction counts them: of n + 1.

    A tail below 0 goes beyond what was seen, by as much.
    """
    ordered, number = sorted(ratios), len(ratios) + 1
    low = number * below // 1_000_000 - 1
    high = -(-number * (1_000_000 - above) // 1_000_000) - 1
    beyond = [1_000_000 + min(below, 0), 1_000_000 - min(above, 0)]
    return ordered[max(low, 0)] * beyond[0] // 1_000_000, ordered[min(high, len(ordered) - 1)] * beyond[1] // 1_000_000


def expected_in(flow: Flow, hours: Iterable[int], now: int) -> list[float]:
    """Return how many of this flow come in each of these local hours of today. ``now``: the hour it is.

    A day on which more came so far than usual is taken to go on so, and the other way round. On the first day it goes on as it began.
    """
    seen = sum(flow.today[:now])
    if not flow.days:
        began = next((each for each in range(now) if flow.today[each]), now)
        return [(seen + flow.today[now]) / (now - began + 1) for _ in hours]
    factor = (seen + FEW) / (sum(flow.usual[:now]) / 1000 + FEW)
    return [flow.usual[hour % HOURS] / 1000 * factor for hour in hours]
