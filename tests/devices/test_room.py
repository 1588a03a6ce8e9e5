"""The way of each message: what devices send is decided once and answered, what everyone should see lies on the broker."""

import json
import logging
import os
import signal
import time
from pathlib import Path

import pytest

from edge.devices import payloads, topics
from edge.devices.broker_child import BrokerChild
from edge.devices.link import Incoming
from edge.devices.mosquitto import Listeners
from edge.errors import Unavailable
from edge.operations import desks, registry, tickets
from edge.operations.context import Context
from edge.operations.orders import Op, Order
from edge.queueing import commands
from edge.queueing.registry import Device, Kind
from tests.demo_process import wait_for
from tests.devices.client import Client
from tests.devices.conftest import Roomed, make_room

EVENT, ACK = "q/v1/dev/button-1/event", "q/v1/dev/button-1/ack"
ISSUE, ISSUED = "q/v1/dev/kiosk-a/issue", "q/v1/dev/kiosk-a/issued"
TREE = "q/v1/#"


def issue(ctx: Context, service: str = "passport") -> str:
    done = tickets.issue(ctx, service=service, lang="ky", via="test", actor="test")
    return str(json.loads(done.answer)["number"])


def press(button: Client, id_: str, **more: object) -> None:
    button.publish(EVENT, {"v": 1, "id": id_, "type": "press", **more}, expiry=10)


def test_a_press_calls_and_the_answer_comes_after_board_and_commit(roomed: Roomed) -> None:
    number = issue(roomed.ctx)
    with Client(roomed.login("monitor"), TREE) as everything, Client(roomed.login("button-1"), ACK) as button:
        press(button, "boot.1")
        ack = button.wait(ACK)
        assert (ack.json["event_id"], ack.json["result"], ack.json["ticket"], ack.json["led"]) == ("boot.1", "called", number, "blink")
        assert (ack.qos, ack.retain) == (1, False)
        everything.wait(ACK)
        order = [message.topic for message in everything.messages]
        after_press = order[order.index(EVENT) :]
        assert after_press.index("q/v1/board/a/state") < after_press.index(ACK)
        call = everything.wait("q/v1/board/a/call").json
        assert (call["ticket"], call["desk"], call["lang"], call["audio"], call["repeat"]) == (number, "1", "ky", [], 0)


def test_a_repeated_press_is_a_duplicate_with_the_first_answer(roomed: Roomed) -> None:
    number = issue(roomed.ctx)
    issue(roomed.ctx)
    with Client(roomed.login("button-1"), ACK, "q/v1/desk/1/state") as button:
        press(button, "boot.1")
        press(button, "boot.1")
        again = button.wait(ACK, 2).json
        assert (again["result"], again["first"], again["ticket"]) == ("dup", "called", number)
        assert roomed.ctx.hall.at_desk("1") is not None
        assert button.wait("q/v1/desk/1/state", ticket=button.of("q/v1/desk/1/state")[-1].json["ticket"]).json["ticket"]["number"] == number


def test_a_recall_is_one_call_with_its_count(roomed: Roomed) -> None:
    issue(roomed.ctx)
    desks.act(roomed.ctx, commands.CallNext("1"), actor="test")
    with Client(roomed.login("board-a"), "q/v1/board/a/call") as board:
        desks.act(roomed.ctx, commands.Recall("1"), actor="test")
        desks.act(roomed.ctx, commands.Recall("1"), actor="test")
        assert board.wait("q/v1/board/a/call", repeat=2).expiry in (19, 20)
        recalls = [message.json for message in board.messages if message.json["repeat"]]  # the call itself may still be on its way
        assert [recall["repeat"] for recall in recalls] == [1, 2]
        assert len({recall["call_id"] for recall in recalls}) == 2


