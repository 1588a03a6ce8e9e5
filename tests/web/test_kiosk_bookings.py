"""Appointments at the kiosk by plain links and posts: what is offered, checking in at every hour, booking, moving, cancelling, refusals."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from edge.errors import Refused
from edge.operations import bookings, national
from edge.operations.national import Item
from edge.queueing.booking import CODE_ALPHABET, BookingState, slot_id
from edge.web.screens import keypad
from tests.appointments import appointment, book
from tests.browser.test_pages import Visitor, change
from tests.web.conftest import Web, served

SERVICE = "passport"
NOT_IN = "You are NOT checked in"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Web]:
    with served(tmp_path) as running:
        yield running


@pytest.fixture
def kiosk(centre: Web) -> Visitor:
    return Visitor(centre, "kiosk-1")


def ids(kiosk: Visitor, prefix: str) -> list[str]:
    return re.findall(rf'id="{prefix}-([\w-]+)"', kiosk.page)


def setting(web: Web, key: str) -> Any:
    return json.loads(str(web.ctx.database.connection().execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchall()[0][0]))


def with_modes(web: Web, **modes: str) -> None:
    change(web, "services", [{**each, "mode": modes.get(each["code"].replace("-", "_"), each["mode"])} for each in setting(web, "services")])


def only_by_appointment(web: Web) -> None:
    """Let a day begin on which everything but two services needs an appointment."""
    services = [
        {**each, "exempt": each["code"] in ("ready", "foreigners"), **({"slot_minutes": 15} if each["code"] == "statements" else {})}
        for each in setting(web, "services")
    ]
    change(web, "services", services)
    change(web, "bookings", {**setting(web, "bookings"), "only_from": "2026-01-01"})


def follow(kiosk: Visitor, answer: Any) -> None:
    assert answer.status == 303, kiosk.page
    location = answer.headers["location"]
    answer = kiosk.get(location.removeprefix(kiosk.home))
    if answer.status == 303:
        follow(kiosk, answer)


def type_code(kiosk: Visitor, code: str, where: str = "/en/check-in") -> int:
    kiosk.get(where)
    answer = kiosk.post(where, typed=code)
    if answer.status == 303:
        follow(kiosk, answer)
        return 303
    return answer.status


def number_of(kiosk: Visitor) -> str:
    found = re.search(r'data-number="([^"]+)"', kiosk.page)
    assert found, kiosk.page
    return found[1]


def test_the_first_screen_offers_check_in_and_booking_only_where_something_can_be_booked(centre: Web, kiosk: Visitor) -> None:
    kiosk.get("/en")
    assert "I have an appointment" in kiosk.page
    assert "Book or change an appointment" in kiosk.page
    assert len(re.findall(r'href="[^"]+/en/service/', kiosk.page)) == 8, "a walk-in still takes three touches"
    with_modes(centre, **dict.fromkeys(("passport", "travel_passport", "birth", "address", "benefits"), "walk-in"))
    kiosk.get("/en")
    assert "appointment" not in kiosk.page.lower()
    narrow = Visitor(centre, "narrow-kiosk")
    narrow.get("/en")
    assert 'id="book"' not in narrow.page


def test_on_time_the_code_is_a_ticket_and_once_more_the_same(centre: Web, kiosk: Visitor) -> None:
    code = appointment(centre.ctx, 5).code
    assert type_code(kiosk, f" {code[:3].lower()}-{code[3:]} ") == 303
    assert "You are on time." in kiosk.page
    follow(kiosk, kiosk.post(f"/en/appointment/{code}"))
    number = number_of(kiosk)
    assert "Appointment at" in kiosk.page
    type_code(kiosk, code)
    assert number_of(kiosk) == number
    assert "You are checked in already" in kiosk.page
    assert centre.ctx.hall.issued == 1


def test_a_right_to_priority_is_declared_with_one_touch_more(centre: Web, kiosk: Visitor) -> None:
    code = appointment(centre.ctx, 5).code
    type_code(kiosk, code)
    kiosk.get(f"/en/appointment/{code}/priority")
    follow(kiosk, kiosk.post(f"/en/appointment/{code}", category="veteran"))
    (ticket,) = centre.ctx.hall.tickets.values()
    assert (ticket.category, ticket.number) == ("veteran", number_of(kiosk))


def test_too_early_says_from_when_and_checks_nobody_in(centre: Web, kiosk: Visitor) -> None:
    change(centre, "bookings", {**setting(centre, "bookings"), "opens_before": 10})
    found = appointment(centre.ctx, 50)
    type_code(kiosk, found.code)
    assert NOT_IN in kiosk.page
    assert 'id="take"' not in kiosk.page
    kiosk.get("/en/check-in")
    assert kiosk.post(f"/en/appointment/{found.code}").status == 409
    assert NOT_IN in kiosk.page
    assert centre.ctx.hall.issued == 0


def test_an_appointment_of_another_day_says_which(centre: Web, kiosk: Visitor) -> None:
    type_code(kiosk, appointment(centre.ctx, 3 * 1440).code)
    assert "Your appointment is on another day" in kiosk.page
    assert NOT_IN in kiosk.page


def test_late_says_that_the_place_counts_from_the_coming_before_and_on_the_ticket(centre: Web, kiosk: Visitor) -> None:
    code = appointment(centre.ctx, -20).code
    type_code(kiosk, code)
    assert "your place now counts from the moment you came" in kiosk.page
    follow(kiosk, kiosk.post(f"/en/appointment/{code}"))
    assert "You came late" in kiosk.page
    assert next(iter(centre.ctx.hall.tickets.values())).booked == "late"


def test_too_late_gives_an_ordinary_ticket_with_one_touch_or_another_time(centre: Web, kiosk: Visitor) -> None:
    code = appointment(centre.ctx, -45).code
    type_code(kiosk, code)
    assert NOT_IN in kiosk.page
    assert 'id="book-anew"' in kiosk.page
    assert kiosk.post(f"/en/appointment/{code}").status == 409, "an ordinary ticket is asked for by name"
    kiosk.get(f"/en/appointment/{code}")
    follow(kiosk, kiosk.post(f"/en/appointment/{code}", expired="yes"))
    assert "An ordinary ticket" in kiosk.page
    assert next(iter(centre.ctx.hall.tickets.values())).booked is None


def test_cancelled_and_unknown_codes_are_plainly_no_check_in(centre: Web, kiosk: Visitor) -> None:
    found = book(centre.ctx, "AN0000001")
    bookings.cancel(centre.ctx, found.code, by="visitor", actor="device:kiosk-1")
    type_code(kiosk, found.code)
    assert "This appointment was cancelled. You are NOT checked in." in kiosk.page
    assert type_code(kiosk, "AAAAAA") == 404
    assert NOT_IN in kiosk.page
    assert type_code(kiosk, "AB2") == 422
    assert "six letters and digits" in kiosk.page


def test_guessing_at_codes_is_slowed_and_a_right_code_forgives(centre: Web, kiosk: Visitor) -> None:
    code = appointment(centre.ctx, 5).code
    for _ in range(9):
        assert type_code(kiosk, "AAAAAA") == 404
    assert type_code(kiosk, code) == 303
    for _ in range(10):
        assert type_code(kiosk, "AAAAAA") == 404
    assert type_code(kiosk, code) == 429
    assert "Too many wrong codes" in kiosk.page
    assert type_code(Visitor(centre, "kiosk-2"), code) == 303, "another kiosk is not punished"


def test_an_emergency_takes_the_place_of_every_page(centre: Web, kiosk: Visitor) -> None:
    code = appointment(centre.ctx, 5).code
    type_code(kiosk, code)
    change(centre, "emergency", {"text": {"ky": "Чыгыңыз", "ru": "Выходите", "en": "Leave the building"}, "reason": "drill"})
    refused = kiosk.post(f"/en/appointment/{code}")
    assert refused.status == 409
    for path in ("/en/check-in", f"/en/appointment/{code}", "/en/book", f"/en/booking/{code}"):
        kiosk.get(path)
        assert "Leave the building" in kiosk.page
    assert centre.ctx.hall.issued == 0


def test_the_keypad_works_key_by_key_without_a_script(centre: Web, kiosk: Visitor) -> None:
    code = appointment(centre.ctx, 5).code
    kiosk.get("/en/check-in")
    assert [unescape(each) for each in ids(kiosk, "key")] == [*CODE_ALPHABET, "erase"]
    typed = ""
    for key in (*code[:2], "erase", *code[1:]):
        assert kiosk.post("/en/check-in", typed=typed, press=key).status == 200
        typed = re.findall(r'name="typed" value="(\w*)"', kiosk.page)[0]
    assert typed == code
    kiosk.post("/en/check-in", typed=typed, press="?")
    assert f'value="{code}"' in kiosk.page


def test_cyrillic_look_alikes_are_read_as_the_latin_letters_that_they_look_like() -> None:
    assert keypad.cleaned("\u0430\u043d 12-34 \u0445\u0435") == "AH1234XE"


def way_to_a_time(kiosk: Visitor, service: str = SERVICE) -> str:
    """Go from the first screen to the question who comes; returns its address below the kiosk."""
    kiosk.get("/en")
    assert 'id="book"' in kiosk.page
    kiosk.get("/en/book")
    assert f'id="to-{service}"' in kiosk.page
    kiosk.get(f"/en/book/{service}")
    days = ids(kiosk, "on")
    assert len(days) == 14
    kiosk.get(f"/en/book/{service}/{days[1]}")
    assert "Tomorrow" in kiosk.page
    address = re.findall(r'data-slot="[^"]+" href="([^"]+)"', kiosk.page)[4]
    kiosk.get(address.removeprefix(kiosk.home))
    return str(address.removeprefix(kiosk.home))


def test_an_appointment_is_booked_in_four_choices_and_its_code_checks_in(centre: Web, kiosk: Visitor) -> None:
    address = way_to_a_time(kiosk)
    assert "only a fingerprint of it" in kiosk.page
    made = kiosk.post(address, typed="an 123-4567")
    again = kiosk.post(address, typed="AN1234567")
    assert made.headers["location"] == again.headers["location"]
    follow(kiosk, made)
    (found,) = centre.ctx.hall.bookings.values()
    assert f'data-code="{found.code}"' in kiosk.page
    assert 'class="qr"' in kiosk.page
    assert "Check in from" in kiosk.page
    assert "Your old passport or ID card" in kiosk.page
    assert found.lang == "en"
    assert type_code(kiosk, found.code) == 303
    assert "Your appointment is on another day" in kiosk.page


def test_the_number_that_a_visitor_types_stays_in_the_page(centre: Web, kiosk: Visitor) -> None:
    made = kiosk.post(way_to_a_time(kiosk), typed="SECRETDOC99")
    follow(kiosk, made)
    assert "SECRETDOC99" not in made.headers["location"] + kiosk.page
    assert "SECRETDOC99" not in centre.get("journal?limit=5000", "aibek").text


def test_too_short_a_number_is_asked_for_again(kiosk: Visitor) -> None:
    assert kiosk.post(way_to_a_time(kiosk), typed="ab").status == 422
    assert "at least four letters or digits" in kiosk.page
    assert 'value="AB"' in kiosk.page


def test_one_person_has_one_appointment_for_a_service_and_is_told_what_to_do(kiosk: Visitor) -> None:
    address = way_to_a_time(kiosk)
    kiosk.post(address, typed="AN1234567")
    kiosk.get(address)
    assert kiosk.post(address, typed="AN 1234567").status == 409
    assert "You have an appointment for this already" in kiosk.page
    assert 'id="change"' in kiosk.page
    assert "data-code" not in kiosk.page, "a document number does not show a code"


def fill(web: Web, slot: str) -> None:
    """Sell every seat of a time."""
    while True:
        try:
            bookings.book(web.ctx, service=SERVICE, slot=slot, person=f"fill {len(web.ctx.hall.bookings)}", lang="ru", via="x", actor="system")
        except Refused:
            return


def test_a_time_that_was_taken_meanwhile_costs_one_touch_on_another(centre: Web, kiosk: Visitor) -> None:
    address = way_to_a_time(kiosk)
    fill(centre, f"{SERVICE}@{address.rpartition('/')[2].replace('%3A', ':')}")
    assert kiosk.post(address, typed="AN7777777").status == 409
    assert "This time was taken a moment ago" in kiosk.page
    assert len(ids(kiosk, "at")) == 3
    other = re.findall(r'action="([^"]+/at/[^"]+)"', kiosk.page)[1]
    follow(kiosk, kiosk.post(other.removeprefix(kiosk.home), typed=kiosk.hidden("typed")))
    assert "The code of your appointment" in kiosk.page


def test_an_appointment_is_moved_by_its_code_and_keeps_it(centre: Web, kiosk: Visitor) -> None:
    found = book(centre.ctx, "AN0000001")
    assert type_code(kiosk, found.code, "/en/change") == 303
    assert 'id="move"' in kiosk.page
    kiosk.get(f"/en/booking/{found.code}/days")
    kiosk.get(f"/en/booking/{found.code}/days/{ids(kiosk, 'on')[2]}")
    slots = re.findall(r'name="slot" value="([^"]+)"', kiosk.page)
    fill(centre, slots[3])
    assert kiosk.post(f"/en/booking/{found.code}/move", slot=slots[3]).status == 409
    assert "taken a moment ago" in kiosk.page
    assert centre.ctx.hall.bookings[found.id].slot == found.slot
    follow(kiosk, kiosk.post(f"/en/booking/{found.code}/move", slot=re.findall(r'name="slot" value="([^"]+)"', kiosk.page)[0]))
    assert f'data-code="{found.code}"' in kiosk.page
    assert centre.ctx.hall.bookings[found.id].slot != found.slot


def test_cancelling_takes_one_confirmation_and_twice_is_once(centre: Web, kiosk: Visitor) -> None:
    found = book(centre.ctx, "AN0000001")
    type_code(kiosk, found.code, "/en/change")
    kiosk.get(f"/en/booking/{found.code}/cancel")
    assert "Cancel this appointment?" in kiosk.page
    assert centre.ctx.hall.bookings[found.id].state is BookingState.CONFIRMED
    for _ in range(2):
        kiosk.get(f"/en/booking/{found.code}/cancel")
        follow(kiosk, kiosk.post(f"/en/booking/{found.code}/cancel"))
    assert found.id not in centre.ctx.hall.bookings
    assert 'id="book-anew"' in kiosk.page
    assert 'id="move"' not in kiosk.page


def test_a_walk_in_wish_for_an_appointment_only_service_shows_three_times_at_the_second_touch(centre: Web, kiosk: Visitor) -> None:
    with_modes(centre, passport="appointment-only")
    kiosk.get("/en")
    assert re.search(r'id="to-passport" class="tile" href', kiosk.page)
    kiosk.get("/en/service/passport")
    assert "By appointment only" in kiosk.page
    assert len(ids(kiosk, "at")) == 3
    assert 'id="other-days"' in kiosk.page
    assert ids(kiosk, "to") == ["travel-passport", "birth", "ready", "address", "statements", "benefits", "foreigners"]
    kiosk.get("/en/service/birth")
    assert kiosk.post("/en/tickets", service="passport").status == 409
    assert len(ids(kiosk, "at")) == 3, "also when the mode changed under the finger"


def test_on_an_appointment_only_day_check_in_and_booking_come_first_then_what_is_exempt(centre: Web, kiosk: Visitor) -> None:
    only_by_appointment(centre)
    kiosk.get("/en")
    in_order = ("I have an appointment", "Book or change", "Without an appointment today", "Only by appointment today")
    places = [kiosk.page.index(text) for text in in_order]
    assert places == sorted(places)
    assert ids(kiosk, "to")[:2] == ["ready", "foreigners"]
    kiosk.get("/en/service/ready")
    follow(kiosk, kiosk.post("/en/tickets", service="ready"))
    kiosk.get("/en/service/passport")
    assert ids(kiosk, "to") == ["ready", "foreigners"]


MEANINGLESS = ("/book/ready/2026-13-45", "/book/passport/at/soon", "/book/hats", "/booking/AAAAAA", "/appointment/AAAAAA")


@pytest.mark.parametrize("path", MEANINGLESS)
def test_an_address_that_means_nothing_is_a_page_in_words(kiosk: Visitor, path: str) -> None:
    assert kiosk.get(f"/en{path}").status in (404, 422)
    assert 'id="live"' in kiosk.page


def test_a_kiosk_books_only_what_it_shows(centre: Web) -> None:
    narrow = Visitor(centre, "narrow-kiosk")
    narrow.get("/en/book")
    assert ids(narrow, "to") == ["passport"]
    start = slot_id("birth", datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=30)).partition("@")[2]
    assert narrow.get("/en/book/birth").status == 404
    narrow.get("/en/check-in")
    assert narrow.post(f"/en/book/birth/at/{start}", typed="AN1234567").status == 404


def test_a_bound_kiosk_says_why_it_has_no_times_and_leaves_national_appointments_to_the_national_site(centre: Web, kiosk: Visitor) -> None:
    national.bind(centre.ctx)
    kiosk.get(f"/en/book/{SERVICE}")
    assert "This centre has given out its appointments" in kiosk.page
    start = "2099-01-05T05:00:00.000Z"
    told = {"booking": "n1", "code": "NAAAAA", "slot": f"{SERVICE}@{start}", "minutes": 15, "person": "ab", "lang": "ru", "state": "confirmed"}
    national.apply_items(centre.ctx, [Item(1, "booking", "n1", 1, "put", told, "national")], "c")
    kiosk.get("/en/booking/NAAAAA")
    assert "is changed there until the evening before" in kiosk.page
    assert 'id="cancel"' not in kiosk.page
