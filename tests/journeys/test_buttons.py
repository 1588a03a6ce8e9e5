"""The hardware key: what a press means in each state of the desk, and that nothing makes it count twice or too late."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.demo_process import wait_for
from tests.journeys.hall import Button, Hall, facts
from tests.journeys.http_client import fresh_key
from tests.journeys.mqtt_client import Stream, publish

GUARD_S = 1.5


def stamp(seconds: float) -> str:
    """Return the contract's time ``seconds`` from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_press_at_a_free_desk_calls_the_next_and_the_board_shows_it(hall: Hall, button: Button, sniffer: Stream) -> None:
    ticket = hall.issue("passport", lang="kk")
    assert facts(button.press()) == ("called", ticket["number"], "blink")
    sniffer.catch_up(hall.act("1", "pause"))
    (call,) = (message.json for message in sniffer.calls(ticket["number"]))
    assert (call["ticket"], call["desk"], call["lang"], call["repeat"]) == (ticket["number"], "1", "kk", 0)
    assert hall.board("a")["now"][0]["ticket"] == ticket["number"]
    assert hall.desk("1")["ticket"]["state"] == "called"


@pytest.mark.parametrize("type_", ["press", "double", "hold"])
def test_every_press_is_empty_when_nobody_waits(hall: Hall, button: Button, type_: str) -> None:
    assert hall.desk("1")["waiting"] == 0
    assert facts(button.press(type_)) == ("empty", None, "off")


def test_a_press_after_the_guard_time_finishes_and_calls_the_new_number(hall: Hall, button: Button) -> None:
    first, second = hall.issue("passport"), hall.issue("passport")
    button.press()
    hall.act("1", "start")
    moved = time.monotonic()
    assert facts(button.press()) == ("stale", first["number"], "steady")
    assert facts(button.press_after_guard()) == ("called", second["number"], "blink")
    assert time.monotonic() - moved >= GUARD_S - 0.1
    assert hall.ticket(first["id"])["state"] == "finished"


def test_a_press_with_nobody_waiting_finishes_and_frees_the_desk(hall: Hall, button: Button) -> None:
    ticket = hall.issue("passport")
    button.press()
    assert facts(button.press_after_guard()) == ("finished", ticket["number"], "off")
    assert hall.ticket(ticket["id"])["state"] == "finished"


def test_a_double_recalls_and_a_hold_is_a_no_show_that_calls_nobody(hall: Hall, button: Button, sniffer: Stream) -> None:
    ticket = hall.issue("passport")
    hall.issue("passport")
    button.press()
    assert facts(button.press_after_guard("double")) == ("recalled", ticket["number"], "blink")
    assert facts(button.press_after_guard("hold")) == ("no-show", ticket["number"], "off")
    sniffer.catch_up(hall.act("1", "pause"))
    assert [message.json["repeat"] for message in sniffer.calls(ticket["number"])] == [0, 1]
    assert hall.ticket(ticket["id"])["state"] == "missed"
    assert hall.serving("1") is None


@pytest.mark.parametrize("type_", ["press", "double", "hold"])
def test_within_the_guard_time_of_any_move_every_press_is_stale(hall: Hall, button: Button, type_: str) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    assert facts(button.press(type_)) == ("stale", ticket["number"], "blink")
    assert hall.desk("1")["guard_ms"] == 1500


def test_the_guard_time_binds_buttons_only(hall: Hall, button: Button) -> None:
    hall.issue("passport")
    button.press()
    assert hall.act("1", "recall")["result"] == "recalled"
    assert hall.act("1", "finish")["result"] == "finished"


@pytest.mark.parametrize(("action", "state"), [("close", "closed"), ("pause", "paused")])
@pytest.mark.parametrize("type_", ["press", "double", "hold"])
def test_a_closed_or_paused_desk_is_denied(hall: Hall, button: Button, action: str, state: str, type_: str) -> None:
    hall.issue("passport")
    assert hall.act("1", action)["state"] == state
    assert facts(button.press(type_)) == ("denied", None, "off")
    assert hall.serving("1") is None


def test_a_paused_desk_with_a_ticket_is_denied_and_keeps_it(hall: Hall, button: Button) -> None:
    ticket = hall.issue("passport")
    button.press()
    hall.act("1", "pause")
    assert facts(button.press()) == ("denied", ticket["number"], "blink")
    assert hall.serving("1") == ticket["number"]


def test_a_press_of_a_device_without_a_desk_is_denied(hall: Hall) -> None:
    hall.issue("passport")
    board = hall.of_kind("board")[0]
    with hall.listen(board, "ack") as acks:
        hall.event(board, {"id": "unbound-1", "type": "press"})
        answer = acks.wait(lambda message: message.topic.endswith("/ack")).json
    assert facts(answer) == ("denied", None, "off")
    assert len(hall.board("a")["next"]) == 1


def test_one_press_id_twice_is_one_call_and_dup_with_the_first_answer(hall: Hall, button: Button) -> None:
    first, second = hall.issue("passport"), hall.issue("passport")
    id_ = fresh_key("dup")
    assert facts(button.press(id_=id_)) == ("called", first["number"], "blink")
    again = button.press(id_=id_)
    assert (facts(again), again["first"]) == (("dup", first["number"], "blink"), "called")
    hall.act("1", "next")
    hall.act("1", "start")
    later = button.press(id_=id_)
    assert (later["result"], later["ticket"], later["first"], later["led"]) == ("dup", first["number"], "called", "steady")
    assert hall.serving("1") == second["number"]


