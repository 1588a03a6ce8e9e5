"""Reading the feed: items in the server's order, applied together with the cursor in one transaction; the next request is the receipt.

Only the form of an item is judged here. A kind that nobody knows is kept as pending; an item whose identity cannot be read stops the feed with a
sentence, since to step over it would be to lose it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.operations.national import Item
from edge.sync.answers import Answer, Kind, failed, object_of
from edge.sync.push import count_of, pause_s, text_of
from edge.sync.transport import Transport

PATH = "/sync/v1/feed"
PAGE_ITEMS = 500
OPS = ("put", "delete")


@dataclass(frozen=True, slots=True)
class Feed:
    """One page. ``cursor``: where to go on; an empty page is the end for now."""

    items: Sequence[Item]
    cursor: str
    pause_s: float


class Puller:
    """Remembers how large a page the line bears."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.limit = PAGE_ITEMS

    def page(self, cursor: str | None) -> Feed:
        """Return what comes behind ``cursor``, None: from the beginning. Raises Failed."""
        query: dict[str, str | int] = {"centre": self._transport.centre, "cursor": cursor or "", "limit": self.limit}
        feed = read(self._transport.get(PATH, query, proven=True))
        if self._transport.has_room(2):
            self.limit = min(PAGE_ITEMS, self.limit * 2)
        return feed

    def shrink(self) -> bool:
        """Ask for half as much; tell whether that is possible."""
        possible = self.limit > 1
        self.limit = max(1, self.limit // 2)
        return possible


def read(answer: Answer) -> Feed:
    """Read one page. Raises Failed when it is none."""
    values = object_of(answer)
    cursor = text_of(values.get("cursor"))
    if cursor is None:
        raise failed(Kind.TRANSIENT, "a page of the feed without a cursor")
    return Feed(items_of(values), cursor, pause_s(values.get("pause_ms")))


def items_of(values: Mapping[str, Any]) -> list[Item]:
    """Read the items of a page or a snapshot, in their order. Raises Failed, naming the first that cannot be read."""
    found = values.get("items")
    if not isinstance(found, list):
        raise failed(Kind.TRANSIENT, "a page without a list of items")
    return [_item(place, value) for place, value in enumerate(found)]


def _item(place: int, value: object) -> Item:
    found = value if isinstance(value, dict) else {}
    pos, kind, key, version, op, payload, custody = (found.get(name) for name in ("pos", "kind", "key", "version", "op", "payload", "custody"))
    op = op or "put"  # a snapshot has nothing else
    named = isinstance(kind, str) and kind and isinstance(key, str) and key
    if not named or count_of(version) is None or op not in OPS or not isinstance(payload, dict | None):
        said = f"kind {kind!r:.40}, key {key!r:.80}, version {version!r:.40}, op {op!r:.40}, payload {type(payload).__name__}"
        raise failed(Kind.BATCH, f"item {place} of a page cannot be read: {said}")
    return Item(count_of(pos) or 0, str(kind), str(key), int(str(version)), op, payload, "edge" if custody == "edge" else "national")
