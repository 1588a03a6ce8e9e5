"""What every screen and device should show now: the last body and ``rev`` of each retained topic.

``rev`` follows the number of applied events, so that an HTTP answer made inside a transaction and the topic painted after it agree on which is
newer; a change by time alone (a service opens) adds one.
"""

import threading
from dataclasses import dataclass
from enum import StrEnum

from edge.operations import views
from edge.operations.views import View
from edge.queueing.hall import Hall

REVS_PER_EVENT = 1024


class Shown(StrEnum):
    """Kinds of retained topics that show the hall."""

    BOARD = "board"
    DESK = "desk"
    KIOSK = "kiosk"
    CONFIG = "config"


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

    def refresh(self, hall: Hall, tick: int) -> list[Picture]:
        """Return the pictures that ``hall`` changes, boards first. Safe from any thread."""
        with self._guard:
            if hall.applied < self._applied:
                return []
            self._applied = hall.applied
            return [self._replaced(key, body, hall) for key, body in _bodies(hall, tick).items() if self._bodies.get(key) != body]

    def everything(self) -> list[Picture]:
        """Return all pictures, boards first, for a full repaint."""
        with self._guard:
            return list(self._pictures.values())

    def body(self, kind: Shown, key: str) -> View | None:
        """Return the last body of one topic, or None when there is no such topic."""
        with self._guard:
            picture = self._pictures.get((kind, key))
            return picture.body if picture else None

    def _replaced(self, key: tuple[Shown, str], body: View, hall: Hall) -> Picture:
        before = self._pictures.get(key)
        rev = max(rev_of(hall), before.body["rev"] + 1 if before else 0)
        self._bodies[key] = body
        self._pictures[key] = Picture(*key, {"rev": rev, "boot_id": self._boot_id, **body})
        return self._pictures[key]


def _bodies(hall: Hall, tick: int) -> dict[tuple[Shown, str], View]:
    bodies = {(Shown.BOARD, zone): views.board(hall, zone, tick) for zone in hall.policy.zones}
    bodies.update({(Shown.DESK, name): state for name, state in views.desk_states(hall).items()})
    services = views.kiosk(hall, tick)
    bodies.update({(Shown.KIOSK, zone): services for zone in hall.policy.zones})
    active = (device for device in hall.devices.values() if device.active)
    bodies.update({(Shown.CONFIG, device.device): views.device_config(hall, device) for device in active})
    return bodies
