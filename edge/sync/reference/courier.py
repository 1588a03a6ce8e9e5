"""The courier's side here: a parcel of a box's requests is carried out as if they had come over the line, and its answers become a parcel.

The parcel's seal by the bound box's key stands for the token; every request in it is signed and checked as online. Nothing of a parcel is believed
before all of it is proven. Pages of the feed behind the first are no receipts: only a cursor that the box itself sent is one.
"""

import base64
import hmac
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from edge.queueing.chain import instant
from edge.sync.reference import calls, domain, hello, journal
from edge.sync.reference.models import Centre
from edge.sync.reference.refusals import Refusal

FORM, FORMAT = "qc1", 1
HELLO, JOURNAL, FEED = "/sync/v1/hello", "/sync/v1/journal", "/sync/v1/feed"
ALLOWED = {("POST", HELLO), ("POST", JOURNAL), ("GET", FEED)}
LONGEST_LINE = 64 * 1024 * 1024
GO_ON = {"resume", "push_from"}


class Unfit(ValueError):
    """A parcel that is not carried out; the message is a sentence. Nothing of it was stored."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a parcel. ``acked``: the last acknowledgement; ``items``: of the feed that go back; ``action``: what hello was answered."""

    centre: str
    action: str
    acked: Mapping[str, Any] | None
    items: int


def answer(app: Flask, parcel: Path, target: Path, now: datetime) -> Carried:
    """Carry out a parcel and write its answers to ``target``. Again is the same. Raises Unfit."""
    first, requests, digest = _proven(parcel)
    row = Centre.get_by_id(first["centre"])
    _refuse_older(parcel, row, requests)
    replies = list(_replies(app, row, requests))
    told = [_told(path, reply) for path, reply in replies]
    cursor = next((_query(each["path"]).get("cursor") for each in requests if _path(each) == FEED), None)
    cover = {
        "courier": FORMAT,
        "kind": "answers",
        "centre": row.centre,
        "node": first["node"],
        "made_at": instant(now),
        "to": digest,
        "cursor": cursor,
    }
    _write(target, [cover, *told], row)
    return _summary(row.centre, [reply for _, reply in replies], [_path_of(path) for path, _ in replies])


def _proven(parcel: Path) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """Return the first line, the requests and the digest of a parcel that is whole and sealed by the centre's box. Raises Unfit."""
    lines = _lines(parcel)
    first = _object(parcel, lines[0]) if lines else {}
    if first.get("courier") != FORMAT:
        made = f"has format {first['courier']!r}, this release reads {FORMAT}" if "courier" in first else "is no parcel of the courier"
        raise _unfit(parcel, made)
    last = _object(parcel, lines[-1])
    if last.get("lines") != len(lines) - 1:
        raise _unfit(parcel, "is torn: it ends before its seal; copy it again")
    digest = calls.content_digest(b"".join(lines[:-1]))
    if last.get("digest") != digest:
        raise _unfit(parcel, "was changed after it was sealed")
    if first.get("kind") != "requests":
        raise _unfit(parcel, "has answers for a box; here a box's requests are carried out")
    row = Centre.get_or_none(Centre.centre == str(first.get("centre")))
    if row is None:
        raise _unfit(parcel, f"is of centre {first.get('centre')!r}, which is not enrolled here")
    if row.node is None or row.node != first.get("node"):
        raise _unfit(parcel, f"is of a box that is not the one of {row.centre}: a box is bound by its first hello over the line")
    _check_seal(parcel, row, digest, str(last.get("signature")))
    return first, [_request(parcel, line) for line in lines[1:-1]], digest


def _check_seal(parcel: Path, row: Centre, digest: str, signature: str) -> None:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(row.public_key or "", validate=True))
        key.verify(base64.b64decode(signature, validate=True), _sealed("requests", row.centre, digest))
    except (ValueError, InvalidSignature) as error:
        raise _unfit(parcel, f"was changed after it was sealed: the seal is not that of the box of {row.centre}") from error


def _refuse_older(parcel: Path, row: Centre, requests: Sequence[Mapping[str, Any]]) -> None:
    """A parcel that ends before what is stored was overtaken. A box that says that it is a backup is answered: it must hear what it lacks."""
    greeting = next((each for each in requests if _path(each) == HELLO), None)
    if greeting is None:
        raise _unfit(parcel, "does not begin with a hello")
    try:
        said = hello.read(json.loads(greeting["body"]))
    except (Refusal, ValueError) as error:
        raise _unfit(parcel, f"has a hello that cannot be read: {error}") from error
    epoch, seq = journal.head(row.centre)
    is_ours = journal.hash_at(row.centre, said.epoch, said.head.seq) == said.head.hash
    if (said.epoch, said.head.seq) < (epoch, seq) and is_ours and not said.is_backup:
        ends = f"ends at line {said.head.seq} of epoch {said.epoch}"
        raise _unfit(parcel, f"is older than what is stored here: it {ends}, here is line {seq} of epoch {epoch}; export again at the centre")


