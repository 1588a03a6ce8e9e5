"""The one live database: connections, the fair queue before BEGIN IMMEDIATE, and the committed hall.

Only `write()` changes data, and nothing is read for a decision before its BEGIN. A Python lock without order would let one busy thread starve
the others (measured: 430-630 ms stalls with SQLite's busy handler alone), hence the queue.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
from peewee import PeeweeException
from playhouse.apsw_ext import APSWDatabase

from edge import failpoints
from edge.errors import Unavailable
from edge.queueing.chain import GENESIS, Head
from edge.queueing.hall import Hall
from edge.store import faults, hot, migrate
from edge.store.loading import load_hall
from edge.store.reserve import Reserve
from edge.store.transaction import Transaction

LOWEST_SQLITE = (3, 51, 3)  # earlier ones can corrupt a WAL that is reset while read (research, sync A15)


@dataclass(frozen=True, slots=True)
class Committed:
    """A hall and the journal line that it ends with. ``version`` grows with each commit of this process."""

    hall: Hall
    head: Head
    version: int


class FairQueue:
    """A lock that is handed over in the order of arrival."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def acquire(self) -> None:
        """Wait for one's turn."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def release(self) -> None:
        """Hand over to whoever waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Database:
    """One SQLite file, opened by one process for writing. ``max_pages``: a limit on its size in pages, 0 for none. ``reserve``: for a full disk."""

    def __init__(self, path: Path, *, max_pages: int = 0, reserve: Reserve | None = None) -> None:
        if tuple(int(part) for part in apsw.sqlite_lib_version().split(".")) < LOWEST_SQLITE:
            raise Unavailable(f"SQLite {apsw.sqlite_lib_version()} is too old: at least {'.'.join(map(str, LOWEST_SQLITE))} is needed")
        self.path = path
        self.reserve = reserve or Reserve(path.with_name("reserve"), 0)
        pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "wal_autocheckpoint": 0, "busy_timeout": 5000}
        self._limited = max_pages > 0
        if max_pages:
            pragmas["max_page_count"] = max_pages
        self._peewee = APSWDatabase(str(path), pragmas=pragmas)  # type: ignore[no-untyped-call]  # peewee's stubs stop at playhouse
        self._queue = FairQueue()
        self._connections: list[apsw.Connection] = []
        self._connections_guard = threading.Lock()
        self._committed = Committed(Hall(), Head(1, 0, GENESIS), 0)
        self.fault: str | None = None  # why the last transaction could not be written; None once one could
        self._refusal: Callable[[], Unavailable] | None = None  # nothing is written any more: damaged, or closed

    def open(self) -> None:
        """Bring the schema up to date and load the hall. Raises Corrupt when the file is not a sound database, Unavailable when it cannot be read."""
        try:
            migrate.up(self.connection())
            self._committed = Committed(load_hall(self.connection()), self.head(), 1)
        except (*faults.DAMAGE, *faults.NONSENSE, *faults.DISK) as error:
            raise faults.of(error, f"cannot open {self.path}") from error

    def connection(self) -> apsw.Connection:
        """Return this thread's connection, opened on first use and kept."""
        if self._peewee.is_closed():
            try:
                self._peewee.connect()
            except (PeeweeException, apsw.Error) as error:
                met = error.__cause__ or error.__context__ or error  # peewee wraps what the first pragma met
                raise faults.of(met, f"cannot open {self.path}") from error
            with self._connections_guard:
                self._connections.append(self._peewee.connection())  # type: ignore[no-untyped-call]
        connection: apsw.Connection = self._peewee.connection()  # type: ignore[no-untyped-call]
        return connection

    @property
    def peewee(self) -> APSWDatabase:
        """The peewee database, for cold queries on the tables of `tables.py`."""
        self.connection()
        return self._peewee

    @property
    def committed(self) -> Committed:
        """The last committed hall; a frozen value, free to read from any thread."""
        return self._committed

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open the write transaction: first come, first served; committed and published on leaving, rolled back on any exception.

        Raises Unavailable when the disk is full or the file cannot be written; then nothing happened.
        """
        self._queue.acquire()
        try:
            if self._refusal:
                raise self._refusal()
            self.reserve.make_room()
            connection = self.connection()
            try:
                with _translated():
                    connection.execute(hot.BEGIN)
                failpoints.hit("write.begun")
                transaction = Transaction(connection, *self._current())
                yield transaction
                failpoints.hit("commit.before")
                with _translated():
                    connection.execute("COMMIT")
                failpoints.hit("commit.after")
            except BaseException as error:
                _roll_back(connection)
                if isinstance(error, faults.DAMAGE):
                    self.condemn()
                    raise faults.damaged() from error
                if isinstance(error, Unavailable):
                    self.fault = str(error)
                raise
            for action in transaction.once_durable:
                action()
            if transaction.facts or (not self._limited and self.reserve.has_room()):
                self.fault = None  # a commit of nothing says something only if the next one has room, too
            if transaction.facts:
                self._committed = Committed(transaction.hall, transaction.head, self._committed.version + 1)
        finally:
            self._queue.release()

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[None]:
        """See another database of ours as ``name`` on this thread's connection while the block lasts. Not inside `write()`."""
        connection = self.connection()
        with _translated():
            connection.execute(f"ATTACH DATABASE ? AS {name}", (str(path),))
        try:
            yield
        finally:
            connection.execute(f"DETACH DATABASE {name}")

    def checkpoint(self, *, above_pages: int = 1000) -> bool:
        """Copy the write-ahead log into the file if it has grown past ``above_pages``, off the path of presses; tell whether it did."""
        if self._refusal:
            return False
        wal = self.path.with_name(self.path.name + "-wal")
        if not wal.exists() or wal.stat().st_size < above_pages * 4096:
            return False
        with _translated():
            self.connection().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        return True

    @property
    def is_condemned(self) -> bool:
        """Tell whether a damaged page was met."""
        return self._refusal is faults.damaged

    def condemn(self) -> None:
        """Write no more: a damaged page was met, and more commits would change what can still be saved. Touches no connection."""
        self._refusal = faults.damaged
        self.fault = faults.DAMAGED

    def close(self) -> None:
        """Close every thread's connection; who wants to write afterwards is refused. Twice is one. A damaged file is left as it is."""
        self._queue.acquire()
        try:
            with self._connections_guard:
                for connection in self._connections:
                    if self._refusal:
                        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)  # else the log would be brought into the damaged file
                    connection.close(True)
                self._connections.clear()
            self._refusal = self._refusal or _closed
        finally:
            self._queue.release()

    def _current(self) -> tuple[Hall, Head]:
        """Return the cached hall if the file still ends where it ends, else read it anew."""
        head = self.head()
        if head == self._committed.head:
            return self._committed.hall, head
        return load_hall(self.connection()), head

    def head(self) -> Head:
        """Return the line that the journal ends with, as this thread's connection sees it now."""
        row = self.connection().execute(hot.HEAD).fetchone()
        return Head(*row) if row else Head(1, 0, GENESIS)


def _closed() -> Unavailable:
    return Unavailable("the database is closed: the server stops", code="stopping")


def _roll_back(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the disk can do to us into Unavailable; damage goes on as it is."""
    try:
        yield
    except faults.DISK as error:
        raise faults.of(error, "the database cannot be written now") from error
