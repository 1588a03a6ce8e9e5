"""What belongs to nobody in particular: the front page, the style page, and words for what went wrong."""

from tests.browser.browsing import BOARD, LAPTOP
from tests.pictures import situations as s
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Visit

POCKET = (360, 740)


def front(visit: Visit) -> None:
    visit.open("/")


def style(visit: Visit) -> None:
    visit.open("/style")


def rules(visit: Visit) -> None:
    visit.open("/rules")


def reserved(stage: Stage) -> None:
    """All that the rule can say: rights that do not count alike, desks that take some of them first."""
    veteran, *others = stage.setting("categories")
    stage.change(
        categories=[{**veteran, "weight": 4000, "head": 100}, *others],
        desks=[{**desk, "reserved": ["veteran"], "overflow_after": 120} if desk["desk"] in "12" else desk for desk in stage.setting("desks")],
    )


def gone(visit: Visit) -> None:
    visit.open("/nothing")


def unpaired(visit: Visit) -> None:
    visit.open("/board/board-a")


def forbidden(visit: Visit) -> None:
    visit.log_in("operator", "/settings")


def door(visit: Visit) -> None:
    visit.open("/door")


def rush(stage: Stage) -> None:
    """An hour of tickets before the opening, people let in by number, a second cohort outside."""
    calendar = stage.setting("calendar")
    stage.change(calendar={**calendar, "tokens_before_min": 60, "cohort": 40})
    stage.crowd(70)


def rush_of_two(stage: Stage) -> None:
    calendar = stage.setting("calendar")
    stage.change(calendar={**calendar, "tokens_before_min": 60, "cohort": 20})
    stage.crowd(50, "passport", "address")


def before_the_rush(stage: Stage) -> None:
    """Tickets are given, the hall is not open yet."""
    s.before_opening(stage)
    calendar = stage.setting("calendar")
    stage.change(calendar={**calendar, "tokens_before_min": 720, "cohort": 40})
    stage.crowd(30)


def holiday(stage: Stage) -> None:
    calendar = stage.setting("calendar")
    day = stage.ctx.hall.day
    why = {"ky": "Нооруз майрамы", "ru": "Праздник Нооруз", "kk": "Наурыз мерекесі", "en": "Nooruz"}
    stage.change(calendar={**calendar, "days": [{"day": day.day if day else "", "hours": [], "why": why}]})


FRONT: tuple[Scene, ...] = (
    Scene("front", LAPTOP, s.normal, front, whole=True),
    Scene("front-pocket", POCKET, s.normal, front, whole=True),
    Scene("front-long", LAPTOP, s.long_names, front, whole=True),
    Scene("style", LAPTOP, s.normal, style, whole=True),
    Scene("rules", LAPTOP, s.normal, rules, whole=True),
    Scene("rules-pocket", POCKET, reserved, rules, whole=True),
    Scene("fault-gone", LAPTOP, s.normal, gone),
    Scene("fault-unpaired", LAPTOP, s.normal, unpaired),
    Scene("fault-forbidden", LAPTOP, s.normal, forbidden),
    Scene("door-rush", BOARD, rush, door),
    Scene("door-rush-of-two", BOARD, rush_of_two, door),
    Scene("door-before", BOARD, before_the_rush, door),
    Scene("door-lunch", BOARD, s.lunch, door),
    Scene("door-holiday", BOARD, holiday, door),
    Scene("door-open", BOARD, s.normal, door),
    Scene("door-emergency", BOARD, s.emergency, door),
)
