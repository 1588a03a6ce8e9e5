"""`bash tests/long.sh bounce`: 200 boards and 60 buttons for ten minutes while the broker is killed each minute. Not a timed test.

Screens are simulated as their maker would build them: they drop older pictures of the same boot, and connect again when the broker is gone. Buttons
and kiosks are those of `edge demo --traffic`; each button has a desk and a login of its own. Somebody listens to the whole tree and judges every
message by the published contract. At the end every board, and every button's desk, shows what the hall is, the journal is sound, and the memory of
server and broker is flat.
"""

import argparse
import json
import re
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge import config, demo, setup
from edge.config import Paths
from edge.devices.link import Login
from edge.devices.traffic import Traffic
from edge.operations import day, document, registry, settings, staff
from edge.queueing.registry import Device, Kind, Role
from tests.demo_process import Demo, daytime_zone, wait_for
from tests.devices.client import Message
from tests.devices.contract import faults

BACK_WITHIN_S = 20.0  # five of the broker being back are the contract's; on a machine that is busy with something else it takes longer
GROWTH_KB = 16 * 1024  # of the server and of the broker, from the first bounce to the end
ZONES = ("a", "b", "c", "d")
SERVICES = ["passport", "birth", "address", "ready"]
KIOSKS = 10
SLOW_S = 30  # so far behind may be who listens to everything, beside three hundred others in one process
WATCHER = {"login": "watcher", "password": "watches the boards"}

Picture = Mapping[str, Any]


class Screen:
    """Whatever shows pictures: ``pictures`` has the newest of each of its topics since it connected for the ``connected``-th time."""

    def __init__(self, login: Login, *topics: str) -> None:
        self.connected = 0
        self.pictures: dict[str, Picture] = {}
        self._topics = [(topic, SubscribeOptions(qos=1, retainAsPublished=True)) for topic in topics]
        self._client = client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.username_pw_set(login.user, login.password)
        client.reconnect_delay_set(1, 1)
        client.on_connect = self._connected
        client.on_message = self._arrived
        client.connect_async(login.host, login.port, 10, clean_start=True)
        client.loop_start()

    def stop(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_message = None

    def show(self, topic: str, picture: Picture) -> None:
        """Take a picture, unless it is older than what is shown."""
        before = self.pictures.get(topic)
        if before is None or before["boot_id"] != picture["boot_id"] or picture["rev"] >= before["rev"]:
            self.pictures[topic] = picture

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        self.pictures.clear()
        self.connected += 1
        client.subscribe(self._topics)

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self.show(message.topic, json.loads(message.payload))


class Listener(Screen):
    """Hears the whole tree; ``wrong`` has everything that is not as published."""

    def __init__(self, login: Login) -> None:
        self.heard = 0
        self.wrong: list[str] = []
        super().__init__(login, "q/v1/#")

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self.heard += 1
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        self.wrong += faults([Message(message.topic, message.qos, message.retain, expiry, bytes(message.payload))], waited_s=SLOW_S)
        self.show(message.topic, {"boot_id": None, "rev": self.heard})


@dataclass(frozen=True)
class Size:
    """How much of everything; ``every_s``: seconds from one death of the broker to the next."""

    boards: int
    buttons: int
    every_s: float
    bounces: int
    seed: int


@dataclass(frozen=True)
class Memory:
    """Resident kB."""

    server: int
    broker: int

    @staticmethod
    def now(demo: Demo) -> "Memory":
        """Look at the two processes."""
        return Memory(_resident_kb(demo.pid), _resident_kb(demo.broker_pid))


class Crowd:
    """Boards, one for each zone in turn, a screen with what each button's desk does, and the buttons and kiosks themselves."""

    def __init__(self, demo: Demo, size: Size) -> None:
        self._demo = demo
        buttons = demo.of_kind("button")
        boards = islice(cycle(demo.of_kind("board")), size.boards)
        monitor = demo.mqtt["monitor"]
        self.listener = Listener(Login(demo.mqtt["host"], demo.mqtt["port"], monitor["user"], monitor["password"]))
        self.screens = [
            *(Screen(_login(demo, board), f"q/v1/board/{board['zone']}/state") for board in boards),
            *(Screen(_login(demo, button), f"q/v1/desk/{button['desk']}/state") for button in buttons),
        ]
        self._traffic = Traffic(demo.mqtt["host"], demo.mqtt["port"], [*buttons, *demo.of_kind("kiosk")], SERVICES, size.seed)
        self._traffic.start()

    def bounce(self) -> float:
        """Kill the broker; return after how many seconds everybody shows something again."""
        before = {screen: screen.connected for screen in (*self.screens, self.listener)}
        self._demo.kill_broker()
        began = time.monotonic()

        def is_back() -> bool:
            return all(screen.connected > times and screen.pictures for screen, times in before.items())

        wait_for("every screen to show something again", is_back, BACK_WITHIN_S)
        return time.monotonic() - began

    def rest(self) -> None:
        """Send visitors and clerks home."""
        self._traffic.stop()

    def see(self) -> int:
        """Wait until every screen shows what the hall is, asked of the server itself; return how many calls stand on the boards."""
        token = _token(self._demo)
        truth = {topic: _asked(self._demo, topic, token) for screen in self.screens for topic in screen.pictures}
        wait_for("every screen to show the hall", lambda: all(_shows(screen, truth) for screen in self.screens), BACK_WITHIN_S)
        return sum(len(picture["now"]) for picture in truth.values() if "now" in picture)

    def stop(self) -> None:
        """Hang up everything."""
        for screen in (*self.screens, self.listener):
            screen.stop()


@contextmanager
def crowded(demo: Demo, size: Size) -> Iterator[Crowd]:
    """A crowd while the block lasts."""
    crowd = Crowd(demo, size)
    try:
        yield crowd
    finally:
        crowd.stop()


def _token(demo: Demo) -> str:
    """Log in as who may read every desk."""
    request = urllib.request.Request(f"{demo.http}/api/v1/sessions", json.dumps(WATCHER).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["token"])


def _asked(demo: Demo, topic: str, token: str) -> Picture:
    """Return what HTTP says of a zone's boards or of a desk."""
    _, _, what, key, _ = topic.split("/")
    request = urllib.request.Request(f"{demo.http}/api/v1/{what}s/{key}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: Picture = json.load(answer)
    return found


def _shows(screen: Screen, truth: Mapping[str, Picture]) -> bool:
    return bool(screen.pictures) and all(
        {key: value for key, value in picture.items() if key in truth[topic]}.items() <= truth[topic].items()
        for topic, picture in dict(screen.pictures).items()
    )


def _resident_kb(pid: int) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1])


