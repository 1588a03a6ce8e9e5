"""The display of a desk in a browser, for a tablet or a monitor above it: what an LED display of that desk would show (`dev/<id>/render`)."""

from flask import Blueprint, render_template

from edge.operations import views
from edge.operations.displays import Shown
from edge.queueing.registry import Kind
from edge.web.screens import language
from edge.web.screens.gate import needs
from edge.web.screens.paired import paired
from edge.web.site import site

blueprint = Blueprint("led", __name__, url_prefix="/led/<device_id>")


@blueprint.get("")
@needs(Kind.LED)
def display(device_id: str) -> str:
    """Show the number that is called or served at the desk, or the centre's text for a desk without one."""
    device, hall = paired(device_id, Kind.LED), site().ctx.hall
    body = site().displays.body(Shown.LED, device_id) or {"rev": 0, "boot_id": "", **views.led(hall, device)}
    return render_template("led.html", device=device, centre=hall.policy.centre, sign=body, languages=language.ON_BOARDS)
