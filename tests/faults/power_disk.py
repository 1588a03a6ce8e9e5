"""A disk that forgets at a power cut whatever was not synced: a VFS for SQLite that keeps the files of one folder in memory.

Modelled: bytes written since the last sync of a file are seen by every connection of this process, but survive a cut only by chance - none of
them, any of them (a later write without an earlier one, a file longer with zeros in the gap), or one of them in part, by sectors of 512 bytes.
The name of a new file and the end of a deleted one last once the folder was synced, which SQLite's own unix VFS does at the first sync of each
opened journal or log and at a delete that asks for it; before that either state may come back.
Not modelled: sectors that spoil their neighbours (SQLite assumes `POWERSAFE_OVERWRITE`), an older write that lands over a newer one, rot, a sync
that reports failure, and a drive that lies about its syncs - except with ``lies``, which is for showing that the layer bites.
Locks and shared memory are those of the real unix VFS, on empty files in the folder: they do not outlive the power anyway.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import apsw

SECTOR = 512
REAL = "unix"
SYNCS_FOLDER = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL | apsw.SQLITE_OPEN_WAL


class Instant(StrEnum):
    """When the power goes."""

    IDLE = "between"  # no operation is under way
    WRITE = "write"  # the bytes were handed over, the call never returns
    SYNC = "sync"  # asked for, nothing of it done
    SYNCED = "synced"  # done, the call never returns


class Fate(StrEnum):
    """What becomes of what was not synced."""

    DROPPED = "dropped"
    SCATTERED = "scattered"
    TORN = "torn"  # scattered, and one write of each file lands in part


class PowerCut(apsw.IOError):
    """There is no power any more."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at a place."""

    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        """Put them there; a gap before them is zeros."""
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(self.data)] = self.data

    def torn(self, rng: random.Random) -> list["Write"]:
        """Return the sectors of it that landed: at least one did not."""
        first = self.offset // SECTOR * SECTOR
        ends = [*range(first + SECTOR, self.offset + len(self.data), SECTOR), self.offset + len(self.data)]
        starts = [self.offset, *ends[:-1]]
        parts = [Write(start, self.data[start - self.offset : end - self.offset]) for start, end in zip(starts, ends, strict=True)]
        parts.pop(rng.randrange(len(parts)))
        return [part for part in parts if rng.random() < 0.5]


@dataclass(frozen=True, slots=True)
class Truncation:
    """A file made shorter, or longer by zeros."""

    size: int

    def apply(self, content: bytearray) -> None:
        """Make it so."""
        del content[self.size :]
        content.extend(bytes(self.size - len(content)))


@dataclass(slots=True)
class Inode:
    """One file: ``seen`` by the process, ``durable`` on the platter, and what lies between."""

    durable: bytearray = field(default_factory=bytearray)
    seen: bytearray = field(default_factory=bytearray)
    pending: list[Write | Truncation] = field(default_factory=list)

    def change(self, change: Write | Truncation) -> None:
        """Take a change that is not synced yet."""
        change.apply(self.seen)
        self.pending.append(change)

    def sync(self) -> None:
        """Make everything durable."""
        for change in self.pending:
            change.apply(self.durable)
        self.pending.clear()

    def after(self, fate: Fate, rng: random.Random) -> bytes:
        """Return what is found after the cut."""
        content = bytearray(self.durable)
        if fate is not Fate.DROPPED:
            share = rng.choice((0.1, 0.5, 0.9))
            kept = [change for change in self.pending if rng.random() < share]
            if fate is Fate.TORN and self.pending:
                kept = _one_torn(kept or self.pending[-1:], rng)
            for change in kept:
                change.apply(content)
        return bytes(content)


def _one_torn(kept: list[Write | Truncation], rng: random.Random) -> list[Write | Truncation]:
    at = rng.randrange(len(kept))
    victim = kept[at]
    return [*kept[:at], *(victim.torn(rng) if isinstance(victim, Write) else ()), *kept[at + 1 :]]


