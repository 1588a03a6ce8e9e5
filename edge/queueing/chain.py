"""The journal's envelope and hash chain, exactly as `contract/national.md` ("Event") says.

The payload is a string whose UTF-8 bytes were hashed; nothing here ever serialises a payload again.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

GENESIS = "0" * 64
EPOCH_STARTED = "epoch.started"  # the first line of every epoch but the first


@dataclass(frozen=True, slots=True)
class Envelope:
    """One line of the journal. ``salt``: 32 hex digits; ``payload`` and ``salt`` are None once erased."""

    centre: str
    epoch: int
    seq: int
    id: str
    type: str
    schema: int
    at: str
    clock: str
    actor: str
    prev_hash: str
    salt: str | None
    payload_hash: str
    payload: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of the journal; seq 0 and GENESIS before the first."""

    epoch: int
    seq: int
    hash: str


def payload_hash(salt: str, payload: str) -> str:
    """SHA-256 over the 16 salt bytes and the payload's UTF-8 bytes, hex."""
    return hashlib.sha256(bytes.fromhex(salt) + payload.encode()).hexdigest()


def header_bytes(line: Envelope) -> bytes:
    """Return the RFC 8785 form of the hashed header; its values are strings and integers below 2^53 only."""
    return _header(line, line.epoch, line.seq, line.prev_hash)


def _header(line: Envelope, epoch: int, seq: int, prev_hash: str) -> bytes:
    """Return the header that the line has in this place."""
    header = {
        "actor": line.actor,
        "at": line.at,
        "centre": line.centre,
        "clock": line.clock,
        "epoch": epoch,
        "id": line.id,
        "payload_hash": line.payload_hash,
        "prev_hash": prev_hash,
        "schema": line.schema,
        "seq": seq,
        "type": line.type,
    }
    return json.dumps(header, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def header_hash(line: Envelope) -> str:
    """SHA-256 over ``qj1``, a zero byte and the header, hex."""
    return _digest(header_bytes(line))


def _digest(header: bytes) -> str:
    return hashlib.sha256(b"qj1\x00" + header).hexdigest()


def sealed(  # the parts of one line, each named by the caller
    head: Head, *, centre: str, id: str, type: str, at: str, clock: str, actor: str, salt: str, payload: str, schema: int = 1
) -> Envelope:
    """Return the line that follows ``head`` in its epoch."""
    unsealed = Envelope(
        centre=centre,
        epoch=head.epoch,
        seq=head.seq + 1,
        id=id,
        type=type,
        schema=schema,
        at=at,
        clock=clock,
        actor=actor,
        prev_hash=head.hash,
        salt=salt,
        payload_hash=payload_hash(salt, payload),
        payload=payload,
        hash="",
    )
    return replace(unsealed, hash=header_hash(unsealed))


def resealed(head: Head, line: Envelope) -> Envelope:
    """Return ``line`` as it follows ``head``, in another epoch or place: what was said, when and by whom stays, byte for byte."""
    seq, prev_hash = head.seq + 1, head.hash
    return replace(line, epoch=head.epoch, seq=seq, prev_hash=prev_hash, hash=_digest(_header(line, head.epoch, seq, prev_hash)))


def fault(head: Head, line: Envelope) -> str | None:
    """Say in a few words why ``line`` cannot follow ``head``; None when it does. An epoch may be followed by any later one."""
    if found := _misplaced(head, line):
        return found
    if line.prev_hash != (GENESIS if line.seq == 1 else head.hash):
        return "previous hash differs from the line before"
    if (line.payload is None) != (line.salt is None):
        return "payload and salt must be erased together"
    if line.payload is not None and line.salt is not None and payload_hash(line.salt, line.payload) != line.payload_hash:
        return "payload differs from its hash"
    if header_hash(line) != line.hash:
        return "header differs from its hash"
    return None


def as_line(line: Envelope) -> str:
    """Return the JSON line as it travels, without the line end."""
    return json.dumps(_fields(line), ensure_ascii=False, separators=(",", ":"))


def read_line(text: str | bytes) -> Envelope:
    """Read what `as_line` wrote, here or elsewhere. Raises ValueError for anything but an envelope; whether it fits a chain is for `fault`."""
    values = json.loads(text)
    if not isinstance(values, dict) or values.keys() != _KINDS.keys():
        raise ValueError(f"a line of the journal has exactly the keys {', '.join(_KINDS)}")
    for name, value in values.items():
        kind = _KINDS[name]
        if not (type(value) is kind or (value is None and name in _ERASABLE)):
            raise ValueError(f"{name} of a journal line is {kind.__name__}, not {type(value).__name__}")
        if type(value) is int and not 0 <= value < 2**53:
            raise ValueError(f"{name} of a journal line is {value}; accepted are 0 to 2^53 - 1")
    return Envelope(**values)


def instant(at: datetime) -> str:
    """Write an aware instant as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read what `instant` wrote."""
    return datetime.fromisoformat(text)


def _misplaced(head: Head, line: Envelope) -> str | None:
    if line.epoch > head.epoch and (line.seq != 1 or line.type != EPOCH_STARTED):
        return f"expected epoch {head.epoch} seq {head.seq + 1}, or {EPOCH_STARTED} as seq 1 of a later epoch"
    if line.epoch <= head.epoch and (line.epoch, line.seq) != (head.epoch, head.seq + 1):
        return f"expected epoch {head.epoch} seq {head.seq + 1}"
    return None


def _fields(line: Envelope) -> dict[str, object]:
    return {name: getattr(line, name) for name in Envelope.__dataclass_fields__}


_ERASABLE = ("payload", "salt")
_KINDS: dict[str, type] = {name: int if name in ("epoch", "seq", "schema") else str for name in Envelope.__dataclass_fields__}
