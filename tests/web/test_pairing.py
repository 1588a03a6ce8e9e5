"""A browser becomes a device: by a code and one confirmation, without scripts; and what the page of devices does with those that are."""

import re
from pathlib import Path

import pytest

from edge.operations import codes, printing, registry
from edge.operations.orders import Op, Order
from edge.operations.printing import Fault, Printers, State
from edge.store import queries
from tests.web.conftest import Answer, Web, served
from tests.web.surfing import Browser, field_of

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


@pytest.fixture
def asel(fresh: Web) -> Browser:
    """An administrator's browser at a centre of its own, in English."""
    browser = Browser(fresh)
    browser.log_in("asel")
    browser.get("/devices?lang=en")
    return browser


def screen_of(web: Web, device: str = "") -> tuple[Browser, str]:
    """Return a new browser that shows a code, and the code."""
    screen = Browser(web)
    page = screen.get(f"/pair?device={device}")
    assert screen.post("/pair", {"device": device}, csrf=field_of(page, "csrf_token"), headers={"User-Agent": CHROME}).status == 303
    return screen, code_on(screen.get("/pair"))


def code_on(page: Answer) -> str:
    found = re.search(r'id="code"[^>]*>([^<]+)<', page.text)
    assert found, page.text
    return found[1]


def confirm(asel: Browser, code: str, becomes: str) -> Answer:
    page = asel.get(f"/devices/pair?code={code.replace(' ', '+')}")
    assert page.status == 200, page.text
    return asel.post("/devices/pair", {"key": field_of(page, "key"), "code": field_of(page, "code"), "becomes": becomes})


def test_a_browser_becomes_a_new_board_by_its_code_and_one_confirmation(asel: Browser) -> None:
    screen, code = screen_of(asel.web)
    assert screen.get("/pair/state").text == "waiting"
    page = asel.get(f"/devices/pair?code={code.replace(' ', '+')}").text
    assert "Chromium 130, Linux" in page
    assert "127.0.0.1" in page
    assert confirm(asel, code, "new:board:b").status == 303
    assert screen.get("/pair/state").text == "ready"
    there = screen.get("/pair")
    assert (there.status, there.headers["location"]) == (303, "/board/board-b-2")
    assert screen.get("/board/board-b-2").status == 200


def test_a_screen_in_the_place_of_another_puts_that_one_out(asel: Browser) -> None:
    old = Browser(asel.web).pair("board-a")
    assert old.get("/board/board-a").status == 200
    screen, code = screen_of(asel.web, "board-a")
    assert confirm(asel, code, "as:board-a").status == 303
    screen.get("/pair")
    assert screen.get("/board/board-a").status == 200
    gone = old.get("/board/board-a")
    assert gone.status == 403
    assert "/pair?device=board-a" in gone.text, "it leads to a code of its own"


def test_a_code_is_for_who_holds_its_secret_alone(asel: Browser) -> None:
    screen, code = screen_of(asel.web)
    stranger, _ = screen_of(asel.web)
    confirm(asel, code, "new:kiosk:a")
    assert stranger.get("/pair").status == 200, "it still shows its own"
    assert Browser(asel.web).get("/pair").status == 200
    assert screen.get("/pair").status == 303
    assert all("edge_pairing" not in cookie or "HttpOnly" in cookie for cookie in screen.get("/pair").cookies)


def test_only_an_administrator_confirms(fresh: Web) -> None:
    _, code = screen_of(fresh)
    for login in ("olga", "sabina", "aibek"):
        member = Browser(fresh)
        member.log_in(login)
        assert member.get("/devices/pair?code=ABCDEF").status == 403
        assert member.post("/devices/pair", {"key": "k" * 16, "code": code, "becomes": "new:board:a"}).status == 403


def test_a_wrong_code_is_said_and_after_some_of_them_one_waits(asel: Browser) -> None:
    screen_of(asel.web)
    answers = [asel.get("/devices/pair?code=ZZZ+ZZZ") for _ in range(6)]
    assert [answer.status for answer in answers] == [422] * 5 + [429]
    assert "No screen shows this code" in answers[0].text
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize("becomes", ["", "board-a", "new:button:1", "new:board", "as:board-a:x"])
def test_a_choice_that_no_page_offers_is_refused(asel: Browser, becomes: str) -> None:
    _, code = screen_of(asel.web)
    before = asel.web.ctx.hall.devices
    assert confirm(asel, code, becomes).status == 422
    assert asel.web.ctx.hall.devices == before


