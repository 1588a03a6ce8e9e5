"""The broker as a unit of its own, run by a stand-in for systemd: whichever comes first, and whatever happens to either."""

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge import checkup
from edge.config import Config
from edge.devices import access, broker_unit, handshake
from edge.devices import room as room_of_devices
from edge.devices.broker_unit import BrokerUnit
from edge.devices.handshake import Answer
from edge.devices.link import Login
from edge.devices.mosquitto import Listeners
from edge.devices.room import MqttRoom
from edge.devices.rules import State
from edge.errors import Unavailable
from edge.operations import desks, link_state, tickets
from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.queueing import commands
from tests.demo_process import free_ports, wait_for
from tests.devices import unit
from tests.devices.client import NO_SUBSCRIBERS, NOT_AUTHORIZED, Client
from tests.devices.conftest import DEVICES, Roomed, accounts, password
from tests.devices.unit import Systemd

STARTS_ONE = """
import sys, threading
from pathlib import Path
from typing import Any
from edge.devices.broker_unit import BrokerUnit
from edge.devices.mosquitto import Listeners
from tests.devices.conftest import DEVICES, accounts
broker = BrokerUnit(Listeners("127.0.0.1", int(sys.argv[1]), int(sys.argv[2])), Path(sys.argv[3]), Path(sys.argv[4]), accounts(*DEVICES))
broker.start()
print(broker.is_alive(), flush=True)
threading.Event().wait()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with unit.folder() as made:
        yield made


@pytest.fixture
def systemd(folder: Path) -> Iterator[Systemd]:
    with Systemd(folder) as running:
        yield running


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_unit, "START_WAITS_S", 0.0)  # each test says what it waits for


@contextmanager
def served(listeners: Listeners, data: Path, folder: Path) -> Iterator[BrokerUnit]:
    """The server's side, as long as the block lasts."""
    broker = BrokerUnit(listeners, data, folder, accounts(*DEVICES))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def in_force(broker: BrokerUnit) -> None:
    wait_for("our rules in force", broker.is_alive, 30)


def login(listeners: Listeners, user: str) -> Login:
    return Login("127.0.0.1", listeners.port, user, password(user))


def may_say(client: Client, topic: str) -> int:
    return client.publish(f"q/v1/dev/{topic}/event")


def test_the_server_first_then_the_broker(listeners: Listeners, tmp_path: Path, folder: Path) -> None:
    with served(listeners, tmp_path, folder) as broker:
        wait_for("the files", (folder / "mosquitto.conf").exists)
        assert not broker.is_proven()
        with Systemd(folder):
            in_force(broker)
            with Client(login(listeners, "button-1")) as button:
                assert may_say(button, "button-1") == NO_SUBSCRIBERS
                assert may_say(button, "button-2") == NOT_AUTHORIZED


def test_the_broker_first_with_the_files_of_last_time(listeners: Listeners, tmp_path: Path, folder: Path) -> None:
    with Systemd(folder), served(listeners, tmp_path, folder) as broker:
        in_force(broker)
    with Systemd(folder) as systemd:
        wait_for("the devices of last time to be let in", lambda: accepted(listeners, "button-1"))
        with Client(login(listeners, "button-1")) as stays, served(listeners, tmp_path, folder) as again:
            in_force(again)
            assert not stays.lost.is_set()
            assert set(systemd.acted) == {"start", "reload"}  # a busy machine may be asked for the reload twice; nobody is thrown out by that


def accepted(listeners: Listeners, user: str) -> bool:
    return handshake.connack("127.0.0.1", listeners.port, user, password(user)) is Answer.ACCEPTED


@pytest.mark.usefixtures("systemd")
def test_the_broker_may_read_its_files_and_nobody_else(listeners: Listeners, tmp_path: Path, folder: Path) -> None:
    before = os.umask(0o077)
    try:
        with served(listeners, tmp_path, folder) as broker:
            in_force(broker)
    finally:
        os.umask(before)
    files = {path.name: path.stat() for path in folder.iterdir()}
    assert files.keys() >= {"mosquitto.conf", "passwords", "acl"}
    for file in files.values():
        assert stat.S_IMODE(file.st_mode) == 0o640
        assert (file.st_uid, file.st_gid) == (os.getuid(), folder.stat().st_gid)


