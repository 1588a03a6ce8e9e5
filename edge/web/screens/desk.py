"""The desk console: who is here, who is next, and one key that does the right thing.

Every move is a plain form post, decided by the same operations as a press of the button. What needs a word more (hold, send on, cancel, pick) has
a page of its own, which JavaScript shows in a dialog; with JavaScript only the middle of the page is replaced.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.wrappers import Response

from edge.errors import Refused, Unavailable, Unknown
from edge.operations import desks
from edge.operations.decision import Done
from edge.queueing.decide import Result
from edge.queueing.registry import Device, Kind
from edge.queueing.roster import off_until
from edge.web import identity
from edge.web.screens import desk_moves, desk_view, faults, forms, words
from edge.web.screens.desk_moves import MOVES, Incomplete
from edge.web.screens.gate import needs
from edge.web.screens.paired import paired
from edge.web.site import site

blueprint = Blueprint("desk", __name__, url_prefix="/desk/<device_id>")

PANELS = frozenset({"hold", "transfer", "step", "ending", "cancel", "pick", "aside", "proofs", "keys"})
THEN = ("next", "finish")  # what ends a visit, and asks how it ended
UNBOUND = faults.Fault(
    403, _l("This screen belongs to no desk any more"), _l("The desk was removed from the settings. Please ask the administrator.")
)
_BY_THE_SECOND = re.compile(r' data-(?:seconds|left)="\d+">[^<]*(?=<)| data-rest="\d+"')


@dataclass(frozen=True, slots=True)
class Middle:
    """The part of the page that changes. ``mark``: equal for pages that differ in nothing but keys, tokens and seconds."""

    html: Markup
    mark: str
    rev: str


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who works here. ``login`` None: nobody said; ``needed``: nothing can be done before; ``ended``: a login ended, ``moved_to``: by another."""

    login: str | None
    needed: bool
    ended: bool
    moved_to: str | None


class Unbound(Exception):
    """The device is bound to no desk that exists."""


@blueprint.get("")
@needs(Kind.DESK)
def console(device_id: str) -> Response:
    """The whole page, or only its middle for a page that is already there: 304 when that would show the same."""
    device, desk = _desk_device(device_id)
    said = words.RESULTS.get(request.args.get("said", ""))
    if not _is_fragment():
        return _page(device, desk, said)
    middle = _middle(device, desk, said)
    if request.if_none_match.contains(middle.mark):
        return Response(status=HTTPStatus.NOT_MODIFIED)
    response = _fragment(middle)
    response.set_etag(middle.mark)
    return response


@blueprint.get("/<panel>")
@needs(Kind.DESK)
def panel(device_id: str, panel: str) -> Response:
    """Ask for what a move needs, or list what was put aside: a page, or the content of the dialog."""
    device, desk = _desk_device(device_id)
    if panel not in PANELS:
        abort(404)
    return _panel(device, desk, panel)


@blueprint.post("/<action>")
@needs(Kind.DESK, clerk=True)
def act(device_id: str, action: str) -> Response:
    """Do one thing; a refusal shows the desk as it now is, with the reason."""
    device, desk = _desk_device(device_id)
    if action not in MOVES:
        abort(404)
    once = forms.once(f"desk:{device_id}:{action}")
    try:
        done = desks.act(site().ctx, MOVES[action](desk), actor=identity.actor_at_desk(device), once=once)
    except Incomplete as error:
        return _panel(device, desk, action, error)
    except (Refused, Unknown, Unavailable) as error:
        return _refused(device, desk, error)
    said = _said(action, desk, done)
    if _is_fragment():
        return _fragment(_middle(device, desk, words.RESULTS.get(said)))
    return redirect(url_for("desk.console", device_id=device_id, said=said or None), code=303)


@blueprint.errorhandler(Unbound)
def unbound(_: Unbound) -> faults.Page:
    """Say that there is no such desk any more."""
    return faults.page(UNBOUND)


def _desk_device(device_id: str) -> tuple[Device, str]:
    device = paired(device_id, Kind.DESK)
    if device.desk is None or device.desk not in site().ctx.hall.desks:
        raise Unbound
    return device, device.desk


def _is_fragment() -> bool:
    return "HX-Request" in request.headers


def _said(action: str, desk: str, done: Done) -> str:
    """Name what the desk's last move does not tell: `desk_view.Done` says the rest."""
    if action == "undo":
        return "undone"
    if done.outcome is None or done.outcome.result is not Result.EMPTY:
        return ""
    return "empty" if off_until(done.hall, desk, done.tick) is None else "off"


def _refused(device: Device, desk: str, error: Refused | Unknown | Unavailable) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, Unavailable) else HTTPStatus.CONFLICT
    code = "gone" if isinstance(error, Unknown) else "not-now" if isinstance(error, Unavailable) else error.code
    message = words.REFUSED.get(code) or faults.of(error).advice
    if not _is_fragment():
        return _page(device, desk, message, status)
    return _fragment(_middle(device, desk, message, bad=True), status)


def _page(device: Device, desk: str, message: object = None, status: int = HTTPStatus.OK) -> Response:
    middle = _middle(device, desk, message, bad=status != HTTPStatus.OK)
    return make_response(render_template("desk/console.html", **_about(device, desk), middle=middle), status)


def _fragment(middle: Middle, status: int = HTTPStatus.OK) -> Response:
    response = make_response(middle.html, status)
    response.headers["X-Rev"] = middle.rev
    return response


def _middle(device: Device, desk: str, message: object = None, *, bad: bool = False) -> Middle:
    ctx = site().ctx
    tick, key, token = ctx.tick(), forms.fresh_key(), generate_csrf()
    shown = desks.view(ctx, site().displays, desk)
    values = {"clocks": desk_view.clocks(ctx.hall, desk, tick, ctx.clock.wall()), "shown": shown, "key": key, "message": message, "bad": bad}
    html = render_template("desk/middle.html", **_about(device, desk, tick), **values)
    same = _BY_THE_SECOND.sub("", html.replace(key, "").replace(token, ""))
    mark = blake2b(same.encode(), digest_size=12).hexdigest()
    return Middle(Markup(html), mark, f"{shown['boot_id']}/{shown['rev']}")  # noqa: S704 -- the template escaped it


def _panel(device: Device, desk: str, name: str, error: Incomplete | None = None) -> Response:
    """Render a panel; with ``error`` it is asked for again, in the dialog where it was."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    then = request.args.get("then", "")
    values = {"name": name, "key": forms.fresh_key(), "error": error, "given": request.form, "minutes": desk_moves.HOLD_MINUTES}
    values |= {"then": then if then in THEN else THEN[0]}
    template = f"desk/panels/{name}.html" if _is_fragment() else "desk/panel.html"
    response = make_response(render_template(template, **_about(device, desk), **values), status)
    if error:
        response.headers["HX-Retarget"] = "#panel-body"
    return response


def _about(device: Device, desk: str, tick: int | None = None) -> dict[str, object]:
    hall = site().ctx.hall
    seen = desk_view.seen(hall, desk, site().ctx.tick() if tick is None else tick)
    return {"device": device, "desk": seen, "clerk": _clerk(device), "policy": hall.policy, "hall": hall, "words": words}


def _clerk(device: Device) -> Clerk:
    here = identity.staff_at_desk(device)
    return Clerk(here.login if here else None, identity.lacks_clerk(device), identity.has_ended_at(device), identity.moved_to(device))
