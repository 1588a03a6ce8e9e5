"""The device a screen runs on. A page is shown only to the paired browser; everybody else gets words, never a board's or desk's data.

The cookie says who the browser is; the address says which screen it wants to be. Both must agree, and the kind must fit.
"""

from edge.errors import Forbidden, Unknown
from edge.queueing.registry import Device, Kind
from edge.web import identity
from edge.web.site import site


class Unpaired(Forbidden):
    """The browser has no valid cookie of this device."""

    code = "unpaired"

    def __init__(self, device: str) -> None:
        super().__init__(f"this browser is not paired as {device}")
        self.device = device


def registered(device_id: str) -> Device:
    """Return an active device. Raises Unknown."""
    device = site().ctx.hall.devices.get(device_id)
    if device is None or not device.active:
        raise Unknown(f"device {device_id!r} is not registered", field="device")
    return device


def paired(device_id: str, kind: Kind) -> Device:
    """Return the device of this browser. Raises Unknown (no such device of this kind) or Unpaired (revoked, too)."""
    device = site().ctx.hall.devices.get(device_id)
    if device is not None and not device.active and device.kind is kind:
        raise Unpaired(device_id)  # the way back is a code of its own
    device = registered(device_id)
    if device.kind is not kind:
        raise Unknown(f"device {device_id!r} is a {device.kind}, not a {kind}", field="device")
    if identity.device_from_cookie(device_id) is None:
        raise Unpaired(device_id)
    return device


def zone_of(device: Device) -> str:
    """Return the zone a device shows. Raises Unknown when it is bound to none that exists."""
    hall = site().ctx.hall
    if device.zone is None or device.zone not in hall.policy.zones:
        raise Unknown(f"device {device.device!r} is bound to zone {device.zone!r}: known are {', '.join(hall.policy.zones)}", field="zone")
    return device.zone
