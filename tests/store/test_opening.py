"""Opening a file: from nothing, of another release, damaged."""

from pathlib import Path

import apsw
import pytest

from edge.errors import Corrupt, Unavailable
from edge.queueing import commands as c
from edge.queueing.chain import GENESIS, Head
from edge.queueing.hall import Hall
from edge.store import migrate
from edge.store.database import Database
from tests.faults.power_disk import Disk, powered
from tests.queueing import centre
from tests.store.writing import do, issue, open_centre


def opened(path: Path) -> Database:
    database = Database(path)
    database.open()
    return database


def test_an_empty_file_gets_every_migration_and_an_empty_hall(path: Path) -> None:
    database = opened(path)
    newest = migrate.steps()[-1][0]
    assert database.connection().pragma("user_version") == newest
    assert (database.committed.hall, database.committed.head) == (Hall(), Head(1, 0, GENESIS))
    database.close()


def test_migrations_are_numbered_without_gaps() -> None:
    assert [version for version, _ in migrate.steps()] == list(range(1, len(migrate.steps()) + 1))


def test_opening_twice_changes_nothing(path: Path) -> None:
    first = opened(path)
    open_centre(first)
    ticket = issue(first)
    before = first.committed
    first.close()
    again = opened(path)
    assert (again.committed.hall, again.committed.head) == (before.hall, before.head)
    assert ticket in again.committed.hall.tickets
    again.close()


def test_every_commit_is_made_to_last_through_a_power_cut(path: Path) -> None:
    database = opened(path)
    pragmas = {name: database.connection().pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_a_newer_schema_is_refused_and_left_as_it_is(path: Path) -> None:
    opened(path).close()
    stranger = apsw.Connection(str(path))
    stranger.pragma("user_version", 99)
    stranger.close()
    database = Database(path)
    with pytest.raises(Corrupt, match="the database has schema 99, this release knows up to"):
        database.open()
    assert database.connection().pragma("user_version") == 99
    database.close()


def test_a_migration_that_fails_leaves_the_version_before_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = (1, "CREATE TABLE kept (x)"), (2, "CREATE TABLE gone (x); CREATE TABLE kept (x)")
    monkeypatch.setattr(migrate, "steps", lambda: [good, bad])
    connection = apsw.Connection(str(path))
    with pytest.raises(apsw.SQLError, match="kept"):
        migrate.up(connection)
    assert connection.pragma("user_version") == 1
    assert [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")] == ["kept"]
    connection.close()


@pytest.mark.parametrize("where", ["header", "schema", "everything"])
def test_a_damaged_file_is_corrupt_and_kept_as_evidence(path: Path, where: str) -> None:
    database = opened(path)
    open_centre(database)
    database.connection().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    database.close()
    whole = path.read_bytes()
    spoilt = {"header": b"x" * 100 + whole[100:], "schema": whole[:100] + b"\xff" * 3996 + whole[4096:], "everything": b"\x00\xff" * 5000}
    path.write_bytes(spoilt[where])
    with pytest.raises(Corrupt, match="nothing was changed, restore the last backup"):
        opened(path)
    assert path.read_bytes() == spoilt[where]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE desk SET last_move = '[712, [[' WHERE desk = '1'",
        "UPDATE desk SET last_move = CAST(x'5b8503' AS TEXT) WHERE desk = '1'",
        "UPDATE desk SET state = 'opem' WHERE desk = '1'",
        "UPDATE setting SET value = '[{}]' WHERE key = 'desks'",
        "UPDATE hall SET day = '3'",
    ],
)
def test_a_row_that_holds_something_else_is_corrupt_too(path: Path, damage: str) -> None:
    """SQLite keeps no checksum of a page: what a spoilt one holds may look like a row until it is read."""
    database = opened(path)
    open_centre(database)
    database.close()
    stranger = apsw.Connection(str(path))
    stranger.pragma("ignore_check_constraints", 1)
    stranger.execute(damage)
    assert stranger.changes() == 1
    stranger.close()
    with pytest.raises(Corrupt, match="nothing was changed, restore the last backup"):
        opened(path)


def test_a_file_that_stops_being_readable_is_one_clear_sentence(path: Path) -> None:
    opened(path).close()
    disk = Disk(path.parent)
    with powered(disk):
        database = Database(path)
        database.connection()
        disk.pull()
        with pytest.raises(Unavailable, match=r"cannot open .*: the power is off"):
            database.open()


def test_a_folder_that_does_not_exist_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot open .*nowhere"):
        opened(tmp_path / "nowhere" / "edge.db")


def test_a_desk_that_was_removed_and_came_back_is_loaded_as_it_came_back(path: Path) -> None:
    database = opened(path)
    open_centre(database)
    for desks in (centre.DESKS[1:], centre.DESKS):
        do(database, c.ChangeSettings({"desks": desks}))
    before = database.committed.hall
    database.close()
    again = opened(path)
    assert again.committed.hall == before
    assert again.committed.hall.desks["1"].state == "closed"
    again.close()
