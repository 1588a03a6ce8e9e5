"""A visitor takes a number, a clerk calls it, the board shows it: in every language, in real browsers."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import BOARD, DESK, KIOSK, LAPTOP, NARROW_DESK, PHONE, Hall, still_here
from tests.sampling import some

LANGS = ("ky", "ru", "kk", "en")
SERVICE = {
    "ky": "ID-карта алуу же алмаштыруу",
    "ru": "Получение или обмен ID-карты",
    "kk": "ID-карта алу немесе ауыстыру",
    "en": "ID card: new or exchange",
}


def take(kiosk: Page, lang: str) -> str:
    """Take a ticket at a kiosk that shows its first page: three touches."""
    kiosk.click(f"a.tile[lang={lang}]")
    kiosk.click(f"text={SERVICE[lang]}")
    kiosk.click("button.primary.huge")
    return kiosk.inner_text(".number")


def call(board: Page, number: str, desk: str) -> None:
    """Expect the newest call on the board."""
    newest = board.locator("#calls li").first
    expect(newest.locator("[data-slot=number]")).to_have_text(number)
    expect(newest.locator("[data-slot=desk]")).to_have_text(desk)


@pytest.mark.parametrize("lang", some(LANGS, 0))
def test_a_number_taken_at_the_kiosk_is_called_at_the_desk_and_shown_on_the_board(hall: Hall, lang: str) -> None:
    board = hall.screen("board-a", BOARD)
    kiosk = hall.screen("kiosk-1", KIOSK)
    hall.look(kiosk, "kiosk-1-languages")
    kiosk.click(f"a.tile[lang={lang}]")
    expect(kiosk.locator("html")).to_have_attribute("lang", lang)
    hall.look(kiosk, f"kiosk-2-services-{lang}")
    kiosk.click(f"text={SERVICE[lang]}")
    hall.look(kiosk, f"kiosk-3-confirm-{lang}")
    kiosk.click("button.primary.huge")
    number = kiosk.inner_text(".number")
    assert re.fullmatch(r"A\d{3}", number)
    expect(kiosk.locator("#paper:not([data-printing]):not(.refusal)")).to_be_visible()
    assert list((hall.demo.data / "paper").glob("*.png"))
    hall.look(kiosk, f"kiosk-5-number-{lang}")
    expect(board.locator("#next li").first).to_have_text(number)

    desk = hall.screen("desk-1", DESK)
    desk.goto(f"{desk.url}?lang={lang}")
    hall.look(desk, f"desk-1-free-{lang}")
    desk.keyboard.press("Space")
    expect(desk.locator(".current .number")).to_have_text(number)
    hall.look(desk, f"desk-2-called-{lang}")
    call(board, number, "1")
    hall.look(board, f"board-2-call-{lang}")

    phone = hall.page(PHONE)
    phone.goto(kiosk.inner_text(".address"))
    expect(phone.locator("html")).to_have_attribute("lang", lang)
    hall.look(phone, f"phone-called-{lang}")

    desk.keyboard.press("Space")
    expect(desk.locator("#middle")).to_have_attribute("data-primary", "next")
    hall.judge(desk, "desk-serving")
    desk.wait_for_timeout(500)  # the guard against repeats counts real time
    desk.keyboard.press("f")
    expect(desk.locator(".current.nobody")).to_be_visible()
    expect(board.locator("#calls li")).to_have_count(0)


def test_a_right_to_priority_costs_one_touch_more_and_stands_on_board_and_desk(hall: Hall) -> None:
    board = hall.screen("board-a", BOARD)
    desk = hall.screen("desk-2", NARROW_DESK)
    desk.goto(f"{desk.url}?lang=ru")
    numbers = []
    for category in (None, "veteran"):
        kiosk = hall.screen("kiosk-2", KIOSK)
        if category is None:
            numbers.append(take(kiosk, "ru"))
            continue
        kiosk.click("a.tile[lang=ru]")
        kiosk.click(f"text={SERVICE['ru']}")
        kiosk.click("a.huge")
        hall.look(kiosk, "kiosk-4-priority-ru")
        kiosk.click(f"button[value={category}]")
        numbers.append(kiosk.inner_text(".number"))
    desk.click("#do-next")
    expect(desk.locator(".current .number")).to_have_text(numbers[1])
    call(board, numbers[1], "2")
    expect(board.locator("#calls li .icon-category")).to_be_visible()
    hall.look(desk, "desk-3-narrow-ru")
    hall.look(board, "board-3-priority")
    desk.click("#do-category")
    expect(desk.locator("#do-category")).to_have_count(0)
    for number in (numbers[0], None):
        desk.wait_for_timeout(500)
        desk.click("#do-next")
        expect(desk.locator(".current .number, .current.nobody").first).to_contain_text(number or "")
    expect(desk.locator(".current.nobody")).to_be_visible()


def test_a_wrong_call_is_taken_back_and_a_missed_one_is_not_called_again(hall: Hall) -> None:
    board = hall.screen("board-a", BOARD)
    number = take(hall.screen("kiosk-1", KIOSK), "ky")
    desk = hall.screen("desk-3", DESK)
    desk.keyboard.press("Enter")
    call(board, number, "3")
    desk.wait_for_timeout(500)
    desk.keyboard.press("u")
    expect(board.locator("#next li").first).to_have_text(number)
    expect(desk.locator(".current.nobody")).to_be_visible()
    desk.wait_for_timeout(500)
    desk.keyboard.press("Enter")
    call(board, number, "3")
    pulsing = board.locator("#calls li.pulse")
    expect(pulsing).to_have_count(1)
    expect(pulsing).to_have_count(0, timeout=8_000)
    desk.keyboard.press("r")
    expect(pulsing).to_have_count(1)
    desk.wait_for_timeout(500)
    desk.keyboard.press("n")
    expect(desk.locator(".current.nobody")).to_be_visible()
    expect(board.locator("#calls li")).to_have_count(0)
    desk.wait_for_timeout(500)
    desk.keyboard.press("Enter")
    expect(desk.locator("#middle .message")).not_to_be_empty()
    expect(desk.locator(".current.nobody")).to_be_visible()


def test_a_console_follows_what_another_console_of_the_desk_does(hall: Hall) -> None:
    first, second = hall.screen("desk-4", DESK), hall.screen("desk-4", DESK)
    first.keyboard.press("p")
    expect(second.locator("#middle")).to_have_attribute("data-state", "paused")
    hall.judge(second, "desk-paused")
    second.click("#do-open")
    expect(first.locator("#middle")).to_have_attribute("data-state", "open")
    first.wait_for_timeout(500)  # the guard against repeats counts from the pause
    first.click("#do-close")
    expect(second.locator("#middle")).to_have_attribute("data-state", "closed")
    hall.judge(second, "desk-closed")
    second.wait_for_timeout(500)
    second.click("#do-open")
    expect(first.locator("#middle")).to_have_attribute("data-state", "open")


def test_two_touches_of_the_button_take_one_number(hall: Hall) -> None:
    kiosk = hall.screen("kiosk-2", KIOSK)
    kiosk.click("a.tile[lang=en]")
    kiosk.click("text=Benefits")
    kiosk.dblclick("button.primary.huge")
    number = kiosk.inner_text(".number")
    kiosk.reload()
    assert kiosk.inner_text(".number") == number
    desk = hall.screen("desk-5", DESK)
    expect(desk.locator(".strip")).to_contain_text("1")
    desk.keyboard.press("Space")
    expect(desk.locator(".current .number")).to_have_text(number)
    desk.wait_for_timeout(500)
    desk.keyboard.press("f")
    expect(desk.locator(".current.nobody")).to_be_visible()


def test_an_abandoned_kiosk_asks_and_then_starts_over(hall: Hall) -> None:
    kiosk = hall.screen("kiosk-1", KIOSK)
    kiosk.clock.install()
    kiosk.click("a.tile[lang=ky]")
    expect(kiosk.locator("#over")).to_be_visible()  # the page is there, so its timer runs
    kiosk.clock.fast_forward(26_000)
    expect(kiosk.locator("#idle")).to_be_visible()
    hall.look(kiosk, "kiosk-6-idle")  # with the band: the jump of the clock made the heartbeat late, too
    still_here(kiosk)
    kiosk.clock.fast_forward(20_000)
    expect(kiosk.locator("#idle")).to_be_hidden()
    kiosk.clock.fast_forward(6_000)
    expect(kiosk.locator("#idle")).to_be_visible()
    kiosk.clock.fast_forward(21_000)
    kiosk.wait_for_url("**/kiosk/kiosk-1")


@pytest.mark.parametrize("lang", some(LANGS, 2))
def test_the_front_page_links_every_screen_and_says_how_the_box_is(hall: Hall, lang: str) -> None:
    page = hall.page(LAPTOP)
    page.goto(f"{hall.demo.http}/?lang={lang}")
    expect(page.locator("html")).to_have_attribute("lang", lang)
    links = {link.get_attribute("href") for link in page.locator("main a").all()}
    devices = {f"/demo/enter/{device['id']}" for kind in ("kiosk", "board", "desk") for device in hall.demo.of_kind(kind)}
    assert links == devices | {"/door", "/login", "/hall", "/devices", "/rules", "/settings", "/staff", "/style", "/self-test"}
    hall.look(page, f"landing-{lang}")
    page.click("a[href='/demo/enter/kiosk-2']")
    page.wait_for_url("**/kiosk/kiosk-2")


def test_an_empty_board_bids_welcome_in_two_languages(hall: Hall) -> None:
    board = hall.screen("board-b", BOARD, calm=True)
    expect(board.locator(".mode[data-for=free]")).to_be_visible()
    assert [line.get_attribute("lang") for line in board.locator(".mode[data-for=free] span").all()] == ["ky", "ru"]
    hall.look(board, "board-1-empty")
