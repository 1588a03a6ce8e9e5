"""What a screen costs when it is loaded for the first time, and that nothing moves when its font arrives late."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route

from edge.web.screens.staff_pages import PAGES
from tests.browser import checks
from tests.browser.browsing import BOARD, DESK, KIOSK, LAPTOP, PHONE, Hall
from tests.demo_process import Demo
from tests.faults.traffic import post
from tests.sampling import some

STAFF_BYTES, PHONE_BYTES = 200_000, 30_000
LARGEST_SHIFT = 0.05
DEVICES = {"kiosk-1": KIOSK, "desk-1": DESK, "board-a": BOARD}
FACES = "Array.from(document.fonts).filter(f => f.family.includes('Golos Text') && f.status == 'loaded').length"


class Meter:
    """Counts what comes over the wire to one page: headers and bodies, as they are packed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.files: dict[str, int] = {}
        names: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", lambda event: names.update({event["requestId"]: event["response"]["url"]}))
        session.on("Network.loadingFinished", lambda event: self._count(names.get(event["requestId"], "?"), int(event["encodedDataLength"])))
        session.send("Network.enable")

    def load(self, url: str) -> int:
        """Load a page and all that belongs to it; returns the bytes."""
        self.page.goto(url, wait_until="networkidle")
        self.page.evaluate("() => document.fonts.ready.then(() => true)")
        print(f"\n{sum(self.files.values()):>8} bytes {url}")
        for name, size in sorted(self.files.items(), key=lambda each: -each[1]):
            print(f"{size:>8}   {name.rpartition('/')[2]}")
        return sum(self.files.values())

    def _count(self, url: str, size: int) -> None:
        self.files[url] = self.files.get(url, 0) + size


def address(hall: Hall, device: str) -> tuple[Page, str]:
    """Return a page whose browser is paired as ``device`` and has no file of ours yet, with the address of its screen."""
    page = hall.page(DEVICES[device])
    answer = page.request.get(f"{hall.demo.http}/demo/enter/{device}")
    return page, answer.url


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("lang", some(["ky", "en"], 0))
def test_the_first_load_of_a_screen_in_the_hall_stays_within_its_bytes(hall: Hall, device: str, lang: str) -> None:
    page, url = address(hall, device)
    url = f"{url}/{lang}" if device == "kiosk-1" else f"{url}?lang={lang}"
    assert Meter(page).load(url) <= STAFF_BYTES


@pytest.mark.parametrize("endpoint", ["landing.landing", "style.style", "self_test.page", *(page.endpoint for page in PAGES)])
def test_the_first_load_of_a_page_stays_within_its_bytes(hall: Hall, endpoint: str) -> None:
    page = hall.page(LAPTOP)
    page.goto(f"{hall.demo.http}/login")
    member = hall.demo.staff["administrator"]
    page.fill("input[name=login]", member["login"])
    page.fill("input[name=password]", member["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/login"))
    path = {"landing.landing": "/", "self_test.page": "/self-test"}.get(endpoint, f"/{endpoint.partition('.')[0]}")
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    assert Meter(page).load(f"{hall.demo.http}{path}") <= STAFF_BYTES


def test_the_visitors_page_stays_within_its_bytes_and_takes_the_fonts_of_the_phone(hall: Hall, demo: Demo) -> None:
    status, body = post(demo, demo.devices["kiosk-1"]["token"], "tickets", "first-load-0001", json.dumps({"service": "passport", "lang": "ky"}))
    assert status == 201
    meter = Meter(hall.page(PHONE))
    assert meter.load(demo.http + json.loads(body)["track_url"]) <= PHONE_BYTES
    assert not any(name.endswith(".woff2") for name in meter.files)


@pytest.fixture
def late() -> Iterator[list[Route]]:
    """Requests that wait."""
    waiting: list[Route] = []
    yield waiting
    for route in waiting:
        route.abort()


@pytest.mark.parametrize("device", DEVICES)
def test_nothing_moves_when_the_font_comes_late(hall: Hall, device: str, late: list[Route]) -> None:
    page, url = address(hall, device)
    page.route("**/*.woff2", lambda route: late.append(route))  # noqa: PLW0108 -- Playwright marks what it is given
    page.goto(url, wait_until="commit")
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    assert page.evaluate(FACES) == 0
    for route in late:
        route.continue_()
    late.clear()
    page.wait_for_function(f"() => {FACES} >= 2")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shift = checks.layout_shift(page)
    print(f"\nlayout shift of {device} with a late font: {shift:.4f}")
    assert shift <= LARGEST_SHIFT
