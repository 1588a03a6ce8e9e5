"""One process per data directory: an advisory lock on a file, gone with the process however it ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from edge.errors import ConfigError


class Locked(ConfigError):
    """Another process has the lock; ``holder``: its process id as far as it is known."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(f"another edge (process {holder}) already serves {folder}: stop it first")
        self.holder = holder


class Lock:
    """Held from `with` to its end. The file keeps the holder's process id for the sentence that a second one gets."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises Locked when another process has it."""
        file = self._path.open("a+", encoding="ascii")  # kept open: closing it frees the lock
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise Locked(self._path.parent, holder) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Free the lock."""
        if self._file:
            self._file.close()
