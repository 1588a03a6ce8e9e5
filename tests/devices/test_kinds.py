"""A kind of device and a maker's language are words of the registry; everywhere else that names them all, all are named.

Whoever adds one puts the word into `edge/queueing/registry.py`: these tests, and mypy, then say what is missing (CONTRIBUTING.md).
"""

import re
from typing import Any, get_args

import pytest

from edge.cli.device import device_add
from edge.devices.families import ADAPTERS
from edge.operations.document import DevicePart
from edge.queueing.registry import ADDRESSES, Family, Kind
from edge.web.screens import words
from tests.devices.contract import DOCS, schema
from tests.devices.recordings import RECORDINGS
from tests.devices.test_families import DOCUMENTED, ONE_PRESS


def choices(option: str) -> set[str]:
    """What the command lets one choose from."""
    kind: Any = next(parameter.type for parameter in device_add.params if parameter.name == option)
    return set(kind.choices)


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(choices("kind"), id="edge device add"),
        pytest.param(set(get_args(DevicePart.model_fields["kind"].annotation)), id="centre document"),
        pytest.param(set(words.DEVICES), id="words of the screens"),
        pytest.param(set(schema("dev-about.json")["properties"]["kind"]["enum"]), id="schema of about"),
        pytest.param(set(schema("dev-config.json")["properties"]["role"]["enum"]), id="schema of config"),
    ],
)
def test_every_kind_is_named(named: set[str]) -> None:
    assert named == set(Kind)


def test_every_kind_stands_in_the_contracts_table() -> None:
    row = next(line for line in (DOCS / "mqtt.md").read_text(encoding="utf-8").splitlines() if "dev-about.json" in line)
    listed = re.search(r"`kind` ([a-z, ]+);", row)
    assert listed
    assert listed[1].split(", ") == list(Kind)


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(choices("family"), id="edge device add"),
        pytest.param({word for part in get_args(DevicePart.model_fields["family"].annotation) for word in get_args(part)}, id="centre document"),
        pytest.param(set(ADDRESSES), id="addresses"),
        pytest.param(set(ADAPTERS), id="adapters"),
        pytest.param({device.family for device, *_ in DOCUMENTED}, id="documented messages"),
        pytest.param({recording.device.family for recording in RECORDINGS}, id="recordings"),
        pytest.param({device.family for device, *_ in ONE_PRESS}, id="one press"),
    ],
)
def test_every_makers_language_is_known(named: set[str]) -> None:
    assert named == set(Family)


@pytest.mark.parametrize("second", ["address", "a press is"])
def test_every_makers_language_stands_in_the_documentation(second: str) -> None:
    text = (DOCS / "devices.md").read_text(encoding="utf-8")
    table = re.search(rf"^\| family \| {second} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table
    assert re.findall(r"^\| `([\w-]+)` \|", table[1], re.MULTILINE) == list(Family)
