"""What the payload of an event must have for the domain to take it over (`contract/national.md`, "Event").

Anything more is welcome and kept; anything less, or of another kind, makes the notice `payload_unreadable` and nothing else.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Payload = Mapping[str, Any]
Check = Callable[[Any], bool]

LIMIT = 2**53
TEXT_LENGTH = 200
PERSON_LENGTH = 64
MOST_MINUTES = 1440

# Types that the contract names, and those that Kezek Edge writes besides; `device.*` has no closed list.
_KNOWN: Mapping[str, Sequence[str]] = {
    "alert": ("cleared", "raised"),
    "block": ("printed",),
    "booking": ("cancelled", "checked_in", "made", "no_show", "request_refused", "rescheduled"),
    "clock": ("stepped",),
    "cohort": ("admitted",),
    "day": ("closed", "confirmed", "opened"),
    "desk": ("closed", "opened", "paused"),
    "epoch": ("started",),
    "national": ("applied",),
    "payload": ("erased",),
    "setting": ("changed",),
    "slot": ("granted", "returned", "settled"),
    "staff": ("added", "credential_changed", "logged_in", "logged_out"),
    "ticket": (
        "called",
        "cancelled",
        "category",
        "finished",
        "held",
        "issued",
        "no_show",
        "print_failed",
        "promise_raised",
        "recalled",
        "reprinted",
        "resumed",
        "started",
        "step_added",
        "transferred",
        "undone",
    ),
}
KNOWN = frozenset(f"{of}.{what}" for of, known in _KNOWN.items() for what in known)


def is_known(type_: str) -> bool:
    """Tell whether the type has a meaning here."""
    return type_ in KNOWN or type_.startswith("device.")


def read(type_: str, text: str) -> Payload | None:
    """Return the payload; None when it is no object, or lacks what the domain needs of this type."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    for key, check in _NEEDED.get(type_, {}).items():
        if not check(payload.get(key)):
            return None
    return payload


def is_text(value: Any) -> bool:
    """Tell whether a value can be a name: not empty, not long, and every database keeps it."""
    return isinstance(value, str) and 0 < len(value) <= TEXT_LENGTH and _is_clean(value)


def _person(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= PERSON_LENGTH and _is_clean(value)


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < LIMIT


def _epoch_or_none(value: Any) -> bool:
    return value is None or (_count(value) and value > 0)


def _minutes(value: Any) -> bool:
    return type(value) is int and 0 < value <= MOST_MINUTES


def _right(value: Any) -> bool:
    return value in ("edge", "national")


def _is_clean(text: str) -> bool:
    """No database keeps a NUL, and no UTF-8 half a character."""
    if "\x00" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


_BOOKING = {"booking": is_text}
_TICKET = {"ticket": is_text}
_SLOT = {"slot": is_text, "epoch": _count}
_NEEDED: Mapping[str, Mapping[str, Check]] = {
    "alert.raised": {"alert": is_text, "what": is_text},
    "alert.cleared": {"alert": is_text},
    "day.opened": {"day": is_text},
    "day.closed": {"day": is_text},
    "day.confirmed": {"day": is_text, "was": is_text},
    "clock.stepped": {"by": lambda value: type(value) is int},
    "ticket.issued": {**_TICKET, "number": is_text, "day": is_text, "service": is_text},
    "ticket.called": _TICKET,
    "ticket.started": _TICKET,
    "ticket.finished": _TICKET,
    "ticket.no_show": _TICKET,
    "ticket.held": _TICKET,
    "ticket.resumed": _TICKET,
    "ticket.transferred": _TICKET,
    "ticket.cancelled": _TICKET,
    "ticket.undone": {"event": is_text},
    "desk.opened": {"desk": is_text},
    "desk.paused": {"desk": is_text},
    "desk.closed": {"desk": is_text},
    "device.registered": {"device": is_text, "kind": is_text},
    "booking.made": {
        **_BOOKING,
        "code": is_text,
        "slot": is_text,
        "minutes": _minutes,
        "person": _person,
        "lang": is_text,
        "right": _right,
        "right_epoch": _epoch_or_none,
    },
    "booking.cancelled": _BOOKING,
    "booking.rescheduled": {**_BOOKING, "from": is_text, "slot": is_text, "minutes": _minutes, "right": _right, "right_epoch": _epoch_or_none},
    "booking.checked_in": _BOOKING,
    "booking.no_show": _BOOKING,
    "booking.request_refused": {**_BOOKING, "request": is_text, "why": is_text},
    "slot.granted": {**_SLOT, "granted": _count},
    "slot.returned": {**_SLOT, "returned": _count},
    "slot.settled": {**_SLOT, "granted": _count, "returned": _count, "sold": _count, "released": _count, "unsold": _count},
    "setting.changed": {"key": is_text},
    "payload.erased": {"event": is_text},
    "national.applied": {"kind": is_text, "key": is_text, "version": _count},
}