def _login(demo: Demo, device: Mapping[str, Any]) -> Login:
    return Login(demo.mqtt["host"], demo.mqtt["port"], device["user"], device["password"])


def make_centre(data: Path, desks: int) -> None:
    """Make a centre of so many desks in four zones, each with a button of its own and no screen, and kiosks for as many visitors as they serve."""
    paths = Paths(data)
    paths.config.write_text(setup.sample("edge.toml"), encoding="utf-8")
    found = demo.centre(real_hours=False, tz=daytime_zone(), silent=True)
    texts = found.zones[0].names
    numbers = [str(number) for number in range(1, desks + 1)]
    zones = [found.zones[0].model_copy(update={"zone": zone, "names": texts}) for zone in ZONES]
    places = dict(zip(numbers, cycle(ZONES), strict=False))
    made = [document.DeskPart(desk=desk, zone=zone, services=SERVICES, button_only=True) for desk, zone in places.items()]
    devices = [Device(f"button-{desk}", Kind.BUTTON, desk=desk) for desk in numbers]
    devices += [Device(f"board-{zone}", Kind.BOARD, zone=zone) for zone in ZONES]
    devices += [Device(f"kiosk-{number}", Kind.KIOSK, zone=zone) for number, zone in enumerate(islice(cycle(ZONES), KIOSKS), 1)]
    with setup.fresh_context(paths, config.load(paths.config), config.make_keys(paths.key)) as ctx:
        settings.put_in_force(ctx, found.model_copy(update={"zones": zones, "desks": made, "devices": []}), actor="system")
        registry.register(ctx, devices, actor="system")
        staff.add(ctx, role=Role.SUPERVISOR, login=WATCHER["login"], password=WATCHER["password"], pin=None, actor="system")
        day.settle(ctx)


def run(data: Path, size: Size) -> None:
    """Let a crowd live through ``size.bounces`` deaths of the broker; prints figures, fails when anything is wrong."""
    make_centre(data, size.buttons)
    with Demo(data) as demo:
        with crowded(demo, size) as crowd:
            warm = None
            for bounce in range(1, size.bounces + 1):
                _live(size.every_s)
                warm = warm or Memory.now(demo)
                back_s = crowd.bounce()
                print(f"bounce {bounce}: everybody back after {back_s:.1f} s, {Memory.now(demo)}", flush=True)
            _live(size.every_s)
            crowd.rest()
            calls, now = crowd.see(), Memory.now(demo)
            heard, wrong = crowd.listener.heard, crowd.listener.wrong
        print(f"{len(crowd.screens)} screens right, {calls} calls on the boards, {heard} messages heard, {len(wrong)} not as published")
        print(f"memory from {warm} to {now}", flush=True)
        assert wrong == [], wrong[:10]
        assert demo.health()["status"] != "down"
        assert warm
        assert now.server - warm.server < GROWTH_KB
        assert now.broker - warm.broker < GROWTH_KB
        demo.stop()
        clean = demo.verify()
        assert clean.returncode == 0, clean.stdout


def _live(seconds: float) -> None:
    """Let the hall work."""
    threading.Event().wait(seconds)


def main(arguments: Sequence[str]) -> int:
    """Return 0 when all went well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--boards", type=int, default=200)
    parser.add_argument("--buttons", type=int, default=60)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    asked = parser.parse_args(arguments)
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), Size(asked.boards, asked.buttons, 60.0, asked.minutes - 1, asked.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
