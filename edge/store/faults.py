"""What a disk can do to us, in our own errors: full, busy or unwritable is Unavailable, damaged is Corrupt."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

from edge.errors import Corrupt, EdgeError, Unavailable

DISK_FULL = "the disk or the database is full: free space, then try again; nothing was lost"

DAMAGED = "the database is damaged: the server stops, and says at its next start how to go on"

DISK = (apsw.FullError, apsw.BusyError, apsw.IOError, apsw.ReadOnlyError, apsw.CantOpenError)
DAMAGE = (apsw.CorruptError, apsw.NotADBError)
NONSENSE = (ValueError, KeyError, TypeError)  # what reading back a row meets whose page holds something else: broken text, an unknown state


def of(error: BaseException, what: str) -> EdgeError:
    """Translate an error of the disk or the file; ``what`` could not be done."""
    if isinstance(error, (*DAMAGE, *NONSENSE)):
        return Corrupt(f"{what}: the file is damaged ({error}); nothing was changed, restore the last backup")
    if isinstance(error, apsw.FullError):
        return Unavailable(DISK_FULL, code="disk_full")
    return Unavailable(f"{what}: {error}", code="database")


def damaged() -> Unavailable:
    """Return what a caller is told when a damaged page was met."""
    return Unavailable(DAMAGED, code="damaged")


def known(error: BaseException) -> EdgeError | None:
    """Return what a caller is told of an error that a reading query met on the disk or in the file; None when it is something else."""
    if isinstance(error, DAMAGE):
        return damaged()
    return of(error, "the database cannot be read now") if isinstance(error, DISK) else None


@contextmanager
def watched(met: Callable[[str], None]) -> Iterator[None]:
    """Hear of each damaged page that SQLite meets in this process while the block lasts, whoever asks and whoever swallows the error.

    ``met`` runs in the middle of a query and must not touch the database.
    """

    def heard(code: int, message: str) -> None:
        if code & 0xFF in (apsw.SQLITE_CORRUPT, apsw.SQLITE_NOTADB):
            met(message)

    apsw.config(apsw.SQLITE_CONFIG_LOG, heard)
    try:
        yield
    finally:
        apsw.config(apsw.SQLITE_CONFIG_LOG, None)
