"""What screens and devices are shown: every retained topic is there, says the truth, and moves with the hall."""

import time
from itertools import pairwise

import pytest

from tests.demo_process import Demo, wait_for
from tests.journeys.hall import Hall
from tests.journeys.mqtt_client import PREFIX, Stream
from tests.journeys.sniffer import sniff


@pytest.fixture(scope="module")
def retained(shared: Hall) -> dict[str, object]:
    """What a screen that has just connected finds, by topic without the prefix."""
    with sniff(shared.monitor) as stream:
        stream.wait(lambda message: message.topic.startswith(f"{PREFIX}kiosk/"))
        stream.wait(lambda message: message.topic == f"{PREFIX}srv/time")  # the next heartbeat comes behind everything retained
        return {message.topic.removeprefix(PREFIX): message.json for message in stream.messages if message.retain and message.payload}


def test_everything_that_is_retained_is_there_for_a_newcomer(hall: Hall, retained: dict[str, object]) -> None:
    wanted = {"srv/status", *(f"dev/{name}/config" for name in hall.devices), *(f"desk/{desk}/state" for desk in hall.desks())}
    wanted |= {f"{what}/{zone}/state" for what in ("board", "kiosk") for zone in ("a", "b")}
    assert wanted <= retained.keys(), wanted - retained.keys()


def test_every_registered_device_finds_its_configuration_without_secrets(hall: Hall, retained: dict[str, object]) -> None:
    secrets = [str(device[name]) for device in hall.devices.values() for name in ("password", "token")]
    for name, device in hall.devices.items():
        config = retained[f"dev/{name}/config"]
        assert isinstance(config, dict)
        assert config["role"] == device["kind"]
        assert {key: config.get(key) for key in ("desk", "zone") if key in device} == {key: device[key] for key in ("desk", "zone") if key in device}
        assert config["langs"] == ["ky", "ru", "kk", "en"]
        assert not any(secret in str(config) for secret in secrets)


def test_the_servers_status_is_online_with_the_boot_of_healthz(hall: Hall, retained: dict[str, object]) -> None:
    status, health = retained["srv/status"], hall.health()
    assert isinstance(status, dict)
    assert (status["state"], status["boot_id"], status["version"]) == ("online", health["boot_id"], health["version"])
    assert (health["status"], status["sync"]["state"]) == ("ok", "off")


def test_kiosks_are_shown_every_service_that_gives_tickets(hall: Hall, retained: dict[str, object]) -> None:
    services = hall.get("/services", hall.kiosk)
    groups = {each["parent"] for each in services}
    open_ones = {each["code"]: each["open"] for each in services if each["code"] not in groups}
    for zone in ("a", "b"):
        shown = retained[f"kiosk/{zone}/state"]
        assert isinstance(shown, dict)
        assert {each["code"]: each["open"] for each in shown["services"]} == open_ones


def test_http_and_mqtt_show_the_same_board_and_desk(hall: Hall, sniffer: Stream) -> None:
    for _ in range(3):
        hall.issue("passport")
    hall.act("1", "next")
    for topic, body in (("board/a/state", hall.board("a")), ("desk/1/state", hall.desk("1"))):

        def is_the_same(topic: str = topic, body: object = body) -> bool:
            assert isinstance(body, dict)
            found = sniffer.latest(PREFIX + topic)
            return found is not None and {key: value for key, value in found.json.items() if key not in ("v", "ts")} == {
                key: value for key, value in body.items() if key in found.json
            }

        wait_for(f"{topic} to be what HTTP says", is_the_same)


def test_the_heartbeat_comes_every_three_seconds_with_the_right_time(sniffer: Stream, journey_demo: Demo) -> None:
    topic, mark = f"{PREFIX}srv/time", sniffer.mark()
    wait_for("three heartbeats", lambda: len([m for m in sniffer.since(mark) if m.topic == topic]) >= 3, within_s=12)
    beats = [message for message in sniffer.since(mark) if message.topic == topic]
    gaps = [later.at - earlier.at for earlier, later in pairwise(beats)]
    assert all(2.5 < gap < 3.8 for gap in gaps), gaps
    assert abs(beats[-1].json["epoch_ms"] / 1000 - time.time()) < 2.0
    assert beats[-1].json["tz"] == journey_demo.zone


def test_now_has_the_newest_call_or_recall_first_and_loses_what_leaves_the_desk(hall: Hall) -> None:
    numbers = {hall.issue("passport")["number"]: desk for desk in ("1", "2", "3")}
    first, second, third = numbers
    for desk in numbers.values():
        hall.act(desk, "next")
    assert [(entry["ticket"], entry["desk"]) for entry in hall.board("a")["now"]] == [(third, "3"), (second, "2"), (first, "1")]
    since = hall.board("a")["now"][2]["since"]
    hall.act("1", "start")
    assert [entry["ticket"] for entry in hall.board("a")["now"]] == [third, second, first]
    hall.act("1", "recall")
    now = hall.board("a")["now"]
    assert [entry["ticket"] for entry in now] == [first, third, second]
    assert now[0]["since"] > since
    hall.act("2", "hold")
    assert [entry["ticket"] for entry in hall.board("a")["now"]] == [first, third]
    hall.act("3", "transfer", {"service": "address"})
    hall.act("1", "no-show")
    assert hall.board("a")["now"] == []


def test_calls_are_announced_in_the_desks_zone_only_once_each_with_the_count_of_recalls(hall: Hall, sniffer: Stream) -> None:
    near, far = hall.issue("passport", lang="ru"), hall.issue("address", lang="en")
    hall.act("1", "next")
    hall.act("1", "recall")
    hall.act("1", "recall")
    hall.act("1", "start")
    hall.act("5", "next")
    sniffer.catch_up(hall.act("5", "pause"))
    calls = [(message.topic, message.json) for message in sniffer.calls(near["number"], far["number"])]
    assert [(topic, body["ticket"], body["desk"], body["repeat"], body["lang"]) for topic, body in calls] == [
        (f"{PREFIX}board/a/call", near["number"], "1", 0, "ru"),
        (f"{PREFIX}board/a/call", near["number"], "1", 1, "ru"),
        (f"{PREFIX}board/a/call", near["number"], "1", 2, "ru"),
        (f"{PREFIX}board/b/call", far["number"], "5", 0, "en"),
    ]
    assert len({body["call_id"] for _, body in calls}) == 4


def test_a_board_is_open_paused_or_closed_as_its_desks_are(hall: Hall) -> None:
    zone_a = [desk for desk in hall.desks() if hall.desk(desk)["zone"] == "a"]
    for desk in zone_a:
        hall.act(desk, "pause")
    assert (hall.board("a")["mode"], hall.board("b")["mode"]) == ("paused", "open")
    for desk in zone_a:
        hall.act(desk, "close")
    assert hall.board("a")["mode"] == "closed"


def test_next_is_at_most_ten_numbers_each_once(hall: Hall) -> None:
    for service in ("passport", "birth", "ready") * 4:
        hall.issue(service)
    shown = hall.board("a")["next"]
    assert len(shown) == len(set(shown)) == 10
    assert hall.desk("1")["waiting"] == 12
