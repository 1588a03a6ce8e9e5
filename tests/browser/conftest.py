"""Halls that fail a test when a page did what no page may do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.browsing import Browsers, Hall, MakeHall
from tests.demo_process import Demo
from tests.pictures.stage import Stage


@pytest.fixture
def open_hall(browser: Browser) -> Iterator[MakeHall]:
    """Make halls; at the end of the test they are closed and must be without faults."""
    made: list[Hall] = []

    def make(demo: Demo) -> Hall:
        made.append(Hall(browser, demo))
        return made[-1]

    yield make
    _end(*made)


@pytest.fixture
def hall(open_hall: MakeHall, demo: Demo) -> Hall:
    """The browsers of the module's demo centre."""
    return open_hall(demo)


@pytest.fixture
def screens(browser: Browser, stage: Stage) -> Iterator[Browsers]:
    """The browsers of the module's centre in this process."""
    made = Browsers(browser, stage)
    yield made
    _end(made)


def _end(*made: Browsers) -> None:
    for each in made:
        each.close()
    assert [fault for each in made for fault in each.faults()] == []
