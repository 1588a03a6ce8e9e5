"""Appointments at the desk: find one by its code, check its visitor in (early ones, too), book for a visitor, move and cancel. Plain forms.

A clerk sees which service and when, never whose: nobody but the visitor knows that.
"""

import json
from http import HTTPStatus
from typing import Any, TypeAlias

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.errors import BadRequest, EdgeError, Refused, Unknown
from edge.operations import appointment, bookings, views
from edge.operations.decision import Once
from edge.queueing.policy import LANGS
from edge.queueing.registry import Device, Kind
from edge.web import identity
from edge.web.screens import faults, forms, keypad, language, slot_words, words
from edge.web.screens.gate import needs
from edge.web.screens.paired import paired
from edge.web.site import site

blueprint = Blueprint("desk_bookings", __name__, url_prefix="/desk/<device_id>/bookings")

NO_SUCH_CODE = _l("No appointment has this code or number")
TOO_SHORT = _l("Please give at least four letters or digits.")
NO_TIME = _l("Please choose a time")

Said: TypeAlias = LazyString | str | None


@blueprint.get("")
@needs(Kind.DESK)
def overview(device_id: str) -> Response:
    """Today's appointments, and the field for a code."""
    return _overview(paired(device_id, Kind.DESK))


@blueprint.post("/find")
@needs(Kind.DESK, clerk=True)
def find(device_id: str) -> Response:
    """Go to the appointment with the code that was typed, or to those of who is known by it: a visitor may have lost the code."""
    device, typed = paired(device_id, Kind.DESK), keypad.cleaned(request.form.get("code", ""))[:64]
    try:
        return _to(device, bookings.find(site().ctx, typed).code)
    except Unknown:
        found = appointment.of_person(site().ctx, typed)
    if len(found) == 1:
        return _to(device, found[0].code)
    return _page("found", device, found=found) if found else _overview(device, NO_SUCH_CODE)


@blueprint.get("/of/<code>")
@needs(Kind.DESK)
def show(device_id: str, code: str) -> Response:
    """One appointment, and what can be done with it."""
    return _show(paired(device_id, Kind.DESK), code)


@blueprint.post("/of/<code>/check-in")
@needs(Kind.DESK, clerk=True)
def check_in(device_id: str, code: str) -> Response:
    """Give the visitor the ticket; staff may do it before its time, and after it with an ordinary one."""
    device = paired(device_id, Kind.DESK)
    try:
        bookings.check_in(
            site().ctx,
            code,
            via=device_id,
            actor=identity.actor_at_desk(device),
            category=request.form.get("category") or None,
            expired=request.form.get("expired") == "yes",
            by_staff=True,
            once=_once(device, "check-in"),
        )
    except Refused as error:
        return _show(device, code, error)
    return _to(device, code)


@blueprint.post("/of/<code>/cancel")
@needs(Kind.DESK, clerk=True)
def cancel(device_id: str, code: str) -> Response:
    """Cancel it; twice is once."""
    device = paired(device_id, Kind.DESK)
    try:
        bookings.cancel(site().ctx, code, by=bookings.BY_STAFF, actor=identity.actor_at_desk(device))
    except Refused as error:
        return _show(device, code, error)
    return _to(device, code)


@blueprint.get("/of/<code>/move")
@needs(Kind.DESK)
def ask_to_move(device_id: str, code: str) -> Response:
    """The free times of one day, today or the next with any first; ``?day=`` another one."""
    return _ask_to_move(paired(device_id, Kind.DESK), code)


@blueprint.post("/of/<code>/move")
@needs(Kind.DESK, clerk=True)
def move(device_id: str, code: str) -> Response:
    """Move it; the code stays. When the time was taken meanwhile nothing changes."""
    device, slot = paired(device_id, Kind.DESK), request.form.get("slot", "")
    if not slot:
        return _ask_to_move(device, code, said=NO_TIME)
    try:
        bookings.reschedule(site().ctx, code, slot, actor=identity.actor_at_desk(device), once=_once(device, "move"))
    except Refused as error:
        return _ask_to_move(device, code, said=_why(error))
    return _to(device, code)


@blueprint.get("/new/<code>")
@needs(Kind.DESK)
def ask_to_book(device_id: str, code: str) -> Response:
    """The free times of a service on one day, and who comes."""
    return _ask_to_book(paired(device_id, Kind.DESK), code)


@blueprint.post("/new/<code>")
@needs(Kind.DESK, clerk=True)
def book(device_id: str, code: str) -> Response:
    """Book for a visitor, then show the code."""
    device, slot = paired(device_id, Kind.DESK), request.form.get("slot", "")
    person, lang = keypad.cleaned(request.form.get("person", ""))[:64], request.form.get("lang", "")
    if not slot:
        return _ask_to_book(device, code, NO_TIME)
    try:
        done = bookings.book(
            site().ctx,
            service=code,
            slot=slot,
            person=person,
            lang=lang if lang in LANGS else language.current(),
            via=device_id,
            actor=identity.actor_at_desk(device),
            once=_once(device, "book"),
        )
    except BadRequest as error:
        if error.code != "person_invalid":
            raise
        return _ask_to_book(device, code, TOO_SHORT)
    except Refused as error:
        return _ask_to_book(device, code, _why(error))
    return _to(device, json.loads(done.answer)["code"])


def _overview(device: Device, said: Said = None) -> Response:
    hall = site().ctx.hall
    today = bookings.of_day(site().ctx, hall.day.day) if hall.day else []
    bookable = [code for code in hall.leaves() if views.is_bookable(hall, code)]
    return _page("overview", device, said, today=today, bookable=bookable)


def _show(device: Device, code: str, error: Refused | None = None) -> Response:
    seen = appointment.seen(site().ctx, code)
    ticket = site().ctx.hall.tickets.get(seen.booking.ticket or "")
    return _page("show", device, None if error is None else _why(error), seen=seen, ticket=ticket)


def _ask_to_move(device: Device, code: str, said: Said = None) -> Response:
    seen = appointment.seen(site().ctx, code)
    return _page("move", device, said, seen=seen, **_times(seen.booking.service))


def _ask_to_book(device: Device, code: str, said: Said = None) -> Response:
    service = site().ctx.hall.leaf(code).code
    return _page("new", device, said, code=service, given=request.form, **_times(service))


def _times(service: str) -> dict[str, Any]:
    days = slot_words.days(service)
    wanted = request.values.get("day", "")
    day = wanted if wanted in days else next(iter(days), None)
    return {"days": days, "day": day, "hours": slot_words.hours(service, day) if day else [], "why_none": bookings.why_none(site().ctx)}


def _page(name: str, device: Device, said: Said = None, **values: Any) -> Response:
    """Render a page; with ``said`` it is the answer to what was not possible."""
    about = {
        "device": device,
        "policy": site().ctx.hall.policy,
        "words": words,
        "slot_words": slot_words,
        "key": forms.fresh_key(),
        "said": said,
        "needs_login": identity.lacks_clerk(device),
    }
    return make_response(render_template(f"desk/bookings/{name}.html", **about, **values), HTTPStatus.CONFLICT if said else HTTPStatus.OK)


def _once(device: Device, what: str) -> Once:
    return forms.once(f"desk:{device.device}:bookings:{what}")


def _why(error: EdgeError) -> Said:
    reason = getattr(error, "reason", None)
    return words.NO_TICKETS.get(reason or "") or words.REFUSED.get(error.code) or faults.of(error).advice


def _to(device: Device, code: str) -> Response:
    return redirect(url_for("desk_bookings.show", device_id=device.device, code=code), code=303)
