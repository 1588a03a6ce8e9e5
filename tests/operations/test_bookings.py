"""Bookings on a real database: once, erased, kept over a restart, missed by the ticker, and the same in a replay."""

import json
from datetime import timedelta

import pytest

from edge.errors import BadRequest, Refused, Unknown
from edge.operations import appointment, bookings
from edge.operations.clock import Quality
from edge.operations.decision import Once, deciding
from edge.operations.views import View
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.booking import CODE_ALPHABET, EDGE_FIRST, BookingState
from edge.queueing.decide import decide
from tests.operations.box import Box, HandClock
from tests.store.test_writing import dump

TODAY = "2026-03-02"
TEN, ELEVEN = "address@2026-03-02T04:00:00.000Z", "address@2026-03-02T05:00:00.000Z"


def book(box: Box, person: str = "AN 123-4567", slot: str = TEN, **more: object) -> View:
    done = bookings.book(
        box.ctx,
        service=slot.partition("@")[0],
        slot=slot,
        person=person,
        lang="ky",
        via="kiosk-1",
        actor="device:kiosk-1",
        **more,  # type: ignore[arg-type]
    )
    found: View = json.loads(done.answer)
    return found


def check_in(box: Box, code: str, *, expired: bool = False) -> View:
    found: View = json.loads(bookings.check_in(box.ctx, code, via="kiosk-1", actor="device:kiosk-1", expired=expired).answer)
    return found


def left(box: Box, slot: str) -> int:
    return next((each["left"] for each in bookings.slots(box.ctx, "address", TODAY) if each["slot"] == slot), 0)


def test_a_booking_is_made_looked_up_and_cancelled_and_its_seat_is_free_at_once(box: Box) -> None:
    assert left(box, TEN) == 2
    made = book(box)
    assert set(made) == {"booking", "code", "service", "slot", "start", "state"}
    assert (made["state"], made["start"], left(box, TEN)) == ("confirmed", "2026-03-02T04:00:00.000Z", 1)
    assert len(made["code"]) == 6
    assert made["code"][0] in EDGE_FIRST
    assert set(made["code"]) <= set(CODE_ALPHABET)
    assert bookings.view(bookings.find(box.ctx, made["code"].lower())) == made
    for _ in range(2):
        assert bookings.cancel(box.ctx, made["code"], by="visitor", actor="device:kiosk-1")["state"] == "cancelled"
    assert left(box, TEN) == 2
    assert box.verify().clean


def test_the_person_is_kept_as_a_keyed_hash_alone(box: Box) -> None:
    book(box, "an 123 4567")
    with pytest.raises(Refused, match="this person has a booking"):
        book(box, "AN-1234567", ELEVEN)
    everything = repr(dump(box.ctx.database))
    assert "1234567" not in everything.replace(" ", "").replace("-", "").upper().replace("2026030", "")
    for wrong in ("abc", " - - ", "x" * 65):
        with pytest.raises(BadRequest, match="4 to 64"):
            book(box, wrong)


def test_a_full_slot_names_the_nearest_free_ones(box: Box) -> None:
    for person in ("p001", "p002"):
        book(box, person)
    with pytest.raises(Refused) as refused:
        book(box, "p003")
    found = refused.value.more["slots"]
    assert len(found) == 3
    assert TEN not in [each["slot"] for each in found]


def test_the_same_key_books_once(box: Box) -> None:
    once = Once("http:test", "12345678", "digest")
    assert book(box, once=once) == book(box, once=once)
    assert left(box, TEN) == 1


def test_a_contact_is_kept_until_the_day_of_the_appointment_is_over(box: Box) -> None:
    made = book(box, slot="address@2026-03-03T04:00:00.000Z", contact="+996 555 123456")
    moved = book(box, "p002", contact="+996 555 000000")
    bookings.reschedule(box.ctx, moved["code"], "address@2026-03-04T04:00:00.000Z", actor="device:kiosk-1")
    gone = book(box, "p003", contact="+996 555 999999")
    bookings.cancel(box.ctx, gone["code"], by="visitor", actor="device:kiosk-1")

    def kept() -> set[str]:
        return {str(owner) for (owner,) in box.ctx.database.connection().execute("SELECT ticket FROM contact")}

    assert kept() == {made["booking"], moved["booking"]}
    box.pass_by(15 * 3600)
    assert kept() == {made["booking"], moved["booking"]}
    box.pass_by(24 * 3600)
    assert kept() == {moved["booking"]}
    assert b"555" not in box.path.read_bytes()


