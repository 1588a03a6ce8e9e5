"""The demo's switch of the national link: while it is cut nothing passes, and what was open is torn."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from edge.link_switch import LinkSwitch
from tests.demo_process import free_ports

BIG = 3_000_000


class Echo(socketserver.BaseRequestHandler):
    """Sends back what it got, until the caller has said all."""

    def handle(self) -> None:
        while chunk := self.request.recv(65_536):
            self.request.sendall(chunk)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture
def server() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Echo) as echo:
        thread = threading.Thread(target=echo.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield echo.server_address[1]
        echo.shutdown()
        thread.join()


@pytest.fixture
def switch(server: int) -> Iterator[tuple[LinkSwitch, int]]:
    port = free_ports(1)[0]
    made = LinkSwitch(port, ("127.0.0.1", server), f"http://127.0.0.1:{server}")
    made.start()
    yield made, port
    made.stop()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def echoed(connection: socket.socket, sent: bytes) -> bytes:
    """Send everything, say that it is all, and return what comes back up to the end."""

    def say() -> None:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=say)
    sender.start()
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    sender.join()
    return received


def test_every_byte_passes_both_ways_and_the_end_of_each_too(switch: tuple[LinkSwitch, int]) -> None:
    _, port = switch
    with connected(port) as connection:
        assert echoed(connection, b"x" * BIG) == b"x" * BIG


def test_a_cut_tears_what_is_open_and_lets_nobody_in(switch: tuple[LinkSwitch, int]) -> None:
    link, port = switch
    with connected(port) as connection:
        connection.sendall(b"hello")
        assert connection.recv(5) == b"hello"
        link.cut()
        assert link.is_cut
        with suppress(ConnectionError):
            assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connected(port)


def test_a_restored_link_is_as_before_and_twice_is_once(switch: tuple[LinkSwitch, int]) -> None:
    link, port = switch
    for turn in (link.cut, link.cut, link.restore, link.restore):
        turn()
    assert not link.is_cut
    with connected(port) as connection:
        assert echoed(connection, b"again") == b"again"


def test_a_server_that_is_not_there_is_a_connection_that_ends() -> None:
    port, nobody = free_ports(2)
    link = LinkSwitch(port, ("127.0.0.1", nobody), "")
    link.start()
    try:
        with connected(port) as connection:
            assert connection.recv(1) == b""
    finally:
        link.stop()
