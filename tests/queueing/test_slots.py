"""Which appointments a service has, how many seats each, and that the last one is sold once."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BadRequest, Refused
from edge.queueing import appointments, slots
from edge.queueing import commands as c
from edge.queueing.booking import BookingState, slot_id, slot_parts
from edge.queueing.day import tick_of
from edge.queueing.policy import Mode, mode_on
from edge.queueing.slots import Shows
from edge.queueing.ticket import Booked
from tests.queueing import centre
from tests.queueing.scene import OFFSET, WALL, Scene

TODAY, MONDAY = "2026-03-02", date(2026, 3, 2)
HOURS = {"hours": centre.OFFICE, "lunch": [["12:30", "13:30"]]}


def offset(_day: date) -> int:
    return OFFSET


def at(clock: str, day: str = TODAY) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00+06:00").astimezone(UTC)


def slot(clock: str, service: str = "address", day: str = TODAY) -> str:
    return slot_id(service, at(clock, day))


def with_services(*changed: dict[str, object], **more: object) -> Scene:
    known = {entry["code"]: entry for entry in changed}
    services = [{**entry, **known.get(entry["code"], {})} for entry in centre.SERVICES]
    return Scene({**centre.settings(), "services": services, **more})


def book(scene: Scene, person: str, clock: str = "10:00", service: str = "address") -> str:
    booking = f"b-{person}-{service}"
    scene.do(c.Book(booking, "AAAAAA", service, slot(clock, service), person, "ky", "kiosk-1", OFFSET))
    return booking


def starts(scene: Scene, service: str = "address", day: date = MONDAY) -> list[str]:
    found = slots.of_day(scene.hall.policy, service, day, OFFSET, Shows())
    return [(each.start + timedelta(seconds=OFFSET)).strftime("%H:%M") for each in found]


def test_a_slot_has_one_name() -> None:
    assert slot_parts(slot("10:00")) == ("address", at("10:00"))
    for wrong in ("address", "address@2026-03-02", "address@2026-03-02T04:00:00Z", "address@2026-03-02T10:00:00.000+06:00", "@", ""):
        with pytest.raises(ValueError, match=r".*"):
            slot_parts(wrong)


def test_appointments_lie_within_the_hours_without_lunch_and_end_before_closing() -> None:
    found = starts(with_services(calendar=HOURS))
    assert (found[0], found[-1]) == ("09:00", "17:30")
    assert "12:15" in found
    assert not [each for each in found if "12:20" < each < "13:30"]


def test_a_closed_day_has_no_appointments() -> None:
    assert starts(with_services(calendar=HOURS), day=date(2026, 3, 1)) == []


def test_a_service_for_walk_ins_has_none() -> None:
    assert starts(Scene(), "passport") == []


def test_seats_are_worked_out_from_desks_minutes_and_who_did_not_come() -> None:
    scene = with_services({"code": "address", "slot_seats": None, "minutes": 4})
    few = sum(each.capacity for each in slots.of_day(scene.hall.policy, "address", MONDAY, OFFSET, Shows()))
    many = sum(each.capacity for each in slots.of_day(scene.hall.policy, "address", MONDAY, OFFSET, Shows(came=50, missed=50)))
    assert 0 < few < many


def test_overbooking_fills_the_desks_and_hardly_ever_more() -> None:
    """The figures of research 5.5: four seats and 15 % who do not come are five at most."""
    assert slots.overbooked(Fraction(4), Shows(came=850, missed=150)) <= 5
    assert 14 <= slots.overbooked(Fraction(12), Shows(came=700, missed=300)) <= 16
    assert slots.overbooked(Fraction(3), Shows(came=10_000)) < 3.1


@given(seats=st.fractions(Fraction(1, 10), 40, max_denominator=40), came=st.integers(0, 500), missed=st.integers(0, 500))
def test_overbooking_never_sells_less_than_there_is(seats: Fraction, came: int, missed: int) -> None:
    assert slots.overbooked(seats, Shows(came, missed)) >= min(seats, Fraction(1))


def test_the_last_seat_is_sold_once() -> None:
    scene = Scene()
    book(scene, "p1")
    book(scene, "p2")
    with pytest.raises(Refused, match="full"):
        book(scene, "p3")
    scene.do(c.CancelBooking("b-p1-address", "visitor"))
    book(scene, "p3")
    ledger = scene.hall.slots[slot("10:00")]
    assert (ledger.rights[1].sold, ledger.rights[1].released, ledger.taken) == (3, 1, 2)


def test_one_person_has_one_booking_of_a_service() -> None:
    scene = Scene()
    book(scene, "p1")
    with pytest.raises(Refused, match="has a booking for it already"):
        book(scene, "p1", "11:00")
    book(scene, "p1", "11:00", "visa")
    scene.do(c.CancelBooking("b-p1-address", "visitor"))
    scene.do(c.Book("again", "BBBBBB", "address", slot("11:00"), "p1", "ky", "kiosk-1", OFFSET))


def test_moving_takes_the_new_seat_and_frees_the_old_one_or_does_nothing() -> None:
    scene = Scene()
    for person in ("p1", "p2"):
        book(scene, person)
    book(scene, "p3", "11:00")
    with pytest.raises(Refused, match="full"):
        scene.do(c.Reschedule("b-p3-address", slot("10:00"), OFFSET))
    assert scene.hall.bookings["b-p3-address"].slot == slot("11:00")
    scene.do(c.Reschedule("b-p1-address", slot("11:00"), OFFSET))
    assert [scene.hall.slots[slot(each)].taken for each in ("10:00", "11:00")] == [1, 2]
    assert scene.hall.bookings["b-p1-address"].code == "AAAAAA"


@pytest.mark.parametrize("wrong", [slot("10:05"), slot("10:00", "visa"), "address@later", slot("10:00", day="2026-06-01")])
def test_what_is_no_slot_of_the_service_is_a_bad_request(wrong: str) -> None:
    with pytest.raises(BadRequest):
        Scene().do(c.Book("b", "AAAAAA", "address", wrong, "p", "ky", "kiosk-1", OFFSET))


def test_a_slot_that_has_begun_cannot_be_booked() -> None:
    scene = Scene()
    scene.at(3601)
    with pytest.raises(Refused, match="has begun"):
        book(scene, "p1")


def test_the_nearest_free_slots_lie_around_the_one_that_was_wanted() -> None:
    scene = Scene()
    for person in ("p1", "p2"):
        book(scene, person)
    found = appointments.nearest(scene.hall, "address", 0, offset, slot("10:00"))
    assert [each.slot for each, _ in found] == [slot("09:30"), slot("09:45"), slot("10:15")]
    assert [left for _, left in found] == [2, 2, 2]
    assert [each.slot for each, _ in appointments.nearest(scene.hall, "address", 0, offset)] == [slot("09:15"), slot("09:30"), slot("09:45")]


def test_nothing_is_free_beyond_the_horizon() -> None:
    scene = Scene({**centre.settings(), "bookings": {"horizon_days": 2}})
    days = [day for day in (date(2026, 3, n) for n in range(1, 9)) if list(appointments.free(scene.hall, "address", day, OFFSET, 0))]
    assert days == [date(2026, 3, 2), date(2026, 3, 3)]


def check_in(scene: Scene, booking: str, *, expired: bool = False, by_staff: bool = False, dated: bool = True) -> str:
    ticket = f"t-{booking}"
    scene.do(c.CheckIn(booking, ticket, "kiosk-1", expired=expired, by_staff=by_staff, dated=dated))
    return ticket


def test_check_in_is_early_on_time_late_and_too_late() -> None:
    scene = Scene()
    for person in ("early", "due", "late", "gone"):
        book(scene, person, "11:00" if person in ("late", "gone") else "11:15")
    appointment = tick_of(scene.hall.day, at("11:15"))  # type: ignore[arg-type]
    scene.at(appointment - 3601)
    with pytest.raises(Refused, match="opens at"):
        check_in(scene, "b-early-address")
    scene.at(appointment - 3600)
    early = scene.ticket(check_in(scene, "b-early-address"))
    assert (early.booked, early.base, early.ready_at) == (Booked.ON_TIME, appointment, appointment - 300)
    scene.at(appointment + 300)
    assert scene.ticket(check_in(scene, "b-due-address")).booked is Booked.ON_TIME
    late = scene.ticket(check_in(scene, "b-late-address"))  # twenty minutes after eleven
    assert (late.booked, late.base) == (Booked.LATE, scene.tick)
    scene.at(appointment + 901)
    with pytest.raises(Refused, match="its time is over"):
        check_in(scene, "b-gone-address")
    gone = scene.ticket(check_in(scene, "b-gone-address", expired=True))
    assert (gone.booked, gone.base) == (None, scene.tick)
    assert scene.hall.bookings["b-gone-address"].state is BookingState.CHECKED_IN


def test_staff_let_somebody_in_early() -> None:
    scene = Scene()
    book(scene, "p1", "17:00")
    assert scene.ticket(check_in(scene, "b-p1-address", by_staff=True)).booked is Booked.ON_TIME


def test_without_a_date_nobody_is_early_or_late_and_nothing_is_booked() -> None:
    scene = Scene()
    book(scene, "p1", "17:00")
    assert scene.ticket(check_in(scene, "b-p1-address", dated=False)).base == scene.tick
    with pytest.raises(Refused, match="does not know the date"):
        scene.do(c.Book("b", "AAAAAA", "address", slot("10:00"), "p", "ky", "kiosk-1", OFFSET, dated=False))


def test_who_does_not_come_is_missed_a_quarter_of_an_hour_later_and_may_still_come() -> None:
    scene = Scene()
    book(scene, "p1")
    assert appointments.due(scene.hall, 3600 + 899) == []
    (missed,) = appointments.due(scene.hall, 3600 + 900)
    scene.at(3600 + 900)
    scene.do(missed)
    assert scene.hall.bookings["b-p1-address"].state is BookingState.NO_SHOW
    assert scene.hall.shows["address"] == Shows(came=0, missed=1)
    check_in(scene, "b-p1-address")
    assert scene.hall.shows["address"] == Shows(came=1, missed=0)


def test_a_clock_that_jumps_a_year_misses_nobody_and_lets_everybody_in_on_time() -> None:
    scene = Scene()
    scene.do(c.Book("b1", "ABCDEF", "visa", "visa@2026-03-02T04:00:00.000Z", "person", "ky", "kiosk-1", 21_600))
    for by in (31_536_000, -31_536_000, -63_072_000):
        scene.do(c.NoteClockStep(by))
        assert appointments.due(scene.hall, scene.tick) == []
    scene.at(3600 + 14 * 60)
    assert appointments.due(scene.hall, scene.tick) == []
    scene.at(3600 + 15 * 60)
    assert appointments.due(scene.hall, scene.tick) == [c.MissBooking("b1")]
    scene.do(c.CheckIn("b1", "t1", "kiosk-1"))
    assert scene.ticket("t1").booked is Booked.LATE


def test_a_day_that_ends_lets_go_of_what_was_used_and_keeps_what_is_to_come() -> None:
    scene = Scene()
    check_in(scene, book(scene, "p1"))
    scene.do(c.Book("later", "CCCCCC", "address", slot("10:00", day="2026-03-03"), "p2", "ky", "kiosk-1", OFFSET))
    scene.do(c.CloseDay())
    assert set(scene.hall.bookings) == {"later"}
    assert set(scene.hall.slots) == {slot("10:00", day="2026-03-03")}


def test_modes_change_on_their_day_and_exempt_services_stay_open() -> None:
    scene = with_services(
        {"code": "address", "next_mode": "appointment-only", "next_mode_from": "2026-04-01"},
        {"code": "passport", "exempt": True},
        {"code": "birth", "slot_minutes": 30},
        bookings={"only_from": "2026-05-01"},
    )
    policy = scene.hall.policy

    def modes(day: str) -> list[Mode]:
        return [mode_on(policy, policy.services[code], day) for code in ("address", "passport", "birth")]

    assert modes("2026-03-31") == [Mode.MIXED, Mode.WALK_IN, Mode.WALK_IN]
    assert modes("2026-04-01") == [Mode.APPOINTMENT_ONLY, Mode.WALK_IN, Mode.WALK_IN]
    assert modes("2026-05-01") == [Mode.APPOINTMENT_ONLY, Mode.WALK_IN, Mode.APPOINTMENT_ONLY]


def test_an_appointment_opens_a_closed_hall_for_its_visitor_but_no_emergency() -> None:
    scene = with_services(calendar={"hours": centre.OFFICE, "lunch": [["09:00", "10:00"]]})
    assert scene.hall.day is not None
    assert scene.hall.day.wall_at_tick0 == WALL
    scene.do(c.Book("b1", "AAAAAA", "address", slot("10:00"), "p1", "ky", "kiosk-1", OFFSET))
    with pytest.raises(Refused, match="lunch"):
        scene.issue("address")
    scene.do(c.ChangeSettings({"emergency": {"text": centre.named("fire"), "reason": "fire"}}))
    with pytest.raises(Refused, match="emergency"):
        check_in(scene, "b1")
    with pytest.raises(Refused, match="closed by an emergency"):
        book(scene, "p2")
    scene.do(c.Book("b3", "CCCCCC", "address", slot("10:00", day="2026-03-03"), "p3", "ky", "kiosk-1", OFFSET))
    scene.do(c.ChangeSettings({"emergency": None}))
    check_in(scene, "b1")
