"""A new browser becomes a board by a code and one confirmation, a revoked one is cut off, and "which one is it?" is seen: in real browsers."""

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import BOARD, LAPTOP, Browsers, Hall
from tests.demo_process import Demo
from tests.devices.contract import faults, of
from tests.faults.traffic import post
from tests.journeys.mqtt_client import Login
from tests.journeys.sniffer import sniff
from tests.sampling import everything_only

WITHIN_A_MINUTE_S, CUT_OFF_S = 60.0, 2.0


@pytest.fixture(scope="module", autouse=True)
def whole_tree(demo: Demo) -> Iterator[None]:
    """Whatever screens say while they are paired, told and revoked is as published; at least that they are there, what they are, and an answer."""
    mqtt = demo.mqtt
    with sniff(Login(mqtt["host"], mqtt["port"], mqtt["monitor"]["user"], mqtt["monitor"]["password"])) as stream:
        yield
        assert faults(stream.messages) == []
        assert {"dev-status", "dev-about", "dev-cmd", "dev-reply"} <= {line.name for message in stream.messages if (line := of(message.topic))}


def administrator(hall: Browsers) -> Page:
    """Open the page of devices as the administrator, in English."""
    member = next(each for each in hall.demo.described["staff"] if each["role"] == "administrator")
    page = hall.page(LAPTOP)
    page.goto(f"{hall.demo.http}/login?next=/devices&lang=en")
    page.fill("#login", member["login"])
    page.fill("#password", member["password"])
    page.click("form .primary")
    page.wait_for_url("**/devices")
    return page


def confirm(office: Page, screen: Page, becomes: str) -> None:
    """Type the code that the screen shows, and confirm it."""
    office.fill("#code", screen.inner_text("#code"))
    office.click("#do-look")
    office.select_option("#becomes", becomes)
    office.click("#do-pair")
    office.locator(".message.good").wait_for()


@pytest.mark.timeout(180)
def test_a_new_browser_is_a_board_within_a_minute_shows_itself_and_is_cut_off_when_revoked(hall: Hall) -> None:
    hall.forgive("Failed to load resource", "WebSocket")  # that the revoked page is refused is what it is about
    office, screen = administrator(hall), hall.page(BOARD)
    began = time.monotonic()
    screen.goto(f"{hall.demo.http}/pair")
    confirm(office, screen, "new:board:a")
    expect(screen.locator("#board")).to_be_visible()
    expect(screen.locator("html")).to_have_attribute("data-live", "fresh")
    took = time.monotonic() - began
    name = screen.url.rpartition("/")[2]
    assert took < WITHIN_A_MINUTE_S

    card = office.locator(f"#d-{name}")
    expect(card.locator(".chip.good")).to_be_visible()  # it said that it is there, and the page looks again by itself
    card.locator("summary").click()
    office.click(f"#identify-{name}")
    expect(screen.locator("#identify")).to_have_text(name)
    hall.judge(screen, "board-identify")

    office.locator(f"#d-{name} summary").click()
    at = time.monotonic()
    office.click(f"#revoke-{name}")
    screen.wait_for_url("**/pair**")
    cut_off = time.monotonic() - at
    print(f"\na board after {took:.1f} s, cut off after {cut_off:.2f} s")
    assert cut_off < CUT_OFF_S
    expect(screen.locator("#code")).to_be_visible()  # and it waits to be paired again


@everything_only
def test_a_screen_in_the_place_of_another_is_offered_that_place_first(hall: Hall) -> None:
    hall.forgive("Failed to load resource", "WebSocket")
    office, screen = administrator(hall), hall.page(BOARD)
    screen.goto(f"{hall.demo.http}/board/board-b")
    screen.click("#to-pair")
    office.fill("#code", screen.inner_text("#code").lower())
    office.click("#do-look")
    hall.judge(office, "staff-pair")
    expect(office.locator("#becomes")).to_have_value("as:board-b")
    office.click("#do-pair")
    screen.wait_for_url("**/board/board-b")


@everything_only
def test_a_browser_without_scripts_is_paired_too(hall: Hall) -> None:
    office, screen = administrator(hall), hall.page(BOARD, script=False)
    screen.goto(f"{hall.demo.http}/pair")
    screen.click("#do-ask")
    confirm(office, screen, "new:kiosk:b")
    screen.wait_for_url("**/kiosk/*")


def test_a_browser_above_a_desk_becomes_its_display_and_shows_who_is_called(hall: Hall) -> None:
    office, screen = administrator(hall), hall.page(LAPTOP)
    screen.goto(f"{hall.demo.http}/pair")
    confirm(office, screen, "new:led:4")
    expect(screen.locator("html")).to_have_attribute("data-live", "fresh")
    _, answer = post(hall.demo, hall.demo.devices["kiosk-1"]["token"], "tickets", "display-0001", '{"service": "ready", "lang": "ky"}')
    number = json.loads(answer)["number"]
    post(hall.demo, hall.demo.devices["desk-4"]["token"], "desks/4/next", "display-0002", "{}")
    expect(screen.locator("#sign")).to_have_text(number)
    expect(screen.locator("#sign")).to_have_attribute("data-blink", "yes")
    post(hall.demo, hall.demo.devices["desk-4"]["token"], "desks/4/finish", "display-0003", "{}")
    expect(screen.locator("#sign")).to_have_text("")