def test_a_reload_admits_the_new_and_throws_out_the_gone_and_keeps_the_rest(
    listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd
) -> None:
    with served(listeners, tmp_path, folder) as broker:
        in_force(broker)
        process = systemd.pid
        with Client(login(listeners, "button-1")) as stays, Client(login(listeners, "button-2")) as goes:
            new = access.Account("late", password("late"), write=("q/v1/dev/late/event",))
            broker.reload([*(one for one in accounts(*DEVICES) if one.user != "button-2"), new])
            assert goes.lost.wait(5)
            assert may_say(stays, "button-1") == NO_SUBSCRIBERS
            with Client(login(listeners, "late")) as late:
                assert may_say(late, "late") == NO_SUBSCRIBERS
            assert not stays.lost.is_set()
        assert systemd.pid == process


@pytest.mark.usefixtures("systemd")
def test_bad_rules_are_refused_and_the_old_ones_stay(listeners: Listeners, tmp_path: Path, folder: Path) -> None:
    with served(listeners, tmp_path, folder) as broker:
        in_force(broker)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        bad = access.Account("late", password("late"), write=("q/v1/dev/late/event\nno such keyword",))
        with pytest.raises(Unavailable, match="the old ones stay in force"):
            broker.reload([*accounts(*DEVICES), bad])
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        wait_for("the rules to be proven", broker.is_proven, 30)


def test_rules_opened_behind_our_back_are_closed_by_a_restart(
    listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd, caplog: pytest.LogCaptureFixture
) -> None:
    with served(listeners, tmp_path, folder) as broker:
        in_force(broker)
        (folder / "acl").write_text("no such keyword\n", encoding="utf-8")
        os.kill(systemd.pid, signal.SIGHUP)
        wait_for("Mosquitto to allow everything", lambda: broker._rules.state(listeners) is State.OPEN)
        broker._doubted.set()  # what a minute does
        wait_for("closed rules", lambda: "restart" in systemd.acted and broker._rules.state(listeners) is State.IN_FORCE)
        in_force(broker)
    assert "lets through what its rules forbid" in caplog.text


def test_a_wish_that_got_lost_is_made_again(listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd) -> None:
    """A path unit sees nothing while the service that it starts still runs."""
    with served(listeners, tmp_path, folder) as broker:
        in_force(broker)
        act, process = systemd._act, systemd.pid
        lost: list[str] = []
        systemd._act = lambda name: act(name) if lost else lost.append(name)  # type: ignore[method-assign]
        broker.reload(accounts(*DEVICES))
        in_force(broker)
        wait_for("the rules to be proven", broker.is_proven, 30)
        assert (lost, systemd.pid) == (["reload"], process)


def test_other_ports_need_another_start_and_get_it(listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd) -> None:
    with served(listeners, tmp_path, folder) as broker:
        in_force(broker)
    moved = Listeners("127.0.0.1", *free_ports(2))
    with served(moved, tmp_path, folder) as broker:
        in_force(broker)
        assert "restart" in systemd.acted
        assert handshake.connack("127.0.0.1", listeners.port, "monitor", password("monitor")) is Answer.NONE


