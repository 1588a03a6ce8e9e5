"""A box under test: the context of one start over a real database, with clocks that only the test moves.

`pass_by` moves both clocks as real time does and lets the ticker's round run; `step` sets only the wall clock, as a person or NTP does.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from edge import setup
from edge.operations import announce, day, desks, registry, tickets
from edge.operations.clock import Quality
from edge.operations.decision import Done, Once, deciding
from edge.operations.desks import PressRequest
from edge.operations.keys import Keys
from edge.operations.verify import Report, verify
from edge.operations.views import View
from edge.queueing import commands as c
from edge.queueing.decide import decide
from edge.queueing.desk import DeskState, Key
from edge.queueing.hall import Hall
from edge.queueing.registry import Device, Kind
from edge.store import queries
from edge.store.database import Database
from tests.queueing import centre

MORNING = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # a Monday, 09:00 in Bishkek
DEVICES = [
    Device("button-1", Kind.BUTTON, desk="1"),
    Device("button-2", Kind.BUTTON, desk="2"),
    Device("button-loose", Kind.BUTTON),
    Device("kiosk-1", Kind.KIOSK, zone="a", services=("passport", "address")),
]


@dataclass
class HandClock:
    """Both clocks, and how good the wall clock is."""

    at: datetime = MORNING
    since_boot: float = 1000.0
    grade: Quality = Quality.NTP

    def wall(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.since_boot

    def quality(self) -> Quality:
        return self.grade


class Box:
    """The centre of `tests.queueing.centre`, made, opened and staffed by nobody."""

    def __init__(self, path: Path, clock: HandClock | None = None) -> None:
        self.path = path
        self.clock = clock or HandClock()
        self.announced: list[announce.Commit] = []
        self._ids = count(1)
        self._start()

    def make(self, **changed: Any) -> None:
        """Put the settings in force, register devices, open every desk."""
        with deciding(self.ctx, "system") as decision:
            decide(decision.turn, c.ChangeSettings({**centre.settings(), **changed}))
        registry.register(self.ctx, DEVICES, actor="system")
        for name in self.hall.desks:
            if self.hall.desks[name].state is not DeskState.OPEN:
                self.act(c.Open(name))
        self.pass_by(60)

    @property
    def hall(self) -> Hall:
        return self.ctx.hall

    def pass_by(self, seconds: float) -> None:
        """Let time pass, then let the ticker's round run once."""
        self._advance(seconds)
        day.settle(self.ctx)

    def step(self, by: timedelta) -> None:
        """Set the wall clock; no time passes."""
        self.clock.at += by

    def restart(self, *, away: float = 2.0, wall: timedelta | None = None, grade: Quality | None = None) -> None:
        """Stop, be away for ``away`` real seconds, start anew: the monotonic clock begins again, the wall clock shows ``wall`` later."""
        self.stop()
        self.clock.at += timedelta(seconds=away) if wall is None else wall
        self.clock.since_boot = 5.0
        self.clock.grade = grade or self.clock.grade
        self._start()

    def stop(self) -> None:
        self.database.close()

    def issue(self, service: str = "passport", *, once: Once | None = None, category: str | None = None) -> Done:
        return tickets.issue(self.ctx, service=service, lang="ky", via="kiosk-1", actor="device:kiosk-1", category=category, once=once)

    def act(self, command: c.DeskCommand, *, once: Once | None = None) -> Done:
        return desks.act(self.ctx, command, actor=f"desk:{command.desk}", once=once)

    def press(self, id_: str | None = None, *, device: str = "button-1", key: Key = Key.PRESS, ts: datetime | None = None) -> View:
        """Press a key; without an id a fresh one."""
        return desks.press(self.ctx, device, PressRequest(id_ or f"press-{next(self._ids)}", key, ts))

    def numbers_called(self) -> list[str]:
        """Today's tickets that a desk has."""
        return sorted(self.hall.tickets[desk.ticket].number for desk in self.hall.desks.values() if desk.ticket)

    def verify(self) -> Report:
        return verify(self.database)

    def types(self) -> list[str]:
        """The types of all journal lines."""
        return [line.type for line in queries.all_lines(self.database)]

    def _start(self) -> None:
        self.database = Database(self.path)
        self.database.open()
        self.ctx = setup.context(self.database, Keys(b"k" * 32, b"n" * 32), self.clock)
        self.ctx.announcer.listen(self.announced.append)

    def _advance(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)
        self.clock.since_boot += seconds


def once(key: str, body: str = "{}", scope: str = "token POST /api/v1/tickets") -> Once:
    return Once(scope, key, hashlib.sha256(body.encode()).hexdigest())
