"""Presence of devices: the last word of each, kept over restarts."""

from edge.store.database import Database
from edge.store.tables import Presence

Seen = dict[str, str | None]


def put(database: Database, device: str, values: Seen) -> None:
    """Update what is known of a device, inside `Database.write()`; keys not given stay as they are."""
    query = Presence.insert({"device": device, **values})
    query.on_conflict(conflict_target=[Presence.device], update=values).execute(database.peewee)


def everything(database: Database) -> dict[str, Seen]:
    """Return what is known of every device ever seen."""
    rows: list[dict[str, str | None]] = list(Presence.select().dicts().execute(database.peewee))
    return {str(row["device"]): row for row in rows}
