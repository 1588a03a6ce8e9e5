"""An HTTP proxy that answers what it likes: each request is shown to a meddling, which may let the true server answer, and then says something else.

One request after the other on each connection; what the meddling returns is sent as it is, also when it is no HTTP.
"""

import http.client
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

PROTOCOL = {"X-Sync-Protocol": "1"}
HOP = {"connection", "transfer-encoding", "keep-alive", "server", "date", "content-length"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def call(self) -> str:
        """Say which call of the contract it is: hello, push, journal, feed or snapshot."""
        name = self.path.partition("?")[0].rpartition("/")[2]
        return "push" if (self.method, name) == ("POST", "journal") else name


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. ``length``: what Content-Length claims, None for the truth."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    length: int | None = None

    def with_body(self, body: bytes) -> "Said":
        """Return it with another body, of which it tells the truth only about the length."""
        return replace(self, body=body)

    def raw(self) -> bytes:
        """Return it as bytes of HTTP/1.1."""
        reason = http.client.responses.get(self.status, "Said")
        length = len(self.body) if self.length is None else self.length
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in self.headers.items()), f"Content-Length: {length}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


Forward = Callable[[], Said]
Meddling = Callable[[Asked, Forward], Said | bytes | None]  # bytes are sent as they are, then the connection ends; None: it ends unanswered


def honest(_: Asked, forward: Forward) -> Said:
    """Pass on what the true server says."""
    return forward()


def first(meddling: Meddling, *, of: str, times: int = 1) -> Meddling:
    """Meddle with the first ``times`` requests of the call ``of`` and be honest otherwise."""
    left = [times]
    guard = threading.Lock()

    def meddle(asked: Asked, forward: Forward) -> Said | bytes | None:
        with guard:
            mine = asked.call == of and left[0] > 0
            left[0] -= mine
        return meddling(asked, forward) if mine else forward()

    return meddle


@dataclass
class Meddler:
    """The proxy to ``target``, a port of 127.0.0.1 (None: there is no true server). ``asked`` counts calls, ``seen`` keeps them."""

    target: int | None = None
    meddling: Meddling = honest
    asked: Counter[str] = field(default_factory=Counter)
    seen: list[tuple[Asked, Said | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.meddler = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="meddler")
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address as a base URL."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def bodies(self, call: str) -> Iterable[bytes]:
        """Return the bodies of all requests of one call, in the order in which they came."""
        return (asked.body for asked, _ in tuple(self.seen) if asked.call == call)

    def answer(self, asked: Asked) -> bytes | None:
        """Return what is to be sent."""
        self.asked[asked.call] += 1
        truth: list[Said] = []

        def forward() -> Said:
            truth.append(self.forward(asked))
            return truth[-1]

        found = self.meddling(asked, forward)
        self.seen.append((asked, truth[-1] if truth else None))
        return found.raw() if isinstance(found, Said) else found

    def forward(self, asked: Asked) -> Said:
        """Ask the true server. Raises OSError when it is not there."""
        if self.target is None:
            raise ConnectionRefusedError("there is no true server")
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=30)
        try:
            headers = {name: value for name, value in asked.headers.items() if name.lower() not in HOP}
            connection.request(asked.method, asked.path, asked.body, headers)
            answer = connection.getresponse()
            said = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
            return Said(answer.status, said, answer.read())
        finally:
            connection.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True  # a connection that a test left hanging ends with the test
    block_on_close = False
    meddler: Meddler


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer requests until one of the two sides has enough."""
        try:
            while asked := _read(cast("BinaryIO", self.rfile)):
                try:
                    said = self.server.meddler.answer(asked)
                except (OSError, http.client.HTTPException):
                    return  # the true server is down: so is what stands before it
                if said is None:
                    return
                self.wfile.write(said)
                if not _is_whole(said):
                    return
        except OSError:
            return


def _read(file: BinaryIO) -> Asked | None:
    line = file.readline(65_536).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = http.client.parse_headers(file)
    body = file.read(int(headers.get("Content-Length", "0")))
    return Asked(line[0], line[1], dict(headers.items()), body)


def _is_whole(said: bytes) -> bool:
    """Tell whether another answer may follow on this connection: the length is told and true."""
    head, ended, body = said.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(ended) and head.startswith(b"HTTP/1.1 ") and lengths == [b" %d" % len(body)]
