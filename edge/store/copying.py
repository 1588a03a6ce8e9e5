"""A copy of the live database while it is written, and what a file says of itself: is it a copy, and does it still have a line?"""

from collections.abc import Callable
from pathlib import Path

import apsw

from edge import durable
from edge.queueing.chain import Head
from edge.store import faults
from edge.store.database import Database

STEP_PAGES = 256
WERE_WRITTEN = ("journal", "journal_superseded")


def copy(database: Database, target: Path, at: str, progress: Callable[[int], None] = lambda _: None) -> Head:
    """Write one moment of the database to the new file ``target``, stamped as a copy made ``at``. Returns the line that it ends with.

    Writers go on meanwhile: the moment is held by a read transaction. ``progress`` gets the number of pages done. Raises Unavailable.
    """
    source = database.connection()
    try:
        source.execute("BEGIN")
        try:
            head = database.head()
            with apsw.Connection(str(target)) as made:  # only commits; closing is below
                _transfer(source, made, progress)
                made.execute("UPDATE box SET copied_at = ?", (at,))
            made.pragma("journal_mode", "delete")
            made.close(True)
        finally:
            source.execute("ROLLBACK")
    except (*faults.DISK, *faults.DAMAGE) as error:
        raise faults.of(error, f"the database cannot be copied to {target}") from error
    durable.sync(target)
    return head


def copied_at(database: Database) -> str | None:
    """Return when this file was made as a copy; None when it is no copy, or has been at work since."""
    row = database.connection().execute("SELECT copied_at FROM box").fetchone()
    return str(row[0]) if row and row[0] else None


def has_line(database: Database, head: Head) -> bool:
    """Tell whether the journal has this very line, or had it until a new epoch took it out."""
    if head.seq == 0:
        return True
    place = (head.epoch, head.seq, head.hash)
    return any(database.connection().execute(f"SELECT 1 FROM {each} WHERE (epoch, seq, hash) = (?, ?, ?)", place).fetchone() for each in WERE_WRITTEN)


def last_of(database: Database, epoch: int) -> int:
    """Return the last seq of an epoch, 0 when it has no line."""
    ((seq,),) = database.connection().execute("SELECT coalesce(max(seq), 0) FROM journal WHERE epoch = ?", (epoch,))
    return int(seq)


def last_at(database: Database) -> str:
    """Return the instant of the newest line; empty for an empty journal."""
    row = database.connection().execute("SELECT at FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _transfer(source: apsw.Connection, made: apsw.Connection, progress: Callable[[int], None]) -> None:
    with made.backup("main", source, "main") as transfer:
        while not transfer.done:
            transfer.step(STEP_PAGES)
            progress(transfer.page_count - transfer.remaining)
