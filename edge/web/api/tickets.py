"""Taking a ticket and looking it up. The same key never makes two tickets, however often and however parallel it is sent."""

import json

from flask import Response, url_for
from pydantic import BaseModel

from edge.operations import tickets
from edge.queueing.registry import Kind
from edge.web import identity
from edge.web.api import answer, gate, shapes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import Key, needs
from edge.web.api.wishes import TicketWish
from edge.web.rights import Right
from edge.web.site import site


class TicketPath(BaseModel):
    """A ticket's id, as it was answered when issued."""

    ticket_id: str


@blueprint.post("/tickets", responses={201: shapes.TicketShape, 200: shapes.TicketShape})
@needs(Right.ISSUE, Key.OPTIONAL)
def post_ticket(body: TicketWish) -> Response:
    """Issue a ticket: 201, or 200 with the very same bytes when the key was used for this request before."""
    caller = identity.caller()
    done = tickets.issue(
        site().ctx,
        service=body.service,
        lang=body.lang,
        category=body.category,
        contact=body.contact or None,
        via=caller.via,
        actor=caller.actor,
        shown=_shown(caller),
        once=gate.once(),
    )
    response = answer.json_text(done.answer, 201 if done.first else 200)
    response.headers["Location"] = url_for("api.get_ticket", ticket_id=json.loads(done.answer)["id"])
    return response


@blueprint.get("/tickets/<ticket_id>", responses={200: shapes.TicketShape})
@needs(Right.READ_TICKET)
def get_ticket(path: TicketPath) -> Response:
    """Show a ticket as it stands."""
    return answer.view(tickets.view(site().ctx, path.ticket_id))


def _shown(caller: identity.AsDevice | identity.AsStaff) -> tuple[str, ...] | None:
    """Return the services a kiosk offers; None for callers who may issue for all."""
    if isinstance(caller, identity.AsDevice) and caller.device.kind is Kind.KIOSK:
        return caller.device.services
    return None
