"""Who may read and write what, on a real Mosquitto and on both listeners (`docs/mqtt.md`, "Who may do what")."""

from typing import Literal

import pytest

from edge.devices import access, topics
from edge.queueing.registry import Kind
from tests.devices.client import NO_SUBSCRIBERS, NOT_AUTHORIZED, SUCCESS, Client
from tests.devices.conftest import DEVICES, Served

LISTENERS = pytest.mark.parametrize("transport", ["tcp", "websockets"])
Transport = Literal["tcp", "websockets"]
USERS = [device.device for device in DEVICES]
BOUND = {device.device: device for device in DEVICES}
END = "q/v1/srv/status"  # everyone may read it: when it comes, all that was published before has come too

OWN_WRITES = ("status", "about", "event", "stat", "reply", "issue")
OWN_READS = ("ack", "cmd", "config", "render", "issued")
SHOWN = {
    Kind.BUTTON: {"q/v1/desk/1/state"},
    Kind.LED: {"q/v1/desk/1/state"},
    Kind.DESK: {"q/v1/desk/1/state"},
    Kind.BOARD: {"q/v1/board/a/state", "q/v1/board/b/call"},
    Kind.SPEAKER: {"q/v1/board/a/state", "q/v1/board/b/call"},
    Kind.KIOSK: {"q/v1/kiosk/b/state"},
    Kind.PRINTER: {"q/v1/kiosk/b/state"},
}
EVERYONES = {"q/v1/srv/time", END}
ALL_SHOWN = set().union(*SHOWN.values()) | {"q/v1/desk/2/state"}


def connect(kept: Served, user: str, *filters: str, transport: Transport = "tcp") -> Client:
    return Client(kept.login(user, ws=transport == "websockets"), *filters, transport=transport)


@LISTENERS
@pytest.mark.parametrize("user", USERS)
def test_a_device_writes_its_own_topics_and_nothing_else(kept: Served, user: str, transport: Transport) -> None:
    with connect(kept, user, transport=transport) as device:
        allowed = {f"q/v1/dev/{user}/{name}" for name in OWN_WRITES}
        assert set(device.codes(*allowed).values()) <= {SUCCESS, NO_SUBSCRIBERS}
        other = "button-2" if user != "button-2" else "button-1"
        forbidden = {topic.of(key) for topic in topics.TOPICS for key in (user, other, "a", "1")} - allowed
        elsewhere = ("q/v1/new", "q/v2/x", "canary", f"q/v1/dev/{user}", f"q/v1/dev/{user}/event/deep")
        codes = device.codes(*forbidden, *elsewhere)
        assert set(codes.values()) == {NOT_AUTHORIZED}, codes


@LISTENERS
@pytest.mark.parametrize("user", USERS)
def test_a_device_reads_its_own_topics_and_what_its_kind_shows(kept: Served, user: str, transport: Transport) -> None:
    with connect(kept, user, "#", transport=transport) as device, connect(kept, access.SERVER) as server:
        other = "button-2" if user != "button-2" else "button-1"
        own = {f"q/v1/dev/{user}/{name}" for name in OWN_READS}
        foreign = {f"q/v1/dev/{other}/{name}" for name in (*OWN_READS, *OWN_WRITES)}
        device_side = {f"q/v1/dev/{user}/{name}" for name in OWN_WRITES}
        server.codes(*(own | foreign | device_side | ALL_SHOWN), "q/v1/srv/time", END)
        device.wait(END)
        wanted = SHOWN[BOUND[user].kind] if user != "button-2" else {"q/v1/desk/2/state"}
        assert {message.topic for message in device.messages} == own | EVERYONES | wanted


@LISTENERS
def test_a_forbidden_message_reaches_no_one(kept: Served, transport: Transport) -> None:
    with (
        connect(kept, "monitor", "#") as monitor,
        connect(kept, "button-1", transport=transport) as button,
        connect(kept, access.SERVER) as server,
    ):
        assert button.publish("q/v1/dev/button-2/event", {}) == NOT_AUTHORIZED
        assert button.publish("q/v1/board/a/state", {}, retain=True) == NOT_AUTHORIZED
        server.publish(END, {})
        monitor.wait(END)
        assert [message.topic for message in monitor.messages] == [END]


@LISTENERS
def test_the_monitor_reads_everything_and_writes_nothing(kept: Served, transport: Transport) -> None:
    with connect(kept, "monitor", "#", transport=transport) as monitor, connect(kept, access.SERVER) as server:
        every = [topic.of("button-1") for topic in topics.TOPICS]
        assert set(monitor.codes(*every).values()) == {NOT_AUTHORIZED}
        server.codes(*every)
        monitor.wait(every[-1])
        assert [message.topic for message in monitor.messages] == every


def test_the_server_writes_only_under_its_prefix(kept: Served) -> None:
    with connect(kept, access.SERVER) as server:
        assert server.publish("q/v1/srv/status") == NO_SUBSCRIBERS
        assert server.publish("elsewhere") == NOT_AUTHORIZED


@LISTENERS
@pytest.mark.parametrize(
    ("user", "word"), [("button-1", "wrong"), ("button-1", ""), ("nobody", "x"), ("server", "password of server"), ("canary", "")]
)
def test_a_wrong_password_is_refused_at_connack(kept: Served, user: str, word: str, transport: Transport) -> None:
    login = kept.login("monitor", ws=transport == "websockets")
    with Client(type(login)(login.host, login.port, user, word), transport=transport) as stranger:
        assert stranger.refused == NOT_AUTHORIZED


def test_several_connections_of_one_device_live_side_by_side(kept: Served) -> None:
    topic = "q/v1/dev/desk-1/config"
    with (
        connect(kept, "desk-1", topic) as one,
        connect(kept, "desk-1", topic, transport="websockets") as two,
        connect(kept, access.SERVER) as server,
    ):
        server.publish(topic, {})
        one.wait(topic)
        two.wait(topic)
