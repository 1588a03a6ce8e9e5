"""What devices may say (`docs/mqtt.md`): with a readable id it is answered, whatever else it is; without one it is not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edge.devices import payloads, topics
from edge.devices.payloads import Bad, Unreadable
from edge.devices.topics import TOPICS

EVENT: dict[str, Any] = {"v": 1, "id": "7f.1", "type": "press"}
ISSUE: dict[str, Any] = {"v": 1, "id": "k.1", "service": "passport", "category": None, "lang": "ky"}


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("type_", ["press", "double", "hold", "paper-low", "paper-out", "printer-error"])
def test_every_type_of_the_contract_is_read(type_: str) -> None:
    assert payloads.read_event(raw({**EVENT, "type": type_})).type == type_


@pytest.mark.parametrize("extra", [{"v": 1}, {"ts": None}, {"key": "left"}, {"held_ms": 1700}, {"held_ms": None}, {"unheard": {"of": []}}])
def test_optional_and_unknown_fields_do_not_disturb(extra: dict[str, Any]) -> None:
    assert payloads.read_event(raw({**EVENT, **extra})).id == "7f.1"


def test_a_missing_v_from_a_device_is_version_one() -> None:
    assert payloads.read_event(raw({"id": "1", "type": "press"})).id == "1"


def test_a_time_is_read_with_its_zone() -> None:
    assert payloads.read_event(raw({**EVENT, "ts": "2026-11-24T04:00:00.250Z"})).ts == datetime(2026, 11, 24, 4, 0, 0, 250_000, UTC)


@pytest.mark.parametrize("ts", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_at_the_edge_of_the_calendar_can_be_compared(ts: str) -> None:
    read = payloads.read_event(raw({**EVENT, "ts": ts})).ts
    assert read is not None
    assert (read < datetime.now(UTC)) is (read.year == 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": None}, {"type": ["press"]}, {"type": "PRESS"}, {"v": 2}, {"v": 0}, {"v": "1"}, {"v": None}, {"v": True}, {"v": 1.5}, {"key": 1},
        {"key": None}, {"held_ms": "1"}, {"held_ms": -1}, {"held_ms": True}, {"held_ms": 1.5}, {"ts": 1}, {"ts": "now"},
        {"ts": "2026-11-24T04:00:00"}, {"ts": ""},
    ],
)  # fmt: skip
def test_an_event_with_a_readable_id_and_a_wrong_field_is_bad(wrong: dict[str, Any]) -> None:
    with pytest.raises(Bad) as caught:
        payloads.read_event(raw({**EVENT, **wrong}))
    assert caught.value.id == "7f.1"


@pytest.mark.parametrize(
    "wrong", [{"service": None}, {"service": 1}, {"category": 1}, {"lang": "fr"}, {"lang": None}, {"lang": ["ky"]}, {"v": 2}, {"ts": 5}]
)
def test_a_wish_with_a_readable_id_and_a_wrong_field_is_bad(wrong: dict[str, Any]) -> None:
    with pytest.raises(Bad):
        payloads.read_issue(raw({**ISSUE, **wrong}))


@pytest.mark.parametrize("id_", [None, 1, "", "a b", "ä", "x" * 65, ["a"], "a\n", True])
@pytest.mark.parametrize("read", [payloads.read_event, payloads.read_issue])
def test_without_a_readable_id_nothing_is_read(read: Any, id_: object) -> None:
    with pytest.raises(Unreadable):
        read(raw({**EVENT, **ISSUE, "id": id_}))


@pytest.mark.parametrize("id_", ["A", "z.9:_-", "0" * 64])
def test_ids_of_the_contract_are_readable(id_: str) -> None:
    assert payloads.read_event(raw({**EVENT, "id": id_})).id == id_


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"null", b"[]", b'"a"', b"1", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"id":"1","type":"press","held_ms":NaN}', b"[" * 10_000,
        b'{"id":"1","type":"press","x":' + b"9" * 5000 + b"}", b'{"id":"1","type":"press","key":"\\ud800"}',
        raw({**EVENT, "x": "y" * payloads.LARGEST}),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_json_object_of_at_most_16_kib_is_unreadable(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        payloads.read_event(payload)


def test_sixteen_kib_are_accepted() -> None:
    filler = payloads.LARGEST - len(raw({**EVENT, "x": ""}))
    assert payloads.read_event(raw({**EVENT, "x": "y" * filler})).id == "7f.1"


@pytest.mark.parametrize("wrong", [{"state": "online"}, {"state": None}, {"boot_id": 1}, {"fw": []}, {"v": 2}])
def test_a_status_outside_the_contract_is_unreadable(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        payloads.read_status(raw({"v": 1, "state": "ready", "boot_id": "b", "fw": "1", **wrong}))


@pytest.mark.parametrize("wrong", [{"kind": "toaster"}, {"kind": None}, {"kind": ["button"]}, {"model": 1}, {"caps": "all"}, {"caps": [1]}, {"v": 2}])
def test_an_about_outside_the_contract_is_unreadable(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        payloads.read_about(raw({"v": 1, "kind": "button", "model": "m", "caps": [], **wrong}))


@pytest.mark.parametrize("stat", [b'{"battery":"full"}', b'{"rssi":true}', b'{"temp":1e999}', b'{"v":2}'])
def test_a_stat_outside_the_contract_is_unreadable(stat: bytes) -> None:
    with pytest.raises(Unreadable):
        payloads.read_stat(stat)


def test_a_stat_is_any_subset_of_numbers() -> None:
    assert payloads.read_stat(b"{}") == {}
    assert payloads.read_stat(b'{"battery":80,"temp":21.5,"heap":null,"other":"x"}') == {"battery": 80, "temp": 21.5, "heap": None}


@pytest.mark.parametrize("wrong", [{"cmd_id": None}, {"cmd_id": ""}, {"result": "maybe"}, {"detail": 1}, {"v": 2}])
def test_a_reply_outside_the_contract_is_unreadable(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        payloads.read_reply(raw({"v": 1, "cmd_id": "c.1", "result": "ok", **wrong}))


def test_every_server_payload_begins_with_v_and_ts() -> None:
    assert payloads.write({"state": "online"}, "2026-11-24T04:00:00.000Z") == b'{"v":1,"ts":"2026-11-24T04:00:00.000Z","state":"online"}'


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_built_topic_is_found_again(topic: topics.Topic) -> None:
    key = "a-1" if "+" in topic.pattern else ""
    assert topics.find(topic.of(key)) == (topic, key)


@pytest.mark.parametrize(
    "text", ["", "q/v1/dev/A/event", "q/v1/dev/a/b/event", "q/v1/dev//event", "q/v2/dev/a/event", f"q/v1/dev/{'x' * 33}/event", "q/v1/dev/a/other"]
)
def test_a_topic_that_is_not_ours_is_not_found(text: str) -> None:
    assert topics.find(text) is None
