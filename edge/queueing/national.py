"""What comes by the national feed, read: which shape each kind has, and what of it lies over the centre's own settings.

An item is what another program wrote, so every reader here names what it cannot read; nothing else looks at a raw payload.
Long because the shape of every kind stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from edge.queueing.booking import slot_parts
from edge.queueing.hours import Interval, SpecialDay
from edge.queueing.registry import Role

LANGS = ("ky", "ru", "kk", "en")
MODES = ("walk-in", "mixed", "appointment-only")
PERSON_MOST = 64
COUNT_MOST = 1_000_000
YEARS = range(2000, 2101)
Names = Mapping[str, str]


class Kind(StrEnum):
    """The kinds that this release knows; others are kept as they came."""

    BOOKING = "booking"
    BOOKING_REQUEST = "booking_request"
    SLOT_GRANT = "slot_grant"
    SLOT_RECALL = "slot_recall"
    SERVICE = "service"
    CALENDAR = "calendar"
    STAFF = "staff"
    NOTICE = "notice"


KINDS = frozenset(Kind)
OVERLAID = frozenset({Kind.SERVICE, Kind.CALENDAR, Kind.NOTICE})  # lie over settings while they are in force


@dataclass(frozen=True, slots=True)
class NationalItem:
    """The newest version of one item. ``item``: kind and key; ``payload``: what holds of it, None where bookings and slots have it.

    ``deleted``: the national side took it back. ``refused``: why its newest version was not put in force.
    """

    item: str
    kind: str
    key: str
    version: int
    deleted: bool = False
    payload: Any = None
    custody: str | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the national side says of a service, from the day ``since`` (ISO, None: at once) on: not offered here, or taken in another ``mode``."""

    code: str
    offered: bool = True
    mode: str | None = None
    since: str | None = None
    names: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NationalDay:
    """The hours of one day (ISO)."""

    day: str
    special: SpecialDay


