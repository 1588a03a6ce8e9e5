"""Ending logins inside a decision: the journal's line and the row that goes become durable together."""

from collections.abc import Iterable

from edge.queueing import commands
from edge.queueing.decide import Turn, decide
from edge.queueing.registry import Ended
from edge.store import credentials
from edge.store.database import Database
from edge.store.tables import Session


def end(database: Database, turn: Turn, ended: Iterable[Session], why: Ended) -> None:
    """End stored sessions. Call inside the write transaction of ``turn``."""
    for session in ended:
        decide(turn, commands.LogOut(session.pseudonym, why, session.desk))
        credentials.drop_session(database, session.token)


def end_of_member(database: Database, turn: Turn, pseudonym: str, why: Ended) -> None:
    """End every login of a member."""
    end(database, turn, credentials.sessions(database, pseudonym), why)


def end_with_day(database: Database, turn: Turn) -> None:
    """End what nobody ended: whoever forgot to log out yesterday is not logged in today."""
    end(database, turn, credentials.sessions(database), Ended.DAY_END)
