"""What a new epoch does to the journal: the lines that it takes out of the old one, and those of the national server that take their places.

``journal_staged`` holds lines of the national server until they are taken in; ``journal_superseded`` what this box had said in their place.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

import apsw

from edge.queueing.chain import EPOCH_STARTED, Envelope, Head
from edge.store import hot

if TYPE_CHECKING:  # a transaction writes what is read here, and the database makes transactions
    from edge.store.database import Database

PAGE = 1000
_COLUMNS = ",".join(hot.ENVELOPE_COLUMNS)
_LINE = f"SELECT {_COLUMNS} FROM journal WHERE epoch = ? AND seq = ?"
_STAGED = f"SELECT {_COLUMNS} FROM journal_staged WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT ?"
_STAGED_END = "SELECT epoch, seq, hash FROM journal_staged ORDER BY epoch DESC, seq DESC LIMIT 1"
_STAGE = f"INSERT INTO journal_staged ({_COLUMNS}) VALUES ({','.join('?' * len(hot.ENVELOPE_COLUMNS))})"
_NOT_STAGED = f"type != '{EPOCH_STARTED}' AND NOT EXISTS (SELECT 1 FROM journal_staged AS t WHERE t.id = s.id)"
_TAIL = f"SELECT {_COLUMNS} FROM journal_superseded AS s WHERE by_epoch = ? AND (epoch, seq) > (?, ?) AND {_NOT_STAGED} ORDER BY epoch, seq LIMIT ?"
_TAIL_LENGTH = f"SELECT count(*) FROM journal_superseded AS s WHERE by_epoch = ? AND {_NOT_STAGED}"
_SUPERSEDED = f"SELECT {_COLUMNS} FROM journal_superseded WHERE by_epoch = ? ORDER BY epoch, seq"
_SUPERSEDE = f"INSERT INTO journal_superseded ({_COLUMNS}, by_epoch) SELECT {_COLUMNS}, ? FROM journal WHERE (epoch, seq) > (?, ?)"
_LEAVE = "DELETE FROM journal WHERE (epoch, seq) > (?, ?)"
_ENTER = f"INSERT INTO journal ({_COLUMNS}) SELECT {_COLUMNS} FROM journal_staged WHERE true ORDER BY epoch, seq"
_values = attrgetter(*hot.ENVELOPE_COLUMNS)
_IS_STAGED = "SELECT id FROM journal_staged WHERE id IN (SELECT value FROM json_each(?))"


def line(database: "Database", epoch: int, seq: int) -> Envelope | None:
    """Return one line of the journal."""
    row = database.connection().execute(_LINE, (epoch, seq)).fetchone()
    return Envelope(*row) if row else None


def staged_end(database: "Database") -> Head | None:
    """Return the last line that is staged, None when none is."""
    row = database.connection().execute(_STAGED_END).fetchone()
    return Head(*row) if row else None


def staged(database: "Database") -> Iterator[Envelope]:
    """Walk the staged lines in order."""
    epoch, seq = 0, 0
    while page := [Envelope(*row) for row in database.connection().execute(_STAGED, (epoch, seq, PAGE))]:
        yield from page
        epoch, seq = page[-1].epoch, page[-1].seq


def staged_ids(connection: apsw.Connection, ids: Sequence[str]) -> set[str]:
    """Return those of ``ids`` that the staged lines have."""
    return {str(id_) for (id_,) in connection.execute(_IS_STAGED, (json.dumps(list(ids)),))}


def superseded(database: "Database", by_epoch: int) -> Iterator[Envelope]:
    """Walk the lines that an epoch took out of the journal, in the order in which they were written."""
    return (Envelope(*row) for row in database.connection().execute(_SUPERSEDED, (by_epoch,)))


def tail(connection: apsw.Connection, by_epoch: int, behind: tuple[int, int] = (0, 0)) -> Iterator[Envelope]:
    """Walk the lines taken out that are to be said again: no beginning of an epoch, and nothing that a staged line says."""
    return chain.from_iterable(tail_pages(connection, by_epoch, behind))


def tail_pages(connection: apsw.Connection, by_epoch: int, behind: tuple[int, int] = (0, 0)) -> Iterator[list[Envelope]]:
    """Walk the same lines in pages."""
    while page := [Envelope(*row) for row in connection.execute(_TAIL, (by_epoch, *behind, PAGE))]:
        yield page
        behind = (page[-1].epoch, page[-1].seq)


def tail_length(connection: apsw.Connection, by_epoch: int) -> int:
    """Return how many lines `tail` walks."""
    ((length,),) = connection.execute(_TAIL_LENGTH, (by_epoch,))
    return int(length)


def stage(connection: apsw.Connection, lines: Sequence[Envelope]) -> None:
    """Stage lines of the national server."""
    connection.executemany(_STAGE, map(_values, lines))


def append_all(connection: apsw.Connection, lines: Sequence[Envelope]) -> None:
    """Write sealed lines to the journal."""
    connection.executemany(hot.APPEND, map(_values, lines))


def clear_staged(connection: apsw.Connection) -> None:
    """Forget all staged lines."""
    connection.execute("DELETE FROM journal_staged")


def take_out(connection: apsw.Connection, behind: Head, by_epoch: int) -> None:
    """Move every line of the journal behind ``behind`` to the superseded ones."""
    connection.execute(_SUPERSEDE, (by_epoch, behind.epoch, behind.seq))
    connection.execute(_LEAVE, (behind.epoch, behind.seq))


def take_in(connection: apsw.Connection) -> None:
    """Let the staged lines be lines of the journal, in their own places."""
    connection.execute(_ENTER)