def test_too_many_screens_are_told_that_it_tries_again_by_itself(fresh: Web) -> None:
    for number in range(codes.MOST):
        fresh.ctx.pairing.ask(fresh.ctx.clock.monotonic(), model="?", address=f"10.0.0.{number}", wanted=None)
    page = Browser(fresh).post("/pair")
    assert page.status == 503
    assert 'data-after="30"' in page.text


def test_revoking_on_the_page_puts_a_screen_out_at_its_next_step(asel: Browser) -> None:
    screen = Browser(asel.web).pair("kiosk-1")
    assert screen.get("/kiosk/kiosk-1/ru").status == 200
    assert asel.post("/devices/kiosk-1/revoke").status == 303
    gone = screen.get("/kiosk/kiosk-1/ru")
    assert gone.status == 403
    assert "/pair?device=kiosk-1" in gone.text
    assert screen.get("/api/v1/device/mqtt", {"X-Device": "kiosk-1"}).status == 401
    assert asel.post("/devices/kiosk-1/revoke").status == 409
    last = list(queries.all_lines(asel.web.ctx.database))[-1]
    assert (last.type, last.actor[:6]) == ("device.registered", "staff:")
    assert '"why":"revoked"' in (last.payload or "")


def test_a_device_without_a_screen_is_revoked_on_the_page_and_comes_back_with_another_login(asel: Browser) -> None:
    assert 'id="revoke-button-1"' in asel.get("/devices").text
    assert asel.post("/devices/button-1/revoke").status == 303
    assert not asel.web.ctx.hall.devices["button-1"].active
    assert 'id="renew-button-1"' in asel.get("/devices").text
    assert asel.post("/devices/button-1/login", {"key": asel.key()}).status == 200
    assert (asel.web.ctx.hall.devices["button-1"].active, asel.web.ctx.hall.devices["button-1"].generation) == (True, 3)


def test_another_login_is_shown_once_made_and_the_same_form_makes_no_second(asel: Browser) -> None:
    key = asel.key()
    page = asel.post("/devices/button-1/login", {"key": key})
    secrets = registry.secrets(asel.web.ctx, "button-1")
    assert f'id="new-password">{secrets.mqtt_password}<' in page.text
    assert asel.post("/devices/button-1/login", {"key": key}).status == 200
    assert asel.web.ctx.hall.devices["button-1"].generation == 2


def test_which_one_is_it_tells_the_device_and_says_when_nothing_goes_out(asel: Browser) -> None:
    assert asel.post("/devices/board-a/identify").status == 503
    sent: list[Order] = []
    asel.web.ctx.orders.carry_by(sent.append)
    assert asel.post("/devices/board-a/identify").status == 303
    assert [(order.device, order.op) for order in sent] == [("board-a", Op.IDENTIFY)]
    asel.web.ctx.orders.answered("board-a", sent[0].id, "ok", None)
    assert "It shows itself" in asel.get("/devices").text


def test_a_supervisor_sees_the_devices_and_changes_nothing(fresh: Web) -> None:
    sabina = Browser(fresh)
    sabina.log_in("sabina")
    page = sabina.get("/devices?lang=en")
    assert page.status == 200
    assert 'id="d-button-1"' in page.text
    assert "formaction" not in page.text
    assert sabina.post("/devices/button-1/revoke").status == 403


@pytest.mark.parametrize("lang", ["ky", "ru", "kk", "en"])
def test_both_pages_speak_four_languages(asel: Browser, lang: str) -> None:
    for path in ("/pair", "/devices"):
        assert f'<html lang="{lang}"' in asel.get(f"{path}?lang={lang}").text


def test_the_page_of_devices_says_how_the_ticket_printers_are(tmp_path: Path) -> None:
    with served(tmp_path, printers=Printers(("paper-1",))) as web:
        asel = Browser(web)
        asel.log_in("asel")
        assert "Nothing was printed yet" in asel.get("/devices?lang=en").text
        ticket = web.issue()["id"]
        printing.ask(web.ctx, ticket, "paper-1", None)
        (job,) = printing.queued(web.ctx, "paper-1")
        printing.end(web.ctx, job, State.FAILED, Fault.PAPER_OUT)
        live = asel.get("/devices/live")
        assert "Not printed: there is no paper" in live.text
        assert asel.get("/devices/live", {"If-None-Match": live.headers["etag"]}).status == 304, "nothing changed"
