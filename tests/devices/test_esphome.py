"""The ready configurations for ESPHome keep to the contract: topics, QoS, retain. ESPHome's own judgement: `bash tests/long.sh devices`."""

import re
from pathlib import Path

import pytest

from edge.devices import payloads, topics
from edge.devices.topics import By

FOLDER = Path(__file__).parents[2] / "deploy/devices"
TOPIC = re.compile(r"q/v1/[a-z0-9/${}-]+")
SAID = re.compile(r'publish\("(?P<topic>[^"]+)".*, (?P<qos>\d), (?P<retain>true|false)\);')
HEARD = re.compile(r"- topic: (?P<topic>\S+)\n\s+qos: (?P<qos>\d)")
WILL = re.compile(r"topic: (?P<topic>\S+)\n\s+payload: '(?P<payload>.+)'\n\s+qos: (?P<qos>\d)\n\s+retain: (?P<retain>true|false)")


def known(text: str) -> topics.Topic:
    found = topics.find(text.replace("${device}", "button-3").replace("${desk}", "3"))
    assert found, text
    return found[0]


@pytest.mark.parametrize("name", ["call-button.yaml", "led-display.yaml"])
def test_a_configuration_says_and_hears_what_the_table_has(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for topic in TOPIC.findall(text):
        known(topic)
    said, heard, wills = (list(rule.finditer(text)) for rule in (SAID, HEARD, WILL))
    assert len(said) + len(heard) + len(wills) == len(TOPIC.findall(text))
    for one in (*said, *wills):
        topic = known(one["topic"])
        assert (topic.by, topic.qos, topic.retain) == (By.DEVICE, int(one["qos"]), one["retain"] == "true"), one["topic"]
    for one in heard:
        assert (known(one["topic"]).by, known(one["topic"]).qos) == (By.SERVER, int(one["qos"])), one["topic"]
    assert [payloads.read_status(one["payload"].encode()).state for one in wills] == ["lost", "disconnected"]
