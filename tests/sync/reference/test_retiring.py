"""A feed holds what is ahead: what has passed is taken out, and a snapshot does not grow by every day that ever was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.reference.town import Town, town


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path / "national.db") as made:
        yield made


def test_slots_and_bookings_that_have_passed_leave_the_feed_and_are_forgotten_once_the_box_knows(place: Town) -> None:
    centre = place.centre().link()
    slot, tomorrows = centre.slot(hours=5), centre.slot(hours=30)
    booked = centre.book(slot).body["booking"]
    centre.pull()
    early = centre.cursor
    assert {("slot_grant", slot), ("booking", booked)} <= centre.items.keys()

    place.later(hours=45)
    gone = {(item["kind"], item["key"]) for item in centre.pull() if item["op"] == "delete"}
    assert {("slot_grant", slot), ("booking", booked)} <= gone
    assert ("slot_grant", tomorrows) not in gone
    kept = {(item["kind"], item["key"]) for item in centre.box.get("snapshot", scope="all").body["items"]}
    assert not gone & kept
    assert ("slot_grant", tomorrows) in kept
    assert centre.box.get("feed", cursor=early).status == 200

    place.later(days=31)
    centre.pull()
    assert centre.box.get("feed", cursor=early).status == 410, "the absence of the first ones is forgotten"
