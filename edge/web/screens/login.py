"""Logging in at a browser: by password for the pages of staff, by PIN at a paired desk's console. What was wrong is never said in detail.

Afterwards the browser goes to the page that asked for the login, and only to a page of ours: an address from outside is dropped.
"""

import math
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.errors import Forbidden
from edge.operations import logins
from edge.operations.delays import Delayed
from edge.queueing.registry import Device, Kind
from edge.web import identity, rights
from edge.web.rights import Right
from edge.web.screens import words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.screens.paired import registered
from edge.web.site import site

blueprint = Blueprint("login", __name__)

LONGEST_LOGIN, LONGEST_SECRET = 64, 256


@dataclass(frozen=True, slots=True)
class Failed:
    """Why the form is shown again. ``wait_s``: seconds to wait before the next attempt, 0 for none."""

    status: int
    message: LazyString
    wait_s: int = 0


WRONG_PASSWORD = Failed(HTTPStatus.UNAUTHORIZED, _l("Login or password is wrong. Please try again."))
WRONG_PIN = Failed(HTTPStatus.UNAUTHORIZED, _l("Login or PIN is wrong. Please try again."))
NOT_AT_DESKS = Failed(HTTPStatus.FORBIDDEN, _l("Your role does not serve visitors at a desk."))


@blueprint.get("/login")
@needs(PUBLIC)
def form() -> Response:
    """The form; ``next``: where to go afterwards."""
    return _form(_next(request.args.get("next", "")))


@blueprint.post("/login")
@needs(PUBLIC)
def log_in() -> Response:
    """Log this browser in by password."""
    after = _next(request.form.get("next", ""))
    try:
        session = logins.by_password(site().ctx, login=_field("login", LONGEST_LOGIN).strip(), password=_field("password", LONGEST_SECRET))
    except Delayed as error:
        return _form(after, _delayed(error))
    except Forbidden:
        return _form(after, WRONG_PASSWORD)
    identity.log_out_here()
    identity.log_in_here(session)
    return redirect(after, code=303)


@blueprint.post("/logout")
@needs(PUBLIC)
def log_out() -> Response:
    """End the login of this browser; without one there is nothing to end."""
    identity.log_out_here()
    return redirect(url_for("landing.landing"), code=303)


@blueprint.get("/desk/<device_id>/login")
@needs(Kind.DESK)
def at_desk(device_id: str) -> Response:
    """The form of a desk's console."""
    return _desk_form(registered(device_id))


@blueprint.post("/desk/<device_id>/login")
@needs(Kind.DESK)
def log_in_at_desk(device_id: str) -> Response:
    """Log in at this console by PIN, in the place of whoever was logged in there."""
    device, login = registered(device_id), _field("login", LONGEST_LOGIN).strip()
    if device.desk is None:
        raise Forbidden(f"device {device_id!r} is bound to no desk", code="unbound")
    replaces = identity.console_token(device)
    try:
        session = logins.by_pin(site().ctx, login=login, pin=_field("pin", LONGEST_SECRET).strip(), desk=device.desk, replaces=replaces)
    except Delayed as error:
        return _desk_form(device, _delayed(error))
    except Forbidden:
        return _desk_form(device, WRONG_PIN)
    if not rights.has(session, Right.ACT):
        logins.log_out(site().ctx, session.token)
        return _desk_form(device, NOT_AT_DESKS)
    identity.keep_at_console(device, session)
    return redirect(url_for("desk.console", device_id=device_id), code=303)


@blueprint.post("/desk/<device_id>/logout")
@needs(Kind.DESK)
def log_out_at_desk(device_id: str) -> Response:
    """End the login of this console."""
    device = registered(device_id)
    token = identity.console_token(device)
    if token is not None:
        logins.log_out(site().ctx, token)
        identity.keep_at_console(device, None)
    return redirect(url_for("desk.console", device_id=device_id), code=303)


def _field(name: str, most: int) -> str:
    return request.form.get(name, "")[:most]


def _next(asked: str) -> str:
    """Return the address asked for if it is a page of ours that can be fetched, else the front page."""
    parts = urlsplit(asked) if asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable() else None
    adapter = current_app.create_url_adapter(request)
    if parts is None or parts.scheme or parts.netloc or adapter is None or not adapter.test(parts.path, method="GET"):
        return url_for("landing.landing")
    return asked


def _delayed(error: Delayed) -> Failed:
    return Failed(HTTPStatus.TOO_MANY_REQUESTS, _l("Too many wrong attempts. Please wait and try again."), math.ceil(error.retry_after))


def _form(after: str, failed: Failed | None = None) -> Response:
    return _answer("login/password.html", failed, after=after)


def _desk_form(device: Device, failed: Failed | None = None) -> Response:
    clerk = identity.staff_at_desk(device)
    return _answer("login/pin.html", failed, device=device, clerk=clerk, required=identity.lacks_clerk(device))


def _answer(template: str, failed: Failed | None, **values: object) -> Response:
    typed = request.form.get("login", "")[:LONGEST_LOGIN] if failed else ""
    response = make_response(render_template(template, failed=failed, typed=typed, words=words, **values), failed.status if failed else 200)
    if failed and failed.wait_s:
        response.headers["Retry-After"] = str(failed.wait_s)
    if failed and failed.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="edge"'  # of no use to a browser, but a 401 must name one
    return response
