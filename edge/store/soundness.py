"""Is the file before us the sound database of a centre? Asked at each start before anything is written, and by `edge doctor`.

Measured with 100 000 journal lines (87 MB): `quick_check` 0.05 s, `integrity_check`, which also compares the indexes with their tables, 0.08 s, all
of it 0.1 s; 1.1 s when the file is in no cache. Reading it from a slow card is what takes time (40 MB/s: 2 s), hence a limit: a start promises to
serve within 5 s. What was not looked at by then, and the older lines of the chain, are left to the drill of the next backup.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from edge.errors import EdgeError
from edge.queueing.chain import EPOCH_STARTED, GENESIS, Envelope, Head, fault
from edge.store import faults, hot, migrate
from edge.store.loading import load_hall

NEWEST_LINES = 1000
WITHIN_S = 2.5
STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's virtual machine, at the watch
NEWEST = f"SELECT {','.join(hot.ENVELOPE_COLUMNS)} FROM journal ORDER BY epoch DESC, seq DESC LIMIT ?"
LINES_AND_APPLIED = f"""
    SELECT (SELECT count(*) FROM journal) - (SELECT count(*) FROM journal WHERE type = '{EPOCH_STARTED}'), coalesce((SELECT applied FROM hall), 0)
"""  # the beginning of an epoch is no fact of the hall


def wrong(path: Path, within_s: float | None = WITHIN_S) -> str | None:
    """Say in a few words what is wrong with a database file; None when nothing was found. Changes neither the file nor its write-ahead log.

    ``within_s``: how long pages are looked at, None: until the last one.

    Raises Unavailable when it cannot be looked at now.
    """
    try:
        if path.stat().st_size == 0:  # SQLite would take it for a new database, and delete the write-ahead log that still has the lines
            return "the file is empty"
        with untouched(path) as connection:
            connection.set_busy_timeout(5000)
            return _wrong_pages(connection, within_s) or _wrong_journal(connection) or _wrong_tables(connection)
    except (apsw.IOError, OSError) as error:
        return f"the disk cannot read it: {error}"
    except faults.DISK as error:
        raise faults.of(error, f"cannot open {path}") from error
    except faults.DAMAGE as error:
        return str(error)
    except apsw.Error as error:
        return f"it is not the database of a centre: {error}"
    except (ValueError, KeyError, TypeError, AttributeError, EdgeError) as error:  # bytes of another kind than was written
        return f"what is in it cannot be read: {type(error).__name__} {error}"


@contextmanager
def untouched(path: Path) -> Iterator[apsw.Connection]:
    """Read a file, damaged or not, without changing it or its write-ahead log."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)  # else closing would bring the log into the damaged file
        yield connection


def _wrong_pages(connection: apsw.Connection, within_s: float | None) -> str | None:
    if within_s is not None:
        until = time.monotonic() + within_s
        connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    try:
        found = [" ".join(str(row[0]).split()) for row in connection.execute("PRAGMA integrity_check(1)")]
    except apsw.InterruptError:
        return None
    finally:
        connection.set_progress_handler(None)
    return None if found == ["ok"] else found[0].removeprefix("*** in database main *** ")


def _wrong_journal(connection: apsw.Connection) -> str | None:
    """Check the newest lines of the chain."""
    lines = [Envelope(*row) for row in connection.execute(NEWEST, (NEWEST_LINES,))][::-1]
    if not lines:
        return "its journal is empty"
    head = Head(1, 0, GENESIS)
    if (lines[0].epoch, lines[0].seq) != (1, 1):
        head, lines = Head(lines[0].epoch, lines[0].seq, lines[0].hash), lines[1:]
    for line in lines:
        if found := fault(head, line):
            return f"journal line {line.seq} breaks the chain: {found}"
        head = Head(line.epoch, line.seq, line.hash)
    return None


def _wrong_tables(connection: apsw.Connection) -> str | None:
    """Check that the hall was made of as many lines as there are, and can be loaded."""
    ((lines, applied),) = connection.execute(LINES_AND_APPLIED)
    if lines != applied:
        return f"its journal has {lines} lines, its tables were made of {applied}"
    if connection.pragma("user_version") == migrate.steps()[-1][0]:  # tables of another release are read once they were brought up to date
        load_hall(connection)
    return None
