"""Calls for help, kept over restarts. Writers are called inside `Database.write()`."""

from edge.store.database import Database
from edge.store.tables import Help


def put(database: Database, device: str, since: str) -> None:
    """Keep a call; one that waits already keeps its time."""
    Help.insert({"device": device, "since": since}).on_conflict_ignore().execute(database.peewee)


def drop(database: Database, device: str) -> bool:
    """End the call of a device; tell whether there was one."""
    return bool(Help.delete().where(Help.device == device).execute(database.peewee))


def everything(database: Database) -> list[tuple[str, str]]:
    """Return (device, since) of every call, the oldest first."""
    rows: list[tuple[str, str]] = list(Help.select(Help.device, Help.since).order_by(Help.since, Help.device).tuples().execute(database.peewee))
    return rows
