"""A clerk at a console in a journey: presses as fast as the console takes them, and no faster.

The console ignores a second press within half a second of real time; only what is left of it is waited for.
"""

import time
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, expect

from tests.browser.browsing import DESK, Browsers

GUARD_S = 0.55
_pressed: WeakKeyDictionary[Page, float] = WeakKeyDictionary()


def console(screens: Browsers, desk: str, lang: str) -> Page:
    """Open the console of a desk."""
    page = screens.screen(f"desk-{desk}", DESK)
    page.goto(f"{page.url}?lang={lang}")
    expect(page.locator("html")).to_have_attribute("data-live", "fresh")
    return page


def press(page: Page, key: str = "Space") -> None:
    """Press a key once the guard against repeats is over."""
    _wait(page)
    page.keyboard.press(key)
    _pressed[page] = time.monotonic()


def touch(page: Page, selector: str) -> None:
    """Click once the guard against repeats is over."""
    _wait(page)
    page.click(selector)
    _pressed[page] = time.monotonic()


def _wait(page: Page) -> None:
    left = _pressed.get(page, 0.0) + GUARD_S - time.monotonic()
    if left > 0:
        page.wait_for_timeout(left * 1000)
