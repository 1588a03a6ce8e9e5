"""The rule on paper: all languages on one sheet of A4, or each on its own, with the settings that most centres have."""

import re

import pytest

from tests.browser.browsing import LAPTOP, Hall

PAGE = re.compile(rb"/Type\s*/Page\b")
WAYS = {"/rules": 1, "/rules?each": 4}


def sheets(hall: Hall, path: str) -> int:
    page = hall.page(LAPTOP)
    page.goto(f"{hall.demo.http}{path}")
    page.evaluate("() => document.fonts.ready.then(() => true)")
    return len(PAGE.findall(page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("path", WAYS)
def test_it_fits_the_paper(hall: Hall, path: str) -> None:
    assert sheets(hall, path) == WAYS[path]
