"""Which rights a centre gets, and when."""

from collections.abc import Iterator

import pytest

from tests.sync.reference.town import NOON, SETTINGS, Town, town


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town") / "national.db") as made:
        yield made


@pytest.fixture(autouse=True)
def _noon(place: Town) -> None:
    place.now = NOON


def test_a_centre_gets_its_share_of_every_slot_of_the_horizon_once_its_journal_is_here(place: Town) -> None:
    centre = place.centre()
    assert centre.box.hello().status == 200
    assert centre.pull() == []
    centre.push()
    grants = [item for item in centre.pull() if item["kind"] == "slot_grant"]
    assert len(grants) == 35  # the hours until tomorrow's midnight
    assert [each["payload"]["start"] for each in grants] == sorted(each["payload"]["start"] for each in grants)
    assert centre.grant(centre.slot(hours=5)) == {
        "slot": centre.slot(hours=5),
        "epoch": 1,
        "service": "passport",
        "start": "2026-03-02T11:00:00.000Z",
        "minutes": 60,
        "capacity": 6,
        "granted": 4,
    }


def test_a_slot_that_begins_within_two_hours_is_the_centres_alone(place: Town) -> None:
    centre = place.centre().link()
    assert centre.grant(centre.slot(hours=2))["granted"] == 6
    assert centre.left(centre.slot(hours=2)) == 0
    assert (centre.grant(centre.slot(hours=3))["granted"], centre.left(centre.slot(hours=3))) == (4, 2)
    place.later(hours=1, minutes=5)
    centre.pull()
    assert centre.grant("passport@2026-03-02T09:00:00.000Z")["granted"] == 6


def test_what_the_centre_sold_before_it_was_linked_is_covered(place: Town) -> None:
    centre = place.centre()
    slot = centre.slot(hours=5)
    for _ in range(3):
        centre.sell(slot)
    centre.link()
    assert (centre.grant(slot)["granted"], centre.left(slot)) == (5, 1)


def test_nearly_spent_rights_are_topped_up(place: Town) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=6)
    for _ in range(3):
        centre.sell(slot)
    centre.push()
    centre.pull()
    assert (centre.grant(slot)["granted"], centre.left(slot)) == (5, 1)


def test_a_full_slot_asks_the_centre_for_a_right_back_and_sells_it_only_when_it_was_returned(place: Town) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=7)
    assert [centre.book(slot, person=f"AN {n}00000").status for n in (1, 2, 3)] == [201, 201, 409]
    refused = centre.book(slot, person="AN 400000").body
    assert refused["error"] == "slot_full"
    assert 1 <= len(refused["slots"]) <= 3
    assert slot not in [each["slot"] for each in refused["slots"]]
    assert ("slot_recall", slot) in {(item["kind"], item["key"]) for item in centre.pull()}
    assert centre.book(slot, person="AN 500000").status == 409
    centre.say("slot.returned", slot=slot, epoch=1, returned=1)
    centre.push()
    assert centre.book(slot, person="AN 500000").status == 201
    assert centre.book(slot, person="AN 600000").status == 409


def test_a_new_epoch_is_granted_anew_and_the_old_rights_stay_frozen(place: Town) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=8)
    centre.box.is_backup = True
    told = centre.box.hello().body
    assert told["action"] == "new_epoch"
    centre.box.begin(told)
    centre.sent = 0
    centre.sell(slot)  # with a right of the new epoch
    centre.push()
    centre.pull()
    assert (centre.grant(slot)["epoch"], centre.left(slot)) == (2, 0)
    assert centre.grant(slot)["granted"] == 2  # of six, four stay with the old epoch


def test_a_day_that_is_closed_is_sold_no_more_and_its_unsold_rights_are_asked_back(place: Town) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=30)
    closed = {**SETTINGS["calendar"], "days": [{"day": "2026-03-03", "hours": []}]}
    centre.say("setting.changed", key="calendar", value=closed)
    centre.push()
    centre.pull()
    assert (centre.grant(slot)["capacity"], centre.left(slot)) == (0, 0)
    assert centre.items["slot_recall", slot]["payload"] == {"slot": slot, "wanted": 4}
    assert centre.book(slot).status == 422


def test_an_event_that_cannot_be_taken_over_gets_a_notice_and_stops_nothing(place: Town) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=9)
    first = len(centre.box.lines) + 1
    centre.say("weather.changed", sun=True)
    centre.box.write(type="booking.made", payload="[1]")
    centre.say("booking.cancelled", booking="nobody's", by="staff")
    ticket = {"ticket": "t1", "number": "A001", "day": "2026-03-02", "service": "passport"}
    centre.say("ticket.issued", **ticket)
    centre.say("ticket.issued", **ticket)
    booking = centre.sell(slot)
    centre.say("booking.cancelled", booking=booking, by="staff")
    centre.say("booking.cancelled", booking=booking, by="staff")
    notices = centre.push().body["notices"]
    assert [(each["seq"] - first, each["code"]) for each in notices] == [
        (0, "type_unknown"),
        (1, "payload_unreadable"),
        (2, "booking_unknown"),
        (4, "duplicate_ticket"),
        (7, "already_cancelled"),
    ]
    assert centre.book(slot).status == 201
