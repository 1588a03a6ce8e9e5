"""Devices of the centre: added, replaced, revoked, told what to do. A logical device keeps id, place and history; only its generation grows.

A generation never comes back: who holds the login of an earlier one stays out, also when a revoked device is let in again.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from edge.errors import ConfigError, Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.hall import Hall
from edge.queueing.registry import Device, Kind, misfits
from edge.queueing.turn import Outcome, Result, Turn

_NAME = re.compile(r"[a-z0-9-]{1,32}")
NAME_WORDS = "1 to 32 of a-z, 0-9 and -"
AT_DESKS, IN_ZONES = frozenset({Kind.BUTTON, Kind.DESK, Kind.LED}), frozenset({Kind.KIOSK, Kind.BOARD, Kind.SPEAKER})


def of_device(turn: Turn, command: c.DeviceCommand) -> Outcome:
    """Carry out what concerns devices. Raises Refused, Unknown for the device, desk, zone or service, ConfigError for what no device can be."""
    match command:
        case c.RegisterDevice(device):
            _emit(turn, device, None)
        case c.AddDevice(device):
            _require_new(turn.hall, device)
            _emit(turn, device, "added")
        case c.ReplaceDevice(name, paired):
            known = device_of(turn.hall, name)
            _emit(turn, replace(known, generation=known.generation + 1, active=True), "paired" if paired else "replaced")
        case c.RevokeDevice(name):
            known = device_of(turn.hall, name)
            if not known.active:
                raise Refused(f"device {name!r} cannot be revoked: it was before", code="device_revoked")
            _emit(turn, replace(known, generation=known.generation + 1, active=False), "revoked")
        case c.TellDevice(name, op):
            _require_listening(turn.hall, name, op)
            turn.emit(e.DeviceTold(device=name, op=op))
        case never:
            assert_never(never)
    return Outcome(Result.OK)


def device_of(hall: Hall, name: str) -> Device:
    """Return a device of the registry, revoked or not. Raises Unknown."""
    found = hall.devices.get(name)
    if found is None:
        raise Unknown(f"device {name!r} is not registered; known are {', '.join(hall.devices) or 'none'}", field="device")
    return found


def fresh_name(devices: Mapping[str, Device], kind: Kind, place: str) -> str:
    """Return an id that no device ever had, such as `board-a`, or `board-a-2` when that one is known."""
    stem = f"{kind}-{place}"[:28]
    names = (stem, *(f"{stem}-{number}" for number in range(2, len(devices) + 3)))
    return next(name for name in names if name not in devices)


def _require_listening(hall: Hall, name: str, op: str) -> None:
    device = hall.devices.get(name)
    if device is None or not device.active:
        raise Unknown(f"device {name!r} is not registered", field="device")
    if device.family:
        raise Refused(f"device {name!r} cannot be told to {op}: it speaks as {device.family} does, not as we do", code="device_family")


def _require_new(hall: Hall, device: Device) -> None:
    name = device.device
    if not _NAME.fullmatch(name):
        raise Refused(f"device {name!r} cannot be added: an id is {NAME_WORDS}", code="device_name")
    if name in hall.devices:
        state = "is registered already" if hall.devices[name].active else "was revoked"
        raise Refused(f"device {name!r} cannot be added: it {state}; replace it, or choose another id", code="device_known")
    if device.kind in AT_DESKS and device.desk is None:
        raise Refused(f"{device.kind} {name!r} cannot be added: it needs a desk", code="device_place")
    if device.kind in IN_ZONES and device.zone is None:
        raise Refused(f"{device.kind} {name!r} cannot be added: it needs a zone", code="device_place")
    if device.desk is not None:
        hall.desk(device.desk)
    if device.zone is not None and device.zone not in hall.policy.zones:
        raise Unknown(f"zone {device.zone!r} does not exist; known are {', '.join(hall.policy.zones)}", field="zone")
    for code in device.services or ():
        if code not in hall.policy.services:
            raise Unknown(f"service {code!r} does not exist; known are {', '.join(hall.policy.services)}", field="service")


def _emit(turn: Turn, device: Device, why: str | None) -> None:
    if device.active and (wrong := list(misfits(device, turn.hall.devices.values()))):
        raise ConfigError(*wrong)
    turn.emit(
        e.DeviceRegistered(
            device=device.device,
            kind=device.kind,
            desk=device.desk,
            zone=device.zone,
            services=device.services,
            generation=device.generation,
            active=device.active,
            family=device.family,
            address=device.address,
            why=why,
        )
    )
