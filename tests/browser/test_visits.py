"""Visits in real browsers and four languages: a right without proof, one that waits for its proof, desk to desk and back, several services, timers.

Each language goes its own way through one centre on a clock that the test moves (`hours.Hours`): nobody waits for a timer. Timers are told in two
languages; `bash tests/long.sh screens` has all four.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from edge.demo import Options
from edge.queueing import commands as c
from edge.queueing.desk import DeskState
from edge.store import queries
from tests.browser import checks
from tests.browser.browsing import BOARD, KIOSK, LAPTOP, PHONE, Browsers, picture
from tests.browser.clerk import console, press, touch
from tests.browser.hours import Hours
from tests.browser.test_journey import SERVICE
from tests.pictures.stage import Stage, staged
from tests.sampling import some

LANGS = ("ky", "ru", "kk", "en")
MOVE = {
    "ky": "Көчүү: паспорт жана каттоо",
    "ru": "Переезд: паспорт и прописка",
    "kk": "Көшу: төлқұжат және тіркеу",
    "en": "Moving: passport and address",
}
ISSUED = {"ky": "Берилди", "ru": "Выдано", "kk": "Берілді", "en": "Issued"}
DENIED = {"ky": "Четке кагылды", "ru": "Отказано", "kk": "Бас тартылды", "en": "Denied"}


@pytest.fixture(scope="module")
def hours() -> Hours:
    """The clock of this module's centre."""
    return Hours()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, hours: Hours) -> Iterator[Stage]:
    """A centre that never closes, with a visit of two services, outcomes of one, and a back office for another."""
    with staged(tmp_path_factory.mktemp("visits"), Options(), hours) as stage:
        services = {each["code"]: each for each in stage.setting("services")}
        services["birth"]["outcomes"] = [{"code": "issued", "names": ISSUED}, {"code": "denied", "names": DENIED}]
        services["statements"]["quiet"] = True
        services["foreigners"] |= {"names": MOVE, "steps": ["passport", "address"]}  # in place of one: with more, a kiosk shows groups first
        desks = [{**each, "services": [code for code in each["services"] if code != "foreigners"]} for each in stage.setting("desks")]
        stage.change(services=list(services.values()), desks=desks)
        yield stage


@pytest.fixture
def stage(centre: Stage) -> Iterator[Stage]:
    """The centre with every desk open and nobody in the hall; at the end as well."""
    yield centre
    hall = centre.ctx.hall
    for ticket in list(hall.tickets.values()):
        if ticket.desk and hall.desks[ticket.desk].ticket == ticket.id:
            centre.act(c.Cancel(ticket.desk))
        else:
            centre.do(c.Withdraw(ticket.id, "end of the test"))
    for desk in hall.desks.values():
        if desk.state is not DeskState.OPEN:
            centre.act(c.Open(desk.desk))


def pair(lang: str) -> tuple[str, str]:
    """Return the desks of a language: one in hall A, one in hall B."""
    place = LANGS.index(lang) + 1
    return str(place), str(place + 4)


def served(desk: Page, number: str) -> None:
    """Call the next, who is ``number``, and say that the visitor is here."""
    press(desk)
    expect(desk.locator(".current .number")).to_have_text(number)
    press(desk)
    expect(desk.locator("#middle")).to_have_attribute("data-primary", "next")


def take(screens: Browsers, lang: str, category: str | None = None) -> tuple[str, Page]:
    """Take a ticket at the kiosk and open its page on a phone; returns the number and that page."""
    kiosk = screens.screen("kiosk-1", KIOSK)
    kiosk.click(f"a.tile[lang={lang}]")
    kiosk.click(f"text={SERVICE[lang]}")
    kiosk.click("#priority" if category else "#take")
    if category:
        kiosk.click(f"#as-{category}")
    number, address = kiosk.inner_text(".number"), kiosk.inner_text(".address")
    kiosk.context.close()
    return number, phone(screens, address)


def phone(screens: Browsers, address: str) -> Page:
    page = screens.page(PHONE)
    page.goto(address)
    return page


def next_on(board: Page, *numbers: str) -> None:
    """Expect the numbers that a board says are next."""
    expect(board.locator("#next li")).to_have_text(list(numbers))


def call_on(board: Page, number: str, desk: str, why: str) -> None:
    """Expect the newest call of a board, with its reason."""
    newest = board.locator("#calls li").first
    expect(newest.locator("[data-slot=number]")).to_have_text(number)
    expect(newest.locator("[data-slot=desk]")).to_have_text(desk)
    expect(newest.locator(f".icon-{why}")).to_be_visible()


def tells(page: Page, lang: str, selector: str, text: str) -> None:
    """Look at a phone's page anew: it says ``text`` at ``selector``, and nothing that is not in the language."""
    page.reload()
    expect(page.locator(selector)).to_contain_text(text)
    assert checks.untranslated(page, lang) == []


