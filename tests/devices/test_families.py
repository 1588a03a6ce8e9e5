"""Buttons that one can buy, in their makers' own words: one call for each press, and none for anything else.

`said`: what each adapter makes of messages, from the makers' documents; `recordings`: what owners of such buttons logged. `mosquitto_pub` below is
the device: MQTT 3.1.1, its own login, a real broker.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.devices import families
from edge.devices.families import hearing, shelly_gen1
from edge.devices.families.hearing import Hearing
from edge.devices.families.said import Measured, Present, Pressed, Said
from edge.devices.link import Incoming, Login
from edge.devices.mosquitto import Listeners
from edge.devices.payloads import Unreadable
from edge.errors import ConfigError, Refused
from edge.operations import registry, tickets
from edge.operations.context import Context
from edge.operations.orders import Op
from edge.operations.presence import Attendance
from edge.queueing import events
from edge.queueing.desk import Key
from edge.queueing.registry import Device, Family, Kind
from edge.store import queries
from tests.demo_process import wait_for
from tests.devices.client import NOT_AUTHORIZED, Client
from tests.devices.conftest import Roomed, make_room
from tests.devices.recordings import RECORDINGS, Recording

ZIGBEE = Device("zigbee", Kind.BUTTON, desk="1", family=Family.ZIGBEE2MQTT, address="zigbee2mqtt/button-3")
REMOTE = Device("remote", Kind.BUTTON, desk="2", family=Family.ZIGBEE2MQTT, address="zigbee2mqtt/remote/2")
GEN1 = Device("gen1", Kind.BUTTON, desk="1", family=Family.SHELLY_GEN1, address="shellyix3-A4CF12F45301")
SLEEPER = Device("sleeper", Kind.BUTTON, desk="1", family=Family.SHELLY_GEN1, address="shellybutton1-A4CF12F45302")
GEN2 = Device("gen2", Kind.BUTTON, desk="1", family=Family.SHELLY_GEN2, address="shellyplusi4-a8032ab1fe78/2")
TASMOTA = Device("tasmota", Kind.BUTTON, desk="1", family=Family.TASMOTA, address="tasmota_1A2B3C")
BOUGHT = (ZIGBEE, REMOTE, GEN1, SLEEPER, GEN2, TASMOTA)

INPUT = "shellies/shellyix3-A4CF12F45301/input_event/0"
RPC = "shellyplusi4-a8032ab1fe78/events/rpc"
RESULT = "stat/tasmota_1A2B3C/RESULT"
ACTION = "zigbee2mqtt/button-3/action"


def push(event: str, ts: float | None, component: str = "input:2") -> dict[str, object]:
    """As a Shelly Plus i4 notifies it."""
    happened = {"component": component, "id": int(component.partition(":")[2]), "event": event, "ts": ts}
    source = "shellyplusi4-a8032ab1fe78"
    return {"src": source, "dst": f"{source}/events", "method": "NotifyEvent", "params": {"ts": ts, "events": [happened]}}


PRESS, DOUBLE, HOLD = Pressed(Key.PRESS), Pressed(Key.DOUBLE), Pressed(Key.HOLD)
DOCUMENTED: list[tuple[Device, str, object, list[Said]]] = [
    (ZIGBEE, ACTION, "single", [PRESS]),
    (ZIGBEE, ACTION, "double", [DOUBLE]),
    (ZIGBEE, ACTION, "hold", [HOLD]),
    (ZIGBEE, ACTION, "release", []),
    (ZIGBEE, ACTION, "", []),
    (ZIGBEE, ACTION, "1_single", [PRESS]),
    (ZIGBEE, "zigbee2mqtt/button-3", {"action": "single", "battery": 87, "linkquality": 120, "voltage": 2900}, [PRESS, Measured({"battery": 87})]),
    (ZIGBEE, "zigbee2mqtt/button-3", {"action": "", "battery": 87}, [Measured({"battery": 87})]),
    (ZIGBEE, "zigbee2mqtt/button-3", {"action": None}, []),
    (ZIGBEE, "zigbee2mqtt/button-3/availability", {"state": "offline"}, [Present("lost")]),
    (ZIGBEE, "zigbee2mqtt/button-3/availability", "online", [Present("ready")]),
    (ZIGBEE, "zigbee2mqtt/bridge/state", {"state": "online"}, [Present(None, settles=True)]),
    (ZIGBEE, "zigbee2mqtt/bridge/state", "offline", [Present("lost")]),
    (REMOTE, "zigbee2mqtt/remote/action", "2_double", [DOUBLE]),
    (REMOTE, "zigbee2mqtt/remote/action", "button_2_long_press", [HOLD]),
    (REMOTE, "zigbee2mqtt/remote/action", "1_single", []),
    (REMOTE, "zigbee2mqtt/remote/action", "single", []),
    (GEN1, INPUT, {"event": "S", "event_cnt": 7}, [Pressed(Key.PRESS, count=7)]),
    (GEN1, INPUT, {"event": "SS", "event_cnt": 8}, [Pressed(Key.DOUBLE, count=8)]),
    (GEN1, INPUT, {"event": "L", "event_cnt": 9}, [Pressed(Key.HOLD, count=9)]),
    (GEN1, INPUT, {"event": "SSS", "event_cnt": 10}, [Pressed(None, count=10)]),
    (GEN1, INPUT, {"event": "", "event_cnt": 0}, [Pressed(None, count=0)]),
    (GEN1, "shellies/shellyix3-A4CF12F45301/online", "true", [Present("ready", settles=True)]),
    (GEN1, "shellies/shellyix3-A4CF12F45301/online", "false", [Present("lost")]),
    (SLEEPER, "shellies/shellybutton1-A4CF12F45302/online", "true", [Present("ready")]),
    (SLEEPER, "shellies/shellybutton1-A4CF12F45302/online", "false", [Present("sleeping")]),
    (SLEEPER, "shellies/shellybutton1-A4CF12F45302/sensor/battery", "64", [Measured({"battery": 64.0})]),
    (SLEEPER, "shellies/shellybutton1-A4CF12F45302/sensor/battery", "nan", []),
    (GEN2, RPC, push("single_push", 1730000000.42), [Pressed(Key.PRESS, mark="press.1730000000.42")]),
    (GEN2, RPC, push("double_push", 1730000001.5), [Pressed(Key.DOUBLE, mark="double.1730000001.5")]),
    (GEN2, RPC, push("long_push", None), [HOLD]),
    (GEN2, RPC, push("btn_down", 1730000002.0), []),
    (GEN2, RPC, push("single_push", 1730000002.0, "input:1"), []),
    (GEN2, RPC, {"src": "x", "method": "NotifyStatus", "params": {"ts": 1.0, "input:2": {"id": 2, "state": True}}}, []),
    (GEN2, "shellyplusi4-a8032ab1fe78/online", "false", [Present("lost")]),
    (TASMOTA, RESULT, {"Button1": {"Action": "SINGLE"}}, [PRESS]),
    (TASMOTA, RESULT, {"Button1": {"Action": "HOLD"}}, [HOLD]),
    (TASMOTA, RESULT, {"Button1": {"Action": "CLEAR"}}, []),
    (TASMOTA, RESULT, {"Button2": {"Action": "SINGLE"}}, []),
    (TASMOTA, RESULT, {"POWER": "ON"}, []),
    (TASMOTA, "tele/tasmota_1A2B3C/LWT", "Online", [Present("ready", settles=True)]),
    (TASMOTA, "tele/tasmota_1A2B3C/LWT", "Offline", [Present("lost")]),
]


def payload_of(said: object) -> bytes:
    return said.encode() if isinstance(said, str) else json.dumps(said).encode()


@pytest.mark.parametrize(("device", "topic", "said", "meant"), DOCUMENTED)
def test_a_message_means_what_its_maker_says(device: Device, topic: str, said: object, meant: list[Said]) -> None:
    [(_, adapter, address)] = families.spoken([device])
    assert topic in adapter.heard(address)
    assert list(adapter.said(address, topic, payload_of(said))) == meant


def test_a_bluetooth_button_speaks_through_its_gateway() -> None:
    blu = Device("blu", Kind.BUTTON, desk="1", family=Family.SHELLY_GEN2, address="shellyplusi4-a8032ab1fe78/200")
    [(_, adapter, address)] = families.spoken([blu])
    assert list(adapter.said(address, RPC, payload_of(push("single_push", 1.5, "bthomedevice:200")))) == [Pressed(Key.PRESS, mark="press.1.5")]


@pytest.mark.parametrize(
    "said",
    [
        b"\xff\xfe",
        b"[1]",
        b"{",
        b'{"event":"S","event_cnt":"7"}',
        b'{"event":"S","event_cnt":-1}',
        b'{"event":"S","event_cnt":1e9}',
        b'{"event":"S","event_cnt":4294967296}',
    ],
)
def test_what_cannot_be_read_is_unreadable(said: bytes) -> None:
    with pytest.raises(Unreadable):
        list(shelly_gen1.said(str(GEN1.address), INPUT, said))


@pytest.mark.parametrize("address", ["zigbee2mqtt/#", "zigbee2mqtt/a b", "zigbee2mqtt/a\nuser server", "zigbee2mqtt/bridge", "q/v1", "zigbee2mqtt"])
def test_an_address_that_could_reach_further_gets_no_rights_and_no_ear(address: str) -> None:
    assert families.spoken([Device("button", Kind.BUTTON, family=Family.ZIGBEE2MQTT, address=address)]) == []


# on a real broker


def pub(here: Roomed, device: Device, topic: str, said: object, *more: str) -> None:
    """What the device does: log in, say it, hang up."""
    user, password = registry.login(here.ctx.keys, device)
    login = ["-h", "127.0.0.1", "-p", str(here.listeners.port), "-u", user, "-P", password, "-V", "mqttv311"]
    subprocess.run(["mosquitto_pub", *login, "-q", "1", "-t", topic, "-m", payload_of(said).decode(), *more], check=True, timeout=10)


def presses(ctx: Context, device: Device) -> list[str]:
    """The ids of all presses of a device that were decided, in no order."""
    return [str(row[0]) for row in ctx.database.connection().execute("SELECT key FROM remembered WHERE scope = ?", (f"press:{device.device}",))]


def calls(ctx: Context) -> int:
    return sum(line.type == events.TicketCalled.TYPE for line in queries.all_lines(ctx.database))


@pytest.fixture
def bought(ctx: Context, listeners: Listeners, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Roomed]:
    """The room with a device of each family, none of whose desks has a guard; it takes presses at once."""
    monkeypatch.setattr(hearing, "SETTLES_S", 0.0)
    registry.register(ctx, list(BOUGHT), actor="test")
    for _ in range(12):
        tickets.issue(ctx, service="passport", lang="ky", via="test", actor="test")
    room = make_room(ctx, listeners, tmp_path)
    room.start()
    yield Roomed(room, ctx, listeners)
    room.stop()


ONE_PRESS = [
    (ZIGBEE, ACTION, "single"),
    (REMOTE, "zigbee2mqtt/remote", {"action": "2_single", "battery": 87}),
    (GEN1, INPUT, {"event": "S", "event_cnt": 7}),
    (SLEEPER, "shellies/shellybutton1-A4CF12F45302/input_event/0", {"event": "S", "event_cnt": 1}),
    (GEN2, RPC, push("single_push", 1730000000.42)),
    (TASMOTA, RESULT, {"Button1": {"Action": "SINGLE"}}),
]


def test_each_family_calls_once_for_one_press(bought: Roomed) -> None:
    for number, (device, topic, said) in enumerate(ONE_PRESS, 1):
        bought.ctx.moves.clear()  # long after the guard
        pub(bought, device, topic, said)
        wait_for(f"the call by {device.device}", lambda: calls(bought.ctx) >= number)  # noqa: B023 -- asked at once
        assert calls(bought.ctx) == number
        assert bought.ctx.hall.at_desk(str(device.desk)) is not None
    assert bought.room.health()["bad_payloads"] == 0
    assert bought.room._attendance.of("remote").stat == {"battery": 87}


def settled(here: Roomed) -> None:
    """All that was said before is decided: what comes behind it on the same way is."""
    known = len(presses(here.ctx, REMOTE))
    pub(here, REMOTE, "zigbee2mqtt/remote/action", "2_single")
    wait_for("the last press", lambda: len(presses(here.ctx, REMOTE)) > known)


def test_a_press_said_again_is_no_second_call(bought: Roomed) -> None:
    for device, topic, said in (ONE_PRESS[2], ONE_PRESS[4]):
        for _ in range(3):
            bought.ctx.moves.clear()
            pub(bought, device, topic, said)
        settled(bought)
        assert len(presses(bought.ctx, device)) == 1
    pub(bought, ZIGBEE, "zigbee2mqtt/button-3", {"action": "single"})
    pub(bought, ZIGBEE, ACTION, "single")  # the same press, on its other topic
    pub(bought, ZIGBEE, ACTION, "")
    settled(bought)
    assert len(presses(bought.ctx, ZIGBEE)) == 1


def test_a_retained_press_calls_no_one_and_is_cleared(bought: Roomed) -> None:
    planted = [ONE_PRESS[0], ONE_PRESS[2], ONE_PRESS[4], ONE_PRESS[5]]
    for device, topic, said in planted:
        pub(bought, device, topic, said, "-r")
    settled(bought)
    with greeted(bought):
        bought.room._link.subscribe_again()
    settled(bought)
    assert not any(presses(bought.ctx, device) for device, _, _ in planted)
    with Client(login_of(bought, ZIGBEE), "zigbee2mqtt/#") as bridge:
        bridge.publish("zigbee2mqtt/done", {})
        bridge.wait("zigbee2mqtt/done")
        assert not bridge.of(ACTION)


@contextmanager
def greeted(here: Roomed) -> Iterator[None]:
    """What the block does makes the server subscribe; afterwards it has, and a device that can be asked was."""
    asked = f"shellies/{GEN1.address}/command"
    with Client(login_of(here, GEN1), asked) as device:
        yield
        assert device.wait(asked).payload == b"update"


def login_of(here: Roomed, device: Device) -> Login:
    return Login("127.0.0.1", here.listeners.port, *registry.login(here.ctx.keys, device))


def test_a_device_of_another_maker_has_its_own_prefix_and_none_of_ours(bought: Roomed) -> None:
    own = {
        ZIGBEE: "zigbee2mqtt/button-3",
        GEN1: INPUT,
        GEN2: RPC,
        TASMOTA: RESULT,
    }
    foreign = {"q/v1/dev/gen1/event", "q/v1/dev/zigbee/event", "q/v1/srv/status", "shellies/command", "homeassistant/status", "canary"}
    for device, topic in own.items():
        with Client(login_of(bought, device), "#") as client:
            codes = client.codes(*foreign, *(set(own.values()) - {topic}))
            assert set(codes.values()) == {NOT_AUTHORIZED}, codes
            assert client.publish(f"{topic.rsplit('/', 1)[0]}/other") != NOT_AUTHORIZED
            bought.room._repaint()
            client.publish(f"{topic.rsplit('/', 1)[0]}/other")
            assert not [message.topic for message in client.messages if message.topic.startswith("q/")]


def test_a_device_that_is_registered_meanwhile_is_heard_and_a_revoked_one_is_not(bought: Roomed) -> None:
    late = Device("late", Kind.BUTTON, desk="1", family=Family.TASMOTA, address="tasmota_LATE")
    with greeted(bought):
        registry.register(bought.ctx, [late], actor="test")
        bought.room.tick()
    pub(bought, late, "stat/tasmota_LATE/RESULT", {"Button1": {"Action": "SINGLE"}})
    wait_for("its press", lambda: len(presses(bought.ctx, late)) == 1)
    registry.register(bought.ctx, [replace(late, active=False, generation=2)], actor="test")
    bought.room.tick()
    with pytest.raises(subprocess.CalledProcessError):
        pub(bought, late, "stat/tasmota_LATE/RESULT", {"Button1": {"Action": "SINGLE"}})
    assert len(presses(bought.ctx, late)) == 1


def test_whether_it_is_there_is_what_its_maker_says(bought: Roomed) -> None:
    pub(bought, TASMOTA, "tele/tasmota_1A2B3C/LWT", "Offline", "-r")
    pub(bought, ZIGBEE, "zigbee2mqtt/bridge/state", {"state": "offline"}, "-r")
    states = bought.room._attendance
    wait_for("both to be lost", lambda: {states.of(device.device).state for device in (TASMOTA, ZIGBEE, REMOTE)} == {"lost"})
    pub(bought, TASMOTA, "tele/tasmota_1A2B3C/LWT", "Online", "-r")
    wait_for("it to be there", lambda: states.of("tasmota").state == "ready")


# which presses count


class Ear:
    """A hearing without a broker: what is said, and when."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.asked: list[tuple[str, bytes]] = []
        self.cleared: list[str] = []
        self.hearing = Hearing(ctx, Attendance(ctx), send=lambda *one: self.asked.append(one), clear=self.cleared.append)

    def hears(self, device: Device, topic: str, said: object, after_s: float = 0.0) -> int:
        """Return how many presses it made of it."""
        self.ctx.moves.clear()
        before = len(presses(self.ctx, device))
        self.hearing.hear(Incoming(topic, payload_of(said), retained=False, arrived=time.monotonic() + after_s))
        return len(presses(self.ctx, device)) - before

    def counts(self, count: int, event: str = "S", after_s: float = 0.0) -> int:
        return self.hears(GEN1, INPUT, {"event": event, "event_cnt": count}, after_s)


