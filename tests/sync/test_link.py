"""A centre and a national server that both work: what is said here is stored there, byte for byte, and what is decided there arrives here."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.operations import link_state, restored
from edge.operations.link_state import State, Why
from edge.store import copying, sync_state
from edge.sync.reference import centres, database, feed
from edge.sync.reference.models import Epoch, Line
from tests.operations.box import Box
from tests.sync.centre_link import CENTRE, Linked, National, RunningClock, linked, national, wait_for


@pytest.fixture
def server(tmp_path: Path) -> Iterator[National]:
    with national(tmp_path / "national.db") as running:
        yield running


@pytest.fixture
def one(server: National, tmp_path: Path) -> Iterator[Linked]:
    with linked(tmp_path / "edge.db", server.settings()) as running:
        yield running


def put(kind: str, key: str, payload: dict[str, object]) -> int:
    with database.of_centre(CENTRE) as row:
        return feed.put(row, kind, key, payload, datetime.now(UTC))


def test_everything_that_happens_is_stored_there_byte_for_byte(server: National, one: Linked) -> None:
    wait_for(one.is_level)
    for _ in range(5):
        one.box.issue()
    wait_for(one.is_level)
    assert server.lines(1) == one.own_lines(1)
    assert one.box.hall.policy.national.bound
    kept = sync_state.read(one.box.database)
    assert kept.acked == one.box.database.committed.head
    assert next(sync_state.receipts(one.box.database)).head == kept.acked
    assert one.box.verify().clean


def test_a_restart_goes_on_where_the_acknowledgement_was(server: National, one: Linked) -> None:
    wait_for(one.is_level)
    one.loop.stop()
    one.box.issue()
    assert one.said["pending"] == one.said["head"] - one.said["acked"] > 0
    one.restart()
    wait_for(one.is_level)
    assert server.lines(1) == one.own_lines(1)


def test_what_is_stored_there_is_still_known_after_a_restart_without_a_line(one: Linked, free_port: int) -> None:
    wait_for(one.is_level)
    stored = one.said["acked"]
    one.settings = National(f"http://127.0.0.1:{free_port}", "t").settings()
    one.restart()
    wait_for(one.blocked_by(Why.UNREACHABLE))
    assert one.said["acked"] == stored
    since = one.said["since"]
    one.box.pass_by(60)
    one.restart()
    wait_for(one.blocked_by(Why.UNREACHABLE))
    wait_for(lambda: one.said["detail"])
    assert (one.said["since"], one.said["acked"]) == (since, stored), "it was so before the restart"


def test_an_item_of_the_feed_becomes_a_fact_with_its_cursor_and_its_receipt(one: Linked) -> None:
    wait_for(one.is_level)
    pos = put("notice", "n-1", {"text": {"ru": "Завтра короче"}, "from": None, "to": None})
    wait_for(lambda: one.box.types()[-1] == "national.applied" or one.hurries())
    wait_for(one.is_level)

    def received() -> bool:
        with database.of_centre(CENTRE) as row:
            return bool(row.received >= pos) if hasattr(row, "received") else True

    wait_for(received)
    before = len(one.box.types())
    one.restart()
    wait_for(one.is_level)
    assert len(one.box.types()) == before, "nothing is applied twice"


def test_what_both_sides_hold_differently_is_fetched_again(one: Linked) -> None:
    wait_for(one.is_level)
    put("notice", "n-1", {"text": {"ru": "Завтра короче"}, "from": None, "to": None})
    wait_for(lambda: "national.applied" in one.box.types() or one.hurries())
    wait_for(one.is_level)
    one.loop.stop()
    with one.box.database.write() as transaction:
        transaction.connection.execute("DELETE FROM national_item")
    one.restart()
    wait_for(lambda: one.box.types().count("national.applied") == 2)
    wait_for(one.is_level)


def test_a_restored_server_gets_everything_again(server: National, one: Linked) -> None:
    wait_for(one.is_level)
    before = sync_state.read(one.box.database)
    with database.transaction():
        Line.delete().where(Line.seq > 3).execute()
        Epoch.update(seq=3, hash=Line.get(Line.seq == 3).hash).execute()
        centres.renew_all(datetime.now(UTC))
    one.box.issue()
    wait_for(lambda: server.lines(1) == one.own_lines(1))
    wait_for(one.is_level)
    assert sync_state.read(one.box.database).incarnation != before.incarnation


def from_copy(one: Linked, copy: Path) -> None:
    """Put a backup in the place of the centre's database, as after a restore, and start anew."""
    one.loop.stop()
    one.box.stop()
    for end in ("", "-wal", "-shm"):
        Path(f"{one.box.path}{end}").unlink(missing_ok=True)
    shutil.copyfile(copy, one.box.path)
    one.box._start()
    assert restored.recognise(one.box.ctx, None)
    one.loop = one._loop()
    one.loop.start()


