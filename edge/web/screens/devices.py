"""Devices, for staff: which there are, how they are and what is wrong; for the administrator also pairing a screen, another login, revoking.

The login of a thing without a screen is part of the one answer to the request that made it, as secrets of staff are.
"""

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.errors import BadRequest, Refused, Unavailable, Unknown
from edge.operations import alerts, codes, fleet, pairing, printing, registry
from edge.operations.codes import Waiting
from edge.operations.delays import Delayed
from edge.operations.orders import Op
from edge.operations.overview import Found
from edge.queueing.devices import fresh_name
from edge.queueing.registry import Device, Kind
from edge.web import identity, rights
from edge.web.rights import Right
from edge.web.screens import browsers, forms, words
from edge.web.screens.enter import SCREENS
from edge.web.screens.gate import needs
from edge.web.screens.polled import polled
from edge.web.site import site

blueprint = Blueprint("devices", __name__, url_prefix="/devices")

SAID: words.Words = {
    "paired": _l("The screen is paired. It goes on by itself."),
    "revoked": _l("The device is revoked. It is cut off now."),
    "told": _l("The device was told to show itself."),
    "test": _l("The device was told to print a test page."),
    "seen": _l("Noted: that is in order again."),
}
NOT_TOLD = _l("The device could not be told: no messages go out now.")
NO_CODE = _l("No screen shows this code. Look at the screen again: the code changes after ten minutes.")
CHOSEN_BY = {Kind.DESK: "desk", Kind.LED: "desk", Kind.KIOSK: "zone", Kind.BOARD: "zone"}
NEW, KNOWN = "new", "as"


@blueprint.get("")
@needs(Right.READ_HALL)
def overview() -> Response:
    """List everything."""
    return _page(said=SAID.get(request.args.get("said", "")))


@blueprint.get("/live")
@needs(Right.READ_HALL)
def live() -> Response:
    """What of it renews itself."""
    return polled(render_template("devices/live.html", **_seen()))


@blueprint.get("/pair")
@needs(Right.MANAGE_DEVICES)
def look() -> Response:
    """Show which screen has the code that was typed, and ask what it becomes."""
    try:
        waiting = pairing.look(site().ctx, request.args.get("code", "")[:32], actor=_actor())
    except Unknown:
        return _page(HTTPStatus.UNPROCESSABLE_ENTITY, wrong=NO_CODE)
    except Delayed as error:
        return _delayed(error)
    return _asked(waiting)


@blueprint.post("/pair")
@needs(Right.MANAGE_DEVICES)
def pair() -> Response:
    """Let the screen be what was chosen."""
    code = request.form.get("code", "")[:32]
    once = forms.once(f"devices:{_actor()}")
    try:
        device = pairing.confirm(site().ctx, code, _chosen(request.form.get("becomes", "")), actor=_actor(), once=once)
    except Delayed as error:
        return _delayed(error)
    except Unknown as error:
        if error.field != "code":
            raise
        return _page(HTTPStatus.UNPROCESSABLE_ENTITY, wrong=NO_CODE)
    except Refused as error:
        return _page(HTTPStatus.CONFLICT, refused=words.REFUSED.get(error.code, words.NOT_POSSIBLE))
    return _done("paired", device.device)


@blueprint.post("/<name>/identify")
@needs(Right.MANAGE_DEVICES)
def identify(name: str) -> Response:
    """Let a device show which one it is."""
    return _told(name, Op.IDENTIFY, "told")


@blueprint.post("/<name>/test-print")
@needs(Right.MANAGE_DEVICES)
def test_print(name: str) -> Response:
    """Let a device print a test page."""
    return _told(name, Op.TEST_PRINT, "test")


@blueprint.post("/<name>/login")
@needs(Right.MANAGE_DEVICES)
def renew(name: str) -> Response:
    """Make another login, and show it; sent twice, it is the one that was made."""
    device = registry.renew(site().ctx, name, actor=_actor(), once=forms.once(f"devices:{_actor()}:{name}"))
    return _page(made=device, login=registry.login(site().ctx.keys, device))