class Disk:
    """The files of ``folder``, names by path. ``on`` until the power is cut; from then on every read, write and sync raises PowerCut."""

    def __init__(self, folder: Path, *, lies: bool = False) -> None:
        self.folder = folder
        self.on = True
        self.counted = {Instant.WRITE: 0, Instant.SYNC: 0}
        self._lies = lies
        self._names = {
            str(path): Inode(bytearray(path.read_bytes()), bytearray(path.read_bytes()))
            for path in sorted(folder.iterdir())
            if not path.name.endswith("-shm")
        }
        self._durable_names = dict(self._names)
        self._fuse: tuple[Instant, int] | None = None
        self._guard = threading.RLock()

    def arm(self, instant: Instant, nth: int) -> None:
        """Cut the power at the ``nth`` write or sync from now."""
        self._fuse = (instant, nth)

    def pull(self) -> None:
        """Cut the power now."""
        self.on = False

    def find(self, name: str) -> Inode | None:
        """Return the file that the process finds under ``name``."""
        return self._names.get(name)

    def make(self, name: str) -> Inode:
        """Make a new file; its name is not durable yet."""
        with self._guard:
            self.need_power()
            return self._names.setdefault(name, Inode())

    def remove(self, name: str, *, synced: bool) -> None:
        """Delete a file."""
        with self._guard:
            self.need_power()
            self._names.pop(name, None)
            if synced:
                self._sync_names()

    def change(self, inode: Inode, change: Write | Truncation) -> None:
        """Write without a sync."""
        with self._guard:
            self.need_power()
            inode.change(change)
            self._burn(Instant.WRITE)

    def sync(self, inode: Inode, *, names: bool) -> None:
        """Make a file durable, and the names of the folder with it."""
        with self._guard:
            self.need_power()
            self._burn(Instant.SYNC)
            if not self._lies:
                inode.sync()
                if names:
                    self._sync_names()
            self._burn(Instant.SYNCED)

    def need_power(self) -> None:
        """Raise PowerCut when there is none."""
        if not self.on:
            raise PowerCut("the power is off")

    def survive(self, into: Path, fate: Fate, rng: random.Random) -> None:
        """Write the files that are found after the cut into the folder ``into``."""
        for name in sorted(self._names.keys() | self._durable_names.keys()):
            seen, durable = self._names.get(name), self._durable_names.get(name)
            found = durable if fate is Fate.DROPPED else rng.choice((seen, durable))
            if found is not None:
                (into / Path(name).name).write_bytes(found.after(fate, rng))

    def _sync_names(self) -> None:
        if not self._lies:
            self._durable_names = dict(self._names)

    def _burn(self, instant: Instant) -> None:
        if instant in self.counted:
            self.counted[instant] += 1
        if self._fuse and self._fuse[0] is instant:
            self._fuse = (instant, self._fuse[1] - 1)
            if self._fuse[1] <= 0:
                self.pull()
                self.need_power()


class File(apsw.VFSFile):
    """One open file of the disk; the locks are those of the real one."""

    def __init__(self, disk: Disk, name: str, handed: str | apsw.URIFilename, flags: list[int]) -> None:
        asked = flags[0]
        super().__init__(REAL, handed, flags)
        found = disk.find(name)
        self._disk = disk
        self._syncs_names = bool(asked & apsw.SQLITE_OPEN_CREATE and asked & SYNCS_FOLDER)  # at its first sync, as unixSync does
        self._inode = found or disk.make(name)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802  # the VFS's own names, here and below
        """Read what the process wrote, synced or not."""
        self._disk.need_power()
        return bytes(self._inode.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Write to memory only."""
        self._disk.change(self._inode, Write(offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Truncate in memory only."""
        self._disk.change(self._inode, Truncation(newsize))

    def xSync(self, flags: int) -> None:  # noqa: ARG002, N802
        """Make it durable."""
        self._disk.sync(self._inode, names=self._syncs_names)
        self._syncs_names = False

    def xFileSize(self) -> int:  # noqa: N802
        """Return the size as the process sees it."""
        self._disk.need_power()
        return len(self._inode.seen)


class Vfs(apsw.VFS):
    """The default VFS while `powered` lasts; files outside the folder go the usual way."""

    def __init__(self, disk: Disk) -> None:
        super().__init__("power", REAL, makedefault=True)
        self._disk = disk

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file of the disk."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if name is None or path is None or not self._is_ours(path):
            return apsw.VFSFile(REAL, name, flags)
        return File(self._disk, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802
        """Delete a file of the disk, and the empty one that stands for it."""
        if self._is_ours(filename):
            self._disk.remove(filename, synced=syncdir)
        super().xDelete(filename, syncdir)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        """Tell whether a file exists; as in the unix VFS an empty one does not."""
        if flags == apsw.SQLITE_ACCESS_EXISTS and self._is_ours(pathname):
            found = self._disk.find(pathname)
            return found is not None and bool(found.seen)
        return super().xAccess(pathname, flags)

    def _is_ours(self, path: str) -> bool:
        return Path(path).parent == self._disk.folder


@contextmanager
def powered(disk: Disk) -> Iterator[None]:
    """Open databases in the folder of ``disk`` on it while the block lasts; then the power is off and every connection made inside is gone."""
    opened: list[apsw.Connection] = []
    apsw.connection_hooks.append(opened.append)
    vfs = Vfs(disk)
    try:
        yield
    finally:
        disk.pull()
        apsw.connection_hooks.remove(opened.append)
        for connection in opened:
            with suppress(apsw.Error):  # nothing more can be written, and that is the point
                connection.close(True)
        vfs.unregister()
