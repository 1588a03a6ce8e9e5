"""Which devices are there. Kept in memory for the screens; a change of state also on disk, the minute-by-minute values not (a card wears out)."""

import json
import threading
from dataclasses import dataclass, replace
from typing import Any

from edge.operations.context import Context
from edge.queueing.chain import instant
from edge.store import presence


@dataclass(frozen=True, slots=True)
class Presence:
    """A device's last word: ``state`` ready, sleeping, disconnected, lost or None; ``seen_at`` as text; ``about``, ``stat`` as it sent them."""

    device: str
    state: str | None = None
    boot_id: str | None = None
    fw: str | None = None
    seen_at: str | None = None
    about: dict[str, Any] | None = None
    stat: dict[str, Any] | None = None


class Attendance:
    """Who is there, for health, doctor and fleet screens."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._guard = threading.Lock()
        self._known = {device: _read(device, row) for device, row in presence.everything(ctx.database).items()}

    def status(self, device: str, state: str, boot_id: str | None, fw: str | None) -> None:
        """Note a device's status; the stale will of an older boot does not overrule a newer ready."""
        known = self.of(device)
        if state == "lost" and boot_id and known.boot_id and boot_id != known.boot_id:
            return
        self._note(replace(known, state=state, boot_id=boot_id, fw=fw), durable=known.state != state)

    def about(self, device: str, about: dict[str, Any]) -> None:
        """Note what a device says it is."""
        known = self.of(device)
        self._note(replace(known, about=about), durable=known.about != about)

    def stat(self, device: str, stat: dict[str, Any]) -> None:
        """Note battery, signal and the like."""
        self._note(replace(self.of(device), stat=stat), durable=False)

    def seen(self, device: str) -> None:
        """Note that a device spoke."""
        self._note(self.of(device), durable=False)

    def of(self, device: str) -> Presence:
        """Return what is known of one device."""
        with self._guard:
            return self._known.get(device) or Presence(device)

    def overview(self) -> list[Presence]:
        """Return every registered device in the registry's order."""
        return [self.of(device.device) for device in self._ctx.hall.devices.values() if device.active]

    def _note(self, now: Presence, *, durable: bool) -> None:
        now = replace(now, seen_at=instant(self._ctx.clock.wall()))
        with self._guard:
            self._known[now.device] = now
        if durable:
            values = {"state": now.state, "boot_id": now.boot_id, "fw": now.fw, "seen_at": now.seen_at, "about": _text(now.about)}
            with self._ctx.database.write():
                presence.put(self._ctx.database, now.device, values)


def _read(device: str, row: presence.Seen) -> Presence:
    about = row["about"]
    return Presence(device, row["state"], row["boot_id"], row["fw"], row["seen_at"], json.loads(about) if about else None)


def _text(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
