"""The server's connection: exact expiry, last will, clean stop, nothing old sent again, and no exception out of a callback."""

import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from edge.devices import access, topics
from edge.devices.link import Incoming, Link, Login, Will
from edge.devices.topics import By
from tests.demo_process import wait_for
from tests.devices.client import Client
from tests.devices.conftest import Served

OFFLINE = b'{"v":1,"state":"offline"}'
ONLINE = b'{"v":1,"state":"online"}'


def linked(
    served: Served, handle: Callable[[Incoming], None] = lambda _: None, on_up: Callable[[], None] = lambda: None, login: Login | None = None
) -> Link:
    will = Will(topics.SRV_STATUS, lambda: OFFLINE)
    link = Link(login or served.login(access.SERVER), will, topics.FROM_DEVICES, handle=handle, on_up=on_up, may_connect=lambda: True)
    link.start()
    assert link.wait_up(5)
    return link


def hang_up(link: Link) -> None:
    link.stop(lambda: None)


def drop(link: Link) -> None:
    """Break the connection as a cut cable does."""
    client: Any = link._client
    client.socket().shutdown(socket.SHUT_RDWR)


def test_qos_retain_and_expiry_are_exactly_the_tables(served: Served) -> None:
    link = linked(served)
    with Client(served.login("monitor"), "q/v1/#") as monitor:
        for topic in topics.TOPICS:
            if topic.by is By.SERVER:
                link.publish(topic, "a", b"{}")
                came = monitor.wait(topic.of("a"))
                assert (came.qos, came.retain, came.expiry) == (topic.qos, topic.retain, topic.expiry), topic.name
    hang_up(link)


def test_the_offline_will_goes_out_when_the_server_vanishes(served: Served) -> None:
    link = linked(served)
    with Client(served.login("monitor"), "q/v1/srv/status") as monitor:
        link.publish(topics.SRV_STATUS, "", ONLINE)
        link._stopping.set()  # a dead process does not come back
        drop(link)
        will = monitor.wait("q/v1/srv/status", state="offline")
        assert (will.payload, will.qos, will.retain) == (OFFLINE, 1, True)
    hang_up(link)


def test_a_clean_stop_publishes_its_last_word_and_no_will(served: Served) -> None:
    link = linked(served)
    with Client(served.login("monitor"), "q/v1/#") as monitor:
        link.stop(lambda: link.publish(topics.SRV_STATUS, "", b'{"last":1}'))
        monitor.wait("q/v1/srv/status")
        with Client(served.login("button-1")) as button:
            button.publish("q/v1/dev/button-1/stat")
        monitor.wait("q/v1/dev/button-1/stat")
        assert [message.payload for message in monitor.of("q/v1/srv/status")] == [b'{"last":1}']


def test_it_connects_again_and_says_so_each_time(served: Served) -> None:
    ups: list[int] = []
    link = linked(served, on_up=lambda: ups.append(1))
    wait_for("the first", lambda: len(ups) == 1)
    drop(link)
    wait_for("the second", lambda: len(ups) == 2)
    assert served.broker.pid
    os.kill(served.broker.pid, signal.SIGKILL)
    wait_for("the third", lambda: len(ups) == 3)
    hang_up(link)


def test_what_was_published_without_a_connection_is_not_sent_later(served: Served) -> None:
    link = linked(served)
    with Client(served.login("monitor"), "q/v1/#") as monitor:
        link._up.clear()
        assert link.publish(topics.BOARD_CALL, "a", b"{}") is None
        link._up.set()
        link.publish(topics.BOARD_STATE, "a", b"{}")
        monitor.wait("q/v1/board/a/state")
        assert len(monitor.messages) == 1
    hang_up(link)


