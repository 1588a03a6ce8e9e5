"""What a box says of itself in `POST /sync/v1/hello`, read and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.queueing.chain import GENESIS
from edge.sync.reference.refusals import envelope

HASH = re.compile(r"[0-9a-f]{64}")
NODE = re.compile(r"[0-9a-f]{32}")
LIMIT = 2**53
RUNGS = 200  # a ladder doubles its steps: 54 would reach any seq
TOLD = ("app", "clock", "at", "hardware")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a journal by its place and hash; seq 0 and 64 zeros: before the first line of the epoch."""

    epoch: int
    seq: int
    hash: str

    def told(self) -> dict[str, Any]:
        """Return it as it travels."""
        return {"epoch": self.epoch, "seq": self.seq, "hash": self.hash}


@dataclass(frozen=True, slots=True)
class Hello:
    """``rungs``: seq → hash of the present epoch, head included; ``parents``: epoch → the line that it follows, from the box's lineage."""

    centre: str
    node: str
    public_key: str
    protocol: tuple[int, int]
    head: Place
    rungs: Mapping[int, str]
    parents: Mapping[int, Place]
    acked: Place | None
    acked_in: str | None  # the incarnation that acknowledged
    cursor: str | None
    is_backup: bool
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Return the present epoch of the box; 0 of an empty one."""
        return self.head.epoch


def read(body: Any) -> Hello:
    """Read a hello. Unknown keys are fine. Raises Refusal."""
    if not isinstance(body, dict):
        raise envelope("a hello is a JSON object")
    epoch = _number(body, "epoch")
    head = _place(body.get("head"), "head", epoch)
    acked = body.get("acked")
    protocol = body.get("protocol")
    if not isinstance(protocol, dict):
        raise envelope("hello.protocol must have min and max")
    return Hello(
        centre=_text(body, "centre"),
        node=_text(body, "node"),
        public_key=_text(body, "public_key"),
        protocol=(_number(protocol, "min"), _number(protocol, "max")),
        head=head,
        rungs=_rungs(body.get("ladder"), head),
        parents=_parents(body.get("lineage")),
        acked=None if acked is None else _place(acked, "acked"),
        acked_in=acked.get("incarnation") if isinstance(acked, dict) else None,
        cursor=body.get("cursor") if isinstance(body.get("cursor"), str) else None,
        is_backup=body.get("is_backup") is True,
        about={key: body[key] for key in TOLD if key in body},
    )


def _rungs(ladder: Any, head: Place) -> dict[int, str]:
    if not isinstance(ladder, list) or len(ladder) > RUNGS:
        raise envelope(f"hello.ladder must be a list of at most {RUNGS} rungs")
    rungs = {rung.seq: rung.hash for rung in (_place(rung, "ladder", head.epoch) for rung in ladder)}
    if rungs.get(head.seq, head.hash) != head.hash or any(seq > head.seq for seq in rungs):
        raise envelope("hello.ladder contradicts hello.head")
    if head.seq:
        rungs[head.seq] = head.hash
    return {seq: told for seq, told in rungs.items() if seq}


def _parents(lineage: Any) -> dict[int, Place]:
    if lineage is None:
        return {}
    if not isinstance(lineage, list):
        raise envelope("hello.lineage must be a list")
    parents: dict[int, Place] = {}
    for step in lineage:
        if not isinstance(step, dict):
            raise envelope("a step of hello.lineage must be an object")
        if step.get("parent_epoch") is None:  # the first epoch has none
            continue
        epoch, parent = _number(step, "epoch"), _number(step, "parent_epoch")
        if parent and parent < epoch:
            parents[epoch] = _place({"seq": step.get("parent_seq"), "hash": step.get("parent_hash")}, "lineage", parent)
    return parents


def _place(value: Any, what: str, epoch: int | None = None) -> Place:
    if not isinstance(value, dict):
        raise envelope(f"hello.{what} must be an object with seq and hash")
    told = _text(value, "hash")
    if not HASH.fullmatch(told):
        raise envelope(f"hello.{what}.hash = {told[:80]!r}: must be 64 hex digits")
    seq = _number(value, "seq")
    if not seq and told != GENESIS:
        raise envelope(f"hello.{what}: seq 0 has 64 zeros")
    return Place(_number(value, "epoch") if epoch is None else epoch, seq, told)


def _number(value: Mapping[str, Any], key: str) -> int:
    found = value.get(key)
    if type(found) is not int or not 0 <= found < LIMIT:
        raise envelope(f"hello: {key} = {found!r}: must be an integer from 0 below 2^53")
    return found


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not 0 < len(found) <= 500:  # noqa: PLR2004 -- long enough for every text of the contract
        raise envelope(f"hello: {key} must be a text")
    return found
