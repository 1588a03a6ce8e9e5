"""Notices on the boards: put one up, look at it before as the board shows it, take it down."""

from collections.abc import Mapping

from flask import request
from werkzeug.wrappers import Response

from edge.operations import asked, notices
from edge.queueing.policy import LANGS
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame, ready
from edge.web.screens.hall.frame import Refusal, blueprint
from edge.web.site import site


@blueprint.get("/notice", endpoint="notice_page")
@needs(Right.READ_HALL)
def show() -> Response:
    """What is up now, and the form; ``ready`` names a text to begin with."""
    texts = ready.texts(ready.NOTICES, request.args.get("ready", ""))
    return _page(texts, list(site().ctx.hall.policy.zones))


@blueprint.post("/notice/look")
@needs(Right.SUPERVISE)
def look() -> Response:
    """Show what was typed as a board would, and put nothing up."""
    texts = typed_texts()
    refusal = frame.refused("notice", lambda: asked.complete(asked.text_faults(texts)))
    return _page(texts, request.form.getlist("zones"), refusal, preview=None if refusal else texts)


@blueprint.post("/notice")
@needs(Right.SUPERVISE)
def put_up() -> Response:
    """Put the notice on the boards of the chosen zones."""
    texts, zones, key = typed_texts(), request.form.getlist("zones"), frame.once("notice")
    refusal = frame.refused("notice", lambda: notices.put_up(site().ctx, zones, texts, actor=frame.actor(), once=key))
    return _page(texts, zones, refusal) if refusal else frame.done("notice")


@blueprint.post("/notice/down")
@needs(Right.SUPERVISE)
def take_down() -> Response:
    """Take down the notice of one zone."""
    zone, key = request.form.get("zone", ""), frame.once(f"notice:{request.form.get('zone', '')[:64]}")
    refusal = frame.refused("down", lambda: notices.take_down(site().ctx, zone, actor=frame.actor(), once=key))
    return _page({}, list(site().ctx.hall.policy.zones), refusal) if refusal else frame.done("taken-down")


def typed_texts() -> dict[str, str]:
    """Return the text of a form in each language."""
    return {lang: request.form.get(lang, "").strip() for lang in LANGS}


def _page(texts: Mapping[str, str], zones: list[str], refusal: Refusal | None = None, preview: Mapping[str, str] | None = None) -> Response:
    return frame.page("notice", refusal, texts=texts, zones=zones, preview=preview, ready=ready.NOTICES)
