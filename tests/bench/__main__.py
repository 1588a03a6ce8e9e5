"""`python -m tests.bench [--presses N] [--issues N]`: the hall beside the floor, interleaved; fdatasync calls per ticket and call; starts.

press -> board: from publishing a press to the retained board state that shows its number, over the demo's own broker. The floor's process uses
the same broker. issue -> response: POST tickets beside bare Flask on waitress with the same durable journal row.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge import config, setup
from edge.operations import document, settings
from edge.operations.clock import SystemClock
from tests.bench.floor import nodelay
from tests.demo_process import Demo, free_ports, wait_for

Sample = Callable[[int], float]
ROUNDS = 5
FEW = 30
WISH = json.dumps({"service": "passport", "lang": "ky"})
FLOOR_ACCOUNT = {"user": "floor", "password": "floor"}
PACE_S = 0.011  # below the rate limit of 100 requests a second; the same for both sides


class Waiter:
    """One subscriber and one publisher on real connections; measures from publish to the awaited message."""

    def __init__(self, port: int, account: dict[str, str], topic: str) -> None:
        self._want: Callable[[dict[str, Any]], bool] = lambda _: False
        self._seen = threading.Event()
        self._at = 0.0
        subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_socket_open = nodelay
        self._client.username_pw_set(account["user"], account["password"])
        self._client.on_message = self._arrived
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(5), f"no subscription to {topic}"

    def expect(self, want: Callable[[dict[str, Any]], bool]) -> None:
        """Say what is awaited next."""
        self._want = want
        self._seen.clear()

    def arrived_at(self) -> float:
        """Return when it came, on the performance counter."""
        assert self._seen.wait(5), "the board did not change within 5 s"
        return self._at

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        now = time.perf_counter()
        if message.payload and self._want(json.loads(message.payload)):
            self._at = now
            self._seen.set()


class Publisher:
    """Publishes on a connection of its own."""

    def __init__(self, port: int, account: dict[str, str]) -> None:
        ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_socket_open = nodelay
        self._client.username_pw_set(account["user"], account["password"])
        self._client.on_connect = lambda *_: ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert ready.wait(5), "the broker did not let us in"

    def publish(self, topic: str, fields: dict[str, Any]) -> float:
        """Publish at QoS 1; return when, on the performance counter."""
        payload = json.dumps(fields)
        now = time.perf_counter()
        self._client.publish(topic, payload, 1)
        return now


def _press_sample(demo: Demo, refill: Sample) -> Sample:
    """Press desk 1's button; ``refill`` issues a ticket before each press, so that equally many go on waiting."""
    button = demo.devices["button-1"]
    publisher = Publisher(demo.ports.mqtt, button)
    waiter = Waiter(demo.ports.mqtt, demo.devices["board-a"], "q/v1/board/a/state")
    newest = [""]

    def measure(number: int) -> float:
        before = newest[0]

        def changed(state: dict[str, Any]) -> bool:
            mine = [entry["ticket"] for entry in state["now"] if entry["desk"] == "1"]
            newest[0] = mine[0] if mine else ""
            return bool(mine) and newest[0] != before

        refill(number)
        waiter.expect(changed)
        sent = publisher.publish("q/v1/dev/button-1/event", {"v": 1, "id": f"bench-{os.getpid()}-{number}-{time.monotonic_ns()}", "type": "press"})
        return waiter.arrived_at() - sent

    return measure


def _floor_press_sample(port: int, account: dict[str, str]) -> Sample:
    publisher = Publisher(port, account)
    waiter = Waiter(port, account, "q/v1/board/floor/state")

    def measure(number: int) -> float:
        waiter.expect(lambda state: state["number"] == number)
        sent = publisher.publish("q/v1/dev/floor/event", {"v": 1, "id": f"floor-{number}", "type": "press", "number": number})
        return waiter.arrived_at() - sent

    return measure


def _post_sample(port: int, path: str, body: str, headers: dict[str, str]) -> Sample:
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def measure(_: int) -> float:
        time.sleep(PACE_S)
        started = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status
        return time.perf_counter() - started

    return measure


