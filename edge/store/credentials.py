"""Verifiers and sessions. Writers are called inside `Database.write()`, so that a member and the verifier become durable together."""

from edge.store.database import Database
from edge.store.tables import Session, Verifier


def put_verifier(database: Database, pseudonym: str, password: str, pin: str | None) -> None:
    """Set a member's password and PIN hashes."""
    row = {"pseudonym": pseudonym, "password": password, "pin": pin}
    Verifier.insert(row).on_conflict_replace().execute(database.peewee)


def password_of(database: Database, pseudonym: str) -> str | None:
    """Return the password hash, or None."""
    rows = list(Verifier.select(Verifier.password).where(Verifier.pseudonym == pseudonym).tuples().execute(database.peewee))
    return rows[0][0] if rows else None


def put_session(database: Database, token: str, pseudonym: str, desk: str | None, expires: str) -> None:
    """Open a session under the digest of its token."""
    row = {"token": token, "pseudonym": pseudonym, "desk": desk, "expires": expires}
    Session.insert(row).execute(database.peewee)


def session(database: Database, token: str) -> Session | None:
    """Return the stored session, live or not."""
    rows: list[Session] = list(Session.select().where(Session.token == token).execute(database.peewee))
    return rows[0] if rows else None


def drop_session(database: Database, token: str) -> None:
    """End a session."""
    Session.delete().where(Session.token == token).execute(database.peewee)