@pytest.mark.parametrize(
    "event",
    [
        {"v": 1, "id": "b.1", "type": "triple"},
        {"v": 1, "id": "b.1", "type": 5},
        {"v": 2, "id": "b.1", "type": "press"},
        {"v": True, "id": "b.1", "type": "press"},
        {"v": 1, "id": "b.1", "type": "press", "held_ms": "long"},
        {"v": 1, "id": "b.1", "type": "press", "ts": "yesterday"},
    ],
)
def test_an_event_with_an_id_that_says_nothing_we_know_is_bad_and_changes_nothing(roomed: Roomed, event: dict[str, object]) -> None:
    issue(roomed.ctx)
    with Client(roomed.login("button-1"), ACK) as button:
        button.publish(EVENT, event)
        assert button.wait(ACK).json["result"] == "bad"
        press(button, "b.1")  # a bad event is not remembered
        assert button.wait(ACK, 2).json["result"] == "called"


@pytest.mark.parametrize(
    "payload", [b"\xff\xfe", b"[1]", b"{", b'{"v":1,"type":"press"}', b'{"v":1,"id":"a b","type":"press"}', b"x" * 17_000, b'{"v":1,"id":7}']
)
def test_an_unreadable_event_is_counted_and_unanswered(roomed: Roomed, payload: bytes) -> None:
    with Client(roomed.login("button-1"), ACK) as button:
        button.publish(EVENT, payload)
        wait_for("the count", lambda: roomed.room.health()["bad_payloads"] == 1)
        press(button, "after")
        assert button.wait(ACK).json["event_id"] == "after"
        assert len(button.messages) == 1


