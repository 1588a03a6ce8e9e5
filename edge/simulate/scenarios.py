"""The imagined centre, its scenarios and the rules that are compared. Fixed before anything is measured; a figure that fails is the model's fault.

Ten desks, a working day 09:00-18:00 with lunch 12:30-13:30. What the settings say of a visit (`said_min`) is a little wrong, as it is in life.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.queueing.policy import LANGS, WEEKDAYS

OPENS_S, CLOSES_S, LUNCH_S = 9 * 3600, 18 * 3600, (12 * 3600 + 1800, 13 * 3600 + 1800)
BEGINS_S = 8 * 3600 + 1800  # when the day's ticks begin


@dataclass(frozen=True, slots=True)
class Service:
    """``share`` of the visitors; a visit takes ``mean_min`` on average, lognormal with coefficient of variation ``spread``."""

    code: str
    letter: str
    said_min: int
    mean_min: float
    spread: float
    share: float


SERVICES = (
    Service("id-card", "A", 12, 13.0, 0.6, 0.34),
    Service("passport", "E", 14, 15.0, 0.6, 0.18),
    Service("birth", "K", 10, 9.0, 0.6, 0.15),
    Service("statement", "M", 6, 5.5, 0.7, 0.21),
    Service("address", "T", 8, 8.0, 0.6, 0.12),
)
ALL = tuple(service.code for service in SERVICES)
DESKS = {**{str(n): ALL for n in range(1, 7)}, "7": ALL[:3], "8": ALL[:3], "9": ALL[2:], "10": ALL[2:]}
CATEGORIES = {"veteran": 0.04, "disabled": 0.06}  # of the visitors without an appointment
BY_HOUR = (1.5, 1.3, 1.2, 1.0, 0.9, 1.0, 1.0, 0.8, 0.45)  # how many come, from nine on


@dataclass(frozen=True, slots=True)
class Scenario:
    """``load``: work that comes against the desks' time. ``first_hour``: times as many come in it. ``booked``: part of the visitors.

    ``no_show``: of those who booked, and a third of it of those called. ``lost``: desks that close at 11:00. ``restart``: the server is away for
    three minutes at 11:00 and begins anew from its journal. ``drift``: visits take so many times longer from the middle of the days on. ``size``:
    how many times the desks. ``staggered``: desks have lunch one after another, the hall has none.
    """

    name: str
    load: float = 0.95
    first_hour: float = 1.0
    booked: float = 0.15
    no_show: float = 0.15
    lost: int = 0
    restart: bool = False
    drift: float = 1.0
    size: int = 1
    staggered: bool = False
    days: int = 12


SCENARIOS = (
    Scenario("normal", days=80),
    Scenario("opening-burst", first_hour=3.0, days=80),
    Scenario("two-desks-lost", lost=2),
    Scenario("lunch", staggered=True),
    Scenario("restart", restart=True, days=4),
    Scenario("no-show-30", no_show=0.30),
    Scenario("drift-30", drift=1.3, load=0.85, days=16),
    Scenario("five-thousand", size=12, days=1),
    Scenario("overload", load=1.1, days=60),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which ordering is in force (a setting like any other) and who decides when the day is full: ``ours``, ``norm`` or ``never``."""

    name: str
    title: str
    ordering: Mapping[str, Any] = field(default_factory=dict)
    cut_off: str = "ours"


def _weights(category: tuple[int, int], booked: tuple[int, int]) -> dict[str, dict[str, int]]:
    values = {"ordinary": (1000, 0), "late": (1000, 0), "returned": (1000, 0), "transfer": (1000, 0), "booked": booked}
    return {name: {"weight": weight, "head": head} for name, (weight, head) in {**values, "category": category}.items()}


FLAT = _weights((1000, 0), (1000, 0))
STRICT = _weights((1000, 86_400), (1000, 86_400))  # a whole day's head start: always first, by arrival among themselves
RULES = (
    Rule("ours", "score with ageing and run cap"),
    Rule("first-come", "first come, first served; appointments by their time", {"cap": 100, "weights": FLAT}, cut_off="norm"),
    Rule("strict", "strict priority: rights and appointments before all others", {"cap": 100, "weights": STRICT}, cut_off="norm"),
)


def named(text: str) -> dict[str, str]:
    """Return a text that is the same in all languages."""
    return dict.fromkeys(LANGS, text)


def settings(scenario: Scenario, rule: Rule) -> dict[str, Any]:
    """Return the values of `setting.changed` of the imagined centre."""
    weights = dict(rule.ordering.get("weights", {}))
    category = weights.pop("category", {"weight": 3000, "head": 600})
    desks = [
        {"desk": f"{name}-{copy}" if scenario.size > 1 else name, "zone": "a", "services": list(codes), "lunch": _own_lunch(scenario, place)}
        for copy in range(scenario.size)
        for place, (name, codes) in enumerate(DESKS.items())
    ]
    lunch = [] if scenario.staggered else [[_clock(LUNCH_S[0]), _clock(LUNCH_S[1])]]
    return {
        "centre": {"id": "imagined", "names": named("Imagined"), "tz": "Asia/Bishkek", "langs": list(LANGS)},
        "zones": [{"zone": "a", "names": named("A")}],
        "services": [
            {"code": s.code, "names": named(s.code), "letter": s.letter, "mode": "mixed", "minutes": s.said_min, "slot_minutes": 15, "slot_seats": 99}
            for s in SERVICES
        ],
        "desks": desks,
        "categories": [{"code": code, "names": named(code), "proof": named(code), "proof_first": False, **category} for code in CATEGORIES],
        "ordering": {**({"cap": rule.ordering["cap"]} if "cap" in rule.ordering else {}), **({"weights": weights} if weights else {})},
        "calendar": {
            "hours": {weekday: [[_clock(OPENS_S), _clock(CLOSES_S)]] for weekday in WEEKDAYS},
            "lunch": lunch,
        },
        "promises": {"cut_off": rule.cut_off == "ours"},
    }


def _own_lunch(scenario: Scenario, place: int) -> list[list[str]]:
    start = 12 * 3600 + place % 3 * 3600
    return [[_clock(start), _clock(start + 3600)]] if scenario.staggered else []


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second % 3600 // 60:02}"
