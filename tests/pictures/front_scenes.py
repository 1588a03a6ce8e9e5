"""What belongs to nobody in particular: the front page, the style page, and words for what went wrong."""

from tests.browser.browsing import LAPTOP
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
)
