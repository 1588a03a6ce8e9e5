"""The round trip to each device: from an order to its answer, asked for now and then with `re-announce`, which changes nothing at the device.

A device that never answered an order has no round trip and is not blamed for it: not everything on the market answers. Kept in memory only.
"""

import threading
from dataclasses import dataclass, field

from edge.operations.orders import LASTS_S

EVERY_S = 600.0


@dataclass(slots=True)
class Trips:
    """The newest question to each device, and how long the last answer took. Times are monotonic seconds."""

    _asked_at: dict[str, float] = field(default_factory=dict)
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)
    _took: dict[str, float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def is_due(self, device: str, now_s: float) -> bool:
        """Tell whether to ask the device now; the first time it is met begins the wait."""
        with self._guard:
            return now_s - self._asked_at.setdefault(device, now_s) >= EVERY_S

    def asked(self, device: str, order: str, now_s: float) -> None:
        """Note that the device is being asked. Until it answers, or its time is over, what was known before holds."""
        with self._guard:
            if device in self._open and device in self._took:
                self._took[device] = LASTS_S
            self._asked_at[device] = now_s
            self._open[device] = (order, now_s)

    def answered(self, device: str, order: str, now_s: float) -> None:
        """Note an answer; to anything but the newest question it says nothing."""
        with self._guard:
            known = self._open.get(device)
            if known is not None and known[0] == order:
                self._took[device] = now_s - known[1]
                del self._open[device]

    def of(self, device: str, now_s: float) -> float | None:
        """Return how many seconds the last round trip took, `LASTS_S` when the last question was not answered in time; None: nobody knows."""
        with self._guard:
            known = self._open.get(device)
            took = self._took.get(device)
            if took is not None and known is not None and now_s - known[1] > LASTS_S:
                return LASTS_S
            return took
