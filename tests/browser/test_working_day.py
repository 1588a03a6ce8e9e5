"""The working day in real browsers and four languages: the hall's lunch, the evening, and what is left of it in the morning.

Each language has a day of one centre's week, on a clock that the test moves (`hours.Hours`).
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from edge.demo import Options
from edge.queueing import commands as c
from edge.queueing.desk import DeskState
from edge.queueing.policy import WEEKDAYS
from edge.queueing.ticket import TicketState
from edge.store import queries
from tests.browser import checks
from tests.browser.browsing import BOARD, KIOSK, PHONE, Browsers, picture
from tests.browser.clerk import console, press
from tests.browser.hours import Hours
from tests.browser.test_journey import SERVICE
from tests.pictures.stage import Stage, staged
from tests.sampling import some

LANGS = ("ky", "ru", "kk", "en")


@pytest.fixture(scope="module")
def hours() -> Hours:
    """The clock of this module's centre."""
    return Hours()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, hours: Hours) -> Iterator[Stage]:
    """A centre that is open from 09:00 to 18:00 on every day of the week and has its lunch from 12:30 to 13:30."""
    with staged(tmp_path_factory.mktemp("week"), Options(real_hours=True), hours) as stage:
        stage.change(calendar={**stage.setting("calendar"), "hours": {weekday: [["09:00", "18:00"]] for weekday in WEEKDAYS}})
        yield stage


def begin(stage: Stage, hours: Hours, hour: str) -> None:
    """Come to an hour of the day with every desk open and nobody in the hall."""
    hours.until(stage, hour)
    for desk, found in stage.ctx.hall.desks.items():
        if found.state is not DeskState.OPEN:
            stage.act(c.Open(desk))
        while stage.ctx.hall.desks[desk].ticket or stage.ctx.hall.waiting():
            stage.act(c.CallNext(desk))


def take(screens: Browsers, lang: str) -> tuple[str, Page]:
    """Take a ticket at the kiosk and open its page on a phone; returns the number and that page."""
    kiosk = screens.screen("kiosk-1", KIOSK)
    kiosk.click(f"a.tile[lang={lang}]")
    kiosk.click(f"text={SERVICE[lang]}")
    kiosk.click("button.primary.huge")
    number, phone = kiosk.inner_text(".number"), screens.page(PHONE)
    phone.goto(kiosk.inner_text(".address"))
    kiosk.context.close()
    return number, phone


def called(stage: Stage) -> str:
    """Let desk 1 finish and call the next; returns the number."""
    stage.act(c.CallNext("1"))
    found = stage.ctx.hall.at_desk("1")
    assert found
    return found.number


def speaks(page: Page, lang: str, text: str) -> None:
    """Expect a time on the page, and nothing that is not in the language."""
    expect(page.locator("main")).to_contain_text(text)
    assert checks.untranslated(page, lang) == []


@pytest.mark.parametrize("lang", some(LANGS, 3))
def test_lunch_lets_a_visit_end_calls_nobody_and_leaves_the_order_as_it_was(screens: Browsers, stage: Stage, hours: Hours, lang: str) -> None:
    begin(stage, hours, "12:25")
    board, kiosk, desk = screens.screen("board-a", BOARD), screens.screen("kiosk-1", KIOSK), console(screens, "1", lang)
    first = stage.issue("passport", lang=lang)["number"]
    second, phone = take(screens, lang)
    third = stage.issue("passport", lang=lang)["number"]
    press(desk)
    expect(desk.locator(".current .number")).to_have_text(first)
    press(desk)
    expect(desk.locator("#middle")).to_have_attribute("data-primary", "next")

    hours.until(stage, "12:30")
    kiosk.click(f"a.tile[lang={lang}]")
    speaks(kiosk, lang, "13:30")
    expect(kiosk.locator(".sections .closed").first).to_be_visible()
    phone.reload()
    speaks(phone, lang, "13:30")
    picture(phone, f"lunch-phone-{lang}")
    press(desk)  # whether the page has looked again or not: the server knows
    expect(desk.locator(".current.nobody")).to_contain_text("13:30")
    expect(desk.locator("#middle")).to_have_attribute("data-primary", "")
    picture(desk, f"lunch-desk-{lang}")
    assert checks.untranslated(desk, lang) == []
    expect(board.locator("#board")).to_have_attribute("data-stage", "lunch")
    expect(board.locator("#phase-large")).to_contain_text("13:30")
    expect(board.locator("#next li")).to_have_text([second, third])
    screens.look(board, f"board-lunch-{lang}")

    hours.until(stage, "13:30")
    fourth = stage.issue("passport", lang=lang)["number"]
    expect(desk.locator("#middle")).to_have_attribute("data-primary", "next")
    press(desk)
    expect(desk.locator(".current .number")).to_have_text(second)
    assert [called(stage) for _ in range(2)] == [third, fourth]
    stage.act(c.Finish("1"))


@pytest.mark.parametrize(("lang", "kept"), some((("ky", False), ("ru", True), ("kk", True), ("en", False)), 0, 1))
def test_the_evening_serves_who_has_a_ticket_and_the_morning_knows_what_was_left(
    screens: Browsers, stage: Stage, hours: Hours, lang: str, *, kept: bool
) -> None:
    begin(stage, hours, "17:50")
    stage.change(calendar={**stage.setting("calendar"), "keep_overnight": kept})
    board, kiosk, desk = screens.screen("board-a", BOARD), screens.screen("kiosk-1", KIOSK), console(screens, "1", lang)
    first, second = (stage.issue("passport", lang=lang)["number"] for _ in range(2))
    third, phone = take(screens, lang)
    press(desk)
    expect(desk.locator(".current .number")).to_have_text(first)

    hours.until(stage, "18:00")
    kiosk.click(f"a.tile[lang={lang}]")
    speaks(kiosk, lang, "09:00")
    expect(kiosk.locator(".sections .closed").first).to_be_visible()
    picture(kiosk, f"kiosk-evening-{lang}")
    press(desk)
    press(desk)  # finish and call the next: who has a ticket is still served
    expect(desk.locator(".current .number")).to_have_text(second)
    expect(board.locator("#board")).to_have_attribute("data-stage", "closed")
    expect(board.locator("#phase-line")).to_contain_text("09:00")
    screens.look(board, f"board-evening-{lang}")
    phone.reload()
    picture(phone, f"evening-phone-{lang}")
    assert checks.untranslated(phone, lang) == []
    press(desk, "f")
    expect(desk.locator(".current.nobody")).to_be_visible()

    left = stage.ctx.hall.find_open(third)
    assert left
    hours.until(stage, "09:00")
    waiting = [ticket.number for ticket in stage.ctx.hall.waiting()]
    assert waiting == ([third] if kept else [])
    expect(board.locator("#next li")).to_have_text(waiting)
    then = queries.ticket(stage.ctx.database, left.id)
    assert then
    assert (then.state, then.inaccurate) == ((TicketState.WAITING, False) if kept else (TicketState.CANCELLED, True))
    expect(desk.locator("#middle")).to_have_attribute("data-primary", "open")
    press(desk)  # the desk opens for the day
    expect(desk.locator("#middle")).to_have_attribute("data-state", "open")
    fresh = stage.issue("passport", lang=lang)["number"]
    assert fresh == "A001"
    assert [called(stage) for _ in (*waiting, fresh)] == [*waiting, fresh]
    expect(desk.locator(".current .number")).to_have_text(fresh)
    stage.act(c.Finish("1"))
