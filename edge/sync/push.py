"""Sending the journal: one batch in flight, as large as the line bears, and an acknowledgement that counts only when it is proven.

What was sent is never marked; the place to go on from is the last line that the server acknowledged and whose hash is ours.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge import failpoints
from edge.queueing.chain import GENESIS, Head
from edge.store import outbox
from edge.store.database import Database
from edge.store.outbox import Page
from edge.sync.answers import Kind, failed, object_of
from edge.sync.transport import NDJSON, Range, Transport

PATH = "/sync/v1/journal"
FIRST_EVENTS, MOST_EVENTS, MOST_BYTES = 200, 1000, 512 * 1024
LEAST_BYTES = 4096
LONGEST_PAUSE_S = 300.0
LONGEST_RECEIPT = 1024


@dataclass(frozen=True, slots=True)
class Acked:
    """An acknowledgement that was proven. ``receipt``: the server's own words, opaque; ``notices``: what it cannot use of what it stored."""

    head: Head
    incarnation: str | None
    durable_seq: int | None
    receipt: str | None
    pause_s: float
    notices: Sequence[Mapping[str, Any]]


class Pusher:
    """``line_bytes``: mean size of the lines of the last batch.

    ``wants_ancestors_alone``: the server refused lines of an older epoch behind the one at which a later epoch began. They came from a server
    once, and one that was set back may lack them.
    """

    def __init__(self, database: Database, transport: Transport) -> None:
        self._database = database
        self.transport = transport
        self.events = FIRST_EVENTS
        self.bytes = MOST_BYTES
        self.packs = True
        self.line_bytes = 0
        self.wants_ancestors_alone = False
        self._most_events = MOST_EVENTS
        self._most_bytes = MOST_BYTES

    def take_limits(self, limits: object) -> None:
        """Keep to what the server says it takes; nonsense is ignored."""
        if not isinstance(limits, dict):
            return
        events, size, encodings = count_of(limits.get("max_events")), count_of(limits.get("max_bytes")), limits.get("encodings")
        self._most_events = min(MOST_EVENTS, events or MOST_EVENTS)
        self._most_bytes = min(MOST_BYTES, size or MOST_BYTES)
        if isinstance(encodings, list):
            self.packs = self.packs and "gzip" in encodings
        self.events, self.bytes = min(self.events, self._most_events), min(self.bytes, self._most_bytes)

    def next(self, sent: Head) -> Page | None:
        """Return the next batch behind ``sent``: the rest of its epoch first, then the epochs that follow; None when all is sent.

        A batch never crosses the line at which a later epoch began: a server may want no more of the older one (`wants_ancestors_alone`).
        """
        epoch, after = sent.epoch, sent.seq
        borders = outbox.borders(self._database) if epoch < self._database.committed.head.epoch else {}
        while True:
            most = self._most(epoch, after, borders)
            found = outbox.page(self._database, epoch, after, most=most, most_bytes=self.bytes) if most else None
            following = None if found else next(outbox.heads(self._database, epoch), None)
            if found or following is None:
                return found
            epoch, after = following.epoch, 0

    def _most(self, epoch: int, after: int, borders: Mapping[int, int]) -> int:
        """Return how many lines a batch may have; 0: the server wants no more of this epoch."""
        if epoch == self._database.committed.head.epoch:
            return self.events
        border = borders.get(epoch, 0)
        if after < border:
            return min(self.events, border - after)
        return 0 if self.wants_ancestors_alone else self.events

    def send(self, page: Page, known: str | None) -> Acked:
        """Send one batch and return the proven acknowledgement. ``known``: the incarnation that we know. Raises Failed."""
        failpoints.hit("sync.push.before")
        body = page.body()
        self.line_bytes = len(body) // len(page.lines)
        about = Range(page.epoch, page.first, page.last, page.prev_hash, page.hashes[-1], _request_id(page))
        answer = self.transport.post(PATH, body, media=NDJSON, packed=self.packs, about=about)
        failpoints.hit("sync.push.answered")
        acked = read(object_of(answer), page.epoch)
        self._prove(acked, page, known)
        return acked

    def arrived(self) -> None:
        """A batch was acknowledged: the next may be larger, if the line has time for it."""
        if self.transport.has_room(2):
            self.events = min(self.events * 2, self._most_events)
            self.bytes = min(self.bytes * 2, self._most_bytes)
        self.transport.bear_as_usual()

    def shrink(self, page: Page | None, *, plainer: bool = False) -> bool:
        """Make the next batch half as large, or without gzip if ``plainer``; tell whether that is possible."""
        if plainer and self.packs:
            self.packs = False
            return True
        if page is None or len(page.lines) == 1:
            return False
        self.events = max(1, len(page.lines) // 2)
        self.bytes = max(LEAST_BYTES, self.bytes // 2)
        return True

    def _prove(self, acked: Acked, page: Page, known: str | None) -> None:
        """Raises Failed unless the acknowledgement names a line of ours and does not go back."""
        head = acked.head
        if head.epoch != page.epoch:
            raise failed(Kind.TRANSIENT, f"an acknowledgement of epoch {head.epoch} for a batch of epoch {page.epoch}")
        if known is not None and acked.incarnation is not None and acked.incarnation != known:
            raise failed(Kind.STATE, "the server is another one, or was restored")
        if outbox.hash_at(self._database, head.epoch, head.seq) != head.hash:
            raise failed(Kind.STATE, f"the server acknowledges line {head.seq} of epoch {head.epoch}, which is not ours")
        if head.seq < page.first - 1:
            raise failed(Kind.TRANSIENT, f"a late acknowledgement of line {head.seq}: {page.first - 1} was acknowledged before")
        if head.seq == page.first - 1:
            raise failed(Kind.TRANSIENT, f"nothing of lines {page.first} to {page.last} was stored")


def read(values: Mapping[str, Any], epoch: int) -> Acked:
    """Read the answer to a push of ``epoch``. Raises Failed: without a readable `acked` it is none."""
    head = head_of(values.get("acked"), epoch)
    if head is None:
        raise failed(Kind.TRANSIENT, "an answer to a push without a readable acknowledgement")
    notices = values.get("notices")
    receipt = values.get("receipt")
    return Acked(
        head,
        text_of(values.get("incarnation")),
        count_of(values.get("durable_seq")),
        receipt if isinstance(receipt, str) and len(receipt.encode()) <= LONGEST_RECEIPT else None,
        pause_s(values.get("pause_ms")),
        [each for each in notices if isinstance(each, dict)] if isinstance(notices, list) else [],
    )


def head_of(value: object, epoch: int | None = None) -> Head | None:
    """Read {`epoch`, `seq`, `hash`}; None when it is null or unreadable. ``epoch``: where it is left out."""
    if not isinstance(value, dict):
        return None
    found, seq, digest = count_of(value.get("epoch", epoch)), count_of(value.get("seq")), value.get("hash")
    if found is None or seq is None:
        return None
    if seq == 0 and digest in (None, ""):
        digest = GENESIS
    return Head(found, seq, digest) if isinstance(digest, str) else None


def pause_s(value: object) -> float:
    """Read `pause_ms` as seconds: 0 when it says nothing."""
    return min(value / 1000, LONGEST_PAUSE_S) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0.0


def count_of(value: object) -> int | None:
    """Read a number that counts; None when it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def text_of(value: object) -> str | None:
    """Read a text; None when it is none."""
    return value if isinstance(value, str) and value else None


def _request_id(page: Page) -> str:
    """Return an id that the same events always get, also after a restart."""
    return hashlib.sha256(f"{page.epoch}:{page.first}:{page.hashes[-1]}".encode()).hexdigest()[:32]
