"""Storing what a box pushes: verified and durable is acknowledged. The domain comes afterwards and never stands in the way (`apply.py`).

All that speaks against a batch is decided under the centre's lock and against stored lines: `stale_epoch`, `gap` and `fork` send the box to hello,
and nothing of a refused batch is kept.
"""

import json
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from edge.queueing.chain import GENESIS, Envelope
from edge.sync.reference import centres, database, journal, kills, receipts
from edge.sync.reference.batch import Batch
from edge.sync.reference.centres import milliseconds
from edge.sync.reference.hello import Place
from edge.sync.reference.limits import LIMITS
from edge.sync.reference.models import Centre, Epoch, Fence, Line
from edge.sync.reference.refusals import Refusal, envelope, stale

INSERT = "INSERT INTO line (centre, epoch, seq, id, type, hash, received_ms, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def store(batch: Batch, now: datetime) -> Place:
    """Store what is new of a batch and return the head of its epoch afterwards; what is known already is stored once. Raises Refusal."""
    kills.hit("store.before")
    forked: Refusal | None = None
    head = Place(batch.claim.epoch, 0, GENESIS)
    with database.of_centre(batch.claim.centre) as row:
        try:
            head = _store(row, batch, now)
        except Refusal as refusal:
            if refusal.word in {"fork", "gap"} and _is_fenced(batch):
                raise stale(f"the box of {batch.claim.centre} in epoch {batch.claim.epoch} is fenced: an operator must let it in") from refusal
            if refusal.word != "fork":
                raise
            forked, row.forked_epoch = refusal, batch.claim.epoch  # the next hello must know, so this is committed
        else:
            row.seen_ms = row.pushed_ms = milliseconds(now)
            journal.finish_relearning(row)
    if forked:
        raise forked
    kills.hit("store.after")
    return head


def acknowledged(batch: Batch, now: datetime) -> dict[str, Any]:
    """Return the answer to a stored batch: how far its epoch is stored, and what the domain refused of this range so far."""
    claim = batch.claim
    row = Centre.get_by_id(claim.centre)
    known = centres.present(claim.centre, claim.epoch)
    if known is None:
        raise LookupError(f"epoch {claim.epoch} of {claim.centre} was stored and is gone")
    head = Place(known.epoch, known.seq, known.hash)
    return {
        "acked": head.told(),
        "durable_seq": known.durable_seq,
        "incarnation": row.incarnation,
        "notices": journal.notices(claim.centre, claim.epoch, claim.first, claim.last),
        "pause_ms": 0,
        "limits": LIMITS,
        "receipt": receipts.receipt(claim.centre, head, now),
    }


def _store(row: Centre, batch: Batch, now: datetime) -> Place:
    claim = batch.claim
    _may_push(row, batch)
    known = centres.present(row.centre, claim.epoch)
    head = Place(claim.epoch, known.seq, known.hash) if known else Place(claim.epoch, 0, GENESIS)
    if claim.first > head.seq + 1:
        raise Refusal(409, "gap", f"epoch {claim.epoch} is stored up to seq {head.seq}: seq {claim.first} cannot follow", expected=head.seq + 1)
    _check_overlap(batch, head.seq)
    new = batch.lines[max(0, head.seq + 1 - claim.first) :]
    if not new:
        return head
    _begin(row, new[0])
    _insert(row.centre, batch, new, now)
    last = new[-1]
    Epoch.update(seq=last.seq, hash=last.hash).where(Epoch.centre == row.centre, Epoch.epoch == claim.epoch).execute()
    if new[0].seq == 1:
        row.forked_epoch = row.copied_epoch = row.copied_seq = None
    return Place(claim.epoch, last.seq, last.hash)


def _may_push(row: Centre, batch: Batch) -> None:
    claim = batch.claim
    if row.node != claim.node:
        raise stale(f"node {claim.node} is not the box of {claim.centre}: it must say hello")
    if claim.epoch < row.epoch:
        raise stale(f"epoch {claim.epoch} is over, the present one is {row.epoch}: the box must say hello")


def _is_fenced(batch: Batch) -> bool:
    """Tell whether a box of this key and epoch has nothing in common with what is stored; its twin with the same key and epoch may well have."""
    claim = batch.claim
    return bool(Fence.select().where(Fence.centre == claim.centre, Fence.node == claim.node, Fence.epoch == claim.epoch, ~Fence.lifted).exists())


