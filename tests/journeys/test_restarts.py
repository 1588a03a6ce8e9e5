"""Kill, stop and start again: what was answered stays answered, and everything shown is right again within seconds."""

import ctypes
import json
import platform
import socket
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGINT, SIGTERM

from tests.demo_process import Demo, wait_for
from tests.journeys import chain
from tests.journeys.hall import Button, Hall
from tests.journeys.http_client import Request, fresh_key, send
from tests.journeys.mqtt_client import PREFIX, STATUS
from tests.journeys.rule import Replay
from tests.journeys.sniffer import deviations, sniff
from tests.sampling import everything_only

MakeDemo = Callable[..., Demo]
SYS_TGKILL = {"x86_64": 234, "aarch64": 131}[platform.machine()]


def is_refused(port: int) -> bool:
    """Tell whether nobody listens on ``port`` any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def retained(hall: Hall) -> dict[str, object]:
    """Everything retained, by topic, as a screen finds it that connects now."""
    with sniff(hall.monitor) as stream:
        stream.wait(lambda message: message.topic == f"{PREFIX}srv/time")
        return {message.topic: message.json for message in stream.messages if message.retain}


def test_after_kill_9_tickets_keys_and_press_ids_are_remembered(centre: MakeDemo) -> None:
    demo = centre()
    hall, key, id_ = Hall(demo.described), fresh_key("killed"), fresh_key("killed")
    body = {"service": "passport", "lang": "ky"}
    made = hall.post("/tickets", body, hall.kiosk, key)
    waiting = [hall.issue("passport") for _ in range(3)]
    with Button(hall, "1") as button:
        assert button.press(id_=id_)["result"] == "called"
    board, first_boot = hall.board("a"), hall.health()["boot_id"]
    written = (demo.data / "demo.json").read_bytes()

    demo.kill()
    demo.restart()

    assert (demo.data / "demo.json").read_bytes() == written
    hall = Hall(demo.described)
    assert hall.health()["boot_id"] != first_boot
    again = hall.post("/tickets", body, hall.kiosk, key)
    assert (again.status, again.body) == (200, made.body)
    assert [hall.ticket(ticket["id"])["state"] for ticket in waiting] == ["waiting"] * 3
    assert hall.ticket(made.json["id"])["state"] == "called"
    after = hall.board("a")
    assert {name: after[name] for name in ("mode", "now", "next")} == {name: board[name] for name in ("mode", "now", "next")}
    with Button(hall, "1") as button:
        answer = button.press(id_=id_)
        assert (answer["result"], answer["first"], answer["ticket"]) == ("dup", "called", made.json["number"])
        before_start = (datetime.now(UTC) - timedelta(seconds=9)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert hall.health()["status"] == "ok"
        assert button.press(ts=before_start)["result"] == "stale"
        called = button.press_after_guard()
    assert (called["result"], called["ticket"]) == ("called", waiting[0]["number"])
    assert hall.issue("passport")["number"] not in {ticket["number"] for ticket in [made.json, *waiting]}
    demo.stop()
    assert demo.verify().returncode == 0


def test_a_restart_announces_nobody_again(centre: MakeDemo) -> None:
    demo = centre()
    hall = Hall(demo.described)
    hall.issue("passport")
    hall.act("1", "next")
    demo.stop()
    demo.restart()
    with sniff(Hall(demo.described).monitor) as stream:
        stream.wait(lambda message: message.topic == f"{PREFIX}srv/time")
        assert [message for message in stream.messages if message.topic.endswith("/call")] == []
        assert deviations(stream.messages) == []


def test_a_stop_says_offline_first_and_leaves_nothing_within_ten_seconds(centre: MakeDemo) -> None:
    for number in (SIGTERM, SIGINT):
        demo = centre()
        hall = Hall(demo.described)
        boot = hall.health()["boot_id"]
        with sniff(hall.monitor) as stream:
            stream.wait(lambda message: message.topic == f"{PREFIX}srv/time")  # a screen that has all its pictures
            started = time.monotonic()
            assert demo.stop(number) == 0
            took = time.monotonic() - started
            last = stream.wait(lambda message: message.topic == STATUS and message.json["state"] == "offline", what="the last word")
        assert {key: value for key, value in last.json.items() if key != "ts"} == {"v": 1, "state": "offline", "boot_id": boot}
        assert took < 10
        assert all(is_refused(port) for port in (demo.ports.http, demo.ports.mqtt, demo.ports.ws))
        assert deviations(stream.messages) == []


def test_a_stop_that_reaches_another_thread_is_a_stop(centre: MakeDemo) -> None:
    """Which thread gets the signal of a process is the kernel's choice; seen twice in a hundred runs on a busy machine."""
    demo = centre()
    other = max(int(task.name) for task in Path(f"/proc/{demo.pid}/task").iterdir())
    assert ctypes.CDLL(None).syscall(SYS_TGKILL, demo.pid, other, int(SIGTERM)) == 0
    assert demo.wait_dead() == 0


def test_a_killed_server_takes_its_broker_along_and_the_next_start_takes_over(centre: MakeDemo) -> None:
    demo = centre()
    hall = Hall(demo.described)
    ticket = hall.issue("passport")
    started = time.monotonic()
    demo.kill()
    assert time.monotonic() - started < 10
    assert all(is_refused(port) for port in (demo.ports.http, demo.ports.mqtt, demo.ports.ws))
    demo.restart()
    assert Hall(demo.described).ticket(ticket["id"])["state"] == "waiting"