def test_the_same_id_is_looked_up_before_guard_lateness_and_state(hall: Hall, button: Button) -> None:
    hall.issue("passport")
    id_ = fresh_key("first")
    button.press(id_=id_)
    assert button.press(id_=id_, ts=stamp(-60))["result"] == "dup"
    hall.act("1", "pause")
    assert button.press(id_=id_)["result"] == "dup"


@pytest.mark.parametrize("first", ["empty", "denied", "stale"])
def test_every_answer_is_remembered_also_one_that_changed_nothing(hall: Hall, button: Button, first: str) -> None:
    id_ = fresh_key(first)
    if first == "denied":
        hall.act("1", "close")
    assert button.press(id_=id_, **({"ts": stamp(-60)} if first == "stale" else {}))["result"] == first
    hall.issue("passport")
    if first == "denied":
        hall.act("1", "open")
    answer = button.press(id_=id_)
    assert (answer["result"], answer["first"], answer["ticket"]) == ("dup", first, None)
    assert hall.serving("1") is None


def test_an_id_belongs_to_its_device(hall: Hall, button: Button) -> None:
    tickets = [hall.issue("passport") for _ in range(2)]
    id_ = fresh_key("shared")
    assert button.press(id_=id_)["ticket"] == tickets[0]["number"]
    with Button(hall, "2") as other:
        assert facts(other.press(id_=id_)) == ("called", tickets[1]["number"], "blink")


def test_thirty_repeats_of_one_press_at_once_are_one_call(hall: Hall, button: Button) -> None:
    tickets = [hall.issue("passport") for _ in range(3)]
    id_ = fresh_key("storm")
    mark = button.acks.mark()
    line = json.dumps({"v": 1, "id": id_, "type": "press"}).encode()
    publish(hall.login(button.device), f"q/v1/dev/{button.device}/event", line, expiry=10, repeat=30)
    answers = wait_for("30 answers", lambda: [m.json for m in button.acks.since(mark)][29:] and [m.json for m in button.acks.since(mark)])
    assert [answer["result"] for answer in answers] == ["called"] + ["dup"] * 29
    assert {answer["ticket"] for answer in answers} == {tickets[0]["number"]}
    assert hall.desk("1")["waiting"] == 2


def test_a_press_older_than_ten_seconds_is_stale_and_calls_no_one(hall: Hall, button: Button) -> None:
    hall.issue("passport")
    assert facts(button.press(ts=stamp(-11))) == ("stale", None, "off")
    assert hall.serving("1") is None


@pytest.mark.parametrize("seconds", [-5, 0, 3600, 10**8], ids=["5 s ago", "now", "in an hour", "in years"])
def test_a_recent_or_future_ts_is_accepted(hall: Hall, button: Button, seconds: int) -> None:
    ticket = hall.issue("passport")
    hall.health()
    ack = button.press(ts=stamp(seconds))
    assert ack["ticket"] == ticket["number"], ack


@pytest.mark.parametrize("type_", ["paper-low", "paper-out", "printer-error"])
def test_a_report_of_the_devices_own_state_is_ok_and_moves_nothing(hall: Hall, button: Button, type_: str) -> None:
    hall.issue("passport")
    assert facts(button.press(type_)) == ("ok", None, "off")
    assert hall.serving("1") is None


def test_a_retained_press_has_no_effect_no_answer_and_is_cleared_within_a_second(hall: Hall, button: Button, sniffer: Stream) -> None:
    hall.issue("passport")
    topic, mark, acks = f"q/v1/dev/{button.device}/event", sniffer.mark(), button.acks.mark()
    hall.event(button.device, {"id": fresh_key("retained"), "type": "press"}, retain=True)
    seen = sniffer.wait(lambda message: message.topic == topic and message.retain and bool(message.payload), since=mark)
    cleared = sniffer.wait(lambda message: message.topic == topic and message.retain and not message.payload, since=mark)
    assert cleared.at - seen.at < 1.0
    with Stream(hall.monitor, topic) as late:
        assert [message for message in late.messages if message.topic == topic] == []
    assert button.acks.since(acks) == []
    assert hall.serving("1") is None
    assert button.press()["result"] == "called"


def test_the_longest_id_and_every_character_of_an_id_are_good(hall: Hall, button: Button) -> None:
    id_ = (fresh_key("Az09._:-") + "-" + "x" * 64)[:64]
    ticket = hall.issue("passport")
    assert button.press(id_=id_)["ticket"] == ticket["number"]
    assert button.press(id_=id_)["result"] == "dup"


def test_a_press_by_mqtt_3_1_1_is_as_good(hall: Hall, button: Button) -> None:
    ticket = hall.issue("passport")
    mark, id_ = button.acks.mark(), fresh_key("v3")
    topic = f"q/v1/dev/{button.device}/event"
    assert publish(hall.login(button.device), topic, {"v": 1, "id": id_, "type": "press"}, version="mqttv311") == ""
    assert button.answer(id_, mark).json["ticket"] == ticket["number"]


def test_the_ack_comes_after_the_commit(hall: Hall, button: Button) -> None:
    ticket = hall.issue("passport")
    assert button.press()["result"] == "called"
    assert hall.ticket(ticket["id"])["state"] == "called"