def _compare(name: str, ours: Sample, floor: Sample, times: int) -> None:
    """Interleave in rounds; print the median over rounds of p50 and p99, and their ratio."""
    figures: dict[str, list[tuple[float, float]]] = {"ours": [], "floor": []}
    for round_ in range(ROUNDS):
        for side, sample in (("floor", floor), ("ours", ours)):
            taken = sorted(sample(round_ * times + number) * 1000 for number in range(times))
            figures[side].append((taken[len(taken) // 2], taken[int(len(taken) * 0.99)]))
    mine = [statistics.median(part) for part in zip(*figures["ours"], strict=True)]
    theirs = [statistics.median(part) for part in zip(*figures["floor"], strict=True)]
    print(
        f"{name:34} ours p50 {mine[0]:6.2f} p99 {mine[1]:6.2f} ms   floor p50 {theirs[0]:6.2f} p99 {theirs[1]:6.2f} ms"
        f"   ratio p50 {mine[0] / theirs[0]:.2f} p99 {mine[1] / theirs[1]:.2f}",
        flush=True,
    )


def _floor(kind: str, *arguments: str, secret: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.floor", kind, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(secret + "\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "ready"
    return process


def _floor_broker(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A broker with the same settings for the floor: ours lets nobody else write under its tree."""
    (folder / "floor.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\nuser root\n")
    mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    return subprocess.Popen([mosquitto, "-c", str(folder / "floor.conf")], stderr=subprocess.DEVNULL)


def _issue_many(demo: Demo, count: int) -> None:
    issue = _post_sample(demo.ports.http, "/api/v1/tickets", WISH, _bearer(demo, "kiosk-1"))
    for number in range(count):
        issue(number)


def _starts(folder: Path) -> None:
    """Time later starts of the demo from the command to the ready line, beside a Python that imports Flask and ends."""
    folder.mkdir()
    demo = Demo(folder)
    demo.start().stop()
    ours, floors = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import flask"], check=True)
        floors.append(time.perf_counter() - began)
        began = time.perf_counter()
        demo.restart()
        ours.append(time.perf_counter() - began)
        demo.stop()
    print(f"a later start of the demo: median {statistics.median(ours):.2f} s, floor (import flask) {statistics.median(floors):.2f} s", flush=True)


def _bearer(demo: Demo, device: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {demo.devices[device]['token']}"}


def _without_guard(data: Path) -> Demo:
    """Make a demo whose buttons have no guard time: that is for people, the measurement presses faster."""
    data.mkdir()
    demo = Demo(data)
    demo.start().stop()
    paths = config.Paths(data)
    with setup.opened(data) as database:
        ctx = setup.context(database, config.load_keys(paths.key), SystemClock())
        desks = document.read(setup.sample("centre.toml")).settings()["desks"]
        settings.put_key_in_force(ctx, "desks", [{**desk, "guard_ms": 0} for desk in desks], actor="system")
    return demo


def _syncs(demo: Demo, action: Callable[[], None]) -> int:
    """Count fdatasync and fsync calls of the server while ``action`` runs."""
    with tempfile.NamedTemporaryFile("r") as log:
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=fdatasync,fsync", "-o", log.name, "-p", str(demo.pid)], stderr=subprocess.PIPE, text=True
        )
        while f"TracerPid:\t{tracer.pid}" not in Path(f"/proc/{demo.pid}/status").read_text():
            time.sleep(0.01)
        time.sleep(0.2)  # every thread is attached by then; the count below would show if not
        action()
        tracer.terminate()
        tracer.wait()
        return len(re.findall(r"f(?:data)?sync\(", Path(log.name).read_text()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print all figures of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=60)
    parser.add_argument("--issues", type=int, default=200)
    options = parser.parse_args(arguments)
    broker_port, http_port = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        _starts(folder / "starts")
        processes: list[subprocess.Popen[Any]] = [_floor_broker(folder, broker_port)]
        try:
            _wait_port(broker_port)
            processes.append(_floor("press", str(folder / "press.db"), str(broker_port), "floor", secret="floor"))
            processes.append(_floor("issue", str(folder / "issue.db"), str(http_port)))
            for waiting in (30, 300):
                with _without_guard(folder / f"demo-{waiting}") as demo:
                    _measure(demo, waiting, options, broker_port, http_port)
        finally:
            for process in processes:
                process.terminate()
                process.wait()


def _measure(demo: Demo, waiting: int, options: argparse.Namespace, broker_port: int, http_port: int) -> None:
    issue = _post_sample(demo.ports.http, "/api/v1/tickets", WISH, _bearer(demo, "kiosk-1"))
    press = _press_sample(demo, issue)
    _issue_many(demo, waiting)
    _compare(f"press -> board, {waiting} waiting", press, _floor_press_sample(broker_port, FLOOR_ACCOUNT), options.presses)
    _compare(f"issue -> response, {waiting}+ waiting", issue, _post_sample(http_port, "/issue", "{}", {}), options.issues)
    if waiting == FEW:
        print(f"fdatasync calls for 100 tickets: {_syncs(demo, lambda: _issue_many(demo, 100))}")
        print(f"fdatasync calls for 100 tickets and 100 calls: {_syncs(demo, lambda: _press_many(press, 100))}", flush=True)


def _press_many(press: Sample, count: int) -> None:
    for number in range(count):
        press(number)


def _wait_port(port: int) -> None:
    def is_open() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_for(f"port {port}", is_open)


if __name__ == "__main__":
    main()
