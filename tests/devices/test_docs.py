"""`docs/mqtt.md`, the schemas beside it, `topics.py` and what really is published say the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from edge.devices import payloads, topics
from edge.devices.topics import TOPICS, By, Topic
from edge.operations import desks, tickets
from edge.operations.context import Context
from edge.queueing import commands
from tests.demo_process import wait_for
from tests.devices.client import Client, Message
from tests.devices.conftest import Roomed

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(
    r"^\| \[`(?P<topic>[^`]+)`\]\(schemas/(?P<schema>[^)]+)\) \| (?P<by>\w+) → \w+ \| (?P<qos>\d) "
    r"\| (?P<kept>\w+) \| ((?P<expiry>\d+) s|\S) \| (?P<fields>.*) \|$"
)


def rows() -> list[re.Match[str]]:
    return [found for line in (DOCS / "mqtt.md").read_text(encoding="utf-8").splitlines() if (found := ROW.match(line))]


def schema(topic: Topic) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "schemas" / f"{topic.name.replace('/', '-')}.json").read_text(encoding="utf-8"))
    return found


def closed(part: Any) -> Any:
    """The schema as the server must keep it: devices ignore unknown fields, the server sends none."""
    if isinstance(part, list):
        return [closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: closed(value) for key, value in part.items()}
    return {**found, "additionalProperties": False} if "required" in part and "properties" in part else found


def faults(message: Message) -> Iterator[str]:
    """What is wrong with one message of the tree."""
    found = topics.find(message.topic)
    if found is None:
        yield f"{message.topic}: unknown topic"
        return
    topic, _ = found
    if (message.qos, message.retain) != (topic.qos, topic.retain):
        yield f"{message.topic}: QoS {message.qos}, retain {message.retain}"
    if topic.by is By.SERVER and message.expiry not in (topic.expiry, topic.expiry and topic.expiry - 1):
        yield f"{message.topic}: expiry {message.expiry}"
    strict = closed(schema(topic)) if topic.by is By.SERVER else schema(topic)
    for error in Draft202012Validator(strict).iter_errors(message.json):
        yield f"{message.topic}: {error.message} in {message.payload[:300]!r}"


def test_the_table_of_the_documentation_is_the_table_of_the_code() -> None:
    documented = [(row["topic"], row["by"], int(row["qos"]), row["kept"] == "yes", int(row["expiry"]) if row["expiry"] else None) for row in rows()]
    coded = [(re.sub(r"<\w+>", "+", one[0]), *one[1:]) for one in documented]
    assert coded == [(topic.pattern, topic.by, topic.qos, topic.retain, topic.expiry) for topic in TOPICS]


def test_never_retained_is_said_where_it_is_so() -> None:
    assert {re.sub(r"<\w+>", "+", row["topic"]) for row in rows() if row["kept"] == "never"} == {topic.pattern for topic in topics.NEVER_RETAINED}


def test_every_topic_has_a_schema_of_its_own_and_there_are_no_others() -> None:
    named = {row["schema"] for row in rows()}
    assert named == {path.name for path in (DOCS / "schemas").glob("*.json")}
    assert named == {f"{topic.name.replace('/', '-')}.json" for topic in TOPICS}
    assert [schema(topic)["title"] for topic in TOPICS] == [row["topic"] for row in rows()]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_schema_is_one(topic: Topic) -> None:
    Draft202012Validator.check_schema(schema(topic))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["schema"])
def test_every_field_of_a_schema_is_named_in_its_row(row: re.Match[str]) -> None:
    def names(part: Any) -> set[str]:
        if isinstance(part, list):
            return set().union(*(names(one) for one in part))
        if not isinstance(part, dict):
            return set()
        own = {key for key, value in part.get("properties", {}).items() if value is not False}
        return own.union(*(names(value) for value in part.values()))

    found = names(json.loads((DOCS / "schemas" / row["schema"]).read_text(encoding="utf-8")))
    assert found - {"v", "ts"} <= set(re.findall(r"`(\w+)`", row["fields"]))


FITS: dict[Topic, list[object]] = {
    topics.DEV_EVENT: [{"id": "1", "type": "press"}, {"v": 1, "id": "1", "type": "hold", "key": "a", "held_ms": 1700, "ts": None}],
    topics.DEV_ISSUE: [{"id": "1", "service": "s", "lang": "ky"}, {"id": "1", "service": "s", "category": "c", "lang": "en"}],
    topics.DEV_STATUS: [{"state": "ready"}, {"state": "lost", "boot_id": "b", "fw": None}],
    topics.DEV_ABOUT: [{"kind": "led"}, {"kind": "button", "model": "m", "caps": ["hold"]}],
    topics.DEV_STAT: [{}, {"battery": 1.5, "rssi": -60}],
    topics.DEV_REPLY: [{"cmd_id": "1", "result": "ok"}, {"cmd_id": "1", "result": "ok", "detail": "d"}],
}
MISFITS: dict[Topic, list[object]] = {
    topics.DEV_EVENT: [
        {"v": 2, "id": "1", "type": "press"},
        {"id": "1", "type": "tap"},
        {"type": "press"},
        {"id": "a b", "type": "press"},
        {"id": "1", "type": "press", "held_ms": "1"},
        {"id": "1", "type": "press", "key": 1},
        [],
    ],
    topics.DEV_ISSUE: [
        {"id": "1", "service": "s", "lang": "fr"},
        {"id": "1", "lang": "ky"},
        {"id": "1", "service": "s", "category": 1, "lang": "ky"},
    ],
    topics.DEV_STATUS: [{"state": "online"}, {"state": "ready", "fw": []}],
    topics.DEV_ABOUT: [{"kind": "lamp"}, {"kind": "led", "caps": [1]}],
    topics.DEV_STAT: [{"battery": "full"}, {"v": True}],
    topics.DEV_REPLY: [{"cmd_id": "1", "result": "no"}, {"result": "ok"}],
}
READERS = {
    topics.DEV_EVENT: payloads.read_event,
    topics.DEV_ISSUE: payloads.read_issue,
    topics.DEV_STATUS: payloads.read_status,
    topics.DEV_ABOUT: payloads.read_about,
    topics.DEV_STAT: payloads.read_stat,
    topics.DEV_REPLY: payloads.read_reply,
}


@pytest.mark.parametrize(("topic", "said"), [(topic, said) for topic, many in FITS.items() for said in many])
def test_what_the_schema_of_a_device_allows_is_read(topic: Topic, said: object) -> None:
    assert Draft202012Validator(schema(topic)).is_valid(said)
    READERS[topic](json.dumps(said).encode())


@pytest.mark.parametrize(("topic", "said"), [(topic, said) for topic, many in MISFITS.items() for said in many])
def test_what_the_schema_of_a_device_forbids_is_refused(topic: Topic, said: object) -> None:
    assert not Draft202012Validator(schema(topic)).is_valid(said)
    with pytest.raises((payloads.Bad, payloads.Unreadable)):
        READERS[topic](json.dumps(said).encode())


def work(ctx: Context, button: Client) -> None:
    """One of everything that a desk does."""
    for service, lang, category in (("passport", "ky", None), ("birth", "ru", "veteran"), ("passport", "kk", None), ("passport", "en", None)):
        known = category if category in ctx.hall.policy.categories else None
        tickets.issue(ctx, service=service, lang=lang, category=known, via="test", actor="test")
    moves = (commands.CallNext, commands.Recall, commands.Start, commands.Undo, commands.Finish, commands.CallNext, commands.MarkNoShow)
    for move in moves:
        desks.act(ctx, move("1"), actor="test")
    desks.act(ctx, commands.Pause("2", "break"), actor="test")
    for id_, event in enumerate(({"type": "press"}, {"type": "double"}, {"type": "no"}, {"type": "press"})):
        button.publish("q/v1/dev/button-1/event", {"v": 1, "id": str(id_ % 3), **event}, expiry=10)


def test_the_whole_tree_keeps_to_table_and_schemas_while_a_hall_works(roomed: Roomed) -> None:
    with Client(roomed.login("monitor"), "q/v1/#") as monitor, Client(roomed.login("button-1")) as button, Client(roomed.login("kiosk-a")) as kiosk:
        button.publish("q/v1/dev/button-1/status", {"v": 1, "state": "ready", "boot_id": "b", "fw": "1"}, retain=True)
        work(roomed.ctx, button)
        kiosk.publish("q/v1/dev/kiosk-a/issue", {"v": 1, "id": "1", "service": "passport", "lang": "ky"}, expiry=30)
        kiosk.publish("q/v1/dev/kiosk-a/issue", {"v": 1, "id": "2", "service": "moon", "lang": "ky"}, expiry=30)
        roomed.room._status.forget()
        roomed.room.tick()
        wait_for("both tickets and four acks", lambda: len(monitor.of("q/v1/dev/kiosk-a/issued")) + len(monitor.of("q/v1/dev/button-1/ack")) == 6)
        monitor.wait("q/v1/srv/time")
        seen = {found[0] for message in monitor.messages if (found := topics.find(message.topic))}
        rubbish = [message for message in monitor.of("q/v1/dev/button-1/event") if message.json["type"] == "no"]
        wrong = [fault for message in monitor.messages if message not in rubbish for fault in faults(message)]
    assert not wrong
    unsent = {topics.DEV_ABOUT, topics.DEV_STAT, topics.DEV_CMD, topics.DEV_REPLY}
    assert seen == set(TOPICS) - unsent


def test_rev_grows_with_every_change_and_a_repaint_repeats_it(roomed: Roomed) -> None:
    with Client(roomed.login("monitor"), "q/v1/#") as monitor, Client(roomed.login("button-1")) as button:
        work(roomed.ctx, button)
        roomed.room._repaint()
        monitor.wait("q/v1/srv/status", 2)
        wait_for("the answers", lambda: len(monitor.of("q/v1/dev/button-1/ack")) == 4)
        last: dict[str, dict[str, Any]] = {}
        for message in monitor.messages:
            body = message.json
            if "rev" not in body:
                continue
            del body["ts"]
            before = last.get(message.topic)
            assert before is None or body["rev"] > before["rev"] or body == before, message.topic
            last[message.topic] = body
