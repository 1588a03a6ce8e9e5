"""What a damaged database can still give: the journal lines that follow a known one, each checked, up to the first that cannot be read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import apsw

from edge.queueing.chain import Envelope, Head, fault
from edge.store import hot, rows
from edge.store.soundness import untouched

# in no journal: what was answered, who may log in, who is here, how far the national server has come
OPERATIONAL = ("remembered", "contact", "verifier", "session", "presence", "help", "sync_state", "sync_receipt")
PAGE = 100  # lines at once: one that cannot be read takes those of its page with it, and all after it


def readable(path: Path, after: Head) -> Iterator[Envelope]:
    """Yield the lines that continue the chain behind ``after``. Changes neither the file nor its write-ahead log.

    Into a later epoch only where ``after`` is still a line of that journal: else what followed it was said again there, and would happen twice.
    """
    if not path.exists() or path.stat().st_size == 0:  # SQLite would delete the log of an empty file
        return
    head = after
    try:
        with untouched(path) as connection:
            while page := _page(connection, head):
                for line in page:
                    if fault(head, line) or (line.epoch > head.epoch and not _has(connection, after)):
                        return
                    yield line
                    head = Head(line.epoch, line.seq, line.hash)
    except (apsw.Error, ValueError, TypeError, AttributeError):  # the end of what can be read
        return


def end(path: Path) -> Head | None:
    """Return the line that a database file ends with; None when that cannot be read."""
    try:
        with untouched(path) as connection:
            row = connection.execute("SELECT epoch, seq, hash FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1").fetchone()
    except (apsw.Error, OSError):
        return None
    return Head(*row) if row else None


def operational(path: Path, wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[rows.Row]]]:
    """Yield the rows of the tables that no journal has, from a sound file; ``wanted``: table -> columns. One that lacks a column is left out."""
    with untouched(path) as connection:
        for table, columns in wanted.items():
            if set(columns) <= set(columns_of(connection, table)):
                yield table, list(connection.execute(f"SELECT {', '.join(columns)} FROM {table}"))


def columns_of(connection: apsw.Connection, table: str) -> list[str]:
    """Return a table's columns; none when there is no such table."""
    return [str(name) for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _has(connection: apsw.Connection, place: Head) -> bool:
    row = connection.execute("SELECT 1 FROM journal WHERE (epoch, seq, hash) = (?, ?, ?)", (place.epoch, place.seq, place.hash)).fetchone()
    return row is not None


def _page(connection: apsw.Connection, head: Head) -> list[Envelope]:
    return [Envelope(*row) for row in connection.execute(hot.LINES, (head.epoch, head.seq, PAGE))]
