"""Our broker, whoever runs its process: rules exchanged while it runs, and proven before anybody of ours logs in.

`broker_child` runs Mosquitto as a child of this process, `broker_unit` leaves that to systemd. Both have the same files, made by `rules`, and neither
lets a server talk to a broker that has not just shown to be ours and closed.
"""

import hashlib
import logging
import os
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from edge.devices.access import Account
from edge.devices.mosquitto import Listeners, other_user
from edge.devices.rules import Rules, State
from edge.errors import Unavailable

log = logging.getLogger(__name__)

READY_WITHIN_S = 10.0
RELOADED_WITHIN_S = 2.0
RETRY_S = 1.0
PROBE_EVERY_S = 60.0
RUNTIME = Path("/run/kezek-edge")


class Broker(ABC):
    """``accounts`` are all but the server's own and the canary's; ``password`` is the server's, new with each object.

    ``vital``: whether the server does not start without it.
    """

    vital: ClassVar[bool]

    def __init__(self, listeners: Listeners, data: Path, accounts: Sequence[Account]) -> None:
        self.password = secrets.token_urlsafe(24)
        self._listeners = listeners
        self._user = other_user()
        self._own = _own_folder(data, privileged=self._user is not None)
        self._rules = Rules.made(accounts, self.password)
        self._guard = threading.RLock()  # held while files or rules are exchanged
        self._stopping = threading.Event()
        self._open_at: float | None = None

    @abstractmethod
    def start(self) -> None:
        """Put our rules in force. If ``vital``, raises ConfigError or Unavailable with one sentence when that fails."""

    @abstractmethod
    def stop(self) -> None:
        """Have no more to do with it."""

    @abstractmethod
    def is_alive(self) -> bool:
        """Tell whether it runs, as far as is known without asking."""

    def open_s(self) -> float | None:
        """Return how many seconds ago it was last caught not keeping our rules; None: never since the start."""
        return None if self._open_at is None else time.monotonic() - self._open_at

    def is_proven(self) -> bool:
        """Ask it whether it is ours and keeps our rules; to be called before each log-in of the server."""
        return self._rules.state(self._listeners) is State.IN_FORCE

    def reload(self, accounts: Sequence[Account]) -> None:
        """Put other accounts in force without disconnecting those that stay. A removed or changed user is disconnected at once.

        Raises Unavailable when the new files are refused or cannot be written; then the old ones stay in force.
        """
        with self._guard, files_writable():
            rules = Rules.made(accounts, self.password)
            self._try_out(rules)
            self._write(rules)
            self._rules = rules
            if not self.is_alive():
                return  # it starts with these files
            self._ask_reload()
            if not rules.wait_in_force(self._listeners, RELOADED_WITHIN_S, self._stopping):
                self._alarm("broker rules are not in force after the reload")
                self._put_right()

    def _alarm(self, sentence: str) -> None:
        self._open_at = time.monotonic()
        log.critical(sentence)

    def _try_out(self, rules: Rules) -> None:
        rules.try_out(self._own.with_name(f"{self._own.name}-trial"), self._user, self._stopping)

    @abstractmethod
    def _write(self, rules: Rules) -> None:
        """Exchange the files; at any instant each is the old one or the new one, whole."""

    @abstractmethod
    def _ask_reload(self) -> None:
        """Let the process read its files again."""

    @abstractmethod
    def _put_right(self) -> None:
        """See to it that what runs has our rules, at last by a new process: at a start, bad rules are refused. Returns at once."""


@contextmanager
def files_writable() -> Iterator[None]:
    """Turn what the file system says into a sentence of ours; nothing else may end a keeper."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the broker's files cannot be written: {error}") from error


def _own_folder(data: Path, *, privileged: bool) -> Path:
    """As root, brokers that we start run as another user, who may not be able to reach the data directory.

    A unit's runtime directory is better than both: it is in memory, and a full disk stops nothing.
    """
    if not privileged:
        return Path(os.environ.get("RUNTIME_DIRECTORY") or data.absolute()) / "broker"
    return RUNTIME / hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]
