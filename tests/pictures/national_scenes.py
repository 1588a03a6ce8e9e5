"""The national link in every state that a person may meet, and the demo's switch on the front page."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect

from edge.demo import Options
from edge.operations import link_state, national
from edge.operations.link_state import LinkState, State, Why
from edge.operations.national import Item
from edge.queueing.chain import Head
from tests.browser.browsing import LAPTOP
from tests.demo_process import daytime_zone, wait_for
from tests.pictures import situations as s
from tests.pictures.hall_scenes import shut_out
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Situation, Visit

UPRIGHT, POCKET = (800, 1280), (360, 740)
TOLD_WITHIN_S = 240.0  # a new national server grants thousands of seats at first
SERVER = "https://national.example"
MET = {
    Why.UNREACHABLE: "tried POST https://national.example/sync/v1/journal: connection refused",
    Why.FENCED: "hello was answered fenced: epoch 3 speaks for this centre",
    Why.CREDENTIAL: "tried POST https://national.example/sync/v1/hello: 401 token",
    Why.CONFIGURATION: "tried POST https://national.example/sync/v1/hello: 200 without X-Sync-Protocol",
    Why.ENROL: "hello was answered enrol",
}


def told(stage: Stage, state: State, why: Why | None = None, untold: int = 0) -> None:
    """Let the link be in a state, with the newest ``untold`` lines not told yet."""
    now, head = stage.ctx.clock.wall(), stage.ctx.database.committed.head
    sent = Head(head.epoch, head.seq - untold, head.hash)
    since, heard = now - timedelta(hours=2), now - timedelta(hours=2 if why else 0)
    stage.ctx.link.state = LinkState(
        state, why, since, MET.get(why, "") if why else "", SERVER, sent=sent, acked=sent.seq, heard_at=heard, durable_seq=sent.seq // 2, retry_at=9e9
    )


def idle(stage: Stage) -> None:
    """Everything is told."""
    s.normal(stage)
    told(stage, State.IDLE)


def catching_up(stage: Stage) -> None:
    """The link is back, and a part is still to be told."""
    s.normal(stage)
    told(stage, State.CATCHING_UP, untold=40)


def blocked(why: Why) -> Situation:
    """Return the situation of a link that stands still."""

    def arrange(stage: Stage) -> None:
        s.normal(stage)
        told(stage, State.BLOCKED, why, untold=60)

    arrange.__name__ = f"blocked_{why}"
    return arrange


def linked(stage: Stage) -> None:
    """A demo with a national server of its own, to which everything is told."""
    s.normal(stage)
    wait_for("everything to be told", lambda: link_state.sync(stage.ctx)["state"] == State.IDLE, TOLD_WITHIN_S)


def front(visit: Visit) -> None:
    """The front page with the link as it should be."""
    visit.open("/")
    state = visit.page.locator("#link-state")
    if state.get_attribute("data-cut") == "yes":
        visit.page.click("#link-switch")
    expect(state).to_have_attribute("data-state", "idle", timeout=TOLD_WITHIN_S * 1000)


def cut(visit: Visit) -> None:
    """Cut the link, and let the hall go on until that is noticed."""
    front(visit)
    visit.page.click("#link-switch")
    visit.stage.issue()
    expect(visit.page.locator("#link-state")).to_have_attribute("data-state", "blocked", timeout=TOLD_WITHIN_S * 1000)


def asked(stage: Stage) -> None:
    """The national side asked for what does not fit, and has made a holiday of a day for which people have booked."""
    shut_out(stage)
    told(stage, State.IDLE)
    items = [
        Item(1, "weather", "rain", 3, "put", {"mm": 3}, "national"),
        Item(2, "calendar", "tomorrow", 7, "put", {"day": "tomorrow"}, "national"),
    ]
    national.apply_items(stage.ctx, items, "2")


def page(role: str = "supervisor") -> Callable[[Visit], None]:
    return lambda visit: visit.log_in(role, "/hall/national")


def all_told(visit: Visit) -> None:
    """The page when even the login, which is an event, is told."""
    visit.log_in("supervisor", "/hall")
    told(visit.stage, State.IDLE)
    visit.open("/hall/national")


def hall(visit: Visit) -> None:
    visit.log_in("supervisor", "/hall")
    visit.live()


def settings(visit: Visit) -> None:
    """The settings, down where they say how the link is."""
    visit.log_in("administrator", "/settings")
    visit.page.locator("#h-national").scroll_into_view_if_needed()


unreachable, fenced = blocked(Why.UNREACHABLE), blocked(Why.FENCED)
OPTIONS: dict[Situation, Options] = {linked: Options(tz=daytime_zone(), national="own")}

NATIONAL: tuple[Scene, ...] = (
    Scene("national-off", LAPTOP, s.empty, page("administrator"), whole=True),
    Scene("national-idle", LAPTOP, idle, all_told, whole=True, again=True),
    Scene("national-catching-up", UPRIGHT, catching_up, page(), whole=True, again=True),
    Scene("national-unreachable", LAPTOP, unreachable, page(), whole=True),
    Scene("national-unreachable-pocket", POCKET, unreachable, page("auditor"), whole=True, again=True),
    Scene("national-credential", LAPTOP, blocked(Why.CREDENTIAL), page(), whole=True, again=True),
    Scene("national-configuration", UPRIGHT, blocked(Why.CONFIGURATION), page(), whole=True, again=True),
    Scene("national-enrol", LAPTOP, blocked(Why.ENROL), page(), whole=True, again=True),
    Scene("national-fenced", UPRIGHT, fenced, page(), whole=True, again=True),
    Scene("national-fenced-hall", LAPTOP, fenced, hall, again=True),
    Scene("national-asked", UPRIGHT, asked, page(), whole=True, again=True),
    Scene("national-settings", UPRIGHT, unreachable, settings, again=True),
    Scene("national-front", LAPTOP, linked, front, whole=True, again=True),
    Scene("national-front-cut", LAPTOP, linked, cut, whole=True, moving=True, again=True),
    Scene("national-front-cut-pocket", POCKET, linked, cut, whole=True, moving=True, again=True),
)
