"""The tools of these tests do what their names say: a network that lies would prove nothing."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from tests.demo_process import wait_for
from tests.sync.meddler import Meddler, Said, first
from tests.sync.proxy import CLEAR, CUT, DEAF, REFUSED, Link, Weather, stalling

HELLO = Said(200, {"X-Sync-Protocol": "1", "Content-Type": "application/json"}, b'{"n": 1}')


@pytest.fixture
def server() -> Iterator[Meddler]:
    with closing(Meddler(meddling=lambda _asked, _forward: HELLO)) as made:
        yield made


@contextmanager
def ask(port: int, *, within: float = 5.0) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=within)
    try:
        connection.request("POST", "/sync/v1/hello", b"{}")
        yield connection.getresponse()
    finally:
        connection.close()


def test_in_clear_weather_a_link_changes_nothing(server: Meddler) -> None:
    with closing(Link(server.port)) as link, ask(link.port) as answer:
        assert (answer.status, answer.read()) == (200, HELLO.body)
        assert link.counts.connections == 1
        assert link.counts.up > 0
        wait_for("what came down to be counted", lambda: link.counts.down > 0)


def test_a_slow_link_takes_its_time(server: Meddler) -> None:
    with closing(Link(server.port, Weather(down=1000))) as link:
        began = time.monotonic()
        with ask(link.port) as answer:
            answer.read()
        assert time.monotonic() - began > len(HELLO.raw()) / 1000 * 0.9


@pytest.mark.parametrize("weather", [DEAF, Weather(up=0), Weather(up=0, down=0)])
def test_a_cut_link_is_silent_and_goes_on_when_it_is_mended(server: Meddler, weather: Weather) -> None:
    with closing(Link(server.port, weather)) as link:
        with pytest.raises(TimeoutError), ask(link.port, within=0.2):
            pass
        assert server.asked["hello"] == (weather == DEAF)
        link.mend()
        with ask(link.port) as answer:
            assert answer.status == 200


def test_a_reset_ends_connections_with_an_error_not_an_end(server: Meddler) -> None:
    with closing(Link(server.port)) as link, closing(socket.create_connection(("127.0.0.1", link.port))) as open_:
        wait_for("the connection", lambda: link.counts.connections)
        with ask(link.port) as answer:
            answer.read()
        link.reset()
        with pytest.raises(ConnectionResetError):
            open_.recv(1)


def test_a_refusing_link_lets_nobody_in(server: Meddler) -> None:
    with closing(Link(server.port, REFUSED)) as link, pytest.raises((ConnectionError, http.client.HTTPException)), ask(link.port):
        pass


def test_a_flapping_link_is_up_again_and_again(server: Meddler) -> None:
    with closing(Link(server.port)) as link, link.flapping(0.05):
        for weather in (CUT, CLEAR, CUT, CLEAR):
            wait_for("the other weather", lambda wanted=weather: link.weather == wanted)  # type: ignore[misc]


def test_a_stalling_link_loses_nothing(server: Meddler) -> None:
    with closing(Link(server.port, stalling(900, 0.02))) as link, ask(link.port) as answer:
        assert answer.read() == HELLO.body


def test_a_meddler_says_what_the_meddling_wants_and_then_the_truth(server: Meddler) -> None:
    torn = first(lambda _, forward: replace(forward(), length=100), of="hello")
    with closing(Meddler(server.port, torn)) as meddler:
        with ask(meddler.port) as answer, pytest.raises(http.client.IncompleteRead):
            answer.read()
        with ask(meddler.port) as answer:
            assert answer.read() == HELLO.body
        assert meddler.asked["hello"] == server.asked["hello"] == 2


def test_threads_of_both_end_with_them(server: Meddler) -> None:
    before = threading.active_count()
    for made in (Link(server.port), Meddler(server.port)):
        made.close()
    assert threading.active_count() == before