def test_a_log_line_of_an_unreadable_payload_has_its_first_200_bytes_only(roomed: Roomed, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Client(roomed.login("button-1")) as button:
        button.publish(EVENT, b"y" * 300)
        wait_for("the count", lambda: roomed.room.health()["bad_payloads"] == 1)
    assert "y" * 200 in caplog.text
    assert "y" * 201 not in caplog.text
    assert EVENT in caplog.text


def test_a_retained_press_calls_no_one_and_is_cleared_within_a_second(roomed: Roomed) -> None:
    issue(roomed.ctx)
    with Client(roomed.login("button-1"), ACK) as button, Client(roomed.login("monitor"), EVENT) as monitor:
        button.publish(EVENT, {"v": 1, "id": "planted", "type": "press"}, retain=True)
        cleared = wait_for("the clearing", lambda: [message for message in monitor.of(EVENT) if not message.payload], 1.0)[0]
        assert cleared.retain
        press(button, "real")
        assert button.wait(ACK).json["event_id"] == "real"
        assert len(button.of(ACK)) == 1
    with Client(roomed.login("monitor"), EVENT, "q/v1/srv/status") as late:
        late.wait("q/v1/srv/status")
        assert not late.of(EVENT)
    assert roomed.room.health()["bad_payloads"] == 0


def test_a_retained_press_planted_while_the_server_was_down_is_cleared_at_its_start(ctx: Context, listeners: Listeners, tmp_path: Path) -> None:
    running = make_room(ctx, listeners, tmp_path)
    number = issue(ctx)
    running._broker.start()  # the broker alone
    here = Roomed(running, ctx, listeners)
    with Client(here.login("button-1"), ACK) as button, Client(here.login("monitor"), EVENT) as monitor:
        button.publish(EVENT, {"v": 1, "id": "planted", "type": "press"}, retain=True)
        running._ctx.announcer.listen(running._committed)
        running._link.start()
        wait_for("the clearing", lambda: any(not message.payload for message in monitor.of(EVENT)))
        press(button, "real")
        assert button.wait(ACK).json["ticket"] == number
        assert len(button.messages) == 1
    running.stop()


def test_an_empty_payload_is_ignored(roomed: Roomed) -> None:
    with Client(roomed.login("button-1"), ACK) as button:
        button.publish(EVENT)
        press(button, "real")
        assert button.wait(ACK).json["event_id"] == "real"
        assert roomed.room.health()["bad_payloads"] == 0


def test_a_press_that_waited_too_long_in_our_own_queue_calls_no_one(roomed: Roomed) -> None:
    issue(roomed.ctx)
    payload = b'{"v": 1, "id": "late", "type": "press"}'
    roomed.room._handle(Incoming(EVENT, payload, retained=False, arrived=time.monotonic() - 11))
    roomed.room._handle(Incoming(EVENT, payload, retained=False, arrived=time.monotonic() - 2, expiry=1))
    assert roomed.ctx.hall.at_desk("1") is None
    roomed.room._handle(Incoming(EVENT, payload, retained=False, arrived=time.monotonic() - 9))
    assert roomed.ctx.hall.at_desk("1") is not None


def test_a_headless_kiosk_gets_its_ticket_and_the_same_again(roomed: Roomed) -> None:
    wish = {"v": 1, "id": "k.1", "service": "passport", "category": None, "lang": "kk"}
    with Client(roomed.login("kiosk-a"), ISSUED) as kiosk:
        kiosk.publish(ISSUE, wish, expiry=30)
        kiosk.publish(ISSUE, wish, expiry=30)
        first, second = kiosk.wait(ISSUED).json, kiosk.wait(ISSUED, 2).json
        assert first["result"] == "issued"
        assert {**first, "ts": None} == {**second, "ts": None}
        assert len(list(roomed.ctx.hall.waiting())) == 1
        kiosk.publish(ISSUE, {**wish, "id": "k.2", "lang": "fr"})
        assert kiosk.wait(ISSUED, request_id="k.2").json == {**kiosk.messages[-1].json, "result": "bad", "ticket": None, "reason": None}
        kiosk.publish(ISSUE, {**wish, "id": "k.3", "service": "moon"})
        assert kiosk.wait(ISSUED, request_id="k.3").json["reason"] == "unknown"


def test_news_of_the_device_itself_is_acknowledged(roomed: Roomed) -> None:
    topic = "q/v1/dev/printer-a/ack"
    with Client(roomed.login("printer-a"), topic) as printer:
        printer.publish("q/v1/dev/printer-a/event", {"v": 1, "id": "p.1", "type": "paper-low"})
        assert printer.wait(topic).json["result"] == "ok"


def test_everything_retained_is_there_once_start_returns(roomed: Roomed) -> None:
    hall = roomed.ctx.hall
    wanted = {"q/v1/srv/status"}
    wanted |= {topic.of(zone) for zone in hall.policy.zones for topic in (topics.BOARD_STATE, topics.KIOSK_STATE)}
    wanted |= {topics.DESK_STATE.of(desk) for desk in hall.desks} | {topics.DEV_CONFIG.of(device) for device in hall.devices}
    wanted |= {topics.DEV_RENDER.of("led-1")}
    with Client(roomed.login("monitor"), TREE) as monitor:
        wait_for("the last retained topic", lambda: wanted <= {message.topic for message in monitor.messages})
        assert {message.topic for message in monitor.messages if message.retain} == wanted


def test_a_killed_broker_is_back_and_repainted_within_five_seconds(roomed: Roomed) -> None:
    issue(roomed.ctx)
    killed_at = time.monotonic()
    child = roomed.room._broker
    assert isinstance(child, BrokerChild)
    broker = child.pid
    assert broker
    os.kill(broker, signal.SIGKILL)
    desks.act(roomed.ctx, commands.CallNext("1"), actor="test")  # what happens meanwhile is painted, too
    wait_for("the link", lambda: child.pid != broker and roomed.room.health()["broker"] == "up")
    with Client(roomed.login("board-a"), "q/v1/board/a/state") as board:
        state = wait_for("the call on the board", lambda: [m for m in board.messages if m.json["now"]])[0].json
        assert state["now"][0]["desk"] == "1"
    assert time.monotonic() - killed_at < 5


def test_a_clean_stop_says_offline_and_nothing_else(ctx: Context, listeners: Listeners, tmp_path: Path) -> None:
    running = make_room(ctx, listeners, tmp_path)
    running.start()
    with Client(Roomed(running, ctx, listeners).login("monitor"), "q/v1/srv/status") as monitor:
        monitor.wait("q/v1/srv/status", state="online")
        running.stop()
        last = monitor.wait("q/v1/srv/status", state="offline")
        assert last.json.keys() == {"v", "ts", "state", "boot_id"}
        assert last.retain
        assert last.json["boot_id"] == ctx.boot_id


def test_time_is_said_at_once_and_then_every_three_seconds(roomed: Roomed) -> None:
    with Client(roomed.login("monitor"), "q/v1/srv/time") as monitor:
        roomed.room.tick()
        roomed.room.tick()
        roomed.room._status._timed = None
        roomed.room.tick()
        heartbeat = monitor.wait("q/v1/srv/time")
        assert (heartbeat.qos, heartbeat.retain, heartbeat.expiry) == (0, False, 10)
        assert heartbeat.json.keys() == {"v", "ts", "epoch_ms", "tz", "ok"}
        assert len(monitor.messages) == 1


def test_a_revoked_device_is_thrown_out_and_its_topics_are_cleared(roomed: Roomed) -> None:
    config = "q/v1/dev/button-2/config"
    with Client(roomed.login("monitor"), config) as monitor, Client(roomed.login("button-2")) as revoked, Client(roomed.login("button-1")) as other:
        monitor.wait(config)
        registry.register(roomed.ctx, [Device("button-2", Kind.BUTTON, desk="2", generation=2, active=False)], actor="test")
        roomed.room.tick()
        assert revoked.lost.wait(5)
        wait_for("the clearing", lambda: monitor.of(config)[-1].payload == b"")
        assert not other.lost.is_set()
    roomed.room._repaint()
    with Client(roomed.login("monitor"), config, "q/v1/srv/status") as late:
        late.wait("q/v1/srv/status")
        assert not late.of(config)


def test_a_new_device_may_log_in_within_a_tick(roomed: Roomed) -> None:
    registry.register(roomed.ctx, [Device("button-new", Kind.BUTTON, desk="2")], actor="test")
    roomed.room.tick()
    with Client(roomed.login("button-new"), "q/v1/dev/button-new/config") as device:
        assert device.wait("q/v1/dev/button-new/config").json["desk"] == "2"


def test_what_devices_say_of_themselves_is_noted(roomed: Roomed) -> None:
    attendance = roomed.room._attendance
    with Client(roomed.login("button-1")) as button:
        button.publish("q/v1/dev/button-1/status", {"v": 1, "state": "ready", "boot_id": "b1", "fw": "1.0"}, retain=True)
        button.publish("q/v1/dev/button-1/about", {"v": 1, "kind": "button", "model": "m", "caps": []}, retain=True)
        button.publish("q/v1/dev/button-1/stat", {"v": 1, "battery": 80}, qos=0)
        wait_for("the battery", lambda: attendance.of("button-1").stat == {"battery": 80})
    assert attendance.of("button-1").state == "ready"
    assert (attendance.of("button-1").about or {})["model"] == "m"


def test_a_busy_database_is_busy_and_not_remembered(roomed: Roomed, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(roomed.ctx)

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    with Client(roomed.login("button-1"), ACK) as button:
        with monkeypatch.context() as patched:
            patched.setattr(desks, "deciding", refuse)
            press(button, "b.1")
            assert button.wait(ACK).json["result"] == "busy"
        press(button, "b.1")
        assert button.wait(ACK, 2).json["result"] == "called"


def test_nothing_raised_by_a_message_stops_the_next(roomed: Roomed, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client(roomed.login("button-1"), ACK) as button:
        with monkeypatch.context() as patched:
            patched.setattr(payloads, "read_event", lambda _: 1 / 0)
            press(button, "lost")
            wait_for("the queue to be empty", lambda: roomed.room._link.waiting == 0)
        press(button, "next")
        assert button.wait(ACK, event_id="next").json["result"] == "empty"


def test_a_revoked_device_is_out_within_two_seconds_of_the_commit_without_any_tick(roomed: Roomed) -> None:
    with Client(roomed.login("button-2")) as revoked, Client(roomed.login("button-1")) as other:
        at = time.monotonic()
        registry.revoke(roomed.ctx, "button-2", actor="test")
        assert revoked.lost.wait(2), "still connected"
        print(f"\nout after {time.monotonic() - at:.2f} s")
        assert not other.lost.is_set()
    with Client(roomed.login("monitor")) as monitor:
        assert monitor.refused is None


def test_an_order_reaches_its_device_and_the_answer_is_noted(roomed: Roomed) -> None:
    cmd = "q/v1/dev/board-a/cmd"
    with Client(roomed.login("board-a"), cmd) as board, Client(roomed.login("button-1"), cmd) as other:
        order = registry.tell(roomed.ctx, "board-a", Op.IDENTIFY, actor="test")
        told = board.wait(cmd)
        assert (told.qos, told.retain, told.expiry) == (1, False, 15)
        assert {key: told.json[key] for key in ("cmd_id", "op", "args")} == {"cmd_id": order.id, "op": "identify", "args": {}}
        board.publish("q/v1/dev/board-a/reply", {"v": 1, "cmd_id": order.id, "result": "ok"}, expiry=60)
        wait_for("the answer", lambda: (newest := roomed.ctx.orders.newest("board-a")) and newest.result == "ok")
        assert not other.of(cmd)


def test_paper_that_runs_out_is_an_alert_by_the_time_the_device_is_answered(roomed: Roomed) -> None:
    with Client(roomed.login("kiosk-1"), "q/v1/dev/kiosk-1/ack") as kiosk:
        kiosk.publish("q/v1/dev/kiosk-1/event", {"v": 1, "id": "p.9", "type": "paper-out"})
        assert kiosk.wait("q/v1/dev/kiosk-1/ack").json["result"] == "ok"
        assert "paper-out:kiosk-1" in roomed.ctx.hall.alerts


def test_the_answer_of_a_device_is_measured(roomed: Roomed) -> None:
    cmd, trips = "q/v1/dev/board-a/cmd", roomed.ctx.trips
    with Client(roomed.login("board-a"), cmd) as board:
        order = Order("measured-1", "board-a", Op.RE_ANNOUNCE, roomed.ctx.clock.monotonic())
        trips.asked("board-a", order.id, order.given_at)
        roomed.ctx.orders.pass_on(order)
        assert board.wait(cmd).json["op"] == "re-announce"
        board.publish("q/v1/dev/board-a/reply", {"v": 1, "cmd_id": order.id, "result": "ok"}, expiry=60)
        took = wait_for("the answer", lambda: trips.of("board-a", roomed.ctx.clock.monotonic())) or 0.0
        print(f"\nround trip {took * 1000:.1f} ms")
        assert 0 < took < 5


def test_a_printed_test_page_ends_what_it_disproves(roomed: Roomed) -> None:
    cmd, ack = "q/v1/dev/printer-a/cmd", "q/v1/dev/printer-a/ack"
    with Client(roomed.login("printer-a"), cmd, ack) as printer:
        for number, what in enumerate(("paper-low", "printer-error", "paper-out")):
            printer.publish("q/v1/dev/printer-a/event", {"v": 1, "id": f"e.{number}", "type": what})
            assert printer.wait(ack, event_id=f"e.{number}").json["result"] == "ok"
        for result, left in (("failed", 3), ("ok", 1)):
            order = registry.tell(roomed.ctx, "printer-a", Op.TEST_PRINT, actor="test")
            assert printer.wait(cmd, cmd_id=order.id).json["op"] == "test-print"
            printer.publish("q/v1/dev/printer-a/reply", {"v": 1, "cmd_id": order.id, "result": result}, expiry=60)
            wait_for("the answer", lambda: (newest := roomed.ctx.orders.newest("printer-a")) and newest.result == result)  # noqa: B023
            wait_for("what is left", lambda: len(alerts_of(roomed, "printer-a")) == left)  # noqa: B023
        assert alerts_of(roomed, "printer-a") == ["paper-low:printer-a"]


def alerts_of(roomed: Roomed, device: str) -> list[str]:
    return [alert.alert for alert in roomed.ctx.hall.alerts.values() if alert.about == device]
