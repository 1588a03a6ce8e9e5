"""What is published of the protocol: `docs/sync.md`, its OpenAPI document and its schemas say the same, and the test vector holds."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from jsonschema import Draft202012Validator

from edge import failpoints
from edge.queueing.chain import GENESIS, Head, header_bytes, payload_hash, sealed
from edge.sync.conformance.reading import KEYS
from edge.sync.conformance.wire import digest
from edge.sync.reference import kills
from tests.sync import journal_schemas
from tests.sync.published import DOCS, openapi

TEXT = (DOCS / "sync.md").read_text(encoding="utf-8")
OPENAPI = openapi()
RELEASED = sorted((Path(__file__).parents[1] / "store/released").glob("*.sql"))


def references(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        if isinstance(found.get("$ref"), str):
            yield found["$ref"]
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from references(each)


def test_the_document_names_the_calls_of_the_page() -> None:
    told = set(re.findall(r"^\| `(GET|POST) (/sync/v1/\w+)", TEXT, re.MULTILINE))
    methods = {(method.upper(), path) for path, item in OPENAPI["paths"].items() for method in item if method in ("get", "post")}
    assert told == methods
    assert OPENAPI["openapi"].startswith("3.1")


def test_every_place_where_a_test_may_kill_a_side_is_named() -> None:
    wanted = {name for name in (*failpoints.NAMES, *kills.NAMES) if name.partition(".")[0] not in ("announce", "ack")}
    assert wanted == set(re.findall(r"`(\w+\.[\w.]+)`", TEXT.split("## Kill points")[1].split("## Conformance")[0]))


def test_every_reference_of_the_document_leads_somewhere() -> None:
    for reference in set(references(OPENAPI)):
        file, _, place = reference.partition("#")
        if file:
            assert (DOCS / file).exists(), reference
            continue
        found = OPENAPI
        for part in place.strip("/").split("/"):
            found = found[part]


def test_every_schema_is_one() -> None:
    for schema in OPENAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for path in (DOCS / "schemas/feed").glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_page_schemas_and_suite_know_the_same_kinds_with_the_same_keys() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (`[^|]+) \|$", TEXT.split("## Pull")[1].split("## Slot escrow")[0], re.MULTILINE)
    told = {kind: set(re.findall(r"`(\w+)`", payload)) for kind, payload in rows}
    published = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (DOCS / "schemas/feed").glob("*.json")}
    assert told == {kind: set(schema["properties"]) for kind, schema in published.items()}
    assert {kind: set(keys) for kind, keys in KEYS.items()} == {kind: set(schema["required"]) for kind, schema in published.items()}
    assert {f"schemas/feed/{kind}.json" for kind in published} <= set(references(OPENAPI))


def test_the_journals_schemas_are_those_of_the_events() -> None:
    """`python -m tests.sync.journal_schemas` writes them anew."""
    published = {path.stem: path.read_text(encoding="utf-8") for path in journal_schemas.FOLDER.glob("*.json")}
    assert published == {type_: journal_schemas.text(schema) for type_, schema in journal_schemas.schemas().items()}


@pytest.mark.parametrize("dump", RELEASED, ids=lambda path: path.stem)
def test_every_payload_that_a_released_version_wrote_keeps_its_schema(dump: Path) -> None:
    judges = {type_: Draft202012Validator(schema) for type_, schema in journal_schemas.schemas().items()}
    database = apsw.Connection(":memory:")
    database.execute(dump.read_text(encoding="utf-8"))
    lines = list(database.execute("SELECT type, payload FROM journal WHERE payload IS NOT NULL"))
    assert len({type_ for type_, _ in lines}) > 5
    for type_, payload in lines:
        judges[str(type_)].validate(json.loads(str(payload)))


def test_the_pages_vector_is_what_the_chain_computes() -> None:
    issued, header, called = (block.strip() for block in re.findall(r"```json\n(.*?)```", TEXT.split("### Test vector")[1], re.DOTALL))
    told = re.findall(r"`([0-9a-f]{64})`", TEXT.split("### Test vector")[1])
    assert (len(issued.encode()), len(header.encode())) == (165, 351)
    first = sealed(Head(1, 0, GENESIS), **common(json.loads(header)), salt=bytes(range(16)).hex(), payload=issued)
    assert header_bytes(first) == header.encode()
    changed = {"id": "01936b2e-7c00-7000-8000-000000000002", "type": "ticket.called", "actor": "desk:3"}
    second = sealed(Head(1, 1, first.hash), **common(json.loads(header)) | changed, salt="f0" * 16, payload=called)
    assert told == [first.payload_hash, first.hash, second.payload_hash, second.hash]


def test_the_pages_content_digest_is_the_suites() -> None:
    body = b'{"hello":1}'
    assert f"The Content-Digest of `{body.decode()}` is\n`{digest(body)}`" in TEXT


def test_the_vector_needs_nothing_but_sha_256() -> None:
    """As somebody would write it who has only the page."""
    salt, payload = bytes([0xF0] * 16), '{"ticket":"01936b2e-7c00-7000-8000-0000000000a1","desk":"3","why":"Күттү"}'.encode()
    assert hashlib.sha256(salt + payload).hexdigest() == payload_hash(salt.hex(), payload.decode())
    assert digest(payload) == f"sha-256=:{base64.b64encode(hashlib.sha256(payload).digest()).decode()}:"


def common(header: dict[str, Any]) -> dict[str, Any]:
    return {name: header[name] for name in ("centre", "id", "type", "at", "clock", "actor", "schema")}
