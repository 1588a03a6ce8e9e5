"""Checking in at the kiosk: the code, what it means now, and the ticket. Whoever is not checked in is told so in plain words."""

import json

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.errors import Refused, Unknown
from edge.operations import appointment as appointments
from edge.operations import bookings
from edge.operations.appointment import Appointment, Met
from edge.operations.delays import Delayed
from edge.queueing.booking import CODE_LENGTH
from edge.queueing.registry import Device, Kind
from edge.web.screens import forms, keypad, offer, slot_words
from edge.web.screens.gate import needs
from edge.web.screens.keypad import CODE, Asked
from edge.web.screens.kiosk_page import IN_LANGUAGE, blueprint, categories, to, unless_emergency
from edge.web.screens.kiosk_paper import to_ticket
from edge.web.screens.paired import paired
from edge.web.site import site

CODE_LABEL = _l("Code of the appointment")

Page = tuple[str, int]


@blueprint.get(f"{IN_LANGUAGE}/check-in")
@needs(Kind.KIOSK)
def check_in_code(device_id: str, lang: str) -> str:  # noqa: ARG001 -- the language selector reads it
    """Ask for the code."""
    return ask(paired(device_id, Kind.KIOSK), Asked(CODE, CODE_LABEL), changes=False)


@blueprint.post(f"{IN_LANGUAGE}/check-in")
@needs(Kind.KIOSK)
def find_to_check_in(device_id: str, lang: str) -> Response | Page | str:  # noqa: ARG001
    """Look the code up."""
    return looked_up(paired(device_id, Kind.KIOSK), "appointment", changes=False)


@blueprint.get(f"{IN_LANGUAGE}/appointment/<code>")
@needs(Kind.KIOSK)
def appointment(device_id: str, lang: str, code: str) -> Response | str:
    """What the code means now; the ticket itself when there is one already."""
    device = paired(device_id, Kind.KIOSK)
    seen = appointments.seen_slowly(site().ctx, code, device_id)
    if seen.token:
        return redirect(url_for("kiosk.ticket", device_id=device_id, lang=lang, token=seen.token, again=1), code=303)
    return _meaning(device, seen)


@blueprint.get(f"{IN_LANGUAGE}/appointment/<code>/priority")
@needs(Kind.KIOSK)
def appointment_priority(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """The statutory categories: touching one checks in with it."""
    device = paired(device_id, Kind.KIOSK)
    seen = appointments.seen_slowly(site().ctx, code, device_id)
    action = to("check_in", device, code=seen.booking.code)
    return unless_emergency(
        "kiosk/priority.html", device, action=action, seen=seen, categories=categories(), up=to("appointment", device, code=seen.booking.code)
    )


@blueprint.post(f"{IN_LANGUAGE}/appointment/<code>")
@needs(Kind.KIOSK)
def check_in(device_id: str, lang: str, code: str) -> Response | Page:  # noqa: ARG001
    """Issue the ticket; a refusal says again what the code means now, where that explains it."""
    device = paired(device_id, Kind.KIOSK)
    seen = appointments.seen_slowly(site().ctx, code, device_id)
    try:
        done = bookings.check_in(
            site().ctx,
            seen.booking.code,
            via=device_id,
            actor=f"device:{device_id}",
            category=request.form.get("category") or None,
            expired=request.form.get("expired") == "yes",
            once=forms.once(f"kiosk:{device_id}"),
        )
    except Refused as error:
        if error.reason or appointments.seen(site().ctx, code).met is seen.met is Met.ON_TIME:
            raise
        return _meaning(device, appointments.seen(site().ctx, code)), 409
    return to_ticket(device, json.loads(done.answer))


def ask(device: Device, asked: Asked, *, changes: bool) -> str:
    """The page that asks for a code: to check in, or to change or cancel the appointment."""
    action = to("find_to_change" if changes else "find_to_check_in", device)
    up = to("book", device) if changes else to("services", device)
    title = _("Change or cancel an appointment") if changes else _("I have an appointment")
    lead = _("Touch the six letters and digits of your code, or hold its QR code before the scanner.")
    return unless_emergency("kiosk/keypad.html", device, asked=asked, action=action, up=up, title=title, lead=lead, go=_("Continue"))


def looked_up(device: Device, endpoint: str, *, changes: bool) -> Response | Page | str:
    """Go to the page of the code that was typed, or ask again with a word on what was wrong."""
    code, is_key = keypad.typed(CODE)
    if is_key:
        return ask(device, Asked(CODE, CODE_LABEL, code), changes=changes)
    if len(code) < CODE_LENGTH:
        return ask(device, Asked(CODE, CODE_LABEL, code, _l("The code has six letters and digits.")), changes=changes), 422
    try:
        seen = appointments.seen_slowly(site().ctx, code, device.device)
    except Unknown:
        missing = _l("This code is not known.") if changes else _l("This code is not known. You are NOT checked in.")
        return ask(device, Asked(CODE, CODE_LABEL, code, missing), changes=changes), 404
    except Delayed as error:
        wait = _("Too many wrong codes. Please wait %(seconds)s seconds, or call for help.", seconds=error.retry_after)
        return ask(device, Asked(CODE, CODE_LABEL, code, wait), changes=changes), 429
    return redirect(to(endpoint, device, code=seen.booking.code), code=303)


def _meaning(device: Device, seen: Appointment) -> str:
    service = site().ctx.hall.policy.services.get(seen.booking.service)
    offered = offer.find(device, seen.booking.service)
    return unless_emergency(
        "kiosk/appointment.html",
        device,
        seen=seen,
        service=service,
        offered=offered,
        said=_said(seen),
        day=slot_words.date_words(seen.booking.start),
        clock=slot_words.clock,
        categories=categories(),
        up=to("check_in_code", device),
    )


def _said(seen: Appointment) -> str:
    """The one sentence on top: what the code means now, with its times."""
    day, start = slot_words.date_words(seen.booking.start), slot_words.clock(seen.booking.start)
    opens, closes = slot_words.clock(seen.opens), slot_words.clock(seen.closes)
    match seen.met:
        case Met.EARLY if appointments.is_today(site().ctx, seen.booking.start):
            said = _("It is too early: check-in opens at %(opens)s. You are NOT checked in yet.", opens=opens)
        case Met.EARLY:
            said = _("Your appointment is on another day: %(day)s at %(time)s. You are NOT checked in.", day=day, time=start)
        case Met.ON_TIME:
            said = _("You are on time.")
        case Met.LATE:
            said = _("You are late for %(time)s. You can still check in, but your place now counts from the moment you came.", time=start)
        case Met.OVER:
            said = _("Its time is over: check-in closed at %(closes)s. You are NOT checked in.", closes=closes)
        case Met.CANCELLED:
            said = _("This appointment was cancelled. You are NOT checked in.")
        case _:
            said = _("This appointment is over. You are NOT checked in.")
    return str(said)