def test_check_in_gives_the_ticket_and_again_the_same(box: Box) -> None:
    code = book(box)["code"]
    box.pass_by(1800)
    ticket = check_in(box, code)
    assert (ticket["service"], ticket["state"]) == ("address", "waiting")
    again = bookings.check_in(box.ctx, code, via="kiosk-1", actor="device:kiosk-1")
    assert (again.first, json.loads(again.answer)["id"]) == (False, ticket["id"])
    assert bookings.find(box.ctx, code).state is BookingState.CHECKED_IN
    with pytest.raises(Refused, match="checked-in"):
        bookings.cancel(box.ctx, code, by="visitor", actor="device:kiosk-1")


def test_too_early_and_too_late_say_when_check_in_opens(box: Box) -> None:
    late, early = book(box)["code"], book(box, "p002", "address@2026-03-02T07:00:00.000Z")["code"]
    with pytest.raises(Refused, match="opens") as refused:
        check_in(box, early)
    assert (refused.value.code, refused.value.more) == ("too_early", {"opens": "2026-03-02T06:00:00.000Z"})
    box.pass_by(3600 + 1801)
    with pytest.raises(Refused) as refused:
        check_in(box, late)
    assert (refused.value.code, refused.value.more) == ("too_late", {"opens": "2026-03-02T03:00:00.000Z"})
    assert check_in(box, late, expired=True)["state"] == "waiting"
    with pytest.raises(Unknown):
        check_in(box, "ABCDEF")


def test_who_has_not_come_is_marked_by_the_ticker_and_the_same_after_a_restart(box: Box) -> None:
    code = book(box)["code"]
    box.pass_by(3600 + 780)
    assert bookings.find(box.ctx, code).state is BookingState.CONFIRMED
    box.pass_by(60)
    assert bookings.find(box.ctx, code).state is BookingState.NO_SHOW
    before = box.hall
    box.restart()
    assert box.hall == before
    assert check_in(box, code)["state"] == "waiting"
    box.pass_by(24 * 3600)
    assert box.hall.bookings == {}
    assert box.verify().clean


def test_a_clock_that_shows_the_impossible_misses_nobody_and_books_nothing(fresh: Box) -> None:
    fresh.make()
    code = book(fresh)["code"]
    clock: HandClock = fresh.clock
    clock.grade = Quality.UNSYNCED
    fresh.step(timedelta(days=-56 * 365))
    fresh.pass_by(7200)
    assert bookings.find(fresh.ctx, code).state is BookingState.CONFIRMED
    assert bookings.slots(fresh.ctx, "address", TODAY) == []
    with pytest.raises(Refused, match="does not know the date"):
        book(fresh, "p002", ELEVEN)
    assert check_in(fresh, code)["state"] == "waiting"


def test_a_box_that_works_from_a_backup_sells_nothing_until_somebody_confirms(box: Box) -> None:
    restored = {"at": "2026-03-02T03:00:00.000Z", "prefix": "Y"}
    with deciding(box.ctx, "system") as decision:
        decide(decision.turn, c.ChangeSettings({"restored": restored}))
    assert bookings.slots(box.ctx, "address", TODAY) == []
    with pytest.raises(Refused, match="works from a backup"):
        book(box)
    with deciding(box.ctx, "system") as decision:
        decide(decision.turn, c.ChangeSettings({"restored": None}))
    book(box)


def test_an_oversold_slot_is_found_by_verify(box: Box) -> None:
    for person in ("p001", "p002"):
        book(box, person)
    assert box.verify().clean
    with deciding(box.ctx, "system") as decision:
        second = next(each for each in decision.turn.hall.bookings.values())
        decision.turn.emit(
            e.BookingMade(
                booking="forged",
                code="AAAAAA",
                slot=TEN,
                service="address",
                start=TEN.partition("@")[2],
                minutes=15,
                person="somebody",
                lang="ky",
                right="edge",
                right_epoch=1,
                capacity=2,
                tick=decision.turn.tick,
            )
        )
    assert second.slot == TEN
    assert any("was oversold: 3 of 2 seats" in each for each in box.verify().problems)


def test_a_code_means_what_check_in_decides_also_when_the_clock_jumped_a_year(box: Box) -> None:
    code, later = book(box)["code"], book(box, "p002", "address@2026-03-02T07:00:00.000Z")["code"]
    box.step(timedelta(days=365))
    box.pass_by(60)
    assert appointment.seen(box.ctx, code).met is appointment.Met.ON_TIME
    assert check_in(box, code)["state"] == "waiting"
    assert appointment.seen(box.ctx, later).met is appointment.Met.EARLY
    with pytest.raises(Refused, match="opens"):
        check_in(box, later)
