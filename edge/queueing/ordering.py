"""Who is called next (`contract/ordering.md`), in one file; `choose` reads from top to bottom as the rule does.

A desk's candidates are the waiting tickets that it may call now. The greatest score S = h + w · (tick - b) / 1000 is called, then the smallest
base b, then who was issued first. Two rules come before the score: a desk reserved for categories looks at those first, and after ``cap`` calls of
non-ordinary tickets in a row, while an ordinary one waited, an ordinary one is called. Integers and ticks only: the same arguments always give the
same choice, so that `edge verify` can repeat every call.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter

from edge.queueing.desk import Desk
from edge.queueing.policy import Category, DeskPlan, Policy, Standing
from edge.queueing.ticket import Booked, Ticket, TicketId


@dataclass(frozen=True, slots=True)
class Choice:
    """``scores``: the best three of those compared; ``run_after``: the desk's run once this call is made."""

    ticket: Ticket
    why: str
    scores: tuple[tuple[TicketId, int], ...]
    run_after: int


# (minus the score, base, order of issue, the ticket, its class): sorts as point 4 says; the order of issue is unique in a day. A bare tuple,
# because hundreds are made for each call.
Ranked = tuple[int, int, int, Ticket, Standing]
_greatness = attrgetter("weight", "head")  # several classes apply: the greatest w, then h


def choose(waiting: Iterable[Ticket], desk: Desk, plan: DeskPlan, policy: Policy, tick: int) -> Choice | None:
    """Return whom ``desk`` calls at ``tick``, or None when nobody may be called. ``waiting``: all waiting tickets of the hall."""
    mine = [ticket for ticket in waiting if may_call(plan, ticket)]
    ready = [ticket for ticket in mine if ticket.ready_at <= tick]
    early = [] if ready else [ticket for ticket in mine if ticket.booked and not ticket.returned]
    pool = rank(ready or early, policy, tick)
    if plan.reserved:
        protected = [one for one in pool if one[3].category in plan.reserved and _counted(one[3].category, one[3].confirmed, policy)]
        pool = protected or (pool if tick - desk.free_since >= plan.overflow_after else [])
    ordinary = [one for one in pool if one[4] is policy.ordering.ordinary]
    capped = bool(ordinary) and desk.run >= policy.ordering.cap and not plan.reserved
    compared = ordinary if capped else pool
    if not compared:
        return None
    *_, ticket, best = compared[0]
    return Choice(
        ticket=ticket,
        why="run-cap" if capped else "early" if early else best.name,
        scores=tuple((each.id, -minus_score) for minus_score, _, _, each, _ in compared[:3]),
        run_after=0 if plan.reserved or best is policy.ordering.ordinary else desk.run + bool(ordinary),
    )


def may_call(plan: DeskPlan, ticket: Ticket) -> bool:
    """Tell whether the desk serves the ticket; one transferred to a desk waits for that desk alone, whatever its services."""
    return ticket.to_desk == plan.desk if ticket.to_desk else ticket.service in plan.services


def score(standing: Standing, base: int, tick: int) -> int:
    """Return S = h + ⌊w · max(0, tick - b) / 1000⌋ in seconds' worth of points."""
    return standing.head + standing.weight * max(0, tick - base) // 1000


def rank(tickets: Iterable[Ticket], policy: Policy, tick: int) -> list[Ranked]:
    """Return ``tickets`` in the order of point 4 of the rule."""
    standing = standings(policy)
    return sorted([(-score(each, t.base, tick), t.base, t.order, t, each) for t in tickets for each in (standing(t),)])


def standings(policy: Policy) -> Callable[[Ticket], Standing]:
    """Return a function from a ticket to its class; each combination of attributes is worked out once."""
    known: dict[tuple[object, ...], Standing] = {}

    def standing(ticket: Ticket) -> Standing:
        key = (ticket.category, ticket.confirmed, ticket.booked, ticket.returned, ticket.transferred)
        if (found := known.get(key)) is None:
            found = known[key] = max(_classes(ticket, policy), key=_greatness)
        return found

    return standing


def standing_of_newcomer(category: str | None, policy: Policy) -> Standing:
    """Return the class of a walk-in who declares ``category`` now; one that counts only after its proof gives nothing yet."""
    counted, ordinary = _counted(category, None, policy), policy.ordering.ordinary
    return max(counted.standing, ordinary, key=_greatness) if counted else ordinary


def placed(arrival: int, opens: int | None, appointment: int | None, policy: Policy) -> tuple[int, Booked | None, int]:
    """Return (base, how the booking was met, first tick at which it may be called) of a ticket issued at tick ``arrival``."""
    ordering = policy.ordering
    walk_in = max(arrival, opens or 0)
    if appointment is None or arrival > appointment + ordering.late:
        return walk_in, None, 0
    if arrival > appointment + ordering.on_time:
        return arrival, Booked.LATE, 0
    return appointment, Booked.ON_TIME, max(0, appointment - ordering.early)


def _classes(ticket: Ticket, policy: Policy) -> Iterable[Standing]:
    ordering, category = policy.ordering, _counted(ticket.category, ticket.confirmed, policy)
    if category:
        yield category.standing
    if ticket.booked is not None:
        yield ordering.booked if ticket.booked is Booked.ON_TIME else ordering.late_booking
    if ticket.transferred:
        yield ordering.transfer
    if ticket.returned:
        yield ordering.returned
    yield ordering.ordinary


def _counted(code: str | None, confirmed: bool | None, policy: Policy) -> Category | None:  # noqa: FBT001 -- as the ticket says it
    """Return the category if it counts: not refused, and confirmed where proof comes first. It may still give less than a booking."""
    category = policy.categories.get(code) if code else None
    counts = category is not None and confirmed is not False and (confirmed or not category.proof_first)
    return category if counts else None
