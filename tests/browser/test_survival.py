"""Each live page through what a year in a hall brings: a broker that dies, a server that restarts, and traffic without end.

Ten minutes of the busiest hour (`research`: 21 visitors a minute) are pushed through as fast as the hall takes them; that is the same work for a
page, and a test need not wait.
"""

import json
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from playwright.sync_api import Page, expect

from edge.queueing import commands as c
from tests.browser.browsing import DESK, KIOSK, LAPTOP, PHONE, Hall, MakeHall
from tests.browser.memory import counters, heap
from tests.conftest import MakeDemo
from tests.demo_process import Demo
from tests.faults.traffic import post
from tests.pictures.stage import Stage, staged
from tests.sampling import everything_only, some

WARM, TEN_MINUTES = 60, 210  # visitors
COMES_BACK_MS = 30_000

Opened = Callable[[Hall, str], Page]


def kiosk(hall: Hall, _: str) -> Page:
    page = hall.screen("kiosk-1", KIOSK)
    page.goto(f"{page.url}/ky")
    return page


def desk(hall: Hall, _: str) -> Page:
    return hall.screen("desk-4", DESK)


def supervisor(hall: Hall, _: str) -> Page:
    member = hall.demo.staff["supervisor"]
    page = hall.page(LAPTOP)
    page.goto(f"{hall.demo.http}/login?next=/hall&lang=en")
    page.fill("#login", member["login"])
    page.fill("#password", member["password"])
    page.click("form .primary")
    page.wait_for_url("**/hall")
    return page


def phone(hall: Hall, track_url: str) -> Page:
    page = hall.page(PHONE)
    page.goto(hall.demo.described["visitor"] + track_url)
    return page


PAGES: dict[str, Opened] = {"kiosk": kiosk, "desk": desk, "hall": supervisor, "phone": phone}


@pytest.fixture(scope="module")
def centre_within(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Demo]]:
    """A centre in this process, so that traffic costs nothing but what the hall and the pages need."""
    folder = tmp_path_factory.mktemp("survival")
    with staged(folder) as stage:
        yield stage, Demo(folder, stage.ports)


@everything_only
@pytest.mark.parametrize("name", some(PAGES, 0))
def test_ten_minutes_of_traffic_leave_nothing_behind_in_a_page(centre_within: tuple[Stage, Demo], open_hall: MakeHall, name: str) -> None:
    stage, demo = centre_within
    followed = stage.issue("ready")  # never called: the phone's page has something to follow
    page = PAGES[name](open_hall(demo), followed["track_url"])
    tools = page.context.new_cdp_session(page)
    traffic(stage, WARM)
    settled(page, name)
    before, nodes = heap(tools), counters(tools)
    traffic(stage, TEN_MINUTES)
    settled(page, name)
    after, now = heap(tools), counters(tools)
    print(f"\nheap of {name} after {TEN_MINUTES} visitors: {before / 1e6:.2f} -> {after / 1e6:.2f} MB")
    assert after <= before * 1.10
    assert now["nodes"] <= nodes["nodes"] * 1.10
    assert now["documents"] <= nodes["documents"] + 1
    stage.do(c.Withdraw(followed["number"]))


def traffic(stage: Stage, visitors: int) -> None:
    """Let so many visitors come, be called and served at three desks; in the end the desks are free and nobody of them waits."""
    for number in range(visitors):
        stage.issue(("passport", "birth", "travel-passport")[number % 3], category="veteran" if number % 5 == 0 else None)
        name = "123"[number % 3]
        waiting = [ticket for ticket in stage.ctx.hall.waiting() if ticket.service != "ready"]
        if stage.ctx.hall.desks[name].ticket:
            stage.act(c.Finish(name))
        stage.act(c.Pick(name, waiting[0].number, "traffic"))
    for name in "123":
        stage.act(c.Finish(name))


def settled(page: Page, name: str) -> None:
    """Wait until the page has shown what came last."""
    match name:
        case "kiosk" | "desk":
            expect(page.locator("html")).to_have_attribute("data-live", "fresh")
        case "hall":
            with page.expect_response(lambda answer: answer.url.endswith("/hall/live") and answer.status == HTTPStatus.NOT_MODIFIED):
                pass
        case _:
            with page.expect_response("**/t/*"):
                page.evaluate("() => void dispatchEvent(new Event('online'))")  # as when a phone is back in the Wi-Fi: it looks at once


@everything_only
def test_every_page_comes_back_after_the_broker_died_and_after_the_server_restarted(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("WebSocket", "Failed to load resource", "net::ERR")
    _, answer = post(demo, demo.devices["kiosk-1"]["token"], "tickets", "survival-0001", '{"service": "ready", "lang": "ky"}')
    ticket = json.loads(answer)
    pages = {name: opened(hall, ticket["track_url"]) for name, opened in PAGES.items()}
    pages["kiosk"] = hall.screen("kiosk-1", KIOSK)  # its first page, which never starts over by itself
    demo.kill_broker()
    for name in ("kiosk", "desk", "hall"):
        expect(pages[name].locator("html")).to_have_attribute("data-live", "fresh", timeout=COMES_BACK_MS)
    demo.kill()
    for name in ("kiosk", "desk", "hall"):
        expect(pages[name].locator("#band")).to_be_visible(timeout=COMES_BACK_MS)
    expect(pages["phone"].locator("#old")).to_be_visible(timeout=COMES_BACK_MS)  # "last known at …"
    demo.restart()
    for name in ("kiosk", "desk", "hall"):
        expect(pages[name].locator("#band")).to_be_hidden(timeout=COMES_BACK_MS)
    expect(pages["phone"].locator("#old")).to_be_hidden(timeout=COMES_BACK_MS)
    pages["kiosk"].click("a.tile[lang=ky]")
    expect(pages["kiosk"].locator("#to-passport")).to_be_visible()
    pages["desk"].click("#do-next")
    expect(pages["desk"].locator(".current .number")).to_have_text(ticket["number"])
    expect(pages["phone"].locator("#ticket")).to_have_attribute("data-stirring", "called", timeout=COMES_BACK_MS)
    pages["hall"].click("a[href$='/hall/desk/4']")
    expect(pages["hall"].locator("h1")).to_be_visible()
