"""The JSON Schemas of the journal's payloads, made of the events themselves; `python -m tests.sync.journal_schemas` writes docs/schemas/journal.

What the types of the fields cannot say stands in KEYS, once for each key of the contract.
"""

import inspect
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from edge.queueing import events

FOLDER = Path(__file__).parents[2] / "docs/schemas/journal"
CODE = "^[a-z0-9-]{1,32}$"
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"
SLOT = r"^[a-z0-9-]{1,32}@\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.000Z$"

KEYS: Mapping[str, Mapping[str, Any]] = {
    "tick": {"description": "whole seconds since the day was opened, by a clock that never goes back"},
    "day": {"pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "slot": {"pattern": SLOT},
    "start": {"pattern": INSTANT},
    "service": {"pattern": CODE},
    "desk": {"pattern": CODE},
    "to_desk": {"pattern": CODE},
    "lang": {"enum": ["ky", "ru", "kk", "en"]},
    "right": {"enum": ["edge", "national"]},
    "code": {"pattern": "^[A-HJ-NP-Z][A-HJ-NP-Z2-9]{5}$"},
    "person": {"maxLength": 64, "description": "a keyed hash, compared for equality only"},
    "right_epoch": {"description": "of the right: an integer for edge, null for national"},
    "granted": {"minimum": 0, "description": "cumulative for this slot and epoch"},
    "returned": {"minimum": 0, "description": "cumulative for this slot and epoch"},
    "parent_hash": {"pattern": "^[0-9a-f]{64}$"},
    "scores": {
        "items": {"type": "object", "required": ["ticket", "score"], "properties": {"ticket": {"type": "string"}, "score": {"type": "integer"}}}
    },
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each event type."""
    known = [cls for cls in typing.get_args(events.Event) if cls is not events.Unrecognised]
    return {cls.TYPE: _schema(cls) for cls in known}


def text(schema: Mapping[str, Any]) -> str:
    """Return a schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": cls.TYPE}  # type: ignore[attr-defined]
    said = inspect.getdoc(cls) or ""
    if said and not said.startswith(f"{cls.__name__}("):  # what a dataclass writes by itself
        found["description"] = said
    required = [field.name.rstrip("_") for field in fields(cls) if field.default is MISSING]
    properties = {field.name.rstrip("_"): _property(field.name.rstrip("_"), hints[field.name]) for field in fields(cls)}
    return {**found, "type": "object", "required": required, "properties": properties}


def _property(key: str, hint: Any) -> dict[str, Any]:
    kinds = _kinds(hint)
    found: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}
    more = dict(KEYS.get(key, {}))
    if "enum" in more:
        more["enum"] = [*more["enum"], None] if "null" in kinds else more["enum"]
        found.pop("type", None)
    return found | more


def _kinds(hint: Any) -> list[str]:
    origin = typing.get_origin(hint)
    if hint is Any:
        return []
    if origin in (typing.Union, types.UnionType):
        return [kind for each in typing.get_args(hint) for kind in _kinds(each)]
    if origin is tuple:
        return ["array"]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return ["object"]
    return [{str: "string", int: "integer", bool: "boolean", type(None): "null"}[hint]]


def main() -> None:
    """Write what has changed, and remove what no event has any more."""
    wanted = {FOLDER / f"{type_}.json": text(schema) for type_, schema in schemas().items()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in set(FOLDER.glob("*.json")) - set(wanted):
        path.unlink()
    for path, content in wanted.items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
