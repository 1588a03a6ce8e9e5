"""The greeting: where this box stands, and what the server says that it shall do. Pure but for reading the journal; the loop does what is said."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge import __version__, machine
from edge.operations.context import Context
from edge.operations.epochs import is_backup
from edge.queueing.chain import GENESIS, Head, instant
from edge.store import outbox
from edge.sync.answers import Kind, failed, object_of
from edge.sync.push import count_of, head_of, text_of
from edge.sync.transport import Transport

PATH = "/sync/v1/hello"
PROTOCOLS = {"min": 1, "max": 1}
EMPTY = Head(0, 0, GENESIS)


class Action(StrEnum):
    """What the server wants; the contract's words."""

    RESUME = "resume"
    PUSH_FROM = "push_from"
    FAST_FORWARD = "fast_forward"
    NEW_EPOCH = "new_epoch"
    FENCED = "fenced"
    ENROL = "enrol"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the journal stands. ``ladder``: of the epoch of ``head``, from the top; ``lineage``: (epoch, payload) of each `epoch.started`."""

    head: Head
    ladder: Sequence[Head]
    lineage: Sequence[tuple[int, str]]
    is_backup: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What this box remembers of the server: the last proven acknowledgement of this epoch, by which incarnation, and how far the feed was read."""

    acked: Head | None = None
    incarnation: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer. ``parent``: of a new epoch; ``lineage``: heads of epochs, up to the server's own; ``digests``: by scope, at ``feed_head``."""

    action: Action
    incarnation: str
    epoch: int
    acked: Head | None = None
    from_seq: int = 1
    parent: Head | None = None
    lineage: Sequence[Head] = ()
    durable_seq: int = 0
    limits: Any = None
    feed_head: str | None = None
    digests: Mapping[str, str] | None = None
    server_time: str | None = None


def standing(ctx: Context) -> Standing:
    """Return where the journal of a box at work stands now."""
    head = ctx.database.head()
    return Standing(head, outbox.rungs(ctx.database, head), list(outbox.beginnings(ctx.database)), is_backup(ctx))


def request(ctx: Context, transport: Transport, place: Standing | None, known: Known | None = None) -> dict[str, Any]:
    """Return the body. ``place``: None: this box is empty, or being rebuilt from the server's copy."""
    head = place.head if place else EMPTY
    known = known or Known()
    acked = known.acked if known.acked and known.acked.epoch == head.epoch and known.acked.seq else None
    return {
        "centre": transport.centre,
        "node": transport.signer.node,
        "public_key": transport.signer.public_key,
        "protocol": PROTOCOLS,
        "epoch": head.epoch,
        "head": {"seq": head.seq, "hash": head.hash},
        "ladder": [{"seq": rung.seq, "hash": rung.hash} for rung in place.ladder] if place else [],
        "lineage": [_parent(*started) for started in place.lineage] if place else [],
        "acked": {"epoch": acked.epoch, "seq": acked.seq, "hash": acked.hash, "incarnation": known.incarnation} if acked else None,
        "cursor": known.cursor,
        "app": f"kezek-edge {__version__}",
        "clock": str(ctx.clock.quality()),
        "at": instant(ctx.clock.wall()),
        "hardware": machine.fingerprint(),
        "is_backup": place.is_backup if place else False,
    }


def _parent(epoch: int, payload: str) -> dict[str, Any]:
    started = json.loads(payload)
    return {"epoch": epoch, **{key: started.get(key) for key in ("parent_epoch", "parent_seq", "parent_hash")}}


def say(transport: Transport, said: Mapping[str, Any]) -> Welcome:
    """Greet and return what the server answers. Raises Failed."""
    answer = transport.post(PATH, json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
    return read(object_of(answer))


def read(values: Mapping[str, Any]) -> Welcome:
    """Read a welcome. Raises Failed when it is none, or asks for something without saying what."""
    try:
        action = Action(values.get("action", ""))
    except ValueError:
        raise failed(Kind.TRANSIENT, f"the server wants {values.get('action')!r}: known are {', '.join(Action)}") from None
    found = values.get("lineage")
    digests = values.get("digests")
    welcome = Welcome(
        action,
        text_of(values.get("incarnation")) or "",
        count_of(values.get("epoch")) or 0,
        head_of(values.get("acked")),
        count_of(values.get("from_seq")) or 1,
        head_of(values.get("parent")),
        [head for head in map(head_of, found) if head] if isinstance(found, list) else [],
        count_of(values.get("durable_seq")) or 0,
        values.get("limits"),
        text_of(values.get("feed_head")),
        {str(scope): str(digest) for scope, digest in digests.items()} if isinstance(digests, dict) else None,
        text_of(values.get("server_time")),
    )
    _check(welcome)
    return welcome


def _check(welcome: Welcome) -> None:
    missing = None
    if welcome.action not in (Action.ENROL, Action.UPGRADE, Action.FENCED) and not welcome.incarnation:
        missing = "incarnation"
    if welcome.action in (Action.RESUME, Action.PUSH_FROM, Action.NEW_EPOCH) and not welcome.epoch:
        missing = "epoch"
    if welcome.action is Action.NEW_EPOCH and welcome.parent is None:
        missing = "parent"
    if welcome.action is Action.FAST_FORWARD and not welcome.lineage:
        missing = "lineage"
    if missing:
        raise failed(Kind.TRANSIENT, f"the server wants {welcome.action} and does not say {missing}")
