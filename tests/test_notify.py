"""What systemd hears from a real server, through the socket that `Type=notify` gives."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge import notify
from tests.conftest import MakeDemo
from tests.demo_process import wait_for

PERIOD_S = 9  # a heartbeat comes every 3 s; alive means one in the last 6


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """Listen as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(30)
        yield listening


def heard(listening: socket.socket) -> str:
    return listening.recv(4096).decode()


def test_ready_then_alive_then_silent_while_the_broker_hangs_then_stopping(centre: MakeDemo, tmp_path: Path) -> None:
    with manager(str(tmp_path / "notify")) as systemd:
        demo = centre(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC=str(PERIOD_S * 1_000_000))
        said = [heard(systemd)]
        while said[-1] != "READY=1\nSTATUS=serving":
            said.append(heard(systemd))
        wait_for("a proof of life", lambda: heard(systemd) == "WATCHDOG=1\nSTATUS=serving", within_s=30)
        os.kill(demo.broker_pid, signal.SIGSTOP)
        wait_for("its end", lambda: heard(systemd).startswith("STATUS=not well: no message of ours came back from the broker"), within_s=40)
        assert "WATCHDOG" not in heard(systemd)
        os.kill(demo.broker_pid, signal.SIGCONT)
        wait_for("life again", lambda: heard(systemd).startswith("WATCHDOG=1"), within_s=40)
        demo.stop()
        wait_for("the last word", lambda: heard(systemd) == "STOPPING=1")


def test_without_a_manager_nothing_is_said(tmp_path: Path) -> None:
    assert not notify.tell("READY=1", {})
    assert not notify.tell("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})


def test_an_abstract_address_is_reached() -> None:
    name = f"kezek-test-{os.getpid()}"
    with manager(f"\0{name}") as systemd:
        assert notify.tell("READY=1", {"NOTIFY_SOCKET": f"@{name}"})
        assert heard(systemd) == "READY=1"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdogs_time_is_read_as_systemd_gives_it(environment: dict[str, str], expected: float | None) -> None:
    assert notify.watchdog_s(environment) == expected


@pytest.mark.parametrize(("commits", "age", "alive"), [(True, 1.0, True), (True, 6.1, False), (True, None, False), (False, 1.0, False)])
def test_life_needs_both_proofs(commits: bool, age: float | None, alive: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 -- parameters
    name = f"kezek-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    with manager(f"\0{name}") as systemd:
        notify.tell_life(PERIOD_S, lambda: commits, lambda: age)
        said = heard(systemd)
    assert said.startswith("WATCHDOG=1" if alive else "STATUS=not well: ")


def test_a_page_that_cannot_be_had_is_no_proof(free_port: int) -> None:
    assert not notify.commits(f"127.0.0.1:{free_port}")
