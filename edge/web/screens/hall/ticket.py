"""One ticket from the hall: put it back to waiting, withdraw it, look at its proof, or let a free desk call it out of turn."""

from functools import partial

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from edge.errors import Unknown
from edge.operations import overview, printing, supervision, tickets
from edge.queueing import commands as c
from edge.queueing.chain import instant
from edge.queueing.day import wall
from edge.queueing.ticket import TicketState
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame, ready
from edge.web.screens.hall.frame import Refusal, blueprint
from edge.web.site import site


@blueprint.get("/ticket/<ticket>", endpoint="ticket_page")
@needs(Right.READ_HALL)
def show(ticket: str) -> Response:
    """The ticket as it is, and what may be done."""
    return _page(ticket)


@blueprint.post("/ticket/<ticket>/put-back")
@needs(Right.SUPERVISE)
def put_back(ticket: str) -> Response:
    """Let a held or missed ticket wait again."""
    return _changed(ticket, "put-back", c.PutBack(ticket, frame.reason()))


@blueprint.post("/ticket/<ticket>/withdraw")
@needs(Right.SUPERVISE)
def withdraw(ticket: str) -> Response:
    """Cancel a ticket that is at no desk."""
    return _changed(ticket, "withdrawn", c.Withdraw(ticket, frame.reason()))


@blueprint.post("/ticket/<ticket>/proof/<verdict>")
@needs(Right.SUPERVISE)
def judge(ticket: str, verdict: str) -> Response:
    """Say of a waiting ticket that the proof of its right was seen, or that there is none."""
    if verdict not in ("seen", "none"):
        abort(404)
    command = c.JudgeInHall(ticket, confirmed=verdict == "seen", reason=frame.reason())
    return _changed(ticket, f"proof-{verdict}", command)


@blueprint.post("/ticket/<ticket>/pick")
@needs(Right.SUPERVISE)
def pick(ticket: str) -> Response:
    """Let a desk call the ticket, whoever's turn it is."""
    desk, key = request.form.get("desk", ""), frame.once(f"ticket:{ticket}:pick")
    if desk not in site().ctx.hall.desks:
        raise Unknown(f"desk {desk!r} does not exist", field="desk")
    command = c.Pick(desk, ticket, frame.reason())
    refusal = frame.refused("ticket", lambda: supervision.at_desk(site().ctx, command, actor=frame.actor(), once=key))
    return _page(ticket, refusal) if refusal else frame.done("picked")


@blueprint.post("/ticket/<ticket>/print")
@needs(Right.SUPERVISE)
def print_copy(ticket: str) -> Response:
    """Print a copy of the ticket, which says that it is one."""
    ctx, printer, key = site().ctx, printing.require(site().printers, request.form.get("printer", "")), frame.once(f"ticket:{ticket}:print")
    act = partial(printing.print_again, ctx, ticket, printer, site().visitor_url, actor=frame.actor(), once=key)
    refusal = frame.refused("print", act)
    return _page(ticket, refusal) if refusal else redirect(url_for("hall.ticket_page", ticket=ticket), code=303)


def _changed(ticket: str, said: str, command: c.PutBack | c.Withdraw | c.JudgeInHall) -> Response:
    key = frame.once(f"ticket:{ticket}:{said}")
    refusal = frame.refused("ticket", lambda: supervision.with_ticket(site().ctx, command, actor=frame.actor(), once=key))
    return _page(ticket, refusal) if refusal else frame.done(said)


def _page(ticket: str, refusal: Refusal | None = None) -> Response:
    ctx = site().ctx
    view = tickets.view(ctx, ticket)
    here = ctx.hall.tickets.get(ticket)
    ends = here.held_until if here and here.state in (TicketState.HELD, TicketState.MISSED) else None
    until = instant(wall(ctx.hall.day, ends)) if ends is not None and ctx.hall.day else None
    paper = {"job": printing.newest(ctx, ticket), "printers": site().printers.names}
    able = {"free": overview.free_desks(ctx.hall), "reasons": ready.TICKET_REASONS}
    return frame.page("ticket", refusal, ticket=view, open=here, until=until, **able, **paper)
