"""Epochs in the journal: what may leave it, and what a hello tells of it."""

import apsw
import pytest

from edge.queueing.chain import GENESIS, Head
from edge.store import copying, lineage, queries
from edge.store.database import Database
from tests.store.writing import issue, open_centre


@pytest.fixture
def lines(database: Database) -> Database:
    open_centre(database)
    issue(database)
    return database


def test_a_line_leaves_the_journal_only_once_it_lies_among_the_superseded(lines: Database) -> None:
    head = lines.committed.head
    whole = list(queries.all_lines(lines))
    behind = Head(1, 2, whole[1].hash)
    with lines.write() as transaction:
        assert transaction.begin_epoch(2, behind) == len(whole) - 2
    assert list(lineage.superseded(lines, 2)) == whole[2:]
    assert list(queries.all_lines(lines)) == whole[:2]
    assert copying.has_line(lines, head), "the box did have this line"
    with pytest.raises(apsw.ConstraintError, match="never deleted"):
        lines.connection().execute("DELETE FROM journal")


@pytest.mark.parametrize("change", ["DELETE FROM", "UPDATE", "REPLACE INTO"])
def test_superseded_lines_are_evidence_and_stay_as_they_are(lines: Database, change: str) -> None:
    with lines.write() as transaction:
        transaction.begin_epoch(2, Head(1, 0, GENESIS))
    statement = {
        "DELETE FROM": "DELETE FROM journal_superseded",
        "UPDATE": "UPDATE journal_superseded SET payload = '{}'",
        "REPLACE INTO": "REPLACE INTO journal_superseded SELECT * FROM journal_superseded",
    }[change]
    with pytest.raises(apsw.ConstraintError, match="superseded lines are never"):
        lines.connection().execute(statement)
    lines.connection().execute("UPDATE journal_superseded SET payload = NULL, salt = NULL WHERE seq = 1")


def test_the_ladder_goes_down_in_doubling_steps_to_the_first_line(lines: Database) -> None:
    while lines.committed.head.seq < 21:
        issue(lines)
    head = lines.head()
    rungs = lineage.ladder(lines, head)
    assert rungs[0] == head
    below = [head.seq - rung.seq for rung in rungs]
    assert below == [0, *[2**power for power in range(10) if 2**power < head.seq - 1], head.seq - 1]
    known = {line.seq: line.hash for line in queries.all_lines(lines)}
    assert all(known[rung.seq] == rung.hash for rung in rungs)


def test_an_empty_journal_has_no_ladder(database: Database) -> None:
    assert lineage.ladder(database, database.head()) == []
    assert lineage.steps(database) == []
