"""A day of the hall with everything that anybody says on the broker in it: each message as published, and nothing that is published left unsaid."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from edge.operations import desks, emergency, notices, pairing, registry, settings, tickets
from edge.operations.orders import Op
from edge.queueing import commands
from edge.queueing.registry import Device, Kind
from tests.demo_process import wait_for
from tests.devices.client import Client, Message
from tests.devices.conftest import Roomed
from tests.devices.contract import faults, of, unseen
from tests.journeys import payloads

WORDS = {"ky": "Бүгүн", "ru": "Сегодня", "kk": "Бүгін", "en": "Today"}


class Day:
    """The devices of the hall, each with a login of its own, and the monitor who hears everything from the first moment."""

    def __init__(self, roomed: Roomed, stack: ExitStack) -> None:
        self.ctx, self.room = roomed.ctx, roomed.room
        self._roomed, self._stack = roomed, stack
        self._devices: dict[str, Client] = {}
        self.monitor = stack.enter_context(Client(roomed.login("monitor"), "q/v1/#"))

    def device(self, name: str) -> Client:
        if name not in self._devices:
            own = [f"q/v1/dev/{name}/{what}" for what in ("ack", "issued", "cmd")]
            self._devices[name] = self._stack.enter_context(Client(self._roomed.login(name), *own))
        return self._devices[name]

    def say(self, name: str, what: str, *, retain: bool = False, expiry: int | None = None, qos: int = 1, **fields: object) -> None:
        self.device(name).publish(f"q/v1/dev/{name}/{what}", {"v": 1, "ts": None, **fields}, retain=retain, expiry=expiry, qos=qos)

    def arrive(self, name: str, kind: Kind) -> None:
        """Say all that a device says of itself."""
        self.say(name, "status", retain=True, state="ready", boot_id="7f", fw="1.2")
        self.say(name, "about", retain=True, kind=kind, model="of a test", caps=["beep"])
        self.say(name, "stat", qos=0, expiry=120, battery=80, rssi=-61, temp=21.5, heap=140_000)

    def press(self, id_: str, type_: str, result: str, name: str = "button-1") -> None:
        """Press, and be answered so."""
        self.say(name, "event", expiry=10, id=id_, type=type_, key="main", held_ms=1700)
        self.device(name).wait(f"q/v1/dev/{name}/ack", event_id=id_, result=result)

    def wish(self, id_: str, service: str, result: str) -> None:
        """Ask for a ticket at the headless kiosk, and be answered so."""
        self.say("kiosk-a", "issue", expiry=30, id=id_, service=service, category=None, lang="ky")
        self.device("kiosk-a").wait("q/v1/dev/kiosk-a/issued", request_id=id_, result=result)

    def order(self, name: str, op: Op, result: str) -> None:
        """Tell a device to do something; it says what became of it."""
        registry.tell(self.ctx, name, op, actor="test")
        order = self.device(name).wait(f"q/v1/dev/{name}/cmd", op=op).json
        self.say(name, "reply", expiry=60, cmd_id=order["cmd_id"], result=result, detail="as told")

    def act(self, *moves: commands.DeskCommand) -> None:
        for move in moves:
            desks.act(self.ctx, move, actor="test")


@pytest.fixture
def hall(roomed: Roomed) -> Iterator[Day]:
    with ExitStack() as stack:
        yield Day(roomed, stack)


def take_tickets(hall: Day) -> None:
    """At a kiosk's screen and at one without; wishes that are refused, made twice, and out of the contract."""
    for lang in ("ky", "ru", "kk", "en", "ky", "ru"):
        tickets.issue(hall.ctx, service="passport", lang=lang, via="test", actor="test")
    hall.wish("w1", "passport", "issued")
    hall.wish("w1", "passport", "issued")
    hall.wish("w2", "moon", "refused")


def serve(hall: Day) -> None:
    """Everything that a desk does, by console and by button, and everything that a button is answered."""
    moves = (commands.CallNext, commands.Recall, commands.Start, commands.Undo, commands.Finish, commands.CallNext, commands.MarkNoShow)
    hall.act(*(move("1") for move in moves))
    hall.press("p1", "press", "called")
    hall.press("p1", "press", "dup")
    hall.press("p2", "press", "stale")
    ((guarded,),) = hall.ctx.database.connection().execute("SELECT value FROM setting WHERE key = 'desks'").fetchall()
    settings.put_key_in_force(hall.ctx, "desks", [{**desk, "guard_ms": 0} for desk in json.loads(str(guarded))], actor="test")  # it is for people
    hall.press("p3", "double", "recalled")
    hall.press("p4", "hold", "no-show")
    hall.act(commands.CallNext("1"))
    while hall.ctx.hall.at_desk("1"):
        hall.act(commands.CallNext("1"))
    hall.press("p5", "press", "empty")
    tickets.issue(hall.ctx, service="passport", lang="ky", via="test", actor="test")
    hall.press("p6", "press", "called")
    hall.press("p7", "press", "finished")
    hall.act(commands.Pause("2", "break"))
    hall.press("p8", "press", "denied", "button-2")


