"""What a disk can do to us, in our own errors: full, busy or unwritable is Unavailable, damaged is Corrupt."""

import apsw

from edge.errors import Corrupt, EdgeError, Unavailable

DISK_FULL = "the disk or the database is full: free space, then try again; nothing was lost"

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
