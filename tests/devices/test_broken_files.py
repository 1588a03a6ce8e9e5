"""A broker whose files are broken behind our back is closed again by itself, does not start with them, and is never taken for ours meanwhile.

Every line of the table that was measured of Mosquitto's SIGHUP (`docs/mqtt.md`, "The broker"): an ACL file that it cannot read on a reload opens
everything, and the same file keeps it from starting.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.devices import broker_child, broker_unit
from edge.devices.broker_child import BrokerChild
from edge.devices.broker_unit import BrokerUnit
from edge.devices.mosquitto import Listeners
from edge.devices.rules import State
from tests.demo_process import free_ports, wait_for
from tests.devices import unit
from tests.devices.broken_files import DAMAGES
from tests.devices.client import NO_SUBSCRIBERS, NOT_AUTHORIZED, Client
from tests.devices.conftest import DEVICES, Served, accounts
from tests.sampling import some

PROBE_S = 0.1  # a minute, on a box
SEEN_WITHIN_S = 10


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A child that is asked ten times a second, and leaves each test whole."""
    listeners = Listeners("127.0.0.1", *free_ports(2))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(broker_child, "PROBE_EVERY_S", PROBE_S)
        patched.setattr(broker_child, "RELOADED_WITHIN_S", PROBE_S)
        broker = BrokerChild(listeners, tmp_path_factory.mktemp("probed"), accounts(*DEVICES))
        broker.start()
        yield Served(broker, listeners)
        broker.stop()


def is_closed(served: Served) -> bool:
    return served.broker._rules.state(served.listeners) is State.IN_FORCE


def only_its_own(served: Served) -> None:
    with Client(served.login("button-1")) as button:
        assert button.publish("q/v1/dev/button-1/event") == NO_SUBSCRIBERS
        assert button.publish("q/v1/dev/button-2/event") == NOT_AUTHORIZED
    with Client(replace(served.login("button-1"), password="wrong")) as stranger:
        assert stranger.refused == NOT_AUTHORIZED


@pytest.mark.parametrize("damage", some(DAMAGES, 1, 3, 4, 5, 6, 7, 8, 10, 11))
def test_a_broken_file_is_noticed_and_the_broker_is_whole_again(probed: Served, damage: str) -> None:
    name, breaks = DAMAGES[damage]
    before = probed.broker.pid
    assert before
    breaks(probed.broker._own / name)
    os.kill(before, signal.SIGHUP)
    wait_for("another broker", lambda: probed.broker.pid != before and is_closed(probed), SEEN_WITHIN_S)
    only_its_own(probed)


def test_a_rule_that_is_taken_away_or_given_holds_at_once_for_who_is_connected(served: Served) -> None:
    others = [one for one in accounts(*DEVICES) if one.user != "button-1"]
    button = next(one for one in accounts(*DEVICES) if one.user == "button-1")
    with Client(served.login("button-1")) as client:
        served.broker.reload([*others, replace(button, write=())])
        assert client.publish("q/v1/dev/button-1/event") == NOT_AUTHORIZED
        served.broker.reload([*others, button])
        assert client.publish("q/v1/dev/button-1/event") == NO_SUBSCRIBERS
        assert not client.lost.is_set()


def test_a_reload_puts_whole_files_in_the_place_of_broken_ones(served: Served) -> None:
    for name in ("acl", "passwords"):
        (served.broker._own / name).unlink()
    served.broker.reload(accounts(*DEVICES))
    assert is_closed(served)
    only_its_own(served)


# as a unit of systemd


@pytest.fixture
def folder() -> Iterator[Path]:
    with unit.folder() as made:
        yield made


def is_whole(folder: Path, broker: BrokerUnit) -> bool:
    return all(broker_unit._holds(folder / name, text) for name, text in broker._rules.files.items())


@pytest.mark.parametrize("damage", some(DAMAGES, 6, 8))
def test_a_unit_with_a_broken_file_is_whole_again(
    listeners: Listeners, tmp_path: Path, folder: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First while it runs, then at its start: there Mosquitto refuses what would have opened it."""
    monkeypatch.setattr(broker_unit, "PROBE_EVERY_S", PROBE_S)
    monkeypatch.setattr(broker_unit, "PATIENCE_S", dict.fromkeys(State, 0.5))
    name, breaks = DAMAGES[damage]
    broker = BrokerUnit(listeners, tmp_path, folder, accounts(*DEVICES))
    try:
        with unit.Systemd(folder) as systemd:
            broker.start()
            wait_for("the rules", broker.is_proven, SEEN_WITHIN_S)
            for number in (signal.SIGHUP, signal.SIGKILL):
                breaks(folder / name)
                os.kill(systemd.pid, number)
                wait_for("whole files", lambda: is_whole(folder, broker), SEEN_WITHIN_S)
                wait_for("the rules", broker.is_proven, SEEN_WITHIN_S)
    finally:
        broker.stop()
