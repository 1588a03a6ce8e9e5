"""The hall as its supervisor sees it: numbers, queues, desks, who was put aside, devices; and what is wrong, the worst first.

Plain values of one moment; nothing here decides. Ages are whole seconds: by ticks where the rule counts, by the wall clock where only people do.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.operations import closures, staff, views
from edge.operations import help as calls
from edge.operations.clock import local
from edge.operations.context import Context
from edge.operations.presence import Attendance, Presence
from edge.queueing.alerts import Alert, pressing
from edge.queueing.chain import Head
from edge.queueing.desk import DeskState
from edge.queueing.hall import Hall
from edge.queueing.ordering import may_call
from edge.queueing.policy import DeskPlan, Policy
from edge.queueing.registry import Device
from edge.queueing.roster import why_closed
from edge.queueing.ticket import Ticket, TicketState
from edge.queueing.trouble import Trouble, serving_desks, troubles, waited
from edge.store import queries


class Found(StrEnum):
    """Whether a device is there. ``silent``: it never said, as a screen that is a plain browser."""

    GONE = "gone"
    SILENT = "silent"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits for one service. ``longest_s`` is None while nobody does; ``earliest``, ``latest``: when a newcomer may expect to be called."""

    code: str
    waiting: int
    longest_s: int | None
    earliest: str | None
    latest: str | None
    why: str | None
    open_desks: tuple[str, ...]
    desks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtDesk:
    """A desk now. ``since``: of its state; ``ticket_s``: how long its ticket has been called or served; ``clerk``: the login of who works there."""

    desk: str
    zone: str
    state: DeskState
    reason: str | None
    clerk: str | None
    ticket: Ticket | None
    ticket_s: int
    since: datetime | None
    services: tuple[str, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A ticket on hold or missed. ``left_s``: until it goes back by itself, or loses its old place (negative: it has); None without a timer."""

    ticket: Ticket
    aside_s: int
    left_s: int | None


@dataclass(frozen=True, slots=True)
class Attending:
    """A device of the centre, what it is bound to, and its last word."""

    device: Device
    found: Found
    presence: Presence


@dataclass(frozen=True, slots=True)
class Overview:
    """One moment of the hall. ``help``: unanswered calls of visitors at kiosks. ``closed``: why the hall gives no tickets now, by its hours.

    ``proofs``: who waits with a right that counts only after its proof was seen. ``doubtful_day``: what a provisional day is called, while the
    box's clock shows another date. ``to_tell``: days with appointments at times when the hall is closed, and how many.
    """

    waiting: int
    longest: Ticket | None
    longest_s: int
    serving: int
    called: int
    open_desks: int
    help: list[calls.Waiting]
    troubles: list[Trouble]
    queues: list[Queue]
    desks: list[AtDesk]
    held: list[Aside]
    missed: list[Aside]
    proofs: list[Aside]
    devices: list[Attending]
    alerts: list[Alert]
    closed: str | None
    doubtful_day: str | None
    to_tell: list[tuple[str, int]]
    policy: Policy
    head: Head


def overview(ctx: Context, attendance: Attendance) -> Overview:
    """Look at the whole hall."""
    committed = ctx.database.committed
    hall, tick = committed.hall, ctx.tick()
    waiting = hall.waiting()
    longest = min(waiting, key=lambda ticket: (ticket.base, ticket.order), default=None)
    desks = _desks(ctx, hall)
    paused = {desk.desk: _seconds_since(ctx, desk.since) for desk in desks if desk.state is DeskState.PAUSED and desk.since}
    closed = why_closed(hall, tick)
    return Overview(
        waiting=len(waiting),
        longest=longest,
        longest_s=waited(longest, tick) if longest else 0,
        serving=sum(ticket.state is TicketState.SERVING for ticket in hall.tickets.values()),
        called=sum(ticket.state is TicketState.CALLED for ticket in hall.tickets.values()),
        open_desks=sum(desk.state is DeskState.OPEN for desk in desks),
        help=calls.waiting(ctx),
        troubles=troubles(hall, tick, paused),
        queues=_queues(hall, tick),
        desks=desks,
        held=[_held(ticket, tick) for ticket in _in_state(hall, TicketState.HELD)],
        missed=[Aside(each, _seconds_since(ctx, each.state_at), _left(each, tick)) for each in _in_state(hall, TicketState.MISSED)],
        proofs=[Aside(each, waited(each, tick), None) for each in waiting if wants_proof(hall.policy, each)],
        devices=_devices(hall, attendance),
        alerts=pressing(hall.alerts.values()),
        closed=closed.value if closed else None,
        doubtful_day=_doubtful_day(ctx, hall),
        to_tell=closures.days(ctx),
        policy=hall.policy,
        head=committed.head,
    )


def wants_proof(policy: Policy, ticket: Ticket) -> bool:
    """Tell whether the ticket's right counts only after somebody has seen its proof, and nobody has looked yet."""
    category = policy.categories.get(ticket.category) if ticket.category else None
    return category is not None and category.proof_first and ticket.confirmed is None


def _doubtful_day(ctx: Context, hall: Hall) -> str | None:
    if hall.day is None or not hall.day.provisional:
        return None
    shown = local(hall.day.tz, ctx.clock.wall()).date().isoformat()
    return hall.day.day if shown != hall.day.day else None


def desk(ctx: Context, name: str) -> AtDesk:
    """Return one desk. Raises Unknown."""
    ctx.hall.desk(name)
    return next(found for found in desks(ctx) if found.desk == name)


def desks(ctx: Context) -> list[AtDesk]:
    """Return all desks, in the order of the settings."""
    return _desks(ctx, ctx.hall)


def queues(ctx: Context) -> list[Queue]:
    """Return the queues of all services, in the order of the settings."""
    return _queues(ctx.hall, ctx.tick())


def queue(ctx: Context, code: str) -> Queue:
    """Return the queue of one service. Raises Unknown, also for a group."""
    ctx.hall.leaf(code)
    return next(found for found in queues(ctx) if found.code == code)


def waiting_for(ctx: Context, code: str) -> list[tuple[Ticket, int]]:
    """Return who waits for a service and for how many seconds, the longest first."""
    hall, tick = ctx.hall, ctx.tick()
    mine = [ticket for ticket in hall.waiting() if ticket.service == code]
    return [(ticket, waited(ticket, tick)) for ticket in sorted(mine, key=lambda ticket: (ticket.base, ticket.order))]


def free_desks(hall: Hall) -> list[str]:
    """Return the desks that could call somebody now."""
    return [name for name, found in hall.desks.items() if found.state is DeskState.OPEN and found.ticket is None]


def _queues(hall: Hall, tick: int) -> list[Queue]:
    by_service: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in hall.waiting():
        by_service[ticket.service].append(ticket)
    queues = []
    for seen in views.services(hall, tick):
        code = seen["code"]
        if code in hall.policy.groups:
            continue
        here = by_service[code]
        longest = max((waited(ticket, tick) for ticket in here), default=None)
        desks = tuple(plan.desk for plan in hall.policy.desks_of(code))
        queues.append(Queue(code, len(here), longest, seen["from"], seen["to"], seen["why"], tuple(serving_desks(hall, code)), desks))
    return queues


def _desks(ctx: Context, hall: Hall) -> list[AtDesk]:
    since = _desk_since(ctx)
    clerks = {name: each.member.login for each in staff.listed(ctx) for name in each.desks}
    waiting = hall.waiting()
    return [_at_desk(ctx, hall, plan, since.get(plan.desk), clerks.get(plan.desk), waiting) for plan in hall.policy.desks.values()]


def _at_desk(ctx: Context, hall: Hall, plan: DeskPlan, since: datetime | None, clerk: str | None, waiting: list[Ticket]) -> AtDesk:
    found, ticket = hall.desks[plan.desk], hall.at_desk(plan.desk)
    return AtDesk(
        desk=plan.desk,
        zone=plan.zone,
        state=found.state,
        reason=found.reason,
        clerk=clerk,
        ticket=ticket,
        ticket_s=_seconds_since(ctx, ticket.state_at) if ticket else 0,
        since=since,
        services=tuple(code for code in hall.policy.services if code in plan.services),
        waiting=sum(may_call(plan, each) for each in waiting),
    )


def _desk_since(ctx: Context) -> Mapping[str, datetime]:
    """Return when each desk was last opened, paused or closed; a desk that never was is missing."""
    since: dict[str, datetime] = {}
    for name, at in queries.desk_changes(ctx.database):
        since.setdefault(name, datetime.fromisoformat(at))
    return since


def _in_state(hall: Hall, state: TicketState) -> list[Ticket]:
    """Return the tickets in a state, the one that has been in it longest first."""
    return sorted((ticket for ticket in hall.tickets.values() if ticket.state is state), key=lambda ticket: (ticket.state_at, ticket.order))


def _held(ticket: Ticket, tick: int) -> Aside:
    return Aside(ticket, tick - (ticket.held_tick or 0), _left(ticket, tick))


def _left(ticket: Ticket, tick: int) -> int | None:
    return ticket.held_until - tick if ticket.held_until is not None else None


def _devices(hall: Hall, attendance: Attendance) -> list[Attending]:
    """Return all devices, the absent ones first."""
    order = list(Found)
    here = [Attending(hall.devices[word.device], found(word), word) for word in attendance.overview()]
    return sorted(here, key=lambda each: order.index(each.found))


def found(word: Presence) -> Found:
    """Tell whether a device is there, by its last word."""
    if word.state is None:
        return Found.SILENT
    return Found.HERE if word.state in ("ready", "sleeping") else Found.GONE


def _seconds_since(ctx: Context, at: datetime | None) -> int:
    return max(0, int((ctx.clock.wall() - at).total_seconds())) if at else 0
