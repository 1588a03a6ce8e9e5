"""The courier: for a centre without a line, the same greeting, batches and feed pages as on one, in files that a person carries.

An export says what this box would say now; its answers are taken in only once, and only if nothing newer was taken in since. Which exports wait for
answers stands in a file beside the database: a box that was restored waits for none, and must greet over the line.
"""

import json
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from edge import durable
from edge.errors import BadRequest, Refused
from edge.operations import national
from edge.operations.context import Context
from edge.operations.national import Scope
from edge.queueing.chain import Head, instant
from edge.store import outbox, sync_state
from edge.store.sync_state import Receipt, SyncState
from edge.sync import hello, parcel, pull, push, snapshot
from edge.sync.answers import Answer, Failed, checked, object_of
from edge.sync.hello import Action, Known, Standing, Welcome
from edge.sync.parcel import Cover, Entry, Sealing
from edge.sync.signing import Signer, Subject
from edge.sync.transport import NDJSON, Endpoint, Range, Transport

EXPORTS_KEPT = 50
LINE_HEADERS = {"accept", "authorization", "user-agent", "x-road-client", "x-road-id"}  # of the line, not of the request


@dataclass(frozen=True, slots=True)
class Exported:
    """A parcel that waits to be carried: how many events it has, and up to which line."""

    path: Path
    events: int
    head: Head


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a parcel. ``acked``: what is stored nationally, None: nothing of this epoch. ``refused``: why the server took no more."""

    acked: Head | None
    items: int
    refused: str


def export(ctx: Context, centre: str, folder: Path, waiting: Path) -> Exported:
    """Write all that the national server has not acknowledged into a parcel in ``folder``; changes no database. Raises Refused, OSError."""
    if ctx.hall.policy.restored:
        raise Refused("nothing is exported: this box works from a backup, and must greet the national server over the line first", code="restored")
    state, signer = sync_state.read(ctx.database), Signer(ctx.keys.node_seed)
    place = hello.standing(ctx)
    head = place.head
    sent = state.acked if state.acked and state.acked.epoch == head.epoch else Head(head.epoch, 0, "")
    now = datetime.now(UTC)
    path = folder / f"kezek-{centre}-{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z{parcel.SUFFIX}"
    recorder = _Recorder(signer, centre)
    with Sealing(path, Cover(parcel.REQUESTS, centre, signer.node, instant(now)), signer) as sealing:
        for entry in _requests(ctx, recorder, state, sent, place):
            sealing.add(entry)
    known = _Waiting.read(waiting)
    replace(known, exports=(*known.exports, sealing.digest)[-EXPORTS_KEPT:]).write(waiting)
    return Exported(path, head.seq - sent.seq, head)


def take_in(ctx: Context, file: Path, centre: str, token: str, waiting: Path) -> Imported:
    """Take a parcel of answers in: acknowledgements, then the feed. Raises BadRequest with one sentence, and then nothing happened; Unavailable."""
    signer = Signer(ctx.keys.node_seed)
    cover, entries = parcel.answers(file, centre, signer.node, token)
    known, state = _Waiting.read(waiting), sync_state.read(ctx.database)
    if cover.answers_to not in known.exports:
        raise _older(file, "it answers no export that waits here: it was imported already, or a newer one was, or this box was restored since")
    try:
        told = _read(entries)
    except Failed as error:
        raise BadRequest(f"{file.name} has an answer that cannot be used: {error}; nothing was imported", code="parcel") from error
    begun = [*(each.cursor for each in told.feeds), *(each.cursor for each in told.snapshots)]  # an import that was cut short goes on
    if state.cursor not in (cover.cursor or None, known.cursor, *begun):
        raise _older(file, "the link has brought more since the export")
    if told.welcome.action not in (Action.RESUME, Action.PUSH_FROM):
        wanted = f"the national server answered {told.welcome.action}, which needs the link"
        raise BadRequest(f"{file.name}: {wanted}; nothing was imported", code="parcel")
    national.bind(ctx)
    acked = _acknowledge(ctx, told)
    for feed in told.feeds:
        national.apply_items(ctx, feed.items, feed.cursor)
    for whole in told.snapshots:
        national.swap(ctx, Scope.ALL, whole.items, whole.cursor, whole.digest)
    later = known.exports[known.exports.index(cover.answers_to) + 1 :]
    _Waiting(later, sync_state.read(ctx.database).cursor).write(waiting)
    ctx.link.try_now()
    items = sum(len(each.items) for each in told.feeds) + sum(len(each.items) for each in told.snapshots)
    return Imported(acked, items, told.refused)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """``exports``: digests of those that wait for answers, the oldest first. ``cursor``: that the last answers left, None: there were none."""

    exports: Sequence[str] = ()
    cursor: str | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what is kept beside the database; a file that is missing or damaged waits for nothing."""
        try:
            found = json.loads(path.read_text(encoding="ascii"))
            return cls([str(each) for each in found["exports"]], found["cursor"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, path: Path) -> None:
        """Keep it, durably."""
        durable.replace(path, json.dumps({"exports": list(self.exports), "cursor": self.cursor}))


@dataclass(frozen=True, slots=True)
class _Told:
    """A parcel of answers, read. ``refused``: the first push that was not stored; behind it nothing was sent."""

    welcome: Welcome
    acks: Sequence[push.Acked]
    feeds: Sequence[pull.Feed]
    snapshots: Sequence[snapshot.Snapshot]
    refused: str


class _Recorder(Transport):
    """Keeps what would be sent, and sends nothing."""

    def __init__(self, signer: Signer, centre: str) -> None:
        super().__init__(Endpoint(""), signer, centre)
        self.entries: list[Entry] = []

    def taken(self) -> list[Entry]:
        """Return what was recorded since the last time."""
        found, self.entries = self.entries, []
        return found

    def _called(self, subject: Subject, body: bytes | None, headers: Mapping[str, str], *, proven: bool) -> Answer:  # noqa: ARG002 -- the parent's
        named = {name: value for name, value in {**self._headers(subject), **headers}.items() if name.lower() not in LINE_HEADERS}
        self.entries.append(Entry(subject.method, subject.path, named, body or b""))
        return Answer(200, {})


def _requests(ctx: Context, recorder: _Recorder, state: SyncState, sent: Head, place: Standing) -> Iterator[Entry]:
    """Yield the greeting, every batch behind ``sent``, and the question for the feed, as they would go over the line."""
    known = Known(sent if sent.seq else None, state.incarnation, state.cursor)
    said = hello.request(ctx, recorder, place, known)
    recorder.post(hello.PATH, json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
    yield from recorder.taken()
    after = sent.seq
    while after < place.head.seq:
        page = outbox.page(ctx.database, place.head.epoch, after, most=push.MOST_EVENTS, most_bytes=push.MOST_BYTES)
        if page is None:
            break
        about = Range(page.epoch, page.first, page.last, page.prev_hash, page.hashes[-1], page.hashes[-1][:32])
        recorder.post(push.PATH, page.body(), media=NDJSON, packed=True, about=about)
        yield from recorder.taken()
        after = page.last
    recorder.get(pull.PATH, {"centre": recorder.centre, "cursor": state.cursor or "", "limit": pull.PAGE_ITEMS})
    yield from recorder.taken()


def _read(entries: Sequence[Entry]) -> _Told:
    """Read every answer. Raises Failed for what is none."""
    welcome: Welcome | None = None
    acks: list[push.Acked] = []
    feeds: list[pull.Feed] = []
    snapshots: list[snapshot.Snapshot] = []
    refused = ""
    for entry in entries:
        answer = Answer(entry.status, entry.headers, entry.body)
        match urllib.parse.urlsplit(entry.path).path:
            case hello.PATH:
                welcome = hello.read(object_of(answer))
            case push.PATH:
                try:
                    acks.append(push.read(object_of(answer), welcome.epoch if welcome else 0))
                except Failed as error:
                    refused = str(error)
            case pull.PATH if entry.status not in (409, 410):  # a snapshot stands behind those
                feeds.append(pull.read(checked(answer)))
            case snapshot.PATH:
                snapshots.append(snapshot.read(object_of(answer), Scope.ALL))
            case _:
                pass
    if welcome is None:
        raise BadRequest("the parcel has no answer to a greeting; nothing was imported", code="parcel")
    return _Told(welcome, acks, feeds, snapshots, refused)


def _acknowledge(ctx: Context, told: _Told) -> Head | None:
    """Keep what is proven to be stored nationally, as the line would: only lines that are our own, and not backward in one incarnation."""
    at = instant(ctx.clock.wall())
    with ctx.database.write() as tx:
        state, welcome = tx.sync(), told.welcome
        same = state.incarnation in (None, welcome.incarnation)
        acked = state.acked if same else None
        if welcome.action is Action.PUSH_FROM and welcome.epoch == tx.head.epoch and acked and acked.seq >= welcome.from_seq:
            acked = _own(ctx, Head(welcome.epoch, welcome.from_seq - 1, outbox.hash_at(ctx.database, welcome.epoch, welcome.from_seq - 1) or ""))
        for head in (welcome.acked, *(each.head for each in told.acks)):
            if head and head.epoch == tx.head.epoch and _own(ctx, head) and (acked is None or head.seq > acked.seq):
                acked = head
        durable = [each.durable_seq for each in told.acks if each.durable_seq is not None]
        tx.keep_sync(acked=acked, incarnation=welcome.incarnation, durable_seq=max(durable, default=welcome.durable_seq))
        for each in told.acks:
            if each.receipt and _own(ctx, each.head):
                tx.keep_receipt(Receipt(each.head, at, each.receipt))
    return acked


def _own(ctx: Context, head: Head) -> Head | None:
    """Return ``head`` if it is a line of ours; None for what we never wrote, and before the first line."""
    return head if head.seq and outbox.hash_at(ctx.database, head.epoch, head.seq) == head.hash else None


def _older(file: Path, why: str) -> BadRequest:
    return BadRequest(f"{file.name} is older than what this box has: {why}; nothing was imported", code="parcel")
