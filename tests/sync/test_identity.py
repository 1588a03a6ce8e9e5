"""Boxes that were restored, cloned, fenced or lost, and servers that were, over real HTTP: whoever they are, the country and the centre agree."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge import high_water, rebuild, setup
from edge.config import Config, Paths
from edge.config import National as Link
from edge.errors import ConfigError, Unavailable
from edge.operations import epochs, restored
from edge.operations.keys import Keys
from edge.operations.link_state import Why
from edge.queueing.chain import GENESIS, Head
from edge.store import queries
from edge.store.database import Database
from edge.sync.push import Pusher
from edge.sync.reference import centres, database
from edge.sync.signing import Signer
from edge.sync.transport import Endpoint, Transport
from tests.operations.box import Box
from tests.operations.test_epochs import Server
from tests.queueing import centre
from tests.store.test_histories import shadow_tables
from tests.sync.centre_link import CENTRE, Linked, National, RunningClock, national, wait_for

KEYS = Keys(b"k" * 32, b"n" * 32)  # those of every `Box`


@pytest.fixture
def server(tmp_path: Path) -> Iterator[National]:
    with national(tmp_path / "national.db") as running:
        yield running


@pytest.fixture
def one(server: National, tmp_path: Path) -> Iterator[Linked]:
    with alone(tmp_path, server) as running:
        yield running


@contextmanager
def alone(tmp_path: Path, server: National) -> Iterator[Linked]:
    """A centre that takes no bookings: a thousand grants in each epoch say nothing here."""
    box = Box(tmp_path / "edge.db", RunningClock())
    box.make(services=[{**each, "mode": "walk-in", "slot_minutes": None} for each in centre.SERVICES])
    running = Linked(box, server.settings())
    wait_for(running.is_level)
    yield running
    running.stop()
    box.stop()


def copy_of(one: Linked, path: Path) -> Path:
    one.box.database.connection().wal_checkpoint()
    path.parent.mkdir(exist_ok=True)
    shutil.copy(one.box.path, path)
    return path


@contextmanager
def started(path: Path, one: Linked, *, backup: bool = False) -> Iterator[Linked]:
    """The box again, on another file, as a start does it."""
    box = Box(path, one.box.clock)
    box.ctx.ticks.not_before(box.hall.tick)
    if backup:
        with box.database.write() as transaction:
            transaction.connection.execute("UPDATE box SET copied_at = '2026-03-02T03:00:00.000Z'")
        assert restored.recognise(box.ctx, None)
    again = Linked(box, one.settings)
    try:
        yield again
    finally:
        again.stop()
        box.stop()


def agree(server: National, one: Linked) -> None:
    """The server's lines are ours, epoch by epoch, and everything here is sound."""
    epochs = range(1, one.box.hall.epoch + 1)
    wait_for(lambda: (one.is_level() and all(server.lines(each) == one.own_lines(each) for each in epochs)) or one.hurries())
    report = one.box.verify()
    assert report.clean, report.problems


def test_a_restored_box_learns_what_it_had_said_after_the_backup_and_goes_on_in_a_new_epoch(server: National, one: Linked, tmp_path: Path) -> None:
    backup = copy_of(one, tmp_path / "restored" / "edge.db")
    lost = {str(one.box.issue().outcome.ticket.id) for _ in range(3)}  # type: ignore[union-attr]
    wait_for(one.is_level)
    one.stop()
    with started(backup, one, backup=True) as again:
        mine = again.box.issue().outcome
        assert mine
        assert mine.ticket
        wait_for(lambda: again.box.hall.epoch == 2)
        agree(server, again)
        assert lost | {mine.ticket.id} <= set(again.box.hall.tickets)
        assert again.box.hall.sells
        started_with = queries.lines(again.box.database, 2, 0, 1)[0].payload
        assert started_with
        assert '"reason":"restored"' in started_with


