"""The hall at a glance, and who waits for one service. Read-only but for answering a visitor's call for help."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from edge.operations import emergency, overview, printing
from edge.operations import help as calls
from edge.queueing.desk import DeskState
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame, saying
from edge.web.screens.hall.frame import blueprint
from edge.web.site import site

LISTED = 8  # rows of a list before "show all"


@blueprint.get("", endpoint="overview")
@needs(Right.READ_HALL)
def hall() -> Response:
    """The whole page."""
    return frame.page("overview", **_seen())


@blueprint.get("/live")
@needs(Right.READ_HALL)
def live() -> Response:
    """What of it renews itself."""
    return frame.live("live", **_seen())


@blueprint.get("/service/<code>")
@needs(Right.READ_HALL)
def service(code: str) -> Response:
    """Who waits for a service, and which desks serve it or could."""
    return frame.page("service", **_service(code))


@blueprint.get("/service/<code>/live")
@needs(Right.READ_HALL)
def service_live(code: str) -> Response:
    """What of it renews itself."""
    return frame.live("service_live", **_service(code))


@blueprint.get("/ticket")
@needs(Right.READ_HALL)
def find() -> Response:
    """Go to a ticket by today's number, in whatever case and with or without spaces it was typed."""
    number = "".join(request.args.get("number", "").split()).upper()
    found = site().ctx.hall.find_open(number)
    if found is None:
        return frame.done("no-ticket")
    return redirect(url_for("hall.ticket_page", ticket=found.id), code=303)


@blueprint.post("/help")
@needs(Right.SUPERVISE)
def answer() -> Response:
    """Say that somebody went to the visitor who called."""
    calls.answered(site().ctx, request.form.get("device", ""))
    return frame.done("answered")


def _seen() -> Mapping[str, Any]:
    seen = overview.overview(site().ctx, site().attendance)
    health = site().health()
    printers = printing.standings(site().ctx.database, site().printers)
    all_said = saying.sayings(seen, health, printers)
    shows_all = request.args.get("show") == "all"
    return {
        "seen": seen,
        "health": health,
        "printers": printers,
        "sayings": all_said[: saying.MOST],
        "unsaid": len(all_said[saying.MOST :]),
        "listed": None if shows_all else LISTED,
        "declared": emergency.declared(site().ctx),
    }


def _service(code: str) -> Mapping[str, Any]:
    """Sort all desks by what they can do for the service: serve it now, serve it once opened, take it on."""
    ctx = site().ctx
    queue = overview.queue(ctx, code)
    desks = overview.desks(ctx)
    serving = [desk for desk in desks if desk.desk in queue.open_desks]
    sleeping = [desk for desk in desks if desk.desk in queue.desks and desk.desk not in queue.open_desks]
    others = [desk for desk in desks if desk.desk not in queue.desks and desk.state is DeskState.OPEN]
    waiting = overview.waiting_for(ctx, code)
    return {"queue": queue, "waiting": waiting, "listed": LISTED * 3, "serving": serving, "sleeping": sleeping, "others": others}