@blueprint.post("/<name>/revoke")
@needs(Right.MANAGE_DEVICES)
def revoke(name: str) -> Response:
    """Let a device in no longer."""
    try:
        registry.revoke(site().ctx, name, actor=_actor())
    except Refused as error:
        return _page(HTTPStatus.CONFLICT, refused=words.REFUSED.get(error.code, words.NOT_POSSIBLE))
    return _done("revoked", name)


@blueprint.post("/alerts/<name>/seen")
@needs(Right.SUPERVISE)
def see_to(name: str) -> Response:
    """Note that a person saw to it; sent twice, or when somebody else was faster, it is over all the same."""
    try:
        alerts.see_to(site().ctx, name, actor=_actor())
    except Refused as error:
        return _page(HTTPStatus.CONFLICT, refused=words.REFUSED.get(error.code, words.NOT_POSSIBLE))
    return redirect(url_for("devices.overview", said="seen"), code=303)


def _told(name: str, op: Op, said: str) -> Response:
    try:
        registry.tell(site().ctx, name, op, actor=_actor())
    except Unavailable:
        return _page(HTTPStatus.SERVICE_UNAVAILABLE, refused=NOT_TOLD)
    return _done(said, name)


def _done(said: str, name: str) -> Response:
    return redirect(url_for("devices.overview", said=said, _anchor=f"d-{name}"), code=303)


def _page(status: int = HTTPStatus.OK, **values: object) -> Response:
    said: dict[str, LazyString | None] = {"said": None, "refused": None, "wrong": None, "made": None}
    typed = request.values.get("code", "")[:32]
    return make_response(render_template("devices/overview.html", **_seen(), key=forms.fresh_key(), typed=typed, **{**said, **values}), status)


def _seen() -> dict[str, object]:
    ctx = site().ctx
    equipment = fleet.fleet(ctx, site().attendance)
    session = identity.staff_here()
    return {
        "alerts": fleet.wrong(ctx),
        "fleet": equipment,
        "counts": fleet.counted(equipment),
        "printers": printing.standings(ctx.database, site().printers),
        "waiting": ctx.pairing.count(ctx.clock.monotonic()),
        "may": session is not None and rights.has(session, Right.MANAGE_DEVICES),
        "may_act": session is not None and rights.has(session, Right.SUPERVISE),
        "policy": ctx.hall.policy,
        "has_screen": SCREENS.keys() - {Kind.LED},  # such a display may also be a thing of its own, with a login put into it
        "states": Found,
        "words": words,
        "model": browsers.thing,
    }


def _asked(waiting: Waiting) -> Response:
    """Ask what a screen becomes. Chosen beforehand: what it was, else the first of its choices that nobody is yet."""
    ctx = site().ctx
    seconds = int(ctx.clock.monotonic() - waiting.asked_at)
    known = [device for device in ctx.hall.devices.values() if device.kind in SCREENS]
    policy = ctx.hall.policy
    places = {Kind.BOARD: list(policy.zones), Kind.KIOSK: list(policy.zones), Kind.DESK: list(policy.desks), Kind.LED: list(policy.desks)}
    values = {"waiting": waiting, "code": codes.spoken(waiting.code), "seconds": seconds, "known": known, "places": places, "policy": policy}
    return make_response(render_template("devices/pair.html", **values, words=words, key=forms.fresh_key(), NEW=NEW, KNOWN=KNOWN))


def _chosen(text: str) -> Device | str:
    """Read a choice of the form: `as:<device>`, or `new:<kind>:<place>`. Raises BadRequest."""
    match text.split(":"):
        case [how, name] if how == KNOWN:
            return name
        case [how, kind, place] if how == NEW and kind in CHOSEN_BY:
            name = fresh_name(site().ctx.hall.devices, Kind(kind), place)
            binding = {CHOSEN_BY[Kind(kind)]: place}
            return Device(name, Kind(kind), binding.get("desk"), binding.get("zone"))
        case _:
            raise BadRequest(f"form field becomes = {text[:64]!r}: must be as:<device>, or new:<kind>:<place>")


def _delayed(error: Delayed) -> Response:
    response = _page(HTTPStatus.TOO_MANY_REQUESTS, wrong=words.REFUSED["delayed"])
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _actor() -> str:
    session = identity.staff_here()
    if session is None:  # the gate let somebody pass, and the session ended since
        raise Unknown("the login has ended", field="session")
    return session.actor
