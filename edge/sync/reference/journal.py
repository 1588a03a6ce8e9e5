"""Lines as they are stored: read back byte for byte, taken by the domain in the order of (epoch, seq), erased only by an event that says so."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Tuple

from edge.sync.reference import database
from edge.sync.reference.limits import PAGE_BYTES, PAGE_LINES
from edge.sync.reference.models import Centre, Epoch, Erased, Line, Notice


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored line with what the domain needs of it. ``payload`` is None once erased."""

    epoch: int
    seq: int
    id: str
    type: str
    at: str
    actor: str
    payload: str | None


def hash_at(centre: str, epoch: int, seq: int) -> str | None:
    """Return the hash of one stored line."""
    row = Line.select(Line.hash).where(Line.centre == centre, Line.epoch == epoch, Line.seq == seq).tuples().first()
    return str(row[0]) if row else None


def page(centre: str, epoch: int, after: int, limit: int) -> str:
    """Return stored lines of one epoch after a seq, each with its line end; empty at the end. As many as a page may have, one at least."""
    query = Line.select(Line.text).where(Line.centre == centre, Line.epoch == epoch, Line.seq > after).order_by(Line.seq)
    found: list[str] = []
    size = 0
    for (text,) in database.tuples(query.limit(max(1, min(limit, PAGE_LINES)))):
        size += len(text.encode()) + 1
        if found and size > PAGE_BYTES:
            break
        found.append(text + "\n")
    return "".join(found)


def waiting(row: Centre, limit: int) -> list[Stored]:
    """Return the lines that the domain has not taken, in the order of (epoch, seq)."""
    return list(lines_after(row.centre, row.applied_epoch, row.applied_seq, limit))


def lines_after(centre: str, epoch: int, seq: int, limit: int) -> Iterator[Stored]:
    """Yield the lines of a centre after a place, in the order of (epoch, seq), through all its epochs."""
    query = (
        Line.select(Line.epoch, Line.seq, Line.text)
        .where(Line.centre == centre, Tuple(Line.epoch, Line.seq) > Tuple(epoch, seq))
        .order_by(Line.epoch, Line.seq)
        .limit(limit)
    )
    for at_epoch, at_seq, text in database.tuples(query):
        told = json.loads(text)
        yield Stored(at_epoch, at_seq, told["id"], told["type"], told["at"], told["actor"], told["payload"])


def taken(row: Centre, upto: Stored, notices: Sequence[tuple[Stored, str]]) -> None:
    """Write down how far the domain is and what it refused, in the transaction that holds the centre's row."""
    row.applied_epoch, row.applied_seq = upto.epoch, upto.seq
    for line, code in notices:
        Notice.insert(centre=row.centre, epoch=line.epoch, seq=line.seq, code=code).on_conflict_ignore().execute()


def notices(centre: str, epoch: int, first: int, last: int) -> list[dict[str, Any]]:
    """Return what the domain refused of a range, as an answer says it."""
    query = Notice.select().where(Notice.centre == centre, Notice.epoch == epoch, Notice.seq.between(first, last)).order_by(Notice.seq, Notice.code)
    return [{"seq": each.seq, "code": each.code} for each in query]


def erase(centre: str, event: str) -> int:
    """Take payload and salt off every copy of an event, now and when another comes; hash and place stay. Return how many had them."""
    Erased.insert(centre=centre, id=event).on_conflict_ignore().execute()
    done = 0
    for line in list(Line.select().where(Line.centre == centre, Line.id == event)):
        bare = without_payload(line.text)
        if bare != line.text:
            done += 1
            Line.update(text=bare).where(Line.centre == centre, Line.epoch == line.epoch, Line.seq == line.seq).execute()
    return done


def without_payload(text: str) -> str:
    """Return a line as it is kept after an erasure, its keys in the order in which they came."""
    told = json.loads(text)
    if told["payload"] is None and told["salt"] is None:
        return text
    return json.dumps({**told, "payload": None, "salt": None}, ensure_ascii=False, separators=(",", ":"))


def erased_among(centre: str, ids: Sequence[str]) -> set[str]:
    """Return which of these events are known to be erased."""
    if not ids or not Erased.select().where(Erased.centre == centre).exists():
        return set()
    query = Erased.select(Erased.id).where(Erased.centre == centre, Erased.id.in_(list(ids)))
    return {each for (each,) in database.tuples(query)}


def head(centre: str) -> tuple[int, int]:
    """Return the newest stored line by (epoch, seq); (0, 0) when there is none."""
    newest = Epoch.select(Epoch.epoch, Epoch.seq).where(Epoch.centre == centre, Epoch.seq > 0).order_by(Epoch.epoch.desc()).tuples().first()
    return (newest[0], newest[1]) if newest else (0, 0)


def finish_relearning(row: Centre) -> None:
    """End what a new incarnation must not do once the journal is here again up to where it must be."""
    if row.relearning and row.relearn_epoch is not None and head(row.centre) >= (row.relearn_epoch, row.relearn_seq):
        row.relearning, row.relearn_epoch, row.relearn_seq = False, None, None
