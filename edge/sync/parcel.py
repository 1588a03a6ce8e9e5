"""A parcel: requests for the national server, or its answers, as one file that a person carries (`docs/sync.md`, "Courier").

Lines of JSON between a first one that says whose it is and a last one that seals all before it. A parcel is read to its end and proven before any
of it is believed. It holds no token: requests are sealed by the box's own key, answers under a key that follows from the centre's token.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from edge import durable
from edge.errors import BadRequest
from edge.sync.signing import Signer

FORM, FORMAT = "qc1", 1
REQUESTS, ANSWERS = "requests", "answers"
SUFFIX = ".parcel"
LONGEST_LINE = 64 * 1024 * 1024  # the longest event there may be, in base64


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, or one answer to it. ``status`` 0: a request. ``headers``: those that the protocol names; never Authorization."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    """The first line. ``answers_to``: digest of the parcel of requests; ``cursor``: that the requests had."""

    kind: str
    centre: str
    node: str
    made_at: str
    answers_to: str = ""
    cursor: str | None = None


class Sealing:
    """Writes a parcel of requests; there under its name once it is whole."""

    def __init__(self, path: Path, cover: Cover, signer: Signer) -> None:
        self._path = path
        self._fresh = path.with_name(f".{path.name}.new")
        self._cover = cover
        self._signer = signer
        self._digest = hashlib.sha256()
        self._lines = 0
        self._file: BinaryIO | None = None
        self.digest = ""  # known once it is sealed

    def __enter__(self) -> Self:
        """Begin the file."""
        self._file = self._fresh.open("wb")
        cover = self._cover
        first = {"courier": FORMAT, "kind": cover.kind, "centre": cover.centre, "node": cover.node, "made_at": cover.made_at}
        self._write({**first, "public_key": self._signer.public_key})
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        """Seal it, or leave nothing behind."""
        file = self._file
        if file is None:
            return
        if kind is None:
            self.digest = shown(self._digest.digest())
            seal = self._signer.signed(sealed_bytes(REQUESTS, self._cover.centre, self.digest))
            file.write(_line({"lines": self._lines, "digest": self.digest, "signature": seal}))
        file.close()
        if kind is None:
            durable.sync(self._fresh)
            self._fresh.replace(self._path)
            durable.sync(self._path.parent)
        else:
            self._fresh.unlink(missing_ok=True)

    def add(self, entry: Entry) -> None:
        """Write one request."""
        body = base64.b64encode(entry.body).decode() if entry.body else None
        self._write({"method": entry.method, "path": entry.path, "headers": dict(entry.headers), "body": body})

    def _write(self, values: Mapping[str, Any]) -> None:
        if self._file is None:
            raise RuntimeError("the parcel is not open")
        line = _line(values)
        self._digest.update(line)
        self._lines += 1
        self._file.write(line)


def answers(path: Path, centre: str, node: str, token: str) -> tuple[Cover, list[Entry]]:
    """Return a parcel of answers, proven. Raises BadRequest with one sentence for one that is torn, changed, or not for this box."""
    first, lines, last, digest = _whole(path)
    cover = _cover(path, first)
    if cover.kind != ANSWERS:
        raise _wrong(path, f"has {cover.kind} for the national server; here its answers are imported")
    if cover.centre != centre:
        raise _wrong(path, f"is for centre {cover.centre}, this is {centre}")
    if cover.node != node:
        raise _wrong(path, "is for another box of this centre")
    if not token:
        raise _wrong(path, "cannot be proven: [national] token in edge.toml is empty")
    if not hmac.compare_digest(str(last.get("mac")), mac(token, centre, digest)):
        raise _wrong(path, "was changed after it was sealed, or sealed for another token of this centre")
    return cover, [_entry(path, line) for line in lines]


def mac(token: str, centre: str, digest: str) -> str:
    """Return what seals answers: HMAC-SHA-256 under a key that whoever knows SHA-256 of the token can work out."""
    key = hmac.digest(hashlib.sha256(token.encode()).digest(), f"{FORM} {ANSWERS}".encode(), "sha256")
    return base64.b64encode(hmac.digest(key, sealed_bytes(ANSWERS, centre, digest), "sha256")).decode()


def sealed_bytes(kind: str, centre: str, digest: str) -> bytes:
    """Return what a seal is over."""
    return f"{FORM}\n{kind}\n{centre}\n{digest}".encode()


def shown(digest: bytes) -> str:
    """Return a SHA-256 in the form of Content-Digest."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def _whole(path: Path) -> tuple[dict[str, Any], list[bytes], dict[str, Any], str]:
    """Return the first line, those in the middle, the last one, and the digest of all before it. Raises BadRequest."""
    lines: list[bytes] = []
    try:
        with path.open("rb") as file:
            lines = list(_lines(path, file))
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror or error}") from error
    first = _object(path, lines[0]) if lines else {}
    if first.get("courier") != FORMAT:
        made = f"has format {first['courier']!r}, this release reads {FORMAT}" if "courier" in first else "is no parcel of the courier"
        raise _wrong(path, made)
    last = _object(path, lines[-1])
    if last.get("lines") != len(lines) - 1:
        raise _wrong(path, "is torn: it ends before its seal; copy it again")
    digest = hashlib.sha256()
    for line in lines[:-1]:
        digest.update(line)
    if last.get("digest") != shown(digest.digest()):
        raise _wrong(path, "was changed after it was sealed")
    return first, lines[1:-1], last, shown(digest.digest())


def _lines(path: Path, file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        if not line.endswith(b"\n"):
            raise _wrong(path, "is torn: its last line has no end; copy it again")
        yield line


def _cover(path: Path, first: Mapping[str, Any]) -> Cover:
    texts = [first.get(key) for key in ("kind", "centre", "node", "made_at")]
    to, cursor = first.get("to", ""), first.get("cursor")
    if not all(isinstance(each, str) for each in (*texts, to)) or not isinstance(cursor, str | None):
        raise _wrong(path, "is no parcel of the courier: its first line does not say whose it is")
    kind, centre, node, made_at = map(str, texts)
    return Cover(kind, centre, node, made_at, answers_to=str(to), cursor=cursor)


def _entry(path: Path, line: bytes) -> Entry:
    found = _object(path, line)
    try:
        headers = {str(name).lower(): str(value) for name, value in found["headers"].items()}
        body = base64.b64decode(found["body"], validate=True) if found["body"] else b""
        return Entry(str(found.get("method", "")), str(found["path"]), headers, body, int(found["status"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _wrong(path, f"has a line that is no answer: {error!r}") from error


def _object(path: Path, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _wrong(path, "is no parcel of the courier, or is torn: a line is no JSON object")
    return found


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _wrong(path: Path, what: str) -> BadRequest:
    return BadRequest(f"{path.name} {what}; nothing was imported", code="parcel")
