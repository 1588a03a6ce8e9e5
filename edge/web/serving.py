"""waitress around the application: bind first, serve on a thread, stop within two seconds.

Every request is read to its end before it is answered, whatever its size, so that a refusal arrives as an answer and never as a reset
connection; what is over the limit is counted and thrown away, not kept.
"""

import contextlib
import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import Any

import waitress  # type: ignore[import-untyped]  # nor do its modules carry types
from waitress import wasyncore
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

from edge.errors import ConfigError
from edge.web.bodies import limit_of
from edge.web.problems import MEDIA_TYPE, Problem

log = logging.getLogger(__name__)

THREADS = 8
READ_AND_REFUSED_UP_TO = 256 * 1024 * 1024  # beyond, the connection is closed on the sender
LINGER_BYTES = 16 * 1024 * 1024  # read and thrown away after an answer that ends the connection
FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
TRY_AGAIN_S = 1.0
FINISH_WITHIN_S = 1.2
CLOSE_WITHIN_S = 0.6


class CappedBuffer:
    """A request body in memory: the first bytes up to the limit, and how many there were."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = BytesIO()
        self._size = 0

    def append(self, data: bytes) -> None:
        """Take some more; keep it only below the limit."""
        room = self._limit + 1 - self._size
        if room > 0:
            self._kept.write(data[:room])
        self._size += len(data)

    def __len__(self) -> int:
        return self._size

    def getfile(self) -> BytesIO:
        """Return what was kept, for reading from the start."""
        self._kept.seek(0)
        return self._kept

    def close(self) -> None:
        """Let the memory go."""
        self._kept.close()


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress carries no types
    """Reads bodies into a `CappedBuffer` instead of into files."""

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head, then swap the buffer that the body will go to."""
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = CappedBuffer(limit_of(self.path))


class ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress carries no types
    """Answers what is not even HTTP as a problem document."""

    def execute(self) -> None:
        """Send waitress' own refusal in our form."""
        error = self.request.error
        is_ours = error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
        detail = "this is a fault of the server; it is in its log" if is_ours else f"the request cannot be read: {error.body}"
        problem = Problem(error.code, error.reason.lower().replace(" ", "_"), detail)
        body = problem.encoded()
        self.channel.refused = True
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress carries no types
    """A connection that, after refusing, reads on until the peer has seen the answer: closing over unread bytes would reset it."""

    parser_class = Parser
    error_task_class = ProblemTask
    refused = False
    lingering_for = 0  # bytes still read and thrown away

    def received(self, data: bytes) -> bool:
        """Take what came, or throw it away once the request was refused."""
        if not self.lingering_for:
            return bool(super().received(data))
        self.lingering_for -= len(data)
        if self.lingering_for <= 0:
            self.lingering_for = 0
            self.will_close = True
        return False

    def handle_close(self) -> None:
        """Close; at first only our direction when a request was refused and the peer is still there."""
        if self.refused and self.connected:
            self.refused = self.will_close = False
            self.lingering_for = LINGER_BYTES
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                return
        super().handle_close()


@dataclass(frozen=True, slots=True)
class Pool:
    """How much of the box a listener may use; each has its own, so that the one cannot starve the other. ``section``: of `edge.toml`."""

    section: str
    threads: int
    connections: int


HALL = Pool("http", threads=THREADS, connections=500)
PHONES = Pool("visitor", threads=2, connections=200)


class WebServer:
    """One listener. `bind`, `start`, `stop`, each once; `stop` also after `bind` alone."""

    def __init__(self, app: Callable[..., Any], host: str, port: int, pool: Pool = HALL) -> None:
        self._app, self._host, self._port, self._pool = app, host, port, pool
        self._sockets: dict[int, Any] = {}
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._rests_until = 0.0

    @property
    def address(self) -> str:
        """Return the URL on this machine, with the port that was bound."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._host, self._host)  # noqa: S104 -- compared with, not bound
        return f"http://{host}:{self._server.effective_port if self._server else self._port}"

    def bind(self) -> None:
        """Take the port; connections wait from now on. Raises ConfigError when it cannot be had."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a busy second is not worth a line per request
        self._server = waitress.create_server(
            self._app,
            map=self._sockets,
            sockets=[_bound(self._host, self._port, self._pool.section)],
            threads=self._pool.threads,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=READ_AND_REFUSED_UP_TO,
            recv_bytes=65_536,
            asyncore_use_poll=True,
            channel_timeout=60,
            connection_limit=self._pool.connections,
        )
        self._server.channel_class = Channel
        self._server.accept = partial(self._accept, self._server.accept)

    def start(self) -> None:
        """Serve on a thread of its own."""
        self._thread = threading.Thread(target=self._serve, name=f"web-{self._pool.section}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections, finish what is being answered, close; at most two seconds. Nothing when nothing was bound."""
        if self._server is None:
            return
        if self._thread is None:
            self._server.task_dispatcher.shutdown(timeout=FINISH_WITHIN_S)
            wasyncore.close_all(self._sockets)
            return
        self._in_loop(lambda: wasyncore.dispatcher.close(self._server))
        self._server.task_dispatcher.shutdown(timeout=FINISH_WITHIN_S)
        self._in_loop(self._close_when_flushed)
        self._thread.join(CLOSE_WITHIN_S + 0.1)

    def _serve(self) -> None:
        while self._sockets:
            self._server.accepting = time.monotonic() >= self._rests_until
            wasyncore.loop(timeout=1, map=self._sockets, use_poll=True, count=1)

    def _accept(self, accept: Callable[[], Any]) -> Any:
        """Take a connection; without a descriptor for it, let it wait for a moment, else the loop would be told of it again at once."""
        try:
            return accept()
        except OSError as error:
            if error.errno not in FULL:
                raise
            log.warning("a connection has to wait: %s", error.strerror)
            self._rests_until = time.monotonic() + TRY_AGAIN_S
            self._server.accepting = False
            return None

    def _in_loop(self, action: Callable[[], None]) -> None:
        """Have the loop's thread do it; nothing when the loop has already ended."""
        with contextlib.suppress(OSError):
            self._server.trigger.pull_trigger(action)

    def _close_when_flushed(self) -> None:
        """Send what is still in the buffers, for a moment; then close everything, which ends the loop."""
        deadline = time.monotonic() + CLOSE_WITHIN_S
        while time.monotonic() < deadline and any(channel.total_outbufs_len for channel in self._server.active_channels.values()):
            wasyncore.loop(timeout=0.05, map=self._sockets, use_poll=True, count=1)
        wasyncore.close_all(self._sockets)


def _bound(host: str, port: int, section: str) -> socket.socket:
    """Return a bound socket. waitress would leave its threads behind when the port cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise ConfigError(_why(host, port, section, error)) from error
    return listener


def _why(host: str, port: int, section: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is already in use: stop the other program, or set another [{section}] port"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} may not be used without privileges: set a [{section}] port above 1023"
    return f"cannot listen on {host} port {port}: {error.strerror}"
