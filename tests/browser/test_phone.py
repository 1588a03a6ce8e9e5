"""The visitor's page on a phone: every state in words, live and without scripts, given up by finger and by key, small and alone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser import checks
from tests.browser.browsing import PHONE, Hall
from tests.demo_process import Demo
from tests.journeys.hall import Hall as Centre
from tests.sampling import some

LANGS = ("ky", "ru", "kk", "en")
NARROW = (320, 568)
FIRST_LOAD_BYTES = 30 * 1024

Visitor = Callable[..., tuple[dict[str, Any], str]]


@pytest.fixture(scope="module")
def centre(demo: Demo) -> Centre:
    return Centre(demo.described)


@pytest.fixture
def visitor(demo: Demo, centre: Centre) -> Iterator[Visitor]:
    """Issue a ticket; returns it with the address of its page. At the end nobody waits."""

    def come(service: str = "address") -> tuple[dict[str, Any], str]:
        ticket = dict(centre.issue(service))
        return ticket, demo.described["visitor"] + ticket["track_url"]

    yield come
    centre.clear()


def soon(page: Page) -> None:
    """Let the script look at once, as it does when the page comes back to the front."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_visit_from_waiting_to_finished_is_told_live(hall: Hall, centre: Centre, visitor: Visitor) -> None:
    ticket, address = visitor()
    page = hall.page(PHONE)
    page.goto(f"{address}?lang=en")
    expect(page.locator("h1 .number")).to_have_text(ticket["number"])
    expect(page.locator(".headline")).to_have_text("You are next")
    expect(page.locator(".expected dd")).to_have_text("Soon")
    hall.look(page, "phone-near")

    centre.act("5", "next")
    soon(page)
    expect(page.locator(".come .desk .tabular")).to_have_text("5")
    expect(page.locator("#urgent")).to_contain_text("Please come to desk 5")
    expect(page).to_have_title(re.compile(r"^» .*desk 5"))
    hall.look(page, "phone-called")

    centre.act("5", "start")
    soon(page)
    expect(page.locator(".headline")).to_have_text("You are being served at desk 5")
    centre.act("5", "finish")
    soon(page)
    expect(page.locator(".headline")).to_have_text("Your visit is finished")
    expect(page.locator("#bell-line")).to_be_hidden()


def test_sound_waits_for_the_visitors_wish(hall: Hall, centre: Centre, visitor: Visitor) -> None:
    _, address = visitor()
    page = hall.page(PHONE)
    page.add_init_script(
        "window.rung = 0; const old = OscillatorNode; window.OscillatorNode = class extends old { start(at) { window.rung++; super.start(at) } }"
    )
    page.goto(f"{address}?lang=en")
    page.locator("#bell").click()
    expect(page.locator("#bell")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#bell")).to_contain_text("Sound is on")
    asked = page.evaluate("window.rung")
    centre.act("5", "next")
    soon(page)
    expect(page.locator(".state-called")).to_be_visible()
    assert page.evaluate("window.rung") > asked > 0
    centre.act("5", "finish")


@pytest.mark.parametrize("lang", some(LANGS, 3))
def test_every_state_speaks_the_language_and_pleases_axe(hall: Hall, centre: Centre, visitor: Visitor, lang: str) -> None:
    addresses = {}
    for state, actions in {"held": ("next", "hold"), "missed": ("next", "no-show"), "serving": ("next", "start")}.items():
        _, addresses[state] = visitor()
        for action in actions:
            centre.act("6", action)
    _, addresses["waiting"] = visitor("birth")
    page = hall.page(NARROW)
    for state, address in addresses.items():
        page.goto(f"{address}?lang={lang}")
        assert page.locator("html").get_attribute("lang") == lang
        expect(page.locator(f".state-{state}")).to_be_visible()
        hall.judge(page, f"phone-{state}")
        assert checks.untranslated(page, lang) == []
        assert checks.clipped(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    centre.act("6", "finish")


@pytest.mark.parametrize("theme", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"contrast": "more"}])
def test_the_three_themes_please_axe(hall: Hall, centre: Centre, visitor: Visitor, theme: dict[str, Any]) -> None:
    _, address = visitor()
    page = hall.page(PHONE)
    page.emulate_media(reduced_motion="reduce", **theme)
    for path in ("", "/cancel"):
        page.goto(address + path)
        hall.judge(page, "phone")
    centre.act("5", "next")
    page.goto(address)
    hall.judge(page, "phone")
    centre.act("5", "finish")


