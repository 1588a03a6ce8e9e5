"""One call at a time to the national server: what every request carries, and an answer read to its end, proven whole and unpacked.

urllib3 does TLS and connections; its retries are off, because only the journal knows what may be sent again. After anything odd the connection is
closed, so that an answer that comes late can never be taken for the answer of a later request. Long because one call is one piece: address, headers,
deadline, answer, and the names of all that can go wrong on the way.
"""

import socket
import ssl
import threading
import time
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, InvalidHeader, LocationValueError, SSLError
from urllib3.exceptions import TimeoutError as LateError

from edge import __version__
from edge.sync.answers import PROTOCOL, Answer, Kind, checked, failed
from edge.sync.signing import Signer, Subject, digest, digest_agrees

JSON, NDJSON = "application/json", "application/x-ndjson"
CONNECT_S = 10.0
PATIENCE_S = 30.0
X_ROAD_PATIENCE_S = 60.0  # its own time-outs come first
LONG_PATIENCE_S = 240.0  # while less can be sent or asked for instead
LONGEST_PATIENCE_S = 600.0  # for one event over a very slow line; more would keep us from seeing that a dead one is back
WHOLE = 4  # a whole answer may take so many times as long as its first byte
CHUNK = 65_536
MOST_BYTES = 64 * 1024 * 1024  # of an answer, packed and unpacked
PACKED_FROM_BYTES = 1024
PACKING = 5
ALERTS = ("certificate", "unknown ca", "unknown_ca")  # what a server says when it does not accept ours


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the national server is and how this box shows itself to it; `[national]` of `edge.toml`. ``ca``, ``cert``, ``key``: files or empty."""

    url: str
    token: str = field(default="", repr=False)
    mode: str = "direct"
    xroad_client: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""

    def files(self) -> tuple[tuple[str, int], ...]:
        """Return the PEM files with the moment of their last change, to see that one was replaced."""
        return tuple((name, _changed_ns(Path(name))) for name in (self.ca, self.cert, self.key) if name)

    def shown(self) -> str:
        """Return the address without a user and password that somebody may have put into it."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class Transport:
    """Calls of one thread. ``patience_s``: how long the first byte of an answer may take; who sees time-outs makes it longer (`bear_longer`).

    ``took_s``: how long the last call took that was answered.
    """

    def __init__(self, endpoint: Endpoint, signer: Signer, centre: str) -> None:
        self.endpoint = endpoint
        self.signer = signer
        self.centre = centre
        self._usual_s = X_ROAD_PATIENCE_S if endpoint.mode == "xroad" else PATIENCE_S
        self.patience_s = self._usual_s
        self.took_s = 0.0
        self.page_lines: int | None = None  # of the journal's copy, as many as the line was seen to bear
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._files: tuple[tuple[str, int], ...] = ()
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._expired = False

    def get(self, path: str, query: Mapping[str, str | int], *, proven: bool = False, epoch: int = 0) -> Answer:
        """Ask for something. ``proven``: the answer must carry a Content-Digest that agrees. Raises Failed."""
        logical = f"{path}?{urlencode(query, quote_via=quote)}"
        subject = Subject("GET", logical, self.centre, uuid.uuid4().hex, epoch=epoch)
        return self._called(subject, None, {"Accept-Encoding": "gzip"}, proven=proven)

    def post(self, path: str, body: bytes, *, media: str = JSON, packed: bool = False, about: "Range | None" = None) -> Answer:
        """Send a body, gzipped if ``packed`` and worth it. ``about``: the events of a push, whose request id stays when repeated. Raises Failed."""
        encoded = packed and len(body) >= PACKED_FROM_BYTES
        sent = _packed(body) if encoded else body
        subject = Subject(
            "POST",
            path,
            self.centre,
            about.request_id if about else uuid.uuid4().hex,
            digest(sent),
            *((about.epoch, about.first, about.last) if about else ()),
        )
        headers = {"Content-Type": media, "Content-Digest": subject.digest, "Accept-Encoding": "gzip"}
        headers |= {"Content-Encoding": "gzip"} if encoded else {}
        return self._called(subject, sent, headers | (about.headers() if about else {}), proven=False)

    def bear_longer(self, most_s: float = LONGEST_PATIENCE_S) -> None:
        """A time-out: wait twice as long from now on, up to ``most_s``."""
        self.patience_s = max(self.patience_s, min(self.patience_s * 2, most_s))

    def bear_as_usual(self) -> None:
        """Things arrive again: wait half as long from now on, if that was time enough for the last call twice over."""
        if self.has_room(4):
            self.patience_s = max(self.patience_s / 2, self._usual_s)

    def has_room(self, times: int) -> bool:
        """Tell whether the last answered call could have taken so many times as long."""
        return self.took_s * times <= self.patience_s

    def abort(self) -> None:
        """End a call that is under way in another thread; it fails there. Harmless when there is none."""
        with self._guard:
            if self._socket is not None:
                try:
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
                except OSError:
                    self._socket = None

    def close(self) -> None:
        """Let go of the connection."""
        with self._guard:
            self._socket = None
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _called(self, subject: Subject, body: bytes | None, headers: Mapping[str, str], *, proven: bool) -> Answer:
        self._expired = False
        deadline = threading.Timer(self.patience_s * WHOLE, self._expire)
        deadline.daemon = True
        deadline.start()
        began = time.monotonic()
        try:
            answer = checked(self._answer(subject, body, {**self._headers(subject), **headers}, proven=proven))
        except (HTTPError, OSError, ValueError) as error:
            raise self._named(error) from error
        except BaseException:
            self.close()
            raise
        else:
            self.took_s = time.monotonic() - began
            return answer
        finally:
            deadline.cancel()

    def _answer(self, subject: Subject, body: bytes | None, headers: Mapping[str, str], *, proven: bool) -> Answer:
        response = self._open().urlopen(
            subject.method,
            urlsplit(self.endpoint.url).path.rstrip("/") + subject.path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=self.patience_s),
            preload_content=False,
            decode_content=False,
        )
        try:
            raw = _read(response)
            found = {name.lower(): value for name, value in response.headers.items()}
        except BaseException:
            response.close()
            raise
        response.release_conn()
        answer = Answer(response.status, found, _unpacked(raw, found.get("content-encoding", "")))
        if answer.status == 200 and answer.is_ours:  # noqa: PLR2004 -- the only status that acknowledges
            _prove(found.get("content-digest"), raw, proven=proven)
        return answer

    def _headers(self, subject: Subject) -> dict[str, str]:
        headers = {
            "User-Agent": f"kezek-edge/{__version__}",
            "Accept": f"{JSON}, {NDJSON}",
            "X-Sync-Protocol": PROTOCOL,
            "X-Centre": self.centre,
            "X-Node": self.signer.node,
            "X-Request-Id": subject.request_id,
            "X-Signature": self.signer.sign(subject),
        }
        if self.endpoint.token:
            headers["Authorization"] = f"Bearer {self.endpoint.token}"
        if self.endpoint.mode == "xroad":
            headers["X-Road-Client"] = "/".join(quote(part, safe="") for part in self.endpoint.xroad_client.split("/"))
            headers["X-Road-Id"] = str(uuid.uuid4())  # of the attempt; ours stays with the batch
        return headers

    def _open(self) -> urllib3.HTTPConnectionPool:
        files = self.endpoint.files()
        if self._pool is not None and files != self._files:
            self.close()
        if self._pool is None:
            self._pool, self._files = self._made(), files
        return self._pool

    def _made(self) -> urllib3.HTTPConnectionPool:
        parts = urlsplit(self.endpoint.url)
        if not parts.hostname:
            raise failed(Kind.CONFIGURATION, f"[national] url = {self.endpoint.shown()!r} names no host")
        if parts.scheme == "http":
            pool = urllib3.HTTPConnectionPool(parts.hostname, parts.port, maxsize=1, retries=False)
            pool.ConnectionCls = partial(_Plain, self._hold)  # type: ignore[assignment]  # called like a class
            return pool
        secure = urllib3.HTTPSConnectionPool(parts.hostname, parts.port, maxsize=1, retries=False, ssl_context=_trust(self.endpoint))
        secure.ConnectionCls = partial(_Secure, self._hold)  # type: ignore[assignment]
        return secure

    def _hold(self, connected: socket.socket) -> None:
        connected.settimeout(self.patience_s)  # else what is sent would have the time of connecting
        with self._guard:
            self._socket = connected

    def _expire(self) -> None:
        self._expired = True
        self.abort()

    def _named(self, error: Exception) -> Exception:
        """Close the connection and return what to raise for ``error``."""
        self.close()
        about = _words(error)
        connected = not isinstance(error, ConnectTimeoutError)  # else to send less would not help
        if connected and (self._expired or any(isinstance(each, LateError | TimeoutError) for each in (error, *error.args))):
            return failed(Kind.TRANSIENT, f"no whole answer in time ({self.patience_s:.0f} s): {about}", timed_out=True)
        if isinstance(error, SSLError | ssl.SSLError) and _is_about_certificates(error):
            return failed(Kind.CREDENTIAL, f"{about}; the clock of this box shows {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
        if isinstance(error, LocationValueError | InvalidHeader | UnicodeError):
            return failed(Kind.CONFIGURATION, about)
        if own := _own_fault(self.endpoint):  # a server that does not accept it may just hang up
            return failed(Kind.CREDENTIAL, f"{own}; {about}")
        return failed(Kind.TRANSIENT, about)


@dataclass(frozen=True, slots=True)
class Range:
    """The events of one push: one contiguous range of one epoch."""

    epoch: int
    first: int
    last: int
    prev_hash: str
    last_hash: str
    request_id: str

    def headers(self) -> dict[str, str]:
        """Return the headers that say what is in the body."""
        return {
            "X-Epoch": str(self.epoch),
            "X-First-Seq": str(self.first),
            "X-Last-Seq": str(self.last),
            "X-Prev-Hash": self.prev_hash,
            "X-Last-Hash": self.last_hash,
        }


class _Plain(HTTPConnection):
    def __init__(self, hold: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held = hold

    def connect(self) -> None:
        super().connect()
        self._held(self.sock)


class _Secure(HTTPSConnection):
    def __init__(self, hold: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held = hold

    def connect(self) -> None:
        super().connect()
        self._held(self.sock)


def _words(error: BaseException) -> str:
    """Return what happened, without the library's own objects around it."""
    while error.args and isinstance(error.args[-1], Exception):
        error = error.args[-1]
    return str(error).rpartition("): ")[2] or type(error).__name__


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    """Return what is trusted and shown. Raises Failed with the file's name."""
    try:
        context = ssl.create_default_context(cafile=endpoint.ca or None)
        if endpoint.cert:
            context.load_cert_chain(endpoint.cert, endpoint.key or None, password=_no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        files = ", ".join(filter(None, (endpoint.ca, endpoint.cert, endpoint.key)))
        raise failed(Kind.CONFIGURATION, f"the certificates {files} cannot be used: {error}") from error
    return context


def _no_password() -> str:
    """A key with a passphrase must not stop the link's thread at a prompt."""
    raise ValueError("the key has a passphrase")


def _own_fault(endpoint: Endpoint) -> str | None:
    """Say what is wrong with the time of this box's own certificate, by this box's own clock; None: nothing, or there is none."""
    if not endpoint.cert:
        return None
    from cryptography import x509  # heavy, and only for a failure

    try:
        own = x509.load_pem_x509_certificate(Path(endpoint.cert).read_bytes())
    except (OSError, ValueError) as error:
        return f"the certificate {endpoint.cert} cannot be read: {error}"
    now = datetime.now(UTC)
    if own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        return None
    span = f"{own.not_valid_before_utc:%Y-%m-%d} to {own.not_valid_after_utc:%Y-%m-%d}"
    return f"the certificate {endpoint.cert} holds from {span}, the clock of this box shows {now:%Y-%m-%d}"


def _is_about_certificates(error: Exception) -> bool:
    text = str(error).lower()
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in (error, *error.args)) or any(word in text for word in ALERTS)


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    parts, size = [], 0
    while part := response.read(CHUNK, decode_content=False):
        size += len(part)
        if size > MOST_BYTES:
            raise failed(Kind.SHAPE, f"an answer of more than {MOST_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def _packed(body: bytes) -> bytes:
    """Return gzip without a time in it, so that a repeated batch has the same bytes."""
    packer = zlib.compressobj(PACKING, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def _unpacked(raw: bytes, encoding: str) -> bytes:
    """Return the body. Raises Failed: torn, too large, or packed in a way that nobody asked for."""
    if encoding.strip().lower() in ("", "identity"):
        return raw
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise failed(Kind.CONFIGURATION, f"an answer with Content-Encoding {encoding[:40]!r}: gzip or none was asked for")
    unpacker = zlib.decompressobj(31)
    try:
        body = unpacker.decompress(raw, MOST_BYTES + 1)
    except zlib.error as error:
        raise failed(Kind.TRANSIENT, f"an answer whose gzip is damaged: {error}") from error
    if len(body) > MOST_BYTES:
        raise failed(Kind.SHAPE, f"an answer of more than {MOST_BYTES} bytes when unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise failed(Kind.TRANSIENT, "an answer whose gzip is torn")
    return body


def _prove(header: str | None, raw: bytes, *, proven: bool) -> None:
    if header is None and proven:
        raise failed(Kind.TRANSIENT, "an answer without Content-Digest: it may be torn")
    if header is not None and not digest_agrees(header, raw):
        raise failed(Kind.TRANSIENT, "an answer that differs from its Content-Digest")


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