def test_a_box_restored_from_a_backup_gets_its_lines_back_and_says_its_own_again_in_a_new_epoch(
    server: National, one: Linked, tmp_path: Path
) -> None:
    wait_for(one.is_level)
    copying.copy(one.box.database, tmp_path / "copy.db", "2026-03-02T03:05:00.000Z")
    for _ in range(3):
        one.box.issue()
    wait_for(one.is_level)
    lost = one.own_lines(1)
    from_copy(one, tmp_path / "copy.db")
    fresh = one.box.issue()
    wait_for(lambda: one.box.hall.epoch == 2)
    wait_for(one.is_level)
    assert one.own_lines(1) == lost == server.lines(1), "what the country had is here again, and nothing was added to the old epoch"
    assert one.own_lines(2) == server.lines(2)
    numbers = {ticket.number for ticket in one.box.hall.tickets.values()}
    assert len(numbers) == 4, "three that were lost, and one of afterwards"
    assert json.loads(fresh.answer)["number"] in numbers
    assert one.box.verify().clean


def test_of_two_boxes_with_one_key_the_second_is_fenced_and_the_hall_goes_on(server: National, one: Linked, tmp_path: Path) -> None:
    wait_for(one.is_level)
    copying.copy(one.box.database, tmp_path / "copy.db", "2026-03-02T03:05:00.000Z")
    one.box.issue()
    wait_for(one.is_level)
    from_copy(one, tmp_path / "copy.db")  # the restored one goes on in epoch 2
    wait_for(lambda: one.box.hall.epoch == 2 and one.is_level())
    shutil.copyfile(tmp_path / "copy.db", tmp_path / "clone.db")
    clone = Box(tmp_path / "clone.db", RunningClock())
    twin = Linked(clone, server.settings())
    try:
        wait_for(twin.blocked_by(Why.FENCED))
        before = server.lines(1)
        clone.issue()
        assert not clone.hall.sells
        assert clone.hall.policy.restored
        assert server.lines(1) == before
        assert twin.said["pending"] > 0
    finally:
        twin.stop()
        clone.stop()


def test_a_wrong_token_is_said_and_the_right_one_is_taken_without_a_restart(server: National, tmp_path: Path) -> None:
    with linked(tmp_path / "edge.db", server.settings(token="wrong")) as one:
        wait_for(one.blocked_by(Why.CREDENTIAL))
        one.box.issue()
        assert one.said["pending"] == one.said["head"]
        assert sync_state.read(one.box.database).blocked == Why.CREDENTIAL
        one.settings = server.settings()
        wait_for(one.is_level)
        assert sync_state.read(one.box.database).blocked is None


def test_settings_of_another_centre_are_a_matter_of_configuration(server: National, tmp_path: Path) -> None:
    with linked(tmp_path / "edge.db", server.settings()) as one:
        wait_for(one.is_level)
        one.settings = type(one.settings)(one.settings.endpoint, "elsewhere")
        wait_for(lambda: one.blocked_by(Why.CONFIGURATION)() or one.hurries())
        assert "elsewhere" in one.said["detail"]


def test_without_a_server_the_hall_goes_on_and_the_link_says_since_when(free_port: int, tmp_path: Path) -> None:
    nowhere = National(f"http://127.0.0.1:{free_port}", "t").settings()
    with linked(tmp_path / "edge.db", nowhere) as one:
        wait_for(one.blocked_by(Why.UNREACHABLE))
        since = one.said["since"]
        one.box.issue()
        assert (one.said["since"], one.said["pending"]) == (since, one.said["head"])
        assert one.said["bytes"] > 0
        assert not one.box.hall.policy.national.bound


def test_a_centre_without_a_link_says_off(tmp_path: Path) -> None:
    box = Box(tmp_path / "edge.db")
    box.make()
    said = link_state.sync(box.ctx)
    assert (said["state"], said["pending"], said["acked"], said["bytes"]) == (State.OFF, 0, None, 0)
    assert box.ctx.link.try_now() is False
    box.stop()
