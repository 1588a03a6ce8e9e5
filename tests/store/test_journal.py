"""The journal table: append-only by itself; only erasing a payload together with its salt is allowed."""

from dataclasses import replace

import apsw
import pytest

from edge.queueing.chain import GENESIS, Head, fault
from edge.queueing.events import Fact, Unrecognised
from edge.store import queries
from edge.store.database import Database
from tests.queueing.scene import WALL
from tests.store.writing import issue, open_centre


@pytest.fixture
def lines(database: Database) -> Database:
    open_centre(database)
    issue(database)
    return database


@pytest.mark.parametrize("where", ["", " WHERE seq = 1", " WHERE payload IS NOT NULL"])
def test_lines_are_never_deleted(lines: Database, where: str) -> None:
    with pytest.raises(apsw.ConstraintError, match="journal lines are never deleted"):
        lines.connection().execute(f"DELETE FROM journal{where}")


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'desk:9'",
        "payload = '{}'",
        "payload = NULL",
        "salt = NULL",
        "payload = NULL, salt = NULL, at = '2026-01-01T00:00:00.000Z'",
        "payload = NULL, salt = NULL, hash = ''",
        "payload = NULL, salt = NULL, seq = seq + 1000",
        "payload = NULL, salt = NULL, schema = 2",
        "payload_hash = ''",
    ],
)
def test_lines_are_never_rewritten(lines: Database, change: str) -> None:
    with pytest.raises(apsw.ConstraintError, match="journal lines are never rewritten"):
        lines.connection().execute(f"UPDATE journal SET {change} WHERE seq = 3")


def test_a_line_is_never_replaced_by_another(lines: Database) -> None:
    before = list(queries.all_lines(lines))
    columns = "epoch, seq, id, type, schema, at, clock, actor, centre, prev_hash, salt, payload_hash, payload, hash"
    with pytest.raises(apsw.ConstraintError):
        lines.connection().execute(f"INSERT OR REPLACE INTO journal ({columns}) SELECT {columns} FROM journal WHERE seq = 1")
    with pytest.raises(apsw.ConstraintError):
        lines.connection().execute(f"REPLACE INTO journal ({columns}) SELECT epoch, 999, id, {columns[15:]} FROM journal WHERE seq = 1")
    assert list(queries.all_lines(lines)) == before


def test_an_erased_payload_leaves_the_line_and_its_chain(lines: Database) -> None:
    last = lines.committed.head.seq
    lines.connection().execute("UPDATE journal SET payload = NULL, salt = NULL WHERE seq = ?", (last,))
    head, found = Head(1, 0, GENESIS), []
    for line in queries.all_lines(lines):
        found.append(fault(head, line))
        head = Head(line.epoch, line.seq, line.hash)
    assert set(found) == {None}
    assert head == lines.committed.head
    with pytest.raises(apsw.ConstraintError, match="never rewritten"):
        lines.connection().execute("UPDATE journal SET payload = '{}', salt = '' WHERE seq = ?", (last,))


def test_an_event_id_stands_once_in_an_epoch(lines: Database) -> None:
    line = next(iter(queries.all_lines(lines)))
    with pytest.raises(apsw.ConstraintError), lines.write() as transaction:
        transaction.append_line(replace(line, seq=500))


def test_lines_come_back_byte_for_byte_in_order_and_in_pages(lines: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = queries.lines(lines, 1, 0, 1000)
    assert [line.seq for line in whole] == list(range(1, len(whole) + 1))
    assert queries.lines(lines, 1, 4, 2) == whole[4:6]
    assert queries.lines(lines, 1, len(whole), 10) == []
    monkeypatch.setattr(queries, "PAGE", 3)
    assert list(queries.all_lines(lines)) == whole
    assert all(line.salt and len(line.salt) == 32 for line in whole)
    assert len({line.salt for line in whole}) == len(whole)


def test_the_last_tick_is_that_of_the_last_deciding_line(database: Database) -> None:
    assert queries.last_tick(database) is None
    open_centre(database)
    issue(database)
    assert queries.last_tick(database) == (0, "2026-03-02T03:00:00.000Z", "ntp")


def test_a_line_of_an_unknown_type_is_stored_word_for_word(database: Database) -> None:
    open_centre(database)
    text = '{ "slot":"x" }'
    fact = Fact("id-x", WALL, "ntp", "national", Unrecognised(type="slot.granted", payload=text))
    with database.write() as transaction:
        transaction.append([fact], [], transaction.hall)
    line = queries.lines(database, 1, database.committed.head.seq - 1, 1)[0]
    assert (line.type, line.payload) == ("slot.granted", text)


def test_a_line_costs_the_same_however_long_the_journal_is(lines: Database) -> None:
    """Counted in SQLite's own steps, not in time: a trigger that walks through the epoch shows as thousands of them."""
    last = max(line.seq for line in queries.all_lines(lines))
    connection = lines.connection()
    done: list[int] = []

    def step() -> bool:
        done.append(1)
        return False

    costs = []
    for length in (100, 5000):
        _fill(lines, range(last + 1, length))
        connection.set_progress_handler(step, 1)
        _fill(lines, range(length, length + 1))
        connection.set_progress_handler(None)
        costs.append(len(done))
        done.clear()
        last = length
    assert costs[1] < costs[0] * 2, costs


def _fill(database: Database, places: range) -> None:
    """Write lines whose chain nobody checks."""
    columns = "epoch, seq, id, type, schema, at, clock, actor, centre, prev_hash, salt, payload_hash, payload, hash"
    statement = f"INSERT INTO journal ({columns}) VALUES (1, ?, ?, 't', 1, 'a', 'c', 'a', 'c', 'p', 's', 'h', '{{}}', 'h')"
    with database.connection() as connection:
        connection.executemany(statement, ((seq, f"fill-{seq}") for seq in places))
