"""What a box reads: its own journal, the feed by cursor, and snapshots with their digests."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from edge.queueing.chain import as_line
from edge.sync.conformance.bench import FEED, JOURNAL, SCOPES, SNAPSHOT, Bench, a_count, a_list, a_text, clause, expect
from edge.sync.conformance.wire import Reply, Unseen

SLOT = re.compile(r"[a-z0-9-]{1,32}@\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:00\.000Z")
CODE = re.compile(r"[NP-Z][A-HJ-NP-Z2-9]{5}|[A-HJ-M][A-HJ-NP-Z2-9]{5}")
KEYS: Mapping[str, frozenset[str]] = {
    "booking": frozenset(("booking", "code", "service", "slot", "start", "minutes", "person", "lang", "state")),
    "booking_request": frozenset(("booking", "wish", "slot")),
    "slot_grant": frozenset(("slot", "epoch", "service", "start", "minutes", "capacity", "granted")),
    "slot_recall": frozenset(("slot", "wanted")),
    "service": frozenset(("code", "open", "mode", "from")),
    "calendar": frozenset(("day", "hours", "closed", "why")),
    "staff": frozenset(("login", "role", "active")),
    "notice": frozenset(("text", "from", "to")),
}
GONE = (HTTPStatus.CONFLICT, HTTPStatus.GONE)
PAGES = 10_000
TRIES = 3  # somebody may book between two answers

Item = Mapping[str, Any]


@clause("journal", "pages of any length give the same lines, and the end is an empty page")
def pages(bench: Bench) -> None:
    whole = [as_line(line) for line in bench.box.log]
    for limit in (1, 7):
        expect(bench.page(bench.box.caller, bench.box.epoch, 2, limit) == whole[2 : 2 + limit], f"a page of {limit} after 2 has other lines")
    expect(bench.stored(limit=3) == whole, "pages of 3 give other lines than one long page")
    path = f"{JOURNAL}?centre={bench.box.caller.centre}&epoch={bench.box.epoch}&after={bench.box.head.seq}&limit=10"
    reply = bench.wire.call(bench.box.caller, "GET", path)
    expect((reply.status, reply.body) == (HTTPStatus.OK, b""), f"behind the last line it answered {reply}")


@clause("feed", "a cursor gives items in the order of their positions, and every item has its fields")
def walk(bench: Bench) -> None:
    items = everything(bench)
    positions = [a_count(item, "pos") for item in items]
    expect(positions == sorted(set(positions)), "positions do not grow")
    for item in items:
        judge(item)
    versions: dict[tuple[str, str], int] = {}
    for item in items:
        key = (item["kind"], item["key"])
        expect(item["version"] > versions.get(key, -1), f"{key} comes again with version {item['version']} after {versions.get(key)}")
        versions[key] = item["version"]


@clause("feed", "the same cursor gives the same items again")
def repeated(bench: Bench) -> None:
    first, second = page(bench, None, 50).json, page(bench, None, 50).json
    if not first["items"]:
        raise Unseen("the feed of this centre is empty")
    expect(second["items"][: len(first["items"])] == first["items"], "the same cursor gave other items")
    one = page(bench, None, 1).json
    expect(len(one["items"]) <= 1, f"limit=1 gave {len(one['items'])} items")
    expect(one["items"] == first["items"][:1], "limit=1 gave another item than the long page begins with")


@clause("feed", "hello's feed_head is a cursor")
def feed_head(bench: Bench) -> None:
    reply = page(bench, bench.hello()["feed_head"], 10)
    expect(reply.status == HTTPStatus.OK, f"answered {reply}")


@clause("feed", "a cursor that this server never gave brings no items")
def strange_cursor(bench: Bench) -> None:
    for cursor in ("conformance", "0", "99999999999999", "ө", "~" * 64):
        reply = page(bench, cursor, 10)
        if reply.status == HTTPStatus.OK and cursor == "0":
            continue  # that server's cursors may look so
        if reply.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
            note = f"a cursor that is none is {reply.status}: only 409 cursor_ahead and 410 make a box take a snapshot"
            bench.notes += [note] if note not in bench.notes else []
            continue
        expect(reply.status in GONE, f"the cursor {cursor!r} was answered {reply}")
        expect(reply.status != HTTPStatus.CONFLICT or reply.error == "cursor_ahead", f"the cursor {cursor!r} was answered {reply}")


@clause("snapshot", "every scope comes with a digest over its sorted kind:key:version lines")
def snapshots(bench: Bench) -> None:
    whole = snapshot(bench, "all")
    parts: list[Item] = []
    for scope in (*SCOPES, "config"):
        found = snapshot(bench, scope)
        others = {kind for other, kinds in SCOPES.items() if other != scope for kind in kinds}
        strange = [item["kind"] for item in found["items"] if item["kind"] in others or (scope != "config" and item["kind"] not in SCOPES[scope])]
        expect(not strange, f"scope {scope} has items of kind {strange[:1]}")
        parts += found["items"]
    if identities(parts) != identities(whole["items"]):
        expect(identities(snapshot(bench, "all")["items"]) == identities(parts), "the scope all is not the union of the others")


@clause("snapshot", "the digests of hello are those of the snapshots")
def digests(bench: Bench) -> None:
    said, found = {}, {"": ""}
    for _ in range(TRIES):
        said = bench.hello()["digests"]
        found = {scope: snapshot(bench, scope)["digest"] for scope in said}
        if found == said:
            return
    expect(found == said, f"hello says {said}, the snapshots have {found}")


@clause("snapshot", "a snapshot is the feed without what was replaced and deleted")
def same_as_feed(bench: Bench) -> None:
    missing: list[tuple[str, str]] = []
    for _ in range(TRIES):
        last = {(item["kind"], item["key"]): item for item in everything(bench)}
        standing = {key for key, item in last.items() if item["op"] == "put"}
        found = {(item["kind"], item["key"]) for item in snapshot(bench, "all")["items"]}
        missing = sorted(standing - found)[:3]
        if not missing:
            return
    expect(not missing, f"the feed has {missing}, the snapshot has not")


@clause("snapshot", "its cursor goes on where it ends, and a scope that does not exist is an error")
def after_snapshot(bench: Bench) -> None:
    reply = page(bench, snapshot(bench, "all")["cursor"], 10)
    expect(reply.status == HTTPStatus.OK, f"the cursor of a snapshot was answered {reply}")
    reply = bench.wire.call(bench.box.caller, "GET", f"{SNAPSHOT}?centre={bench.box.caller.centre}&scope=nothing")
    expect(reply.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY), f"scope=nothing was answered {reply}")


def page(bench: Bench, cursor: str | None, limit: int) -> Reply:
    """Ask for one page of the feed."""
    at = "" if cursor is None else f"&cursor={quote(cursor, safe='')}"
    return bench.wire.call(bench.box.caller, "GET", f"{FEED}?centre={bench.box.caller.centre}{at}&limit={limit}")


def everything(bench: Bench, cursor: str | None = None) -> list[Item]:
    """Return all items behind a cursor (None: from the beginning)."""
    items: list[Item] = []
    for _ in range(PAGES):
        reply = page(bench, cursor, 200)
        if reply.status == HTTPStatus.GONE and cursor is None:
            raise Unseen("the beginning of the feed is compacted away; a box gets a snapshot then")
        expect(reply.status == HTTPStatus.OK, f"the feed was answered {reply}")
        found = reply.json
        a_count(found, "pause_ms")
        here = a_list(found, "items")
        if not here:
            return items
        expect(a_text(found, "cursor") != cursor, "a page with items has the cursor of the request")
        items += here
        cursor = found["cursor"]
    return items


def snapshot(bench: Bench, scope: str) -> dict[str, Any]:
    """Return a snapshot, held to its digest."""
    reply = bench.wire.call(bench.box.caller, "GET", f"{SNAPSHOT}?centre={bench.box.caller.centre}&scope={scope}")
    expect(reply.status == HTTPStatus.OK, f"the snapshot {scope} was answered {reply}")
    found = reply.json
    expect(found.get("scope") == scope, f"the snapshot {scope} calls itself {found.get('scope')!r}")
    a_text(found, "cursor")
    for item in a_list(found, "items"):
        expect(item.get("op", "put") == "put", "it has a deleted key")
        expect(all(name in item for name in ("kind", "key", "version", "payload")), f"an item has only {sorted(item)}")
    computed = hashlib.sha256("".join(sorted(identities(found["items"]))).encode()).hexdigest()
    expect(found.get("digest") == computed, f"the digest of {scope} is {found.get('digest')!r}, over its items it is {computed}")
    return found


def identities(items: Iterable[Item]) -> list[str]:
    """Return the lines that a digest is made of, sorted."""
    return sorted(f"{item['kind']}:{item['key']}:{item['version']}\n" for item in items)


def judge(item: Item) -> None:
    """Raise Broken unless an item has its fields, and a known kind its payload."""
    missing = {"pos", "kind", "key", "version", "op", "payload", "custody"} - set(item)
    expect(not missing, f"an item has no {', '.join(sorted(missing))}: {item!r}")
    what = f"{item['kind']} {item['key']}"
    a_count(item, "version")
    expect(item["op"] in ("put", "delete"), f"{what} has op {item['op']!r}")
    expect(item["custody"] in ("national", "edge"), f"{what} has custody {item['custody']!r}")
    if item["op"] == "delete":
        expect(item["payload"] is None, f"{what} is deleted and has a payload")
        return
    payload = item["payload"]
    expect(isinstance(payload, dict), f"{what} has the payload {payload!r}")
    without = KEYS.get(item["kind"], frozenset()) - set(payload)
    expect(not without, f"{what} has no {', '.join(sorted(without))}")
    if payload.get("slot") is not None and item["kind"] in ("booking", "slot_grant", "slot_recall"):
        expect(SLOT.fullmatch(payload["slot"]), f"{what} has the slot {payload['slot']!r}")
    if item["kind"] == "booking":
        expect(CODE.fullmatch(payload["code"]), f"{what} has the code {payload['code']!r}")
        expect(payload["state"] in ("confirmed", "cancelled"), f"{what} has state {payload['state']!r}")
        expect(isinstance(payload["person"], str) and 0 < len(payload["person"]) <= 64, f"{what} has person {payload['person']!r}")
