"""What every screen and device should show now: the last body and ``rev`` of each retained topic.

``rev`` follows the number of applied events, so that an HTTP answer made inside a transaction and the topic painted after it agree on which is
newer; a change by time alone (a service opens) adds one.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.operations import views
from edge.operations.views import View
from edge.operations.voice import loudness
from edge.queueing.hall import Hall
from edge.queueing.registry import Device, Kind

REVS_PER_EVENT = 1024


class Shown(StrEnum):
    """Kinds of retained topics that show the hall."""

    BOARD = "board"
    DESK = "desk"
    KIOSK = "kiosk"
    CONFIG = "config"
    LED = "led"


@dataclass(frozen=True, slots=True)
class Picture:
    """One retained topic as it should be: ``key`` is the zone, desk or device; ``body`` has all fields but ``v`` and ``ts``."""

    kind: Shown
    key: str
    body: View


def rev_of(hall: Hall) -> int:
    """Return the smallest rev that a view of ``hall`` may carry."""
    return hall.applied * REVS_PER_EVENT


class Displays:
    """Keeps the newest picture of each topic. Older halls are ignored, whoever comes late."""

    def __init__(self, boot_id: str) -> None:
        self._boot_id = boot_id
        self._guard = threading.RLock()
        self._applied = -1
        self._bodies: dict[tuple[Shown, str], View] = {}
        self._pictures: dict[tuple[Shown, str], Picture] = {}
        self._configured: tuple[object, object, int] | None = None

    def refresh(self, hall: Hall, tick: int, first: Iterable[str] = ()) -> Iterator[Picture]:
        """Yield the pictures that ``hall`` changes: the boards of the zones ``first``, the other boards, the rest.

        Each is worked out when it is asked for, so that a board can be on its way before the next one is drawn. Take all of them.
        """
        with self._guard:
            if hall.applied < self._applied:
                return
            self._applied = hall.applied
            for key, body in self._drawn(hall, tick, first):
                if self._bodies.get(key) != body:
                    yield self._replaced(key, body, hall)
            self._forget_gone(hall)

    def everything(self) -> list[Picture]:
        """Return all pictures, boards first, for a full repaint."""
        with self._guard:
            return list(self._pictures.values())

    def body(self, kind: Shown, key: str) -> View | None:
        """Return the last body of one topic, or None when there is no such topic."""
        with self._guard:
            picture = self._pictures.get((kind, key))
            return picture.body if picture else None

    def _drawn(self, hall: Hall, tick: int, first: Iterable[str]) -> Iterator[tuple[tuple[Shown, str], View]]:
        for zone in dict.fromkeys((*first, *hall.policy.zones)):
            yield (Shown.BOARD, zone), views.board(hall, zone, tick)
        for name, state in views.desk_states(hall).items():
            yield (Shown.DESK, name), state
        for device in _leds(hall):
            yield (Shown.LED, device.device), views.led(hall, device)
        services = views.kiosk(hall, tick)
        for zone in hall.policy.zones:
            yield (Shown.KIOSK, zone), services
        volume = loudness.volume(hall, tick)
        if self._configured != (hall.devices, hall.policy, volume):  # by identity first: nothing changed, nothing is compared
            self._configured = (hall.devices, hall.policy, volume)
            sounding = loudness.sounding(hall)
            for name, device in hall.devices.items():
                if device.active:
                    yield (Shown.CONFIG, name), views.device_config(hall, device, volume if name in sounding else None)

    def _forget_gone(self, hall: Hall) -> None:
        """Drop the pictures of zones, desks and devices that the centre no longer has."""
        active = {device.device for device in hall.devices.values() if device.active}
        known = {Shown.BOARD: hall.policy.zones, Shown.KIOSK: hall.policy.zones, Shown.DESK: hall.desks, Shown.CONFIG: active}
        known[Shown.LED] = {device.device for device in _leds(hall)}
        for kind, key in [name for name in self._pictures if name[1] not in known[name[0]]]:
            del self._pictures[kind, key], self._bodies[kind, key]

    def _replaced(self, key: tuple[Shown, str], body: View, hall: Hall) -> Picture:
        before = self._pictures.get(key)
        rev = max(rev_of(hall), before.body["rev"] + 1 if before else 0)
        self._bodies[key] = body
        self._pictures[key] = Picture(*key, {"rev": rev, "boot_id": self._boot_id, **body})
        return self._pictures[key]


def _leds(hall: Hall) -> list[Device]:
    return [device for device in hall.devices.values() if device.active and device.kind is Kind.LED]
