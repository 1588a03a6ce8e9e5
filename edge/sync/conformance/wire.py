"""Calls as a box makes them, and some that no box would make: signed, with every header in the caller's hand.

The standard library's client, so that a wrong length or a torn body can be sent. Redirects are never followed.
"""

import base64
import gzip
import hashlib
import http.client
import json
import ssl
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

JSON, NDJSON = "application/json", "application/x-ndjson"
PATIENCE_S = 30.0
LONGEST_ANSWER = 64 * 1024 * 1024


class Broken(Exception):
    """The server did not keep a clause; the message says what it did instead."""


class Unseen(Exception):
    """A clause could not be looked at here; the message says why."""


class Silent(Broken):
    """No answer came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. ``headers`` by small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Broken."""
        try:
            found = json.loads(self.body)
        except ValueError:
            raise Broken(f"answered {self}, which is no JSON") from None
        if not isinstance(found, dict):
            raise Broken(f"answered {self}, which is no object")
        return found

    @property
    def error(self) -> str:
        """The word of an error; empty where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return ""
        return str(found.get("error", "")) if isinstance(found, dict) else ""

    @property
    def lines(self) -> list[str]:
        """The lines of an NDJSON body, without their ends. Raises Broken."""
        try:
            text = self.plain.decode()
        except UnicodeDecodeError:
            raise Broken("answered bytes that are no UTF-8") from None
        if text and not text.endswith("\n"):
            raise Broken("the last line has no end")
        return text.split("\n")[:-1]

    @property
    def plain(self) -> bytes:
        """The body, unpacked."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body

    def __str__(self) -> str:
        """Short enough for a report."""
        shown = self.body[:160].decode(errors="replace").strip()
        return f"{self.status} {shown}" + ("…" if len(self.body) > 160 else "")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is."""

    centre: str
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """The raw public key."""
        return self.key.public_key().public_bytes_raw()

    @property
    def node(self) -> str:
        """The name of the box: from its key."""
        return hashlib.sha256(self.public).hexdigest()[:32]


@dataclass(slots=True)
class Wire:
    """The way to one server. ``breaches``: clauses that every answer must keep, with the first answer that did not."""

    url: str
    token: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    breaches: dict[str, str] = field(default_factory=dict)
    answers: int = 0

    def call(
        self,
        caller: Caller,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        more: Mapping[str, str | None] = {},
        token: str | None = None,
        judged: bool = True,
    ) -> Reply:
        """Send one request and return the answer. ``path``: logical, with its query.

        ``more``: headers that are added, changed or, with None, left out; what is then there is signed.
        ``judged``: hold the answer to what every answer of the protocol must keep.
        """
        headers: dict[str, str | None] = {
            "Authorization": f"Bearer {self.token if token is None else token}",
            "X-Sync-Protocol": "1",
            "X-Centre": caller.centre,
            "X-Node": caller.node,
            "X-Request-Id": str(uuid.uuid4()),
            "Content-Type": JSON if body else None,
            "Content-Digest": digest(body) if body else None,
            **more,
        }
        headers.setdefault("X-Signature", signature(caller, method, path, headers))
        reply = self._sent(method, path, body, {name: value for name, value in headers.items() if value is not None})
        if judged:
            self._judge(f"{method} {path.partition('?')[0]}", reply)
        return reply

    def _sent(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        connection = self.connection()
        try:
            connection.request(method, self.prefix + path, body or None, dict(headers))
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read(LONGEST_ANSWER))
        except (OSError, http.client.HTTPException) as error:
            raise Silent(f"{method} {path.partition('?')[0]} got no answer: {error!r}") from error
        finally:
            connection.close()

    def torn(self, caller: Caller, path: str, body: bytes, headers: Mapping[str, str], keep: int) -> None:
        """Send a request whose body ends after ``keep`` bytes, and go away."""
        signed = {"Authorization": f"Bearer {self.token}", "X-Sync-Protocol": "1", "X-Centre": caller.centre, "X-Node": caller.node, **headers}
        connection = self.connection()
        try:
            connection.putrequest("POST", self.prefix + path)
            for name, value in {**signed, "Content-Length": str(len(body)), "Content-Digest": digest(body)}.items():
                connection.putheader(name, value)
            connection.endheaders(body[:keep])
        except OSError:
            pass  # it hung up first
        finally:
            connection.close()

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection that is not open yet."""
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            return http.client.HTTPSConnection(parts.netloc, timeout=PATIENCE_S, context=self.tls)
        return http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_S)

    @property
    def prefix(self) -> str:
        """What of the base URL stands before every logical path."""
        return urlsplit(self.url).path.rstrip("/")

    def _judge(self, what: str, reply: Reply) -> None:
        """Hold an answer to what every answer must keep."""
        self.answers += 1
        if reply.headers.get("x-sync-protocol") != "1":
            self.breaches.setdefault("protocol", f"{what} answered {reply.status} with X-Sync-Protocol {reply.headers.get('x-sync-protocol')!r}")
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ((JSON, NDJSON) if reply.status == http.HTTPStatus.OK else (JSON,)):
            self.breaches.setdefault("type", f"{what} answered {reply.status} as {kind or 'nothing'}")
        if reply.status >= http.HTTPStatus.BAD_REQUEST:
            try:
                said = json.loads(reply.body)
                shaped = isinstance(said["error"], str) and isinstance(said["detail"], str)
            except (ValueError, KeyError, TypeError):
                shaped = False
            if not shaped:
                self.breaches.setdefault("error", f"{what} answered {reply}")
        if reply.status == http.HTTPStatus.OK and what.startswith(("GET /sync/v1/journal", "GET /sync/v1/feed")):
            length, said_digest = reply.headers.get("content-length"), reply.headers.get("content-digest")
            if length != str(len(reply.body)) or said_digest != digest(reply.body):
                self.breaches.setdefault("digest", f"{what}: Content-Length {length}, Content-Digest {said_digest} over {len(reply.body)} bytes")


def digest(body: bytes) -> str:
    """Return the Content-Digest (RFC 9530) of a body as it is sent."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature(caller: Caller, method: str, path: str, headers: Mapping[str, str | None]) -> str:
    """Return X-Signature of a call with these headers."""
    span = (headers.get(name) or "0" for name in ("X-Epoch", "X-First-Seq", "X-Last-Seq"))
    signed = "\n".join(("qs1", method, path, caller.centre, *span, headers.get("Content-Digest") or "", headers.get("X-Request-Id") or ""))
    return base64.b64encode(caller.key.sign(signed.encode())).decode()


def until(what: str, patience_s: float, look: Any) -> Any:
    """Return the first true answer of ``look``; Unseen after ``patience_s``."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise Unseen(f"{what} did not come within {patience_s:g} s")
        time.sleep(0.2)
    return found
