"""Appointments: free slots, booking one, moving and cancelling it, checking in. Nothing here ever shows whose a booking is."""

import json
from typing import Annotated

from flask import Response, url_for
from pydantic import BaseModel, Field

from edge.errors import BadRequest, Unknown
from edge.operations import bookings
from edge.web import identity
from edge.web.api import answer, gate, shapes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import Key, needs
from edge.web.api.wishes import BookingWish, CheckInWish, RescheduleWish
from edge.web.problems import Problem
from edge.web.rights import Right
from edge.web.site import site


class SlotsQuery(BaseModel):
    """``day``: a local day of the centre, `YYYY-MM-DD`."""

    service: Annotated[str, Field(min_length=1, max_length=64)]
    day: Annotated[str, Field(min_length=1, max_length=32)]


class CodePath(BaseModel):
    """A booking's code."""

    code: str


@blueprint.get("/slots", responses={200: shapes.SlotsShape})
@needs(Right.READ_OFFER)
def get_slots(query: SlotsQuery) -> Response:
    """List the future slots of a day that have seats left, in time order."""
    try:
        return answer.view(bookings.slots(site().ctx, query.service, query.day))
    except Unknown as error:
        raise BadRequest(str(error), code=f"unknown_{error.field}") from None


@blueprint.post("/bookings", responses={201: shapes.BookingShape, 200: shapes.BookingShape})
@needs(Right.BOOK, Key.REQUIRED)
def post_booking(body: BookingWish) -> Response:
    """Book: 201, or 200 with the very same bytes when the key was used for this request before. 409 names the nearest free slots."""
    caller = identity.caller()
    done = bookings.book(
        site().ctx,
        service=body.service,
        slot=body.slot,
        person=body.person,
        lang=body.lang,
        contact=body.contact or None,
        via=caller.via,
        actor=caller.actor,
        once=gate.once(),
    )
    response = answer.json_text(done.answer, 201 if done.first else 200)
    response.headers["Location"] = url_for("api.get_booking", code=json.loads(done.answer)["code"])
    return response


@blueprint.get("/bookings/<code>", responses={200: shapes.BookingShape})
@needs(Right.READ_BOOKING)
def get_booking(path: CodePath) -> Response:
    """Show a booking as it stands."""
    return answer.view(bookings.view(bookings.find(site().ctx, path.code)))


@blueprint.delete("/bookings/<code>", responses={200: shapes.BookingShape})
@needs(Right.BOOK)
def delete_booking(path: CodePath) -> Response:
    """Cancel a booking; twice is once."""
    _known(path.code)
    return answer.view(bookings.cancel(site().ctx, path.code, by=_by(), actor=identity.caller().actor))


@blueprint.post("/bookings/<code>/reschedule", responses={200: shapes.BookingShape})
@needs(Right.BOOK, Key.REQUIRED)
def post_reschedule(path: CodePath, body: RescheduleWish) -> Response:
    """Move a booking to another slot of its service; the code stays. 409 names the nearest free slots."""
    _known(path.code)
    done = bookings.reschedule(site().ctx, path.code, body.slot, actor=identity.caller().actor, once=gate.once())
    return answer.json_text(done.answer)


@blueprint.post("/checkins", responses={201: shapes.TicketShape, 200: shapes.TicketShape})
@needs(Right.BOOK, Key.REQUIRED)
def post_checkin(body: CheckInWish) -> Response:
    """Check in with a booking's code: 201 the ticket, again 200 the same. 409 says when check-in opens."""
    _known(body.code)
    caller = identity.caller()
    done = bookings.check_in(site().ctx, body.code, via=caller.via, actor=caller.actor, once=gate.once())
    response = answer.json_text(done.answer, 201 if done.first else 200)
    response.headers["Location"] = url_for("api.get_ticket", ticket_id=json.loads(done.answer)["id"])
    return response


def _known(code: str) -> None:
    """Raises Problem 404 for a code that no booking ever had; it is a name in a path, wherever it stands."""
    try:
        bookings.find(site().ctx, code)
    except Unknown as error:
        raise Problem(404, "not_found", str(error)) from None


def _by() -> str:
    return bookings.BY_STAFF if isinstance(identity.caller(), identity.AsStaff) else bookings.BY_VISITOR
