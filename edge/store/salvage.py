"""What a damaged database can still give: the journal lines that follow a known one, each checked, up to the first that cannot be read."""

from collections.abc import Iterator
from pathlib import Path

import apsw

from edge.queueing.chain import Envelope, Head, fault
from edge.store import hot
from edge.store.soundness import untouched

PAGE = 100  # lines at once: one that cannot be read takes those of its page with it, and all after it


def readable(path: Path, after: Head) -> Iterator[Envelope]:
    """Yield the lines of the same epoch that continue the chain behind ``after``. Changes neither the file nor its write-ahead log."""
    if not path.exists() or path.stat().st_size == 0:  # SQLite would delete the log of an empty file
        return
    head = after
    try:
        with untouched(path) as connection:
            while page := _page(connection, head):
                for line in page:
                    if line.epoch != after.epoch or fault(head, line):
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


def _page(connection: apsw.Connection, head: Head) -> list[Envelope]:
    return [Envelope(*row) for row in connection.execute(hot.LINES, (head.epoch, head.seq, PAGE))]
