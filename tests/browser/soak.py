"""`bash tests/long.sh soak`: a board's page for hours while the broker is killed every five minutes. Not a timed test.

While there is no broker, visitors come, are called and served: the board must show the last word of it as soon as there is one again. What the page
keeps in memory is looked at after each death, with an empty hall, so that all of them can be compared.
"""

import argparse
import itertools
import logging
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from edge.queueing import commands as c
from tests.browser.browsing import ARGUMENTS, BOARD, CHROMIUM, Browsers
from tests.browser.memory import counters, heap
from tests.pictures.stage import Stage, staged

DESKS = "1234"
PAUSE_S = 5.0  # between two visitors
BACK_WITHIN_MS = 30_000
WARM = 2  # deaths; by then every path of the page was taken
GROWTH = 1.10  # of the heap, from the first to the last third


def soaked(stage: Stage, board: Page, deaths: int, every_s: float) -> None:
    """Let a live board see so many deaths of the broker, ``every_s`` apart; fails when it misses a last word or its memory grows."""
    tools = board.context.new_cdp_session(board)
    heaps: list[float] = []
    lives: list[dict[str, int]] = []
    for death in range(WARM + deaths):
        _work(stage, every_s if death >= WARM else 0.0)
        stage.kill_broker()
        last = _serve(stage)
        back_s = _shows(board, last)
        _empty(stage)
        expect(board.locator("#calls li")).to_have_count(0, timeout=BACK_WITHIN_MS)
        if death >= WARM:
            heaps.append(heap(tools))
            lives.append(counters(tools))
            print(f"death {death - WARM + 1}: right after {back_s:.1f} s, heap {heaps[-1] / 1e6:.2f} MB, {lives[-1]}", flush=True)
    third = max(1, len(heaps) // 3)
    first, later = statistics.median(heaps[:third]), statistics.median(heaps[-third:])
    print(f"heap of the board over {deaths} deaths: {first / 1e6:.2f} -> {later / 1e6:.2f} MB", flush=True)
    assert later <= first * GROWTH
    assert lives[-1]["nodes"] <= lives[0]["nodes"] * GROWTH
    assert lives[-1]["jsEventListeners"] <= lives[0]["jsEventListeners"] + 2
    assert lives[-1]["documents"] <= lives[0]["documents"] + 1


def _work(stage: Stage, seconds: float) -> None:
    """A quiet hall for so long: now and then somebody comes and is called."""
    until = time.monotonic() + seconds
    for place in itertools.count():
        left = until - time.monotonic()
        if left <= 0:
            break
        stage.issue()
        stage.act(c.CallNext(DESKS[place % len(DESKS)]))
        threading.Event().wait(min(left, PAUSE_S))
    _empty(stage)


def _serve(stage: Stage) -> list[str]:
    """Call somebody to every desk and to the last one again; return the numbers as the board must show them, newest first."""
    for desk in DESKS:
        stage.issue()
        stage.act(c.CallNext(desk))
    stage.act(c.Recall(DESKS[0]))
    found = [stage.ctx.hall.at_desk(desk) for desk in (DESKS[0], *reversed(DESKS[1:]))]
    return [ticket.number for ticket in found if ticket]


def _empty(stage: Stage) -> None:
    """Finish at every desk until nobody is left."""
    while any(stage.ctx.hall.desks[desk].ticket for desk in DESKS):
        for desk in DESKS:
            if stage.ctx.hall.desks[desk].ticket:
                stage.act(c.Finish(desk))


def _shows(board: Page, numbers: Sequence[str]) -> float:
    """Wait until the board is live and shows these numbers in this order; return how long it took."""
    began = time.monotonic()
    expect(board.locator("#calls [data-slot=number]")).to_have_text(list(numbers), timeout=BACK_WITHIN_MS)
    expect(board.locator("html")).to_have_attribute("data-live", "fresh", timeout=BACK_WITHIN_MS)
    return time.monotonic() - began


def main(arguments: Sequence[str]) -> int:
    """Return 0 when all went well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60.0, help="as long as you like: 1440 is a day")
    parser.add_argument("--every", type=float, default=300.0, metavar="SECONDS", help="between two deaths of the broker")
    asked = parser.parse_args(arguments)
    logging.getLogger("edge").setLevel(logging.CRITICAL)  # that a broker ended is what it is about
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder)) as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        hall = Browsers(browser, stage)
        hall.forgive("WebSocket")
        board = hall.screen("board-a", BOARD)
        expect(board.locator("html")).to_have_attribute("data-live", "fresh")
        soaked(stage, board, max(3, round(asked.minutes * 60 / asked.every)), asked.every)
        assert hall.faults() == []
        hall.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
