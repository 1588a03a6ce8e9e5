"""Without JavaScript everything that a form can do still works, and errors are pages in the visitor's language."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import BOARD, DESK, KIOSK, PHONE, Hall, picture
from tests.browser.test_journey import LANGS, take
from tests.sampling import some


def test_kiosk_desk_and_board_work_without_javascript(hall: Hall) -> None:
    number = take(hall.screen("kiosk-1", KIOSK, script=False), "ru")
    desk = hall.screen("desk-1", DESK, script=False)
    desk.click("#do-next")
    expect(desk.locator(".current .number")).to_have_text(number)
    desk.click("#do-recall")
    expect(desk.locator("#middle .message")).not_to_be_empty()
    board = hall.screen("board-a", BOARD, script=False)
    expect(board.locator("#calls li [data-slot=number]")).to_have_text(number)
    desk.click("#do-start")
    desk.click("#do-finish")
    expect(desk.locator(".current.nobody")).to_be_visible()
    board.wait_for_timeout(100)
    expect(board.locator("#calls li")).to_have_count(0, timeout=10_000)  # the page renews itself every five seconds, counted from when it has loaded


def test_the_visitors_page_renews_itself_and_stays_small(hall: Hall) -> None:
    kiosk = hall.screen("kiosk-1", KIOSK, script=False)
    take(kiosk, "kk")
    phone = hall.page(PHONE, script=False)
    sizes: list[int] = []
    phone.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    answer = phone.goto(kiosk.inner_text(".address"))
    assert answer is not None
    again = re.search(r'<noscript><meta http-equiv="refresh" content="(\d+)"></noscript>', answer.text())
    assert again
    assert int(again.group(1)) <= 20
    assert sum(sizes) <= 30_000
    picture(phone, "phone-waiting-kk")
    desk = hall.screen("desk-1", DESK, script=False)
    desk.click("#do-next")
    phone.reload()
    expect(phone.locator(".desk")).to_contain_text("1-терезе")
    desk.click("#do-finish")


@pytest.mark.parametrize("lang", some(LANGS, 0))
def test_a_wrong_address_is_answered_in_the_visitors_language(hall: Hall, lang: str) -> None:
    hall.forgive("404")
    page = hall.screen("kiosk-1", KIOSK, script=False)
    answer = page.goto(f"{hall.demo.http}/kiosk/kiosk-1/{lang}/service/nothing")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("html")).to_have_attribute("lang", lang)
    picture(page, f"fault-{lang}")
    page.click("a.button")
    page.wait_for_url("**/kiosk/kiosk-1")


def test_a_screen_that_is_not_paired_says_so_and_shows_nothing_of_the_hall(hall: Hall) -> None:
    hall.forgive("403")
    page = hall.page(DESK, script=False)
    for address in ("/kiosk/kiosk-1", "/desk/desk-1", "/board/board-a"):
        answer = page.goto(hall.demo.http + address)
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("h1")).to_have_text("Бул экран туташтырылган эмес")


def test_a_form_without_its_token_changes_nothing(hall: Hall) -> None:
    desk = hall.screen("desk-1", DESK, script=False)
    answer = desk.request.post(f"{hall.demo.http}/desk/desk-1/next", form={"key": "12345678"})
    assert answer.status == 400
    assert "html" in answer.headers["content-type"]
