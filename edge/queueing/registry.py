"""Who and what belongs to the centre: devices and staff, their roles and bindings.

Never a secret: a device's password is derived from the centre key and ``generation``; staff verifiers are operational data.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.errors import Problem

DeviceId = str


class Kind(StrEnum):
    """Device kinds of `contract/mqtt.md`."""

    BUTTON = "button"
    KIOSK = "kiosk"
    BOARD = "board"
    DESK = "desk"
    LED = "led"
    PRINTER = "printer"
    SPEAKER = "speaker"


class Family(StrEnum):
    """Makers' languages that buttons speak instead of `contract/mqtt.md`."""

    ZIGBEE2MQTT = "zigbee2mqtt"
    SHELLY_GEN1 = "shelly-gen1"
    SHELLY_GEN2 = "shelly-gen2"
    TASMOTA = "tasmota"


# An address becomes topics and lines of the broker's files: no wildcard, no space, no line end, and no way under anybody else's prefix.
ADDRESSES: Mapping[Family, tuple[re.Pattern[str], str]] = {
    Family.ZIGBEE2MQTT: (
        re.compile(r"zigbee2mqtt[a-z0-9-]{0,20}/(?!(?:bridge|group)(?:/|$))[A-Za-z0-9_.-]{1,40}(/[0-9]{1,2})?"),
        "zigbee2mqtt/button-3, or zigbee2mqtt/remote/2 for its second key",
    ),
    Family.SHELLY_GEN1: (
        re.compile(r"shelly[A-Za-z0-9_-]{1,40}(/[0-9])?"),
        "shellybutton1-A4CF12F45301, or shellyix3-A4CF12F45301/2 for its input 2",
    ),
    Family.SHELLY_GEN2: (
        re.compile(r"shelly[A-Za-z0-9_-]{1,40}(/[0-9]{1,3})?"),
        "shellyplusi4-a8032ab1fe78, or shellyplusi4-a8032ab1fe78/2 for its input 2",
    ),
    Family.TASMOTA: (re.compile(r"[A-Za-z0-9_-]{1,40}(/[1-8])?"), "tasmota_1A2B3C, or tasmota_1A2B3C/2 for its Button2"),
}
_ACCOUNTS = re.compile(r"server|monitor|canary|zigbee2mqtt.*")  # users of the broker that are no devices


class Role(StrEnum):
    """Rights grow from operator to administrator; the auditor only reads."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Proof(StrEnum):
    """What a member of staff proves to be who they are with."""

    PASSWORD = "password"  # noqa: S105 -- the word, not one
    PIN = "pin"


class Ended(StrEnum):
    """Why a login is over. ``moved``: its owner began at another desk; ``replaced``: another clerk began at the same console."""

    LOGOUT = "logout"
    MOVED = "moved"
    REPLACED = "replaced"
    DAY_END = "day-end"
    DISABLED = "disabled"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Device:
    """``services``: the codes a kiosk shows, None for all. ``generation`` grows when the device is replaced or revoked.

    ``family``: whose language a button speaks, None for ours; ``address``: where its maker's topics begin, as in `ADDRESSES`.
    """

    device: DeviceId
    kind: Kind
    desk: str | None = None
    zone: str | None = None
    services: tuple[str, ...] | None = None
    generation: int = 1
    active: bool = True
    family: Family | None = None
    address: str | None = None

    @property
    def bridge(self) -> str | None:
        """The program that speaks for the device, and logs in to the broker instead of it; None when the device speaks for itself."""
        return self.address.partition("/")[0] if self.family is Family.ZIGBEE2MQTT and self.address else None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff. ``pseudonym`` stands in headers and logs; ``login`` only in payloads."""

    pseudonym: str
    login: str
    role: Role
    active: bool = True


def misfits(device: Device, others: Iterable[Device]) -> Iterator[Problem]:
    """Yield what keeps a device from being registered besides ``others``: an id that is a user of the broker, or an address that leads nowhere."""
    name, at = device.device, ("devices", device.device)
    if _ACCOUNTS.fullmatch(name):
        yield Problem(f"devices {name}: the broker has a user of this name: choose another", "taken-id", (*at, "device"), given=name)
    if device.family is None:
        return
    accepted, example = ADDRESSES[device.family]
    if device.kind is not Kind.BUTTON:
        yield Problem(f"devices {name}: a {device.kind} cannot be of the family {device.family}: only a button can", "family-kind", (*at, "kind"))
    if device.address is None or not accepted.fullmatch(device.address):
        said = f"devices {name}: address {device.address!r} is not of {device.family}: must be such as {example}"
        yield Problem(said, "address", (*at, "address"), given=str(device.address or ""), limit=example)
        return
    for other in others:
        if other.active and other.device != name and _would_hear_the_same(device, other):
            said = f"devices {name}: address {device.address!r} is {other.device}'s"
            yield Problem(said, "same-address", (*at, "address"), given=other.device)


_FIRST_KEY: Mapping[Family, str] = {Family.SHELLY_GEN1: "0", Family.SHELLY_GEN2: "0", Family.TASMOTA: "1"}  # of an address that names none


def _would_hear_the_same(one: Device, other: Device) -> bool:
    """Tell whether one push would be a press of both. A Zigbee button without a key is pressed by any of its keys."""
    if one.family is None or one.family is not other.family:
        return False
    depth = 2 if one.family is Family.ZIGBEE2MQTT else 1
    first, second = ((each.address or "").split("/") for each in (one, other))
    keys = {(parts[depth:] or [_FIRST_KEY.get(one.family, "")])[0] for parts in (first, second)}
    return first[:depth] == second[:depth] and (len(keys) == 1 or "" in keys)
