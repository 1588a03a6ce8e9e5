"""A screen that is to be paired: it shows a code, waits, and goes on as the device that an administrator made of it.

The code is for people; the browser polls with a secret of its own, in a cookie that no script reads. Without JavaScript the page renews itself.
"""

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from edge.errors import Refused
from edge.operations import codes, pairing
from edge.operations.codes import Waiting
from edge.web import identity
from edge.web.screens import browsers
from edge.web.screens.enter import address
from edge.web.screens.gate import PUBLIC, needs
from edge.web.site import site

blueprint = Blueprint("pairing", __name__, url_prefix="/pair")

COOKIE = "edge_pairing"


@blueprint.get("")
@needs(PUBLIC)
def screen() -> Response:
    """The code of this browser; the form that asks for one; or, once it was confirmed, the way to its own screen."""
    ctx, secret = site().ctx, request.cookies.get(COOKIE, "")
    device = pairing.collect(ctx, secret)
    target = address(device) if device else None
    if device and target:
        response = redirect(target, code=303)
        identity.set_device_cookie(response, device.device)
        response.delete_cookie(COOKIE, path=url_for("pairing.screen"))
        return response
    return _page(ctx.pairing.of_secret(secret, ctx.clock.monotonic()))


@blueprint.post("")
@needs(PUBLIC)
def ask() -> Response:
    """Give this browser a code."""
    wanted = request.form.get("device", "")
    known = wanted if wanted in site().ctx.hall.devices else None
    model = browsers.model(request.headers.get("User-Agent", ""))
    try:
        _, secret = pairing.ask(site().ctx, model=model, address=request.remote_addr or "?", wanted=known)
    except Refused:
        return _page(None, full=True)
    response = redirect(url_for("pairing.screen"), code=303)
    response.set_cookie(
        COOKIE, secret, max_age=int(codes.LASTS_S), httponly=True, samesite="Strict", path=url_for("pairing.screen"), secure=request.is_secure
    )
    return response


@blueprint.get("/state")
@needs(PUBLIC)
def state() -> Response:
    """What became of this browser's code, for `pair.js`: waiting, ready or over."""
    ctx, secret = site().ctx, request.cookies.get(COOKIE, "")
    waiting = ctx.pairing.of_secret(secret, ctx.clock.monotonic())
    word = "over" if waiting is None else "ready" if pairing.collect(ctx, secret) else "waiting" if waiting.given is None else "over"
    response = make_response(word)
    response.mimetype = "text/plain"
    return response


def _page(waiting: Waiting | None, *, full: bool = False) -> Response:
    shown = waiting if waiting and waiting.given is None else None
    minutes = int((shown.until - site().ctx.clock.monotonic()) // 60) + 1 if shown else 0
    wanted = request.args.get("device", "")[:32]
    values = {"code": codes.spoken(shown.code) if shown else "", "minutes": minutes, "wanted": wanted, "full": full}
    status = HTTPStatus.SERVICE_UNAVAILABLE if full else HTTPStatus.OK
    return make_response(render_template("pairing/screen.html", centre=site().ctx.hall.policy.centre, **values), status)
