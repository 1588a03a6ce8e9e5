"""Paper as the screens tell of it: the kiosk's number counts whatever the printer does, and staff print a copy that says so."""

from collections.abc import Iterator

import pytest

from edge.errors import Unavailable
from edge.operations import printing
from edge.operations.printing import Fault, Printers, State
from edge.store.print_jobs import Job
from tests.browser.test_pages import Visitor
from tests.web.conftest import Web, served
from tests.web.surfing import Browser, field_of

PRINTERS = Printers(("printer-1", "printer-2"), {"kiosk-1": "printer-1"})
PRINTING, TAKE, NONE = "Your ticket is being printed", "Take your ticket from the printer", "The ticket could not be printed"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with served(tmp_path_factory.mktemp("paper"), printers=PRINTERS) as running:
        yield running


def taken(web: Web, device: str = "kiosk-1") -> tuple[Visitor, str, str]:
    """Take a ticket at a kiosk; returns its browser, the page of the ticket and the ticket's id."""
    kiosk = Visitor(web, device)
    kiosk.get("/en/service/passport")
    page = kiosk.post("/en/tickets", service="passport").headers["location"].removeprefix(kiosk.home)
    kiosk.get(page)
    return kiosk, page, list(web.ctx.hall.tickets)[-1]


def job(web: Web, ticket: str) -> Job:
    found = printing.newest(web.ctx, ticket)
    assert found
    return found


@pytest.mark.parametrize(
    ("state", "fault", "said"),
    [
        (State.PRINTED, None, TAKE),
        (State.SENT, None, TAKE),
        (State.FAILED, Fault.OFF, NONE),
        (State.UNKNOWN, Fault.CUT, NONE),
    ],
)
def test_the_kiosk_says_what_became_of_the_paper_and_always_shows_the_number(web: Web, state: State, fault: Fault | None, said: str) -> None:
    kiosk, page, ticket = taken(web)
    number = web.ctx.hall.tickets[ticket].number
    assert PRINTING in kiosk.page
    assert "data-printing" in kiosk.page
    printing.begin(web.ctx, job(web, ticket))
    kiosk.get(page)
    assert PRINTING in kiosk.page
    printing.end(web.ctx, job(web, ticket), state, fault)
    kiosk.get(page)
    assert said in kiosk.page
    assert f'data-number="{number}"' in kiosk.page
    assert "data-printing" not in kiosk.page


def test_without_paper_the_kiosk_says_so_while_the_printer_is_still_tried(web: Web) -> None:
    kiosk, page, ticket = taken(web)
    printing.say_why(web.ctx, job(web, ticket), Fault.PAPER_OUT)
    kiosk.get(page)
    assert NONE in kiosk.page


def test_a_kiosk_without_a_printer_says_nothing_of_paper(web: Web) -> None:
    kiosk, _, ticket = taken(web, "kiosk-2")
    assert printing.newest(web.ctx, ticket) is None
    assert not [words for words in (PRINTING, TAKE, NONE) if words in kiosk.page]


def test_a_box_that_cannot_write_a_job_still_shows_the_number(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr("edge.store.print_jobs.add", full)
    kiosk, _, ticket = taken(web)
    assert f'data-number="{web.ctx.hall.tickets[ticket].number}"' in kiosk.page


def test_staff_print_a_copy_at_the_printer_of_their_choice_and_see_why_it_was_needed(web: Web) -> None:
    _, _, ticket = taken(web)
    printing.end(web.ctx, job(web, ticket), State.FAILED, Fault.PAPER_OUT)
    browser = Browser(web)
    browser.log_in("sabina")
    page = browser.get(f"/hall/ticket/{ticket}?lang=en")
    assert "there is no paper" in page.text
    form = {"printer": "printer-2", "key": field_of(page, "key")}
    assert [browser.post(f"/hall/ticket/{ticket}/print", form).status for _ in range(2)] == [303, 303]
    assert (job(web, ticket).printer, job(web, ticket).copy, job(web, ticket).state) == ("printer-2", 1, State.QUEUED)
    assert "copy 1" in browser.get(f"/hall/ticket/{ticket}?lang=en").text


def test_the_hall_page_names_the_printer_and_why_and_leads_to_the_ticket_until_one_comes_out(web: Web) -> None:
    said, browser = "printer-1 did not print a ticket: there is no paper.", Browser(web)
    browser.log_in("sabina")
    for state, fault in ((State.FAILED, Fault.PAPER_OUT), (State.PRINTED, None)):
        _, _, ticket = taken(web)
        printing.end(web.ctx, job(web, ticket), state, fault)
        page = browser.get("/hall?lang=en").text
        assert (said in page, f"/hall/ticket/{ticket}" in page.partition("h-queues")[0]) == (bool(fault), bool(fault))
        assert "printer-2" in page


def test_a_printer_that_is_none_is_refused(web: Web) -> None:
    _, _, ticket = taken(web)
    browser = Browser(web)
    browser.log_in("sabina")
    key = field_of(browser.get(f"/hall/ticket/{ticket}"), "key")
    assert browser.post(f"/hall/ticket/{ticket}/print", {"printer": "printer-9", "key": key}).status in (404, 422)
    assert job(web, ticket).copy == 0
