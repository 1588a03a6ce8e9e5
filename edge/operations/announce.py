"""After the commit: tell who listens. An announcement is a hint; losing one is harmless, because everything shown is repainted from the hall."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.queueing.events import Fact
from edge.queueing.hall import Hall

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Commit:
    """What became durable: the facts of one transaction, the hall after them and the tick of the decision."""

    facts: Sequence[Fact]
    hall: Hall
    tick: int


Listener = Callable[[Commit], None]


class Announcer:
    """Calls its listeners in the committing thread, in the order they came, each guarded."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Add a listener; it must be quick and safe to call from any thread."""
        self._listeners.append(listener)

    def announce(self, commit: Commit) -> None:
        """Call every listener; one that fails is logged and the others still run."""
        for listener in self._listeners:
            try:
                listener(commit)
            except Exception:  # a listener's fault must not undo what is durable
                log.exception("announce failed listener=%r", listener)
