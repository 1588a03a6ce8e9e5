"""Files that are there after a power cut: content synced before the name changes, and the name with its folder."""

import itertools
import os
from pathlib import Path


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, last."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, text: str) -> None:
    """Write an ASCII file in the place of an older one: at any instant there is the one or the other, whole. Raises OSError."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="ascii")
    sync(fresh)
    fresh.replace(path)
    sync(path.parent)


def unused(path: Path) -> Path:
    """Return ``path``, or the first of `path-2`, `path-3`, … that nothing has; names made of a second may meet."""
    names = itertools.chain([path], (path.with_name(f"{path.name}-{number}") for number in itertools.count(2)))
    return next(name for name in names if not name.exists())
