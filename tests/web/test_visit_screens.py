"""What the screens ask and tell of a visit: outcomes, steps, who does not come, proofs in the hall, slips of paper, today's figures.

As a browser without scripts has them.
"""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.operations import desks, settings, track
from edge.queueing import commands as c
from edge.queueing.ticket import Ticket, TicketState
from edge.store import settings as stored
from tests.browser.test_pages import Visitor
from tests.web.conftest import Web, served
from tests.web.pages import Person

ISSUED = {"code": "issued", "names": dict.fromkeys(("ky", "ru", "kk", "en"), "Card issued")}
FAMILY = {
    "code": "family",
    "parent": "documents",
    "letter": "H",
    "names": dict.fromkeys(("ky", "ru", "kk", "en"), "Family"),
    "steps": ["birth", "passport"],
}


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Web]:
    with served(tmp_path) as running:
        yield running


@pytest.fixture
def console(centre: Web) -> Visitor:
    opened = Visitor(centre, "desk-1")
    opened.cookies += "; kezek-lang=en"
    opened.get()
    return opened


@pytest.fixture
def sabina(centre: Web) -> Person:
    return Person(centre, "sabina")


def change(web: Web, key: str, value: Any) -> None:
    settings.put_key_in_force(web.ctx, key, value, actor="system")


def services(web: Web, *more: dict[str, Any], **changed: dict[str, Any]) -> None:
    now: list[dict[str, Any]] = stored.in_force(web.ctx.database)["services"]
    change(web, "services", [*({**each, **changed.get(each["code"], {})} for each in now), *more])


def proof_first(web: Web) -> str:
    return next(code for code, each in web.ctx.hall.policy.categories.items() if each.proof_first)


def ticket(web: Web, number: str) -> Ticket:
    found = web.ctx.hall.find_open(number)
    assert found
    return found


def press(console: Visitor, action: str, status: int = 303, **fields: str) -> None:
    console.get()
    answer = console.post(f"/{action}", **fields)
    assert answer.status == status, console.page
    if status == 303:
        console.get(answer.headers["location"].removeprefix(console.home))


def last_payload(web: Web) -> str:
    head = web.ctx.database.committed.head.seq
    return web.get(f"journal?after={head - 1}", "asel").body.decode()


# The desk


def test_the_console_asks_how_a_visit_ended_where_the_service_says_so(centre: Web, console: Visitor) -> None:
    services(centre, passport={"outcomes": [ISSUED]})
    centre.issue("passport")
    press(console, "next")
    assert "/ending?then=finish" in console.page
    console.get("/ending?then=finish")
    assert "How did the visit of A001 end?" in console.page
    press(console, "finish", outcome="issued")
    assert '\\"outcome\\":\\"issued\\"' in last_payload(centre)
    centre.issue("birth")
    press(console, "next")
    assert "/ending" not in console.page


def test_finish_and_next_carries_the_outcome_too(centre: Web, console: Visitor) -> None:
    services(centre, passport={"outcomes": [ISSUED]})
    centre.issue("passport")
    centre.issue("passport")
    press(console, "next")
    console.get("/ending?then=next")
    assert "The next visitor is called at once" in console.page
    press(console, "next", outcome="issued")
    assert ticket(centre, "A002").state is TicketState.CALLED


def test_a_clerk_sends_a_visitor_on_to_a_further_step(centre: Web, console: Visitor) -> None:
    centre.issue("passport")
    press(console, "next")
    press(console, "start")
    console.get("/step")
    assert "Birth certificate" in console.page
    press(console, "step", service="birth")
    assert "A001 goes on afterwards: Birth certificate" in console.page
    assert ticket(centre, "A001").steps == ("passport", "birth")
    press(console, "step", 409, service="birth")
    press(console, "step", 422)


def test_after_the_recalls_the_centre_wants_the_large_key_says_did_not_come(centre: Web, console: Visitor) -> None:
    centre.issue("passport")
    press(console, "next")
    assert "Give the visitor time to come" in console.page
    for _ in range(3):
        assert 'data-primary="start"' in console.page
        press(console, "recall")
    assert 'data-primary="no-show"' in console.page
    assert "The visitor is here" in console.page
    press(console, "recall")
    press(console, "no-show")
    console.get("/aside")
    assert "keeps the place until" in console.page


def test_a_proof_is_looked_at_while_its_visitor_waits(centre: Web, console: Visitor) -> None:
    centre.issue("passport", category=proof_first(centre))
    centre.issue("passport", category=proof_first(centre))
    console.get("/proofs")
    assert "A001" in console.page
    press(console, "proof", ticket="A001", confirmed="no")
    press(console, "proof", ticket="A002", confirmed="yes")
    assert (ticket(centre, "A001").confirmed, ticket(centre, "A002").confirmed) == (False, True)
    press(console, "undo")
    assert ticket(centre, "A002").confirmed is None
    press(console, "next")
    assert ticket(centre, "A001").state is TicketState.CALLED


