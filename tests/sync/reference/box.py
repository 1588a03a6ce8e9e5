"""A box as the national server sees it: a key, a journal and the calls of the contract over real HTTP. It decides nothing by itself."""

import base64
import gzip
import hashlib
import http.client
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.queueing.chain import GENESIS, Envelope, Head, as_line, sealed

AT = "2026-03-02T03:15:00.120Z"


@dataclass
class Answer:
    """What came back; ``body`` as JSON, or None."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Box:
    """``journal``: lines by epoch. Copy it (`clone`) for a restored or cloned box."""

    address: str
    token: str
    centre: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    epoch: int = 1
    journal: dict[int, list[Envelope]] = field(default_factory=lambda: {1: []})
    parents: dict[int, dict[str, Any]] = field(default_factory=dict)
    acked: dict[str, Any] | None = None
    is_backup: bool = False

    @property
    def public_key(self) -> str:
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    @property
    def node(self) -> str:
        return hashlib.sha256(self.key.public_key().public_bytes_raw()).hexdigest()[:32]

    @property
    def lines(self) -> list[Envelope]:
        return self.journal.get(self.epoch, [])

    @property
    def head(self) -> Head:
        return Head(self.epoch, self.lines[-1].seq, self.lines[-1].hash) if self.lines else Head(self.epoch, 0, GENESIS)

    def clone(self) -> "Box":
        return replace(self, journal={epoch: list(lines) for epoch, lines in self.journal.items()}, parents=dict(self.parents))

    def write(self, count: int = 1, type: str = "desk.opened", payload: str = '{"desk":"3","tick":0}') -> list[Envelope]:
        made = []
        for _ in range(count):
            event = str(uuid.uuid4())
            salt = uuid.uuid4().hex
            made.append(sealed(self.head, centre=self.centre, id=event, type=type, at=AT, clock="ntp", actor="desk:3", salt=salt, payload=payload))
            self.journal.setdefault(self.epoch, []).append(made[-1])
        return made

    def begin(self, told: Mapping[str, Any], **more: Any) -> None:
        """Do what `new_epoch` says: the own tail after the parent goes into the new epoch."""
        parent, epoch = told["parent"], told["epoch"]
        tail = [line for number in sorted(self.journal) if number >= parent["epoch"] for line in self.journal[number]]
        tail = [line for line in tail if (line.epoch, line.seq) > (parent["epoch"], parent["seq"]) and line.type != "epoch.started"]
        self.journal[parent["epoch"]] = [line for line in self.journal.get(parent["epoch"], []) if line.seq <= parent["seq"]]
        self.epoch, self.journal[epoch], self.acked, self.is_backup = epoch, [], None, False
        why = {f"parent_{name}": value for name, value in parent.items()}
        self.parents[epoch] = why
        self.write(type="epoch.started", payload=json.dumps({**why, "reason": "test", **more}))
        for line in tail:
            assert line.salt is not None
            assert line.payload is not None
            copied = sealed(
                self.head,
                centre=line.centre,
                id=line.id,
                type=line.type,
                at=line.at,
                clock=line.clock,
                actor=line.actor,
                salt=line.salt,
                payload=line.payload,
            )
            self.journal[epoch].append(copied)

    def hello(self, **changed: Any) -> Answer:
        head, lines = self.head, self.lines
        steps = sorted({head.seq - step for step in (0, *(2**power for power in range(54))) if head.seq - step >= 1} | ({1} if lines else set()))
        body = {
            "centre": self.centre,
            "node": self.node,
            "public_key": self.public_key,
            "protocol": {"min": 1, "max": 1},
            "epoch": self.epoch,
            "head": {"seq": head.seq, "hash": head.hash},
            "ladder": [{"seq": seq, "hash": lines[seq - 1].hash} for seq in reversed(steps)],
            "lineage": [{"epoch": epoch, **parent} for epoch, parent in self.parents.items() if epoch <= self.epoch],
            "acked": self.acked,
            "cursor": None,
            "app": "test",
            "clock": "ntp",
            "at": AT,
            "hardware": "test",
            "is_backup": self.is_backup,
            **changed,
        }
        return self.call("POST", "/sync/v1/hello", json.dumps(body).encode(), {"Content-Type": "application/json"})

    def push(self, first: int = 1, last: int | None = None, *, epoch: int | None = None, **how: Any) -> Answer:
        lines = self.journal[self.epoch if epoch is None else epoch]
        answer = self.send(lines[first - 1 : last], **how)
        if answer.status == 200:
            told = answer.body
            self.acked = {**told["acked"], "incarnation": told["incarnation"]}
        return answer

    def send(self, lines: Sequence[Envelope], *, packed: bool = False, body: bytes | None = None, changed: Mapping[str, str] | None = None) -> Answer:
        if body is None:
            body = "".join(as_line(line) + "\n" for line in lines).encode()
        headers = {
            "Content-Type": "application/x-ndjson",
            "X-Epoch": str(lines[0].epoch),
            "X-First-Seq": str(lines[0].seq),
            "X-Last-Seq": str(lines[-1].seq),
            "X-Prev-Hash": lines[0].prev_hash,
            "X-Last-Hash": lines[-1].hash,
        }
        if packed:
            body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
        return self.call("POST", "/sync/v1/journal", body, headers | dict(changed or {}))

    def get(self, what: str, **asked: Any) -> Answer:
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in {"centre": self.centre, **asked}.items())
        return self.call("GET", f"/sync/v1/{what}?{query}")

    def fetched(self, epoch: int, after: int = 0) -> list[str]:
        """Page through the stored lines of an epoch."""
        found: list[str] = []
        while page := self.get("journal", epoch=epoch, after=after + len(found), limit=7).raw.decode():
            found += page.splitlines()
        return found

    def call(self, method: str, path: str, body: bytes = b"", extra: Mapping[str, str] | None = None) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "X-Sync-Protocol": "1",
            "X-Centre": self.centre,
            "X-Node": self.node,
            "X-Request-Id": str(uuid.uuid4()),
        }
        if body:
            headers["Content-Digest"] = digest(body)
        headers |= extra or {}
        signed = ("qs1", method, path, headers["X-Centre"], *(headers.get(name, "0") for name in ("X-Epoch", "X-First-Seq", "X-Last-Seq")))
        text = "\n".join((*signed, headers.get("Content-Digest", ""), headers["X-Request-Id"]))
        headers.setdefault("X-Signature", base64.b64encode(self.key.sign(text.encode())).decode())
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
