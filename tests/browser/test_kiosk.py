"""The kiosk as visitors meet it: three taps, by finger or by four keys, in four languages; modes, help, idle, and a server that goes away."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import checks
from tests.browser.browsing import KIOSK, Hall, MakeHall, still_here
from tests.browser.test_journey import LANGS, SERVICE
from tests.conftest import MakeDemo
from tests.sampling import some

DOUBLE_STRIKE_MS = 550  # real time: the guard against trembling hands


@contextmanager
def fingers(hall: Hall) -> Iterator[Page]:
    """A kiosk with a touch screen and nothing else; it is not even hovered."""
    context = hall.browser.new_context(viewport={"width": KIOSK[0], "height": KIOSK[1]}, has_touch=True, locale="de-DE")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("console", lambda message: hall.noted.append(message.text) if message.type == "error" else None)
    page.goto(f"{hall.demo.http}/demo/enter/kiosk-1")
    yield page
    context.close()


def settle(page: Page) -> None:
    """Wait until the same place may be touched again."""
    page.wait_for_timeout(DOUBLE_STRIKE_MS)


def tap(page: Page, selector: str) -> int:
    page.tap(selector)
    return 1


@pytest.mark.parametrize("lang", some(LANGS, 0))
def test_a_ticket_costs_three_taps_with_the_language_and_a_category_one_more(hall: Hall, lang: str) -> None:
    with fingers(hall) as page:
        taps = tap(page, f"#in-{lang}") + tap(page, f"text={SERVICE[lang]}") + tap(page, "#take")
        assert re.fullmatch(r"A\d{3}", page.inner_text(".number"))
        assert taps <= 3
        expect(page.locator("h1")).to_be_focused()
        expect(page.locator(".stub")).to_contain_text(SERVICE[lang])
        settle(page)
        page.tap("#over")
        taps = tap(page, f"#in-{lang}") + tap(page, f"text={SERVICE[lang]}")
        settle(page)
        taps += tap(page, "#priority")
        settle(page)
        taps += tap(page, "button[value=veteran]")
        expect(page.locator(".documents .proof")).to_be_visible()
        assert taps <= 4
        assert checks.untranslated(page, lang) == []


@pytest.mark.parametrize("lang", some(LANGS, 2))
def test_four_keys_are_enough(hall: Hall, lang: str) -> None:
    """Arrows or Tab move, Enter or Space presses; after each step the focus is on the heading of what came."""
    page = hall.screen("kiosk-1", KIOSK)

    def go_to(selector: str, key: str) -> None:
        for _ in range(20):
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                break
            page.keyboard.press(key)
        expect(page.locator(selector)).to_be_focused()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    go_to(f"#in-{lang}", "ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#to-passport")).to_be_visible()
    expect(page.locator("h1")).to_be_focused()
    go_to("#to-passport", "Tab")
    settle(page)
    page.keyboard.press("Enter")
    expect(page.locator("#take")).to_be_visible()
    expect(page.locator("h1")).to_be_focused()
    go_to("#take", "ArrowRight")
    settle(page)
    page.keyboard.press("Enter")
    expect(page.locator(".number")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", lang)
    go_to("#over", "ArrowUp")
    settle(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/kiosk/kiosk-1")


def test_the_same_place_touched_twice_at_once_is_one_touch(hall: Hall) -> None:
    page = hall.screen("kiosk-1", KIOSK)
    page.click("#in-ru")
    page.click("#to-ready")
    expect(page.locator("#priority")).to_be_visible()
    box = page.locator("#priority").bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # a category lies where the button was
    expect(page.locator("button[value=veteran]")).to_be_visible()
    settle(page)
    expect(page.locator(".number")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_modes_last_for_one_visit(hall: Hall, script: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    page = hall.screen("kiosk-1", KIOSK, script=script)
    for mode in ("large", "contrast", "low"):
        page.click(f"#mode-{mode}")
        expect(page.locator(f"#mode-{mode}")).to_have_attribute("aria-pressed", "true")
    page.click("#in-en")
    expect(page.locator("h1")).to_have_text("What have you come for?")  # what is touched while a page is on its way is not taken
    expect(page.locator("html")).to_have_class("kiosk large contrast low")
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
    expect(page.locator("body")).to_have_attribute("data-ask", "70")
    page.click("#mode-large")
    expect(page.locator("#mode-large")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("h1")).to_have_text("What have you come for?")
    page.click("#over")
    page.wait_for_url("**/kiosk/kiosk-1")
    expect(page.locator("html")).to_have_class("kiosk")
    page.click("#in-en")
    expect(page.locator("html")).to_have_class("kiosk")
    assert page.locator("[aria-pressed=true]").count() == 0


def test_an_abandoned_kiosk_forgets_language_and_modes_even_while_the_server_is_away(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("WebSocket", "Failed to load resource", "ERR_")
    page = hall.screen("kiosk-1", KIOSK)
    page.clock.install()
    page.reload()
    page.click("#mode-contrast")
    expect(page.locator("#mode-contrast")).to_have_attribute("aria-pressed", "true")
    page.click("#in-en")
    expect(page.locator("#over")).to_be_visible()
    demo.stop()
    page.clock.fast_forward(50_000)  # the clock also runs by itself
    expect(page.locator("#idle")).to_be_hidden()
    page.clock.fast_forward(22_000)
    expect(page.locator("#idle")).to_be_visible()
    still_here(page)
    page.clock.fast_forward(50_000)  # the clock also runs by itself
    expect(page.locator("#idle")).to_be_hidden()
    page.clock.fast_forward(22_000)
    expect(page.locator("#idle")).to_be_visible()
    page.clock.fast_forward(21_000)
    page.wait_for_url("**/kiosk/kiosk-1")
    expect(page.locator("html")).to_have_attribute("lang", "ky")
    expect(page.locator("html")).to_have_class("kiosk")
    assert page.locator("[aria-pressed=true]").count() == 0
    page.click("#in-ru")  # the next visitor
    page.clock.run_for(3_000)
    expect(page.locator("#away")).to_be_visible()
    demo.restart()
    for _ in range(20):
        page.clock.run_for(2_000)
        if page.locator("#to-passport").count():
            break
    expect(page.locator("#to-passport")).to_be_visible()
    expect(page.locator("html")).to_have_class("kiosk")


def test_the_first_page_never_asks(hall: Hall) -> None:
    page = hall.screen("kiosk-1", KIOSK)
    page.clock.install()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-live", "fresh")
    page.clock.fast_forward(3_600_000)
    expect(page.locator("#idle")).to_be_hidden()


def test_a_server_that_dies_under_the_touch_still_gives_exactly_one_ticket(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("WebSocket", "Failed to load resource", "ERR_")
    page = hall.screen("kiosk-1", KIOSK)
    page.click("#in-kk")
    page.click("#to-birth")
    expect(page.locator("#take")).to_be_visible()
    os.kill(demo.pid, signal.SIGSTOP)  # it takes the connection and never answers
    page.click("#take")
    expect(page.locator("#away")).to_be_visible()
    demo.kill()
    expect(page.locator("#away h2")).to_contain_text("жүйе қайта іске қосылуда")
    hall.judge(page, "kiosk-away")
    demo.start()
    expect(page.locator(".number")).to_have_text("K001", timeout=30_000)
    expect(page.locator("#away")).to_be_hidden()
    other = hall.screen("kiosk-2", KIOSK)
    other.click("#in-kk")
    other.click("#to-birth")
    expect(other.locator(".wait")).to_contain_text("1 адам")


def test_an_answer_that_is_lost_on_the_way_is_asked_for_again_and_no_second_ticket_is_made(hall: Hall) -> None:
    hall.forgive("Failed to load resource")
    page = hall.screen("kiosk-1", KIOSK)
    sent: list[str | None] = []

    def lose_the_first(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) == 1:
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.continue_()

    page.route("**/tickets", lose_the_first)
    page.click("#in-en")
    page.click("#to-foreigners")
    page.click("#take")
    expect(page.locator(".number")).to_have_text("KA001")
    assert len(sent) == 2
    assert sent[0] == sent[1]
    settle(page)
    page.click("#back")
    page.click("#to-foreigners")
    expect(page.locator(".wait")).to_contain_text("1 person")


def test_help_is_called_once_and_ends_when_it_was_answered(hall: Hall) -> None:
    page, other = hall.screen("kiosk-2", KIOSK), hall.screen("kiosk-2", KIOSK, script=False)
    page.click("#in-en")
    expect(page.locator("h1")).to_have_text("What have you come for?")
    place = page.locator("#help").bounding_box()
    page.click("#help")
    expect(page.locator("#help")).to_have_text(re.compile("Staff have been told"))
    expect(page.locator("#help")).to_be_focused()
    told = page.locator("#help").bounding_box()
    assert place is not None
    assert told is not None
    assert (told["x"], round(told["width"])) == (place["x"], round(place["width"]))
    hall.judge(page, "kiosk-help")
    other.reload()
    expect(other.locator("[data-told]")).to_be_visible()
    page.click("#to-ready")
    expect(page.locator("[data-told]")).to_be_visible()


def test_steps_move_nothing_and_back_and_start_over_stay_where_they_are(hall: Hall) -> None:
    page = hall.screen("kiosk-1", KIOSK)
    places = []
    page.click("#in-ky")
    for what in ("#to-passport", "#priority", None):
        expect(page.locator(what or "button[value=veteran]")).to_be_visible()
        places.append(page.locator("#over").bounding_box())
        if what:
            page.click(what)
    assert places[0] == places[1] == places[2]
    assert checks.layout_shift(page) <= 0.05
    assert checks.focus_faults(page) == []
    page.click("#back")
    expect(page.locator("#take")).to_be_visible()
    page.go_back()  # there is nothing to go back to
    assert page.url == "about:blank" or page.url.endswith("/demo/enter/kiosk-1") or "/kiosk/" in page.url
