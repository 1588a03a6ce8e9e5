"""Which appointments a centre has, as the national side reads its journalled settings (`services`, `calendar`, `desks`, `bookings`, `centre`).

The settings of a centre are its own words: what is missing or strange gives no appointments, never an error. The capacity of a slot is the national
side's own policy (`slot_seats`, or a share of the desks' time), never less than the centre has sold.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.queueing.chain import instant

Settings = Mapping[str, Any]
Span = tuple[int, int]

HORIZON_DAYS = 14
MOST_DAYS = 60
CODE = re.compile(r"[a-z0-9-]{1,32}")
GRIDS = range(5, 241)
MOST_SEATS = 500
LEAST_LAST_MIN = 30  # the last appointment of a day begins so long before closing, or as long as a visit takes
SHARE_PERMILLE = 500  # of the desks' time that bookings take, where the settings do not say
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FALLBACK_TZ = "Asia/Bishkek"


@dataclass(frozen=True, slots=True)
class Offer:
    """An appointment that may be sold. ``start``: aware UTC. ``capacity``: by this side's policy."""

    slot: str
    service: str
    start: datetime
    minutes: int
    capacity: int


def zone(settings: Settings) -> ZoneInfo:
    """Return the centre's time zone."""
    try:
        return ZoneInfo(str(_table(settings.get("centre")).get("tz", FALLBACK_TZ)))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder, or a name too long for one
        return ZoneInfo(FALLBACK_TZ)


def horizon_days(settings: Settings) -> int:
    """Return how many days can be booked ahead, today included."""
    return _whole(_table(settings.get("bookings")).get("horizon_days"), range(1, MOST_DAYS + 1)) or HORIZON_DAYS


def bookable(settings: Settings) -> list[Mapping[str, Any]]:
    """Return the entries of `services` that take appointments, in the centre's order."""
    return [each for each in _tables(settings.get("services")) if CODE.fullmatch(str(each.get("code"))) and _grid(each)]


def offers(settings: Settings, day: date) -> list[Offer]:
    """Return the appointments of a local day, by service and time."""
    return [offer for service in bookable(settings) if _takes_bookings(settings, service, day) for offer in _of_service(settings, service, day)]


def _of_service(settings: Settings, service: Mapping[str, Any], day: date) -> Iterator[Offer]:
    grid, code = _grid(service), str(service["code"])
    seats = _whole(service.get("slot_seats"), range(1, MOST_SEATS + 1)) or _seats(settings, service)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone(settings)).astimezone(UTC)
    for second in _starts(_spans_on(settings, day), grid * 60, _minutes(service) * 60):
        start = midnight + timedelta(seconds=second)
        yield Offer(f"{code}@{instant(start)}", code, start, grid, seats)


def _starts(spans: Sequence[Span], step: int, visit: int) -> Iterator[int]:
    """Yield the local seconds at which appointments begin: each is over when its span ends, the last one at closing."""
    for number, (begin, end) in enumerate(spans):
        lasts = max(LEAST_LAST_MIN * 60, visit) if number == len(spans) - 1 else visit
        second = -(-begin // step) * step
        while second + lasts <= end:
            yield second
            second += step


def _seats(settings: Settings, service: Mapping[str, Any]) -> int:
    """Return the seats of one slot where nobody said: the desks' share of time, over the minutes of a visit; at least one."""
    codes = {str(each["code"]) for each in bookable(settings)}
    desks = [set(map(str, _list(desk.get("services")))) & codes for desk in _tables(settings.get("desks"))]
    share = _whole(_table(settings.get("bookings")).get("share_permille"), range(1, 1001)) or SHARE_PERMILLE
    time = sum(share * _grid(service) // len(served) for served in desks if service["code"] in served)
    return min(MOST_SEATS, max(1, time // (1000 * _minutes(service))))


def _takes_bookings(settings: Settings, service: Mapping[str, Any], day: date) -> bool:
    only_from = _table(settings.get("bookings")).get("only_from")
    if not service.get("exempt") and isinstance(only_from, str) and day.isoformat() >= only_from:
        return True
    dated, mode = service.get("next_mode_from"), service.get("mode", "walk-in")
    if service.get("next_mode") and isinstance(dated, str) and day.isoformat() >= dated:
        mode = service["next_mode"]
    return mode in ("mixed", "appointment-only")


def _spans_on(settings: Settings, day: date) -> list[Span]:
    """Return when the hall is open, in local seconds of the day: its hours without lunch."""
    calendar = _table(settings.get("calendar"))
    special = next((each for each in _tables(calendar.get("days")) if each.get("day") == day.isoformat()), None)
    hours = special.get("hours") if special else _table(calendar.get("hours")).get(WEEKDAYS[day.weekday()])
    return _without(_spans(hours), _spans(calendar.get("lunch")))


def _without(hours: Sequence[Span], breaks: Sequence[Span]) -> list[Span]:
    left = list(hours)
    for begin, end in breaks:
        left = [part for a, b in left for part in ((a, min(b, begin)), (max(a, end), b)) if part[0] < part[1]]
    return left


def _spans(value: Any) -> list[Span]:
    found = []
    for each in _list(value):
        ends = [_second(text) for text in each] if isinstance(each, list | tuple) else []
        match ends:
            case [int() as begin, int() as end] if begin < end:
                found.append((begin, end))
    return sorted(found)


def _second(text: Any) -> int | None:
    hours, colon, minutes = text.partition(":") if isinstance(text, str) else ("", "", "")
    if not colon or not (hours.isdecimal() and minutes.isdecimal() and len(text) <= len("24:00")):
        return None
    second = (int(hours) * 60 + int(minutes)) * 60
    return second if second <= 24 * 3600 else None


def _minutes(service: Mapping[str, Any]) -> int:
    return _whole(service.get("minutes"), range(1, 481)) or 10


def _grid(service: Mapping[str, Any]) -> int:
    return _whole(service.get("slot_minutes"), GRIDS)


def _whole(value: Any, accepted: range) -> int:
    """Return an integer within ``accepted``, or 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value in accepted else 0


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in _list(value) if isinstance(each, Mapping)]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
