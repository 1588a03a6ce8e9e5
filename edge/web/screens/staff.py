"""Staff, for the administrator: who belongs here, in which role, logged in where; adding, resetting, disabling.

A new password or PIN is part of the one answer to the request that made it: in no address, no cookie, no cache, and not shown again.
"""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.errors import BadRequest, Refused, Unknown
from edge.operations import staff
from edge.operations.staff import Done
from edge.queueing.registry import Member, Role
from edge.web import identity
from edge.web.rights import Right
from edge.web.screens import forms, words
from edge.web.screens.gate import needs
from edge.web.site import site

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

SAID = {
    "role": _l("The role was changed."),
    "disabled": _l("The member can no longer log in and was logged out everywhere."),
    "enabled": _l("The member can log in again."),
    "repeated": _l("This was done already. The password and PIN were shown once; reset them if they are lost."),
}


@blueprint.get("")
@needs(Right.MANAGE_STAFF)
def members() -> Response:
    """List everybody."""
    return _page(said=SAID.get(request.args.get("said", "")))


@blueprint.post("")
@needs(Right.MANAGE_STAFF)
def add() -> Response:
    """Add a member, and show the password and PIN made for them."""
    login, role, once = request.form.get("login", "").strip(), _role(), forms.once("staff")
    password, pin = staff.fresh_password(), staff.fresh_pin()
    try:
        done = staff.add(site().ctx, login=login, role=role, password=password, pin=pin, actor=_actor(), once=once)
    except Refused as error:
        return _refused(error, typed=login, chosen=role)
    return _made(done, password, pin)


@blueprint.post("/<pseudonym>/reset")
@needs(Right.MANAGE_STAFF)
def reset(pseudonym: str) -> Response:
    """Make a new password (``what`` = password) or PIN (pin), and show it."""
    what = request.form.get("what", "")
    if what not in ("password", "pin"):
        raise BadRequest(f"form field what = {what[:32]!r}: must be password or pin")
    password, pin = (staff.fresh_password(), None) if what == "password" else (None, staff.fresh_pin())
    login = _member(pseudonym).login
    done = staff.reset(site().ctx, login=login, password=password, pin=pin, actor=_actor(), once=forms.once(f"staff:{pseudonym}"))
    return _made(done, password, pin)


@blueprint.post("/<pseudonym>/role")
@needs(Right.MANAGE_STAFF)
def change_role(pseudonym: str) -> Response:
    """Give a member another role."""
    member, role = _member(pseudonym), _role()
    return _changed("role", lambda: staff.change_role(site().ctx, login=member.login, role=role, actor=_actor()))


@blueprint.post("/<pseudonym>/disable")
@needs(Right.MANAGE_STAFF)
def disable(pseudonym: str) -> Response:
    """Let a member in no longer."""
    member = _member(pseudonym)
    return _changed("disabled", lambda: staff.disable(site().ctx, login=member.login, actor=_actor()))


@blueprint.post("/<pseudonym>/enable")
@needs(Right.MANAGE_STAFF)
def enable(pseudonym: str) -> Response:
    """Let a member in again."""
    member = _member(pseudonym)
    return _changed("enabled", lambda: staff.enable(site().ctx, login=member.login, actor=_actor()))


def _changed(said: str, change: Callable[[], Member]) -> Response:
    try:
        change()
    except Refused as error:
        return _refused(error)
    return redirect(url_for("staff.members", said=said), code=303)


def _made(done: Done, password: str | None, pin: str | None) -> Response:
    if not done.first:
        return redirect(url_for("staff.members", said="repeated"), code=303)
    return _page(made=done.member, password=password, pin=pin)


def _refused(error: Refused, **values: object) -> Response:
    return _page(HTTPStatus.CONFLICT, refused=words.REFUSED.get(error.code, words.NOT_POSSIBLE), **values)


def _page(status: int = HTTPStatus.OK, *, said: LazyString | None = None, **values: object) -> Response:
    listed = staff.listed(site().ctx)
    return make_response(
        render_template("staff/members.html", listed=listed, said=said, roles=Role, words=words, key=forms.fresh_key(), **values), status
    )


def _actor() -> str:
    session = identity.staff_here()
    if session is None:  # the gate let somebody pass, and the session ended since
        raise Unknown("the login has ended", field="session")
    return session.actor


def _member(pseudonym: str) -> Member:
    member = site().ctx.hall.members.get(pseudonym)
    if member is None:
        raise Unknown(f"member of staff {pseudonym!r} does not exist", field="staff")
    return member


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError as error:
        raise BadRequest(f"form field role: {error}") from None
