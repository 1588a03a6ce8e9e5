"""Presses of hardware keys: one effect for one id, whatever happened since; who may, when it counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.operations import desks, registry, views
from edge.queueing import commands as c
from edge.queueing.desk import Key
from tests.operations.box import DEVICES, Box


def test_a_press_calls_and_the_key_blinks(box: Box) -> None:
    box.issue()
    assert box.press("p1") == {"event_id": "p1", "result": "called", "ticket": "A001", "led": "blink"}


def test_a_serving_ticket_lights_steadily(box: Box) -> None:
    box.issue()
    box.press()
    box.act(c.Start("1"))
    box.pass_by(2)
    assert box.press(key=Key.DOUBLE) | {"event_id": ""} == {"event_id": "", "result": "recalled", "ticket": "A001", "led": "steady"}


def test_an_id_has_one_effect_and_is_answered_dup_with_its_first_result(box: Box) -> None:
    box.issue()
    box.issue()
    box.press("p1")
    box.pass_by(5)
    again = box.press("p1")
    assert again == {"event_id": "p1", "result": "dup", "first": "called", "ticket": "A001", "led": "blink"}
    assert box.numbers_called() == ["A001"]


def test_dup_shows_the_first_ticket_and_the_desk_as_it_is_now(box: Box) -> None:
    box.issue()
    box.press("p1")
    box.act(c.Finish("1"))
    assert box.press("p1") == {"event_id": "p1", "result": "dup", "first": "called", "ticket": "A001", "led": "off"}


def test_dup_is_checked_before_guard_and_lateness(box: Box) -> None:
    box.issue()
    at = box.clock.at
    box.press("p1", ts=at)
    assert box.press("p1", ts=at)["result"] == "dup"
    box.pass_by(60)
    assert box.press("p1", ts=at)["result"] == "dup"


def test_an_id_belongs_to_its_device(box: Box) -> None:
    box.issue()
    box.issue()
    assert [box.press("p1", device=device)["result"] for device in ("button-1", "button-2")] == ["called", "called"]


def test_ids_are_remembered_over_a_restart(box: Box) -> None:
    box.issue()
    box.press("p1")
    box.restart()
    assert box.press("p1")["result"] == "dup"


@pytest.mark.parametrize("key", Key)
def test_empty_is_remembered(box: Box, key: Key) -> None:
    assert box.press("p1", key=key) == {"event_id": "p1", "result": "empty", "ticket": None, "led": "off"}
    box.issue()
    assert box.press("p1", key=key) == {"event_id": "p1", "result": "dup", "first": "empty", "ticket": None, "led": "off"}


def test_a_second_press_within_the_guard_is_stale_and_remembered(box: Box) -> None:
    box.issue()
    box.issue()
    box.press()
    box.clock.since_boot += 1.4
    assert box.press("p2") | {"led": ""} == {"event_id": "p2", "result": "stale", "ticket": "A001", "led": ""}
    box.clock.since_boot += 5
    assert box.press("p2")["first"] == "stale"
    assert box.press("p3")["ticket"] == "A002"


def test_the_guard_counts_from_the_last_move_by_screen_too(box: Box) -> None:
    box.issue()
    box.issue()
    box.act(c.CallNext("1"))
    assert box.press()["result"] == "stale"
    box.clock.since_boot += 1.5
    assert box.press()["ticket"] == "A002"


def test_the_guard_binds_buttons_only(box: Box) -> None:
    box.issue()
    box.issue()
    box.press()
    assert box.act(c.CallNext("1")).outcome
    assert box.numbers_called() == ["A002"]


def test_the_guard_is_not_moved_by_the_wall_clock(box: Box) -> None:
    box.issue()
    box.issue()
    box.press()
    box.step(timedelta(hours=1))
    assert box.press()["result"] == "stale"


def test_a_press_of_another_desk_starts_no_guard_here(box: Box) -> None:
    box.issue()
    box.issue()
    box.issue()
    box.press()
    box.clock.since_boot += 2
    box.press(device="button-2")
    assert box.press()["result"] == "called"


def test_a_press_older_than_ten_seconds_is_stale(box: Box) -> None:
    box.issue()
    box.pass_by(60)
    now = box.clock.at
    assert box.press(ts=now - timedelta(seconds=10.001))["result"] == "stale"
    assert box.press(ts=now - timedelta(seconds=10))["result"] == "called"


def test_a_press_from_before_this_start_is_stale_and_one_from_the_future_is_accepted(box: Box) -> None:
    box.issue()
    box.restart()
    start = box.clock.at
    box.pass_by(3)
    assert box.press(ts=start - timedelta(milliseconds=1)) == {"event_id": "press-1", "result": "stale", "ticket": None, "led": "off"}
    assert box.press(ts=box.clock.at + timedelta(days=400))["result"] == "called"


def test_a_press_without_a_time_is_accepted(box: Box) -> None:
    box.issue()
    assert box.press(ts=None)["result"] == "called"


@pytest.mark.parametrize("device", ["button-loose", "nobody"])
def test_a_press_of_a_device_without_a_desk_is_denied_and_remembered(box: Box, device: str) -> None:
    box.issue()
    assert box.press("p1", device=device) == {"event_id": "p1", "result": "denied", "ticket": None, "led": "off"}
    assert box.press("p1", device=device)["first"] == "denied"
    assert box.numbers_called() == []


def test_a_revoked_button_is_denied(box: Box) -> None:
    box.issue()
    registry.register(box.ctx, [replace(DEVICES[0], active=False, generation=2)], actor="system")
    assert box.press()["result"] == "denied"


@pytest.mark.parametrize("command", [c.Pause("1"), c.Close("1")])
def test_a_press_at_a_desk_that_is_not_open_is_denied(box: Box, command: c.DeskCommand) -> None:
    box.issue()
    box.act(command)
    assert box.press()["result"] == "denied"


def test_what_could_not_be_decided_is_busy_and_not_remembered(box: Box) -> None:
    connection = box.database.connection()
    box.issue()
    before = connection.pragma("page_count")
    connection.execute(f"PRAGMA max_page_count = {before}")
    answers: list[views.View] = []
    while not answers or answers[-1]["result"] != "busy":
        answers.append(box.press(f"p-{len(answers)}-" + "x" * 50, device="button-loose"))
    busy = answers[-1]
    assert busy | {"event_id": ""} == {"event_id": "", "result": "busy", "ticket": None, "led": "off"}
    connection.execute("PRAGMA max_page_count = 100000")
    assert box.press(str(busy["event_id"]), device="button-loose")["result"] == "denied"


def test_bad_changes_nothing_and_is_not_remembered(box: Box) -> None:
    box.issue()
    applied = box.hall.applied
    assert desks.bad(box.ctx, "button-1", "p1") == {"event_id": "p1", "result": "bad", "ticket": None, "led": "off"}
    assert box.hall.applied == applied
    assert box.press("p1")["result"] == "called"


def test_a_devices_own_news_is_ok_once_and_dup_afterwards(box: Box) -> None:
    assert desks.reported(box.ctx, "kiosk-1", "n1", "paper-low")["result"] == "ok"
    assert desks.reported(box.ctx, "kiosk-1", "n1", "paper-low")["result"] == "dup"
