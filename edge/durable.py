"""Files that are there after a power cut: content synced before the name changes, and the name with its folder."""

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
