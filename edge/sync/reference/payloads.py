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
        "promise_raised",
        "recalled",
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
    return payload if all(check(payload.get(key)) for key, check in _NEEDED.get(type_, {}).items()) else None


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_LENGTH and _is_clean(value)


def _optional(value: Any) -> bool:
    return value is None or _text(value)


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
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


_BOOKING = {"booking": _text}
_TICKET = {"ticket": _text}
_SLOT = {"slot": _text, "epoch": _count}
_NEEDED: Mapping[str, Mapping[str, Check]] = {
    "day.opened": {"day": _text},
    "day.closed": {"day": _text},
    "day.confirmed": {"day": _text, "was": _text},
    "clock.stepped": {"by": lambda value: type(value) is int},
    "ticket.issued": {**_TICKET, "number": _text, "day": _text, "service": _text},
    "ticket.called": _TICKET,
    "ticket.started": _TICKET,
    "ticket.finished": _TICKET,
    "ticket.no_show": _TICKET,
    "ticket.held": _TICKET,
    "ticket.resumed": _TICKET,
    "ticket.transferred": _TICKET,
    "ticket.cancelled": _TICKET,
    "ticket.undone": {"event": _text},
    "desk.opened": {"desk": _text},
    "desk.paused": {"desk": _text},
    "desk.closed": {"desk": _text},
    "device.registered": {"device": _text, "kind": _text},
    "booking.made": {
        **_BOOKING,
        "code": _text,
        "slot": _text,
        "minutes": _minutes,
        "person": _person,
        "lang": _text,
        "right": _right,
        "right_epoch": _epoch_or_none,
    },
    "booking.cancelled": _BOOKING,
    "booking.rescheduled": {**_BOOKING, "from": _text, "slot": _text, "minutes": _minutes, "right": _right, "right_epoch": _epoch_or_none},
    "booking.checked_in": _BOOKING,
    "booking.no_show": _BOOKING,
    "booking.request_refused": {**_BOOKING, "request": _text, "why": _text},
    "slot.granted": {**_SLOT, "granted": _count},
    "slot.returned": {**_SLOT, "returned": _count},
    "slot.settled": {**_SLOT, "granted": _count, "returned": _count, "sold": _count, "released": _count, "unsold": _count},
    "setting.changed": {"key": _text},
    "payload.erased": {"event": _text},
}
