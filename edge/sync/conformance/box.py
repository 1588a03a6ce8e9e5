"""An imaginary box: its key, its journal over epochs, and what it says of itself in a hello. It can be copied, as a backup is."""

import base64
import gzip
import json
import os
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Self

import uuid_utils

from edge.queueing.chain import GENESIS, Envelope, Head, as_line, header_hash, sealed
from edge.sync.conformance.wire import Caller

Lines = Sequence[Envelope]


@dataclass(slots=True)
class Box:
    """``logs``: the lines of each epoch; ``lineage``: how each epoch after the first began; ``acked``: the last ack that was accepted."""

    caller: Caller
    epoch: int = 1
    logs: dict[int, list[Envelope]] = field(default_factory=lambda: {1: []})
    lineage: list[dict[str, Any]] = field(default_factory=list)
    acked: dict[str, Any] | None = None
    cursor: str | None = None

    @property
    def log(self) -> list[Envelope]:
        """The lines of the present epoch."""
        return self.logs.setdefault(self.epoch, [])

    @property
    def head(self) -> Head:
        """The last line of the present epoch."""
        return _head(self.epoch, self.log)

    def copy(self, upto: int | None = None) -> Self:
        """Return this box as a backup has it that ends at ``upto`` of the present epoch. What was acked later, it does not know."""
        made = replace(self, logs=deepcopy(self.logs), lineage=list(self.lineage))
        if upto is not None:
            made.logs[self.epoch] = made.log[:upto]
            if made.acked and made.acked["seq"] > upto:
                made.acked = None
        return made

    def write(self, type_: str, actor: str = "system", **payload: Any) -> Envelope:
        """Write an event behind the others."""
        return self.write_raw(type_, json.dumps(payload, ensure_ascii=False), actor)

    def write_raw(self, type_: str, payload: str, actor: str = "system") -> Envelope:
        """Write an event with this very text as its payload."""
        line = sealed(
            self.head,
            centre=self.caller.centre,
            id=str(uuid_utils.uuid7()),
            type=type_,
            at=now(),
            clock="ntp",
            actor=actor,
            salt=os.urandom(16).hex(),
            payload=payload,
        )
        self.log.append(line)
        return line

    def begin(self, epoch: int, parent: Head, reason: str) -> Envelope:
        """Begin an issued epoch: `epoch.started`, then all of the present one behind ``parent``, the same but for its place."""
        tail = [line for line in self.log if parent.epoch != self.epoch or line.seq > parent.seq]
        if parent.epoch == self.epoch:
            self.logs[self.epoch] = self.log[: parent.seq]
        else:
            self.logs[self.epoch] = []
        self.epoch, self.acked = epoch, None
        place: dict[str, Any] = {"parent_epoch": parent.epoch, "parent_seq": parent.seq, "parent_hash": parent.hash}
        self.lineage.append({"epoch": epoch, **place})
        started = self.write("epoch.started", **place, reason=reason)
        for line in tail:
            if line.type != "epoch.started":
                self.log.append(resealed(self.head, line))
        return started

    def hello(self, *, empty: bool = False, **changed: Any) -> bytes:
        """Return the body of a hello. ``empty``: as a box that has its key and nothing else."""
        said = {
            "centre": self.caller.centre,
            "node": self.caller.node,
            "public_key": _b64(self.caller.public),
            "protocol": {"min": 1, "max": 1},
            "epoch": 0 if empty else self.epoch,
            "head": {"seq": 0, "hash": GENESIS} if empty else {"seq": self.head.seq, "hash": self.head.hash},
            "ladder": [] if empty else self.ladder(),
            "lineage": [] if empty else self.lineage,
            "acked": None if empty else self.acked,
            "cursor": None if empty else self.cursor,
            "app": "kezek-edge conformance",
            "clock": "ntp",
            "at": now(),
            "hardware": "conformance",
            "is_backup": False,
        }
        return json.dumps(said | changed, ensure_ascii=False).encode()

    def ladder(self) -> list[dict[str, Any]]:
        """Return the rungs: head, and 1, 2, 4 … before it, and seq 1."""
        top = self.head.seq
        steps = [0, *(2**power for power in range(top.bit_length()))]
        seqs = sorted({top - step for step in steps if top - step >= 1} | ({1} if top else set()), reverse=True)
        return [{"seq": seq, "hash": self.log[seq - 1].hash} for seq in seqs]


def resealed(head: Head, line: Envelope) -> Envelope:
    """Return ``line`` as it stands behind ``head`` of another epoch: same id, type, schema, at, clock, actor, salt and payload."""
    moved = replace(line, epoch=head.epoch, seq=head.seq + 1, prev_hash=head.hash)
    return replace(moved, hash=header_hash(moved))


def erased(line: Envelope) -> Envelope:
    """Return ``line`` without its payload."""
    return replace(line, payload=None, salt=None)


def body_of(lines: Lines) -> bytes:
    """Return lines as they are pushed."""
    return "".join(as_line(line) + "\n" for line in lines).encode()


def packed(body: bytes) -> bytes:
    """Return a body under gzip, the same each time."""
    return gzip.compress(body, mtime=0)


def push_headers(lines: Lines) -> dict[str, str | None]:
    """Return what a push says of its range."""
    first, last = lines[0], lines[-1]
    return {
        "Content-Type": "application/x-ndjson",
        "X-Epoch": str(first.epoch),
        "X-First-Seq": str(first.seq),
        "X-Last-Seq": str(last.seq),
        "X-Prev-Hash": first.prev_hash,
        "X-Last-Hash": last.hash,
    }


def now() -> str:
    """Return the instant as the contract writes it."""
    seconds, thousandths = divmod(time.time_ns() // 1_000_000, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{thousandths:03d}Z"


def _head(epoch: int, log: Lines) -> Head:
    return Head(epoch, log[-1].seq, log[-1].hash) if log else Head(epoch, 0, GENESIS)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
