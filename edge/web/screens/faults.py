"""What a screen says when something is wrong: one friendly page, in the page's language, with the right status.

The error's own message is for logs and machines; people get words, and never a trace.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from edge.errors import BadRequest, EdgeError, Forbidden, KeyReused, Refused, Unavailable, Unknown
from edge.store import faults as disk
from edge.web.screens import words
from edge.web.screens.enter import address
from edge.web.screens.paired import Unpaired
from edge.web.site import site

log = logging.getLogger(__name__)

Page = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happened, and what to do about it."""

    status: int
    title: LazyString
    advice: LazyString | str


GONE = Fault(404, _l("There is no such page"), _l("Please start again."))
OLD = Fault(400, _l("This page was open for too long"), _l("Please start again."))
UNPAIRED = Fault(403, _l("This screen is not paired"), _l("It shows a code for that; an administrator types the code on the page of devices."))
NOT_THIS_ROLE = Fault(403, _l("Your role does not allow this"), _l("Log in as someone who may, or ask the administrator."))
TOO_MANY = Fault(429, _l("Too many attempts"), _l("Please wait a minute and try again."))
FORBIDDEN = Fault(403, _l("This is not allowed here"), _l("Please ask the administrator."))
BUSY = Fault(503, _l("This could not be done right now"), _l("Please try again in a moment, or ask the staff."))
UNREADABLE = Fault(422, _l("The form could not be read"), _l("Please start again."))
REFUSED = Fault(409, _l("This was not possible"), _l("Please start again, or ask the staff."))
BROKEN = Fault(500, _l("Something went wrong here"), _l("Please try again, or ask the staff."))

REACTIONS: Mapping[type[EdgeError], Fault] = {  # the first that fits: Unpaired is Forbidden, too
    Unpaired: UNPAIRED,
    Forbidden: FORBIDDEN,
    Unknown: GONE,
    BadRequest: UNREADABLE,
    KeyReused: UNREADABLE,
    Unavailable: BUSY,
}
BY_STATUS: Mapping[int, Fault] = {fault.status: fault for fault in (OLD, FORBIDDEN, GONE, TOO_MANY, BUSY, BROKEN)}
FRAMES: dict[str, Callable[[Fault], str | None]] = {}  # by blueprint: its own page of a fault; None when it cannot make one


def guard(blueprint: Blueprint) -> None:
    """Answer every error of this blueprint's pages in HTML."""
    blueprint.register_error_handler(EdgeError, _known)
    blueprint.register_error_handler(CSRFError, lambda _: page(OLD))
    blueprint.register_error_handler(HTTPException, unrouted)
    blueprint.register_error_handler(Exception, _unknown)


def unrouted(error: HTTPException) -> Page:
    """Answer an HTTP error in HTML; for addresses that belong to no screen the application may use this, too."""
    status = error.code or BROKEN.status
    fault = BY_STATUS.get(status, UNREADABLE)
    return page(Fault(status, fault.title, fault.advice))


def page(fault: Fault) -> Page:
    """Render the page of a fault, in the frame of the screen it happened on if that has one and is sound itself."""
    frame = FRAMES.get(request.blueprint or "") if fault is not BROKEN else None
    text = frame(fault) if frame else None
    login = url_for("login.form", next=request.path) if fault is NOT_THIS_ROLE else None
    pair = url_for("pairing.screen", device=(request.view_args or {}).get("device_id")) if fault is UNPAIRED else None
    return text or render_template("fault.html", fault=fault, again=_start(), login=login, pair=pair), fault.status


def of(error: EdgeError) -> Fault:
    """Return what people are told of an error."""
    if isinstance(error, Refused):
        return _refused(error)
    if isinstance(error, Forbidden) and error.code == "role":
        return NOT_THIS_ROLE
    return next((fault for kind, fault in REACTIONS.items() if isinstance(error, kind)), BROKEN)


def _refused(error: Refused) -> Fault:
    if error.reason:
        return Fault(REFUSED.status, _l("No ticket was issued"), words.word(words.NO_TICKETS, error.reason))
    return Fault(REFUSED.status, REFUSED.title, words.REFUSED.get(error.code, REFUSED.advice))


def _known(error: EdgeError) -> Page:
    fault = of(error)
    if fault is BROKEN:
        log.error("screen failed path=%r", request.path, exc_info=error)
    return page(fault)


def _unknown(error: Exception) -> Page:
    if met := disk.known(error):
        log.error("the database could not be read path=%r error=%r", request.path, error)
        return page(of(met))
    log.error("screen failed path=%r", request.path, exc_info=error)
    return page(BROKEN)


def _start() -> str:
    """Where to begin again: the device's own first page (in the demo by its pairing link), else the landing page."""
    device = site().ctx.hall.devices.get((request.view_args or {}).get("device_id", ""))
    screen = address(device) if device else None
    if device and screen and site().demo:
        return url_for("enter.enter", device_id=device.device)
    return screen or url_for("landing.landing")
