"""What the server says of itself: `srv/status` and the heartbeat `srv/time`. Screens call their picture stale when the heartbeat stops."""

from collections.abc import Callable
from typing import Any

from edge import __version__
from edge.operations.context import Context
from edge.operations.views import View

TIME_EVERY_S = 3.0
STATUS_EVERY_S = 33.0  # the contract allows one in 30 s, and a busy listener sees them closer together than they were sent
EARLY_S = 0.5  # the ticker's rounds wander; a heartbeat is rather early than late


class ServerStatus:
    """Knows when which of the two is due. Not safe for several threads at once: the room holds its lock around it."""

    def __init__(self, ctx: Context, sync_state: Callable[[], View]) -> None:
        self._ctx = ctx
        self._sync_state = sync_state
        self._timed: float | None = None
        self._said: tuple[float, View] | None = None

    def forget(self) -> None:
        """Make both due: the broker may have lost them."""
        self._timed, self._said = None, None

    def time_due(self) -> View | None:
        """Return the fields of `srv/time`, every three seconds."""
        now = self._ctx.clock.monotonic()
        if self._timed is not None and now - self._timed < TIME_EVERY_S - EARLY_S:
            return None
        self._timed = now
        wall = self._ctx.clock.wall()
        return {
            "epoch_ms": int(wall.timestamp() * 1000),
            "tz": self._ctx.hall.policy.centre.tz,
            "ok": self._ctx.clock.quality().trusted,
        }

    def status_due(self) -> View | None:
        """Return the fields of `srv/status`: on a change of state at once; a change of numbers alone waits for the 30 s to pass."""
        now, fields = self._ctx.clock.monotonic(), self._online()
        if self._said is not None:
            at, before = self._said
            if now - at < STATUS_EVERY_S and _state_of(before) == _state_of(fields):
                return None
        self._said = (now, fields)
        return fields

    def offline(self) -> View:
        """Return the fields of the last will and of a clean stop."""
        return {"state": "offline", "boot_id": self._ctx.boot_id}

    def _online(self) -> View:
        sync = self._sync_state()
        return {
            "state": "online",
            "boot_id": self._ctx.boot_id,
            "version": __version__,
            "clock_ok": self._ctx.clock.quality().trusted,
            "sync": {key: sync[key] for key in ("state", "pending", "since")},
        }


def _state_of(status: View) -> tuple[Any, ...]:
    return (status["clock_ok"], status["sync"]["state"])