def _check_overlap(batch: Batch, upto: int) -> None:
    """Hold what is sent again, and the line before it, against what is stored. Raises Refusal at the first difference."""
    claim = batch.claim
    from_seq = max(1, claim.first - 1)
    sent = {line.seq: line.hash for line in batch.lines}
    sent.setdefault(claim.first - 1, claim.prev_hash)
    query = (
        Line.select(Line.seq, Line.hash)
        .where(Line.centre == claim.centre, Line.epoch == claim.epoch, Line.seq.between(from_seq, min(upto, claim.last)))
        .order_by(Line.seq)
    )
    for seq, stored in database.tuples(query):
        if sent[seq] != stored:
            raise _fork(claim.epoch, seq)


def _fork(epoch: int, seq: int) -> Refusal:
    return Refusal(409, "fork", f"epoch {epoch} seq {seq} is stored with another hash: the box must say hello", seq=seq)


def _begin(row: Centre, first: Envelope) -> None:
    """Begin an epoch with its first line, which says where it hangs; what it hangs on must be stored."""
    if first.seq > 1:
        return
    parent = _parent(first) if first.epoch > 1 else None
    if parent and parent.seq and journal.hash_at(row.centre, parent.epoch, parent.seq) != parent.hash:
        known = centres.present(row.centre, parent.epoch)
        held = known.seq if known else 0
        if held >= parent.seq:
            raise _fork(first.epoch, 1)
        detail = f"epoch {first.epoch} follows epoch {parent.epoch} seq {parent.seq}, which is not stored: the box must say hello"
        raise Refusal(409, "gap", detail, expected=held + 1)
    row.epoch = first.epoch
    _aim_lower(row, first)
    place = {"parent_epoch": parent.epoch, "parent_seq": parent.seq, "parent_hash": parent.hash} if parent else {}
    Epoch.insert(centre=row.centre, epoch=first.epoch, hash=GENESIS, **place).on_conflict(
        conflict_target=[Epoch.centre, Epoch.epoch], update=place or {"hash": GENESIS}
    ).execute()


def _parent(first: Envelope) -> Place:
    """Read what `epoch.started` says; its payload is never erased, because there is no person in it."""
    try:
        told = json.loads(first.payload or "")
        parent = Place(told["parent_epoch"], told["parent_seq"], told["parent_hash"])
    except (ValueError, TypeError, KeyError) as error:
        raise envelope(f"epoch {first.epoch} must begin with a readable epoch.started, not with {first.type}") from error
    if first.type != "epoch.started" or type(parent.epoch) is not int or type(parent.seq) is not int or not 0 < parent.epoch < first.epoch:
        raise envelope(f"epoch {first.epoch} must begin with epoch.started after an older epoch")
    return parent


def _aim_lower(row: Centre, first: Envelope) -> None:
    """An epoch that was issued while relearning says itself (`tail`, a key of ours) how much comes again; the hello said how much at most."""
    known = centres.present(row.centre, first.epoch)
    if not row.relearning or row.relearn_epoch != first.epoch or row.relearn_seq is None or known is None or known.issued_ms is None:
        return
    tail = json.loads(first.payload or "{}").get("tail")
    if type(tail) is int and 0 <= tail < row.relearn_seq:
        row.relearn_seq = 1 + tail


def _insert(centre: str, batch: Batch, new: tuple[Envelope, ...], now: datetime) -> None:
    at = milliseconds(now)
    bare = journal.erased_among(centre, [line.id for line in new]) if new[0].epoch > 1 else set()
    texts = batch.texts[len(batch.texts) - len(new) :]
    rows = [
        (centre, line.epoch, line.seq, line.id, line.type, line.hash, at, journal.without_payload(text) if line.id in bare else text)
        for line, text in zip(new, texts, strict=True)
    ]
    try:
        database.many(INSERT, rows)
    except IntegrityError as error:  # places are free under the lock, so it is an id
        raise envelope(f"epoch {new[0].epoch}: an event id comes twice in one epoch") from error
    for line in new:
        if line.type == "payload.erased":
            _erase(centre, line)


def _erase(centre: str, line: Envelope) -> None:
    """Do what `payload.erased` says; one that cannot be read erases nothing and is the domain's to tell of."""
    try:
        event = json.loads(line.payload or "")["event"]
    except (ValueError, TypeError, KeyError):
        return
    if isinstance(event, str):
        journal.erase(centre, event)
