"""Cold reads of settings: those in force, and every change of them there ever was. All through the partial index `journal_settings`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.store.database import Database

_LINES = """
    SELECT epoch, seq, id, at, actor, payload FROM journal
    WHERE type = 'setting.changed' AND (epoch, seq) < (?, ?) AND payload IS NOT NULL ORDER BY epoch DESC, seq DESC LIMIT ?
"""
_BEFORE = """
    SELECT payload FROM journal
    WHERE type = 'setting.changed' AND (epoch, seq) < (?, ?) AND json_extract(payload, '$.key') = ? ORDER BY epoch DESC, seq DESC LIMIT 1
"""
_PLACE = "SELECT epoch, seq FROM journal WHERE id = ? AND type = 'setting.changed' ORDER BY epoch DESC LIMIT 1"
_IN_FORCE = "SELECT key, value FROM setting"

Place = tuple[int, int]
END: Place = (2**62, 0)  # behind every line


@dataclass(frozen=True, slots=True)
class Line:
    """One `setting.changed`; ``at`` is ISO, ``place`` its (epoch, seq)."""

    place: Place
    id: str
    at: str
    actor: str
    key: str
    value: Any


def in_force(database: Database) -> Mapping[str, Any]:
    """Return the values in force by key; inside `Database.write()` those of the open transaction."""
    return {str(key): json.loads(str(value)) for key, value in database.connection().execute(_IN_FORCE)}


def lines(database: Database, before: Place, limit: int) -> list[Line]:
    """Return up to ``limit`` changes before a place, the newest first."""
    return [_line(*row) for row in database.connection().execute(_LINES, (*before, limit))]


def value_before(database: Database, place: Place, key: str) -> Any:
    """Return the value that a key had before a place; None when it had none."""
    row = database.connection().execute(_BEFORE, (*place, key)).fetchone()
    return json.loads(row[0])["value"] if row else None


def place(database: Database, id_: str) -> Place | None:
    """Return where a change stands in the journal, or None."""
    row = database.connection().execute(_PLACE, (id_,)).fetchone()
    return (int(row[0]), int(row[1])) if row else None


def _line(epoch: int, seq: int, id_: str, at: str, actor: str, payload: str) -> Line:
    said = json.loads(payload)
    return Line((epoch, seq), id_, at, actor, said["key"], said.get("value"))
