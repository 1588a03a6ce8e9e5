"""The demo's link to its own national server, in a real browser: cut it, go on working, restore it, watch what is not told yet become nothing."""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from edge.devices.link import Login
from tests.browser.browsing import KIOSK, LAPTOP, Hall, MakeHall
from tests.demo_process import Demo, wait_for
from tests.devices.client import Client

TOLD_MS = 60_000


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Demo]:
    """A demo with a national server of its own."""
    with Demo(tmp_path, national="own") as demo:
        yield demo


def take_a_ticket(kiosk: Page) -> None:
    kiosk.click("#in-en")
    kiosk.click("#to-passport")
    kiosk.click("#take")


def supervisor(hall: Hall) -> Page:
    page = hall.page(LAPTOP)
    member = hall.demo.staff["supervisor"]
    page.goto(f"{hall.demo.http}/login?next=/hall/national&lang=en")
    page.fill("#login", member["login"])
    page.fill("#password", member["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/hall/national")
    return page


def sync(demo: Demo) -> dict[str, Any]:
    with urllib.request.urlopen(f"{demo.http}/healthz", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)["sync"]
    return found


def run_out_of_paper(demo: Demo, name: str) -> None:
    ack = f"q/v1/dev/{name}/ack"
    with Client(Login(demo.mqtt["host"], demo.mqtt["port"], name, demo.devices[name]["password"]), ack) as kiosk:
        kiosk.publish(f"q/v1/dev/{name}/event", {"v": 1, "id": "p.1", "type": "paper-out"})
        assert kiosk.wait(ack).json["result"] == "ok"


def overview(demo: Demo) -> str:
    """Return the national server's page of all centres."""
    with urllib.request.urlopen(f"{demo.described['national']['url']}/overview?lang=en", timeout=10) as answer:
        page: str = answer.read().decode()
    return page


def test_the_hall_goes_on_while_the_link_is_cut_and_tells_everything_when_it_is_back(linked: Demo, open_hall: MakeHall) -> None:
    hall = open_hall(linked)
    front, kiosk = hall.page(LAPTOP), hall.screen("kiosk-1", KIOSK)
    front.goto(f"{linked.http}/?lang=en")
    state = front.locator("#link-state")
    expect(state).to_have_attribute("data-cut", "no")

    front.click("#link-switch")
    expect(state).to_have_attribute("data-cut", "yes")
    take_a_ticket(kiosk)
    run_out_of_paper(linked, "kiosk-2")
    expect(kiosk.locator("h1 .number").first).to_be_visible()
    expect(state).to_have_attribute("data-state", "blocked", timeout=TOLD_MS)
    expect(front.locator("#link-pending")).not_to_have_text("0")
    untold = sync(linked)
    assert untold["acked"] < untold["head"]
    hall.look(front, "link-cut")
    page = supervisor(hall)
    expect(page.locator("#h-now")).to_have_text("The national server cannot be reached.")
    expect(page.locator("#link-now")).to_have_attribute("data-why", "unreachable")
    hall.look(page, "link-blocked")

    front.click("#link-switch")
    expect(state).to_have_attribute("data-cut", "no")
    expect(page.locator("#link-now")).to_have_attribute("data-state", re.compile("idle|catching-up"), timeout=TOLD_MS)
    wait_for("what happened while the link was cut to be told", lambda: sync(linked)["acked"] >= untold["head"], TOLD_MS / 1000)
    wait_for("the country to read what is wrong at the centre", lambda: "No paper: kiosk-2" in overview(linked))
