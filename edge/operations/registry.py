"""Devices of the centre: who they are, the secrets derived for them, what is decided and what they are told.

Revoking or replacing is generation + 1; there is no stored secret that could leak or be forgotten in a restore.
"""

import hmac
import logging
from dataclasses import dataclass, field

from edge.errors import Unknown
from edge.operations.context import Context
from edge.operations.decision import Once, deciding
from edge.operations.keys import Keys
from edge.operations.orders import Op, Order
from edge.queueing import commands
from edge.queueing.decide import decide
from edge.queueing.registry import Device

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Secrets:
    """A device's credentials: the broker password and the HTTP token ``d.<device>.<mac>``."""

    mqtt_password: str = field(repr=False)
    token: str = field(repr=False)


def derived(keys: Keys, device: Device) -> Secrets:
    """Return the credentials of this generation of the device."""
    generation = str(device.generation)
    mac = keys.text("device-token", device.device, generation)
    return Secrets(keys.text("device-mqtt", device.device, generation), f"d.{device.device}.{mac}")


def login(keys: Keys, device: Device) -> tuple[str, str]:
    """Return the broker's user and password of a device; of one behind a bridge, the bridge's, which all that it speaks for share."""
    bridge = device.bridge
    return (bridge, keys.text("mqtt-account", bridge)) if bridge else (device.device, derived(keys, device).mqtt_password)


def secrets(ctx: Context, device_id: str) -> Secrets:
    """Return the credentials of a registered device. Raises Unknown."""
    device = ctx.hall.devices.get(device_id)
    if device is None or not device.active:
        raise Unknown(f"device {device_id!r} is not registered", field="device")
    return derived(ctx.keys, device)


def device_of_token(ctx: Context, token: str) -> Device | None:
    """Return the active device that this token belongs to, or None."""
    kind, _, rest = token.partition(".")
    device_id, _, _ = rest.rpartition(".")
    device = ctx.hall.devices.get(device_id)
    if kind != "d" or device is None or not device.active:
        return None
    return device if hmac.compare_digest(derived(ctx.keys, device).token.encode(), token.encode()) else None


def register(ctx: Context, devices: list[Device], *, actor: str) -> None:
    """Add devices, or replace what is known of them; entries that say nothing new make no event."""
    with deciding(ctx, actor) as decision:
        for device in devices:
            if decision.turn.hall.devices.get(device.device) != device:
                decide(decision.turn, commands.RegisterDevice(device))


def add(ctx: Context, device: Device, *, actor: str) -> Device:
    """Add a device that the centre never had. Raises Refused (its id, no place), Unknown (desk, zone, service)."""
    return _decided(ctx, commands.AddDevice(device), device.device, actor)


def renew(ctx: Context, name: str, *, actor: str, once: Once | None = None) -> Device:
    """Let another thing be this device, with a new login: what was it until now is out. Raises Unknown."""
    with deciding(ctx, actor) as decision:
        if decision.recall(once) is None:
            decide(decision.turn, commands.ReplaceDevice(name))
            decision.remember(once, name)
        return decision.turn.hall.devices[name]


def revoke(ctx: Context, name: str, *, actor: str) -> Device:
    """Let a device in no longer. Raises Unknown, Refused (it was revoked before)."""
    return _decided(ctx, commands.RevokeDevice(name), name, actor)


def tell(ctx: Context, name: str, op: Op, *, actor: str) -> Order:
    """Tell a device to do something, for somebody: that it was told is an event; what it answers is in `Orders.newest`.

    Raises Unknown, Refused (of another maker), Unavailable (nothing reaches devices now).
    """
    order = Order(ctx.new_id(), name, op, ctx.clock.monotonic())
    with deciding(ctx, actor) as decision:
        decide(decision.turn, commands.TellDevice(name, op))
        ctx.orders.carried_by(order)
    ctx.orders.give(order)
    log.info("device told device=%s op=%s actor=%s", name, op, actor)
    return order


def _decided(ctx: Context, command: commands.DeviceCommand, name: str, actor: str) -> Device:
    with deciding(ctx, actor) as decision:
        decide(decision.turn, command)
        return decision.turn.hall.devices[name]