def test_what_the_broker_had_not_answered_is_not_sent_again_after_a_reconnect(served: Served) -> None:
    """The client library keeps unanswered QoS 1 messages and sends them again: an old board over a new one."""
    ups: list[int] = []
    link = linked(served, on_up=lambda: ups.append(1))
    wait_for("the first", lambda: len(ups) == 1)
    before = link._client
    assert served.broker.pid
    os.kill(served.broker.pid, signal.SIGSTOP)
    link.publish(topics.BOARD_STATE, "a", b'{"old":1}')
    os.kill(served.broker.pid, signal.SIGKILL)
    wait_for("the second", lambda: len(ups) == 2)
    assert link._client is not before
    with Client(served.login("monitor"), "q/v1/#") as monitor:
        link.publish(topics.SRV_STATUS, "", ONLINE)
        monitor.wait("q/v1/srv/status")
        assert not monitor.of("q/v1/board/a/state")
    hang_up(link)


def test_an_exception_in_a_handler_or_in_the_repaint_ends_nothing(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    handled: list[str] = []

    def handle(incoming: Incoming) -> None:
        handled.append(incoming.topic)
        raise RuntimeError("on purpose")

    def on_up() -> None:
        raise RuntimeError("on purpose")

    with caplog.at_level(logging.CRITICAL):
        link = linked(served, handle, on_up)
        with Client(served.login("button-1")) as button:
            button.publish("q/v1/dev/button-1/event", {"id": "1"})
            button.publish("q/v1/dev/button-1/event", {"id": "2"})
        wait_for("both", lambda: len(handled) == 2)
        assert link.is_up
        hang_up(link)


def test_an_exception_in_a_callback_never_reaches_paho(served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    got: list[Incoming] = []
    link = linked(served, got.append)
    with caplog.at_level(logging.CRITICAL), Client(served.login("button-1")) as button:
        with monkeypatch.context() as patched:
            patched.setattr(link, "_enqueue", lambda _: 1 / 0)
            button.publish("q/v1/dev/button-1/event", {"id": "1"})
        button.publish("q/v1/dev/button-1/event", {"id": "2"})
        wait_for("the second", lambda: got)
    assert json.loads(got[0].payload)["id"] == "2"
    hang_up(link)


def test_messages_beyond_what_can_wait_are_dropped_and_the_link_lives(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("edge.devices.link.MOST_WAITING", 2)
    go, got = threading.Event(), []

    def handle(incoming: Incoming) -> None:
        go.wait(5)
        got.append(incoming.topic)

    with caplog.at_level(logging.CRITICAL):
        link = linked(served, handle)
        with Client(served.login("button-1")) as button:
            for number in range(6):
                button.publish("q/v1/dev/button-1/event", {"id": str(number)})
            wait_for("a full queue", lambda: link.waiting == 2)
            go.set()
            wait_for("an empty queue", lambda: link.waiting == 0)
            button.publish("q/v1/dev/button-1/stat")
            wait_for("the next message", lambda: "q/v1/dev/button-1/stat" in got)
        hang_up(link)


def test_an_arriving_message_knows_whether_it_was_retained_and_how_long_it_lives(served: Served) -> None:
    got: list[Incoming] = []
    link = linked(served, got.append)
    with Client(served.login("button-1")) as button:
        button.publish("q/v1/dev/button-1/event", {"id": "1"}, retain=True, expiry=7)
        button.publish("q/v1/dev/button-1/event", {"id": "2"})
        wait_for("both", lambda: len(got) == 2)
    assert [(one.retained, one.expiry) for one in got] == [(True, 7), (False, None)]
    hang_up(link)


def test_without_delay_is_set_on_the_socket(served: Served) -> None:
    link = linked(served)
    client: Any = link._client
    assert client.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    hang_up(link)


def test_stopping_while_there_is_no_broker_takes_no_time(served: Served) -> None:
    served.broker.stop()
    will = Will(topics.SRV_STATUS, lambda: OFFLINE)
    link = Link(served.login(access.SERVER), will, topics.FROM_DEVICES, handle=lambda _: None, on_up=lambda: None, may_connect=lambda: True)
    link.start()
    assert not link.is_up
    hang_up(link)
    assert not link._connector.is_alive()
