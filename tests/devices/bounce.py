"""`bash tests/long.sh bounce`: 200 boards and 60 buttons for ten minutes while the broker is killed each minute. Not a timed test.

Boards are simulated as their maker would build them: they drop older pictures of the same boot, and connect again when the broker is gone. Buttons
and kiosks are those of `edge demo --traffic`. At the end every board shows what the hall is, the journal is sound, and the server's memory is flat.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.devices.link import Login
from edge.devices.traffic import Traffic
from tests.demo_process import Demo, wait_for
from tests.devices.client import Client

STATES = "q/v1/board/+/state"
SHOWN_WITHIN_S = 5.0  # of the broker being back (`contract/mqtt.md`); paho looks for it each second
WARM_UP_S = 60.0
GROWTH = 16 * 1024  # kB between warm and end

Picture = Mapping[str, Any]


class Board:
    """A screen that shows all zones. ``pictures``: the newest of each."""

    def __init__(self, login: Login) -> None:
        self.pictures: dict[str, Picture] = {}
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

    def forget(self) -> None:
        """Show nothing until something comes."""
        self.pictures.clear()

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(STATES, 1)

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        picture: Picture = json.loads(message.payload)
        before = self.pictures.get(message.topic)
        if before is None or before["boot_id"] != picture["boot_id"] or picture["rev"] >= before["rev"]:
            self.pictures[message.topic] = picture


class Crowd:
    """Boards that look on while buttons and kiosks work."""

    def __init__(self, boards: Sequence[Login], devices: Sequence[Mapping[str, Any]], services: Sequence[str], seed: int) -> None:
        self.boards = [Board(login) for login in boards]
        self._traffic = Traffic(boards[0].host, boards[0].port, devices, services, seed)

    def __enter__(self) -> Self:
        self._traffic.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for board in self.boards:
            board.stop()

    def rest(self) -> None:
        """Send visitors and clerks home."""
        self._traffic.stop()

    def see(self, monitor: Login, within_s: float = SHOWN_WITHIN_S) -> int:
        """Wait until each board shows what lies retained now; return how many calls that are."""
        with Client(monitor, STATES, "q/v1/srv/status") as client:
            client.wait("q/v1/srv/status")
            truth = {message.topic: _plain(message.json) for message in client.messages if message.topic.startswith("q/v1/board/")}
        assert truth
        wait_for("every board to show the hall", lambda: all(_shown(board) == truth for board in self.boards), within_s)
        return sum(len(picture["now"]) for picture in truth.values())


def _plain(picture: Picture) -> Picture:
    return {key: value for key, value in picture.items() if key != "ts"}


def _shown(board: Board) -> dict[str, Picture]:
    return {topic: _plain(picture) for topic, picture in dict(board.pictures).items()}


def _resident_kb(pid: int) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1])


def _login(demo: Demo, device: Mapping[str, Any]) -> Login:
    return Login(demo.mqtt["host"], demo.mqtt["port"], device["user"], device["password"])


def main() -> int:
    """Return 0 when all went well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--boards", type=int, default=200)
    parser.add_argument("--buttons", type=int, default=60)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder)) as demo:
        logins = [_login(demo, board) for board in islice(cycle(demo.of_kind("board")), asked.boards)]
        buttons = list(islice(cycle(demo.of_kind("button")), asked.buttons))
        monitor = Login(demo.mqtt["host"], demo.mqtt["port"], demo.mqtt["monitor"]["user"], demo.mqtt["monitor"]["password"])
        warm = None
        with Crowd(logins, [*buttons, *demo.of_kind("kiosk")], ["passport", "birth", "address"], asked.seed) as crowd:
            for minute in range(1, asked.minutes + 1):
                time.sleep(WARM_UP_S)
                warm = warm or _resident_kb(demo.pid)
                for board in crowd.boards:
                    board.forget()
                demo.kill_broker()
                began = time.monotonic()
                wait_for("every board to show something again", lambda: all(board.pictures for board in crowd.boards), 20)
                back_s = time.monotonic() - began
                print(f"minute {minute}: boards back after {back_s:.1f} s, server {_resident_kb(demo.pid)} kB", flush=True)
            crowd.rest()
            calls = crowd.see(monitor)
            grown = _resident_kb(demo.pid) - (warm or 0)
        print(f"{asked.boards} boards right, {calls} calls on them; memory grew by {grown} kB", flush=True)
        assert demo.health()["status"] != "down"
        assert grown < GROWTH, grown
        clean = demo.verify() if demo.stop() == 0 else None
        assert clean is not None
        assert clean.returncode == 0, clean.stdout
    return 0


if __name__ == "__main__":
    sys.exit(main())
