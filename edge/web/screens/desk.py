"""The desk console: who is here, who is next, and one key that does the right thing.

Every action is a plain form post, decided by the same operations as a press of the button; with JavaScript only the middle of the page is replaced.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from edge.errors import Forbidden, Refused, Unavailable
from edge.operations import desks
from edge.queueing import commands as c
from edge.queueing.decide import UNDO_WITHIN, Outcome, Result
from edge.queueing.hall import Hall
from edge.queueing.registry import Device, Kind
from edge.web import identity
from edge.web.screens import faults, forms, words
from edge.web.screens.gate import needs
from edge.web.screens.paired import paired
from edge.web.site import site

blueprint = Blueprint("desk", __name__, url_prefix="/desk/<device_id>")

ACTIONS: Mapping[str, Callable[[str], c.DeskCommand]] = {
    "open": c.Open,
    "pause": lambda desk: c.Pause(desk, request.form.get("reason", "")[:200] or None),
    "close": c.Close,
    "next": c.CallNext,
    "recall": c.Recall,
    "start": c.Start,
    "finish": c.Finish,
    "no-show": c.MarkNoShow,
    "category": lambda desk: c.JudgeCategory(desk, confirmed=request.form.get("confirmed") == "yes"),
    "undo": c.Undo,
}


@blueprint.get("")
@needs(Kind.DESK)
def console(device_id: str) -> Response:
    """The whole page, or only its middle for a page that is already there."""
    device, desk = _desk_device(device_id)
    said = request.args.get("said", "")
    return _console(device, desk, words.RESULTS.get(said))


@blueprint.post("/<action>")
@needs(Kind.DESK, clerk=True)
def act(device_id: str, action: str) -> Response:
    """Do one thing; a refusal shows the desk as it now is, with the reason."""
    device, desk = _desk_device(device_id)
    if action not in ACTIONS:
        abort(404)
    once = forms.once(f"desk:{device_id}:{action}")
    try:
        done = desks.act(site().ctx, ACTIONS[action](desk), actor=identity.actor_at_desk(device), once=once)
    except (Refused, Unavailable) as error:
        fault = faults.of(error)
        return _console(device, desk, fault.advice, fault.status)
    said = _said(action, done.outcome)
    if _is_fragment():
        return _console(device, desk, words.RESULTS.get(said))
    return redirect(url_for("desk.console", device_id=device_id, said=said or None), code=303)


def _desk_device(device_id: str) -> tuple[Device, str]:
    device = paired(device_id, Kind.DESK)
    if device.desk is None or device.desk not in site().ctx.hall.desks:
        raise Forbidden(f"device {device_id!r} is bound to no desk that exists", code="unbound")
    return device, device.desk


def _is_fragment() -> bool:
    return "HX-Request" in request.headers


def _said(action: str, outcome: Outcome | None) -> str:
    """Name what is worth a sentence; a call speaks for itself."""
    if action == "undo":
        return "undone"
    if outcome is None:  # the remembered answer of a form sent twice: the desk shows what it did
        return ""
    if outcome.result is Result.FINISHED and action == "finish":
        return ""
    return str(outcome.result)


def _console(device: Device, desk: str, message: object = None, status: int = HTTPStatus.OK) -> Response:
    hall, tick = site().ctx.hall, site().ctx.tick()
    seen = desks.view(site().ctx, site().displays, desk)
    values: dict[str, Any] = {
        "device": device,
        "desk": seen,
        "primary": _primary(seen),
        "ticket": hall.at_desk(desk),
        "policy": hall.policy,
        "undo_for": _undo_for(hall, desk, tick),
        "key": forms.fresh_key(),
        "message": message,
        "bad": status != HTTPStatus.OK,
        "words": words,
    }
    response = make_response(render_template("desk/middle.html" if _is_fragment() else "desk/console.html", **values), status)
    response.headers["X-Rev"] = f"{seen['boot_id']}/{seen['rev']}"
    return response


def _primary(seen: Mapping[str, Any]) -> str:
    """Name the one action that Space and Enter do now."""
    if seen["state"] != "open":
        return "open"
    ticket = seen["ticket"]
    return "start" if ticket and ticket["state"] == "called" else "next"


def _undo_for(hall: Hall, desk: str, tick: int) -> int:
    """Return for how many more seconds the last move may be taken back; 0 when it may not."""
    last = hall.desks[desk].last_move
    return max(0, UNDO_WITHIN - (tick - last.tick)) if last else 0