def test_a_strangers_broker_is_never_used_and_it_is_said(
    listeners: Listeners, tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_unit, "PATIENCE_S", dict.fromkeys(State, 0.2))
    (tmp_path / "stranger.conf").write_text(f"listener {listeners.port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
    with subprocess.Popen(
        ["mosquitto", "-c", tmp_path / "stranger.conf"], stderr=subprocess.DEVNULL, user=0 if os.getuid() == 0 else None
    ) as stranger:
        wait_for("the stranger", lambda: accepted(listeners, "anybody"))
        with served(listeners, tmp_path, folder) as broker:
            wait_for("the sentence", lambda: f"the broker on port {listeners.port} does not keep our rules, it is not used" in caplog.text)
            assert not broker.is_proven()
            assert stranger.poll() is None
        stranger.kill()


def test_a_killed_server_and_its_next_start_disconnect_no_device(listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd) -> None:
    command = [sys.executable, "-c", STARTS_ONE, str(listeners.port), str(listeners.ws_port), str(tmp_path), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        with closing(process.stdout):
            process.stdout.readline()
        wait_for("the devices to be let in", lambda: accepted(listeners, "button-1"))
        with Client(login(listeners, "button-1")) as button:
            process.kill()
            process.wait()
            before = len(systemd.acted)
            with served(listeners, tmp_path, folder) as again:
                in_force(again)
                assert may_say(button, "button-1") == NO_SUBSCRIBERS
            assert not button.lost.is_set()
    assert systemd.acted[before:] == ["reload"]


# the whole room


def make_room(ctx: Context, listeners: Listeners, data: Path, folder: Path) -> MqttRoom:
    return MqttRoom(ctx, Displays(ctx.boot_id), Attendance(ctx), listeners, data, unit=folder, sync_state=lambda: link_state.sync(ctx))


def test_a_killed_broker_comes_back_with_everything_retained(
    ctx: Context, listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd
) -> None:
    room = make_room(ctx, listeners, tmp_path, folder)
    room.start()
    try:
        wait_for("the link", lambda: room.health()["broker"] == "up")
        wanted = {"q/v1/srv/status", *room_of_devices._retained(ctx.hall)}
        killed = systemd.pid
        os.kill(killed, signal.SIGKILL)
        wait_for("another broker", lambda: systemd.pid != killed)
        desks.act(ctx, commands.Close("2"), actor="test")
        wait_for("the link", lambda: room.health()["broker"] == "up", 5)
        with Client(Roomed(room, ctx, listeners).login("monitor"), "q/v1/#") as monitor:
            wait_for("all of it", lambda: wanted == {message.topic for message in monitor.messages if message.retain})
    finally:
        room.stop()


def test_a_press_while_the_server_was_away_calls_nobody_and_the_next_one_does(
    ctx: Context, listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd
) -> None:
    del systemd
    tickets.issue(ctx, service="passport", lang="ky", via="test", actor="test")
    event, ack = "q/v1/dev/button-1/event", "q/v1/dev/button-1/ack"
    before = make_room(ctx, listeners, tmp_path, folder)
    before.start()
    wait_for("the link", lambda: before.health()["broker"] == "up")
    with Client(Roomed(before, ctx, listeners).login("button-1"), ack) as button:
        before.stop()
        assert button.publish(event, {"v": 1, "id": "away", "type": "press"}, expiry=10) == NO_SUBSCRIBERS
        after = make_room(ctx, listeners, tmp_path, folder)
        after.start()
        try:
            wait_for("the link", lambda: after.health()["broker"] == "up")
            button.publish(event, {"v": 1, "id": "back", "type": "press"}, expiry=10)
            answer = button.wait(ack).json
        finally:
            after.stop()
    assert (answer["event_id"], answer["result"]) == ("back", "called")


def test_without_a_broker_the_room_starts_and_says_so_and_is_up_when_it_comes(
    ctx: Context, listeners: Listeners, tmp_path: Path, folder: Path
) -> None:
    room = make_room(ctx, listeners, tmp_path, folder)
    room.start()
    try:
        room.tick()
        assert room.health()["broker"] == "down"
        age = room.echo_age_s()
        assert age is not None
        assert age < 5  # nobody is to blame: the watchdog is fed
        with Systemd(folder):
            wait_for("the link", lambda: room.health()["broker"] == "up", 20)
    finally:
        room.stop()


def test_on_a_full_disk_new_rules_take_the_place_of_the_old_ones(
    listeners: Listeners, tmp_path: Path, folder: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(listeners, tmp_path, folder) as broker:
        in_force(broker)
    write = broker_unit._write_shared

    def full(path: Path, text: str) -> None:
        if not path.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, text)

    (folder / "reload").touch()
    before = systemd.pid
    with monkeypatch.context() as patched, Client(login(listeners, "button-1")) as stays:
        patched.setattr(broker_unit, "_write_shared", full)
        with served(listeners, tmp_path, folder) as again:
            in_force(again)
        assert not stays.lost.is_set()
    assert systemd.pid == before
    assert not list(folder.glob("*.new"))


def test_doctor_does_not_call_our_own_broker_a_stranger(listeners: Listeners, folder: Path) -> None:
    """It has its ports also while the server does not run."""
    parts: dict[str, dict[str, Any]] = {"http": {"port": free_ports(1)[0]}, "mqtt": {"port": listeners.port, "ws_port": listeners.ws_port}}
    with socket.create_server(("127.0.0.1", listeners.port)):
        assert [finding.mark for finding in checkup._ports(Config.model_validate(parts))] == ["trouble"]
        parts["mqtt"]["folder"] = str(folder)
        assert not list(checkup._ports(Config.model_validate(parts)))
