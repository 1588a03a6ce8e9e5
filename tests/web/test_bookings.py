"""Slots, bookings and check-ins over HTTP (`contract/http.md`), in the demo's centre."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.web.conftest import Answer, Web

SERVICE = "passport"


def today(web: Web, ahead: int = 0) -> str:
    day = web.ctx.hall.day
    assert day is not None
    return (datetime.now(ZoneInfo(day.tz)).date() + timedelta(days=ahead)).isoformat()


def slots(web: Web, ahead: int = 1, service: str = SERVICE) -> list[dict[str, Any]]:
    answer = web.get(f"slots?service={service}&day={today(web, ahead)}", "kiosk-1")
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.json
    return found


def book(web: Web, slot: str, person: str, key: str = "fresh", **more: Any) -> Answer:
    return web.post("bookings", {"service": SERVICE, "slot": slot, "person": person, "lang": "ky", **more}, "kiosk-1", key)


def test_slots_are_future_in_order_and_within_the_capacity(fresh: Web) -> None:
    found = slots(fresh, 0) + slots(fresh)
    starts = [datetime.fromisoformat(each["start"]) for each in found]
    assert starts == sorted(starts)
    assert starts[0] > datetime.now(UTC)
    assert all(set(each) == {"slot", "start", "minutes", "left"} and 1 <= each["left"] <= 50 and each["minutes"] == 15 for each in found)
    assert all(each["slot"] == f"{SERVICE}@{each['start']}" for each in found)
    assert starts[0] - datetime.now(UTC) <= timedelta(minutes=55)


@pytest.mark.parametrize(
    "query",
    ["service=hats&day=2026-03-02", "service=passport&day=tomorrow", "service=passport", "day=2026-03-02", "service=documents&day=2026-03-02"],
)
def test_slots_of_what_does_not_exist_are_422(web: Web, query: str) -> None:
    web.get(f"slots?{query}", "kiosk-1").problem(422)


def test_a_day_beyond_the_horizon_has_no_slots(web: Web) -> None:
    assert web.get("slots?service=passport&day=2099-03-02", "kiosk-1").json == []


def test_the_life_of_a_booking(fresh: Web) -> None:
    first, second = slots(fresh)[:2]
    made = book(fresh, first["slot"], "AN 1234567", "booking-1")
    assert made.status == 201
    assert set(made.json) == {"booking", "code", "service", "slot", "start", "state"}
    code = made.json["code"]
    assert made.headers["location"].endswith(f"/bookings/{code}")
    again = book(fresh, first["slot"], "AN 1234567", "booking-1")
    assert (again.status, again.body) == (200, made.body)
    book(fresh, second["slot"], "an-1234567").problem(409, "already_booked")
    moved = fresh.post(f"bookings/{code}/reschedule", {"slot": second["slot"]}, "kiosk-1")
    assert (moved.status, moved.json["code"], moved.json["slot"]) == (200, code, second["slot"])
    assert [each["left"] for each in slots(fresh)[:2]] == [first["left"], second["left"] - 1]
    too_early = fresh.post("checkins", {"code": code}, "kiosk-1").problem(409, "too_early")
    assert too_early["opens"] < second["start"]
    for _ in range(2):
        gone = fresh.send("DELETE", f"/api/v1/bookings/{code}", token="kiosk-1")
        assert (gone.status, gone.json["state"]) == (200, "cancelled")
    assert fresh.get(f"bookings/{code}", "kiosk-1").json["state"] == "cancelled"
    assert "opens" in fresh.post("checkins", {"code": code}, "kiosk-1").problem(409, "booking_state")
    fresh.post(f"bookings/{code}/reschedule", {"slot": first["slot"]}, "kiosk-1").problem(409)


def test_the_last_seat_is_sold_once_to_many_at_once(fresh: Web) -> None:
    aim = slots(fresh)[4]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: book(fresh, aim["slot"], f"person {n:04}"), range(aim["left"] + 6)))
    assert sorted(answer.status for answer in answers) == [201] * aim["left"] + [409] * 6
    for answer in answers:
        if answer.status == 409:
            members = answer.problem(409, "slot_full")
            assert 1 <= len(members["slots"]) <= 3
            assert aim["slot"] not in [each["slot"] for each in members["slots"]]


def test_check_in_is_a_ticket_and_again_the_same(fresh: Web) -> None:
    soon = slots(fresh, 0) + slots(fresh, 1)
    code = book(fresh, soon[0]["slot"], "AN 7654321").json["code"]
    ticket = fresh.post("checkins", {"code": code.lower()}, "kiosk-1")
    assert ticket.status == 201
    assert ticket.json["state"] == "waiting"
    again = fresh.post("checkins", {"code": code}, "kiosk-2")
    assert (again.status, again.json["id"]) == (200, ticket.json["id"])
    assert fresh.get(f"bookings/{code}", "desk-1").json["state"] == "checked-in"
    fresh.send("DELETE", f"/api/v1/bookings/{code}", token="kiosk-1").problem(409, "booking_state")


def test_what_is_no_code_is_404(web: Web) -> None:
    web.post("checkins", {"code": "AAAAAA"}, "kiosk-1").problem(404)
    web.get("bookings/AAAAAA", "kiosk-1").problem(404)
    web.send("DELETE", "/api/v1/bookings/AAAAAA", token="kiosk-1").problem(404)
    web.post("bookings/AAAAAA/reschedule", {"slot": slots(web)[0]["slot"]}, "kiosk-1").problem(404)


def test_wrong_values_are_422(web: Web) -> None:
    slot = slots(web)[0]["slot"]
    off_grid = slot.replace(":00.000", ":01.000")
    for body in ({"person": "abc"}, {"slot": "passport@soon"}, {"slot": off_grid}, {"service": "hats"}, {"lang": "de"}, {"person": None}):
        web.post("bookings", {"service": SERVICE, "slot": slot, "person": "AN 0000001", "lang": "ky", **body}, "kiosk-1").problem(422)
    web.post("bookings", {"service": SERVICE, "slot": slot, "person": "AN 0000001", "lang": "ky"}, "kiosk-1", key=None).problem(422, "key_missing")
    web.post("checkins", {}, "kiosk-1").problem(422)


def test_a_slot_of_yesterday_is_409_with_free_ones(web: Web) -> None:
    slot = slots(web)[0]["start"]
    past = (datetime.fromisoformat(slot) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert book(web, f"{SERVICE}@{past}", "AN 0000002").problem(409, "slot_past")["slots"]


def test_who_may(web: Web) -> None:
    slot = slots(web)[0]["slot"]
    body = {"service": SERVICE, "slot": slot, "person": "AN 0000003", "lang": "ky"}
    for caller in ("desk-1", "olga@1", "aibek", "board-a"):
        web.post("bookings", body, caller).problem(403)
        web.post("checkins", {"code": "AAAAAA"}, caller).problem(403)
    web.get("bookings/AAAAAA", "board-a").problem(403)
    web.get(f"slots?service={SERVICE}&day=2026-03-02").problem(401)


def test_no_answer_and_no_line_shows_the_person(fresh: Web) -> None:
    answer = book(fresh, slots(fresh)[3]["slot"], "SECRETDOC99", contact="+996555777888")
    assert answer.status == 201
    journal = fresh.get("journal?limit=5000", "aibek").text
    assert "booking.made" in journal
    assert "SECRETDOC99" not in journal
    assert "996555777888" not in journal
