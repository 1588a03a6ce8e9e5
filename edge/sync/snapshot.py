"""The whole of a scope at once: when the feed cannot go on from our cursor, or when the two sides turn out to hold different things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.operations.national import Item, Scope, digest_of
from edge.sync.answers import Kind, failed, object_of
from edge.sync.pull import items_of
from edge.sync.push import text_of
from edge.sync.transport import Transport

PATH = "/sync/v1/snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything of ``scope`` that is there at ``cursor``; ``digest`` was found to agree with the items."""

    scope: Scope
    items: Sequence[Item]
    cursor: str
    digest: str


def take(transport: Transport, scope: Scope = Scope.ALL) -> Snapshot:
    """Fetch a scope. Raises Failed, also when the digest is not that of the items."""
    values = object_of(transport.get(PATH, {"centre": transport.centre, "scope": scope}))
    return read(values, scope)


def read(values: Mapping[str, Any], scope: Scope) -> Snapshot:
    """Read a snapshot of ``scope``. Raises Failed."""
    if values.get("scope", scope) != scope:
        raise failed(Kind.TRANSIENT, f"a snapshot of {values['scope']!r:.40} where {scope} was asked for")
    cursor, digest = text_of(values.get("cursor")), text_of(values.get("digest"))
    if cursor is None or digest is None:
        raise failed(Kind.TRANSIENT, "a snapshot without cursor and digest")
    items = [item for item in items_of(values) if item.op == "put"]
    found = digest_of((item.kind, item.key, item.version) for item in items)
    if found != digest:
        raise failed(Kind.TRANSIENT, f"a snapshot of {scope} whose digest is not that of its items")
    return Snapshot(scope, items, cursor, digest)
