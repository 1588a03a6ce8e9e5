"""How far the national server has come with this centre: acknowledgements, the feed's cursor, receipts. Local, in no journal, kept over restarts.

Written only inside `Database.write()`, with what it is true of: `transaction.keep_sync(cursor=…)` beside the facts of the feed, and a new epoch
clears ``acked`` in the transaction that begins it. A restored backup brings the state of its time along, which is right: it is what that journal had.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import apsw

from edge.queueing.chain import Head

if TYPE_CHECKING:  # a transaction writes what is read here, and the database makes transactions
    from edge.store.database import Database

RECEIPTS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class SyncState:
    """``acked``: the last own line whose acknowledgement was accepted in this epoch, None: none was. ``durable_seq``: of the epoch last answered.

    ``incarnation``: of the server that said so. ``cursor``: of the feed, opaque. ``digests``: the server's, by scope. ``blocked``: why nothing is
    sent, a word, with ``blocked_since`` and ``fenced_since`` as instants.
    """

    incarnation: str | None = None
    acked: Head | None = None
    durable_seq: int = 0
    cursor: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    blocked: str | None = None
    blocked_since: str | None = None
    fenced_since: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the server gave as proof that it has everything up to ``head``; opaque."""

    head: Head
    at: str
    receipt: str


def read(database: "Database") -> SyncState:
    """Return the state as committed; inside `write()` on the same thread, as it will be."""
    return read_from(database.connection())


def read_from(connection: apsw.Connection) -> SyncState:
    """Return the state that a connection sees; keys of a later release are left alone."""
    known = SyncState.__dataclass_fields__
    stored: dict[str, Any] = {str(key): json.loads(str(value)) for key, value in connection.execute("SELECT key, value FROM sync_state")}
    values = {key: value for key, value in stored.items() if key in known}
    if values.get("acked"):
        values["acked"] = Head(*values["acked"])
    return SyncState(**values)


def put(connection: apsw.Connection, changes: Mapping[str, Any]) -> None:
    """Write some fields of the state. Raises TypeError for one that is unknown."""
    for key, value in changes.items():
        if key not in SyncState.__dataclass_fields__:
            raise TypeError(f"the state of the sync has no {key!r}; known are {', '.join(SyncState.__dataclass_fields__)}")
        text = json.dumps([value.epoch, value.seq, value.hash] if isinstance(value, Head) else value)
        connection.execute("INSERT INTO sync_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, text))


def put_receipt(connection: apsw.Connection, receipt: Receipt) -> None:
    """Keep a receipt; of more than `RECEIPTS_KEPT` the oldest goes."""
    head = receipt.head
    statement = "INSERT INTO sync_receipt (epoch, seq, hash, at, receipt) VALUES (?, ?, ?, ?, ?)"
    connection.execute(statement, (head.epoch, head.seq, head.hash, receipt.at, receipt.receipt))
    connection.execute("DELETE FROM sync_receipt WHERE number <= (SELECT max(number) FROM sync_receipt) - ?", (RECEIPTS_KEPT,))


def receipts(database: "Database", most: int = RECEIPTS_KEPT) -> Iterator[Receipt]:
    """Yield the receipts kept, the newest first."""
    rows = database.connection().execute("SELECT epoch, seq, hash, at, receipt FROM sync_receipt ORDER BY number DESC LIMIT ?", (most,))
    return (Receipt(Head(epoch, seq, hash_), str(at), str(receipt)) for epoch, seq, hash_, at, receipt in rows)