@pytest.fixture
def ear(ctx: Context) -> Callable[[], Ear]:
    registry.register(ctx, list(BOUGHT), actor="test")
    return lambda: Ear(ctx)


def test_a_count_heard_again_after_our_restart_is_no_press(ear: Callable[[], Ear]) -> None:
    assert [ear().counts(7), ear().counts(7), ear().counts(8)] == [1, 0, 1]


def test_a_device_that_counts_anew_is_understood_before_and_after_our_restart(ear: Callable[[], Ear]) -> None:
    first = ear()
    assert [first.counts(1), first.counts(2), first.counts(0, event=""), first.counts(1), first.counts(1), first.counts(2)] == [1, 1, 0, 1, 0, 1]
    second = ear()
    assert [second.counts(2), second.counts(3), second.counts(1)] == [0, 1, 0]
    second.hears(GEN1, f"shellies/{GEN1.address}/online", "true")
    assert [second.counts(1, after_s=3), second.counts(1, after_s=3), second.counts(2, after_s=3), second.counts(1, after_s=3)] == [1, 0, 1, 0]


def test_what_is_delivered_again_later_is_no_press(ear: Callable[[], Ear]) -> None:
    here = ear()
    assert [here.counts(count) for count in (7, 8, 7, 8, 9)] == [1, 1, 0, 0, 1]
    assert [ear().counts(count) for count in (8, 9)] == [0, 0]


