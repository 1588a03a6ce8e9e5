"""Every released version's database opens in this one: migrated, the same hall, verified, and at work again."""

from pathlib import Path

import apsw
import pytest

from edge.operations.verify import verify
from edge.queueing import commands as c
from edge.store import migrate
from edge.store.database import Database
from tests.store.writing import do

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))


@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database as a released version left it."""
    path = tmp_path / "edge.db"
    made = apsw.Connection(str(path))
    made.execute(request.param.read_text(encoding="utf-8"))
    made.close()
    return path


def test_it_is_migrated_and_its_journal_gives_its_tables(released: Path) -> None:
    old = apsw.Connection(str(released))
    before = {table: set(old.execute(f"SELECT * FROM {table}")) for table in ("journal", "ticket", "member", "verifier")}
    old.close()
    database = Database(released)
    database.open()
    connection = database.connection()
    assert connection.pragma("user_version") == migrate.steps()[-1][0]
    report = verify(database)
    assert report.problems == []
    assert report.lines == len(before["journal"])
    assert sum(report.calls.values()) > 10
    assert set(connection.execute("SELECT * FROM journal")) == before["journal"]
    assert {row[0] for row in connection.execute("SELECT id FROM ticket")} == {row[0] for row in before["ticket"]}
    assert {row[0] for row in connection.execute("SELECT pseudonym FROM member")} == {row[0] for row in before["member"]}
    database.close()


def test_the_schema_is_the_one_of_a_new_database(released: Path, tmp_path: Path) -> None:
    shapes = []
    for path in (released, tmp_path / "new.db"):
        database = Database(path)
        database.open()
        tables = [str(name) for (name,) in database.connection().execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        columns = {table: [tuple(row[1:]) for row in database.connection().execute(f"PRAGMA table_info({table})")] for table in tables}
        others = set(database.connection().execute("SELECT type, name FROM sqlite_schema WHERE type <> 'table'"))
        shapes.append((columns, others))
        database.close()
    assert shapes[0] == shapes[1]


def test_the_hall_goes_on_where_it_was(released: Path) -> None:
    database = Database(released)
    database.open()
    hall = database.committed.hall
    waiting = {ticket.id for ticket in hall.waiting()}
    free = next(name for name, desk in hall.desks.items() if desk.state == "open" and desk.ticket is None)
    do(database, c.Issue("new", min(hall.plan(free).services), "ky", "kiosk-1"), c.CallNext(free), tick=hall.tick + 1)
    assert database.committed.hall.at_desk(free)
    assert waiting | {"new"} >= {ticket.id for ticket in database.committed.hall.waiting()}
    assert verify(database).problems == []
    database.close()
