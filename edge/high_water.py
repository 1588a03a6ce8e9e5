"""How far the journal had come, outside the database: who finds less in the database has an older copy of it before them (architecture, "Rooms").

One of two marks by which a restored box is recognised; the other is the stamp inside each backup.
"""

import json
import os
from pathlib import Path

from edge.queueing.chain import Head


def write(path: Path, head: Head) -> None:
    """Keep ``head``, durably and at once or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="ascii") as file:
        json.dump({"epoch": head.epoch, "seq": head.seq, "hash": head.hash}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> Head | None:
    """Return the kept head; None when there is none or the file is damaged, as a mark that is missing says nothing."""
    try:
        kept = json.loads(path.read_text(encoding="ascii"))
        return Head(int(kept["epoch"]), int(kept["seq"]), str(kept["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
