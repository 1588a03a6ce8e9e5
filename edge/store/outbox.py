"""The journal as it is sent: pages of lines after a place, and what proves to the other side where we stand.

Nothing is marked as sent here: pending is what comes after the line that was acknowledged, so a crash at any moment only means to send again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.queueing.chain import GENESIS, Envelope, Head, as_line
from edge.store import hot
from edge.store.database import Database

_OF_EPOCH = f"SELECT {','.join(hot.ENVELOPE_COLUMNS)} FROM journal WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?"
_HASH = "SELECT hash FROM journal WHERE epoch = ? AND seq = ?"
_NEXT_HEAD = """
    SELECT epoch, seq, hash FROM journal WHERE epoch = (SELECT min(epoch) FROM journal WHERE epoch > ?) ORDER BY seq DESC LIMIT 1
"""
_FIRST = "SELECT type, payload FROM journal WHERE epoch = ? AND seq = 1"
_NEWEST_URGENT = """
    SELECT epoch, seq, hash FROM journal WHERE substr(type, 1, 8) = 'booking.' OR substr(type, 1, 5) = 'slot.'
    ORDER BY epoch DESC, seq DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive lines of one epoch. ``lines``: as they travel, without line ends; ``hashes``: of each; ``prev_hash``: of the line before them."""

    epoch: int
    first: int
    prev_hash: str
    lines: Sequence[str]
    hashes: Sequence[str]

    @property
    def last(self) -> int:
        """Return the seq of the last line."""
        return self.first + len(self.lines) - 1

    @property
    def head(self) -> Head:
        """Return the last line."""
        return Head(self.epoch, self.last, self.hashes[-1])

    def body(self) -> bytes:
        """Return NDJSON: every line with its end."""
        return "".join(f"{line}\n" for line in self.lines).encode()


def page(database: Database, epoch: int, after: int, *, most: int, most_bytes: int) -> Page | None:
    """Return the lines of ``epoch`` behind seq ``after``: at most ``most``, no more than fit into ``most_bytes``, but always one. None: no line."""
    lines: list[str] = []
    hashes: list[str] = []
    prev_hash, size = GENESIS, 0
    for row in database.connection().execute(_OF_EPOCH, (epoch, after, most)):
        line = Envelope(*row)
        text = as_line(line)
        size += len(text.encode()) + 1
        if lines and size > most_bytes:
            break
        prev_hash = prev_hash if lines else line.prev_hash
        lines.append(text)
        hashes.append(line.hash)
    return Page(epoch, after + 1, prev_hash, lines, hashes) if lines else None


def hash_at(database: Database, epoch: int, seq: int) -> str | None:
    """Return the hash of one line; GENESIS before the first, None when there is no such line."""
    if seq == 0:
        return GENESIS
    row = database.connection().execute(_HASH, (epoch, seq)).fetchone()
    return str(row[0]) if row else None


def rungs(database: Database, head: Head) -> list[Head]:
    """Return the ladder of an epoch: its head, then 1, 2, 4, 8 … before it, and its first line; empty for an epoch without lines."""
    seqs = [head.seq] if head.seq else []
    step = 1
    while head.seq - step > 1:
        seqs.append(head.seq - step)
        step *= 2
    found = ((seq, hash_at(database, head.epoch, seq)) for seq in dict.fromkeys([*seqs, *([1] if head.seq else [])]))
    return [Head(head.epoch, seq, digest) for seq, digest in found if digest]


def heads(database: Database, after: int = 0) -> Iterator[Head]:
    """Yield the last line of each epoch behind epoch ``after``, in order."""
    epoch = after
    while (row := database.connection().execute(_NEXT_HEAD, (epoch,)).fetchone()) is not None:
        head = Head(*row)
        epoch = head.epoch
        yield head


def beginnings(database: Database) -> Iterator[tuple[int, str]]:
    """Yield (epoch, payload) of the `epoch.started` that each later epoch begins with."""
    for head in heads(database):
        row = database.connection().execute(_FIRST, (head.epoch,)).fetchone()
        if row and row[0] == "epoch.started" and row[1] is not None:
            yield head.epoch, str(row[1])


def parents(database: Database) -> dict[int, Head]:
    """Return the line that each later epoch says it began behind."""
    told = ((epoch, json.loads(payload)) for epoch, payload in beginnings(database))
    return {epoch: Head(began["parent_epoch"], began["parent_seq"], began["parent_hash"]) for epoch, began in told}


def borders(database: Database) -> dict[int, int]:
    """Return how far each older epoch is an ancestor of the present one; lines behind that are those of another box, which were taken over."""
    known, found = parents(database), {}
    epoch = database.committed.head.epoch
    while (parent := known.get(epoch)) is not None and parent.epoch < epoch:
        epoch = parent.epoch
        found[epoch] = parent.seq
    return found


def newest_urgent(database: Database) -> Head | None:
    """Return the newest line about a booking or a slot; walks back through the journal until it meets one."""
    row = database.connection().execute(_NEWEST_URGENT).fetchone()
    return Head(*row) if row else None
