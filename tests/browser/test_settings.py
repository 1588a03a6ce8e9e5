"""A settings change that is wrong, then right, then taken back: by keyboard alone or by touch alone, in every language."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks
from tests.browser.browsing import KIOSK, LAPTOP, Hall, picture
from tests.browser.hands import Hands, Keyboard, Touch
from tests.browser.test_journey import SERVICE
from tests.sampling import everything_only, some

NEW = {"ky": "Паспорт жаңыча", "ru": "Паспорт, в одном окне", "kk": "Төлқұжат жаңаша", "en": "Passport, at one desk"}
WRONG = {
    "ky": "бүтүн сан эмес",
    "ru": "не целое число",
    "kk": "бүтін сан емес",
    "en": "is no whole number",
}
NARROW = (320, 640)


def log_in(hall: Hall, hands: Hands, lang: str, path: str) -> Page:
    """Log in as the administrator, on the way to a page."""
    member = hall.demo.staff["administrator"]
    page = hall.page(LAPTOP, touch=hands.touch)
    page.goto(f"{hall.demo.http}/?lang={lang}")
    page.goto(hall.demo.http + path)
    hands.write(page, "input[name=login]", member["login"])
    hands.write(page, "input[name=password]", member["password"])
    hands.press(page, "main form button")
    page.wait_for_url(hall.demo.http + path)
    return page


def expect_service(hall: Hall, lang: str, name: str) -> None:
    """Expect a kiosk to offer a service under this name."""
    kiosk = hall.screen("kiosk-1", KIOSK)
    kiosk.click(f"a.tile[lang={lang}]")
    expect(kiosk.get_by_text(name, exact=True)).to_be_visible()
    kiosk.context.close()


@pytest.mark.parametrize(
    ("lang", "hands"),
    some([("ky", Keyboard()), ("ru", Touch()), ("kk", Touch()), ("en", Keyboard())], 1),
    ids=some(["ky-keyboard", "ru-touch", "kk-touch", "en-keyboard"], 1),
)
def test_a_change_that_is_wrong_then_right_then_taken_back(hall: Hall, lang: str, hands: Hands) -> None:
    hall.forgive("422")
    page = log_in(hall, hands, lang, "/settings")
    expect(page.locator("html")).to_have_attribute("lang", lang)
    hall.look(page, f"settings-1-overview-{lang}")

    hands.press(page, "a[href$='/settings/edit/service?id=passport']")
    hands.write(page, f"[name='names.{lang}']", NEW[lang])
    hands.write(page, "#f-minutes", "soon")
    hands.press(page, "#to-preview")
    errors = page.locator("#errors")
    expect(errors).to_be_focused()
    expect(errors).to_contain_text(WRONG[lang])
    expect(page.locator(f"[name='names.{lang}']")).to_have_value(NEW[lang])
    hall.look(page, f"settings-2-wrong-{lang}")
    expect_service(hall, lang, SERVICE[lang])

    hands.press(page, "#errors a")
    hands.write(page, "#f-minutes", "11")
    hands.press(page, "#to-preview")
    expect(page.locator(".diff .after").first).to_contain_text(NEW[lang])
    hall.look(page, f"settings-3-preview-{lang}")
    expect_service(hall, lang, SERVICE[lang])
    hands.press(page, "#put-in-force")
    expect(page.locator("#take-back")).to_be_visible()
    hall.look(page, f"settings-4-in-force-{lang}")
    expect_service(hall, lang, NEW[lang])

    hands.press(page, "#take-back")
    expect(page.locator(".diff .before").first).to_contain_text(NEW[lang])
    expect_service(hall, lang, NEW[lang])
    hands.press(page, "#put-in-force")
    expect(page.locator("#take-back")).to_be_visible()
    expect_service(hall, lang, SERVICE[lang])
    hands.press(page, "a[href$='/settings/history']")
    expect(page.locator(".entries > li").nth(1)).to_contain_text("administrator")
    hall.look(page, f"settings-5-history-{lang}")


def test_the_text_says_every_problem_with_its_line_and_keeps_what_was_typed(hall: Hall) -> None:
    hall.forgive("422")
    hands = Keyboard()
    page = log_in(hall, hands, "en", "/settings/edit/text")
    text = page.input_value("#text")
    wrong = text.replace("cap = 3", "cap = none").replace("Hall A", "Hall <A>")
    hands.write(page, "#text", wrong)
    hands.press(page, "#to-preview")
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#errors code")).to_have_text("cap = none")
    assert page.input_value("#text") == wrong
    hands.write(page, "#text", wrong.replace("cap = none", "cap = 3"))
    hands.press(page, "#to-preview")
    expect(page.locator(".diff .after")).to_contain_text("Hall <A>")
    hands.press(page, "#back")
    assert page.input_value("#text") == wrong.replace("cap = none", "cap = 3")


@everything_only
@pytest.mark.parametrize("lang", some(["ky", "en"], 0))
def test_settings_pages_fit_a_narrow_screen_and_a_doubled_text(hall: Hall, lang: str) -> None:
    page = log_in(hall, Touch(), lang, "/settings")
    for path in ("", "/history", "/texts", "/edit/service?id=passport", "/edit/hours", "/edit/desk?id=1", "/edit/text"):
        for size in (NARROW, (LAPTOP[0] // 2, LAPTOP[1] // 2)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.goto(f"{hall.demo.http}/settings{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], (path, size)
            assert checks.clipped(page) == [], (path, size)
        hall.judge(page, f"settings{path}")
        picture(page, f"settings-narrow-{path.strip('/').replace('/', '-').partition('?')[0] or 'overview'}-{lang}")


@pytest.mark.parametrize("path", ["/settings", "/settings/edit/service?id=passport", "/settings/edit/hours"])
def test_the_way_of_the_focus_follows_the_page_and_is_seen(hall: Hall, path: str) -> None:
    page = log_in(hall, Keyboard(), "ru", path)
    assert checks.focus_faults(page) == []
