"""`docs/mqtt.md`, the schemas beside it, `topics.py` and what `payloads.py` reads say the same."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from edge.devices import payloads, topics
from edge.devices.topics import TOPICS, Topic
from tests.devices.contract import DOCS, fields_of, schema

NO_FIELDS = {"main", "issue"}  # words of the table in the type of a field: a value, another topic
ROW = re.compile(
    r"^\| \[`(?P<topic>[^`]+)`\]\(schemas/(?P<schema>[^)]+)\) \| (?P<by>\w+) → \w+ \| (?P<qos>\d) "
    r"\| (?P<kept>\w+) \| ((?P<expiry>\d+) s|\S) \| (?P<fields>.*) \|$"
)


def rows() -> list[re.Match[str]]:
    return [found for line in (DOCS / "mqtt.md").read_text(encoding="utf-8").splitlines() if (found := ROW.match(line))]


def file_of(topic: Topic) -> str:
    return f"{topic.name.replace('/', '-')}.json"


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
    assert [schema(file_of(topic))["title"] for topic in TOPICS] == [row["topic"] for row in rows()]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_schema_is_one(topic: Topic) -> None:
    Draft202012Validator.check_schema(schema(file_of(topic)))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["schema"])
def test_the_fields_that_a_row_names_are_those_of_its_schema(row: re.Match[str]) -> None:
    own = {name for path in fields_of(schema(row["schema"])) for name in path.split(".")}
    told = set(re.findall(r"`(\w+)`", row["fields"])) - NO_FIELDS - ({"id"} if row["topic"].endswith("/issued") else set())
    assert told | {"v", "ts"} == own


FITS: dict[Topic, list[dict[str, Any]]] = {
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
    assert Draft202012Validator(schema(file_of(topic))).is_valid(said)
    READERS[topic](json.dumps(said).encode())


@pytest.mark.parametrize(("topic", "said"), [(topic, said) for topic, many in MISFITS.items() for said in many])
def test_what_the_schema_of_a_device_forbids_is_refused(topic: Topic, said: object) -> None:
    assert not Draft202012Validator(schema(file_of(topic))).is_valid(said)
    with pytest.raises((payloads.Bad, payloads.Unreadable)):
        READERS[topic](json.dumps(said).encode())


class Looked(dict[str, Any]):
    """A payload that notes which fields it was asked for."""

    asked: set[str]

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


@pytest.mark.parametrize("topic", READERS, ids=lambda topic: topic.name)
def test_the_fields_of_a_devices_schema_are_those_that_are_read(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = Looked(FITS[topic][0])
    looked.asked = set()
    monkeypatch.setattr(payloads, "_object", lambda _payload: looked)
    READERS[topic](b"")
    assert looked.asked | {"ts"} == set(schema(file_of(topic))["properties"])


def test_whatever_devices_say_is_read_by_somebody() -> None:
    assert set(READERS) == set(topics.FROM_DEVICES)
