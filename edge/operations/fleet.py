"""Every device of the centre with what it last said of itself, for the page of devices."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.operations.context import Context
from edge.operations.orders import LASTS_S, Op, Order
from edge.operations.overview import Found, found
from edge.operations.presence import Attendance, Presence
from edge.queueing.alerts import GRAVE, SAID_BY_DEVICE, Alert, Sign, named, of_battery, pressing
from edge.queueing.registry import Device, Kind

ORDER_SHOWN_S = 120.0


@dataclass(frozen=True, slots=True)
class Equipment:
    """``found`` None: revoked. ``order``: what it was told lately; ``unanswered``: it said nothing of that while the order was good.

    ``trip_s``: how long its last answer took, None: it was not asked or never answers.
    ``prints``: it can be told to print a test page, as far as is known.
    """

    device: Device
    found: Found | None
    presence: Presence
    order: Order | None
    unanswered: bool = False
    trip_s: float | None = None
    prints: bool = False

    @property
    def battery(self) -> int | None:
        """Return what is left, in percent, as the device said."""
        return self._said("battery")

    @property
    def is_low(self) -> bool:
        """Tell whether the battery should be changed soon."""
        return of_battery(self.battery) is Sign.BAD

    @property
    def is_silent(self) -> bool:
        """Tell whether it was asked for an answer lately and gave none."""
        return self.trip_s is not None and self.trip_s >= LASTS_S

    @property
    def signal(self) -> int | None:
        """Return the strength of the radio signal in dBm, as the device said."""
        return self._said("rssi")

    def _said(self, key: str) -> int | None:
        value = (self.presence.stat or {}).get(key)
        return None if value is None else round(value)


@dataclass(frozen=True, slots=True)
class Wrong:
    """An alert that is raised, and the device it is about, None: a printer of the box, or the box."""

    alert: Alert
    device: Device | None

    @property
    def is_grave(self) -> bool:
        """Tell whether it is more than a warning."""
        return self.alert.what in GRAVE

    @property
    def ends_by_hand(self) -> bool:
        """Tell whether nothing but a person's word ends it."""
        return self.alert.what in SAID_BY_DEVICE


def wrong(ctx: Context) -> list[Wrong]:
    """Return what is wrong with the equipment, the most pressing first."""
    hall = ctx.hall
    return [Wrong(alert, hall.devices.get(alert.about or "")) for alert in pressing(hall.alerts.values())]


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
    recent = order if order and age < ORDER_SHOWN_S else None
    trip_s = ctx.trips.of(device.device, ctx.clock.monotonic())
    unanswered = recent is not None and recent.result is None and age > LASTS_S
    return Equipment(device, found(presence) if device.active else None, presence, recent, unanswered, trip_s, _prints(ctx, device, presence))


def _prints(ctx: Context, device: Device, presence: Presence) -> bool:
    if not device.active or device.family:
        return False
    complains = any(named(what, device.device) in ctx.hall.alerts for what in SAID_BY_DEVICE)
    return device.kind is Kind.PRINTER or complains or Op.TEST_PRINT in (presence.about or {}).get("caps", ())
