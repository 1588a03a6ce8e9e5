"""Codes of six signs that screens show while they wait to be paired, and the secrets behind them.

Kept in memory: strangers in the hall's network ask for codes, and must not be able to write to the disk; a screen that a restart forgot asks
again by itself within seconds.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field, replace

from edge.errors import Refused
from edge.queueing.registry import Device

ALPHABET = "ACDEFGHJKLMNPQRSTUVWXYZ2345679"  # nothing that is read for another: no 0 O, 1 I, 8 B
LENGTH = 6
LASTS_S = 600.0
COLLECTED_WITHIN_S = 120.0  # from the confirmation on
MOST, MOST_OF_ONE = 40, 5  # screens that wait, in all and at one address


@dataclass(frozen=True, slots=True)
class Waiting:
    """A screen that shows a code. ``model``: what its browser says it is; ``asked_at``, ``until``: monotonic seconds.

    ``wanted``: the device that it was before, or was opened as. ``given``: the device it became, once that was confirmed.
    """

    code: str
    secret: str = field(repr=False)  # its digest
    model: str
    address: str
    asked_at: float
    until: float
    wanted: str | None = None
    given: Device | None = None


@dataclass(slots=True)
class Book:
    """Who waits, by the digests of their secrets."""

    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, now: float, *, model: str, address: str, wanted: str | None) -> tuple[Waiting, str]:
        """Let a screen wait; returns what is known of it, and the secret for it alone. Raises Refused when too many wait.

        The oldest of one address makes room for its newest, so that a screen that is opened again and again is no nuisance but to itself.
        """
        secret = secrets.token_urlsafe(24)
        with self._guard:
            self._forget(now)
            same = [each for each in self._waiting.values() if each.address == address and each.given is None]
            for each in same[: max(0, len(same) - MOST_OF_ONE + 1)]:
                del self._waiting[each.secret]
            if len(self._waiting) >= MOST:
                raise Refused(f"this screen cannot wait for its pairing: {MOST} others do already; try again in some minutes", code="pairing_full")
            waiting = Waiting(self._fresh_code(), _digest(secret), model, address, now, now + LASTS_S, wanted)
            self._waiting[waiting.secret] = waiting
        return waiting, secret

    def of_secret(self, secret: str, now: float) -> Waiting | None:
        """Return the screen that holds ``secret``, while it waits or has not collected yet."""
        with self._guard:
            self._forget(now)
            return self._waiting.get(_digest(secret))

    def of_code(self, code: str, now: float) -> Waiting | None:
        """Return the screen that shows ``code`` and was not confirmed yet."""
        with self._guard:
            self._forget(now)
            return next((each for each in self._waiting.values() if each.code == code and each.given is None), None)

    def count(self, now: float) -> int:
        """Return how many screens wait."""
        with self._guard:
            self._forget(now)
            return sum(each.given is None for each in self._waiting.values())

    def give(self, waiting: Waiting, device: Device, now: float) -> None:
        """Let the screen collect what it became."""
        with self._guard:
            self._waiting[waiting.secret] = replace(waiting, given=device, until=now + COLLECTED_WITHIN_S)

    def _forget(self, now: float) -> None:
        self._waiting = {name: each for name, each in self._waiting.items() if each.until > now}

    def _fresh_code(self) -> str:
        """Draw a code that differs from every other in two places at least: a slip of one key never names another screen."""
        others = [each.code for each in self._waiting.values()]
        while True:
            code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
            if all(sum(a != b for a, b in zip(code, other, strict=True)) > 1 for other in others):
                return code


def written(code: str) -> str:
    """Return a code as it was drawn, whatever was typed between its letters."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def spoken(code: str) -> str:
    """Return a code as it is shown: two groups of three."""
    return f"{code[:3]} {code[3:]}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
