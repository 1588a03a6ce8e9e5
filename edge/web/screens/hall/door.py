"""The door in the opening rush: who is inside and outside, and the word that the next numbers may come in."""

from flask import request
from werkzeug.wrappers import Response

from edge.operations import door
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame, ready
from edge.web.screens.hall.frame import Refusal, blueprint
from edge.web.site import site


@blueprint.get("/door", endpoint="door_page")
@needs(Right.READ_HALL)
def show() -> Response:
    """What stands on the screen at the door, and the form."""
    return _page()


@blueprint.post("/door")
@needs(Right.SUPERVISE)
def let_in() -> Response:
    """Let the next cohort in."""
    key = frame.once(f"door:{request.form.get('upto', '')[:12]}")
    refusal = frame.refused("door", lambda: door.let_in(site().ctx, frame.reason(), actor=frame.actor(), once=key))
    return _page(refusal) if refusal else frame.done("let-in")


def _page(refusal: Refusal | None = None) -> Response:
    return frame.page("door", refusal, seen=door.seen(site().ctx), reasons=ready.DOOR_REASONS, cohort=site().ctx.hall.policy.calendar.cohort)
