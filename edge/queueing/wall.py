"""What the paragraph on the wall may say of the policy in force: every number in it, and which of its sentences hold at all.

`contract/ordering.md`, "On the wall". Words are the screens' own; what they may claim is decided here, beside the rule. A point on the wall is
sixty of the rule's S: what an ordinary minute usually gives.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from edge.queueing.policy import Category, Names, Policy, Standing

HEAD_EXACT = 3  # seconds: sixtieths of a point that are no multiple of it have no finite decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """``weight``: thousandths of a point for a minute of waiting; ``head``: sixtieths of a point at the start."""

    weight: int
    head: int


@dataclass(frozen=True, slots=True)
class Right:
    """Rights to priority that count alike, by their names; ``is_every``: there are no others, so they need not be named."""

    rate: Rate
    names: tuple[Names, ...]
    is_every: bool


@dataclass(frozen=True, slots=True)
class First:
    """Desks that call these rights first, and others only after ``overflow_after`` seconds without one of them."""

    desks: tuple[str, ...]
    names: tuple[Names, ...]
    overflow_after: int


@dataclass(frozen=True, slots=True)
class Wall:
    """What is true of a policy, in the order of the paragraph. What gives no more than waiting in the ordinary queue is left out.

    ``others``: late, transfer and returned, put together where they count alike. ``cap`` is None where nobody comes before an ordinary visitor.
    """

    ordinary: Rate
    rights: tuple[Right, ...]
    after_proof: tuple[Names, ...]
    booked: Rate | None
    early: int
    others: tuple[tuple[Rate, tuple[str, ...]], ...]
    on_time: int
    late: int
    missed_within: int
    returned_after: int
    cap: int | None
    first: tuple[First, ...]

    @property
    def version(self) -> str:
        """Return eight signs that change with anything that the paragraph says: they stand on the sheet and on the page."""
        plain = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()[:8].upper()

    @property
    def is_rounded(self) -> bool:
        """Tell whether some number of points has no finite decimal, so that the paragraph says "about"."""
        rates = (self.ordinary, *(right.rate for right in self.rights), *(rate for rate, _ in self.others))
        return any(rate.head % HEAD_EXACT for rate in (*rates, *((self.booked,) if self.booked else ())))


def wall(policy: Policy) -> Wall:
    """Return what is to be said of ``policy``."""
    ordering = policy.ordering
    counted = [category for category in policy.categories.values() if _rate(category.standing, policy)]
    booked = _rate(ordering.booked, policy)
    others: dict[Rate, tuple[str, ...]] = {}
    for standing in (ordering.late_booking, ordering.transfer, ordering.returned):
        rate = _rate(standing, policy)
        if rate:
            others[rate] = (*others.get(rate, ()), standing.name)
    return Wall(
        ordinary=Rate(ordering.ordinary.weight, ordering.ordinary.head),
        rights=_rights(counted, policy),
        after_proof=tuple(category.names for category in counted if category.proof_first),
        booked=booked,
        early=ordering.early,
        others=tuple(others.items()),
        on_time=ordering.on_time,
        late=ordering.late,
        missed_within=policy.visits.missed_within_min * 60,
        returned_after=ordering.returned_after,
        cap=ordering.cap if counted or booked or others else None,
        first=_first(policy),
    )


def _rate(standing: Standing, policy: Policy) -> Rate | None:
    """Return what a class gives; None where it is less than the ordinary one, which then holds instead."""
    ordinary = policy.ordering.ordinary
    counts = (standing.weight, standing.head) >= (ordinary.weight, ordinary.head)
    return Rate(standing.weight, standing.head) if counts else None


def _rights(counted: list[Category], policy: Policy) -> tuple[Right, ...]:
    alike: dict[Rate, list[Names]] = {}
    for category in counted:
        alike.setdefault(Rate(category.standing.weight, category.standing.head), []).append(category.names)
    every = len(policy.categories)
    return tuple(Right(rate, tuple(names), len(names) == every) for rate, names in alike.items())


def _first(policy: Policy) -> tuple[First, ...]:
    alike: dict[tuple[frozenset[str], int], list[str]] = {}
    for plan in policy.desks.values():
        if plan.reserved:
            alike.setdefault((plan.reserved, plan.overflow_after), []).append(plan.desk)
    return tuple(First(tuple(desks), _names(policy.categories, codes), after) for (codes, after), desks in alike.items())


def _names(categories: Mapping[str, Category], codes: frozenset[str]) -> tuple[Names, ...]:
    return tuple(category.names for code, category in categories.items() if code in codes)
