"""Tickets over HTTP: one request makes one ticket, however often and from however many sides it is asked again."""

import json
import re

import pytest

from tests.journeys import payloads
from tests.journeys.hall import API, Hall, problem
from tests.journeys.http_client import Request, fresh_key, send_together


def journal_of(hall: Hall, type_: str) -> list[dict[str, object]]:
    """Return the payloads of all journal lines of one type."""
    return [json.loads(line["payload"]) for line in hall.journal() if line["type"] == type_]


def test_the_demo_has_eight_services_in_two_groups_with_names_in_four_languages(hall: Hall) -> None:
    services = payloads.check(payloads.SERVICES, hall.get("/services", hall.kiosk))
    groups = {each["parent"] for each in services} - {None}
    leaves = [each for each in services if each["code"] not in groups]
    assert (len(groups), len(leaves)) == (2, 8)
    assert sum(each["open"] for each in leaves) >= 3
    assert all(each["letter"] for each in leaves)
    assert len({each["letter"] for each in leaves}) == 8
    assert all((each["why"] is None) == each["open"] for each in services)


def test_the_demo_has_an_ordinary_category_and_one_that_needs_proof_first(hall: Hall) -> None:
    categories = payloads.check(payloads.CATEGORIES, hall.get("/categories", hall.kiosk))
    assert {each["proof_first"] for each in categories} == {True, False}


def test_numbers_are_the_services_letter_and_the_next_of_the_day(hall: Hall) -> None:
    letter = next(each["letter"] for each in hall.get("/services", hall.kiosk) if each["code"] == "passport")
    first, second = (hall.issue("passport")["number"] for _ in range(2))
    assert re.fullmatch(letter + r"\d{3,4}", first)
    assert int(second[len(letter) :]) == int(first[len(letter) :]) + 1


def test_a_new_ticket_waits_and_counts_those_called_before_it(hall: Hall) -> None:
    tickets = [hall.issue("address") for _ in range(3)]
    assert [ticket["ahead"] for ticket in tickets] == [0, 1, 2]
    assert {ticket["state"] for ticket in tickets} == {"waiting"}
    assert all(ticket["desk"] is None and ticket["called_at"] is None for ticket in tickets)
    assert hall.ticket(tickets[2]["id"]) == tickets[2]
    service = next(each for each in hall.get("/services", hall.kiosk) if each["code"] == "address")
    assert service["ahead"] == 3


def test_a_category_at_the_kiosk_goes_ahead_of_ordinary_visitors(hall: Hall) -> None:
    for desk in ("5", "6", "7", "8"):
        hall.call_an_ordinary_visitor(desk, "address")
    ordinary = hall.issue("address")
    veteran = hall.issue("address", category="veteran")
    assert veteran["ahead"] == 0
    assert hall.ticket(ordinary["id"])["ahead"] == 1
    assert hall.act("5", "next")["ticket"] == {
        "number": veteran["number"],
        "state": "called",
        "since": hall.ticket(veteran["id"])["called_at"],
        "why": "category",
    }


def test_a_category_that_needs_proof_does_not_go_ahead_before_staff_saw_it(hall: Hall) -> None:
    proof_first = next(each["code"] for each in hall.get("/categories", hall.kiosk) if each["proof_first"])
    hall.issue("address")
    assert hall.issue("address", category=proof_first)["ahead"] == 1


def test_track_urls_are_different_paths_that_nobody_can_guess(hall: Hall) -> None:
    urls = [hall.issue("passport")["track_url"] for _ in range(3)]
    assert len(set(urls)) == 3
    assert len({url[-8:] for url in urls}) == 3


def test_fifty_parallel_requests_with_one_key_make_one_ticket(hall: Hall) -> None:
    before = len(journal_of(hall, "ticket.issued"))
    body = {"service": "passport", "lang": "ru"}
    request = Request("POST", f"{API}/tickets", token=hall.kiosk, body=body, key=fresh_key("fifty"))
    answers = send_together(hall.base, [request] * 50)
    assert sorted(answer.status for answer in answers) == [200] * 49 + [201]
    assert len({answer.body for answer in answers}) == 1
    assert len(journal_of(hall, "ticket.issued")) == before + 1


