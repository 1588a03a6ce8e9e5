"""A pushed batch before anything is stored: headers, lines and chain, each checked without the database.

What is wrong here is the sender's to rebuild (400); what contradicts the stored history is found later, under the centre's lock (409).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.queueing.chain import GENESIS, Envelope, Head, fault
from edge.sync.reference.hello import HASH, LIMIT
from edge.sync.reference.limits import MAX_BYTES, MAX_EVENTS
from edge.sync.reference.refusals import Refusal, envelope, headers

KEYS = frozenset(Envelope.__dataclass_fields__)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SALT = re.compile(r"[0-9a-f]{32}")
AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
CLOCKS = frozenset({"rtc", "ntp", "holdover", "unsynced"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a push says of itself in its headers."""

    centre: str
    node: str
    epoch: int
    first: int
    last: int
    prev_hash: str
    last_hash: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A contiguous range of one epoch whose chain holds; ``texts``: the lines as they came."""

    claim: Claim
    lines: tuple[Envelope, ...]
    texts: tuple[str, ...]


def claimed(sent: Mapping[str, str]) -> Claim:
    """Read the headers of a push. Raises Refusal."""
    claim = Claim(
        centre=sent.get("X-Centre", ""),
        node=sent.get("X-Node", ""),
        epoch=number(sent, "X-Epoch"),
        first=number(sent, "X-First-Seq"),
        last=number(sent, "X-Last-Seq"),
        prev_hash=_hash(sent, "X-Prev-Hash"),
        last_hash=_hash(sent, "X-Last-Hash"),
    )
    if claim.last < claim.first:
        raise headers(f"X-Last-Seq = {claim.last}: must not be below X-First-Seq = {claim.first}")
    if claim.last - claim.first >= MAX_EVENTS:
        raise Refusal(413, "too_large", f"{claim.last - claim.first + 1} events: at most {MAX_EVENTS} in one batch")
    return claim


def read(claim: Claim, body: bytes) -> Batch:
    """Read the lines of a push and check their chain among themselves. Raises Refusal."""
    count = claim.last - claim.first + 1
    if len(body) > MAX_BYTES and count > 1:
        raise Refusal(413, "too_large", f"{len(body)} bytes: at most {MAX_BYTES} in a batch of several events")
    try:
        texts = body.decode().split("\n")
    except UnicodeDecodeError as error:
        raise envelope(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    if texts.pop():
        raise envelope("the last line has no line end")
    if len(texts) != count:
        raise headers(f"{len(texts)} lines: X-First-Seq and X-Last-Seq say {count}")
    lines = tuple(_line(claim, text, claim.first + place) for place, text in enumerate(texts))
    _check_chain(claim, lines)
    return Batch(claim, lines, tuple(texts))


def number(sent: Mapping[str, str], name: str) -> int:
    """Return a header that must be an integer from 1."""
    text = sent.get(name, "")
    if not re.fullmatch(r"[1-9][0-9]{0,15}", text) or int(text) >= LIMIT:
        raise headers(f"{name} = {text[:40]!r}: must be an integer from 1 below 2^53")
    return int(text)


def _hash(sent: Mapping[str, str], name: str) -> str:
    text = sent.get(name, "")
    if not HASH.fullmatch(text):
        raise headers(f"{name} = {text[:80]!r}: must be 64 hex digits")
    return text


def _line(claim: Claim, text: str, seq: int) -> Envelope:
    try:
        told = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise envelope(f"seq {seq} is not a JSON object with each key once: {error}") from error
    if not isinstance(told, dict) or told.keys() != KEYS:
        raise envelope(f"seq {seq}: an event has exactly the keys {', '.join(sorted(KEYS))}")
    wrong = next((name for name, is_right in _SHAPES.items() if not is_right(told[name])), None)
    if wrong:
        raise envelope(f"seq {seq}: {wrong} = {str(told[wrong])[:80]!r} is not what the contract says")
    line = Envelope(**told)
    if (line.centre, line.epoch, line.seq) != (claim.centre, claim.epoch, seq):
        raise headers(f"seq {seq}: the line is of {line.centre} epoch {line.epoch} seq {line.seq}, the headers say otherwise")
    return line


def _check_chain(claim: Claim, lines: tuple[Envelope, ...]) -> None:
    if claim.first == 1 and claim.prev_hash != GENESIS:
        raise Refusal(400, "chain", "seq 1 follows 64 zeros: X-Prev-Hash says otherwise")
    head = Head(claim.epoch, claim.first - 1, claim.prev_hash)
    for line in lines:
        try:
            found = fault(head, line)
        except UnicodeEncodeError as error:
            raise envelope(f"seq {line.seq} holds half a character, which no UTF-8 can carry") from error
        if found:
            raise Refusal(400, "chain", f"seq {line.seq}: {found}")
        head = Head(line.epoch, line.seq, line.hash)
    if head.hash != claim.last_hash:
        raise headers("X-Last-Hash is not the hash of the last line")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a key comes twice")
    return told


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and "\x00" not in value  # noqa: PLR2004 -- far above any name of the contract


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < LIMIT


def _matches(pattern: re.Pattern[str], *, or_none: bool = False) -> Any:
    return lambda value: (or_none and value is None) or (isinstance(value, str) and pattern.fullmatch(value) is not None)


_SHAPES: Mapping[str, Any] = {
    "centre": _is_text,
    "epoch": _is_number,
    "seq": _is_number,
    "id": _matches(ID),
    "type": _is_text,
    "schema": _is_number,
    "at": _matches(AT),
    "clock": lambda value: isinstance(value, str) and value in CLOCKS,
    "actor": _is_text,
    "prev_hash": _matches(HASH),
    "salt": _matches(SALT, or_none=True),
    "payload_hash": _matches(HASH),
    "payload": lambda value: value is None or isinstance(value, str),
    "hash": _matches(HASH),
}
