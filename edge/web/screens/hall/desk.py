"""One desk from the hall: open, pause or close it, and change which services it serves."""

from collections.abc import Mapping

from flask import abort, request
from werkzeug.wrappers import Response

from edge.operations import overview, supervision
from edge.queueing import commands as c
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame, ready
from edge.web.screens.hall.frame import Refusal, blueprint
from edge.web.site import site

ACTIONS: Mapping[str, tuple[type[c.Open | c.Pause | c.Close], str]] = {
    "open": (c.Open, "opened"),
    "pause": (c.Pause, "paused"),
    "close": (c.Close, "closed"),
}


@blueprint.get("/desk/<desk>", endpoint="desk_page")
@needs(Right.READ_HALL)
def show(desk: str) -> Response:
    """The desk as it is, and what may be done."""
    return _page(desk)


@blueprint.get("/desk/<desk>/live")
@needs(Right.READ_HALL)
def desk_live(desk: str) -> Response:
    """What of the page renews itself."""
    return frame.live("desk_live", desk=overview.desk(site().ctx, desk))


@blueprint.post("/desk/<desk>/<action>")
@needs(Right.SUPERVISE)
def set_desk(desk: str, action: str) -> Response:
    """Open, pause or close the desk, with a reason."""
    if action not in ACTIONS:
        abort(404)
    made, said = ACTIONS[action]
    command = made(desk, frame.reason())
    key = frame.once(f"desk:{desk}:{action}")
    refusal = frame.refused("duty", lambda: supervision.at_desk(site().ctx, command, actor=frame.actor(), once=key))
    return _page(desk, refusal) if refusal else frame.done(said)


@blueprint.post("/desk/<desk>/services")
@needs(Right.SUPERVISE)
def change_services(desk: str) -> Response:
    """Let the desk serve what is ticked, with a reason."""
    services, key = request.form.getlist("services"), frame.once(f"desk:{desk}:services")
    refusal = frame.refused(
        "services", lambda: supervision.change_services(site().ctx, desk, services, frame.reason(), actor=frame.actor(), once=key)
    )
    return _page(desk, refusal) if refusal else frame.done("services")


def _page(desk: str, refusal: Refusal | None = None) -> Response:
    ctx = site().ctx
    found = overview.desk(ctx, desk)
    ticked = request.form.getlist("services") if refusal and refusal.form == "services" else found.services
    queues = overview.queues(ctx)
    return frame.page("desk", refusal, desk=found, ticked=ticked, queues=queues, reasons=ready.DESK_REASONS)