def test_of_two_clones_the_second_to_speak_begins_a_new_epoch_and_the_first_is_fenced(server: National, one: Linked, tmp_path: Path) -> None:
    with started(copy_of(one, tmp_path / "clone" / "edge.db"), one) as clone:
        wait_for(clone.is_level)
        one.box.issue()
        wait_for(one.is_level)
        clone.box.issue()
        wait_for(lambda: clone.box.hall.epoch == 2 or clone.hurries())
        agree(server, clone)
        assert len(clone.box.hall.tickets) == 2
        one.box.issue()
        wait_for(lambda: one.blocked_by(Why.FENCED)() or one.hurries())
        found = one.box.hall.policy.restored
        assert found
        assert found.fenced
        number = one.box.issue().outcome
        assert number
        assert number.ticket
        assert number.ticket.number.startswith(found.prefix), "the hall goes on"
        assert one.said["pending"] > 0
        before = server.lines(1)
        clone.stop()
        centres.lift(CENTRE)
        wait_for(lambda: one.box.hall.epoch == 3 or one.hurries())
        agree(server, one)
        assert server.lines(1) == before
        assert len(one.box.hall.tickets) == 4, "whom either box let in"


def test_a_box_that_was_set_back_without_a_mark_copies_what_it_lacks_and_goes_on_in_a_new_epoch(
    server: National, one: Linked, tmp_path: Path
) -> None:
    """The whole folder was put back, with all that could have told."""
    kept = copy_of(one, tmp_path / "back" / "edge.db")
    for _ in range(3):
        one.box.issue()
    one.box.press()
    one.box.pass_by(90)
    wait_for(one.is_level)
    one.stop()
    before = shadow_tables(one.box.database)
    with started(kept, one) as again:
        wait_for(lambda: again.box.hall.epoch == 2)
        agree(server, again)
        after = shadow_tables(again.box.database)
        assert {table for table in before if after[table] != before[table]} == {"hall"}, "nothing but the epoch"
        assert again.box.hall.tick == one.box.hall.tick
        again.box.press(device="button-2")
        agree(server, again)


def test_a_server_set_back_behind_an_epoch_gets_the_lines_of_both_boxes_again(tmp_path: Path) -> None:
    early = tmp_path / "early.db"
    with (
        national(tmp_path / "national.db") as server,
        alone(tmp_path, server) as one,
        started(copy_of(one, tmp_path / "clone" / "edge.db"), one) as clone,
    ):
        wait_for(clone.is_level)
        database.database().execute_sql("VACUUM INTO ?", (str(early),))  # type: ignore[no-untyped-call]  # peewee's own
        one.box.issue()
        wait_for(one.is_level)
        one.stop()
        clone.box.issue()
        wait_for(lambda: clone.box.hall.epoch == 2 or clone.hurries())
        agree(server, clone)
        stored = {epoch: server.lines(epoch) for epoch in (1, 2)}
        clone.stop()
        clock = one.box.clock
    with national(early) as server:
        centres.renew_all(datetime.now(UTC))
        assert server.lines(2) == []
        box = Box(tmp_path / "clone" / "edge.db", clock)
        again = Linked(box, server.settings())
        agree(server, again)
        assert {epoch: server.lines(epoch) for epoch in (1, 2)} == stored
        again.stop()
        box.stop()


def test_a_batch_never_crosses_the_line_at_which_a_later_epoch_began(tmp_path: Path) -> None:
    """The contract asks for older epochs up to there; what was taken over behind it goes too, unless the server wants no more of them."""
    (tmp_path / "other").mkdir()
    one, stored = Box(tmp_path / "edge.db", RunningClock()), Server()
    one.make()
    parent = stored.take(one)
    one.database.connection().wal_checkpoint()
    shutil.copy(one.path, tmp_path / "other" / "edge.db")
    other = Box(tmp_path / "other" / "edge.db", one.clock)
    other.issue()
    taken_over = stored.take(other)
    epochs.begin_epoch(one.ctx, stored.issue(2, parent), stored.fetch)
    pusher = Pusher(one.database, Transport(Endpoint("http://127.0.0.1:9"), Signer(b"n" * 32), CENTRE))
    assert walked(pusher) == [(1, 1, parent.seq), (1, parent.seq + 1, taken_over.seq), (2, 1, one.database.head().seq)]
    pusher.wants_ancestors_alone = True
    assert walked(pusher) == [(1, 1, parent.seq), (2, 1, one.database.head().seq)]
    for box in (one, other):
        box.stop()


