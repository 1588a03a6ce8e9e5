"""`hello` with all that it changes: a box is bound, an epoch issued, a fence put up; one transaction of the centre.

Who the box is, is known by its key alone: the first node is bound, any other one is fenced until an operator lets it in.
"""

import json
from datetime import datetime
from functools import partial
from typing import Any

from edge.queueing.chain import GENESIS, instant
from edge.sync.reference import centres, database, feed, handshake, journal
from edge.sync.reference.centres import milliseconds
from edge.sync.reference.handshake import Action, Answer, Stored
from edge.sync.reference.hello import Hello, Place
from edge.sync.reference.limits import LIMITS
from edge.sync.reference.models import Centre, Epoch, Fence

PROTOCOL = 1


def greet(hello: Hello, now: datetime) -> dict[str, Any]:
    """Answer a hello whose token and signature were right."""
    with database.of_centre(hello.centre) as row:
        if not hello.protocol[0] <= PROTOCOL <= hello.protocol[1]:
            return _told(row, Answer(Action.UPGRADE, hello.epoch), now)
        stored = _stored(row)
        if _acknowledged_and_lost(row, hello):
            centres.renew(row, now)
        answer = _answer(row, hello, stored, now)
        _remember(row, hello, answer, now)
        return _told(row, answer, now)


def _answer(row: Centre, hello: Hello, stored: Stored, now: datetime) -> Answer:
    lifted = _is_let_in(hello)
    if row.node is None:
        if row.waits_for_operator and not lifted:
            _fence(hello, "binding", now)
            return Answer(Action.ENROL, hello.epoch)
        centres.bind(row, hello.node, hello.public_key, now)
        _lower(hello)
        return handshake.decide(hello, stored)
    if lifted:
        centres.bind(row, hello.node, hello.public_key, now)
        _lower(hello)
        return handshake.readmitted(hello, stored)
    if row.node != hello.node:
        _fence(hello, "node", now)
        return Answer(Action.FENCED, row.epoch)
    answer = handshake.decide(hello, stored)
    if answer.action is Action.FENCED:
        _fence(hello, answer.why, now)
    return answer


def _remember(row: Centre, hello: Hello, answer: Answer, now: datetime) -> None:
    """Write down what the answer promised."""
    if row.node != hello.node or answer.action in {Action.FENCED, Action.ENROL}:
        return
    row.seen_ms = milliseconds(now)
    row.receipt_pos = max(row.receipt_pos, feed.receipt(row, hello.cursor))
    row.hello = json.dumps({**hello.about, "epoch": hello.epoch, "head": hello.head.seq, "is_backup": hello.is_backup})
    if answer.action is Action.NEW_EPOCH:
        _issue(row, answer, hello.epoch, now)
    if answer.action is Action.FAST_FORWARD:
        row.copied_epoch, row.copied_seq = answer.lineage[-1].epoch, answer.lineage[-1].seq
    if row.relearning:
        _aim(row, hello, answer)
        journal.finish_relearning(row)


def _issue(row: Centre, answer: Answer, for_epoch: int, now: datetime) -> None:
    """Write an issued epoch down, in the place of the same one without lines."""
    row.epoch, parent = answer.epoch, answer.parent
    Epoch.delete().where(Epoch.centre == row.centre, Epoch.epoch == answer.epoch).execute()
    Epoch.create(
        centre=row.centre,
        epoch=answer.epoch,
        parent_epoch=parent and parent.epoch,
        parent_seq=parent and parent.seq,
        parent_hash=parent and parent.hash,
        node=row.node,
        issued_ms=milliseconds(now),
        issued_for=for_epoch,
        hash=GENESIS,
    )


def _aim(row: Centre, hello: Hello, answer: Answer) -> None:
    """Say up to where a new incarnation must have the journal: the head of the first hello, also when it comes again in a new epoch."""
    if answer.action is Action.NEW_EPOCH and answer.parent:
        row.relearn_epoch, row.relearn_seq = answer.epoch, handshake.tail(hello, answer.parent) + 1
    elif row.relearn_epoch is None or (hello.epoch, hello.head.seq) < (row.relearn_epoch, row.relearn_seq):
        row.relearn_epoch, row.relearn_seq = hello.epoch, hello.head.seq


def _acknowledged_and_lost(row: Centre, hello: Hello) -> bool:
    """Tell whether the box shows an acknowledgement of this very incarnation that is not stored: this server was restored and nobody said so."""
    acked = hello.acked
    if acked is None or row.node not in {None, hello.node} or hello.acked_in != row.incarnation or not acked.seq:
        return False  # a copy from before the first hello knows no box yet
    return journal.hash_at(row.centre, acked.epoch, acked.seq) != acked.hash


def _fence(hello: Hello, why: str, now: datetime) -> None:
    """Keep the box for the operator; one that was let in and comes as a stranger again waits anew."""
    at = milliseconds(now)
    Fence.insert(
        centre=hello.centre,
        node=hello.node,
        epoch=hello.epoch,
        public_key=hello.public_key,
        why=why,
        seq=hello.head.seq,
        hash=hello.head.hash,
        since_ms=at,
        seen_ms=at,
    ).on_conflict(
        conflict_target=[Fence.centre, Fence.node, Fence.epoch],
        update={Fence.why: why, Fence.seq: hello.head.seq, Fence.hash: hello.head.hash, Fence.seen_ms: at},
    ).execute()


def _is_let_in(hello: Hello) -> bool:
    """Tell whether an operator let this box in. One that is known by its key alone may have changed its epoch since: it was empty then."""
    mine = Fence.select().where(Fence.centre == hello.centre, Fence.node == hello.node, Fence.lifted)
    return bool(mine.where((Fence.epoch == hello.epoch) | Fence.why.in_(["binding", "node"])).exists())


def _lower(hello: Hello) -> None:
    Fence.delete().where(Fence.centre == hello.centre, Fence.node == hello.node).execute()


def _stored(row: Centre) -> Stored:
    epochs = list(Epoch.select().where(Epoch.centre == row.centre))
    heads = {each.epoch: Place(each.epoch, each.seq, each.hash) for each in epochs if each.seq}
    copied = heads.get(row.copied_epoch or 0)
    return Stored(
        hash_at=partial(journal.hash_at, row.centre),
        present=row.epoch,
        issued_to=next((each.node for each in epochs if each.epoch == row.epoch), None),
        issued_for=next((each.issued_for for each in epochs if each.epoch == row.epoch), None),
        forked=row.forked_epoch,
        copied=copied if copied and copied.seq == row.copied_seq else None,
        heads=heads,
    )


def _told(row: Centre, answer: Answer, now: datetime) -> dict[str, Any]:
    known = centres.present(row.centre, answer.epoch)
    body: dict[str, Any] = {
        "incarnation": row.incarnation,
        "server_time": instant(now),
        "action": answer.action.value,
        "epoch": answer.epoch,
        "acked": Place(known.epoch, known.seq, known.hash).told() if known and known.seq else None,
        "durable_seq": known.durable_seq if known else 0,
        "limits": LIMITS,
        "feed_head": feed.cursor(row),
        "digests": feed.digests(row.centre),
    }
    if answer.from_seq is not None:
        body["from_seq"] = answer.from_seq
    if answer.parent is not None:
        body["parent"] = answer.parent.told()
    if answer.action in {Action.FAST_FORWARD, Action.NEW_EPOCH}:
        body["lineage"] = [head.told() for head in answer.lineage]
    return body
