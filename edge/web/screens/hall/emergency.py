"""Closing the whole hall: what the boards will say and why, then one deliberate confirmation; lifting it, with a reason.

The first step changes nothing, so that a slip of the finger closes no hall; nothing but the second step's own button does.
"""

from collections.abc import Mapping

from flask import request
from werkzeug.wrappers import Response

from edge.operations import emergency
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame, ready
from edge.web.screens.hall.frame import Refusal, blueprint
from edge.web.screens.hall.notice import typed_texts
from edge.web.site import site


@blueprint.get("/emergency", endpoint="emergency_page")
@needs(Right.READ_HALL)
def show() -> Response:
    """The first step, ``kind`` naming a text to begin with; or how to lift the one in force."""
    kind = request.args.get("kind", "")
    return _page(ready.texts(ready.EMERGENCIES, kind), kind)


@blueprint.post("/emergency/check")
@needs(Right.SUPERVISE)
def check() -> Response:
    """The second step: what will happen, and the button that does it. ``change``: back to the first, with what was typed."""
    texts, kind = typed_texts(), request.form.get("kind", "")
    if "change" in request.form:
        return _page(texts, kind)
    refusal = frame.refused("emergency", lambda: emergency.check(texts, frame.reason()))
    return _page(texts, kind, refusal) if refusal else _confirm(texts, kind)


@blueprint.post("/emergency/declare")
@needs(Right.SUPERVISE)
def declare() -> Response:
    """Close the hall."""
    texts, key = typed_texts(), frame.once("emergency")
    refusal = frame.refused("emergency", lambda: emergency.declare(site().ctx, texts, frame.reason(), actor=frame.actor(), once=key))
    return _page(texts, request.form.get("kind", ""), refusal) if refusal else frame.done("declared")


@blueprint.post("/emergency/lift")
@needs(Right.SUPERVISE)
def lift() -> Response:
    """Give the hall back."""
    key = frame.once("lift")
    refusal = frame.refused("lift", lambda: emergency.lift(site().ctx, frame.reason(), actor=frame.actor(), once=key))
    return _page({}, "", refusal) if refusal else frame.done("lifted")


def _page(texts: Mapping[str, str], kind: str, refusal: Refusal | None = None) -> Response:
    return frame.page(
        "emergency",
        refusal,
        texts=texts,
        kind=kind,
        kinds=ready.EMERGENCIES,
        reasons=ready.LIFT_REASONS if site().ctx.hall.policy.emergency else ready.EMERGENCY_REASONS,
        declared=emergency.declared(site().ctx),
    )


def _confirm(texts: Mapping[str, str], kind: str) -> Response:
    waiting = len(site().ctx.hall.waiting())
    return frame.page("confirm", texts=texts, kind=kind, reason=frame.reason(), waiting=waiting)