def look_after_devices(hall: Day) -> None:
    """Paper runs out, a screen is paired, told things, replaced and revoked."""
    for id_, news in enumerate(("paper-low", "paper-out", "printer-error")):
        hall.press(f"n{id_}", news, "ok", "printer-a")
    hall.order("printer-a", Op.TEST_PRINT, "ok")
    hall.order("led-1", Op.REBOOT, "unsupported")
    hall.order("button-1", Op.RE_ANNOUNCE, "failed")
    waiting, _ = pairing.ask(hall.ctx, model="Chromium 130, Linux", address="10.0.0.7", wanted=None)
    pairing.confirm(hall.ctx, waiting.code, Device("board-x", Kind.BOARD, zone="a"), actor="test")
    hall.room.tick()
    hall.monitor.wait("q/v1/dev/board-x/config")
    hall.arrive("board-x", Kind.BOARD)
    hall.order("board-x", Op.IDENTIFY, "ok")
    hall.order("board-x", Op.RELOAD, "ok")
    registry.revoke(hall.ctx, "board-x", actor="test")
    hall.room.tick()
    assert hall.monitor.wait("q/v1/dev/board-x/config", 2).payload == b""


def close(hall: Day) -> None:
    """A notice, an emergency that is lifted, a repaint, and the end."""
    notices.put_up(hall.ctx, ["a"], WORDS, actor="test")
    emergency.declare(hall.ctx, WORDS, "smoke on the first floor", actor="test")
    hall.wish("w3", "passport", "refused")
    hall.monitor.wait("q/v1/board/a/state", mode="closed")
    emergency.lift(hall.ctx, "it was the toaster", actor="test")
    hall.room._repaint()
    hall.monitor.wait("q/v1/srv/time")
    hall.room.stop()
    hall.monitor.wait("q/v1/srv/status", state="offline")


def test_a_whole_day_is_as_published_and_shows_everything_that_is_published(hall: Day) -> None:
    for name, kind in (("button-1", Kind.BUTTON), ("led-1", Kind.LED), ("printer-a", Kind.PRINTER), ("kiosk-a", Kind.KIOSK)):
        hall.arrive(name, kind)
    take_tickets(hall)
    serve(hall)
    look_after_devices(hall)
    close(hall)
    assert faults(hall.monitor.messages) == []
    assert unseen(hall.monitor.messages) == set()
    assert read_otherwise(hall.monitor) == []
    assert revisions(hall.monitor) == []


def test_what_devices_may_not_say_is_answered_as_published_too(hall: Day) -> None:
    hall.say("button-1", "event", id="p1", type="tap")
    hall.device("button-1").wait("q/v1/dev/button-1/ack", event_id="p1", result="bad")
    hall.say("kiosk-a", "issue", id="w1", service="passport", lang="fr")
    hall.device("kiosk-a").wait("q/v1/dev/kiosk-a/issued", request_id="w1", result="bad")
    hall.say("button-1", "event", retain=True, id="p2", type="press")
    wait_for("the retained press to be cleared", lambda: [m for m in hall.monitor.of("q/v1/dev/button-1/event") if not m.payload])
    said = [message for message in hall.monitor.messages if (line := of(message.topic)) is None or line.sent]
    assert faults(said) == []


GOOD = Message("q/v1/dev/a/ack", 1, False, 10, b'{"v":1,"ts":"2026-11-24T04:00:00.000Z","event_id":"1","result":"empty","ticket":null,"led":"off"}')


@pytest.mark.parametrize(
    ("deviation", "words"),
    [
        ({"topic": "q/v1/dev/a/nack"}, "no such topic"),
        ({"topic": "q/v1/dev/A/ack"}, "no such topic"),
        ({"topic": "q/v1/dev/ack"}, "no such topic"),
        ({"qos": 0}, "QoS 0, must be 1"),
        ({"retain": True}, "retain True, must be False"),
        ({"expiry": None}, "expiry None, must be 10"),
        ({"expiry": 6}, "expiry 6, must be 10"),
        ({"expiry": 11}, "expiry 11, must be 10"),
        ({"payload": b""}, "no JSON"),
        ({"payload": GOOD.payload.replace(b"empty", b"full")}, "'full' is not one of"),
        ({"payload": GOOD.payload.replace(b'"led":"off"', b'"lamp":"off"')}, "'lamp' was unexpected"),
        ({"payload": GOOD.payload.replace(b',"led":"off"', b"")}, "'led' is a required property"),
    ],
)
def test_the_judge_notices_every_kind_of_deviation(deviation: dict[str, Any], words: str) -> None:
    assert faults([GOOD]) == []
    assert any(words in fault for fault in faults([replace(GOOD, **deviation)]))


def read_otherwise(monitor: Client) -> list[str]:
    """Return what somebody who only read the contract, and wrote the table of the journeys from it, finds wrong with what the server said."""
    rows = [(row, message) for message in monitor.messages for row in payloads.TABLE if row.schema and row.matches(message.topic) and message.payload]
    return [f"{message.topic}: {fault}" for row, message in rows for fault in payloads.faults(row.schema or {}, message.json)]


def revisions(monitor: Client) -> list[str]:
    """Return where `rev` went back, or stood still while the picture changed."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for message in monitor.messages:
        if message.payload and "rev" in message.json:
            shown.setdefault(message.topic, []).append({key: value for key, value in message.json.items() if key != "ts"})
    return [topic for topic, many in shown.items() for before, after in pairwise(many) if after["rev"] <= before["rev"] and after != before]
