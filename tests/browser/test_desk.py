"""A clerk's day at the console, in a real browser: keyboard alone, touch alone, beside another program, without MQTT, and two clerks by turns.

Two languages have their day by keyboard and two by touch; `bash tests/long.sh screens` has each by both.
"""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks
from tests.browser.browsing import DESK, Hall, MakeHall
from tests.conftest import MakeDemo
from tests.demo_process import Demo
from tests.faults.traffic import get, post
from tests.sampling import everything_only, some

LANGS = ("ky", "ru", "kk", "en")
SMALL = (360, 480)
SCHEMES = {"light": {}, "dark": {"color_scheme": "dark"}, "contrast": {"contrast": "more"}}
GUARD_MS = 500  # the console's guard against repeats counts real time
PLACE = "(one) => { const { x, y, width, height } = document.querySelector(one).getBoundingClientRect(); return [x, y, width, height]; }"
_sent = iter(range(1_000_000))


def issue(demo: Demo, service: str = "passport", category: str | None = None) -> None:
    body = json.dumps({"service": service, "lang": "ky", "category": category})
    post(demo, demo.devices["kiosk-1"]["token"], "tickets", f"desk-test-{next(_sent):06d}", body)


def act(demo: Demo, desk: str, action: str, **body: object) -> None:
    post(demo, demo.devices[f"desk-{desk}"]["token"], f"desks/{desk}/{action}", f"desk-test-{next(_sent):06d}", json.dumps(body))


def console(hall: Hall, desk: str, lang: str, size: tuple[int, int] = DESK, *, touch: bool = False) -> Page:
    page = hall.screen(f"desk-{desk}", size, touch=touch)
    page.goto(f"{page.url}?lang={lang}")
    expect(page.locator("html")).to_have_attribute("data-live", "fresh")
    return page


def number(page: Page) -> str:
    return page.locator(".current .number").inner_text()


def key(page: Page, name: str) -> None:
    """Press a key once the guard against repeats is over."""
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.press(name)


def ask(page: Page, name: str) -> None:
    """Press a key that opens a dialog."""
    key(page, name)
    expect(page.locator("#panel")).to_be_visible()


def state(page: Page, primary: str, *, visitor: bool) -> None:
    expect(page.locator("#middle")).to_have_attribute("data-primary", primary)
    expect(page.locator(".current .number")).to_have_count(int(visitor))


@pytest.fixture(autouse=True)
def an_empty_hall(request: pytest.FixtureRequest) -> None:
    """Clear what the test before left: nobody waits for the first four desks, and they are open and free."""
    if "hall" not in request.fixturenames:
        return
    demo = request.getfixturevalue("demo")
    for desk in ("1", "2", "3", "4"):
        for action in ("open", "next"):
            act(demo, desk, action)
    while get(demo, demo.devices["desk-1"]["token"], "desks/1")["waiting"]:
        act(demo, "1", "next")
    for desk in ("1", "2", "3", "4"):
        act(demo, desk, "finish")


def said(page: Page, lang: str, text: str) -> None:
    """Expect the desk's last move in a sentence: this one in English, one of its own in every other language."""
    message = page.locator(".said .message")
    expect(message).to_contain_text(text if lang == "en" else re.compile(r"\w"))
    assert checks.untranslated(page, lang) == []


