"""Slots, bookings and check-ins as independent clients use them: the last seat, parallel keys, kill -9, what board and desk say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.demo_process import Demo
from tests.journeys import payloads
from tests.journeys.hall import Button, Hall, problem
from tests.journeys.http_client import Answer, Request, fresh_key, send_together

SERVICE = "passport"


def slots(hall: Hall, service: str = SERVICE) -> list[Mapping[str, Any]]:
    """Return the free slots of today and tomorrow."""
    today = datetime.now(UTC).date()  # where it is about noon, as in the demo
    found = [each for ahead in (0, 1) for each in hall.get(f"/slots?service={service}&day={today + timedelta(days=ahead)}", hall.kiosk)]
    return [payloads.check(payloads.SLOT, each) for each in found]


def wish(slot: str, person: str, service: str = SERVICE) -> Mapping[str, Any]:
    return {"service": service, "slot": slot, "person": person, "lang": "ky"}


def book(hall: Hall, slot: str, person: str) -> Mapping[str, Any]:
    answer = hall.post("/bookings", wish(slot, person), hall.kiosk)
    assert answer.status == 201, answer
    found: Mapping[str, Any] = payloads.check(payloads.BOOKING, answer.json)
    return found


def together(hall: Hall, slot: str, people: Sequence[str], keys: Sequence[str] = ()) -> list[Answer]:
    """Let many people book one slot at the same moment, by turns at two kiosks."""
    kiosks = [hall.token(name) for name in hall.of_kind("kiosk")]
    keys = keys or [fresh_key("seat") for _ in people]
    return send_together(
        hall.base,
        [
            Request("POST", "/api/v1/bookings", kiosks[n % len(kiosks)], wish(slot, person), key)
            for n, (person, key) in enumerate(zip(people, keys, strict=True))
        ],
    )


def test_the_demo_has_several_bookable_services_and_a_seat_within_55_minutes(hall: Hall) -> None:
    bookable = [each["code"] for each in hall.get("/services", hall.kiosk) if each["bookable"]]
    assert len(bookable) >= 2
    soonest = datetime.fromisoformat(slots(hall)[0]["start"])
    assert timedelta() < soonest - datetime.now(UTC) <= timedelta(minutes=55)


def test_the_last_seat_goes_to_one_of_two_kiosks_and_the_other_sees_the_next_slots(hall: Hall) -> None:
    aim = slots(hall)[-1]
    answers = together(hall, aim["slot"], [f"crowd {n:04}" for n in range(aim["left"] + 4)])
    assert sorted(answer.status for answer in answers) == [201] * aim["left"] + [409] * 4
    for answer in answers:
        if answer.status == 409:
            offered = problem(answer, 409)["slots"]
            assert 1 <= len(offered) <= 3
            assert aim["slot"] not in [payloads.check(payloads.SLOT, each)["slot"] for each in offered]
    assert aim["slot"] not in [each["slot"] for each in slots(hall)]


def test_parallel_requests_with_one_key_book_once(hall: Hall) -> None:
    aim, key = slots(hall)[-2], fresh_key("one-seat")
    kiosk = hall.kiosk
    answers = send_together(hall.base, [Request("POST", "/api/v1/bookings", kiosk, wish(aim["slot"], "one person"), key) for _ in range(6)])
    assert sorted(answer.status for answer in answers) == [200] * 5 + [201]
    assert len({answer.body for answer in answers}) == 1


def test_a_booking_moves_as_a_whole_or_not_at_all(hall: Hall) -> None:
    first, second = slots(hall)[-6:-4]
    made = book(hall, first["slot"], "who moves")
    full = [f"filler {n:04}" for n in range(second["left"])]
    assert {answer.status for answer in together(hall, second["slot"], full)} == {201}
    problem(hall.post(f"/bookings/{made['code']}/reschedule", {"slot": second["slot"]}, hall.kiosk), 409)
    assert hall.get(f"/bookings/{made['code']}", hall.kiosk) == made


def test_a_checked_in_appointment_is_called_with_its_reason(hall: Hall) -> None:
    made = book(hall, slots(hall)[0]["slot"], "who comes")
    answer = hall.post("/checkins", {"code": made["code"]}, hall.kiosk)
    assert answer.status == 201, answer
    ticket = payloads.check(payloads.TICKET, answer.json)
    again = hall.post("/checkins", {"code": made["code"]}, hall.kiosk)
    assert (again.status, again.json["id"], again.json["number"]) == (200, ticket["id"], ticket["number"])
    with Button(hall, "1") as button:
        assert button.press()["ticket"] == ticket["number"]
    assert hall.board("a")["now"][0]["reason"] in ("early", "booked")
    assert hall.get(f"/bookings/{made['code']}", hall.kiosk)["state"] == "checked-in"


def test_after_kill_9_every_answered_booking_is_there_and_no_seat_is_sold_twice(centre: Callable[..., Demo]) -> None:
    demo = centre()
    hall = Hall(demo.described)
    aim, other = slots(hall)[-1], slots(hall)[-2]
    made = book(hall, aim["slot"], "who stays")
    gone = book(hall, aim["slot"], "who goes")
    assert hall.send("DELETE", f"/bookings/{gone['code']}", token=hall.kiosk).json["state"] == "cancelled"
    key = fresh_key("killed-seat")
    moved = hall.post(f"/bookings/{made['code']}/reschedule", {"slot": other["slot"]}, hall.kiosk, key)
    assert moved.status == 200, moved

    demo.kill()
    demo.restart()

    hall = Hall(demo.described)
    assert hall.post(f"/bookings/{made['code']}/reschedule", {"slot": other["slot"]}, hall.kiosk, key).body == moved.body
    assert hall.get(f"/bookings/{made['code']}", hall.kiosk) == moved.json
    assert hall.get(f"/bookings/{gone['code']}", hall.kiosk)["state"] == "cancelled"
    assert {each["slot"]: each["left"] for each in slots(hall)[-2:]} == {aim["slot"]: aim["left"], other["slot"]: other["left"] - 1}
    demo.stop()
    assert demo.verify().returncode == 0
