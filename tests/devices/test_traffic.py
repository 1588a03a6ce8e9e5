"""Simulated visitors and clerks: the same seed is the same day, and they keep to the contract like any device."""

import threading

import pytest

from edge.devices import traffic
from edge.devices.traffic import Clerk, Traffic, Visitors
from edge.operations import registry
from tests.demo_process import wait_for
from tests.devices.client import Client
from tests.devices.conftest import Roomed

ENTRY = {"id": "kiosk-a", "kind": "kiosk", "user": "kiosk-a", "password": "unused"}


def entries(roomed: Roomed, *names: str) -> list[dict[str, str]]:
    devices = roomed.ctx.hall.devices
    return [{"id": n, "kind": devices[n].kind, "user": n, "password": registry.secrets(roomed.ctx, n).mqtt_password} for n in names]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "ARRIVAL_S", 0.1)
    monkeypatch.setattr(traffic, "ARRIVAL_LIMITS_S", (0.05, 0.2))
    monkeypatch.setattr(traffic, "SERVICE_S", (1.6, 1.7))  # the button guard is 1.5 s
    monkeypatch.setattr(traffic, "IDLE_S", (0.1, 0.2))


@pytest.mark.usefixtures("hurried")
def test_visitors_arrive_and_clerks_work_until_stopped(roomed: Roomed) -> None:
    with Client(roomed.login("monitor"), "q/v1/dev/+/ack", "q/v1/dev/+/issued", "q/v1/dev/+/status") as monitor:
        running = Traffic("127.0.0.1", roomed.listeners.port, entries(roomed, "kiosk-a", "button-1", "button-2"), ["passport", "birth"], seed=1)
        running.start()
        wait_for("tickets", lambda: len(monitor.of("q/v1/dev/kiosk-a/issued")) >= 5)
        wait_for("a second call at desk 1", lambda: sum(m.json["result"] == "called" for m in monitor.of("q/v1/dev/button-1/ack")) >= 2, 10.0)
        running.stop()
        assert {m.json["result"] for m in monitor.of("q/v1/dev/kiosk-a/issued")} == {"issued"}
        assert monitor.wait("q/v1/dev/kiosk-a/status", state="disconnected").retain
    assert roomed.room.health()["bad_payloads"] == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "traffic"]


def test_the_same_seed_asks_for_the_same_and_another_for_something_else() -> None:
    def day(seed: int) -> list[tuple[object, float]]:
        visitors = Visitors("127.0.0.1", 1, ENTRY, seed, threading.Condition(), ["a", "b", "c", "d"])
        return [(visitors.wish(), visitors.pause_after({})) for _ in range(20)]

    assert day(7) == day(7)
    assert day(7) != day(8)


def test_an_unanswered_wish_goes_out_again_with_the_same_id_until_it_is_given_up() -> None:
    clerk = Clerk("127.0.0.1", 1, {**ENTRY, "id": "button-1"}, 1, threading.Condition())
    sent = [clerk.next_message(now) for now in (0.0, 2.0, 8.0)]
    assert len(set(sent)) == 1
    assert clerk.due == 10.0
    assert clerk.next_message(10.0) != sent[0]


def test_visitors_stay_away_while_it_is_crowded() -> None:
    visitors = Visitors("127.0.0.1", 1, ENTRY, 1, threading.Condition(), ["a"])
    crowded = [visitors.pause_after({"ticket": {"ahead": 31}}) for _ in range(50)]
    assert min(crowded) > traffic.CROWDED_PAUSE_S
