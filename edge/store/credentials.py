"""Verifiers and sessions. Writers are called inside `Database.write()`, so that a member and the verifier become durable together."""

from collections.abc import Mapping

from edge.store.database import Database
from edge.store.tables import Session, Verifier


def put_verifier(database: Database, pseudonym: str, hashes: Mapping[str, str]) -> None:
    """Set a member's hashes of ``password`` and ``pin``; one that is not given stays as it was."""
    row = {"pseudonym": pseudonym, **hashes}
    columns = [getattr(Verifier, name) for name in hashes]
    Verifier.insert(row).on_conflict(conflict_target=[Verifier.pseudonym], preserve=columns).execute(database.peewee)


def verifier(database: Database, pseudonym: str, what: str) -> str | None:
    """Return the hash of a member's ``password`` or ``pin``, or None."""
    column = getattr(Verifier, what)
    rows = list(Verifier.select(column).where(Verifier.pseudonym == pseudonym).tuples().execute(database.peewee))
    return rows[0][0] if rows else None


def with_pin(database: Database) -> set[str]:
    """Return the pseudonyms of all who have a PIN."""
    return {row[0] for row in Verifier.select(Verifier.pseudonym).where(Verifier.pin.is_null(False)).tuples().execute(database.peewee)}


def put_session(database: Database, token: str, pseudonym: str, desk: str | None, expires: str) -> None:
    """Open a session under the digest of its token."""
    row = {"token": token, "pseudonym": pseudonym, "desk": desk, "expires": expires}
    Session.insert(row).execute(database.peewee)


def session(database: Database, token: str) -> Session | None:
    """Return the stored session, live or not."""
    rows: list[Session] = list(Session.select().where(Session.token == token).execute(database.peewee))
    return rows[0] if rows else None


def sessions(database: Database, pseudonym: str | None = None) -> list[Session]:
    """Return the stored sessions of one member or of all, live or not."""
    query = Session.select() if pseudonym is None else Session.select().where(Session.pseudonym == pseudonym)
    return list(query.execute(database.peewee))


def drop_session(database: Database, token: str) -> None:
    """End a session."""
    Session.delete().where(Session.token == token).execute(database.peewee)
