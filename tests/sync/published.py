"""What holds a value to the published OpenAPI document and the schemas beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCS = Path(__file__).parents[2] / "docs"
BASE = "http://national.invalid"


@cache
def openapi() -> dict[str, Any]:
    """Return `docs/national.openapi.yaml`."""
    found: dict[str, Any] = yaml.safe_load((DOCS / "national.openapi.yaml").read_text(encoding="utf-8"))
    return found


@cache
def judges() -> dict[str, Draft202012Validator]:
    """Return what judges a value, by the name of its schema in the document."""
    pages = {f"schemas/feed/{path.name}": json.loads(path.read_text(encoding="utf-8")) for path in (DOCS / "schemas/feed").glob("*.json")}
    known = [(f"{BASE}/{name}", Resource.from_contents(schema)) for name, schema in pages.items()]
    document = Resource.from_contents(openapi(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resources([(f"{BASE}/openapi", document), *known])
    names = openapi()["components"]["schemas"]
    return {name: Draft202012Validator({"$ref": f"{BASE}/openapi#/components/schemas/{name}"}, registry=registry) for name in names}
