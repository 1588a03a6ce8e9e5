"""Two ways to use a page without a mouse: by the keyboard alone, by touch alone. Neither reaches what a person could not reach."""

from typing import Protocol

from playwright.sync_api import Page

MOST_STEPS = 250  # of Tab through one page
FOCUSED = "selector => document.activeElement !== document.body && document.activeElement.matches(selector)"


class Hands(Protocol):
    """``press`` what can be pressed; ``write`` a text instead of what a field holds. ``touch``: they need a screen that feels fingers."""

    @property
    def touch(self) -> bool:
        """Tell whether the screen must feel fingers."""

    def press(self, page: Page, selector: str) -> None:
        """Press a link, button or box."""

    def write(self, page: Page, selector: str, text: str) -> None:
        """Replace what a field holds."""


class Keyboard:
    """Tab to it, then Enter, which leads somewhere, or Space for a box."""

    touch = False

    def press(self, page: Page, selector: str) -> None:
        """Press a link, button or box."""
        self._reach(page, selector)
        if page.evaluate("() => document.activeElement.type === 'checkbox'"):
            page.keyboard.press("Space")
            return
        with page.expect_event("framenavigated"):  # the next step must not look at the page that goes
            page.keyboard.press("Enter")
        page.wait_for_load_state()

    def write(self, page: Page, selector: str, text: str) -> None:
        """Replace what a field holds."""
        self._reach(page, selector)
        _replace(page, text)

    def _reach(self, page: Page, selector: str) -> None:
        for _ in range(MOST_STEPS):
            if page.evaluate(FOCUSED, selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached with Tab on {page.url}")


class Touch:
    """A finger; letters come from the keyboard that the screen shows."""

    touch = True

    def press(self, page: Page, selector: str) -> None:
        """Press a link, button or box."""
        page.locator(selector).first.tap()

    def write(self, page: Page, selector: str, text: str) -> None:
        """Replace what a field holds."""
        page.locator(selector).first.tap()
        _replace(page, text)


def _replace(page: Page, text: str) -> None:
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)
