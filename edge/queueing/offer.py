"""What a service offers a walk-in visitor right now, and how many are ahead. The reasons are words of `contract/mqtt.md`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from edge.queueing import cutoff, estimate
from edge.queueing.cutoff import Promise
from edge.queueing.estimate import Range
from edge.queueing.hall import Hall
from edge.queueing.ordering import may_call, rank
from edge.queueing.policy import DeskPlan, Mode, is_offered
from edge.queueing.roster import why_closed
from edge.queueing.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Offer:
    """``why``: the reason why no ticket is given, None while one is. ``promise``: None without a cut-off. ``range``: None while nobody can say."""

    why: str | None
    promise: Promise | None
    range: Range | None


def offers(hall: Hall, tick: int) -> Callable[[str], Offer]:
    """Return a function from a leaf service to what a walk-in without a right to priority is offered at ``tick``; who waits is counted once."""
    expected, promised = estimate.newcomers(hall, tick), cutoff.promises(hall, tick)

    def of(code: str) -> Offer:
        why = refusal(hall, code, tick)
        promise = None if why else promised(code, None)
        if promise is Promise.NONE:
            why = "cut-off"
        return Offer(why, promise, None if why else expected(code))

    return of


def refusal(hall: Hall, code: str, tick: int) -> str | None:
    """Say why the leaf service ``code`` gives no ticket to a walk-in at ``tick``, but for a day that is full; None while it does."""
    if hall.policy.emergency:
        return "emergency"
    closed = why_closed(hall, tick)
    if closed:
        return closed.value
    if hall.day and not is_offered(hall.policy.services[code], hall.day.day):
        return "closed"
    if not all(hall.policy.desks_of(each) for each in (code, *hall.policy.services[code].steps)):
        return "closed"
    return "appointment-only" if hall.mode(code) is Mode.APPOINTMENT_ONLY else None


def ahead_of(hall: Hall, ticket: Ticket, tick: int) -> int:
    """Count the waiting tickets that the rule would call before ``ticket`` at a desk that may call it."""
    return len(in_front_of(hall, ticket, tick))


def in_front_of(hall: Hall, ticket: Ticket, tick: int) -> list[Ticket]:
    """Return those tickets, the first to be called first."""
    desks = [plan for plan in hall.policy.desks.values() if may_call(plan, ticket)]
    rivals = _in_order(hall, _rivals(hall.waiting(), desks), tick)
    return rivals[: next((place for place, other in enumerate(rivals) if other.id == ticket.id), len(rivals))]


def ahead_of_newcomer(hall: Hall, code: str, tick: int) -> int:
    """Count who would be called before a walk-in of service ``code`` who came at ``tick``."""
    return sum(ticket.ready_at <= tick for ticket in _rivals(hall.waiting(), hall.policy.desks_of(code)))


def next_in(hall: Hall, zone: str, tick: int, most: int) -> list[Ticket]:
    """Return the first ``most`` waiting tickets that desks of ``zone`` may call and announce, in the rule's order."""
    announced = [ticket for ticket in waiting_in(hall, zone) if not hall.policy.is_quiet(ticket.service)]
    return _in_order(hall, announced, tick)[:most]


def waiting_in(hall: Hall, zone: str) -> list[Ticket]:
    """Return all waiting tickets that desks of ``zone`` may call, in the order of issue."""
    return _rivals(hall.waiting(), [plan for plan in hall.policy.desks.values() if plan.zone == zone])


def _in_order(hall: Hall, tickets: Iterable[Ticket], tick: int) -> list[Ticket]:
    """Return ``tickets`` by point 4 of the rule; those that may not be called yet come last."""
    ranked = [ticket for *_, ticket, _ in rank(tickets, hall.policy, tick)]
    return [ticket for ticket in ranked if ticket.ready_at <= tick] + [ticket for ticket in ranked if ticket.ready_at > tick]


def _rivals(waiting: Iterable[Ticket], plans: Sequence[DeskPlan]) -> list[Ticket]:
    """Return those of ``waiting`` that at least one of ``plans`` may call."""
    desks = frozenset(plan.desk for plan in plans)
    services = frozenset[str]().union(*(plan.services for plan in plans))
    return [ticket for ticket in waiting if (ticket.to_desk in desks if ticket.to_desk else ticket.service in services)]
