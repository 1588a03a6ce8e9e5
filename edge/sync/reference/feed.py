"""What goes down to a centre: items in the order of commits, a cursor that is also the receipt, snapshots and digests.

Only the newest state of a key is kept. A change takes the next position, so that whoever pages on meets it; whoever comes too late for a deletion
that was forgotten since is told so (410) and takes a snapshot.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from edge.sync.reference import database
from edge.sync.reference.centres import milliseconds
from edge.sync.reference.limits import PAGE_BYTES, PAGE_LINES
from edge.sync.reference.models import Centre, Item
from edge.sync.reference.refusals import Refusal

SCOPES: Mapping[str, tuple[str, ...]] = {"bookings": ("booking", "booking_request"), "slots": ("slot_grant", "slot_recall"), "config": (), "all": ()}
_NOT_CONFIG = SCOPES["bookings"] + SCOPES["slots"]
IDLE_MS = 15_000  # how long a box that has everything may wait
HASTE_MS = 0
_PUT_ALL = """INSERT INTO item (centre, kind, key, pos, version, op, payload, custody, put_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (centre, kind, key) DO UPDATE SET pos = excluded.pos, version = excluded.version, op = excluded.op, payload = excluded.payload,
custody = excluded.custody, put_ms = excluded.put_ms"""


def put(row: Centre, kind: str, key: str, payload: Mapping[str, Any], now: datetime, *, custody: str = "national") -> int:
    """Put an item and return its version; one that says the same already stays as it is. The caller has the centre's row locked."""
    return _write(row, kind, key, "put", json.dumps(payload, ensure_ascii=False, separators=(",", ":")), custody, now)


def put_all(row: Centre, kind: str, payloads: Mapping[str, Mapping[str, Any]], now: datetime) -> int:
    """Put many items of one kind, by key, in the order given; return how many of them say something new. The caller has the centre's row locked."""
    known = {}
    if payloads:
        mine = Item.select(Item.key, Item.payload).where(Item.centre == row.centre, Item.kind == kind, Item.op == "put")
        known = dict(database.tuples(mine.where(Item.key.in_(list(payloads))) if len(payloads) <= PAGE_LINES else mine))
    rows = []
    for key, payload in payloads.items():
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        if known.get(key) != text:
            row.pos, row.version = row.pos + 1, row.version + 1
            rows.append((row.centre, kind, key, row.pos, row.version, "put", text, "national", milliseconds(now)))
    if rows:
        database.many(_PUT_ALL, rows)
        row.save(only=[Centre.pos, Centre.version])
    return len(rows)


def delete(row: Centre, kind: str, key: str, now: datetime) -> int | None:
    """Take an item away and return the version of its absence; None when there is none. The caller has the centre's row locked."""
    known = _find(row.centre, kind, key)
    if known is None or known.op == "delete":
        return None
    return _write(row, kind, key, "delete", None, known.custody, now)


def find(centre: str, kind: str, key: str) -> dict[str, Any] | None:
    """Return the payload of an item; None when it is not there."""
    known = _find(centre, kind, key)
    return json.loads(known.payload) if known and known.payload is not None else None


def position(centre: str, kind: str, key: str) -> int:
    """Return the position of an item or its absence; a cursor of at least this one is the receipt for it. 0 when there never was one."""
    known = _find(centre, kind, key)
    return known.pos if known else 0


def page(row: Centre, text: str, limit: int) -> dict[str, Any]:
    """Return the items after a cursor, oldest first. Raises Refusal."""
    after = read_cursor(row, text)
    query = Item.select().where(Item.centre == row.centre, Item.pos > after, Item.pos <= row.pos).order_by(Item.pos)
    found: list[dict[str, Any]] = []
    size = 0
    for each in query.limit(max(1, min(limit, PAGE_LINES))):
        size += len((each.payload or "").encode()) + 200
        if found and size > PAGE_BYTES:
            break
        found.append({"pos": each.pos, **_told(each)})
    upto = found[-1]["pos"] if found else row.pos
    return {"items": found, "cursor": cursor(row, upto), "pause_ms": IDLE_MS if upto == row.pos else HASTE_MS}


def snapshot(row: Centre, scope: str) -> dict[str, Any]:
    """Return all items of a scope as of now. Raises Refusal."""
    if scope not in SCOPES:
        raise Refusal(422, "scope", f"scope = {scope[:40]!r}: must be one of {', '.join(SCOPES)}")
    found = list(_of_scope(row.centre, scope).order_by(Item.pos))
    digest = _digest((each.kind, each.key, each.version) for each in found)
    return {"scope": scope, "cursor": cursor(row), "items": [{"pos": each.pos, **_told(each)} for each in found], "digest": digest}


def digests(centre: str) -> dict[str, str]:
    """Return the digest of each scope that a box compares."""
    there = list(database.tuples(Item.select(Item.kind, Item.key, Item.version).where(Item.centre == centre, Item.op == "put")))
    return {scope: _digest(each for each in there if _is_in(each[0], scope)) for scope in SCOPES}


def cursor(row: Centre, pos: int | None = None) -> str:
    """Return the cursor that means: everything up to a position, else all there is."""
    return f"{row.incarnation}.{row.pos if pos is None else pos}"


def read_cursor(row: Centre, text: str) -> int:
    """Return the position of a cursor; none at all is the beginning. Raises Refusal."""
    if not text:
        return 0
    incarnation, _, pos = text.partition(".")
    if incarnation != row.incarnation or not pos.isascii() or not pos.isdigit() or len(pos) > 16 or int(pos) > row.pos:  # noqa: PLR2004 -- 2^53
        raise Refusal(409, "cursor_ahead", "the cursor is of another time of this server, or ahead of it: take a snapshot")
    if int(pos) < row.compacted_pos:
        raise Refusal(410, "compacted", "deletions after this cursor are forgotten: take a snapshot")
    return int(pos)


def receipt(row: Centre, text: str | None) -> int:
    """Return the position that a cursor acknowledges; 0 when it says nothing of this incarnation."""
    try:
        return read_cursor(row, text or "")
    except Refusal:
        return 0


def forget_deletions(row: Centre, before: datetime) -> int:
    """Forget deletions that the box has a receipt for and that are older; the caller has the centre's row locked. Return how many."""
    gone = (Item.centre == row.centre, Item.op == "delete", Item.pos <= row.receipt_pos, Item.put_ms < milliseconds(before))
    newest = Item.select(Item.pos).where(*gone).order_by(Item.pos.desc()).tuples().first()
    if newest is None:
        return 0
    row.compacted_pos = newest[0]
    return int(Item.delete().where(*gone).execute())


def _digest(items: Iterable[tuple[str, str, int]]) -> str:
    """Return SHA-256, hex, of the sorted lines ``kind:key:version``; deleted keys have none."""
    lines = sorted(f"{kind}:{key}:{version}\n" for kind, key, version in items)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _is_in(kind: str, scope: str) -> bool:
    return scope == "all" or (kind not in _NOT_CONFIG if scope == "config" else kind in SCOPES[scope])


def _write(row: Centre, kind: str, key: str, op: str, payload: str | None, custody: str, now: datetime) -> int:
    known = _find(row.centre, kind, key)
    if known and (known.op, known.payload, known.custody) == (op, payload, custody):
        return int(known.version)
    row.pos, row.version = row.pos + 1, row.version + 1
    values = {"pos": row.pos, "version": row.version, "op": op, "payload": payload, "custody": custody, "put_ms": milliseconds(now)}
    Item.insert(centre=row.centre, kind=kind, key=key, **values).on_conflict(
        conflict_target=[Item.centre, Item.kind, Item.key], update=values
    ).execute()
    row.save(only=[Centre.pos, Centre.version])
    return row.version


def _find(centre: str, kind: str, key: str) -> Item | None:
    found: Item | None = Item.get_or_none(Item.centre == centre, Item.kind == kind, Item.key == key)
    return found


def _of_scope(centre: str, scope: str) -> Any:
    query = Item.select().where(Item.centre == centre, Item.op == "put")
    if scope == "config":
        return query.where(Item.kind.not_in(_NOT_CONFIG))
    return query if scope == "all" else query.where(Item.kind.in_(SCOPES[scope]))


def _told(each: Item) -> dict[str, Any]:
    payload = json.loads(each.payload) if each.payload is not None else None
    return {"kind": each.kind, "key": each.key, "version": each.version, "op": each.op, "payload": payload, "custody": each.custody}
