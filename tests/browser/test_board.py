"""The busiest board: nothing is cut off, whatever the screen, and the numbers can be read from afar."""

import json
import urllib.request

import pytest

from tests.browser.browsing import Hall
from tests.demo_process import Demo

SERVICES = ("statements", "benefits", "foreigners", "address")
WIDE_CELLS = """() => [...document.querySelectorAll(".call > span, .next li, .heads p, h1, .clock")]
    .filter((cell) => cell.scrollWidth > cell.clientWidth + 1 || cell.getBoundingClientRect().right > innerWidth)
    .map((cell) => cell.textContent.trim())"""
OUTSIDE = """() => [...document.querySelectorAll(".call, .next li")]
    .filter((cell) => cell.getBoundingClientRect().bottom > innerHeight).map((cell) => cell.textContent.trim())"""
NUMBER_HEIGHT = """() => parseFloat(getComputedStyle(document.querySelector(".call .number")).fontSize) / innerHeight"""


def post(demo: Demo, device: str, path: str, key: str, body: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {demo.devices[device]['token']}", "Content-Type": "application/json", "Idempotency-Key": key}
    urllib.request.urlopen(urllib.request.Request(f"{demo.http}/api/v1/{path}", json.dumps(body).encode(), headers)).close()


@pytest.fixture(scope="module")
def busy(demo: Demo) -> Demo:
    """A hall where all desks of a zone have called and more than fit on the board are waiting."""
    for number in range(16):
        claim = {"category": "veteran"} if number % 3 == 0 else {}
        post(demo, "kiosk-2", "tickets", f"ticket-{number:03}", {"service": SERVICES[number % 4], "lang": "ru", **claim})
    for desk in "5678":
        post(demo, f"desk-{desk}", f"desks/{desk}/next", f"next-{desk:>03}", {})
    return demo


@pytest.mark.parametrize(("name", "size"), [("1080p", (1920, 1080)), ("720p", (1280, 720)), ("4k", (3840, 2160)), ("portrait", (1080, 1920))])
def test_a_full_board_cuts_nothing_off(busy: Demo, hall: Hall, name: str, size: tuple[int, int]) -> None:
    assert busy is hall.demo
    board = hall.screen("board-b", size)
    hall.look(board, f"board-6-full-{name}")
    assert board.locator("#calls li").count() == 4
    assert board.locator("#next li").count() == 10
    assert board.evaluate(WIDE_CELLS) == []
    assert board.evaluate(OUTSIDE) == []


def test_numbers_are_tall_enough_to_be_read_across_the_hall(busy: Demo, hall: Hall) -> None:
    """EN 301 549, 5.1.4: 12.2 mm of cap height for each metre. A 55-inch board is 685 mm high; capitals are 0.71 of the size; five metres."""
    assert busy is hall.demo
    board = hall.screen("board-b", (1920, 1080))
    assert float(board.evaluate(NUMBER_HEIGHT)) * 685 * 0.71 >= 5 * 12.2
