"""The reference server keeps every clause of the conformance suite, on both engines, and answers as the OpenAPI document says."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from edge.sync.conformance.run import Finding, Target, Verdict, run
from edge.sync.conformance.wire import Reply, Wire
from edge.sync.reference import centres

DOCS = Path(__file__).parents[3] / "docs"
OPENAPI = yaml.safe_load((DOCS / "national.openapi.yaml").read_text(encoding="utf-8"))
ANSWERS = {"hello": "Greeting", "journal": "Acknowledgement", "feed": "Page", "snapshot": "Snapshot"}
PATIENCE_S = 1.0


def judges() -> dict[str, Draft202012Validator]:
    """Return what holds a value to a schema of the OpenAPI document."""
    pages = {f"schemas/feed/{path.name}": json.loads(path.read_text(encoding="utf-8")) for path in (DOCS / "schemas/feed").glob("*.json")}
    known = [(f"urn:doc/{name}", Resource.from_contents(schema)) for name, schema in pages.items()]
    document = Resource.from_contents(OPENAPI, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resources([("urn:doc/openapi", document), *known])
    names = OPENAPI["components"]["schemas"]
    return {name: Draft202012Validator({"$ref": f"urn:doc/openapi#/components/schemas/{name}"}, registry=registry) for name in names}


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
    assert [(each.sentence, each.why) for each in found if each.verdict is Verdict.BROKEN] == []
    assert len(found) > 50
    schemas, seen = judges(), Counter[str]()
    for method, call, _, reply in calls:
        name = "Error" if reply.status >= 400 else "" if (method, call) == ("GET", "journal") else ANSWERS[call]
        for value in [json.loads(reply.body)] if name else [json.loads(line) for line in reply.lines]:
            schemas[name or "Event"].validate(value)
            seen[name or "Event"] += 1
    assert {"Greeting", "Acknowledgement", "Page", "Snapshot", "Error", "Event"} == set(seen)
