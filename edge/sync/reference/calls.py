"""Who calls, and with what: token, signature and digest, before any view of the protocol runs; and the form of every answer.

A call is the centre's by its token and the box's by its signature, which covers the path with its query as it arrived, the digest of the body and the
range that a push claims.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Request, Response

from edge.sync.reference import centres
from edge.sync.reference.limits import ALONE_BYTES, HELLO_BYTES
from edge.sync.reference.models import Centre
from edge.sync.reference.refusals import Refusal, envelope, headers, stale

VERSION = "1"
JSON, LINES = "application/json", "application/x-ndjson"
CARRIED = "edge.courier.centre"  # in the environment of a request that a courier brought


@dataclass(frozen=True, slots=True)
class Caller:
    """A centre by its token; ``node`` is what the call says of itself."""

    centre: Centre
    node: str


def caller(request: Request) -> Caller:
    """Return whose call this is. Raises Refusal: 401, 403, 426, 400."""
    spoken = request.headers.get("X-Sync-Protocol", VERSION)
    if spoken != VERSION:
        raise Refusal(426, "protocol", f"X-Sync-Protocol = {spoken[:20]!r}: this server speaks {VERSION}")
    known = _by_token(request)
    if known is None:
        raise Refusal(401, "token", "the token is missing or belongs to no centre")
    named = request.headers.get("X-Centre", "")
    if named != known.centre:
        raise Refusal(403, "centre", f"X-Centre = {named[:80]!r}: the token is another centre's")
    if not request.headers.get("X-Request-Id"):
        raise headers("X-Request-Id is missing")
    return Caller(known, request.headers.get("X-Node", ""))


def _by_token(request: Request) -> Centre | None:
    """Return the centre of the token, or of the parcel whose seal was proven; no caller over the line can set `CARRIED`."""
    if carried := request.environ.get(CARRIED):
        found: Centre | None = Centre.get_or_none(Centre.centre == carried)
        return found
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return centres.by_token(token.strip()) if scheme.lower() == "bearer" and token.strip() else None


def bound(request: Request) -> Caller:
    """Return whose call this is, when it is of the centre's own box and signed by it. Raises Refusal."""
    found = caller(request)
    if found.centre.node is None or found.centre.node != found.node or not found.centre.public_key:
        raise stale(f"node {found.node[:80]!r} is not the box of {found.centre.centre}: it must say hello")
    check_signature(request, found.centre.public_key)
    return found


def check_signature(request: Request, public_key: str) -> None:
    """Hold the signature of a call against a box's key. Raises Refusal."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(request.headers.get("X-Signature", ""), validate=True), signed(request))
    except (ValueError, InvalidSignature) as error:
        raise Refusal(401, "signature", "X-Signature is missing or is not the box's over this call") from error


def signed(request: Request) -> bytes:
    """Return what a call's signature is over."""
    query = request.environ.get("QUERY_STRING", "")
    sent = request.headers
    return "\n".join(
        (
            "qs1",
            request.method,
            request.path + (f"?{query}" if query else ""),
            sent.get("X-Centre", ""),
            sent.get("X-Epoch", "0"),
            sent.get("X-First-Seq", "0"),
            sent.get("X-Last-Seq", "0"),
            sent.get("Content-Digest", ""),
            sent.get("X-Request-Id", ""),
        )
    ).encode()


def node_of(public_key: str) -> str:
    """Return the node that a key makes. Raises Refusal."""
    try:
        raw = base64.b64decode(public_key, validate=True)
    except ValueError as error:
        raise envelope("hello.public_key is not base64") from error
    if len(raw) != 32:  # noqa: PLR2004 -- Ed25519
        raise envelope(f"hello.public_key has {len(raw)} bytes: an Ed25519 key has 32")
    return hashlib.sha256(raw).hexdigest()[:32]


def json_body(request: Request) -> Any:
    """Return the JSON of a body whose digest is right. Raises Refusal."""
    _wants(request, JSON)
    try:
        return json.loads(unpacked(request, HELLO_BYTES))
    except (ValueError, RecursionError) as error:
        raise envelope("the body is not JSON") from error


def lines_body(request: Request) -> bytes:
    """Return the unpacked lines of a body whose digest is right. Raises Refusal."""
    _wants(request, LINES)
    return unpacked(request, ALONE_BYTES)


def unpacked(request: Request, limit: int) -> bytes:
    """Check the digest of the body as it came and unpack it, never to more than ``limit`` bytes. Raises Refusal."""
    sent = request.get_data(cache=True)
    if content_digest(sent) not in (part.strip() for part in request.headers.get("Content-Digest", "").split(",")):
        raise Refusal(400, "digest", f"Content-Digest is missing or is not that of the {len(sent)} bytes which arrived")
    packing = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packing in {"", "identity"}:
        found = sent
    elif packing == "gzip":
        found = _gunzipped(sent, limit)
    else:
        raise Refusal(415, "encoding", f"Content-Encoding = {packing[:40]!r}: must be gzip or none")
    if len(found) > limit:
        raise Refusal(413, "too_large", f"the body has more than {limit} bytes")
    return found


def content_digest(body: bytes) -> str:
    """Return RFC 9530's Content-Digest of a body as it travels."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def answer(body: Any, status: int = 200, extra: Mapping[str, str] | None = None) -> Response:
    """Return JSON in the form of the protocol."""
    return raw_answer(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), JSON, status, extra)


def raw_answer(body: bytes, media: str, status: int = 200, extra: Mapping[str, str] | None = None) -> Response:
    """Return bytes in the form of the protocol: with its version, their length and their digest."""
    response = Response(body, status, content_type=media)
    response.headers["X-Sync-Protocol"] = VERSION
    response.headers["Content-Digest"] = content_digest(body)
    response.headers["Cache-Control"] = "no-store"
    for name, value in (extra or {}).items():
        response.headers[name] = value
    return response


def _wants(request: Request, media: str) -> None:
    if request.mimetype != media:
        raise Refusal(415, "media_type", f"Content-Type = {request.mimetype[:80]!r}: must be {media}")


def _gunzipped(sent: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(sent, limit + 1)
    except zlib.error as error:
        raise envelope("the body is not gzip") from error
    if len(found) <= limit and (not unpacker.eof or unpacker.unused_data):
        raise envelope("the body is not one whole gzip member")
    return found