@dataclass(frozen=True, slots=True)
class NationalNotice:
    """A notice for all boards, from ``start`` (aware UTC, None: at once) to ``end`` (None: until it is deleted)."""

    text: Names
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class NationalBooking:
    """A booking as the national side tells it. ``start``: aware UTC."""

    booking: str
    code: str
    service: str
    slot: str
    start: datetime
    minutes: int
    person: str
    lang: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A change of a booking that the national side asks for. ``slot``: the one it wants instead, None: to cancel it."""

    booking: str
    slot: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """``granted``: in all, in this epoch. ``start``: aware UTC."""

    slot: str
    epoch: int
    service: str
    start: datetime
    minutes: int
    capacity: int
    granted: int


@dataclass(frozen=True, slots=True)
class Recall:
    """So many unspent rights of a slot are wanted back: a wish."""

    slot: str
    wanted: int


@dataclass(frozen=True, slots=True)
class NationalMember:
    """A member of staff as the national side lists them; never a verifier."""

    login: str
    role: Role
    active: bool


Says = NationalBooking | Request | Grant | Recall | Narrowing | NationalDay | NationalMember | NationalNotice


def item_id(kind: str, key: str) -> str:
    """Return how an item is called in the tables."""
    return f"{kind}:{key}"


def says_of(kind: str, payload: Any) -> Says | None:  # noqa: PLR0911 -- one line a kind: a table
    """Read the payload of an item; None for a kind that this release does not know. Raises ValueError with what cannot be read."""
    if kind not in KINDS:
        return None
    if not isinstance(payload, Mapping):
        raise ValueError("payload: must be an object")  # noqa: TRY004 -- one kind of error for whatever another program wrote
    match Kind(kind):
        case Kind.BOOKING:
            return _booking(payload)
        case Kind.BOOKING_REQUEST:
            return _request(payload)
        case Kind.SLOT_GRANT:
            return _grant(payload)
        case Kind.SLOT_RECALL:
            return Recall(_slot(payload, "slot")[0], _count(payload, "wanted"))
        case Kind.SERVICE:
            return _narrowing(payload)
        case Kind.CALENDAR:
            return _day(payload)
        case Kind.STAFF:
            return NationalMember(_text(payload, "login"), Role(_word(payload, "role", tuple(Role))), _flag(payload, "active"))
        case Kind.NOTICE:
            return NationalNotice(_filled(_names(payload, "text")), _moment(payload, "from"), _moment(payload, "to"))


def _booking(payload: Mapping[str, Any]) -> NationalBooking:
    slot, service, start = _slot(payload, "slot")
    lang = payload.get("lang")
    return NationalBooking(
        booking=_text(payload, "booking"),
        code=_text(payload, "code"),
        service=service,
        slot=slot,
        start=start,
        minutes=_count(payload, "minutes"),
        person=_text(payload, "person", PERSON_MOST),
        lang=lang if lang in LANGS else LANGS[0],
        confirmed=_word(payload, "state", ("confirmed", "cancelled")) == "confirmed",
    )


def _request(payload: Mapping[str, Any]) -> Request:
    wish = _word(payload, "wish", ("cancel", "reschedule"))
    return Request(_text(payload, "booking"), _text(payload, "slot") if wish == "reschedule" else None)


def _grant(payload: Mapping[str, Any]) -> Grant:
    slot, service, start = _slot(payload, "slot")
    counts = {name: _count(payload, name) for name in ("epoch", "minutes", "capacity", "granted")}
    return Grant(slot=slot, service=service, start=start, **counts)


def _narrowing(payload: Mapping[str, Any]) -> Narrowing:
    mode, since = payload.get("mode"), payload.get("from")
    return Narrowing(
        code=_text(payload, "code"),
        offered=_flag(payload, "open", otherwise=True),
        mode=_word(payload, "mode", MODES) if mode is not None else None,
        since=_iso_day("from", since) if since is not None else None,
        names=_names(payload, "names") if payload.get("names") else {},
    )


def _day(payload: Mapping[str, Any]) -> NationalDay:
    day = _iso_day("day", payload.get("day"))
    given = payload.get("hours") or []
    if not isinstance(given, list | tuple):
        raise ValueError(f"hours {given!r:.80}: must be a list of [from, to]")  # noqa: TRY004 -- as in `says_of`
    hours = () if _flag(payload, "closed", otherwise=False) else tuple(_interval(each) for each in given)
    why = payload.get("why")
    names = dict.fromkeys(LANGS, why) if isinstance(why, str) else _names(payload, "why") if why else {}
    return NationalDay(day, SpecialDay(hours, _filled(names) if any(names.values()) else {}))


def _interval(pair: Any) -> Interval:
    if not isinstance(pair, list | tuple) or len(pair) != 2:  # noqa: PLR2004 -- from and to
        raise ValueError(f"hours {pair!r}: must be [from, to]")
    start, end = (_second(each) for each in pair)
    if start >= end:
        raise ValueError(f"hours {pair!r}: the end must be after the start")
    return Interval(start, end)


def _second(text: Any) -> int:
    hours, _, minutes = str(text).partition(":")
    if not (hours.isdecimal() and minutes[:2].isdecimal() and int(hours) * 60 + int(minutes[:2]) <= 24 * 60 and int(minutes[:2]) < 60):  # noqa: PLR2004 -- a clock
        raise ValueError(f"time {text!r}: must be HH:MM")
    return int(hours) * 3600 + int(minutes[:2]) * 60


def _slot(payload: Mapping[str, Any], key: str) -> tuple[str, str, datetime]:
    slot = _text(payload, key)
    try:
        service, start = slot_parts(slot)
    except (ValueError, OverflowError):
        raise ValueError(f"{key} {slot[:80]!r}: must be <service>@YYYY-MM-DDTHH:MM:SS.000Z") from None
    if start.year not in YEARS:  # else no calendar and no time zone can say what day that is
        raise ValueError(f"{key} {slot[:80]!r}: must begin in one of the years {YEARS.start} to {YEARS.stop - 1}")
    return slot, service, start


def _text(payload: Mapping[str, Any], key: str, most: int = 200) -> str:
    value = payload.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise ValueError(f"{key} {value!r:.80}: must be a text of 1 to {most} characters")
    return value


def _word(payload: Mapping[str, Any], key: str, words: tuple[str, ...]) -> str:
    value = payload.get(key)
    if value not in words:
        raise ValueError(f"{key} {value!r:.80}: must be one of {', '.join(words)}")
    return str(value)


def _count(payload: Mapping[str, Any], key: str) -> int:
    value = payload.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= COUNT_MOST:
        raise ValueError(f"{key} {value!r:.80}: must be a whole number from 0 to {COUNT_MOST}")
    return value


def _flag(payload: Mapping[str, Any], key: str, *, otherwise: bool | None = None) -> bool:
    value = payload.get(key, otherwise)
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, bool):
        raise ValueError(f"{key} {value!r:.80}: must be true or false")  # noqa: TRY004 -- as in `says_of`
    return value


def _names(payload: Mapping[str, Any], key: str) -> Names:
    value = payload.get(key)
    if not isinstance(value, Mapping) or not value or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"{key} {value!r:.80}: must be a text in at least one language, as {{lang: text}}")
    return {lang: str(text) for lang, text in value.items() if lang in LANGS and text}


def _filled(names: Names) -> Names:
    """Return a text in all languages; what is missing is said in another one."""
    spare = names.get("ru") or next(iter(names.values()), "")
    return {lang: names.get(lang) or spare for lang in LANGS}


def _iso_day(key: str, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{key} {value!r:.80}: must be a date such as 2026-12-31") from None


def _moment(payload: Mapping[str, Any], key: str) -> datetime | None:
    value = payload.get(key)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{key} {value!r:.80}: must be YYYY-MM-DDTHH:MM:SS.mmmZ") from None
