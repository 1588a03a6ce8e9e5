"""The design system in a browser: /style and the front page in every theme and language, narrow and enlarged; figures that stand in columns."""

import re

import pytest
from playwright.sync_api import Page

from tests.browser import checks
from tests.browser.browsing import LAPTOP, Hall, Size, picture
from tests.sampling import some

THEMES = ("light", "dark", "contrast")
PATHS = {"front": "/", "style": "/style"}
NARROW: Size = (320, 640)


def opened(hall: Hall, path: str, theme: str, lang: str = "ky", size: Size = LAPTOP) -> Page:
    """Open a page as a system with this theme would."""
    page = hall.page(size, calm=True)
    page.emulate_media(
        reduced_motion="reduce", color_scheme="dark" if theme == "dark" else "light", contrast="more" if theme == "contrast" else "no-preference"
    )
    page.goto(f"{hall.demo.http}{path}?lang={lang}")
    page.evaluate("() => document.fonts.ready.then(() => true)")
    return page


@pytest.mark.parametrize("theme", some(THEMES, 0))
@pytest.mark.parametrize("name", PATHS)
def test_axe_finds_nothing_in_any_theme(hall: Hall, name: str, theme: str) -> None:
    page = opened(hall, PATHS[name], theme)
    hall.look(page, f"{name}-{theme}")
    assert checks.focus_faults(page, most=12) == []


@pytest.mark.parametrize("lang", some(["ky", "ru", "kk", "en"], 1))
@pytest.mark.parametrize("name", PATHS)
def test_a_narrow_page_and_one_enlarged_to_200_percent_scroll_in_one_direction_only(hall: Hall, name: str, lang: str) -> None:
    for size in (NARROW, (LAPTOP[0] // 2, LAPTOP[1] // 2)):  # what 200 % leaves of a window
        page = opened(hall, PATHS[name], "light", lang, size)
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        assert checks.clipped(page) == []
        assert checks.overlapping(page) == []
        assert checks.untranslated(page, lang) == []
        if size == NARROW:
            picture(page, f"{name}-narrow-{lang}")


def test_a_page_can_be_put_into_a_theme_whatever_the_system_wants(hall: Hall) -> None:
    grounds = []
    for wanted in THEMES:
        page = opened(hall, "/style", "dark" if wanted == "light" else "light")
        page.goto(f"{hall.demo.http}/style?theme={wanted}")
        grounds.append(page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))
    assert len(set(grounds)) == len(THEMES)
    assert grounds[2] == "rgb(0, 0, 0)"


def test_figures_stand_in_columns_at_every_weight(hall: Hall) -> None:
    page = opened(hall, "/style", "light")
    widths = page.evaluate(
        """() => [400, 500, 600, 700].map(weight => [...'0123456789'].map(figure => {
            const line = document.createElement('span'); line.className = 'tabular'; line.textContent = figure.repeat(20);
            line.style.cssText = `font-size: 100px; font-weight: ${weight}; position: absolute`; document.body.append(line);
            return Math.round(line.getBoundingClientRect().width); }))"""
    )
    assert all(max(row) - min(row) <= 1 for row in widths), widths


def test_every_icon_is_drawn_and_no_page_writes_styles_inline(hall: Hall) -> None:
    page = opened(hall, "/style", "light")
    boxes = page.evaluate("() => [...document.querySelectorAll('.icon-grid use')].map(use => [use.getAttribute('href'), use.getBBox().width])")
    assert len(boxes) > 70
    assert [href for href, width in boxes if width < 6] == []
    for path in PATHS.values():
        html = page.request.get(f"{hall.demo.http}{path}").text()
        assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
