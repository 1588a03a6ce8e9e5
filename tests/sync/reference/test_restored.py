"""A national server that was restored from a copy; a module of its own, because it opens two databases after each other."""

import shutil
from pathlib import Path

from edge.sync.reference import centres, database
from tests.sync.reference.town import town


def test_a_restored_server_relearns_from_the_journal_and_sells_nothing_before(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with town(tmp_path / "national.db") as place:
        centre = place.centre().link()
        with database.transaction():
            shutil.copy(tmp_path / "national.db", copy)
            shutil.copy(tmp_path / "national.db-wal", tmp_path / "copy.db-wal")
        slot, moved = centre.slot(hours=30), centre.slot(hours=31)
        kept, gone = centre.book(slot).body, centre.book(slot, person="AN 7654321").body
        centre.pull()
        centre.take(kept["booking"])
        centre.take(gone["booking"])
        centre.say(
            "booking.rescheduled",
            booking=kept["booking"],
            slot=moved,
            start=moved.split("@")[1],
            minutes=60,
            right="national",
            right_epoch=None,
            **{"from": slot},
        )
        centre.say("booking.cancelled", booking=gone["booking"], by="national")
        centre.sell(slot)
        centre.push()
        before = place.now
    with town(copy) as place:
        place.now = before
        centres.renew_all(place.now)
        centre.town, centre.box.address, centre.cursor = place, place.address, ""
        assert centre.book(slot, person="AN 9999999").body["error"] == "centre_unknown_yet"
        told = centre.box.hello().body
        assert told["action"] == "push_from"
        assert centre.book(slot, person="AN 9999999").body["error"] == "centre_unknown_yet"
        centre.sent = told["from_seq"] - 1
        centre.push()
        centre.pull()
        assert (centre.left(slot), centre.left(moved)) == (2, 1)
        assert centre.change("show", gone["code"], person="AN 7654321").body["state"] == "cancelled"
