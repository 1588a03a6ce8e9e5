"""Bookings on the national side, and what a centre's journal does to them while the link is cut."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.sync.reference.town import NOON, Centre, Town, town


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town") / "national.db") as made:
        yield made


@pytest.fixture
def centre(place: Town) -> Centre:
    place.now = NOON
    return place.centre().link()


def taken(centre: Centre, hours: float = 30) -> tuple[str, str, str]:
    """A booking of the portal that the centre has taken from the feed and told of: id, code, slot. The day after tomorrow's evening is far."""
    slot = centre.slot(hours=hours)
    made = centre.book(slot).body
    centre.pull()
    centre.take(made["booking"])
    centre.push()
    return made["booking"], made["code"], slot


def test_a_booking_goes_into_the_feed_and_takes_one_right(centre: Centre) -> None:
    slot = centre.slot(hours=30)
    made = centre.book(slot)
    assert made.status == 201
    assert centre.left(slot) == 1
    assert made.body["code"][0] in "NPQRSTUVWXYZ"
    centre.pull()
    item = centre.items["booking", made.body["booking"]]
    assert item["custody"] == "national"
    assert item["payload"].keys() == {"booking", "code", "service", "slot", "start", "minutes", "person", "lang", "state"}
    assert "1234567" not in str(item)


def test_the_same_order_is_answered_the_same_and_another_one_with_its_key_is_refused(centre: Centre) -> None:
    slot = centre.slot(hours=30)
    first, again = centre.book(slot, key="order-0001"), centre.book(slot, key="order-0001")
    assert (first.status, again.status, first.body) == (201, 200, again.body)
    assert centre.book(slot, person="AN 7654321", key="order-0001").status == 422
    assert centre.left(slot) == 1


def test_a_person_has_one_booking_of_a_service(centre: Centre) -> None:
    centre.book(centre.slot(hours=30), person="an-123 4567")
    assert centre.book(centre.slot(hours=31), person="AN1234567").body["error"] == "already_booked"


def test_only_the_person_who_booked_changes_a_booking(centre: Centre) -> None:
    code = centre.book(centre.slot(hours=30)).body["code"]
    assert centre.change("cancel", code, person="AN 7654321").status == 404
    assert centre.change("show", code).body["state"] == "confirmed"


def test_a_booking_that_no_centre_was_told_of_is_cancelled_at_once(centre: Centre) -> None:
    slot = centre.slot(hours=30)
    made = centre.book(slot).body
    assert centre.change("cancel", made["code"]).body["state"] == "cancelled"
    assert centre.left(slot) == 2
    centre.pull()
    assert centre.items["booking", made["booking"]]["op"] == "delete"


def test_a_right_of_a_cancelled_booking_waits_until_the_journal_shows_that_the_centre_knows(centre: Centre) -> None:
    booking, code, slot = taken(centre)
    assert centre.change("cancel", code).status == 200
    assert centre.left(slot) == 1
    centre.pull()
    assert (centre.items["booking", booking]["payload"]["state"], centre.left(slot)) == ("cancelled", 1)
    centre.say("booking.cancelled", booking=booking, by="national")
    centre.push()
    assert centre.left(slot) == 2


def test_check_in_beats_a_cancellation_that_the_centre_had_not_heard_of(centre: Centre) -> None:
    booking, code, slot = taken(centre)
    centre.change("cancel", code)
    centre.say("booking.checked_in", booking=booking, ticket="t1")
    centre.push()
    assert centre.change("show", code).body["state"] == "checked-in"
    assert centre.left(slot) == 1


def test_a_move_takes_the_new_right_first_and_gives_the_old_one_back_when_the_centre_knows(centre: Centre) -> None:
    booking, code, old = taken(centre)
    new = centre.slot(hours=31)
    assert centre.change("reschedule", code, slot=new).body["slot"] == new
    assert (centre.left(old), centre.left(new)) == (1, 1)
    centre.pull()
    centre.say(
        "booking.rescheduled", booking=booking, slot=new, start=new.split("@")[1], minutes=60, right="national", right_epoch=None, **{"from": old}
    )
    centre.push()
    assert (centre.left(old), centre.left(new)) == (2, 1)


def test_check_in_beats_a_move_and_frees_the_new_place(centre: Centre) -> None:
    booking, code, old = taken(centre)
    new = centre.slot(hours=31)
    centre.change("reschedule", code, slot=new)
    centre.say("booking.checked_in", booking=booking, ticket="t1")
    centre.push()
    assert centre.change("show", code).body["slot"] == old
    assert (centre.left(old), centre.left(new)) == (1, 2)


def test_the_first_place_is_the_one_that_the_centre_heard_of_not_one_whose_page_was_lost(centre: Centre) -> None:
    lost, slot = centre.slot(hours=30), centre.slot(hours=31)
    made = centre.book(lost).body
    centre.box.get("feed", cursor=centre.cursor)  # handed out, and the answer was lost
    assert centre.change("reschedule", made["code"], slot=slot).status == 200
    centre.pull()
    centre.take(made["booking"])
    assert centre.change("cancel", made["code"]).status == 200
    centre.say("booking.checked_in", booking=made["booking"], ticket="t1")
    centre.push()
    shown = centre.change("show", made["code"]).body
    assert (shown["state"], shown["slot"]) == ("checked-in", slot)
    assert (centre.left(lost), centre.left(slot)) == (2, 1)


