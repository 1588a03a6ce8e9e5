"""The supervisor at a tablet: a closed desk and an emergency are resolved by keyboard alone and by touch alone, in four languages.

Each language is used by keyboard in one of the two and by touch in the other; `bash tests/long.sh screens` has all pairs in both.
"""

import json
import urllib.request
from collections.abc import Iterator
from itertools import count, product
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import BOARD, KIOSK, LAPTOP, Hall, MakeHall
from tests.conftest import MakeDemo
from tests.demo_process import Demo
from tests.sampling import everything_only, some

LANGS = ("ky", "ru", "kk", "en")
UPRIGHT, NARROW, ZOOMED = (800, 1280), (320, 720), (640, 400)
PAGES = ("/hall", "/hall/service/benefits", "/hall/desk/5", "/hall/notice?ready=technical", "/hall/emergency?kind=evacuation")
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"
_keys = count(1)


def post(demo: Demo, token: str, path: str, body: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": f"hall-{next(_keys):06}"}
    urllib.request.urlopen(urllib.request.Request(f"{demo.http}/api/v1/{path}", json.dumps(body).encode(), headers), timeout=10).close()


@pytest.fixture(scope="module")
def token(demo: Demo) -> str:
    """The supervisor's token, for what a test arranges."""
    return demo.staff_token


@pytest.fixture
def closed(demo: Demo, token: str) -> Iterator[None]:
    """Three visitors wait for a service whose desks are all closed; afterwards they are open and free again."""
    for _ in range(3):
        post(demo, demo.devices["kiosk-2"]["token"], "tickets", {"service": "benefits", "lang": "ky"})
    for desk in "5678":
        post(demo, token, f"desks/{desk}/close", {})
    yield
    for each in _desks(demo, token):
        if each["desk"] in "5678" and each["state"] != "open":
            post(demo, token, f"desks/{each['desk']}/open", {})
    while any(desk["desk"] == "5" and (desk["ticket"] or desk["waiting"]) for desk in _desks(demo, token)):
        post(demo, token, "desks/5/next", {})


def _desks(demo: Demo, token: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(f"{demo.http}/api/v1/desks", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        desks: list[dict[str, Any]] = json.load(answer)
    return desks


def supervisor(hall: Hall, lang: str, size: tuple[int, int] = LAPTOP, *, touch: bool = False, script: bool = True) -> Page:
    """Open the hall page of a supervisor who has just logged in."""
    page = hall.page(size, touch=touch, script=script)
    member = hall.demo.staff["supervisor"]
    page.goto(f"{hall.demo.http}/login?next=/hall&lang={lang}")
    page.fill("#login", member["login"])
    page.fill("#password", member["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/hall")
    return page


def press(page: Page, selector: str) -> None:
    """Get to a control with the Tab key, press Enter, and be on the page that it leads to."""
    reach(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def reach(page: Page, selector: str) -> None:
    for _ in range(120):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {selector}")


def choose_by_key(page: Page, selector: str, place: int) -> None:
    reach(page, selector)
    for _ in range(place):
        page.keyboard.press("ArrowDown")


def tap(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.tap(selector)


def choose_by_touch(page: Page, selector: str, place: int) -> None:
    page.tap(f"label[for={selector.removeprefix('#')}]")
    page.select_option(selector, index=place)  # the system's own list, which is no part of the page


WAYS = {"keyboard": (press, choose_by_key), "touch": (tap, choose_by_touch)}
PAIRS = tuple(product(LANGS, WAYS))


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize(("lang", "way"), some(PAIRS, 0))
def test_a_closed_desk_is_found_and_opened(hall: Hall, lang: str, way: str) -> None:
    act, choose = WAYS[way]
    page = supervisor(hall, lang, touch=way == "touch")
    hall.look(page, f"hall-1-trouble-{lang}")
    expect(page.locator(".trouble.bad")).to_have_count(1)
    act(page, "#do-unserved-benefits")
    hall.judge(page, f"hall-2-service-{lang}")
    act(page, "#sleeping-6")
    choose(page, "#duty-ready", 1)
    act(page, "#do-open")
    expect(page.locator(".message.good")).to_be_visible()
    expect(page.locator(".all-well")).to_be_visible()
    expect(page.locator("#d-6")).to_have_class("desk-row open")


@pytest.mark.parametrize(("lang", "way"), some(PAIRS, 6))
def test_the_hall_is_closed_in_an_emergency_and_given_back(hall: Hall, lang: str, way: str) -> None:
    act, choose = WAYS[way]
    board, kiosk = hall.screen("board-a", BOARD), hall.screen("kiosk-1", KIOSK)
    page = supervisor(hall, lang, UPRIGHT, touch=way == "touch")
    act(page, "#to-emergency")
    act(page, "#kind-evacuation")
    choose(page, "#emergency-ready", 1)
    act(page, "#do-check")
    hall.look(page, f"hall-3-confirm-{lang}")
    expect(board.locator("#board")).to_have_attribute("data-mode", "open")
    act(page, "#do-declare")
    expect(board.locator("#board")).to_have_attribute("data-mode", "closed")
    expect(kiosk.locator("main.alarm")).to_be_visible()  # although nobody touches it
    expect(page.locator("#trouble-emergency")).to_be_visible()
    hall.judge(page, f"hall-4-emergency-{lang}")
    act(page, "#do-emergency")
    choose(page, "#lift-ready", 1)
    act(page, "#do-lift")
    expect(board.locator("#board")).to_have_attribute("data-mode", "open")
    expect(kiosk.locator("#in-ky")).to_be_visible()
    expect(page.locator(".all-well")).to_be_visible()


@pytest.mark.usefixtures("closed")
def test_what_is_typed_stays_while_the_page_renews_itself(hall: Hall, token: str) -> None:
    page = supervisor(hall, "en")
    page.goto(f"{hall.demo.http}/hall/desk/5")
    page.fill("#duty-reason", "half a sen")
    post(hall.demo, token, "desks/5/open", {})
    expect(page.locator("#desk-now")).to_have_attribute("data-state", "open")
    expect(page.locator("#duty-reason")).to_have_value("half a sen")
    expect(page.locator("#duty-reason")).to_be_focused()


@pytest.mark.usefixtures("closed")
def test_the_focus_and_what_was_opened_stay_while_the_hall_changes(hall: Hall, token: str) -> None:
    page = supervisor(hall, "en")
    page.locator("#devices-silent summary").click()
    page.focus("#to-d-7")
    post(hall.demo, token, "desks/7/open", {})
    expect(page.locator("#d-7")).to_have_class("desk-row open")
    expect(page.locator("#to-d-7")).to_be_focused()
    expect(page.locator("#devices-silent")).to_have_attribute("open", "")


def test_a_notice_appears_on_the_board_and_disappears(hall: Hall) -> None:
    page = supervisor(hall, "ru")
    page.click("#to-notice")
    page.click("#ready-documents")
    page.click("#do-look")
    expect(page.locator(".board-look")).to_be_visible()
    page.click("#do-notice")
    expect(page.locator("#change-notices")).to_be_visible()
    assert notice_on_board(hall.demo)["ru"] == "Пожалуйста, приготовьте документы"
    page.click("#change-notices")
    page.click("#down-a")
    expect(page.locator(".message.good")).to_be_visible()
    assert notice_on_board(hall.demo) == {}
    page.click("#change-notices")
    page.click("#down-b")
    expect(page.locator("#change-notices")).to_be_hidden()


def notice_on_board(demo: Demo) -> dict[str, str]:
    """Return what the boards of hall A say now."""
    with urllib.request.urlopen(f"{demo.http}/api/v1/boards/a", timeout=10) as answer:
        notice: dict[str, str] = json.load(answer)["notice"]
    return notice


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("path", some(PAGES, *range(0, len(PAGES), 2)))
def test_every_page_holds_in_each_theme_on_a_narrow_screen_and_enlarged(hall: Hall, path: str) -> None:
    page = supervisor(hall, "ky", NARROW)
    page.goto(hall.demo.http + path)
    for theme in ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"contrast": "more"}):
        page.emulate_media(reduced_motion="reduce", **theme)  # type: ignore[arg-type]  # a colour on its way is not yet the theme's
        for width, height in (NARROW, ZOOMED, LAPTOP):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(SIDEWAYS) <= 0, (path, width)
        hall.judge(page, f"page {path} {theme}")


@pytest.mark.usefixtures("closed")
def test_all_of_it_works_without_javascript(hall: Hall) -> None:
    page = supervisor(hall, "en", script=False)
    page.click("#do-unserved-benefits")
    page.click("#sleeping-5")
    page.fill("#duty-reason", "three people wait")
    page.keyboard.press("Enter")
    expect(page.locator("#d-5")).to_have_class("desk-row open")


@everything_only
def test_a_silent_server_is_told_with_the_age_and_a_login_that_ended_too(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("Failed to load resource", "net::ERR")
    page = supervisor(hall, "en")
    expect(page.locator("html")).to_have_attribute("data-live", "fresh")
    demo.stop()
    expect(page.locator("#band")).to_be_visible(timeout=20_000)
    demo.restart()
    expect(page.locator("#band")).to_be_hidden(timeout=20_000)
    page.goto(f"{demo.http}/hall/desk/1")
    page.fill("#duty-reason", "half a sen")
    page.context.clear_cookies()
    expect(page.locator("#ended")).to_be_visible()
    expect(page.locator("#duty-reason")).to_have_value("half a sen")
