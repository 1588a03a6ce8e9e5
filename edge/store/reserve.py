"""Room that belongs to the queue alone: a file of allocated, empty blocks beside the database, given back a slice at a time when the disk is full.

A working day of 5,000 visitors, each issued and called, grows the database by 16 MiB; its write-ahead log takes 4 MiB (measured). Whoever fills the
disk meets a full disk while this file is there; we are the only one who takes from it. It is looked at before each write (3 µs) and each second.
"""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from edge import durable
from edge.errors import Unavailable

log = logging.getLogger(__name__)

MIB = 1024 * 1024
SLICE = 8 * MIB
LOWEST_FREE = 4 * MIB  # beneath it a slice is given back: the log grows to about 4 MiB between two checkpoints
CALM_FREE = LOWEST_FREE + 2 * SLICE  # stays free when the reserve is filled up again, so that it does not come and go
ENOUGH_FREE = 500 * MIB  # beneath it somebody should look: a centre grows by some MiB a day, backups by more
LEAVE_FREE = 64 * MIB  # what copies (backup, drill, evidence) leave free on the disk: they must not be what fills it


def require(folder: Path, size: int, what: str, leave: int = LEAVE_FREE) -> None:
    """See that ``size`` bytes can be written in ``folder`` and ``leave`` stay free there. Raises Unavailable with what is missing."""
    free = free_bytes(folder)
    if size + leave > free:
        needed = f"it needs {size // MIB + 1} MiB besides the {leave // MIB} MiB that must stay free"
        raise Unavailable(f"{what}: {needed}, {free // MIB} MiB are free on the disk of {folder}", code="disk_full")


def free_bytes(folder: Path) -> int:
    """Return how much an ordinary user may still write on the disk of ``folder``. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class Reserve:
    """The reserve of one data directory; ``wanted`` bytes, 0: there is none. Safe for several threads; never raises."""

    def __init__(self, path: Path, wanted: int, free: Callable[[Path], int] = free_bytes) -> None:
        self._path = path
        self._wanted = wanted
        self._free = free
        self._guard = threading.Lock()

    @property
    def held(self) -> int:
        """Return how many bytes are still kept for worse times."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def make_room(self) -> None:
        """Give back as much as is needed for the next writes, if anything is."""
        try:
            if self._free(self._path.parent) >= LOWEST_FREE:
                return
            with self._guard:
                self._release()
        except OSError as error:
            log.error("the reserved room cannot be given back path=%s error=%s", self._path, error)  # noqa: TRY400 -- the sentence says it all

    def keep(self) -> None:
        """Give back, or fill up again what the disk has room for. To be called each second."""
        self.make_room()
        held = self.held
        if held == self._wanted:
            return
        try:
            with self._guard:
                self._fit(held)
        except OSError as error:
            log.warning("the reserve is not filled up path=%s held_mib=%d error=%s", self._path, self.held // MIB, error)

    def trouble(self) -> str | None:
        """Say in one sentence what a full disk means now; None while the reserve is whole."""
        held = self.held
        if held >= self._wanted:
            return None
        if held == 0 and not self.has_room():
            return "the disk is full and the reserved room is used up: tickets and calls are refused until space is freed; nothing is lost"
        return f"the disk is full: {held // MIB} of the {self._wanted // MIB} MiB reserved for tickets and calls are left, free space"

    def has_room(self) -> bool:
        """Tell whether the next writes have room without the reserve."""
        try:
            return self._free(self._path.parent) >= LOWEST_FREE
        except OSError:
            return False

    def _release(self) -> None:
        while (held := self.held) and self._free(self._path.parent) < LOWEST_FREE:
            os.truncate(self._path, max(0, held - SLICE))
            durable.sync(self._path)  # only what is committed can be allocated anew
            log.warning("the disk is full: reserved room given to tickets and calls, left_mib=%d path=%s", self.held // MIB, self._path)

    def _fit(self, held: int) -> None:
        """Come as near to what is wanted as the disk allows."""
        room = self._free(self._path.parent) - CALM_FREE
        size = min(self._wanted, held + max(0, room) // MIB * MIB)
        if size == held:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if size > held:
                _allocate(descriptor, held, size)
            else:
                os.ftruncate(descriptor, size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        log.info("room reserved for a full disk held_mib=%d path=%s", size // MIB, self._path)


def _allocate(descriptor: int, held: int, size: int) -> None:
    try:
        os.posix_fallocate(descriptor, held, size - held)
    except OSError:
        os.ftruncate(descriptor, held)  # a part may have been allocated
        raise
