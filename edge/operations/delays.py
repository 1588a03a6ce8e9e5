"""Growing waits after wrong attempts, by name: of a login, or of the desk at which many logins are tried. Nobody is ever locked out.

Monotonic, so that a clock step frees nobody; in memory, so that a restart does.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from edge.errors import Refused

LONGEST_DELAY_S = 60.0
FORGOTTEN_AFTER_S = 900.0  # without another wrong attempt
_SWEEP_ABOVE = 1000


class Delayed(Refused):
    """Too many wrong attempts; ``retry_after`` in whole seconds."""

    code = "delayed"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many wrong attempts: try again in {retry_after} s")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Guessed:
    """What is guessed at: ``free`` wrong attempts cost nothing, the last of them one second, each further one twice as much."""

    name: str
    free: int


def by_login(login: str) -> Guessed:
    """Return the count of one login."""
    return Guessed(f"login:{login}", 3)


def by_place(place: str) -> Guessed:
    """Return the count of a desk or device: more are free, because several people mistype there."""
    return Guessed(f"place:{place}", 10)


@dataclass(frozen=True, slots=True)
class _Count:
    wrong: int = 0
    not_before: float = 0.0


@dataclass(slots=True)
class Delays:
    """The counts of one server."""

    _counts: dict[str, _Count] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _turns: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))

    @contextmanager
    def one_by_one(self, guessed: Guessed) -> Iterator[None]:
        """Let attempts at one name wait for each other, so that many at once do not all come before the first is counted."""
        with self._turns[hash(guessed.name) % len(self._turns)]:
            yield

    def check(self, guessed: Guessed, now: float) -> None:
        """Raise Delayed while one has to wait."""
        wait = self._count(guessed, now).not_before - now
        if wait > 0:
            raise Delayed(int(wait) + 1)

    def failed(self, guessed: Guessed, now: float) -> None:
        """Count a wrong attempt."""
        wrong = self._count(guessed, now).wrong + 1
        wait = min(2.0 ** (wrong - guessed.free), LONGEST_DELAY_S) if wrong >= guessed.free else 0.0
        with self._guard:
            if len(self._counts) > _SWEEP_ABOVE:
                self._counts = {name: count for name, count in self._counts.items() if not _forgotten(count, now)}
            self._counts[guessed.name] = _Count(wrong, now + wait)

    def succeeded(self, guessed: Guessed) -> None:
        """Forget earlier failures."""
        with self._guard:
            self._counts.pop(guessed.name, None)

    def _count(self, guessed: Guessed, now: float) -> _Count:
        with self._guard:
            count = self._counts.get(guessed.name, _Count())
        return _Count() if _forgotten(count, now) else count


def _forgotten(count: _Count, now: float) -> bool:
    return now >= count.not_before + FORGOTTEN_AFTER_S
