"""Every device of the centre with what it last said of itself, for the page of devices."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.operations.context import Context
from edge.operations.orders import LASTS_S, Op, Order
from edge.operations.overview import Found, found
from edge.operations.presence import Attendance, Presence
from edge.queueing.registry import Device

ORDER_SHOWN_S = 120.0
LOW_PERCENT = 15


@dataclass(frozen=True, slots=True)
class Equipment:
    """``found`` None: revoked. ``order``: what it was told lately; ``unanswered``: it said nothing of that while the order was good."""

    device: Device
    found: Found | None
    presence: Presence
    order: Order | None
    unanswered: bool = False

    @property
    def battery(self) -> int | None:
        """Return what is left, in percent, as the device said."""
        return self._said("battery")

    @property
    def is_low(self) -> bool:
        """Tell whether the battery should be changed soon."""
        return self.battery is not None and self.battery <= LOW_PERCENT

    @property
    def signal(self) -> int | None:
        """Return the strength of the radio signal in dBm, as the device said."""
        return self._said("rssi")

    def _said(self, key: str) -> int | None:
        value = (self.presence.stat or {}).get(key)
        return None if value is None else round(value)


def fleet(ctx: Context, attendance: Attendance) -> list[Equipment]:
    """Return all devices: who is missed first, then who is there, the revoked last, each in the order of the registry."""
    order: list[Found | None] = [Found.GONE, Found.HERE, Found.SILENT, None]
    seen = [_seen(ctx, attendance, device) for device in ctx.hall.devices.values()]
    return sorted(seen, key=lambda each: order.index(each.found))


def counted(equipment: Iterable[Equipment]) -> dict[Found, int]:
    """Return how many are in which state, the revoked left out."""
    states = [each.found for each in equipment]
    return {state: states.count(state) for state in Found}


def _seen(ctx: Context, attendance: Attendance, device: Device) -> Equipment:
    presence = attendance.of(device.device)
    order = ctx.orders.newest(device.device)
    age = ctx.clock.monotonic() - order.given_at if order else 0.0
    recent = order if order and order.op is Op.IDENTIFY and age < ORDER_SHOWN_S else None
    unanswered = recent is not None and recent.result is None and age > LASTS_S
    return Equipment(device, found(presence) if device.active else None, presence, recent, unanswered)
