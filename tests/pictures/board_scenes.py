"""The board of a zone in every state that it must be good in, near and far, in both ways a screen may hang."""

from collections.abc import Callable
from typing import Any

from edge.queueing import commands as c
from tests.browser.browsing import BOARD, Size
from tests.pictures import situations as s
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Situation, Visit

UPRIGHT = (1080, 1920)
STALE_MS, LOST_MS = 15_000, 70_000


def board(visit: Visit) -> None:
    visit.enter("board-a")
    visit.live()


def stale(visit: Visit) -> None:
    visit.deaf()
    visit.enter("board-a")
    visit.later(STALE_MS)
    visit.page.locator("#band:visible").wait_for()


def lost(visit: Visit) -> None:
    visit.deaf()
    visit.enter("board-a")
    visit.later(LOST_MS)
    visit.page.locator("#lost:visible").wait_for()


def muted(visit: Visit) -> None:
    """The browser keeps sound from a page that nobody has touched; Playwright's looks are touches, so it is said by hand."""
    visit.page.add_init_script("HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('untouched', 'NotAllowedError'))")
    visit.enter("board-a")
    visit.live()
    visit.page.locator("#unmute:visible").wait_for()


def seen_from(metres: int, situation: Situation) -> Situation:
    """Return a situation in which the boards are seen from so far."""

    def arrange(stage: Stage) -> None:
        situation(stage)
        zones: list[dict[str, Any]] = stage.setting("zones")
        stage.change(zones=[{**zone, "viewing_distance_m": metres} for zone in zones])

    arrange.__name__ = f"{situation.__name__}_{metres}_m"
    return arrange


def called(stage: Stage) -> None:
    """Every desk of the zone has somebody, and as many wait."""
    stage.crowd(18, "passport", "travel-passport", "birth", "ready")
    stage.act(*(c.CallNext(desk) for desk in "1243"))


def waiting(stage: Stage) -> None:
    """Some wait, nobody is called yet."""
    stage.crowd(6, "passport", "birth")


NEAR, FAR = seen_from(3, called), seen_from(8, called)


def _scene(name: str, situation: Situation, lead: Callable[[Visit], None] = board, size: Size = BOARD) -> Scene:
    return Scene(f"board-{name}", size, situation, lead, strict=True)


STATES = {
    "empty": s.empty,
    "waiting": waiting,
    "normal": called,
    "busiest": s.busiest,
    "long-names": s.long_names,
    "notice": s.notice,
    "before-opening": s.before_opening,
    "lunch": s.lunch,
    "paused": s.paused,
    "closed": s.closed,
    "emergency": s.emergency,
}
BOARDS = (
    *(_scene(name, situation) for name, situation in STATES.items()),
    *(_scene(f"{name}-upright", situation, size=UPRIGHT) for name, situation in STATES.items()),
    _scene("from-3-m", NEAR),
    _scene("from-3-m-upright", NEAR, size=UPRIGHT),
    _scene("from-8-m", FAR),
    _scene("4k", called, size=(3840, 2160)),
    _scene("muted", called, muted),
    _scene("muted-upright", NEAR, muted, UPRIGHT),
    _scene("stale", called, stale),
    _scene("lost", called, lost),
    _scene("lost-upright", called, lost, size=UPRIGHT),
)
