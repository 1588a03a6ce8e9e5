"""A new epoch in the journal: what may leave it, and what stays as evidence."""

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
