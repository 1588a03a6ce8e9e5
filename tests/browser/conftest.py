"""Halls that fail a test when a page did what no page may do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.browsing import Hall, MakeHall
from tests.demo_process import Demo


@pytest.fixture
def open_hall(browser: Browser) -> Iterator[MakeHall]:
    """Make halls; at the end of the test they are closed and must be without faults."""
    made: list[Hall] = []

    def make(demo: Demo) -> Hall:
        made.append(Hall(browser, demo))
        return made[-1]

    yield make
    for hall in made:
        hall.close()
    assert [fault for hall in made for fault in hall.faults()] == []


@pytest.fixture
def hall(open_hall: MakeHall, demo: Demo) -> Hall:
    """The browsers of the module's demo centre."""
    return open_hall(demo)
