"""The board of a zone: who is called where. Rendered whole on the server, then kept live by messages.

It is never blank and never frozen silently: what is old is shown as old, with its age.
"""

from flask import Blueprint, render_template

from edge.operations import views
from edge.operations.displays import Shown
from edge.operations.views import View
from edge.queueing.registry import Kind
from edge.web.screens import language, words
from edge.web.screens.gate import needs
from edge.web.screens.paired import paired, zone_of
from edge.web.site import site

blueprint = Blueprint("board", __name__)

ROWS_LEAST, ROWS_MOST = 4, 10  # rows the height is divided into; the stylesheet knows each number between


@blueprint.get("/board/<device_id>")
@needs(Kind.BOARD)
def board(device_id: str) -> str:
    """Show what is called in the device's zone."""
    device = paired(device_id, Kind.BOARD)
    zone = zone_of(device)
    ctx = site().ctx
    return render_template(
        "board.html",
        device=device,
        zone=ctx.hall.policy.zones[zone],
        centre=ctx.hall.policy.centre,
        board=_body(zone),
        languages=language.ON_BOARDS,
        rows=(ROWS_LEAST, ROWS_MOST),
        words=words,
    )


def _body(zone: str) -> View:
    """Return what the retained topic says; before the first repaint, what it is about to say."""
    body = site().displays.body(Shown.BOARD, zone)
    return body or {"rev": 0, "boot_id": "", **views.board(site().ctx.hall, zone, site().ctx.tick())}
