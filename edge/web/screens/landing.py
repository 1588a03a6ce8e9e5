"""The front page: where every screen of the centre is, and how the box feels, in words."""

from flask import Blueprint, render_template, url_for

from edge.queueing.registry import Device, Kind
from edge.web.screens import demo_link, first_day, words
from edge.web.screens.enter import address
from edge.web.screens.gate import PUBLIC, needs
from edge.web.site import site

blueprint = Blueprint("landing", __name__)


@blueprint.get("/")
@needs(PUBLIC)
def landing() -> str:
    """List kiosks, boards and desks as plain links, with the health of the box; before there are any, what to do first."""
    hall = site().ctx.hall
    devices = [device for device in hall.devices.values() if device.active]
    kinds = {kind: [(device, _link(device)) for device in devices if device.kind is kind] for kind in (Kind.KIOSK, Kind.BOARD, Kind.DESK)}
    steps = first_day.steps() if first_day.is_new() else []
    first = {"steps": steps, "is_bare": not first_day.with_screens()}
    shown = {"hall": hall, "kinds": kinds, "Kind": Kind, "health": site().health(), "words": words}
    return render_template("landing.html", **shown, **first, **demo_link.seen())


def _link(device: Device) -> str | None:
    """Return the plain link of a device's screen; in the demo it pairs the browser on the way."""
    return url_for("enter.enter", device_id=device.device) if site().demo else address(device)
