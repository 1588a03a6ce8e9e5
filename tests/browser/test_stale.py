"""What is old is shown as old: the band comes after ten seconds without a heartbeat and goes when the data is live again."""

import os
import signal

from playwright.sync_api import Page, expect

from tests.browser.browsing import BOARD, DESK, KIOSK, Hall, MakeHall
from tests.conftest import MakeDemo
from tests.sampling import everything_only

APPEARS_MS, GOES_MS = 20_000, 30_000


def screens(hall: Hall) -> list[Page]:
    opened = [hall.screen("board-a", BOARD), hall.screen("desk-1", DESK), hall.screen("kiosk-1", KIOSK)]
    for page in opened:
        expect(page.locator("html")).to_have_attribute("data-live", "fresh")
    return opened


@everything_only
def test_a_broker_that_hangs_raises_the_band_and_a_living_one_takes_it_down(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("WebSocket", "Failed to load resource")
    opened = screens(hall)
    frozen = demo.broker_pid
    os.kill(frozen, signal.SIGSTOP)
    try:
        for page in opened:
            expect(page.locator("#band")).to_be_visible(timeout=APPEARS_MS)
        hall.look(opened[0], "board-4-stale")
    finally:
        os.kill(frozen, signal.SIGCONT)
    for page in opened:
        expect(page.locator("#band")).to_be_hidden(timeout=GOES_MS)


def test_a_stopped_server_is_shown_at_once_and_everything_comes_back_by_itself(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("WebSocket", "Failed to load resource")
    opened = screens(hall)
    board = opened[0]
    board.clock.install()
    board.reload()
    expect(board.locator("html")).to_have_attribute("data-live", "fresh")
    demo.stop()
    for page in opened:
        expect(page.locator("#band")).to_be_visible(timeout=APPEARS_MS)
    expect(board.locator("#lost")).to_be_hidden()
    board.clock.fast_forward(61_000)
    expect(board.locator("#lost")).to_be_visible()
    hall.look(board, "board-5-lost")
    demo.restart()
    for page in opened:
        expect(page.locator("#band")).to_be_hidden(timeout=GOES_MS)
    expect(board.locator("#lost")).to_be_hidden()
    desk = opened[1]
    desk.click("#do-pause")
    expect(desk.locator("#middle")).to_have_attribute("data-state", "paused")