def test_a_centre_that_moves_a_national_booking_spends_its_own_right_and_gives_the_old_one_back(centre: Centre) -> None:
    booking, code, old = taken(centre)
    new = centre.slot(hours=31)
    centre.say("booking.rescheduled", booking=booking, slot=new, start=new.split("@")[1], minutes=60, right="edge", right_epoch=1, **{"from": old})
    centre.push()
    assert (centre.left(old), centre.left(new)) == (2, 2)
    asked = centre.change("cancel", code)
    assert (asked.status, asked.body["asked"]) == (202, "cancel")  # it is the centre's now


def test_the_bookings_of_tomorrow_pass_to_the_centre_in_the_evening_and_are_its_own_once_its_cursor_covers_them(centre: Centre, place: Town) -> None:
    made = centre.book(centre.slot(hours=20)).body  # tomorrow at 8
    centre.pull()
    place.now = NOON + timedelta(hours=6)  # 18:00
    items = centre.pull()
    assert [(item["key"], item["custody"]) for item in items if item["kind"] == "booking"] == [(made["booking"], "edge")]
    asked = centre.change("cancel", made["code"])
    assert (asked.status, asked.body["state"], asked.body["asked"]) == (202, "confirmed", "cancel")


def test_until_the_receipt_this_side_still_changes_what_it_handed_over(centre: Centre, place: Town) -> None:
    made = centre.book(centre.slot(hours=20)).body
    centre.pull()
    place.now = NOON + timedelta(hours=6)
    page = centre.box.get("feed", cursor=centre.cursor).body
    assert [item["custody"] for item in page["items"] if item["kind"] == "booking"] == ["edge"]
    assert centre.change("cancel", made["code"]).status == 200
    centre.cursor = page["cursor"]
    assert centre.pull()[-1]["payload"]["state"] == "cancelled"


def test_a_booking_of_a_day_that_was_handed_over_is_born_in_the_custody_of_the_centre(centre: Centre) -> None:
    made = centre.book(centre.slot(hours=4)).body
    centre.pull()
    assert centre.items["booking", made["booking"]]["custody"] == "edge"


def test_a_wish_is_kept_until_the_centre_answers_it(centre: Centre) -> None:
    slot = centre.slot(hours=4)
    made = centre.book(slot).body
    centre.pull()
    centre.take(made["booking"])
    centre.push()
    assert centre.change("cancel", made["code"]).status == 202
    assert centre.change("cancel", made["code"]).status == 202
    assert centre.change("reschedule", made["code"], slot=centre.slot(hours=5)).body["error"] == "request_open"
    centre.pull()
    (request,) = [item for (kind, _), item in centre.items.items() if kind == "booking_request"]
    assert request["payload"] == {"booking": made["booking"], "wish": "cancel", "slot": None}
    centre.say("booking.request_refused", booking=made["booking"], request=request["key"], why="checked_in")
    centre.push()
    assert centre.change("show", made["code"]).body["refused"] == "checked_in"
    centre.pull()
    assert centre.items["booking_request", request["key"]]["op"] == "delete"


def test_a_granted_wish_moves_the_booking_to_a_right_of_the_centre(centre: Centre) -> None:
    slot, new = centre.slot(hours=4), centre.slot(hours=5)
    made = centre.book(slot).body
    centre.pull()
    centre.take(made["booking"])
    centre.push()
    assert centre.change("reschedule", made["code"], slot=new).status == 202
    centre.say(
        "booking.rescheduled",
        booking=made["booking"],
        slot=new,
        start=new.split("@")[1],
        minutes=60,
        right="edge",
        right_epoch=1,
        **{"from": slot},
    )
    centre.push()
    told = centre.change("show", made["code"]).body
    assert (told["slot"], told["asked"], told["refused"]) == (new, None, None)
    assert (centre.left(slot), centre.left(new)) == (2, 2)


def test_a_centre_without_a_link_is_sold_nothing_that_begins_soon(centre: Centre, place: Town) -> None:
    place.later(hours=3)
    assert centre.book(centre.slot(hours=10)).body["error"] == "centre_away"
    assert centre.left(centre.slot(hours=10)) == 0
    assert centre.book(centre.slot(hours=28)).status == 201


def test_a_person_booked_on_both_sides_is_told_of_and_nobody_is_cancelled(centre: Centre) -> None:
    slot = centre.slot(hours=30)
    made = centre.book(slot).body
    centre.pull()
    person = centre.items["booking", made["booking"]]["payload"]["person"]
    centre.sell(centre.slot(hours=31), person=person)
    centre.push()
    needs = next(each for each in centre.box.call("GET", "/portal/v1/overview").body if each["centre"] == centre.box.centre)["needs"]
    assert [each["kind"] for each in needs] == ["person-twice"]
    assert centre.change("show", made["code"]).body["state"] == "confirmed"