@pytest.mark.parametrize("lang", some(LANGS, 0))
def test_a_whole_day_by_keyboard_alone(hall: Hall, lang: str) -> None:  # noqa: PLR0915 -- a day has many steps, and each follows from the one before
    for category in ("veteran", None, None, None):
        issue(hall.demo, category=category)
    page = console(hall, "1", lang)
    page.keyboard.press("Space")
    state(page, "start", visitor=True)
    veteran = number(page)
    page.locator("#do-category").focus()
    key(page, "Enter")
    expect(page.locator(".about .chip.good")).to_be_visible()
    key(page, "r")
    said(page, lang, "called again")
    key(page, "Space")
    state(page, "next", visitor=True)

    ask(page, "h")
    page.keyboard.press("ArrowRight")  # 15 minutes
    page.keyboard.press("Tab")
    page.keyboard.type("unfortunately no photo")  # with every letter that is a key elsewhere
    hall.look(page, f"desk-hold-{lang}")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    state(page, "next", visitor=False)

    key(page, "Enter")
    state(page, "start", visitor=True)
    missed = number(page)
    key(page, "n")
    state(page, "next", visitor=False)
    key(page, "u")
    expect(page.locator(".current .number")).to_have_text(missed)
    key(page, "n")
    state(page, "next", visitor=False)

    ask(page, "b")
    for aside in (veteran, missed):
        expect(page.locator(f"#do-resume-{aside}")).to_be_visible()
    hall.look(page, f"desk-aside-{lang}")
    page.locator(f"#do-resume-{veteran}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    said(page, lang, f"{veteran} waits again")
    key(page, "Space")
    expect(page.locator(".current .number")).to_have_text(veteran)

    ask(page, "t")
    hall.look(page, f"desk-transfer-{lang}")
    page.keyboard.press("Space")  # and back to this desk
    page.locator("#panel button[value='desk:5']").focus()
    page.keyboard.press("Enter")
    said(page, lang, f"{veteran}: desk 5 will call")
    key(page, "Space")
    state(page, "start", visitor=True)
    ask(page, "c")
    page.keyboard.type("wrong centre")
    page.keyboard.press("Enter")
    said(page, lang, "is cancelled")
    state(page, "next", visitor=False)

    picked = page.locator(".upcoming b").inner_text()
    page.locator("#do-pick").focus()
    page.keyboard.press("Space")
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#pick-ticket")).to_be_focused()
    while page.locator("#pick-ticket").input_value() != picked:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("feels faint")
    hall.look(page, f"desk-pick-{lang}")
    page.keyboard.press("Enter")
    expect(page.locator(".current .number")).to_have_text(picked)
    expect(page.locator(".about .icon-manual")).to_be_visible()
    key(page, "f")
    state(page, "next", visitor=False)

    key(page, "p")
    state(page, "open", visitor=False)
    key(page, "Space")
    state(page, "next", visitor=False)
    ask(page, "?")
    hall.look(page, f"desk-keys-{lang}")
    page.keyboard.press("n")  # no key acts behind a dialog
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    act(hall.demo, "5", "next")
    act(hall.demo, "5", "cancel")


@everything_only
@pytest.mark.parametrize("lang", some(LANGS, 1))
def test_a_whole_day_by_touch_alone(hall: Hall, lang: str) -> None:
    for _ in range(3):
        issue(hall.demo)
    page = console(hall, "2", lang, SMALL, touch=True)

    def touch(selector: str) -> None:
        page.wait_for_timeout(GUARD_MS)
        page.tap(selector)

    touch("#do-next")
    touch("#do-recall")
    expect(page.locator("#do-no-show.suggested")).to_be_visible()
    touch("#do-start")
    state(page, "next", visitor=True)
    touch("#do-hold")
    hall.look(page, f"desk-hold-small-{lang}")
    touch("#panel .segments label:nth-child(4)")
    touch("#panel .primary")
    state(page, "next", visitor=False)
    touch("#do-undo")
    state(page, "next", visitor=True)
    touch("#do-transfer")
    touch("#panel button[value='service:passport']")
    state(page, "next", visitor=False)
    touch("#do-next")
    touch("#do-cancel")
    touch("#panel [data-close]")
    expect(page.locator("#panel")).to_be_hidden()
    touch("#do-cancel")
    touch("#panel .danger")
    state(page, "next", visitor=False)
    for _ in range(2):
        touch("#do-next")
        touch("#do-finish")
        state(page, "next", visitor=False)
    touch("button[value=lunch]")
    state(page, "open", visitor=False)
    touch("#do-close")
    expect(page.locator("#middle")).to_have_attribute("data-state", "closed")
    touch("#do-open")
    state(page, "next", visitor=False)


@pytest.mark.parametrize("lang", some(LANGS, 1))
def test_beside_another_program_all_that_matters_is_seen_without_scrolling(hall: Hall, lang: str) -> None:
    issue(hall.demo)
    page = console(hall, "3", lang, SMALL)
    before = page.evaluate(PLACE, ".primary-place")
    page.keyboard.press("Space")
    state(page, "start", visitor=True)
    essential = [".current .number", ".visit .service", "#do-start", "#do-recall", "#do-no-show", "#do-finish", "#do-undo"]
    bounds = page.evaluate(
        "(all) => all.map((one) => { const box = document.querySelector(one).getBoundingClientRect(); return [box.top, box.bottom] })", essential
    )
    assert [essential[at] for at, (top, bottom) in enumerate(bounds) if top < 0 or bottom > SMALL[1]] == []
    assert page.evaluate(PLACE, ".primary-place") == before  # the large key never moves
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL[0]
    assert checks.clipped(page) == []
    assert checks.overlapping(page) == []
    assert checks.untranslated(page, lang) == []
    hall.look(page, f"desk-small-{lang}")
    key(page, "f")
    state(page, "next", visitor=False)


@pytest.mark.parametrize("scheme", some(SCHEMES, 0))
def test_every_theme_and_width_is_whole(hall: Hall, scheme: str) -> None:
    issue(hall.demo, category="veteran")
    page = console(hall, "4", "ky")
    page.emulate_media(reduced_motion="reduce", **SCHEMES[scheme])  # type: ignore[arg-type]
    page.keyboard.press("Space")
    state(page, "start", visitor=True)
    hall.look(page, f"desk-called-ky-{scheme}")
    for width, height in ((1366, 768), (1920, 1080), (683, 384), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert checks.clipped(page) == []
        assert checks.overlapping(page) == []
        hall.judge(page, f"desk-{width}-{scheme}")
    assert checks.focus_faults(page) == []
    assert checks.layout_shift(page) <= 0.05
    key(page, "f")
    state(page, "next", visitor=False)


def test_what_is_being_written_stays_when_the_hall_changes(hall: Hall) -> None:
    issue(hall.demo)
    page = console(hall, "1", "en")
    page.keyboard.press("Space")
    state(page, "start", visitor=True)
    ask(page, "c")
    page.keyboard.type("wrong cen")
    issue(hall.demo)
    expect(page.locator(".strip .short")).to_have_text("1")
    page.keyboard.type("tre")
    expect(page.locator("#cancel-reason")).to_have_value("wrong centre")
    expect(page.locator("#cancel-reason")).to_be_focused()
    page.keyboard.press("Escape")
    for _ in range(2):
        key(page, "f")
        state(page, "next", visitor=False)
        key(page, "Space")
    state(page, "next", visitor=False)


@contextmanager
def without_mqtt(demo: Demo) -> Iterator[None]:
    frozen = demo.broker_pid
    os.kill(frozen, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(frozen, signal.SIGCONT)


@everything_only
def test_without_mqtt_everything_works_by_post_and_the_page_keeps_itself_fresh(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("WebSocket", "Failed to load resource")
    page = console(hall, "1", "en")
    with without_mqtt(demo):
        expect(page.locator("#band .asked")).to_be_visible(timeout=25_000)
        issue(demo)
        expect(page.locator(".strip .short")).to_have_text("1", timeout=10_000)
        key(page, "Space")
        state(page, "start", visitor=True)
        ask(page, "h")
        page.keyboard.press("Enter")
        state(page, "next", visitor=False)
        hall.look(page, "desk-alone-en")
        act(demo, "1", "pause")
        expect(page.locator("#middle")).to_have_attribute("data-state", "paused", timeout=10_000)
    expect(page.locator("#band")).to_be_hidden(timeout=30_000)


def test_a_press_that_the_server_did_not_answer_counts_once_when_it_is_pressed_again(centre: MakeDemo, open_hall: MakeHall) -> None:
    demo = centre()
    hall = open_hall(demo)
    hall.forgive("Failed to load resource", "htmx:")
    for _ in range(2):
        issue(demo)
    page = console(hall, "1", "en")
    lost: list[str] = []

    def lose(route: object) -> None:
        """Let the press reach the server and lose its answer, once."""
        if lost:
            route.continue_()  # type: ignore[attr-defined]
            return
        lost.append(route.fetch().text())  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/desk/desk-1/next", lose)
    page.route("**/desk/desk-1", lambda route: route.abort())  # nor can the page find out by itself
    page.keyboard.press("Space")
    expect(page.locator(".said.unheard .message.bad")).to_be_visible()
    hall.look(page, "desk-unheard-en")
    key(page, "Space")
    state(page, "start", visitor=True)
    expect(page.locator(".said.unheard")).to_have_count(0)
    assert lost
    expect(page.locator(".strip .short")).to_have_text("1")


def test_two_clerks_take_turns_by_pin_and_a_login_elsewhere_ends_the_first(hall: Hall) -> None:
    clerks = [member for member in hall.demo.described["staff"] if member["role"] in ("operator", "supervisor")]

    def log_in(page: Page, clerk: dict[str, str]) -> None:
        key(page, "w")
        page.wait_for_url("**/login")
        expect(page.locator("#login")).to_be_focused()
        page.keyboard.type(clerk["login"])
        page.keyboard.press("Tab")
        expect(page.locator("#pin")).to_be_focused()
        page.keyboard.type(clerk["pin"])
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/desk/desk-\d$"))
        expect(page.locator("#do-clerk")).to_contain_text(clerk["login"])

    first = console(hall, "6", "en")
    for clerk in clerks:
        log_in(first, clerk)
    hall.look(first, "desk-clerk-en")
    second = console(hall, "7", "en")
    log_in(second, clerks[-1])
    first.reload()
    expect(first.locator(".said .ended")).to_contain_text("moved to desk 7")
    hall.look(first, "desk-moved-en")
    log_in(first, clerks[0])
    expect(first.locator(".said .ended")).to_have_count(0)