def test_a_device_that_began_to_count_anew_while_we_were_down_is_understood(ear: Callable[[], Ear]) -> None:
    assert ear().counts(900) == 1
    second = ear()
    second.hearing.greet()
    assert [second.counts(3), second.counts(4, after_s=3)] == [0, 1], "its answer to being asked"


def test_what_is_said_first_after_we_came_up_is_what_was_before(ear: Callable[[], Ear]) -> None:
    here = ear()
    here.hearing.greet()
    assert (f"shellies/{GEN1.address}/command", b"update") in here.asked
    assert [here.counts(9), here.counts(9, after_s=3), here.counts(10, after_s=3)] == [0, 0, 1]


def test_what_a_device_says_when_it_comes_up_is_what_was_before(ear: Callable[[], Ear]) -> None:
    here = ear()
    assert here.counts(4) == 1
    here.hears(GEN1, f"shellies/{GEN1.address}/online", "true")
    assert [here.counts(6), here.counts(7, after_s=3)] == [0, 1]
    here.hears(TASMOTA, "tele/tasmota_1A2B3C/LWT", "Online")
    assert here.hears(TASMOTA, RESULT, {"Button1": {"Action": "SINGLE"}}) == 0
    here.hears(ZIGBEE, "zigbee2mqtt/bridge/state", {"state": "online"})
    assert [here.hears(ZIGBEE, ACTION, "single"), here.hears(ZIGBEE, ACTION, "single", after_s=3)] == [0, 1]


