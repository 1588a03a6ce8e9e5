"""The published contract as a judge: `docs/asyncapi.yaml` and the schemas that it refers to, held against messages that were heard.

Stricter with the server than a device may be: it must send no field that its schema does not name.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml  # type: ignore[import-untyped]  # it carries no types
from jsonschema import Draft202012Validator

DOCS = Path(__file__).parents[2] / "docs"
LEVEL = "[a-z0-9-]{1,32}"

Json = dict[str, Any]


class Heard(Protocol):
    """A message as a subscriber with Retain As Published gets it; ``expiry`` in seconds, None for none."""

    @property
    def topic(self) -> str: ...
    @property
    def qos(self) -> int: ...
    @property
    def retain(self) -> bool: ...
    @property
    def expiry(self) -> int | None: ...
    @property
    def payload(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Published:
    """One operation of the document with its channel. ``pattern`` has `+` for a parameter; ``sent``: by the server."""

    name: str
    pattern: str
    sent: bool
    qos: int
    retain: bool
    expiry: int | None
    never_retained: bool
    read_by: tuple[str, ...]
    schema_name: str

    def matches(self, topic: str) -> bool:
        """Tell whether ``topic`` is of this line; ids must be legal."""
        return re.fullmatch(re.escape(self.pattern).replace(r"\+", LEVEL), topic) is not None

    def schema(self) -> Json:
        """Return its schema; of what the server sends, one that allows no other fields."""
        found = schema(self.schema_name)
        return closed(found) if self.sent else found


@cache
def document() -> Json:
    """Return `docs/asyncapi.yaml`."""
    found: Json = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    return found


@cache
def schema(name: str) -> Json:
    """Return a file of `docs/schemas`."""
    found: Json = json.loads((DOCS / "schemas" / name).read_text(encoding="utf-8"))
    return found


def closed(part: Any) -> Any:
    """The schema as the server must keep it: devices ignore unknown fields, the server sends none."""
    if isinstance(part, list):
        return [closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: closed(value) for key, value in part.items()}
    return {**found, "additionalProperties": False} if "required" in part and "properties" in part else found


@cache
def published() -> tuple[Published, ...]:
    """Return all operations, in the document's order."""
    return tuple(_operation(each) for each in document()["operations"].values())


def _operation(operation: Mapping[str, Any]) -> Published:
    name = operation["channel"]["$ref"].removeprefix("#/channels/")
    channel = document()["channels"][name]
    (message,) = channel["messages"].values()
    binding = operation["bindings"]["mqtt"]
    return Published(
        name,
        re.sub(r"\{\w+\}", "+", channel["address"]),
        operation["action"] == "send",
        binding["qos"],
        binding["retain"],
        binding.get("messageExpiryInterval"),
        operation.get("x-never-retained", False),
        tuple(operation.get("x-read-by", ())),
        message["payload"]["schema"]["$ref"].removeprefix("schemas/"),
    )


def of(topic: str) -> Published | None:
    """Return the line that ``topic`` belongs to."""
    return next((each for each in published() if each.matches(topic)), None)


def faults(messages: Iterable[Heard], waited_s: int = 3) -> list[str]:
    """Return everything that is not as published, one sentence each.

    The broker counts whole seconds of an expiry down: so long a message may have waited for a listener who is slower than the hall.
    """
    return [f"{message.topic}: {fault} in {message.payload[:300]!r}" for message in messages for fault in _faults(message, waited_s)]


def _faults(message: Heard, waited_s: int) -> Iterator[str]:
    line = of(message.topic)
    if line is None:
        yield "no such topic"
        return
    if message.qos != line.qos:
        yield f"QoS {message.qos}, must be {line.qos}"
    if message.retain != line.retain:
        yield f"retain {message.retain}, must be {line.retain}"
    if message.retain and not message.payload:
        return  # something that is no more is taken off the broker
    if not _expiry_fits(line, message.expiry, waited_s):
        yield f"expiry {message.expiry}, must be {line.expiry}"
    try:
        body = json.loads(message.payload)
    except ValueError:
        yield "no JSON"
        return
    yield from (error.message for error in _validator(line).iter_errors(body))


@cache
def _validator(line: Published) -> Draft202012Validator:
    return Draft202012Validator(line.schema())


def _expiry_fits(line: Published, found: int | None, waited_s: int) -> bool:
    """A device that speaks MQTT 3.1.1 cannot say one."""
    if found is None:
        return line.expiry is None or not line.sent
    return line.expiry is not None and line.expiry - waited_s <= found <= line.expiry


def unseen(messages: Iterable[Heard]) -> set[str]:
    """Return what of the contract none of ``messages`` showed: topics, and fields as `topic field.field`."""
    wanted = {each.name for each in published()} | {f"{each.name} {path}" for each in published() for path in fields_of(schema(each.schema_name))}
    for message in messages:
        line = of(message.topic)
        if line is not None and message.payload:
            wanted.discard(line.name)
            wanted -= {f"{line.name} {path}" for path in _fields(json.loads(message.payload))}
    return wanted


def fields_of(part: Any, before: str = "") -> Iterator[str]:
    """Return the path of every property that a schema names, as `field` or `field.field`."""
    if isinstance(part, list):
        for one in part:
            yield from fields_of(one, before)
    elif isinstance(part, dict):
        for key, value in part.get("properties", {}).items():
            if value is not False:
                yield before + key
                yield from fields_of(value, f"{before}{key}.")
        yield from fields_of([value for key, value in part.items() if key != "properties"], before)


def _fields(value: Any, before: str = "") -> Iterator[str]:
    """Return the path of every field that a payload has."""
    if isinstance(value, list):
        for one in value:
            yield from _fields(one, before)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield before + key
            yield from _fields(inner, f"{before}{key}.")
