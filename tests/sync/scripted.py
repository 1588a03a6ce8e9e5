"""A server on 127.0.0.1 that says what the test wants: right answers, wrong ones, none at all."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OURS = {"X-Sync-Protocol": "1", "Content-Type": "application/json"}


@dataclass
class Heard:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """Answers every request with what ``say`` gives: status, headers, body; None: the connection ends without a word."""

    say: Callable[[Heard], tuple[int, dict[str, str], bytes] | None]
    heard: list[Heard] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(say: Callable[[Heard], tuple[int, dict[str, str], bytes] | None], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(say)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            try:
                super().handle()
            except ssl.SSLError:
                socket.socket.recv(self.connection, 65_536)  # what is unread would turn the alert into a reset

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            one = Heard(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            server.heard.append(one)
            said = server.say(one)
            if said is None:
                self.close_connection = True
                return
            status, headers, content = said
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.close_connection |= "Content-Length" in headers  # a wrong one: nothing more follows

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        if tls:
            http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)  # in the connection's own thread
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.url = f"{'https' if tls else 'http'}://127.0.0.1:{http.server_port}"
        yield server
        http.shutdown()
        thread.join()
