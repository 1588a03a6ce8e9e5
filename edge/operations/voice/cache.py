"""What has been made already: one file for each sound, named by what it says and who says it, within a bound; the longest unused go first.

Nothing here is missed when it is lost: it is made anew. So nothing is synced, and a full disk gets all of it back.
"""

import contextlib
import os
import threading
from pathlib import Path

from edge.store.reserve import free_bytes

LIMIT_BYTES = 200 * 1024 * 1024
LEAST_FREE_BYTES = 200 * 1024 * 1024  # of the disk: with less, tickets need it more
LEAST_BYTES = 1_000  # a shorter file was cut off by a power cut


class Cache:
    """Safe for several threads. ``limit_bytes``: of all files together."""

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._guard = threading.Lock()
        self._sizes: dict[str, int] = {}  # the longest unused first

    def open(self) -> None:
        """Take over what an earlier start left. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        for _, path, size in sorted((path.stat().st_mtime, path, path.stat().st_size) for path in self._folder.iterdir()):
            if path.suffix == ".wav" and size >= LEAST_BYTES:
                self._sizes[path.stem] = size
            else:
                path.unlink(missing_ok=True)

    def size(self, name: str) -> int | None:
        """Return how many bytes a sound has, None when it is not there; it then counts as used now."""
        if not self.used(name):
            return None
        with contextlib.suppress(OSError):
            os.utime(self._path(name))  # for the next start
        return self._sizes.get(name)

    def used(self, name: str) -> bool:
        """Count a sound as used now; tell whether it is there. Quick, no I/O."""
        with self._guard:
            size = self._sizes.pop(name, None)
            if size is not None:
                self._sizes[name] = size
            return size is not None

    def get(self, name: str) -> bytes | None:
        """Return a sound, None when it is not there."""
        if name not in self._sizes:
            return None
        try:
            return self._path(name).read_bytes()
        except OSError:
            return None

    def put(self, name: str, content: bytes) -> list[str]:
        """Keep a sound; returns the names that had to go for it. Raises OSError, also when the disk is needed for other things."""
        if free_bytes(self._folder) < LEAST_FREE_BYTES:
            self._drop(0)
            raise OSError(f"less than {LEAST_FREE_BYTES // 1024**2} MiB of the disk are free")
        fresh = self._path(name).with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(self._path(name))
        with self._guard:
            self._sizes[name] = len(content)
        return self._drop(self._limit)

    def _drop(self, limit: int) -> list[str]:
        gone = []
        with self._guard:
            total = sum(self._sizes.values())
            while total > limit and self._sizes:
                name = next(iter(self._sizes))
                total -= self._sizes.pop(name)
                gone.append(name)
        for name in gone:
            self._path(name).unlink(missing_ok=True)
        return gone

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.wav"
