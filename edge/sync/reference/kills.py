"""Named places where a test may kill this server, as `edge.failpoints` is for the edge; a variable of its own, because the demo's edge starts both.

``NATIONAL_KILLS="store.after:3"`` ends the process with SIGKILL the third time ``hit("store.after")`` runs; several are separated by commas.
"""

import os
import signal

NAMES = (
    "store.before",  # a batch was read and checked, nothing is stored
    "store.after",  # stored and durable, not applied, not answered
    "apply.middle",  # some of a batch's effects are written, not committed
    "reply.before",  # stored and applied, not answered
)


def parse(text: str) -> dict[str, int]:
    """Read ``name[:nth],…``; nth counts from 1. Raises ValueError for an unknown name."""
    armed: dict[str, int] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, nth = item.partition(":")
        if name not in NAMES:
            raise ValueError(f"kill point {name!r} is unknown; known are {', '.join(NAMES)}")
        armed[name] = int(nth or "1")
    return armed


_armed = parse(os.environ.get("NATIONAL_KILLS", ""))


def hit(name: str) -> None:
    """Die here by SIGKILL if a test armed this point and its count is used up."""
    left = _armed.get(name)
    if left is None:
        return
    if left <= 1:
        os.kill(os.getpid(), signal.SIGKILL)
    _armed[name] = left - 1