def test_a_killed_broker_is_back_and_everything_repainted_within_five_seconds(centre: MakeDemo) -> None:
    demo = centre()
    hall = Hall(demo.described)
    hall.issue("passport")
    hall.act("1", "next")
    hall.issue("passport")
    before = retained(hall)
    demo.kill_broker()
    hall.issue("passport")  # HTTP goes on without a broker
    wait_for("the broker to accept connections", lambda: not is_refused(demo.ports.mqtt))
    accepting = time.monotonic()
    with sniff(hall.monitor) as stream:
        for topic in before:
            stream.wait(lambda message, topic=topic: message.topic == topic, what=topic)  # type: ignore[misc]
        assert time.monotonic() - accepting < 5
        board = wait_for("the board of now", lambda: stream.latest(f"{PREFIX}board/a/state"))
        assert board is not None
        wait_for("the new visitor on the board", lambda: len(stream.latest(f"{PREFIX}board/a/state").json["next"]) == 2)  # type: ignore[union-attr]
        assert not [message for message in stream.messages if message.topic.endswith("/call")]
        assert deviations(stream.messages) == []
    with Button(hall, "2") as button:
        assert button.press()["result"] == "called"


def test_a_press_from_while_the_server_was_gone_calls_no_one(centre: MakeDemo) -> None:
    """The broker goes with the server, so such a press can only come late, with its old time stamp."""
    demo = centre()
    hall = Hall(demo.described)
    hall.issue("passport")
    demo.stop()
    pressed = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    demo.restart()
    with Button(Hall(demo.described), "1") as button:
        answer = button.press(ts=pressed)
    assert (answer["result"], answer["ticket"]) == ("stale", None)


def test_demo_json_is_private_complete_and_before_the_ready_line(centre: MakeDemo) -> None:
    demo = centre()
    path = demo.data / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    described = json.loads(path.read_text(encoding="utf-8"))
    assert {"http", "mqtt", "devices", "staff"} <= described.keys()
    assert described["http"] == f"http://127.0.0.1:{demo.ports.http}"
    assert described["mqtt"].keys() == {"host", "port", "ws_port", "monitor"}
    kinds = [device["kind"] for device in described["devices"]]
    assert {kind: kinds.count(kind) for kind in ("button", "desk", "kiosk", "board")} == {"button": 8, "desk": 8, "kiosk": 2, "board": 2}
    for device in described["devices"]:
        assert {"id", "kind", "user", "password", "token"} <= device.keys()
        assert device["user"] == device["id"]
        assert {"desk", "zone"} & device.keys()
    assert {member["role"] for member in described["staff"]} == {"operator", "supervisor", "administrator", "auditor"}
    assert all(isinstance(member["pin"], str) and member["password"] for member in described["staff"])


def test_the_demo_starts_open_and_empty_and_again(centre: MakeDemo) -> None:
    demo = centre()
    hall = Hall(demo.described)
    for desk in hall.get("/desks", hall.staff("supervisor")):
        assert (desk["state"], desk["ticket"], desk["waiting"]) == ("open", None, 0)
    demo.stop()
    demo.restart()  # how long it takes: python -m tests.bench
    hall = Hall(demo.described)
    assert hall.health()["pid"] == demo.pid


@everything_only
def test_phones_find_the_demo_at_the_same_port_until_somebody_takes_it(centre: MakeDemo) -> None:
    demo = centre()
    hall, first = Hall(demo.described), demo.described["visitor"]
    path = hall.issue("passport")["track_url"]
    assert send(first, Request("GET", path)).status == 200
    assert send(first, Request("GET", "/api/v1/services")).status == 404
    demo.stop()
    assert demo.restart().described["visitor"] == first
    demo.stop()
    with socket.create_server(("127.0.0.1", int(first.rpartition(":")[2]))):
        second = demo.restart().described["visitor"]
        assert second != first
        assert send(second, Request("GET", path)).status == 200


def test_the_port_for_phones_may_be_chosen(centre: MakeDemo, free_port: int) -> None:
    demo = centre("--visitor-port", str(free_port))
    assert demo.described["visitor"] == f"http://127.0.0.1:{free_port}"
    assert send(demo.described["visitor"], Request("GET", "/")).status == 404


def test_traffic_works_by_the_contract_and_the_rule(centre: MakeDemo) -> None:
    demo = centre("--traffic")
    hall = Hall(demo.described)
    with sniff(hall.monitor) as stream:
        wait_for("five calls", lambda: len([message for message in stream.since(0) if message.topic.endswith("/call")]) >= 5, within_s=30)
        assert deviations(stream.messages) == []
    lines = hall.journal()
    assert chain.faults(lines) == []
    assert Replay().feed(lines).faults == []
    demo.stop()
    assert demo.verify().returncode == 0


def test_without_traffic_nothing_happens_by_itself_and_no_device_is_connected(centre: MakeDemo) -> None:
    demo = centre()
    hall = Hall(demo.described)
    with sniff(hall.monitor) as stream:
        wait_for("two heartbeats", lambda: len([m for m in stream.since(0) if m.topic == f"{PREFIX}srv/time"]) >= 2)
        told = {message.topic for message in stream.messages if not message.retain}
        assert told == {f"{PREFIX}srv/time"}
        assert not [message for message in stream.messages if message.topic.startswith(f"{PREFIX}dev/") and message.topic.endswith("/status")]


def test_without_lan_http_and_mqtt_listen_on_loopback_only(centre: MakeDemo) -> None:
    """The broker's WebSocket listener takes no bind address; the contract speaks of HTTP and TCP for that reason."""
    demo = centre()
    ports = {f"{port:04X}" for port in (demo.ports.http, demo.ports.mqtt)}
    rows = [row.split() for table in ("tcp", "tcp6") for row in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]]
    # state 0A is LISTEN; addresses are little-endian hex, so 0100007F is 127.0.0.1
    bound = {tuple(row[1].split(":")) for row in rows if row[3] == "0A" and row[1].split(":")[1] in ports}
    assert bound == {("0100007F", port) for port in ports}
