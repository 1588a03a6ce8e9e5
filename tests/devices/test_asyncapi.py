"""`docs/asyncapi.yaml` is AsyncAPI 3.0, and says what `topics.py`, `access.py` and the schemas say: nothing more, nothing less."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from edge.devices import access, topics
from edge.devices.topics import TOPICS, By, Topic
from edge.queueing.registry import Device, Kind
from tests.devices.contract import DOCS, Published, document, published, schema
from tests.journeys import payloads

SPECIFICATION = Path(__file__).parent / "asyncapi" / "3.0.0.json"
ANSWERS = {topics.DEV_EVENT: topics.DEV_ACK, topics.DEV_ISSUE: topics.DEV_ISSUED, topics.DEV_CMD: topics.DEV_REPLY}


def line(topic: Topic) -> Published:
    return next(each for each in published() if each.pattern == topic.pattern)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from references(one)
    elif isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for one in part.values():
            yield from references(one)


def test_it_is_a_document_of_asyncapi_3() -> None:
    rules = Draft7Validator(json.loads(SPECIFICATION.read_text(encoding="utf-8")))
    assert [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in rules.iter_errors(document())] == []


def test_everything_that_it_refers_to_is_there() -> None:
    for reference in set(references(document())):
        file, _, path = reference.partition("#/")
        found = json.loads((DOCS / file).read_text(encoding="utf-8")) if file else document()
        for step in path.split("/") if path else ():
            found = found[step]
        assert found


def test_its_topics_are_those_of_the_code_with_their_qos_retain_flag_and_expiry() -> None:
    said = [(each.pattern, each.sent, each.qos, each.retain, each.expiry) for each in published()]
    assert said == [(topic.pattern, topic.by is By.SERVER, topic.qos, topic.retain, topic.expiry) for topic in TOPICS]
    assert {each.pattern for each in published() if each.never_retained} == {topic.pattern for topic in topics.NEVER_RETAINED}
    assert len(document()["channels"]) == len(TOPICS)


def test_who_only_read_the_contract_has_the_same_lines() -> None:
    read = {re.sub(r"<\w+>", "+", row.topic): (row.qos, row.retained, row.expiry) for row in payloads.TABLE}
    assert read == {each.pattern: (each.qos, each.retain, each.expiry) for each in published()}


def test_each_topic_has_a_schema_of_its_own_and_no_schema_is_left_over() -> None:
    assert sorted(each.schema_name for each in published()) == sorted(path.name for path in (DOCS / "schemas").glob("*.json"))
    for each, topic in zip(published(), TOPICS, strict=True):
        assert each.schema_name == f"{topic.name.replace('/', '-')}.json"
        Draft202012Validator.check_schema(schema(each.schema_name))


def test_every_parameter_of_an_address_is_declared() -> None:
    for channel in document()["channels"].values():
        assert [f"{{{name}}}" for name in channel.get("parameters", {})] == [level for level in channel["address"].split("/") if "{" in level]


def test_what_is_answered_names_its_answer() -> None:
    answered = {
        operation["channel"]["$ref"]: operation["reply"]["channel"]["$ref"] for operation in document()["operations"].values() if "reply" in operation
    }
    assert answered == {f"#/channels/{line(asked).name}": f"#/channels/{line(answer).name}" for asked, answer in ANSWERS.items()}


@pytest.mark.parametrize("kind", Kind)
def test_who_may_read_what_is_what_the_brokers_rules_say(kind: Kind) -> None:
    account = access.device(Device("x", kind, desk="9", zone="z"), "")
    shown = {topic.pattern for topic in TOPICS if {topic.pattern, topic.of("9"), topic.of("z")} & set(account.read) and "/dev/" not in topic.pattern}
    assert shown == {each.pattern for each in published() if kind in each.read_by}


def test_a_device_writes_what_the_server_receives_and_reads_what_it_sends() -> None:
    account = access.device(Device("x", Kind.PRINTER), "")
    own = {each.pattern.replace("+", "x"): each.sent for each in published() if "/dev/" in each.pattern}
    assert {topic for topic, sent in own.items() if not sent} == set(account.write)
    assert {topic for topic, sent in own.items() if sent} == {topic for topic in account.read if "/dev/" in topic}
