"""The hash chain of a journal, checked from the wire contract's text alone (`contract` "Event").

An auditor's own program would look like this; it shares no code with the server, or it would prove nothing.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

HEADER = ("actor", "at", "centre", "clock", "epoch", "id", "payload_hash", "prev_hash", "schema", "seq", "type")
ENVELOPE = {*HEADER, "salt", "payload", "hash"}
GENESIS = "0" * 64
SHAPES = {
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "clock": r"rtc|ntp|holdover|unsynced",
    "actor": r"desk:[a-z0-9-]+|device:[a-z0-9-]+|staff:[A-Za-z0-9._-]+|national|system",
    "prev_hash": r"[0-9a-f]{64}",
    "payload_hash": r"[0-9a-f]{64}",
    "hash": r"[0-9a-f]{64}",
    "type": r"[a-z]+\.[a-z_]+",
}

Line = Mapping[str, Any]


def parse(ndjson: bytes) -> list[Line]:
    """Read the lines of `GET journal`: each ends with a line feed, none is blank."""
    if not ndjson:
        return []
    assert ndjson.endswith(b"\n"), "the last line of the journal has no line end"
    return [json.loads(line) for line in ndjson[:-1].split(b"\n")]


def payload_hash(salt: str, payload: str) -> str:
    """SHA-256 over the salt's bytes and the payload's bytes."""
    return hashlib.sha256(bytes.fromhex(salt) + payload.encode("utf-8")).hexdigest()


def header_hash(line: Line) -> str:
    """SHA-256 over `qj1`, a zero byte and the header in the form of RFC 8785 (its values are strings and integers)."""
    parts = ",".join(f"{json.dumps(name)}:{json.dumps(line[name], ensure_ascii=False)}" for name in sorted(HEADER))
    return hashlib.sha256(b"qj1\x00" + ("{" + parts + "}").encode("utf-8")).hexdigest()


def faults(lines: Iterable[Line]) -> list[str]:
    """Return what is wrong with a whole journal from seq 1 of epoch 1, one sentence each."""
    found: list[str] = []
    previous, ids = GENESIS, set()
    for number, line in enumerate(lines, start=1):
        name = f"line {number}"
        if set(line) != ENVELOPE:
            found.append(f"{name}: keys {sorted(set(line) ^ ENVELOPE)} are too many or missing")
            continue
        found += [f"{name}: {key} = {line[key]!r}" for key, shape in SHAPES.items() if not re.fullmatch(shape, str(line[key]))]
        if (line["epoch"], line["seq"]) != (1, number):
            found.append(f"{name}: epoch {line['epoch']} seq {line['seq']}, wanted epoch 1 seq {number}")
        if line["prev_hash"] != previous:
            found.append(f"{name}: prev_hash is not the hash of the line before")
        if payload_hash(line["salt"], line["payload"]) != line["payload_hash"] or len(line["salt"]) != 32:
            found.append(f"{name}: the payload differs from its hash")
        if header_hash(line) != line["hash"]:
            found.append(f"{name}: the header differs from its hash")
        if line["id"] in ids:
            found.append(f"{name}: id {line['id']} was used before")
        previous = line["hash"]
        ids.add(line["id"])
    return found