def walked(pusher: Pusher) -> list[tuple[int, int, int]]:
    """Epoch, first and last seq of all batches from the first line on."""
    found, sent = [], Head(1, 0, GENESIS)
    while page := pusher.next(sent):
        found.append((page.epoch, page.first, page.last))
        sent = page.head
    return found


# an empty box


def empty(folder: Path, server: National, **changed: str) -> tuple[Paths, Config]:
    paths = Paths(folder)
    paths.data.mkdir()
    link = Link(url=server.url, token=server.token, centre=CENTRE)
    return paths, Config(national=link.model_copy(update=changed))


def rebuilt(paths: Paths, box: Config, watcher: rebuild.Watcher | None = None) -> rebuild.Rebuilt | None:
    return rebuild.rebuild(paths, box, KEYS, box.national.centre, watcher or rebuild.Watcher(), give_up_s=5)


def tables(path: Path) -> dict[str, object]:
    database = Database(path)
    database.open()
    found = shadow_tables(database)
    database.close()
    return found


def test_an_empty_box_with_its_key_file_becomes_the_centre_again(server: National, one: Linked, tmp_path: Path) -> None:
    for _ in range(4):
        one.box.issue()
    one.box.press()
    wait_for(one.is_level)
    one.stop()
    before, head = shadow_tables(one.box.database), one.box.database.head()
    secret = one.box.ctx.keys.text("mqtt-account", "button-1")
    paths, box = empty(tmp_path / "new", server)
    told: list[tuple[int, int]] = []
    done = rebuilt(paths, box, rebuild.Watcher(lambda done, of: told.append((done, of))))
    assert done
    assert (done.copied, done.epoch, done.centre) == (head, 2, CENTRE)
    assert told[-1] == (head.seq, head.seq)
    after = tables(paths.database)
    assert {table for table in before if after[table] != before[table]} == {"hall", "setting"}, "the epoch, and the letter before the numbers"
    assert not list(paths.data.glob(".rebuilding*"))
    with setup.opened(paths.data) as database:
        assert high_water.read(paths.high_water) == database.head()
    with started(paths.database, one) as again:
        assert again.box.ctx.keys.text("mqtt-account", "button-1") == secret
        assert restored.recognise(again.box.ctx, high_water.read(paths.high_water)) == ()
        agree(server, again)
        assert again.box.hall.sells
        prefix = again.box.hall.policy.restored
        number = again.box.issue().outcome
        assert prefix
        assert number
        assert number.ticket
        assert number.ticket.number.startswith(prefix.prefix)


def test_a_rebuild_that_was_killed_goes_on(server: National, one: Linked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(8):
        one.box.issue()
    wait_for(one.is_level)
    one.stop()
    paths, box = empty(tmp_path / "new", server)
    monkeypatch.setattr("edge.sync.copying.PAGE_LINES", 10)

    def die(done: int, _of: int) -> None:
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuilt(paths, box, rebuild.Watcher(die))
    assert not paths.database.exists()
    told: list[int] = []
    assert rebuilt(paths, box, rebuild.Watcher(lambda done, _of: told.append(done)))
    assert told[0] > 20, "the first twenty were here"


def test_a_server_that_knows_nothing_of_the_centre_leaves_the_box_empty(server: National, tmp_path: Path) -> None:
    paths, box = empty(tmp_path / "new", server)
    assert rebuilt(paths, box) is None
    assert list(paths.data.iterdir()) == []


@pytest.mark.parametrize(("changed", "said"), [({"url": ""}, "url is empty"), ({"centre": ""}, "centre is empty")])
def test_a_rebuild_says_what_is_missing(server: National, tmp_path: Path, changed: dict[str, str], said: str) -> None:
    paths, box = empty(tmp_path / "new", server, **changed)
    with pytest.raises(ConfigError, match=said):
        rebuilt(paths, box)
    paths.database.touch()
    with pytest.raises(ConfigError, match="is no empty one"):
        rebuilt(paths, box)


def test_a_rebuild_with_the_wrong_token_tries_on_and_says_why(server: National, tmp_path: Path) -> None:
    paths, box = empty(tmp_path / "new", server, token="wrong")
    with pytest.raises(Unavailable, match=r"cannot be rebuilt from http://127\.0\.0\.1:.*: status 401"):
        rebuilt(paths, box)
