"""What a device may read and write: its own topics and no others; a forbidden publish reaches no one."""

import pytest

from tests.journeys.hall import Hall
from tests.journeys.http_client import fresh_key
from tests.journeys.mqtt_client import PREFIX, Login, Stream, publish

REFUSED = "Not authorized"
FORBIDDEN = (
    "q/v1/dev/{me}/ack",
    "q/v1/dev/{me}/config",
    "q/v1/dev/{me}/cmd",
    "q/v1/dev/{me}/render",
    "q/v1/dev/{me}/issued",
    "q/v1/dev/{me}/unknown",
    "q/v1/srv/status",
    "q/v1/board/a/state",
    "q/v1/board/a/call",
    "q/v1/kiosk/a/state",
    "q/v1/desk/1/state",
    "q/v2/dev/{me}/event",
    "elsewhere",
)


def test_another_devices_topic_is_refused_with_0x87_and_has_no_effect(hall: Hall, sniffer: Stream) -> None:
    hall.issue("passport")
    one, other = hall.of_kind("button")[:2]
    id_ = fresh_key("spoof")
    said = publish(hall.login(one), f"q/v1/dev/{other}/event", {"v": 1, "id": id_, "type": "press"})
    assert REFUSED in said
    sniffer.catch_up(hall.act("1", "pause"))
    assert not [message for message in sniffer.messages if id_.encode() in message.payload]
    assert hall.serving(hall.devices[other]["desk"]) is None


@pytest.mark.parametrize("topic", FORBIDDEN)
@pytest.mark.parametrize("kind", ["button", "kiosk", "board", "desk"])
def test_what_the_server_says_no_device_may_say(hall: Hall, kind: str, topic: str) -> None:
    me = hall.of_kind(kind)[0]
    assert REFUSED in publish(hall.login(me), topic.format(me=me), {"v": 1})


@pytest.mark.parametrize("name", ["status", "about", "event", "reply", "issue"])
@pytest.mark.parametrize("kind", ["button", "kiosk", "board", "desk"])
def test_every_device_may_write_its_own_topics(hall: Hall, kind: str, name: str) -> None:
    me = hall.of_kind(kind)[0]
    body = {
        "status": {"v": 1, "state": "ready", "boot_id": "b1", "fw": "1.0"},
        "about": {"v": 1, "kind": kind, "model": "test", "caps": []},
        "event": {"v": 1, "id": fresh_key("own"), "type": "paper-low"},
        "reply": {"v": 1, "cmd_id": "none", "result": "ok"},
        "issue": {"v": 1, "id": fresh_key("own"), "service": "no-such-service", "lang": "ky"},
    }[name]
    assert publish(hall.login(me), f"q/v1/dev/{me}/{name}", body, retain=name in ("status", "about")) == ""


def test_the_monitor_writes_nothing(hall: Hall) -> None:
    for topic in ("q/v1/srv/status", f"q/v1/dev/{hall.of_kind('button')[0]}/event", "elsewhere"):
        assert REFUSED in publish(hall.monitor, topic, {"v": 1})


ALSO = {
    "button": {"desk/{desk}/state"},
    "desk": {"desk/{desk}/state"},
    "board": {"board/a/state", "board/b/state", "board/a/call"},
    "kiosk": {"kiosk/a/state", "kiosk/b/state"},
}


@pytest.mark.parametrize("kind", sorted(ALSO))
def test_a_device_reads_its_own_topics_and_what_its_kind_needs_and_nothing_else(hall: Hall, kind: str) -> None:
    """A forbidden subscription may be granted; it delivers nothing. Everything happens while it listens to `#`."""
    me = hall.of_kind(kind)[0]
    needed = {f"dev/{me}/ack", f"dev/{me}/config", "srv/status", *(each.format(desk=hall.devices[me].get("desk")) for each in ALSO[kind])}
    with Stream(hall.login(me), "#") as stream:
        mark = stream.mark()
        hall.issue("passport")
        hall.act("1", "next")
        hall.event(me, {"id": fresh_key("read"), "type": "paper-low"})
        stream.wait(lambda message: message.topic == f"q/v1/dev/{me}/ack", since=mark)
        seen = {message.topic.removeprefix(PREFIX) for message in stream.messages} - {"srv/time"}
    assert seen == needed


@pytest.mark.parametrize(("user", "password"), [("{me}", "wrong"), ("{me}", ""), ("nobody", "{password}"), ("server", "{password}"), ("", "")])
def test_a_wrong_login_is_refused_at_connack(hall: Hall, user: str, password: str) -> None:
    me = hall.of_kind("button")[0]
    right = hall.login(me)
    login = Login(right.host, right.port, user.format(me=me), password.format(password=right.password))
    assert REFUSED in publish(login, f"q/v1/dev/{me}/event", {"v": 1, "id": "wrong-login", "type": "press"})


def test_a_device_may_have_several_connections_under_any_client_id(hall: Hall) -> None:
    me = hall.of_kind("board")[0]
    with Stream(hall.login(me), f"q/v1/dev/{me}/config") as one, Stream(hall.login(me), f"q/v1/dev/{me}/config") as other:
        for stream in (one, other):
            assert stream.wait(lambda message: message.topic.endswith("/config")).json["role"] == "board"
