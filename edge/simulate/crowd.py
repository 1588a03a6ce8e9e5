"""Who comes on one day: drawn once from a seed, so that every rule meets the same people."""

import math
from dataclasses import dataclass
from random import Random

from edge.simulate.scenarios import BY_HOUR, CATEGORIES, CLOSES_S, DESKS, LUNCH_S, OPENS_S, SERVICES, Scenario

CHANGE_S = 25  # from the call until the visitor sits down
NO_SHOW_S = 75  # how long a clerk waits for who was called
ON_GRID_S = 900


@dataclass(frozen=True, slots=True)
class Visitor:
    """Local seconds of the day. ``booked``: the start of the appointment; ``comes`` False: booked and stays away.

    ``leaves``: is not there when called.
    """

    arrives: int
    service: str
    category: str | None
    booked: int | None
    comes: bool
    leaves: bool
    visit_s: int


def drawn(scenario: Scenario, seed: str, day: int, days: int) -> list[Visitor]:
    """Return the visitors of a day in the order of their coming."""
    rng = Random(f"{seed}:{day}")
    slower = scenario.drift if day >= days // 2 else 1.0
    mean_s = sum(service.share * (service.mean_min * 60) for service in SERVICES) + CHANGE_S
    desks = len(DESKS) * scenario.size
    hours_s = CLOSES_S - OPENS_S - 3600
    shows = 1 - scenario.booked * scenario.no_show
    number = _poisson(rng, scenario.load * desks * hours_s / mean_s / shows)
    return sorted((_one(scenario, rng, slower) for _ in range(number)), key=lambda visitor: visitor.arrives)


def _one(scenario: Scenario, rng: Random, slower: float) -> Visitor:
    service = rng.choices(SERVICES, [each.share for each in SERVICES])[0]
    sigma2 = math.log(1 + service.spread**2)
    visit = rng.lognormvariate(math.log(service.mean_min * 60 * slower) - sigma2 / 2, math.sqrt(sigma2))
    booked: int | None = None
    category: str | None = None
    if rng.random() < scenario.booked:
        booked = _slot(rng)
        arrives = booked - round(rng.triangular(-600, 2400, 600))
        arrives = max(arrives, OPENS_S)
    else:
        arrives = _walk_in(scenario, rng)
        category = rng.choices((None, *CATEGORIES), (1 - sum(CATEGORIES.values()), *CATEGORIES.values()))[0]
    comes = booked is None or rng.random() >= scenario.no_show
    leaves = rng.random() < scenario.no_show / 3
    return Visitor(arrives, service.code, category, booked, comes, leaves, CHANGE_S + max(60, round(visit)))


def _walk_in(scenario: Scenario, rng: Random) -> int:
    weights = [weight * (scenario.first_hour if hour == 0 else 1.0) for hour, weight in enumerate(BY_HOUR)]
    hour = rng.choices(range(len(weights)), weights)[0]
    second = OPENS_S + hour * 3600 + rng.randrange(3600)
    if hour == 0 and rng.random() < 0.4:  # noqa: PLR2004 -- part of the first hour's crowd stood at the door
        second = OPENS_S + rng.randrange(300)
    if LUNCH_S[0] <= second < LUNCH_S[1] and not scenario.staggered:
        second = LUNCH_S[1] + rng.randrange(600)
    return min(second, CLOSES_S - 1800)


def _slot(rng: Random) -> int:
    grid = [second for second in range(OPENS_S, CLOSES_S - 1800, ON_GRID_S) if not LUNCH_S[0] - ON_GRID_S < second < LUNCH_S[1]]
    return rng.choice(grid)


def _poisson(rng: Random, mean: float) -> int:
    return max(0, round(rng.gauss(mean, math.sqrt(mean))))
