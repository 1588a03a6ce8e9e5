"""The ordering rule a second time, slowly, from the words of `contract/ordering.md` and nothing else.

It imports nothing of the server: whatever it would have to look up in `edge` cannot be checked by it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ORDINARY = "order"
DEFAULT_WEIGHTS = {"ordinary": (1000, 0), "late": (1500, 0), "returned": (1500, 0), "transfer": (1500, 0), "booked": (2000, 1200)}


@dataclass(slots=True)
class Visit:
    """A ticket as the rule sees it. ``booked``: tick of an appointment met on time; ``is_late``: met 10 to 30 min late.

    ``slot_from``: eligible from then on, earlier only as *early*; settled at the arrival, like the base.
    """

    ticket: str
    order: int
    service: str
    base: int
    category: str | None = None
    confirmed: bool | None = None
    booked: int | None = None
    is_late: bool = False
    is_returned: bool = False
    is_transferred: bool = False
    not_before: int = 0
    slot_from: int | None = None
    alone: str | None = None
    state: str = "waiting"
    held_at: int = 0
    held_until: int | None = None
    number: str = ""
    promised: str | None = None
    kept_until: int | None = None
    steps: tuple[str, ...] = ()


@dataclass(slots=True)
class Post:
    """A desk as the rule sees it."""

    desk: str
    services: frozenset[str]
    reserved: frozenset[str] = frozenset()
    overflow_after: int = 0
    run: int = 0
    free_since: int = 0
    ticket: str | None = None


@dataclass(slots=True)
class Rules:
    """The settings of the rule. ``categories``: code to (w, h, proof_first)."""

    cap: int = 3
    early: int = 300
    on_time: int = 600
    late: int = 1800
    returned_after: int = 60
    weights: Mapping[str, tuple[int, int]] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    categories: Mapping[str, tuple[int, int, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whom the rule calls, which words may stand as the reason, the best three (ticket, score), and the run afterwards."""

    ticket: str
    whys: frozenset[str]
    scores: tuple[tuple[str, int], ...]
    run_after: int


def arrived(visit: Visit, arrival: int, opens: int | None, appointment: int | None, rules: Rules) -> None:
    """Set base and booking of a visit that arrives."""
    visit.base = arrival if opens is None or opens < arrival else opens
    if appointment is None:
        return
    lateness = arrival - appointment
    if lateness <= rules.on_time:
        visit.base, visit.booked, visit.slot_from = appointment, appointment, appointment - rules.early
    elif lateness <= rules.late:
        visit.base, visit.is_late = arrival, True


def has_right(visit: Visit, rules: Rules) -> bool:
    """Tell whether the category of a visit counts."""
    if visit.category is None or visit.category not in rules.categories or visit.confirmed is False:
        return False
    _, _, proof_first = rules.categories[visit.category]
    return visit.confirmed is True or not proof_first


def standing(visit: Visit, rules: Rules) -> tuple[int, int, frozenset[str]]:
    """Return the greatest (w, h) that applies and the words of those who give it; ordinary only if nothing else gives as much."""
    weights = rules.weights
    given: list[tuple[int, int, str]] = [(*weights["ordinary"], ORDINARY)]
    if visit.is_late:
        given.append((*weights["late"], "late"))
    if visit.is_returned:
        given.append((*weights["returned"], "returned"))
    if visit.is_transferred:
        given.append((*weights["transfer"], "transfer"))
    if visit.booked is not None:
        given.append((*weights["booked"], "booked"))
    if has_right(visit, rules):
        weight, head, _ = rules.categories[visit.category or ""]
        given.append((weight, head, "category"))
    best = max((weight, head) for weight, head, _ in given)
    words = {word for weight, head, word in given if (weight, head) == best}
    return *best, frozenset(words - {ORDINARY} or words)


def is_ordinary(visit: Visit, rules: Rules) -> bool:
    """Tell whether the class of a visit is the ordinary one."""
    return standing(visit, rules)[2] == {ORDINARY}


def points(visit: Visit, rules: Rules, tick: int) -> int:
    """Return S."""
    weight, head, _ = standing(visit, rules)
    waited = tick - visit.base if tick > visit.base else 0
    return head + (weight * waited) // 1000


def is_for(post: Post, visit: Visit) -> bool:
    """Tell whether a desk may ever call a waiting visit."""
    return visit.alone == post.desk if visit.alone is not None else visit.service in post.services


def is_eligible(visit: Visit, tick: int) -> bool:
    """Tell whether a waiting visit may be called now, other candidates or not."""
    return tick >= visit.not_before and (visit.slot_from is None or tick >= visit.slot_from)


def call(visits: Iterable[Visit], post: Post, rules: Rules, tick: int) -> Verdict | None:
    """Return whom the desk calls, by points 1 to 4 of the contract one after the other."""
    mine = [visit for visit in visits if visit.state == "waiting" and is_for(post, visit)]
    candidates = [visit for visit in mine if is_eligible(visit, tick)]
    is_early = not candidates
    if is_early:
        candidates = [visit for visit in mine if visit.slot_from is not None and tick >= visit.not_before]
    if post.reserved:
        privileged = [visit for visit in candidates if visit.category in post.reserved and has_right(visit, rules)]
        if privileged:
            candidates = privileged
        elif tick - post.free_since < post.overflow_after:
            candidates = []
    ordinary = [visit for visit in candidates if is_ordinary(visit, rules)]
    is_capped = bool(ordinary) and not post.reserved and post.run >= rules.cap
    if is_capped:
        candidates = ordinary
    if not candidates:
        return None
    ranked = sorted(candidates, key=lambda visit: (-points(visit, rules, tick), visit.base, visit.order))
    first = ranked[0]
    run_after = 0 if post.reserved or is_ordinary(first, rules) else post.run + bool(ordinary)
    words = frozenset({"run-cap"}) if is_capped else frozenset({"early"}) if is_early else standing(first, rules)[2]
    return Verdict(first.ticket, words, tuple((visit.ticket, points(visit, rules, tick)) for visit in ranked[:3]), run_after)


def overtaken(visits: Iterable[Visit], called: Visit, post: Post, rules: Rules, tick: int) -> list[Visit]:
    """Return who waits longer in the same class for the same desk than the one who is called: within a class the order never inverts."""
    if not is_eligible(called, tick):
        return []  # early: somebody else may be earlier still, and is not yet to be called
    mine = standing(called, rules)[:2]
    return [
        visit
        for visit in visits
        if visit.state == "waiting" and visit is not called and is_for(post, visit) and is_eligible(visit, tick)
        if (visit.base, visit.order) < (called.base, called.order)
        if standing(visit, rules)[:2] == mine
        if not post.reserved or (visit.category, has_right(visit, rules)) == (called.category, has_right(called, rules))
        if is_ordinary(visit, rules) == is_ordinary(called, rules)
    ]
