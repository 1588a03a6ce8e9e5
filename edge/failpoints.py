"""Named places where a test may kill the process; without the environment variable each costs one dict look-up.

``EDGE_FAILPOINTS="commit.after:3"`` ends the process with SIGKILL the third time ``hit("commit.after")`` runs.
Several are separated by commas. Never set in production units.
"""

import os
import signal
from collections.abc import Iterable, Mapping

NAMES = (
    "write.begun",  # the transaction is open, nothing decided
    "commit.before",  # everything written, not committed
    "commit.after",  # durable, nobody told
    "announce.board",  # before the first board is painted
    "announce.after",  # boards painted, the device not answered yet
    "ack.after",  # the device was answered
    "epoch.staged",  # lines of the national server lie beside the journal, some of them
    "epoch.before",  # the new epoch is written, not committed
    "epoch.after",  # it is durable, nobody told
    "sync.push.before",  # a batch is read, nothing sent
    "sync.push.answered",  # the server has stored it, its acknowledgement is not kept
    "sync.push.kept",  # the acknowledgement is kept
    "sync.hello.answered",  # the server said what to do, nothing done
    "sync.feed.answered",  # a page of the feed is here, nothing applied
    "sync.feed.applied",  # it is applied, and the cursor with it; no receipt was sent
    "sync.snapshot.answered",  # a snapshot is here, nothing swapped
    "sync.snapshot.applied",  # it is swapped
    "sync.apply",  # a page of the feed is decided, nothing of it durable
    "sync.swap",  # a part of a snapshot or of a long page is durable, its cursor is not
)


def parse(text: str) -> dict[str, int]:
    """Read ``name[:nth],…``; nth counts from 1. Raises ValueError for an unknown name."""
    armed: dict[str, int] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, nth = item.partition(":")
        if name not in NAMES:
            raise ValueError(f"failpoint {name!r} is unknown; known are {', '.join(NAMES)}")
        armed[name] = int(nth or "1")
    return armed


_armed: dict[str, int] = parse(os.environ.get("EDGE_FAILPOINTS", ""))


def hit(name: str) -> None:
    """Die here by SIGKILL if a test armed this point and its count is used up."""
    left = _armed.get(name)
    if left is None:
        return
    if left <= 1:
        os.kill(os.getpid(), signal.SIGKILL)
    _armed[name] = left - 1


def armed(environment: Mapping[str, str] = os.environ) -> Iterable[str]:
    """Names armed at start, for a loud warning in the log."""
    return parse(environment.get("EDGE_FAILPOINTS", "")).keys()