def test_a_button_that_wakes_up_because_it_is_pressed_is_heard_at_once(ear: Callable[[], Ear]) -> None:
    here = ear()
    here.hears(SLEEPER, f"shellies/{SLEEPER.address}/online", "true")
    assert here.hears(SLEEPER, f"shellies/{SLEEPER.address}/input_event/0", {"event": "S", "event_cnt": 3}) == 1
    here.hears(ZIGBEE, "zigbee2mqtt/button-3/availability", {"state": "online"})
    assert here.hears(ZIGBEE, ACTION, "single") == 1


def test_a_press_that_waited_too_long_in_our_own_queue_calls_no_one(ear: Callable[[], Ear]) -> None:
    here = ear()
    assert [here.hears(TASMOTA, RESULT, {"Button1": {"Action": "SINGLE"}}, after_s=after_s) for after_s in (-11, -9)] == [0, 1]


def test_two_presses_with_the_same_words_are_two_and_the_same_on_two_topics_is_one(ear: Callable[[], Ear]) -> None:
    here = ear()
    assert [here.hears(ZIGBEE, ACTION, "single"), here.hears(ZIGBEE, ACTION, "single", after_s=0.1)] == [1, 1]
    assert here.hears(ZIGBEE, "zigbee2mqtt/button-3", {"action": "single"}, after_s=0.2) == 0
    assert here.hears(ZIGBEE, "zigbee2mqtt/button-3", {"action": "single"}, after_s=2) == 1


