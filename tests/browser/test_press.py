"""A press is a press although the hall changes between pressing down and letting go: what is under the finger stays until then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.browsing import DESK, KIOSK, LAPTOP, Hall
from tests.browser.test_desk import act, issue
from tests.browser.test_hall import supervisor


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_at_the_desk(hall: Hall, way: str) -> None:
    issue(hall.demo)
    page = hall.screen("desk-1", DESK)
    with pressed(page, page.locator("#do-next"), way, "/desk/desk-1"):
        issue(hall.demo)
    expect(page.locator(".current .number")).to_have_count(1)
    act(hall.demo, "1", "finish")


def test_in_the_hall(hall: Hall) -> None:
    page = supervisor(hall, "en", LAPTOP)
    with pressed(page, page.locator("[data-poll] a[href*='/hall/service/']").first, "mouse", "/hall/live"):  # keys follow a link at once
        issue(hall.demo)
    page.wait_for_url("**/hall/service/*")


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_at_the_kiosk(hall: Hall, way: str) -> None:
    for _ in range(6):
        issue(hall.demo)
    page = hall.screen("kiosk-1", KIOSK)
    page.click("#in-en")
    page.click("#to-passport")
    with pressed(page, page.locator("button.primary.huge"), way, "/service/passport"):
        for desk in "234":  # all others that serve it, so everybody waits longer
            act(hall.demo, desk, "pause")
    expect(page.locator(".number")).to_be_visible()
    for desk in "234":
        act(hall.demo, desk, "open")


@contextmanager
def pressed(page: Page, target: Locator, way: str, fresh: str) -> Iterator[None]:
    """Press ``target`` down, let the hall change in the block and the page get ``fresh``, the address it asks then; only now let go."""
    expect(page.locator("html")).to_have_attribute("data-live", "fresh")
    down: Callable[[], None] = page.mouse.down
    up: Callable[[], None] = page.mouse.up
    if way == "keys":
        target.focus()
        down, up = lambda: page.keyboard.down("Space"), lambda: page.keyboard.up("Space")
    else:
        target.hover()
    down()

    def whole(request: Request) -> bool:
        return request.url.endswith(fresh) and request.existing_response is not None and request.existing_response.status == HTTPStatus.OK

    # the last of several: a page breaks off what it asked for when the hall changes once more, and Playwright would wait for ever for that one
    with page.expect_request_finished(whole):
        yield
    page.wait_for_timeout(50)  # long enough for the page to make of it what it will
    up()
