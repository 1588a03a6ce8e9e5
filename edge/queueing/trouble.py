"""What in the hall needs a supervisor now, the worst first: visitors should not be the ones who find it.

Each trouble names what resolves it: a desk, a service, a ticket. Thresholds are of the whole hall and stand here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.queueing.desk import DeskId, DeskState
from edge.queueing.hall import Hall
from edge.queueing.ticket import Ticket, TicketState

WAITS_LONG_S = 30 * 60
CALLED_LONG_S = 3 * 60
PAUSED_LONG_S = 15 * 60


class What(StrEnum):
    """Kinds of trouble, by urgency."""

    EMERGENCY = "emergency"
    NO_DESK_OPEN = "no-desk-open"
    UNSERVED = "unserved"
    AWAITED = "awaited"
    LONG_WAIT = "long-wait"
    NOT_COME = "not-come"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Trouble:
    """``count``: visitors it touches; ``seconds``: how long it lasts; the others name what it is about, where it is about one."""

    what: What
    count: int = 0
    seconds: int = 0
    service: str | None = None
    desk: DeskId | None = None
    ticket: Ticket | None = None


def waited(ticket: Ticket, tick: int) -> int:
    """Return the seconds of waiting that count for a ticket: from its base, hence without time on hold or before an appointment."""
    return max(0, tick - ticket.base)


def serving_desks(hall: Hall, service: str) -> list[DeskId]:
    """Return the open desks whose plan has ``service``."""
    return [plan.desk for plan in hall.policy.desks_of(service) if hall.desks[plan.desk].state is DeskState.OPEN]


def troubles(hall: Hall, tick: int, paused_s: Mapping[DeskId, int]) -> list[Trouble]:
    """Return what is wrong at ``tick``, the worst first. ``paused_s``: seconds since which each paused desk is so, as far as known.

    While an emergency is in force nobody is called anyway, so that it is the only one.
    """
    waiting = hall.waiting()
    if hall.policy.emergency:
        return [Trouble(What.EMERGENCY, count=len(waiting))]
    if waiting and all(desk.state is not DeskState.OPEN for desk in hall.desks.values()):
        return [Trouble(What.NO_DESK_OPEN, count=len(waiting)), *_at_desks(hall, tick)]
    return [*_unserved(hall, waiting), *_long(waiting, tick), *_at_desks(hall, tick), *_paused(hall, waiting, paused_s)]


def _unserved(hall: Hall, waiting: list[Ticket]) -> Iterator[Trouble]:
    """Who waits for what no open desk gives: a service, or one desk alone. Most visitors first."""
    by_service: dict[str, int] = defaultdict(int)
    by_desk: dict[DeskId, int] = defaultdict(int)
    for ticket in waiting:
        if ticket.to_desk is None:
            by_service[ticket.service] += 1
        elif hall.desks[ticket.to_desk].state is not DeskState.OPEN:
            by_desk[ticket.to_desk] += 1
    unserved = [(count, service) for service, count in by_service.items() if not serving_desks(hall, service)]
    yield from (Trouble(What.UNSERVED, count=count, service=service) for count, service in sorted(unserved, key=lambda each: -each[0]))
    yield from (Trouble(What.AWAITED, count=count, desk=desk) for desk, count in sorted(by_desk.items(), key=lambda each: -each[1]))


def _long(waiting: list[Ticket], tick: int) -> Iterator[Trouble]:
    """One trouble for all who wait long, about the one who waits longest."""
    late = [ticket for ticket in waiting if waited(ticket, tick) >= WAITS_LONG_S]
    if late:
        longest = min(late, key=lambda ticket: (ticket.base, ticket.order))
        yield Trouble(What.LONG_WAIT, count=len(late), seconds=waited(longest, tick), service=longest.service, ticket=longest)


def _at_desks(hall: Hall, tick: int) -> Iterator[Trouble]:
    """Visitors who were called and did not come; the desk stands still meanwhile."""
    for name, desk in hall.desks.items():
        ticket = hall.at_desk(name)
        if ticket and ticket.state is TicketState.CALLED and desk.last_move and tick - desk.last_move.tick >= CALLED_LONG_S:
            yield Trouble(What.NOT_COME, count=1, seconds=tick - desk.last_move.tick, desk=name, ticket=ticket)


def _paused(hall: Hall, waiting: list[Ticket], paused_s: Mapping[DeskId, int]) -> Iterator[Trouble]:
    for name, desk in hall.desks.items():
        seconds = paused_s.get(name, 0)
        if desk.state is DeskState.PAUSED and seconds >= PAUSED_LONG_S:
            services = hall.plan(name).services
            count = sum(ticket.service in services for ticket in waiting if ticket.to_desk is None)
            if count:
                yield Trouble(What.PAUSED, count=count, seconds=seconds, desk=name)
