"""Appointments at the desk by plain forms: find, check in early, book for a visitor, move, cancel; who may, and that nobody's number is shown."""

import re

import pytest

from edge.operations import national
from edge.operations.national import Item
from edge.queueing.booking import BookingState
from tests.appointments import appointment, book
from tests.web.conftest import Web
from tests.web.surfing import Browser, field_of

HOME = "/desk/desk-1/bookings"


@pytest.fixture
def clerk(fresh: Web) -> Browser:
    browser = Browser(fresh).pair("desk-1")
    browser.get("/?lang=en")
    return browser


def press(clerk: Browser, page: str, action: str, **form: str) -> tuple[int, str]:
    """Send a form of a page; returns the status and where it led, or the page that came."""
    shown = clerk.get(page)
    sent = {"key": field_of(shown, "key"), **form}
    answer = clerk.post(action, sent, csrf=field_of(shown, "csrf_token"))
    return answer.status, answer.headers.get("location", answer.text)


def test_the_console_leads_to_the_appointments_of_today(fresh: Web, clerk: Browser) -> None:
    found = appointment(fresh.ctx, 30)
    assert f'href="{HOME}"' in clerk.get("/desk/desk-1").text
    page = clerk.get(HOME).text
    assert found.code in page
    assert found.person not in page


def test_a_code_is_found_however_it_is_typed_and_an_unknown_one_is_said(fresh: Web, clerk: Browser) -> None:
    code = appointment(fresh.ctx, 30).code
    assert press(clerk, HOME, f"{HOME}/find", code=f" {code.lower()} ") == (303, f"{HOME}/of/{code}")
    status, page = press(clerk, HOME, f"{HOME}/find", code="AAAAAA")
    assert status == 409
    assert "No appointment has this code or number" in page


def test_who_has_lost_the_code_is_found_by_the_number_it_was_booked_with(fresh: Web, clerk: Browser) -> None:
    first = book(fresh.ctx, "AN0000001")
    assert press(clerk, HOME, f"{HOME}/find", code="an 000-0001") == (303, f"{HOME}/of/{first.code}")
    second = book(fresh.ctx, "AN0000001", "birth")
    status, page = press(clerk, HOME, f"{HOME}/find", code="AN0000001")
    assert status == 200
    assert first.code in page
    assert second.code in page
    assert "AN0000001" not in page


def test_staff_check_an_early_visitor_in_with_a_right_to_priority(fresh: Web, clerk: Browser) -> None:
    found = appointment(fresh.ctx, 300)
    page = f"{HOME}/of/{found.code}"
    assert "It is before its time" in clerk.get(page).text
    assert press(clerk, page, f"{page}/check-in", category="veteran") == (303, page)
    (ticket,) = fresh.ctx.hall.tickets.values()
    assert ticket.category == "veteran"
    assert f'data-number="{ticket.number}"' in clerk.get(page).text


def test_after_its_time_staff_give_an_ordinary_ticket(fresh: Web, clerk: Browser) -> None:
    found = appointment(fresh.ctx, -50)
    page = f"{HOME}/of/{found.code}"
    assert "Give an ordinary ticket" in clerk.get(page).text
    assert press(clerk, page, f"{page}/check-in", expired="yes")[0] == 303
    assert next(iter(fresh.ctx.hall.tickets.values())).booked is None


def test_a_clerk_books_for_a_visitor_and_shows_the_code(fresh: Web, clerk: Browser) -> None:
    page = f"{HOME}/new/passport"
    slot = re.findall(r'name="slot" value="([^"]+)"', clerk.get(page).text)[2]
    status, where = press(clerk, page, page, slot=slot, person="AN 123 4567", lang="kk")
    (found,) = fresh.ctx.hall.bookings.values()
    assert (status, where, found.lang, found.slot) == (303, f"{HOME}/of/{found.code}", "kk", slot)
    assert "1234567" not in clerk.get(where).text
    again, refused = press(clerk, page, page, slot=slot, person="an1234567", lang="kk")
    assert again == 409
    assert "There is an appointment for this service already" in refused
    assert press(clerk, page, page, slot=slot, person="a")[0] == 409
    assert press(clerk, page, page, person="AN7654321")[0] == 409, "no time was chosen"


def test_another_day_is_a_link_and_its_times_move_the_appointment(fresh: Web, clerk: Browser) -> None:
    found = book(fresh.ctx, "AN0000001")
    page = f"{HOME}/of/{found.code}/move"
    day = re.findall(r"\?day=([0-9-]+)", clerk.get(page).text)[3]
    slot = re.findall(r'name="slot" value="([^"]+)"', clerk.get(f"{page}?day={day}").text)[5]
    assert press(clerk, f"{page}?day={day}", page, slot=slot, day=day) == (303, f"{HOME}/of/{found.code}")
    assert fresh.ctx.hall.bookings[found.id].slot == slot


def test_staff_cancel_and_the_journal_says_by_whom(fresh: Web, clerk: Browser) -> None:
    found = book(fresh.ctx, "AN0000001")
    page = f"{HOME}/of/{found.code}"
    assert press(clerk, page, f"{page}/cancel") == (303, page)
    assert found.id not in fresh.ctx.hall.bookings
    assert "Cancelled" in clerk.get(page).text
    assert '"by":"staff"' in fresh.get("journal?limit=5000", "aibek").text.replace("\\", "")


def test_what_was_changed_by_somebody_else_is_said_and_nothing_happens(fresh: Web, clerk: Browser) -> None:
    found = appointment(fresh.ctx, 5)
    page = f"{HOME}/of/{found.code}"
    shown = clerk.get(page)
    key, token = field_of(shown, "key"), field_of(shown, "csrf_token")
    assert press(clerk, page, f"{page}/check-in")[0] == 303
    assert clerk.post(f"{page}/cancel", {"key": key}, csrf=token).status == 409
    assert fresh.ctx.hall.bookings[found.id].state is BookingState.CHECKED_IN


@pytest.mark.parametrize("path", ["/of/AAAAAA", "/of/AAAAAA/move", "/new/hats", "/new/documents"])
def test_what_does_not_exist_is_a_page_in_words(clerk: Browser, path: str) -> None:
    answer = clerk.get(HOME + path)
    assert answer.status == 404
    assert "There is no such page" in answer.text


def test_a_bound_centre_says_why_it_has_no_times_and_who_keeps_a_national_appointment(fresh: Web, clerk: Browser) -> None:
    slot = appointment(fresh.ctx, 30).slot
    national.bind(fresh.ctx)
    words = "This centre has given out its appointments; the national site may have others"
    assert words in clerk.get(f"{HOME}/new/passport").text
    start = "2099-01-05T05:00:00.000Z"
    told = {"booking": "n1", "code": "NAAAAA", "service": "passport", "slot": f"passport@{start}", "start": start, "minutes": 15}
    granted = {"slot": slot, "epoch": 1, "service": "passport", "start": slot.partition("@")[2], "minutes": 15, "capacity": 9, "granted": 3}
    items = [
        Item(1, "booking", "n1", 1, "put", {**told, "person": "ab", "lang": "ru", "state": "confirmed"}, "national"),
        Item(2, "slot_grant", slot, 2, "put", granted),
    ]
    national.apply_items(fresh.ctx, items, "c")
    page = clerk.get(f"{HOME}/of/NAAAAA").text
    assert "is changed there until the evening before" in page
    assert 'id="cancel-ask"' not in page
    assert 'id="move"' not in page
    assert words not in clerk.get(f"{HOME}/new/passport").text