# The phone


def phone(web: Web, number: str) -> str:
    found = ticket(web, number)
    return web.send("GET", f"{track.url(web.ctx.keys, found.id)}?lang=en").body.decode()


def test_the_phone_shows_the_steps_and_until_when_a_missed_visitor_keeps_the_place(centre: Web) -> None:
    services(centre, FAMILY)
    centre.issue("family")
    assert "Your visit: step 1 of 2" in phone(centre, "H001")
    for command in (c.CallNext("1"), c.MarkNoShow("1")):
        desks.act(centre.ctx, command, actor="desk:1")
    assert "Come back until" in phone(centre, "H001")
    assert "you keep your old place" in phone(centre, "H001")


# The hall


def test_a_supervisor_confirms_a_waiting_right_with_a_reason(centre: Web, sabina: Person) -> None:
    centre.issue("passport", category=proof_first(centre))
    assert "Proofs to look at" in sabina.open("/hall").text
    page = sabina.open(f"/hall/ticket/{ticket(centre, 'A001').id}")
    assert sabina.press(page, "do-proof-seen").status == 422
    done = sabina.press(page, "do-proof-seen", {"reason": "certificate shown"})
    assert done.address.endswith("said=proof-seen")
    assert ticket(centre, "A001").confirmed
    assert "certificate shown" in last_payload(centre)
    assert "Proofs to look at" not in sabina.open("/hall").text


def test_todays_figures_say_who_called_out_of_turn_and_who_refused(centre: Web, sabina: Person) -> None:
    assert "Nobody has called" in sabina.open("/hall/today").text
    for category in ("veteran", "veteran", None):
        centre.issue("passport", category=category)
    for command in (c.Pick("1", "A003", "asked"), c.CallNext("1"), c.JudgeCategory("1", confirmed=False)):
        desks.act(centre.ctx, command, actor="desk:1")
    assert "Desk 1 2 1 50.0 % 0 1" in sabina.open("/hall/today").text


def test_slips_are_printed_once_and_keyed_in_once(centre: Web, sabina: Person) -> None:
    assert "No slips were printed yet" in sabina.open("/hall/paper").text
    page = sabina.open("/hall/paper")
    assert sabina.press(page, "do-print", {"count": "0"}).status == 409
    form = page.form("do-print")
    request = urllib.request.Request(f"http://127.0.0.1:{centre.port}{form.action}", method="POST")
    request.data = "&".join(f"{name}={value}" for name, value in [*((n, v) for n, v in form.fields if n != "count"), ("count", "9")]).encode()
    with sabina._opener.open(request) as answer:
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.read().startswith(b"%PDF")
    assert centre.ctx.hall.blocks == {"Z": 9}
    done = sabina.press(sabina.open("/hall/paper"), "do-key-in", {"service.0": "passport", "service.2": "birth", "began": ""})
    assert done.address.endswith("said=keyed-in")
    assert [each.number for each in centre.ctx.hall.waiting()] == ["Z001", "Z003"]
    again = sabina.press(sabina.open("/hall/paper?from=Z003"), "do-key-in", {"service.0": "passport", "began": ""})
    assert again.status == 409
    assert "keyed in already" in again.text
    late = sabina.press(sabina.open("/hall/paper?from=Z004"), "do-key-in", {"service.0": "passport", "began": "noon"})
    assert late.status == 409
    assert "write it as 09:10" in late.text
    page = sabina.open(f"/hall/ticket/{ticket(centre, 'Z001').id}")
    assert "On paper, keyed in afterwards" in page.text


# Settings


def test_outcomes_steps_and_the_windows_are_set_in_forms(centre: Web) -> None:
    asel = Person(centre, "asel")
    page = asel.open("/settings/edit/service?id=passport")
    preview = asel.press(page, "to-preview", {"outcomes.0.code": "issued", "outcomes.0.ky": "Берилди", "outcomes.0.ru": "Выдано"})
    assert "Выдано" in preview.text
    page = asel.open("/settings/edit/service?id=address")
    wrong = asel.press(page, "to-preview", {"steps.0.code": "birth", "steps.1.code": "birth"})
    assert wrong.status == 422
    assert "stands here twice" in wrong.text
    page = asel.open("/settings/edit/visits")
    assert "5" in asel.press(page, "to-preview", {"missed_within_min": "5"}).text
    assert asel.press(page, "to-preview", {"block_letter": "A"}).status == 422


def test_a_kiosk_does_not_offer_back_office_work(centre: Web) -> None:
    services(centre, statements={"quiet": True})
    kiosk = Visitor(centre, "kiosk-1")
    kiosk.get("/en")
    assert "Benefits" in kiosk.page
    assert "Statements" not in kiosk.page
    assert kiosk.get("/en/service/statements").status == 404