def test_fifty_parallel_requests_with_keys_of_their_own_make_fifty_different_tickets(hall: Hall) -> None:
    body = {"service": "ready", "lang": "kk"}
    answers = send_together(hall.base, [Request("POST", f"{API}/tickets", hall.kiosk, body, fresh_key("many")) for _ in range(50)])
    assert {answer.status for answer in answers} == {201}
    numbers = sorted(int(answer.json["number"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for answer in answers)
    assert numbers == list(range(numbers[0], numbers[0] + 50))


def test_a_ticket_needs_no_key_and_then_each_request_is_a_ticket(hall: Hall) -> None:
    answers = [hall.post("/tickets", {"service": "passport", "lang": "en"}, hall.kiosk, key=None) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["id"] != answers[1].json["id"]


def test_a_key_with_another_body_is_key_reused_and_makes_nothing(hall: Hall) -> None:
    key = fresh_key("reuse")
    first = hall.post("/tickets", {"service": "passport", "lang": "ky"}, hall.kiosk, key)
    before = len(journal_of(hall, "ticket.issued"))
    problem(hall.post("/tickets", {"service": "passport", "lang": "ru"}, hall.kiosk, key), 422, "key_reused")
    assert len(journal_of(hall, "ticket.issued")) == before
    assert hall.post("/tickets", {"service": "passport", "lang": "ky"}, hall.kiosk, key).body == first.body


def test_a_key_belongs_to_its_token_and_path(hall: Hall) -> None:
    key = fresh_key("scope")
    body = {"service": "passport", "lang": "ky"}
    one, other = (hall.token(kiosk) for kiosk in hall.of_kind("kiosk"))
    made = [hall.post("/tickets", body, token, key) for token in (one, other)]
    assert [answer.status for answer in made] == [201, 201]
    assert made[0].json["number"] != made[1].json["number"]
    assert hall.post("/desks/1/next", {}, hall.desk_token("1"), key).status == 200


def test_a_refusal_leaves_the_key_unused(hall: Hall) -> None:
    key = fresh_key("refused")
    problem(hall.post("/tickets", {"service": "no-such-service", "lang": "ky"}, hall.kiosk, key), 422)
    assert hall.post("/tickets", {"service": "passport", "lang": "ky"}, hall.kiosk, key).status == 201


def test_the_remembered_answer_is_the_first_one_whatever_happened_since(hall: Hall) -> None:
    key = fresh_key("later")
    body = {"service": "birth", "lang": "ky"}
    first = hall.post("/tickets", body, hall.kiosk, key)
    hall.act("1", "next")
    again = hall.post("/tickets", body, hall.kiosk, key)
    assert (again.status, again.body) == (200, first.body)


@pytest.mark.parametrize("key", ["short", "x" * 65, "with space", "schlüssel-1"])
def test_a_malformed_key_is_422(hall: Hall, key: str) -> None:
    problem(hall.post("/tickets", {"service": "passport", "lang": "ky"}, hall.kiosk, key), 422)


@pytest.mark.parametrize(
    "body",
    [
        {"service": "no-such-service", "lang": "ky"},
        {"service": "documents", "lang": "ky"},
        {"service": "passport", "lang": "de"},
        {"service": "passport", "lang": "ky", "category": "royalty"},
        {"service": "passport"},
        {"lang": "ky"},
        {"service": 7, "lang": "ky"},
        {"service": "passport", "lang": None},
        {},
        [],
        "passport",
    ],
    ids=json.dumps,
)
def test_unknown_or_missing_field_values_are_422_and_make_nothing(hall: Hall, body: object) -> None:
    before = len(journal_of(hall, "ticket.issued"))
    detail = problem(hall.post("/tickets", body, hall.kiosk), 422)["detail"]
    assert len(detail) < 500
    assert len(journal_of(hall, "ticket.issued")) == before


def test_a_contact_is_in_no_answer_and_not_in_the_journal(hall: Hall) -> None:
    contact = "+996555010203"
    answer = hall.post("/tickets", {"service": "passport", "lang": "ky", "contact": contact}, hall.kiosk)
    assert answer.status == 201
    shown = [answer.body.decode(), str(hall.journal()), str(hall.ticket(answer.json["id"]))]
    assert all("555010203" not in text for text in shown)


def test_an_unknown_ticket_is_404(hall: Hall) -> None:
    problem(hall.send("GET", "/tickets/01936b2e-7c00-7000-8000-0000000000a1", token=hall.kiosk), 404)
    problem(hall.send("GET", "/tickets/nothing-like-an-id", token=hall.kiosk), 404)