@pytest.mark.parametrize("recorded", RECORDINGS, ids=lambda recorded: recorded.thread.partition(":")[0])
def test_what_people_logged_while_they_pressed_is_as_many_presses_as_they_made(ctx: Context, recorded: Recording) -> None:
    registry.register(ctx, [recorded.device], actor="test")
    for twice in (0, 60):  # the same again a minute later: only what has no counter and no instant can be meant
        here = Ear(ctx)
        pressed = [here.hears(recorded.device, topic, said, after_s=at + twice) for at, topic, said in recorded.said]
        counts = recorded.device.family in (Family.SHELLY_GEN1, Family.SHELLY_GEN2)
        assert sum(pressed) == (0 if twice and counts else len(recorded.presses))


# who may be registered


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (Device("monitor", Kind.BUTTON), "the broker has a user of this name"),
        (Device("zigbee2mqtt", Kind.BUTTON), "the broker has a user of this name"),
        (Device("b", Kind.KIOSK, family=Family.TASMOTA, address="t"), "only a button can"),
        (Device("b", Kind.BUTTON, family=Family.TASMOTA), "must be such as tasmota_1A2B3C"),
        (Device("b", Kind.BUTTON, family=Family.SHELLY_GEN2, address="q/v1"), "must be such as shellyplusi4"),
        (Device("b", Kind.BUTTON, family=Family.TASMOTA, address="tasmota_1A2B3C"), "is tasmota's"),
        (Device("b", Kind.BUTTON, family=Family.TASMOTA, address="tasmota_1A2B3C/1"), "is tasmota's"),
        (Device("b", Kind.BUTTON, family=Family.SHELLY_GEN1, address="shellyix3-A4CF12F45301/0"), "is gen1's"),
        (Device("b", Kind.BUTTON, family=Family.ZIGBEE2MQTT, address="zigbee2mqtt/button-3/1"), "is zigbee's"),
        (Device("b", Kind.BUTTON, family=Family.ZIGBEE2MQTT, address="zigbee2mqtt/remote"), "is remote's"),
    ],
)
def test_what_cannot_be_told_apart_or_reaches_too_far_is_not_registered(ear: Callable[[], Ear], device: Device, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        registry.register(ear().ctx, [device], actor="test")


def test_each_key_of_one_device_may_be_a_button_of_its_own(ear: Callable[[], Ear]) -> None:
    keys = [Device(f"i4-{key}", Kind.BUTTON, desk="2", family=Family.SHELLY_GEN2, address=f"shellyplusi4-a8032ab1fe78/{key}") for key in (0, 1, 3)]
    registry.register(ear().ctx, [*keys, replace(REMOTE, device="remote-1", address="zigbee2mqtt/remote/1")], actor="test")


def test_a_device_of_another_maker_cannot_be_told_to_show_itself(ear: Callable[[], Ear]) -> None:
    with pytest.raises(Refused, match="it speaks as tasmota does"):
        registry.tell(ear().ctx, "tasmota", Op.IDENTIFY, actor="test")
