"""Appointments as visitors meet them, in real browsers and four languages.

Booked at the kiosk; checked in early, on time, late and too late; a day for appointments only; a full day with standby. The keypad by finger, by a
keyboard and by a scanner.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest
from playwright.sync_api import Page, expect

from tests.appointments import appointment
from tests.browser import checks
from tests.browser.browsing import KIOSK, PHONE, Hall, MakeHall
from tests.pictures import situations
from tests.pictures.stage import Stage, staged
from tests.sampling import some

if TYPE_CHECKING:
    from tests.demo_process import Demo

LANGS = ("ky", "ru", "kk", "en")
NOT_IN = {"ky": "ЖОКСУЗ", "ru": "отмечены", "kk": "ЖОҚСЫЗ", "en": "NOT checked in"}
UNSURE = {"ky": "Кепилдиксиз", "ru": "Без гарантии", "kk": "Кепілдіксіз", "en": "Without guarantee"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A centre as it is on any morning."""
    with staged(tmp_path_factory.mktemp("bookings")) as running:
        yield running


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A centre on a day for appointments only."""
    with staged(tmp_path_factory.mktemp("only")) as running:
        situations.appointments_only(running)
        yield running


def kiosk(open_hall: MakeHall, stage: Stage, lang: str) -> tuple[Hall, Page]:
    """Open the kiosk at its services; what Chromium says of a refusal that was asked for is forgiven."""
    hall = open_hall(cast("Demo", stage))  # a stage has what a hall needs of a demo
    hall.forgive("Failed to load resource")
    page = hall.screen("kiosk-1", KIOSK)
    page.click(f"#in-{lang}")
    expect(page.locator("#check-in")).to_be_visible()
    return hall, page


def enter_code(page: Page, code: str) -> None:
    page.click("#check-in")
    type_code(page, code)


def type_code(page: Page, code: str) -> None:
    expect(page.locator("#keypad")).to_be_visible()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("lang", some(LANGS, 0))
def test_an_appointment_is_booked_at_the_kiosk_and_moved_and_cancelled(open_hall: MakeHall, stage: Stage, lang: str) -> None:
    hall, page = kiosk(open_hall, stage, lang)
    page.click("#book")
    page.wait_for_url("**/book")  # "#to-…" stands on the page before, too
    page.click("#to-passport")
    page.click(".days li:nth-child(2) a")
    page.locator(".times a").nth(20).click()
    expect(page.locator("#typed")).to_be_visible()
    for key in ("A", "N", *str(1_234_560 + LANGS.index(lang))):
        page.wait_for_timeout(200)  # real time: the guard against trembling hands
        page.click(f"#key-{key}")
    hall.look(page, f"kiosk-book-person-{lang}")
    page.click("#go")
    code = page.inner_text(".number.code")
    assert re.fullmatch(r"[A-M][A-Z2-9]{5}", code)
    hall.look(page, f"kiosk-booked-{lang}")
    assert checks.untranslated(page, lang) == []
    page.click("#back")
    page.click("#book")
    page.wait_for_url("**/book")  # "#to-…" stands on the page before, too
    page.click("#change")
    type_code(page, code.lower())
    page.click("#move")
    page.click(".days li:nth-child(3) a")
    page.locator(".times button").nth(8).click()
    expect(page.locator(".number.code")).to_have_text(code)
    (found,) = [each for each in stage.ctx.hall.bookings.values() if each.code == code]
    assert found.lang == lang
    page.click("#back")
    page.click("#book")
    page.wait_for_url("**/book")  # "#to-…" stands on the page before, too
    page.click("#change")
    type_code(page, code)
    page.click("#cancel")
    expect(page.locator("#keep")).to_be_visible()
    page.wait_for_timeout(550)
    page.click("#cancel")
    expect(page.locator("#book-anew")).to_be_visible()
    assert found.id not in stage.ctx.hall.bookings


@pytest.mark.parametrize("lang", some(LANGS, 2))
def test_check_in_early_on_time_late_and_too_late(open_hall: MakeHall, stage: Stage, lang: str) -> None:
    hall, page = kiosk(open_hall, stage, lang)
    enter_code(page, appointment(stage.ctx, 200).code)
    expect(page.locator(".refusal")).to_contain_text(NOT_IN[lang])
    expect(page.locator("#take")).to_have_count(0)
    page.click("#back")
    on_time = appointment(stage.ctx, 8)
    type_code(page, on_time.code)
    page.click("#take")
    number = page.inner_text(".number")
    assert re.fullmatch(r"A\d{3}", number)
    page.click("#back")
    enter_code(page, on_time.code)
    expect(page.locator(".number")).to_have_text(number)
    page.click("#back")
    enter_code(page, appointment(stage.ctx, -20).code)
    expect(page.locator(".refusal.warn")).to_be_visible()
    page.click("#take")
    expect(page.locator(".refusal.warn")).to_be_visible()
    expect(page.locator(".number")).to_be_visible()
    page.click("#back")
    enter_code(page, appointment(stage.ctx, -50).code)
    expect(page.locator(".refusal.bad")).to_contain_text(NOT_IN[lang])
    expect(page.locator("#book-anew")).to_be_visible()
    page.click("#take")
    expect(page.locator(".number")).to_be_visible()
    hall.look(page, f"kiosk-too-late-ticket-{lang}")
    phone = hall.page(PHONE)
    phone.goto(page.inner_text(".address"))
    expect(phone.locator(".stub .of").nth(1)).to_be_visible()


@pytest.mark.parametrize("lang", some(LANGS, 1))
def test_on_a_day_for_appointments_only_a_walk_in_wish_is_a_booking_in_two_touches_more(open_hall: MakeHall, strict: Stage, lang: str) -> None:
    hall, page = kiosk(open_hall, strict, lang)
    tops = [page.locator(each).bounding_box() for each in ("#check-in", "#to-ready", "#to-passport")]
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box)
    hall.look(page, f"kiosk-only-{lang}")
    page.click("#to-passport")
    expect(page.locator(".free-times a")).to_have_count(3)
    assert checks.untranslated(page, lang) == []
    page.click("#at-2")
    expect(page.locator("#keypad")).to_be_visible()
    page.keyboard.type(f"ID99{LANGS.index(lang)}")
    page.click("#go")
    expect(page.locator(".number.code")).to_be_visible()
    page.click("#back")
    page.click("#to-ready")
    page.click("#take")
    expect(page.locator(".number")).to_be_visible()


@pytest.mark.parametrize("lang", some(LANGS, 3))
def test_when_the_day_is_full_a_visitor_knows_before_the_ticket_that_nothing_is_sure(
    open_hall: MakeHall, tmp_path_factory: pytest.TempPathFactory, lang: str
) -> None:
    with staged(tmp_path_factory.mktemp("full")) as stage:
        situations.standby(stage)
        hall, page = kiosk(open_hall, stage, lang)
        page.click("#to-passport")
        expect(page.locator(".unsure")).to_contain_text(UNSURE[lang])
        expect(page.locator("#at-1")).to_be_visible()
        hall.look(page, f"kiosk-standby-{lang}")
        page.click("#take")
        expect(page.locator(".number")).to_be_visible()
        expect(page.locator(".unsure")).to_contain_text(UNSURE[lang])
        phone = hall.page(PHONE)
        phone.goto(page.inner_text(".address"))
        expect(phone.locator(".message.warn")).to_contain_text(UNSURE[lang])
        stage.change(promises={"cut_off": False})
        situations.full(stage)
        page.click("#back")
        page.click("#to-passport")
        expect(page.locator(".free-times a")).to_have_count(3)
        expect(page.locator("#take")).to_have_count(0)
        hall.look(page, f"kiosk-full-{lang}")
        hall.close()


def test_a_scanner_types_faster_than_any_hand_and_in_another_layout(open_hall: MakeHall, stage: Stage) -> None:
    """A code may have a letter twice; what a scanner sends are places of keys, which a Russian layout names by other letters."""
    _, page = kiosk(open_hall, stage, "ru")
    found = appointment(stage.ctx, 5, code="AAB22Z")
    page.click("#check-in")
    expect(page.locator("#keypad")).to_be_visible()
    page.evaluate(
        """() => {
            const typed = [["KeyA", "ф"], ["KeyA", "ф"], ["KeyB", "и"], ["Digit2", "2"], ["Digit2", "2"], ["KeyZ", "я"], ["Enter", "Enter"]];
            for (const [code, key] of typed)
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { code, key, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("#take")).to_be_visible()
    assert page.url.endswith(found.code)


def test_the_keypad_takes_only_its_signs_and_no_more_than_fit(open_hall: MakeHall, stage: Stage) -> None:
    _, page = kiosk(open_hall, stage, "en")
    page.click("#check-in")
    expect(page.locator("#keypad")).to_be_visible()
    page.keyboard.type("a1o0b-c defgh")
    expect(page.locator("#typed")).to_have_value("ABCDEF")
    page.keyboard.press("Backspace")
    page.click("#key-erase")
    expect(page.locator("#typed")).to_have_value("ABCD")
    page.keyboard.press("Enter")
    expect(page.locator("#typed-error")).to_be_visible()
    expect(page.locator("#typed")).to_have_value("ABCD")
    page.keyboard.type("77")
    page.click("#go")
    expect(page.locator("#typed-error")).to_contain_text("NOT checked in")
    page.click("#mode-large")
    expect(page.locator("#mode-large")).to_have_attribute("aria-pressed", "true")  # and everything has its place
    page.click("#over")
    expect(page.locator(".languages")).to_be_visible()


def test_the_same_code_is_typed_without_a_script(open_hall: MakeHall, stage: Stage) -> None:
    hall = open_hall(cast("Demo", stage))
    page = hall.screen("kiosk-1", KIOSK, script=False)
    found = appointment(stage.ctx, 5)
    page.click("#in-en")
    page.click("#check-in")
    for key in found.code[:2]:
        page.click(f"#key-{key}")
    expect(page.locator("#typed")).to_have_value(found.code[:2])
    page.fill("#typed", "")
    page.keyboard.type(found.code)
    page.keyboard.press("Enter")
    page.click("#take")
    expect(page.locator(".number")).to_be_visible()


def test_keys_of_the_keypad_are_20_by_25_millimetres(open_hall: MakeHall, stage: Stage) -> None:
    _, page = kiosk(open_hall, stage, "en")
    mm = (KIOSK[0] ** 2 + KIOSK[1] ** 2) ** 0.5 / (22 * 25.4)
    page.click("#check-in")
    for step in ("#key-A", None):
        expect(page.locator("#keypad")).to_be_visible()
        for key in page.locator("#keypad button:visible").all():
            box = key.bounding_box()
            assert box is not None
            assert box["width"] >= 20 * mm
            assert box["height"] >= 25 * mm
        if step:
            page.click("#over")
            page.click("#in-en")
            page.click("#book")
            page.wait_for_url("**/book")  # "#to-…" stands on the page before, too
            page.click("#to-birth")
            page.locator(".days a").nth(1).click()
            page.locator(".times a").nth(1).click()
            expect(page.locator("#key-I")).to_be_visible()
