"""How far the journal had come, outside the database: who finds less in the database has an older copy of it before them (architecture, "Rooms").

One of two marks by which a restored box is recognised; the other is the stamp inside each backup.
"""

import json
from pathlib import Path

from edge import durable, machine
from edge.queueing.chain import Head


def write(path: Path, head: Head) -> None:
    """Keep ``head``, durably and at once or not at all."""
    durable.replace(path, json.dumps({"epoch": head.epoch, "seq": head.seq, "hash": head.hash, "boot": machine.boot_id()}))


def read(path: Path) -> Head | None:
    """Return the kept head; None when there is none or the file is damaged, as a mark that is missing says nothing."""
    try:
        kept = json.loads(path.read_text(encoding="ascii"))
        return Head(int(kept["epoch"]), int(kept["seq"]), str(kept["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_same_boot(path: Path) -> bool:
    """Tell whether the machine has run without a break since the mark was kept: its wall clock is then as good as it was."""
    try:
        kept = json.loads(path.read_text(encoding="ascii")).get("boot")
    except (OSError, ValueError, AttributeError):
        return False
    return bool(kept) and kept == machine.boot_id()
