"""A test that would wait for ever fails in a sentence, and takes nothing with it but its own browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Error

from tests.browser.chromium import Running, watched


def test_what_never_comes_ends_with_the_browser_and_the_next_test_has_another(chromium: Callable[[], Running]) -> None:
    browser, pid = chromium()
    page = browser.new_page()
    with watched(pid, 0.5), pytest.raises(Error, match=r"closed|crashed"):
        page.evaluate("() => new Promise(() => undefined)")
    another, _ = chromium()
    assert another is not browser
    page = another.new_page()
    assert page.evaluate("() => 6 * 7") == 42
    page.close()
