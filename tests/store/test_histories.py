"""Random histories on real SQLite (acceptance 5 of the first issue): the tables follow from the journal, always and also when built anew."""

import sys
import time
from pathlib import Path

import pytest

from edge.queueing.chain import GENESIS, Envelope, Head, fault, moment
from edge.queueing.events import Fact, read
from edge.queueing.evolve import Changed, evolve
from edge.queueing.hall import Hall
from edge.queueing.turn import Turn
from edge.store import queries, shadow
from edge.store.database import Database
from edge.store.loading import load_hall
from tests.queueing.drive import History
from tests.queueing.two_boxes import folded, pair

STEPS = 1500
RELOADED_EVERY = 25


def shadow_tables(database: Database) -> dict[str, object]:
    """All rows that must follow from the journal."""
    with shadow.snapshot(database) as snapshot:
        return {"hall": snapshot.hall(), **{table: snapshot.table(table) for table in shadow.TABLES}}


def rebuilt(path: Path, lines: list[Envelope]) -> Database:
    """A new database, filled by replaying journal lines, a hundred in each transaction."""
    database = Database(path)
    database.open()
    for first in range(0, len(lines), 100):
        facts, changed, hall = _folded(database.committed.hall, lines[first : first + 100])
        with database.write() as transaction:
            transaction.append(facts, changed, hall)
    return database


def _folded(hall: Hall, lines: list[Envelope]) -> tuple[list[Fact], list[Changed], Hall]:
    facts: list[Fact] = []
    changed: list[Changed] = []
    for line in lines:
        fact = Fact(line.id, moment(line.at), line.clock, line.actor, read(line.type, line.payload or ""))
        hall, new = evolve(hall, fact)
        facts.append(fact)
        changed.extend(new)
    return facts, changed, hall


def test_the_tables_are_the_evolved_hall_after_every_step_of_a_history(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    database = Database(tmp_path / "edge.db")
    database.open()
    commits = 0

    def commit(turn: Turn) -> None:
        nonlocal commits
        with database.write() as transaction:
            transaction.append(turn.facts, turn.changed, turn.hall)
        commits += 1
        if commits % RELOADED_EVERY == 0:
            assert load_hall(database.connection()) == turn.hall

    began = time.monotonic()
    history = History("sqlite", commit=commit)
    history.run(STEPS)
    spent = time.monotonic() - began
    assert load_hall(database.connection()) == history.hall == database.committed.hall

    lines = list(queries.all_lines(database))
    head = Head(1, 0, GENESIS)
    for line in lines:
        assert fault(head, line) is None
        head = Head(line.epoch, line.seq, line.hash)
    again = rebuilt(tmp_path / "rebuilt.db", lines)
    assert shadow_tables(again) == shadow_tables(database)
    assert [(line.id, line.type, line.at, line.payload) for line in queries.all_lines(again)] == [
        (line.id, line.type, line.at, line.payload) for line in lines
    ]
    with capfd.disabled():  # the count belongs into the log of CI; xdist lets only standard error through
        print(
            f"\n{STEPS} steps on SQLite in {spent:.0f} s: {commits} commits, {len(lines)} journal lines, {commits // RELOADED_EVERY} reloads",
            file=sys.stderr,
        )
    database.close()
    again.close()


def test_a_restart_in_the_middle_of_a_history_changes_nothing(tmp_path: Path) -> None:
    database, commits = Database(tmp_path / "edge.db"), 0
    database.open()

    def commit(turn: Turn) -> None:
        nonlocal database, commits
        with database.write() as transaction:
            assert transaction.hall.applied == turn.hall.applied - len(turn.facts)
            transaction.append(turn.facts, turn.changed, turn.hall)
        commits += 1
        if commits % 40 == 0:
            database.close()
            database = Database(tmp_path / "edge.db")
            database.open()
            assert database.committed.hall == turn.hall

    history = History("restarts", commit=commit)
    history.run(600)
    assert commits > 200
    assert database.committed.hall == history.hall
    database.close()


def test_the_tables_are_the_evolved_hall_behind_the_lines_of_another_box(tmp_path: Path) -> None:
    """Two random histories with a common beginning, one laid behind the other; `tests.queueing.two_boxes` walks many pairs."""
    first, second, _ = pair("tables")
    database = Database(tmp_path / "edge.db")
    database.open()
    changed: list[Changed] = []
    hall = Hall()
    for number, (hall, new) in enumerate(folded(first, second)):
        changed += new
        if number % 200 == 0 or number == len(first) + len(second):
            with database.write() as transaction:
                transaction.shadow(changed, hall)
            changed = []
            assert load_hall(database.connection()) == hall
    assert hall.epoch == 2
    database.close()
