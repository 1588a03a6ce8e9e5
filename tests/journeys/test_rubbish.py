"""What a broken or hostile device sends: answered with `bad` if its id can be read, counted if not, and nothing changes."""

import json

import pytest

from tests.demo_process import wait_for
from tests.journeys.hall import Button, Hall, facts
from tests.journeys.http_client import fresh_key
from tests.journeys.mqtt_client import publish


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "triple"},
        {"type": None},
        {"type": 7},
        {"type": ["press"]},
        {"v": 2},
        {"v": "1"},
        {"key": 5},
        {"held_ms": "long"},
        {"ts": "yesterday"},
        {"ts": 1234567890},
    ],
    ids=json.dumps,
)
def test_a_readable_id_with_anything_else_wrong_is_bad_changes_nothing_and_is_not_remembered(
    hall: Hall, button: Button, wrong: dict[str, object]
) -> None:
    ticket = hall.issue("passport")
    id_ = fresh_key("bad")
    mark = button.acks.mark()
    hall.event(button.device, {"id": id_, "type": "press", **wrong})
    assert facts(button.answer(id_, mark).json) == ("bad", None, "off")
    assert hall.serving("1") is None
    assert facts(button.press(id_=id_)) == ("called", ticket["number"], "blink")


def test_a_missing_type_is_bad(hall: Hall, button: Button) -> None:
    mark = button.acks.mark()
    hall.event(button.device, {"id": "no-type-1"})
    assert button.answer("no-type-1", mark).json["result"] == "bad"


@pytest.mark.parametrize(
    "payload",
    [
        b"press",
        b"{",
        b"\xff\xfe\xfd",
        b'{"v":1,"id":"\xc3\x28","type":"press"}',
        b"[]",
        b"null",
        b"7",
        b'"press"',
        b"{}",
        b'{"v":1,"type":"press"}',
        b'{"v":1,"id":"","type":"press"}',
        b'{"v":1,"id":7,"type":"press"}',
        b'{"v":1,"id":"two words","type":"press"}',
        json.dumps({"v": 1, "id": "x" * 65, "type": "press"}).encode(),
        json.dumps({"v": 1, "id": "too-large", "type": "press", "pad": "x" * 17_000}).encode(),
        b"[" * 10_000,
    ],
    ids=lambda payload: payload[:24].decode("latin-1"),
)
def test_an_event_without_a_readable_id_changes_nothing_gets_no_answer_and_is_counted(hall: Hall, button: Button, payload: bytes) -> None:
    hall.issue("passport")
    before, mark = hall.health()["bad_payloads"], button.acks.mark()
    publish(hall.login(button.device), f"q/v1/dev/{button.device}/event", payload)
    wait_for("bad_payloads to count it", lambda: hall.health()["bad_payloads"] == before + 1)
    assert [said for said in button.acks.since(mark) if said.topic.endswith("/ack")] == []  # what the server says of itself is none
    assert hall.serving("1") is None


def test_an_empty_payload_is_ignored(hall: Hall, button: Button) -> None:
    before, mark = hall.health()["bad_payloads"], button.acks.mark()
    publish(hall.login(button.device), f"q/v1/dev/{button.device}/event", b"")
    button.press()  # the server took that one in order, so the empty one is behind us
    assert len(button.acks.since(mark)) == 1
    assert hall.health()["bad_payloads"] == before


def test_unknown_fields_are_ignored(hall: Hall, button: Button) -> None:
    ticket = hall.issue("passport")
    assert button.press(key="main", held_ms=12, colour="red", nested={"a": [1]})["ticket"] == ticket["number"]
