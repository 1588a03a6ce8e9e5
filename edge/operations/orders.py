"""What devices are told to do (`cmd` of `contract/mqtt.md`), and what they answered.

In memory: an order that nobody carried out within its 15 seconds is over. That somebody gave one is an event (`registry.tell`), and changes nothing.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from edge.errors import Unavailable

LASTS_S = 15.0


class Op(StrEnum):
    """What can be told to a device."""

    IDENTIFY = "identify"
    RELOAD = "reload"
    REBOOT = "reboot"
    TEST_PRINT = "test-print"
    RE_ANNOUNCE = "re-announce"


@dataclass(frozen=True, slots=True)
class Order:
    """``given_at``: monotonic seconds. ``result``: ok, failed or unsupported, None while the device has said nothing."""

    id: str
    device: str
    op: Op
    given_at: float
    result: str | None = None
    detail: str | None = None


Carrier = Callable[[Order], None]


@dataclass(slots=True)
class Orders:
    """The newest order of each device. ``carrier`` takes orders to their devices; it raises Unavailable when it cannot."""

    _carrier: Carrier | None = None
    _newest: dict[str, Order] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def carry_by(self, carrier: Carrier) -> None:
        """Let ``carrier`` take orders from now on."""
        self._carrier = carrier

    def give(self, order: Order) -> None:
        """Send an order on its way. Raises Unavailable when nothing reaches devices now."""
        carrier = self.carried_by(order)
        with self._guard:
            self._newest[order.device] = order
        carrier(order)

    def pass_on(self, order: Order) -> None:
        """Send an order that nobody gave and nobody looks for, such as one that only measures. Raises Unavailable."""
        self.carried_by(order)(order)

    def answered(self, device: str, order: str, result: str, detail: str | None) -> Order | None:
        """Note what a device says of an order, and return that order; of one that is not its newest nothing is kept."""
        with self._guard:
            known = self._newest.get(device)
            if known is None or known.id != order:
                return None
            answered = self._newest[device] = replace(known, result=result, detail=detail)
            return answered

    def newest(self, device: str) -> Order | None:
        """Return what a device was told last since the server started."""
        with self._guard:
            return self._newest.get(device)

    def carried_by(self, order: Order) -> Carrier:
        """Return who would take an order to its device. Raises Unavailable when nobody does here."""
        if self._carrier is None:
            raise Unavailable(f"device {order.device!r} cannot be told to {order.op}: no server runs here")
        return self._carrier
