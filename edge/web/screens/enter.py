"""Pairing by a plain link, in the demo only: `/demo/enter/<device>` sets the device cookie and goes to the device's screen."""

from flask import Blueprint, abort, redirect, url_for
from werkzeug.wrappers import Response

from edge.errors import Unknown
from edge.queueing.registry import Device, Kind
from edge.web import identity
from edge.web.screens.gate import PUBLIC, needs
from edge.web.screens.paired import registered
from edge.web.site import site

blueprint = Blueprint("enter", __name__)

SCREENS = {Kind.KIOSK: "kiosk.languages", Kind.DESK: "desk.console", Kind.BOARD: "board.board", Kind.LED: "led.display"}


def address(device: Device) -> str | None:
    """Return the address of a device's screen; None for kinds without one."""
    endpoint = SCREENS.get(device.kind)
    return url_for(endpoint, device_id=device.device) if endpoint else None


@blueprint.get("/demo/enter/<device_id>")
@needs(PUBLIC)
def enter(device_id: str) -> Response:
    """Pair this browser with a device and show its screen; 404 outside the demo."""
    if not site().demo:
        abort(404)
    target = address(registered(device_id))
    if target is None:
        raise Unknown(f"device {device_id!r} has no screen", field="device")
    response = redirect(target, code=303)
    identity.set_device_cookie(response, device_id)
    return response
