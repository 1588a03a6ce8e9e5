"""The reference server keeps every clause of the conformance suite, on both engines, and answers as the OpenAPI document says."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from edge.sync.conformance.run import Finding, Target, Verdict, run
from edge.sync.conformance.wire import Reply, Wire
from edge.sync.reference import centres
from tests.sync.published import judges

ANSWERS = {"hello": "Greeting", "journal": "Acknowledgement", "feed": "Page", "snapshot": "Snapshot"}
PATIENCE_S = 10.0
FEW = 20


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bytes, Reply]]:
    """Every call that the suite makes, as it was sent and answered."""
    made: list[tuple[str, str, bytes, Reply]] = []
    real = Wire._sent

    def sent(self: Wire, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        reply = real(self, method, path, body, headers)
        made.append((method, urlsplit(path).path.rpartition("/")[2], body, reply))
        return reply

    monkeypatch.setattr(Wire, "_sent", sent)
    return made


def test_the_reference_keeps_every_clause_and_every_answer_is_as_published(address: str, calls: list[tuple[str, str, bytes, Reply]]) -> None:
    given, found = centres.enrol("conformance", datetime.now(UTC)), list[Finding]()
    run(Target(address, given.token, given.centre, patience_s=PATIENCE_S), found.append)
    assert [(each.verdict, each.sentence, each.why) for each in found if each.verdict is not Verdict.KEPT] == []
    assert len(found) > 50
    schemas, seen = judges(), Counter[str]()
    for name, value in distinct(calls):
        schemas[name].validate(value)
        seen[name] += 1
    assert {"Greeting", "Acknowledgement", "Page", "Snapshot", "Error", "Event"} == set(seen)


def distinct(calls: list[tuple[str, str, bytes, Reply]]) -> Iterator[tuple[str, Any]]:
    """Yield what came with the schema it must keep: every different answer, of lines a few of each type, of pages a few items of each kind."""
    bodies, few = set[bytes](), Counter[str]()
    for method, call, _, reply in calls:
        if reply.body in bodies:
            continue
        bodies.add(reply.body)
        if reply.status < 400 and (method, call) == ("GET", "journal"):
            yield from (("Event", line) for line in map(json.loads, reply.lines) if counted(few, line["type"]))
            continue
        value = json.loads(reply.body)
        if "items" in value:
            value["items"] = [item for item in value["items"] if counted(few, f"{item['kind']} {item['op']}")]
        yield "Error" if reply.status >= 400 else ANSWERS[call], value


def counted(few: Counter[str], what: str) -> bool:
    few[what] += 1
    return few[what] <= FEW