def test_at_twice_the_size_nothing_is_cut_off(hall: Hall, visitor: Visitor) -> None:
    _, address = visitor()
    page = hall.page((PHONE[0] // 2, PHONE[1] // 2))
    page.goto(f"{address}?lang=ru")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0] // 2
    assert checks.clipped(page) == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_ticket_is_given_up_by_keys_alone(hall: Hall, visitor: Visitor) -> None:
    _, address = visitor()
    page = hall.page(PHONE)
    page.goto(f"{address}?lang=en")
    press_until(page, "#give-up")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Cancel this ticket?")
    hall.look(page, "phone-cancel")
    press_until(page, "button.danger")
    page.keyboard.press("Enter")
    expect(page.locator(".headline")).to_have_text("This ticket is cancelled")
    assert page.url == f"{address}?lang=en"


def press_until(page: Page, selector: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement?.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab never reached {selector}")


def test_a_ticket_is_given_up_by_touch_and_twice_is_once(hall: Hall, visitor: Visitor) -> None:
    _, address = visitor()
    context = hall.browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    hall.contexts.append(context)
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(f"{address}/cancel?lang=en")
    first.locator(".asking .primary").tap()
    expect(first.locator(".state-waiting")).to_be_visible()
    first.locator("#give-up").tap()
    for page in (first, second):
        page.locator("button.danger").tap()
        expect(page.locator(".state-cancelled")).to_be_visible()


def test_without_scripts_it_renews_itself_and_works(hall: Hall, centre: Centre, visitor: Visitor) -> None:
    _, address = visitor()
    page = hall.page(PHONE, script=False)
    page.goto(f"{address}?lang=ru")
    assert page.locator("noscript meta[http-equiv=refresh]").get_attribute("content") == "15"
    expect(page.locator("#bell-line")).to_be_hidden()
    centre.act("5", "next")
    page.locator("#renew").click()
    expect(page.locator(".come")).to_be_visible()
    centre.act("5", "finish")


def test_without_the_wi_fi_the_last_known_stays_with_its_time(hall: Hall, visitor: Visitor) -> None:
    ticket, address = visitor()
    hall.forgive("ERR_INTERNET_DISCONNECTED")
    page = hall.page(PHONE)
    page.goto(f"{address}?lang=en")
    at = page.locator("#ticket").get_attribute("data-at")
    page.context.set_offline(True)
    soon(page)
    expect(page.locator("#old")).to_be_visible()
    expect(page.locator("#old")).to_contain_text(f"No connection. This was known at {at}")
    expect(page.locator("h1 .number")).to_have_text(ticket["number"])
    hall.look(page, "phone-offline")
    page.context.set_offline(False)
    soon(page)
    expect(page.locator("#old")).to_be_hidden()


def test_a_link_that_is_none_says_so_and_asks_no_more(hall: Hall, demo: Demo) -> None:
    hall.forgive("404")
    page = hall.page(PHONE)
    page.goto(f"{demo.described['visitor']}/t/nothing")
    expect(page.locator("main h1 span")).to_have_count(4)
    hall.look(page, "phone-nothing")
    assert page.locator("script").count() == 0


def test_the_first_load_is_small_and_a_look_that_finds_nothing_new_is_nearly_nothing(
    hall: Hall, visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    _, address = visitor("birth")
    page = hall.page(PHONE)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 -- Playwright hangs a mark on the handler
    page.goto(f"{address}?lang=ky", wait_until="networkidle")
    sizes = {answer.url.rpartition("/")[2]: answer.request.sizes()["responseBodySize"] for answer in answers}
    total = sum(sizes.values())
    with capsys.disabled():
        print(f"\nphone, first load on the wire: {total} bytes in {len(sizes)} answers")
    assert total <= FIRST_LOAD_BYTES
    assert len(sizes) <= 8
    answers.clear()
    with page.expect_response(lambda answer: "/t/" in answer.url):
        soon(page)
    assert len(answers) == 1
