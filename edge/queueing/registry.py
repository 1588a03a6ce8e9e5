"""Who and what belongs to the centre: devices and staff, their roles and bindings.

Never a secret: a device's password is derived from the centre key and ``generation``; staff verifiers are operational data.
"""

from dataclasses import dataclass
from enum import StrEnum

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
    """``services``: the codes a kiosk shows, None for all. ``generation`` grows when the device is replaced or revoked."""

    device: DeviceId
    kind: Kind
    desk: str | None = None
    zone: str | None = None
    services: tuple[str, ...] | None = None
    generation: int = 1
    active: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff. ``pseudonym`` stands in headers and logs; ``login`` only in payloads."""

    pseudonym: str
    login: str
    role: Role
    active: bool = True
