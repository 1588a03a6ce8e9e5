"""What is wrong with the centre's equipment: raised when bad for a while, cleared when good for a while, each by an event, so that no alert flaps.

Between the two thresholds of a value nothing is said, and a moment without a word begins both counts anew. Seconds are handed in; who measures is
`operations/alerts.py`. What is wrong in the hall itself is another matter (`trouble.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """Kinds of alerts, the most pressing first."""

    RULES = "rules"
    BROKER = "broker"
    DISK = "disk"
    PAPER_OUT = "paper-out"
    PRINTER_ERROR = "printer-error"
    UNPRINTED = "unprinted"
    GONE = "gone"
    SLOW = "slow"
    BATTERY = "battery"
    PAPER_LOW = "paper-low"
    CLOCK = "clock"
    VOICE = "voice"


class Sign(StrEnum):
    """What one look says. ``unclear``: nothing, or a value between the two thresholds."""

    BAD = "bad"
    GOOD = "good"
    UNCLEAR = "unclear"


class Why(StrEnum):
    """Why an alert is cleared. ``well``: good for long enough; ``seen``: a person saw to it; ``removed``: nothing of that name is left."""

    WELL = "well"
    SEEN = "seen"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Rule:
    """Seconds of nothing but bad looks until it is raised, and of nothing but good ones until it is cleared."""

    bad_s: int
    good_s: int


RULES: Mapping[What, Rule] = {
    What.RULES: Rule(0, 600),
    What.BROKER: Rule(30, 60),
    What.DISK: Rule(60, 600),
    What.PAPER_OUT: Rule(0, 0),
    What.PRINTER_ERROR: Rule(0, 0),
    What.UNPRINTED: Rule(60, 60),
    What.GONE: Rule(300, 60),
    What.SLOW: Rule(900, 900),
    What.BATTERY: Rule(600, 600),
    What.PAPER_LOW: Rule(0, 0),
    What.CLOCK: Rule(600, 600),
    What.VOICE: Rule(300, 60),
}
GRAVE = frozenset({What.RULES, What.BROKER, What.DISK, What.PAPER_OUT, What.PRINTER_ERROR, What.UNPRINTED})  # visitors or the technician wait for it
SAID_BY_DEVICE = frozenset({What.PAPER_OUT, What.PRINTER_ERROR, What.PAPER_LOW})  # it says the beginning and never the end: a person does
BATTERY_LOW, BATTERY_WELL = 15, 25  # percent
TRIP_SLOW_S, TRIP_WELL_S = 2, 1


@dataclass(frozen=True, slots=True)
class Alert:
    """``alert``: its name, `what:about`. ``what``: a word of `What`, or of a later version. ``about``: a device or printer, None: the box.

    ``detail``: what was measured; ``since``: aware UTC.
    """

    alert: str
    what: str
    about: str | None
    detail: str | None
    since: datetime
    raised: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look says of one thing; ``detail``: a word or figure for people."""

    what: What
    about: str | None
    sign: Sign
    detail: str | None = None

    @property
    def alert(self) -> str:
        """Return the name of the alert that it speaks for."""
        return named(self.what, self.about)


@dataclass(frozen=True, slots=True)
class Streak:
    """The same sign at every look since ``since_s``, monotonic seconds."""

    sign: Sign
    since_s: float


def named(what: str, about: str | None) -> str:
    """Return the name of an alert: the same thing wrong with the same device is one alert."""
    return str(what) if about is None else f"{what}:{about}"


def of_battery(percent: float | None) -> Sign:
    """Judge what is left of a battery."""
    if percent is None:
        return Sign.UNCLEAR
    return Sign.BAD if percent <= BATTERY_LOW else Sign.GOOD if percent >= BATTERY_WELL else Sign.UNCLEAR


def of_trip(seconds: float | None) -> Sign:
    """Judge the time from an order to the device's answer."""
    if seconds is None:
        return Sign.UNCLEAR
    return Sign.BAD if seconds >= TRIP_SLOW_S else Sign.GOOD if seconds <= TRIP_WELL_S else Sign.UNCLEAR


def followed(streak: Streak | None, sign: Sign, now_s: float) -> Streak:
    """Return the streak after one more look."""
    return streak if streak and streak.sign is sign else Streak(sign, now_s)


def is_due(what: What, streak: Streak, now_s: float, *, raised: bool) -> bool:
    """Tell whether the alert changes now: is raised, or cleared if it is ``raised``."""
    wanted, seconds = (Sign.GOOD, RULES[what].good_s) if raised else (Sign.BAD, RULES[what].bad_s)
    return streak.sign is wanted and now_s - streak.since_s >= seconds


def pressing(alerts: Iterable[Alert]) -> list[Alert]:
    """Return alerts in order, the most pressing first, the older before the newer."""
    order = {str(what): place for place, what in enumerate(What)}
    return sorted(alerts, key=lambda each: (order.get(each.what, len(order)), each.since, each.alert))
