"""Issuing tickets, for people at screens and for headless kiosks over MQTT; looking one up.

The same request never makes two tickets: the key is remembered in the transaction that issued.
"""

import json
from dataclasses import dataclass

from edge.errors import Refused, Unavailable, Unknown
from edge.operations import bookings, contacts, track, views
from edge.operations.context import Context
from edge.operations.decision import Decision, Done, Once, deciding
from edge.queueing import commands
from edge.queueing.decide import decide
from edge.queueing.registry import Kind
from edge.queueing.ticket import Ticket
from edge.store import queries


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """A headless kiosk's wish, well-formed; ``id`` is the device's own."""

    id: str
    service: str
    category: str | None
    lang: str


def issue(
    ctx: Context,
    *,
    service: str,
    lang: str,
    via: str,
    actor: str,
    category: str | None = None,
    contact: str | None = None,
    shown: tuple[str, ...] | None = None,
    once: Once | None = None,
) -> Done:
    """Issue a ticket; ``answer`` is `views.ticket`. ``shown``: the codes the kiosk offers, None for all. ``contact`` is kept encrypted till day end.

    Raises Refused (closed, …; where only an appointment helps, with the nearest free slots), Unknown (service, category), KeyReused, Unavailable;
    then nothing happened and the key stays unused.
    """
    with bookings.instead(ctx, service), deciding(ctx, actor) as decision:
        answer = decision.recall(once)
        turn = decision.turn
        if answer is not None:
            return Done(None, turn.hall, turn.tick, answer, first=False)
        command = commands.Issue(ctx.new_id(), service, lang, via, category=category, shown=shown)
        outcome = decide(turn, command)
        if contact:
            contacts.keep(ctx.keys, decision.transaction, command.ticket, contact)
        ticket = turn.hall.tickets[command.ticket]
        answer = views.text(views.ticket(turn.hall, ticket, turn.tick, track.url(ctx.keys, ticket.id)))
        decision.remember(once, answer)
        return Done(outcome, turn.hall, turn.tick, answer, first=True)


def issue_headless(ctx: Context, device: str, request: IssueRequest) -> views.View:
    """Issue for the MQTT kiosk ``device``. Returns the fields of `issued` without ``v`` and ``ts``.

    The same request id is answered with the same words, also a refusal; only what could not be decided now is not remembered.
    """
    once = Once(f"issue:{device}", request.id, "")
    try:
        with deciding(ctx, f"device:{device}") as decision:
            known = decision.recall(once)
            if known is not None:
                first: views.View = json.loads(known)
                return first
            answer = _decided_headless(ctx, decision, device, request)
            decision.remember(once, views.text(answer))
            return answer
    except Unavailable:
        return _issued(request, "refused", None, None)


def view(ctx: Context, ticket_id: str) -> views.View:
    """Return `GET tickets/<id>`. Raises Unknown."""
    hall = ctx.hall
    return views.ticket(hall, _found(ctx, ticket_id), ctx.tick(), track.url(ctx.keys, ticket_id))


def by_token(ctx: Context, token: str) -> views.View:
    """Return the ticket behind a tracking link, as `GET tickets/<id>`. Raises Unknown; also once the ticket's day is over."""
    found = behind(ctx, token)
    return views.ticket(ctx.hall, found, ctx.tick(), track.url(ctx.keys, found.id))


def behind(ctx: Context, token: str) -> Ticket:
    """Return the ticket behind a tracking link. Raises Unknown; also once the ticket's day is over."""
    found = _found(ctx, track.ticket_of(ctx.keys, token))
    day = ctx.hall.day
    if day is None or found.day != day.day:
        raise Unknown("this ticket's day is over", field="token")
    return found


def _found(ctx: Context, ticket_id: str) -> Ticket:
    found = ctx.hall.tickets.get(ticket_id) or queries.ticket(ctx.database, ticket_id)
    if found is None:
        raise Unknown(f"ticket {ticket_id!r} does not exist", field="ticket")
    return found


def _decided_headless(ctx: Context, decision: Decision, device: str, request: IssueRequest) -> views.View:
    turn = decision.turn
    kiosk = turn.hall.devices.get(device)
    if kiosk is None or not kiosk.active or kiosk.kind is not Kind.KIOSK:
        return _issued(request, "refused", None, None)
    command = commands.Issue(ctx.new_id(), request.service, request.lang, via=device, category=request.category, shown=kiosk.services)
    try:
        decide(turn, command)
    except Refused as error:
        return _issued(request, "refused", None, error.reason)
    except Unknown:
        return _issued(request, "refused", None, "unknown")
    ticket = turn.hall.tickets[command.ticket]
    return _issued(request, "issued", views.headless_ticket(turn.hall, ticket, turn.tick), None)


def _issued(request: IssueRequest, result: str, ticket: views.View | None, reason: str | None) -> views.View:
    return {"request_id": request.id, "result": result, "ticket": ticket, "reason": reason}
