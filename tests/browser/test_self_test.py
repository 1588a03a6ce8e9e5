"""What only a browser can tell of the box, against a real broker: its port, the letters of the font, and a finger."""

from playwright.sync_api import expect

from tests.browser import checks
from tests.browser.browsing import PHONE, Hall


def test_a_phone_finds_the_broker_the_letters_and_the_finger(hall: Hall) -> None:
    page = hall.page(PHONE, touch=True)
    page.goto(f"{hall.demo.http}/self-test?lang=en")
    for name in ("answer", "socket", "time", "letters", "screen"):
        expect(page.locator(f"#test-{name}")).to_have_attribute("data-state", "good")
    page.tap("#pad")
    expect(page.locator("#test-touch .says")).to_have_text("Felt by finger: 1")
    expect(page.locator("#outcome .hint")).to_have_text("Not tried yet: sound.")
    assert checks.focus_faults(page) == []
