"""The settings of a small centre for tests, as plain JSON, and other settings that a random history may put in force.

The variants keep the rule interesting: desks that share services, reserved desks, several categories, caps and weights that tie.
"""

from collections.abc import Sequence
from typing import Any

ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def named(text: str) -> dict[str, str]:
    return {lang: f"{text} {lang}" for lang in ("ky", "ru", "kk", "en")}


def desk(name: str, services: Sequence[str], *, reserved: Sequence[str] = (), overflow_after: int = 0) -> dict[str, Any]:
    return {
        "desk": name,
        "zone": "a",
        "services": list(services),
        "reserved": list(reserved),
        "overflow_after": overflow_after,
        "guard_ms": 1500,
    }


def category(code: str, *, weight: int = 3000, head: int = 600, proof_first: bool = False) -> dict[str, Any]:
    return {"code": code, "weight": weight, "head": head, "proof_first": proof_first, "names": named(code), "proof": named(f"proof of {code}")}


def service(code: str, letter: str | None, *, parent: str | None = None, mode: str = "walk-in", seats: int | None = 2) -> dict[str, Any]:
    slots = {} if mode == "walk-in" else {"slot_minutes": 15, "slot_seats": seats}
    return {"code": code, "parent": parent, "names": named(code), "letter": letter, "mode": mode, **slots}


def weights(**changed: tuple[int, int]) -> dict[str, dict[str, int]]:
    usual = {"ordinary": (1000, 0), "late": (1500, 0), "returned": (1500, 0), "transfer": (1500, 0), "booked": (2000, 1200)}
    return {name: {"weight": weight, "head": head} for name, (weight, head) in {**usual, **changed}.items()}


CENTRE = {"id": "test-centre", "names": named("centre"), "tz": "Asia/Bishkek", "langs": ["ky", "ru", "kk", "en"]}
ZONES = [{"zone": "a", "names": named("zone a")}]
SERVICES = [
    service("documents", None),
    service("passport", "A", parent="documents"),
    service("birth", "K", parent="documents"),
    service("address", "MA", mode="mixed"),
    service("visa", "T", mode="appointment-only"),
]
REMOVAL = {**service("removal", "EA"), "steps": ["passport", "address", "birth"]}
CATEGORIES = [category("veteran"), category("disabled", head=900), category("foreign", proof_first=True)]
ORDERING = {"cap": 3, "early": 300, "on_time": 600, "late": 1800, "returned_after": 60, "weights": weights()}
DESKS = [
    desk("1", ["passport", "birth"]),
    desk("2", ["passport", "visa"]),
    desk("3", ["address", "visa"]),
    desk("4", ["passport", "address"], reserved=["veteran"], overflow_after=60),
    desk("5", ["birth", "address", "passport", "visa"]),
]


def settings(*, hours: dict[str, Any] | None = None, lunch: list[list[str]] | None = None) -> dict[str, Any]:
    """All settings of the centre; open round the clock unless told otherwise."""
    return {
        "centre": CENTRE,
        "zones": ZONES,
        "services": SERVICES,
        "desks": DESKS,
        "categories": CATEGORIES,
        "ordering": ORDERING,
        "calendar": {"hours": hours if hours is not None else ALWAYS, "lunch": lunch or []},
        "visits": {"recall_limit": 3, "recall_gap_s": 20, "missed_within_min": 15, "block_letter": ""},
    }


VARIANTS: dict[str, list[Any]] = {
    "ordering": [
        ORDERING,
        {**ORDERING, "cap": 1},
        {**ORDERING, "cap": 2, "returned_after": 0, "early": 0},
        {**ORDERING, "weights": weights(transfer=(500, 0), late=(1000, 300))},
        {**ORDERING, "cap": 4, "weights": weights(booked=(3000, 600), returned=(3000, 600))},
        {"cap": 3},
    ],
    "categories": [
        CATEGORIES,
        [category("veteran", weight=1600, head=0), category("disabled"), category("foreign")],
        [category("veteran"), category("disabled", proof_first=True)],
    ],
    "emergency": [None, None, None, {"text": {"ky": "x", "ru": "x", "kk": "x", "en": "x"}, "reason": "alarm"}],
    "desks": [
        DESKS,
        DESKS[:-1],
        [*DESKS[:3], desk("4", ["passport", "address"]), DESKS[4]],
        [desk("1", ["passport"], reserved=["veteran", "foreign"], overflow_after=120), *DESKS[1:]],
        [desk("6", ["birth", "visa"], reserved=["disabled"]), *DESKS],
        [{**each, "absent_after": 30} for each in DESKS],
        [{**DESKS[0], "lunch": [["12:00", "13:00"]]}, {**DESKS[1], "button_only": True}, *DESKS[2:]],
    ],
    "calendar": [
        {"hours": ALWAYS, "lunch": [], "keep_overnight": True},
        *[{"hours": ALWAYS, "lunch": []}] * 3,
        {"hours": ALWAYS, "lunch": [["12:30", "13:30"]]},
        {"hours": OFFICE, "lunch": [["12:30", "13:30"]], "tokens_before_min": 60, "cohort": 20},
        {"hours": OFFICE, "lunch": [], "keep_overnight": True, "days": [{"day": "2026-03-05", "hours": [], "why": named("holiday")}]},
    ],
    "visits": [{"missed_within_min": 15}, {"missed_within_min": 1}],
    "promises": [{}, {"cut_off": True}, {"cut_off": True, "z_permille": 0, "tail_min": 0, "release_min": 600}],
    "led": [{}, {"called_colour": "red", "free_text": "FREE", "closed_text": "-"}],
    "voice": [{}, {"spoken": False, "volume": 0}, {"silent": [["18:00", "24:00"]], "soft": [["08:00", "09:00"]], "soft_volume": 20}],
    "bookings": [{}, {"opens_before": 20, "closes_after": 10, "no_show_after": 5}, {"only_from": "2026-03-04"}],
    "services": [
        [*SERVICES, REMOVAL],
        [service("documents", None), *SERVICES[1:3], service("address", "M"), SERVICES[4], REMOVAL],
        [*SERVICES[:3], service("address", "MA", mode="mixed", seats=1), service("visa", "T", mode="appointment-only", seats=3), REMOVAL],
        [*SERVICES[:4], service("visa", "T", mode="mixed", seats=None), REMOVAL],
    ],
}
