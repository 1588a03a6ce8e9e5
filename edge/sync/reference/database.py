"""The national database, SQLite or PostgreSQL: opening it, and the transaction in which all of one centre changes.

One server per process: the tables of `models.py` are bound to what `open_database` opened last. A transaction holds the centre's row from its start,
so that positions of the feed are given in the order of commits and nothing is decided on a row that somebody else is changing.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
from peewee import Database, InterfaceError, OperationalError, PeeweeException, PostgresqlDatabase, __exception_wrapper__  # type: ignore[attr-defined]  # what peewee itself uses
from playhouse.apsw_ext import APSWDatabase

from edge.sync.reference import books, models  # noqa: F401 -- books brings its tables
from edge.sync.reference.models import Centre, Server

log = logging.getLogger(__name__)
SCHEMA = 1
PARTITIONS = 16  # of the journal on PostgreSQL, by centre
LOCK_TIMEOUT = "SET lock_timeout = '20s'"  # PostgreSQL would wait for a centre's row for ever, and with it a thread
LOST = (OperationalError, InterfaceError)  # the database could not be reached or written now; the same call may succeed later
_SQLITE = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": 5000, "journal_size_limit": 64 * 1024 * 1024}
_READ_ONLY = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
_writers = threading.Lock()  # SQLite has one writer: threads wait here, in the order of the lock, instead of sleeping in its busy handler
_connections: dict[int, Any] = {}  # of the threads that serve


class Unsuitable(Exception):
    """The database cannot serve: it is not there, its schema is newer, or it does not keep UTF-8."""


class NoCentre(LookupError):
    """No centre of that name is enrolled."""


def open_database(place: Path | str) -> None:
    """Open a file (SQLite), or ``postgresql://…``, and make what is missing of its tables. Raises Unsuitable."""
    try:
        found = _postgres(place) if isinstance(place, str) else _sqlite(place)
        models.DATABASE.initialize(found)
        found.connect(reuse_if_open=True)
        with found.atomic():
            _make(found)
        known = Server.get_or_none()
    except (PeeweeException, OSError) as error:
        raise Unsuitable(f"the national database cannot be opened: {' '.join(str(error).split())}") from error
    if known and known.schema > SCHEMA:
        raise Unsuitable(f"the national database has schema {known.schema}: this release knows up to {SCHEMA}")


def close_database() -> None:
    """Close every thread's connection; nobody uses one any more."""
    database().close()
    for connection in _connections.values():
        connection.close()
    _connections.clear()


def close_thread() -> None:
    """Close this thread's connection; one that ends and is not a server's."""
    database().close()


def database() -> Database:
    """Return what is open. Raises RuntimeError before `open_database`."""
    found = models.DATABASE.obj
    if found is None:
        raise RuntimeError("the national database is not open")
    return found  # type: ignore[no-any-return]  # peewee's stubs know no proxy


def is_postgres() -> bool:
    """Tell whether rows can be locked one by one."""
    return isinstance(database(), PostgresqlDatabase)


@contextmanager
def transaction() -> Iterator[None]:
    """Open a write transaction that belongs to no centre; nested in another one it is a savepoint of that."""
    found = database()
    if is_postgres() or found.in_transaction():
        with found.atomic():
            yield
        return
    with _writers, found.atomic("IMMEDIATE"):
        yield


@contextmanager
def of_centre(centre: str) -> Iterator[Centre]:
    """Open the write transaction of one centre and yield its row, locked; what was changed on it is saved at the end. Raises NoCentre."""
    with transaction():
        query = Centre.select().where(Centre.centre == centre)
        row = (query.for_update() if is_postgres() else query).first()
        if row is None:
            raise NoCentre(centre)
        yield row
        if row.dirty_fields:
            row.save(only=row.dirty_fields)


def refresh() -> None:
    """Drop a connection that the other end has closed, so that the next query opens a new one. Once per request."""
    found = database()
    if not found.is_closed() and not _is_alive(found):
        found.close()
    if found.connect(reuse_if_open=True):
        _connections[threading.get_ident()] = found.connection()  # type: ignore[no-untyped-call]
        if is_postgres():
            _sql(found, LOCK_TIMEOUT)


def many(statement: str, rows: list[tuple[Any, ...]]) -> None:
    """Execute one statement (with ``?`` for values) for many rows; peewee would build each row's SQL anew."""
    found = database()
    if is_postgres():
        statement = statement.replace("?", "%s")
    with __exception_wrapper__:
        found.cursor().executemany(statement, rows)  # type: ignore[no-untyped-call]


def tuples(query: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query as plain tuples; peewee's stubs know no other rows than its own."""
    yield from query.tuples()


def heads_of(copy: Path | str) -> list[tuple[str, int, int, str]]:
    """Read the heads of all epochs in another database, a restored copy of this one: centre, epoch, seq, hash. Raises peewee's errors."""
    found = _postgres(copy) if isinstance(copy, str) else APSWDatabase(f"file:{copy}?mode=ro", flags=_READ_ONLY)  # type: ignore[no-untyped-call]
    found.connect(reuse_if_open=True)
    try:
        return [tuple(row) for row in _sql(found, "SELECT centre, epoch, seq, hash FROM epoch WHERE seq > 0").fetchall()]
    finally:
        found.close()


def now() -> datetime:
    """Return the server's clock; in UTC, aware."""
    return datetime.now(UTC)


def _is_alive(found: Database) -> bool:
    """PostgreSQL may have ended the connection since; it says so only when asked, in a tenth of a millisecond."""
    if not isinstance(found, PostgresqlDatabase):
        return True
    try:
        _sql(found, "SELECT 1")
    except LOST:
        return False
    return bool(found.is_connection_usable())


def _sqlite(path: Path) -> Database:
    path.parent.mkdir(parents=True, exist_ok=True)
    return APSWDatabase(str(path), pragmas=_SQLITE)  # type: ignore[no-untyped-call]  # peewee's stubs stop at playhouse


def _postgres(url: str) -> Database:
    found = PostgresqlDatabase(url, prefer_psycopg3=True)
    found.connect(reuse_if_open=True)
    encoding = _sql(found, "SHOW server_encoding").fetchone()[0]
    if encoding != "UTF8":
        raise Unsuitable(f"the national database keeps {encoding}: it must be created with UTF8, because lines are kept byte for byte")
    return found


def _make(found: Database) -> None:
    if isinstance(found, PostgresqlDatabase) and not found.table_exists("line"):
        _sql(found, models.PARTITIONED_LINE)
        for part in range(PARTITIONS):
            _sql(found, f"CREATE TABLE line_{part} PARTITION OF line FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})")
    for table in models.tables():
        table._meta.without_rowid = not isinstance(found, PostgresqlDatabase)  # noqa: SLF001 -- peewee's own documentation reads and sets it
    found.create_tables(models.tables(), safe=True)


def _sql(found: Database, statement: str) -> Any:
    return found.execute_sql(statement)  # type: ignore[no-untyped-call]  # peewee's stubs have no types here