@pytest.mark.parametrize("lang", some(LANGS, 1))
def test_a_right_without_proof_waits_in_turn_and_one_that_waits_for_its_proof_counts_once_it_was_seen(
    screens: Browsers, stage: Stage, lang: str
) -> None:
    own, _ = pair(lang)
    board, desk = screens.screen("board-a", BOARD), console(screens, own, lang)
    first, guardian = stage.issue("passport")["number"], stage.issue("passport", category="guardian")["number"]
    veteran, page = take(screens, lang, "veteran")
    last = stage.issue("passport")["number"]
    next_on(board, veteran, first, guardian, last)
    press(desk)
    call_on(board, veteran, own, "category")
    touch(desk, "#do-category-no")
    expect(desk.locator(".current.nobody")).to_be_visible()
    next_on(board, first, guardian, veteran, last)
    tells(page, lang, ".message.warn", "09:")
    picture(page, f"visit-refused-phone-{lang}")

    touch(desk, "#do-proofs")
    picture(desk, f"visit-proofs-desk-{lang}")
    touch(desk, f"#do-proof-{guardian}")
    next_on(board, guardian, first, veteran, last)
    for number, why in ((guardian, "category"), (first, "order"), (veteran, "order"), (last, "order")):
        stage.act(c.CallNext(own))
        call_on(board, number, own, why)

    page = screens.page(LAPTOP)
    member = stage.staff["supervisor"]
    page.goto(f"{stage.http}/login?next=/hall&lang={lang}")
    page.fill("#login", member["login"])
    page.fill("#password", member["password"])
    page.keyboard.press("Enter")
    page.click("#to-today")
    row = page.locator("tbody tr", has=page.locator("th", has_text=re.compile(rf"\b{own}$")))
    expect(row.locator("td")).to_have_text(["5", "0", "0.0 %" if lang == "en" else "0,0 %", "1", "1"])
    screens.look(page, f"visit-today-{lang}")
    assert checks.untranslated(page, lang) == []


@pytest.mark.parametrize("lang", some(LANGS, 2))
def test_a_visitor_goes_to_another_desk_and_back_and_through_a_visit_of_two_services(screens: Browsers, stage: Stage, lang: str) -> None:
    own, other = pair(lang)
    here, there = screens.screen("board-a", BOARD), screens.screen("board-b", BOARD)
    desk = console(screens, own, lang)
    number, page = take(screens, lang)
    served(desk, number)
    for again in (True, False):
        press(desk, "t")
        desk.check("#panel input[name=return]")
        touch(desk, f"#panel button[value='desk:{other}']")
        expect(desk.locator(".current.nobody")).to_be_visible()
        next_on(there, number)
        if again:
            tells(page, lang, ".place", other)
            press(desk, "u")
            expect(desk.locator(".current .number")).to_have_text(number)
            next_on(there)
            tells(page, lang, ".state-serving .headline", own)
    stage.act(c.CallNext(other))
    call_on(there, number, other, "transfer")
    tells(page, lang, ".state-called .desk", other)
    stage.act(c.Finish(other))
    next_on(here, number)
    tells(page, lang, ".state-waiting .place", own)
    picture(page, f"visit-return-phone-{lang}")
    press(desk)
    call_on(here, number, own, "transfer")
    press(desk, "f")
    expect(desk.locator(".current.nobody")).to_be_visible()
    tells(page, lang, ".state-finished .headline", "")

    moving = stage.issue("foreigners", lang=lang)
    page = phone(screens, stage.described["visitor"] + moving["track_url"])
    expect(page.locator(".visit [aria-current=step]")).to_contain_text(SERVICE[lang])
    served(desk, moving["number"])
    press(desk, "f")
    expect(desk.locator(".current.nobody")).to_be_visible()
    next_on(there, moving["number"])
    tells(page, lang, ".visit h2", "2")
    picture(page, f"visit-steps-phone-{lang}")
    stage.act(c.CallNext(other), c.Finish(other))
    tells(page, lang, ".state-finished .visit", "")


@pytest.mark.parametrize("lang", some(LANGS, 0))
def test_a_hold_ends_by_itself_a_missed_visitor_returns_and_how_a_visit_ended_is_asked(
    screens: Browsers, stage: Stage, hours: Hours, lang: str
) -> None:
    own, other = pair(lang)
    board, back_office, desk = screens.screen("board-a", BOARD), screens.screen("board-b", BOARD), console(screens, own, lang)
    number, page = take(screens, lang)
    served(desk, number)
    press(desk, "h")
    desk.click("#panel .segments label:first-child")  # 5 minutes
    touch(desk, "#panel .primary")
    expect(desk.locator(".current.nobody")).to_be_visible()
    tells(page, lang, ".state-held .place", ":")
    next_on(board)
    hours.pass_by(stage, 5)
    next_on(board, number)
    tells(page, lang, ".state-waiting .headline", "")

    press(desk)
    call_on(board, number, own, "returned")
    for _ in range(3):
        press(desk, "r")
    expect(desk.locator("#middle")).to_have_attribute("data-primary", "no-show")
    press(desk)
    expect(board.locator("#calls li")).to_have_count(0)
    tells(page, lang, ".state-missed .expected", ":")
    picture(page, f"visit-missed-phone-{lang}")
    touch(desk, "#do-aside")
    touch(desk, f"#do-resume-{number}")
    next_on(board, number)
    hours.pass_by(stage, 2)
    served(desk, number)
    press(desk, "f")
    expect(desk.locator(".current.nobody")).to_be_visible()

    paper = stage.issue("statements", lang=lang)
    birth = stage.issue("birth", lang=lang)
    stage.act(c.CallNext(other))
    served(desk, birth["number"])
    press(desk)
    touch(desk, "#panel button[value=issued]")
    expect(desk.locator(".current.nobody")).to_be_visible()
    ended = queries.ticket(stage.ctx.database, birth["id"])
    assert ended
    assert ended.outcome == "issued"
    quiet = stage.ctx.hall.at_desk(other)
    assert quiet
    assert quiet.number == paper["number"]
    next_on(back_office)
    expect(back_office.locator("#calls li")).to_have_count(0)
