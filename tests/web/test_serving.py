"""The listener: taken ports, limits, and a stop that does not keep anybody waiting."""

import http.client
import socket
import threading
import time

import pytest

from edge.errors import ConfigError
from edge.web.limits import MonotonicStorage
from edge.web.serving import WebServer
from tests.web.conftest import Web


def test_a_port_in_use_is_one_sentence_at_once(web: Web) -> None:
    with pytest.raises(ConfigError, match=rf"port {web.port} on 127\.0\.0\.1 is already in use"):
        WebServer(lambda *_: [], "127.0.0.1", web.port).bind()


def test_an_address_that_is_not_ours_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1 port 8080"):
        WebServer(lambda *_: [], "192.0.2.1", 8080).bind()


def test_what_was_bound_but_never_started_is_stopped_as_well() -> None:
    server = WebServer(lambda *_: [], "127.0.0.1", 0)
    server.bind()

    server.stop()

    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])), timeout=1)


def test_a_stop_finishes_the_request_in_hand_and_takes_less_than_two_seconds() -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(_environ: object, start_response: object) -> list[bytes]:
        entered.set()
        leave.wait(5)
        start_response("200 OK", [("Content-Length", "4")])  # type: ignore[operator]
        return [b"done"]

    server = WebServer(slow, "127.0.0.1", 0)
    server.bind()
    server.start()
    idle = socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])))
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=5)
    connection.request("GET", "/")
    assert entered.wait(5)
    threading.Timer(0.3, leave.set).start()

    began = time.monotonic()
    server.stop()

    assert time.monotonic() - began < 2
    assert connection.getresponse().read() == b"done"
    connection.close()
    idle.close()


def test_one_connection_serves_many_requests(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
    for _ in range(3):
        connection.request("GET", "/healthz")
        first = connection.sock
        assert connection.getresponse().read()
        assert connection.sock is first
    connection.close()


def test_a_caller_with_a_token_is_not_limited_at_a_hundred_requests_in_a_burst(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
    headers = {"Authorization": f"Bearer {web.token('kiosk-1')}"}
    seen = set()
    for _ in range(100):
        connection.request("GET", "/api/v1/categories", headers=headers)
        response = connection.getresponse()
        response.read()
        seen.add(response.status)
    connection.close()

    assert seen == {200}


def test_a_stranger_who_floods_is_told_when_to_come_back(fresh: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", fresh.port, timeout=5)
    deadline = time.monotonic() + 10
    status, headers = 0, {}
    while status != 429:
        assert time.monotonic() < deadline, "never limited"
        connection.request("GET", "/api/v1/boards/a")
        response = connection.getresponse()
        response.read()
        status, headers = response.status, dict(response.getheaders())
    connection.close()

    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Retry-After"] == "1"
    assert fresh.get("services", "kiosk-1").status == 200, "who has a token is not counted with strangers"


def test_windows_follow_the_monotonic_clock_and_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    now, wall = 100.0, 1_000_000.0
    monkeypatch.setattr("edge.web.limits.time.monotonic", lambda: now)
    monkeypatch.setattr("edge.web.limits.time.time", lambda: wall)
    storage = MonotonicStorage()
    assert [storage.incr("a", 1), storage.incr("a", 1)] == [1, 2]

    wall -= 7200  # the clock is put back: nobody is locked out
    now += 1.1

    assert storage.get("a") == 0
    assert storage.incr("a", 1) == 1
    for number in range(2000):
        storage.incr(str(number), 1)
    now += 2
    storage.incr("last", 1)
    assert storage.reset() == 1
