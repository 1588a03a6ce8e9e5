"""The visitor's own page behind the link on the ticket: place, expected time, called now; and giving the ticket up. Nothing to log in to.

Whoever has the link may read it; so it says nothing but what stands on the ticket and the board. The link is also the right to give the ticket up:
there is no login that a strange site could use in the visitor's name, so forms carry no token.
"""

import hashlib
import logging
from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from edge.errors import EdgeError, Refused, Unavailable, Unknown
from edge.operations import views, visit
from edge.operations.views import View
from edge.queueing.policy import LANGS
from edge.queueing.wall import wall
from edge.web import assets
from edge.web.screens import language, wall_words, words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.screens.moments import moment
from edge.web.site import site

log = logging.getLogger(__name__)

blueprint = Blueprint("phone", __name__, url_prefix="/t/<token>")

FILES = frozenset({"css/tokens.css", "css/base.css", "css/phone.css", "js/phone.js", "icons.svg", "icon.svg"})
AGAIN_S, AGAIN_NEAR_S = 20, 15


@blueprint.get("")
@needs(PUBLIC)
def track(token: str) -> Response:
    """Show one ticket, in its own language unless ``?lang=`` asks for another; 304 while nothing on the page is new."""
    seen = visit.seen(site().ctx, token)
    tag = _tag(seen)
    response = Response(status=304) if request.if_none_match.contains(tag) else make_response(_page(token, seen))
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/rules")
@needs(PUBLIC)
def rules(token: str) -> Response:
    """Say who is called next, by the settings in force, with the version of the text, to be compared with the sheet on the wall."""
    seen = visit.seen(site().ctx, token)
    language.speak(seen["lang"])
    policy = site().ctx.hall.policy
    said = wall(policy)
    texts = {"title": wall_words.title(), "rule": list(wall_words.paragraph(said)), "details": list(wall_words.details(said))}
    shown = {**texts, "version": said.version, "hung": policy.hung}
    return make_response(render_template("phone/rules.html", token=token, **shown, **_names(seen)))


@blueprint.get("/cancel")
@needs(PUBLIC)
def ask(token: str) -> Response:
    """Ask once more before the place is lost; back to the ticket when there is nothing to ask."""
    seen = visit.seen(site().ctx, token)
    if not seen["may_give_up"]:
        return _to_ticket(token)
    language.speak(seen["lang"])
    return make_response(render_template("phone/cancel.html", ticket=seen, token=token, **_names(seen)))


@blueprint.post("/cancel")
@needs(PUBLIC)
def cancel(token: str) -> Response:
    """Give the ticket up and show it; sent twice it is one. A visitor who is being called meanwhile is told so."""
    try:
        visit.give_up(site().ctx, token)
    except Refused:
        return make_response(_page(token, visit.seen(site().ctx, token), refused=True), 409)
    return _to_ticket(token)


def _to_ticket(token: str) -> Response:
    lang = request.args.get("lang")
    return redirect(url_for("phone.track", token=token, lang=lang if lang in LANGS else None), code=303)


def _page(token: str, seen: View, *, refused: bool = False) -> str:
    language.speak(seen["lang"])
    is_open = seen["state"] not in ("finished", "cancelled")
    again = (AGAIN_NEAR_S if seen.get("near") else AGAIN_S) if is_open else None
    return render_template("phone/ticket.html", ticket=seen, token=token, again=again, refused=refused, words=words, **_names(seen))


def _names(seen: View) -> View:
    """Return the centre's own words for what a page shows."""
    policy = site().ctx.hall.policy
    service, zone = policy.services.get(seen["service"]), policy.zones.get(seen["zone"] or "")
    return {
        "centre": policy.centre.names,
        "service": service.names if service else {},
        "steps": [policy.services[code].names if code in policy.services else {"ru": code} for code in seen["steps"]],
        "documents": service.documents if service else (),
        "zone": zone.names if zone else None,
        "unsure": str(words.PROMISE[seen["promise"]]) if seen["promise"] in words.PROMISE else None,
    }


def _tag(seen: View) -> str:
    """Return what changes with anything on the page: what is seen, the names, the minute it stands for, the language asked for, this version."""
    parts = (seen, _names(seen), moment(), request.args.get("lang"), assets.load().version, site().ctx.boot_id)
    return hashlib.sha256(views.text(parts).encode()).hexdigest()[:20]


def nothing(error: Exception) -> Response:
    """Answer what is no page of a ticket with a few plain words; there is nowhere else to send a phone."""
    status = error.code if isinstance(error, HTTPException) and error.code else _status(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("visitor page failed path=%r", request.path, exc_info=error)
    response = make_response(render_template("phone/nothing.html", status=status), status)
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = "1"
    return response


def _status(error: Exception) -> int:
    match error:
        case Unknown():
            return HTTPStatus.NOT_FOUND
        case Unavailable():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR


blueprint.register_error_handler(EdgeError, nothing)
blueprint.register_error_handler(HTTPException, nothing)
blueprint.register_error_handler(Exception, nothing)
