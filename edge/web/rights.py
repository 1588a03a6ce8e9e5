"""Who may do what (`docs/http.md`, "Who"): one table for devices, one for staff.

A right that is not listed is not given; a desk is named by the path, never by the body.
"""

from collections.abc import Mapping
from enum import StrEnum

from edge.errors import Forbidden
from edge.operations.logins import Session
from edge.queueing.registry import Device, Kind, Role
from edge.web.identity import AsDevice, AsStaff


class Right(StrEnum):
    """What a call needs; the values complete "may not …"."""

    READ_OFFER = "read services and categories"
    READ_TICKET = "read tickets"
    ISSUE = "issue tickets"
    READ_BOOKING = "read bookings"
    BOOK = "book, change bookings and check in"
    READ_DESKS = "read desks"
    ACT = "act at this desk"
    READ_JOURNAL = "read the journal"
    BROKER_LOGIN = "have a broker login"
    READ_METRICS = "read the metrics"
    READ_HALL = "see the whole hall"
    SUPERVISE = "act for the whole hall"
    READ_SETTINGS_HISTORY = "read the settings and their history"
    CHANGE_SETTINGS = "change the settings"
    MANAGE_STAFF = "manage staff"
    MANAGE_DEVICES = "manage devices"


READS = frozenset({Right.READ_OFFER, Right.READ_TICKET, Right.READ_DESKS, Right.READ_BOOKING})
KIOSK = frozenset({Right.READ_OFFER, Right.READ_TICKET, Right.ISSUE, Right.READ_BOOKING, Right.BOOK})
DEVICE_AT_DESK = READS | {Right.ACT}

STAFF: Mapping[Role, frozenset[Right]] = {
    Role.OPERATOR: READS | {Right.ACT},
    Role.SUPERVISOR: READS | {Right.ACT, Right.READ_HALL, Right.SUPERVISE},
    Role.ADMINISTRATOR: frozenset(Right) - {Right.BROKER_LOGIN},
    Role.AUDITOR: READS | {Right.READ_JOURNAL, Right.READ_HALL, Right.READ_SETTINGS_HISTORY},
}


def has(session: Session, right: Right) -> bool:
    """Tell whether a member's role gives ``right`` at all; for what a page offers."""
    return right in STAFF[session.role]


def require(caller: AsDevice | AsStaff, right: Right, desk: str | None = None) -> None:
    """Let ``caller`` pass or raise Forbidden; ``desk`` is the one to act at."""
    if isinstance(caller, AsDevice):
        given, own_desk, name = _of_device(caller.device), caller.device.desk, f"{caller.device.kind} {caller.device.device}"
    else:
        given, own_desk, name = STAFF[caller.session.role], _own_desk(caller), f"role {caller.session.role}"
    if right not in given:
        raise Forbidden(f"{name} may not {right}", code="role")
    if right is Right.ACT and own_desk is not _EVERY and own_desk != desk:
        raise Forbidden(f"{name} may not act at desk {desk}: it is at {f'desk {own_desk}' if own_desk else 'no desk'}", code="desk")


_EVERY = "*"  # no desk id has this character


def _own_desk(caller: AsStaff) -> str | None:
    return caller.session.desk if caller.session.role is Role.OPERATOR else _EVERY


def _of_device(device: Device) -> frozenset[Right]:
    given = frozenset({Right.BROKER_LOGIN})
    if device.kind is Kind.KIOSK:
        given |= KIOSK
    if device.desk is not None:
        given |= DEVICE_AT_DESK
    return given
