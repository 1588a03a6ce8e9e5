"""Debian's Chromium, started once for all tests of a worker. No test hangs in it.

Much that Playwright waits for has no time-out: a promise of the page, an answer that the page broke off, the closing of a page. So a watch
ends the browser of a test that takes too long: whatever the test waits for fails in a sentence, and the next test gets a new browser.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import ARGUMENTS, CHROMIUM

LONGEST_S = 100.0  # several times what a test takes; pytest-timeout, which would end the whole worker, comes later

Running = tuple[Browser, int]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Callable[[], Running]]:
    """Return the browser that runs, or a new one, and its process id."""
    with sync_playwright() as playwright:
        running: list[Running] = []

        def living() -> Running:
            if not running or not running[-1][0].is_connected():
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
                running.append((browser, process_id(browser)))
            return running[-1]

        yield living
        for browser, _ in running:
            browser.close()


@pytest.fixture
def browser(request: pytest.FixtureRequest, chromium: Callable[[], Running]) -> Iterator[Browser]:
    """One Chromium, for as long as a test may take: half of a time-out of its own, so that a slow machine is no fault."""
    running, pid = chromium()
    own = request.node.get_closest_marker("timeout")
    with watched(pid, own.args[0] / 2 if own else LONGEST_S):
        yield running


@contextlib.contextmanager
def watched(pid: int, within_s: float) -> Iterator[None]:
    """End the process if the block takes longer."""

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    watch = threading.Timer(within_s, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def process_id(browser: Browser) -> int:
    """Return the id of the browser's first process; its others end with it."""
    tools = browser.new_browser_cdp_session()
    processes = tools.send("SystemInfo.getProcessInfo")["processInfo"]
    tools.detach()
    return int(next(process["id"] for process in processes if process["type"] == "browser"))
