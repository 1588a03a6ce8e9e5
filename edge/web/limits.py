"""Rate limits: a guard against loops and floods, far above what a busy centre needs.

Counted by the monotonic clock: the library's own memory storage uses the wall clock, and a step back of two hours would lock a kiosk out
until the clock has caught up (it also starts a thread for each burst).
"""

import threading
import time
from typing import Final

from flask import Flask, request
from flask_limiter import ApplicationLimit, Limiter
from limits.storage import Storage

from edge.web import identity, problems

KNOWN_CALLERS: Final = "200 per second"  # `docs/http.md`: nobody with a token is limited below 100 a second
STRANGERS: Final = "60 per second"
PHONES: Final = "60 per second"  # of one address: a Wi-Fi router may hide a whole hall behind it
ALL_PHONES: Final = "120 per second"  # together; the rest of the box is for the hall
PAIRINGS: Final = "30 per minute"  # codes that one address may ask for; a screen needs one in ten minutes
LOGINS: Final = "10 per second; 240 per minute"  # a password check costs the box a tenth of a second
_SWEEP_ABOVE = 1000


class MonotonicStorage(Storage):
    """Fixed windows in memory, for one process."""

    STORAGE_SCHEME = ["monotonic"]  # noqa: RUF012 -- declared so by the library

    def __init__(self, uri: str | None = None, *, wrap_exceptions: bool = False, **_options: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._guard = threading.Lock()
        self._windows: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count ``amount`` in the window of ``key``, opening one of ``expiry`` seconds when none is open."""
        now = time.monotonic()
        with self._guard:
            if len(self._windows) > _SWEEP_ABOVE:
                self._windows = {name: window for name, window in self._windows.items() if window[1] > now}
            count, ends = self._windows.get(key, (0, 0.0))
            count, ends = (count + amount, ends) if ends > now else (amount, now + expiry)
            self._windows[key] = (count, ends)
            return count

    def get(self, key: str) -> int:
        """Return what was counted in the open window."""
        count, ends = self._windows.get(key, (0, 0.0))
        return count if ends > time.monotonic() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, as the wall clock will say if it is not set meanwhile."""
        return time.time() + max(0.0, self._windows.get(key, (0, 0.0))[1] - time.monotonic())

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget everything; returns how many windows there were."""
        with self._guard:
            count = len(self._windows)
            self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._guard:
            self._windows.pop(key, None)


def install(app: Flask) -> Limiter:
    """Limit the API of ``app``; screens and static files are not counted. Returns the limiter for calls with limits of their own."""
    return Limiter(
        key_func=_who,
        app=app,
        application_limits=[_limit],
        application_limits_exempt_when=lambda: not problems.is_api(request.path),
        storage_uri="monotonic://",
        strategy="fixed-window",
        headers_enabled=False,
    )


def install_for_phones(app: Flask) -> None:
    """Limit every page of the visitor face, by address and in all; files, which lie in memory, are not counted."""
    Limiter(
        key_func=address,
        app=app,
        application_limits=[ApplicationLimit(PHONES, key_function=address), ApplicationLimit(ALL_PHONES, key_function=lambda: "all")],
        application_limits_exempt_when=lambda: request.endpoint == "static",
        storage_uri="monotonic://",
        strategy="fixed-window",
        headers_enabled=False,
    )


def address() -> str:
    """Return the peer's address."""
    return request.remote_addr or "?"


def _who() -> str:
    match identity.principal():
        case identity.AsDevice(device=device):
            return f"device:{device.device}"
        case identity.AsStaff(session=session):
            return f"staff:{session.pseudonym}"
        case identity.Nobody():
            return f"address:{address()}"


def _limit() -> str:
    return STRANGERS if isinstance(identity.principal(), identity.Nobody) else KNOWN_CALLERS
