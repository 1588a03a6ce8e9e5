"""What a visitor sees of an own ticket from afar, and the one thing a visitor may do to it: give it up.

Who asks is known by the link alone (`track`); nothing here names a person.
"""

from edge.errors import Refused
from edge.operations import appointment, tickets
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.operations.views import View
from edge.queueing import commands, estimate
from edge.queueing.chain import instant, moment
from edge.queueing.day import Day, Phase, Stage, wall
from edge.queueing.decide import decide
from edge.queueing.estimate import Range
from edge.queueing.hall import Hall
from edge.queueing.offer import ahead_of
from edge.queueing.roster import phase_of
from edge.queueing.ticket import ASIDE, Ticket, TicketState

NEAR = 3  # among the next so many one should stay close
GIVEN_UP = "visitor"  # the reason in the journal


def seen(ctx: Context, token: str) -> View:
    """Return what the page of a ticket shows, as plain values.

    ``state``: of the ticket. ``desk`` and ``zone``: where to go, or the desk that it waits for. ``ahead``, ``near``, ``how``, ``from``, ``to``,
    ``late``: of a waiting ticket (`estimate.told`); ``how`` is null while nobody can say. ``closed`` (emergency, opening, lunch, closed), ``opens``
    (`HH:MM` today, or null): why nobody is called. ``until``: when a held one waits again by itself, or how long a missed one keeps its place;
    ``over``: it has lost that. ``steps``: the services of a visit of several, ``step``: the place of the present one. ``appointment``: ISO, of a
    ticket that was booked; ``booked``: how it was met (booked, late, null). ``is_quiet``: called without announcement. ``right``: what became of a
    declared right to priority (declared, proof-first: counts only once staff saw the proof, confirmed, refused), null without one. Raises Unknown,
    also when the day is over.
    """
    ticket = tickets.behind(ctx, token)
    hall, tick = ctx.hall, ctx.tick()
    desk = ticket.desk or ticket.to_desk
    plan = hall.policy.desks.get(desk) if desk else None
    until = wall(hall.day, ticket.held_until) if hall.day and ticket.held_until is not None else None
    return {
        "number": ticket.number,
        "service": ticket.service,
        "lang": ticket.lang,
        "state": ticket.state,
        "desk": desk,
        "zone": plan.zone if plan else None,
        "called_at": instant(ticket.called_at) if ticket.called_at else None,
        "until": instant(until) if until else None,
        "over": ticket.state is TicketState.MISSED and ticket.held_until is not None and tick > ticket.held_until,
        "steps": list(ticket.steps),
        "step": ticket.step,
        "appointment": instant(found.start) if (found := appointment.of_ticket(ctx, ticket)) else None,
        "booked": ticket.booked,
        "promise": ticket.promise,
        "is_quiet": hall.policy.is_quiet(ticket.service),
        "right": _right(hall, ticket),
        "issued_at": instant(ticket.issued_at),
        "may_give_up": ticket.state in ASIDE,
        **_closed(hall, tick),
        **(_waiting(hall, ticket, tick) if ticket.state is TicketState.WAITING else {}),
    }


def give_up(ctx: Context, token: str) -> None:
    """Cancel the ticket behind the link; once it is cancelled, again does nothing. Raises Unknown, Refused (at a desk, finished), Unavailable."""
    with deciding(ctx, "system") as decision:
        ticket = tickets.behind(ctx, token)
        if ticket.id in decision.turn.hall.tickets:
            decide(decision.turn, commands.Withdraw(ticket.id, GIVEN_UP))
        elif ticket.state is not TicketState.CANCELLED:
            raise Refused(f"ticket {ticket.number} cannot be given up: it is {ticket.state}", code="ticket_state")


def _waiting(hall: Hall, ticket: Ticket, tick: int) -> View:
    ahead = ahead_of(hall, ticket, tick)
    told = None
    expected = estimate.waiting(hall, ticket, tick)
    if expected and hall.day:
        told = estimate.told(_said(ticket), expected, wall(hall.day, tick), raised=ticket.raised)
    times = {"how": told.how, "from": instant(told.range.start), "to": instant(told.range.end), "late": told.late} if told else {"how": None}
    return {"ahead": ahead, "near": told is not None and ahead < NEAR, **times}


def _said(ticket: Ticket) -> Range | None:
    if ticket.promise_from is None or ticket.promise_to is None:
        return None
    return Range(moment(ticket.promise_from), moment(ticket.promise_to))


def _right(hall: Hall, ticket: Ticket) -> str | None:
    category = hall.policy.categories.get(ticket.category) if ticket.category else None
    if category is None:
        return None
    if ticket.confirmed is None:
        return "proof-first" if category.proof_first else "declared"
    return "confirmed" if ticket.confirmed else "refused"


def _closed(hall: Hall, tick: int) -> View:
    if hall.policy.emergency:
        return {"closed": "emergency", "opens": None}
    now = phase_of(hall, tick)
    if now.stage is Stage.OPEN:
        return {"closed": None, "opens": None}
    if now.stage is Stage.OPENING and now.tickets_from is None:
        return {"closed": Stage.CLOSED, "opens": _opens(hall.day, now)}
    return {"closed": now.stage, "opens": _opens(hall.day, now)}


def _opens(day: Day | None, now: Phase) -> str | None:
    if day is None or now.at is None or now.day is not None:
        return None
    return f"{now.at // 3600:02d}:{now.at % 3600 // 60:02d}"