def _replies(app: Flask, row: Centre, requests: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Response]]:
    """Carry out the requests in their order until one is refused; then only the hello's answer says how to go on."""
    for each in requests:
        reply = _carried_out(app, row, each)
        yield each["path"], reply
        path = _path(each)
        if path == HELLO and (reply.status_code != 200 or reply.get_json().get("action") not in GO_ON):  # noqa: PLR2004 -- HTTP
            return
        if path == JOURNAL and reply.status_code != 200:  # noqa: PLR2004 -- HTTP
            return
        if path == FEED:
            yield from _further(row.centre, reply)


def _carried_out(app: Flask, row: Centre, request: Mapping[str, Any]) -> Response:
    path, _, query = str(request["path"]).partition("?")
    builder = EnvironBuilder(path=path, query_string=query, method=request["method"], headers=request["headers"], data=request["body"])
    environ = builder.get_environ()
    environ["QUERY_STRING"] = query  # as it was signed
    environ[calls.CARRIED] = row.centre
    return Response.from_app(app, environ, buffered=True)


def _further(centre: str, reply: Response) -> Iterator[tuple[str, Response]]:
    """Give the pages behind the first, or the snapshot where the cursor leads nowhere."""
    if reply.status_code in (409, 410):
        yield f"/sync/v1/snapshot?centre={centre}&scope=all", calls.answer(domain.snapshot(centre, "all"))
        return
    if reply.status_code != 200:  # noqa: PLR2004 -- HTTP
        return
    page = reply.get_json()
    while page["items"]:
        page = domain.page(centre, page["cursor"], 500)
        if page["items"]:
            yield f"{FEED}?centre={centre}", calls.answer(page)


def _summary(centre: str, replies: Sequence[Response], paths: Sequence[str]) -> Carried:
    bodies = [(path, reply.get_json(silent=True) or {}) for path, reply in zip(paths, replies, strict=True)]
    action = next((str(body.get("action", body.get("error"))) for path, body in bodies if path == HELLO), "")
    acked = [body["acked"] for path, body in bodies if path == JOURNAL and body.get("acked")]
    items = sum(len(body.get("items", ())) for _, body in bodies)
    return Carried(centre, action, acked[-1] if acked else None, items)


def _write(target: Path, told: Sequence[Mapping[str, Any]], row: Centre) -> None:
    lines = [_line(each) for each in told]
    digest = calls.content_digest(b"".join(lines))
    key = hmac.digest(bytes.fromhex(row.token_digest), f"{FORM} answers".encode(), "sha256")
    seal = base64.b64encode(hmac.digest(key, _sealed("answers", row.centre, digest), "sha256")).decode()
    fresh = target.with_name(f".{target.name}.new")
    with fresh.open("wb") as file:
        file.writelines([*lines, _line({"lines": len(lines), "digest": digest, "mac": seal})])
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def _told(path: str, reply: Response) -> dict[str, Any]:
    body = reply.get_data()
    kept = {name: value for name, value in reply.headers.items() if name.lower() in {"content-type", "content-digest", "x-sync-protocol"}}
    headers = {**kept, "Content-Length": str(len(body))}
    return {"path": path, "status": reply.status_code, "headers": headers, "body": base64.b64encode(body).decode() if body else None}


def _request(parcel: Path, line: bytes) -> dict[str, Any]:
    found = _object(parcel, line)
    try:
        body = base64.b64decode(found["body"], validate=True) if found["body"] else b""
        request = {"method": str(found["method"]), "path": str(found["path"]), "headers": dict(found["headers"]), "body": body}
    except (KeyError, TypeError, ValueError) as error:
        raise _unfit(parcel, f"has a line that is no request: {error!r}") from error
    if (request["method"], _path(request)) not in ALLOWED:
        raise _unfit(parcel, f"has a request that no parcel carries: {request['method']} {_path(request)}")
    return request


def _lines(parcel: Path) -> list[bytes]:
    lines: list[bytes] = []
    try:
        with parcel.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise _unfit(parcel, "is torn: its last line has no end; copy it again")
                lines.append(line)
    except OSError as error:
        raise _unfit(parcel, f"cannot be read: {error.strerror or error}") from error
    return lines


def _object(parcel: Path, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _unfit(parcel, "is no parcel of the courier, or is torn: a line is no JSON object")
    return found


def _path(request: Mapping[str, Any]) -> str:
    return _path_of(str(request["path"]))


def _path_of(path: str) -> str:
    return path.partition("?")[0]


def _query(path: str) -> Mapping[str, str]:
    return dict(parse_qsl(path.partition("?")[2]))


def _sealed(kind: str, centre: str, digest: str) -> bytes:
    return f"{FORM}\n{kind}\n{centre}\n{digest}".encode()


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _unfit(parcel: Path, what: str) -> Unfit:
    return Unfit(f"{parcel.name} {what}; nothing was stored")
