"""Boxes that were restored, cloned, fenced or lost, and servers that were, over real HTTP: whoever they are, the country and the centre agree."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge import high_water, rebuild, setup
from edge.config import Config, Paths
from edge.config import National as Link
from edge.errors import ConfigError, Unavailable
from edge.operations import restored
from edge.operations.keys import Keys
from edge.operations.link_state import Why
from edge.store import queries
from edge.store.database import Database
from edge.sync.reference import centres
from tests.operations.box import Box
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
