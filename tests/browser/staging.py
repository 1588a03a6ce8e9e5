"""A demo centre within the test's own process: settings change and time passes by the same operations, in front of real browsers."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge import demo
from edge.operations import desks, tickets
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing import commands as c
from edge.queueing.decide import decide
from edge.queueing.policy import LANGS, WEEKDAYS
from edge.queueing.ticket import TicketState
from tests.demo_process import Demo

ALWAYS = {day: [["00:00", "24:00"]] for day in WEEKDAYS}


def texts(text: str, **others: str) -> dict[str, str]:
    """Return one text for all languages but ``others``."""
    return {**dict.fromkeys(LANGS, text), **others}


@dataclass(frozen=True)
class Stage:
    """A centre whose hall can be arranged. ``demo`` is what browsers are shown: its ports and devices; its process is this one."""

    demo: Demo
    ctx: Context

    def put(self, **values: Any) -> None:
        """Put settings in force that may only fit together."""
        with deciding(self.ctx, "system") as decision:
            decide(decision.turn, c.ChangeSettings(values))

    def see_from(self, metres: int, inches: int = 55, **names: Mapping[str, str]) -> None:
        """Set how far the boards are seen from, and their size; ``names`` of zones by id."""
        zones = self.ctx.hall.policy.zones.values()
        self.put(
            zones=[{"zone": z.zone, "names": dict(names.get(z.zone, z.names)), "viewing_distance_m": metres, "diagonal_in": inches} for z in zones]
        )

    def hours(self, before: timedelta, after: timedelta, *, lunch: bool = False) -> None:
        """Open the hall, or let it have lunch, from ``before`` until ``after`` of now."""
        now = datetime.now(UTC) + timedelta(hours=6)
        span = [f"{now + before:%H:%M}", f"{now + after:%H:%M}"]
        hours = ALWAYS if lunch else {day: [span] for day in WEEKDAYS}
        self.put(calendar={"hours": hours, "lunch": [span] if lunch else []})

    def issue(self, count: int, *services: str, category: str | None = None) -> None:
        """Give tickets of ``services`` in turn."""
        for number in range(count):
            tickets.issue(self.ctx, service=services[number % len(services)], lang="ky", via="kiosk-1", actor="system", category=category)

    def act(self, *acts: c.DeskCommand) -> None:
        """Let desks act."""
        for each in acts:
            desks.act(self.ctx, each, actor="system")

    def clear(self) -> None:
        """Send everybody home and put the sample's settings back in force."""
        for desk in self.ctx.hall.desks.values():
            if desk.ticket:
                self.act(c.Finish(desk.desk))
        self.put(emergency=None, notices={}, **demo.centre(real_hours=False).settings())
        for name, desk in self.ctx.hall.desks.items():
            if desk.state != "open":
                self.act(c.Open(name))
        while any(ticket.state is TicketState.WAITING for ticket in self.ctx.hall.tickets.values()):
            for name in list(self.ctx.hall.desks):
                self.act(c.CallNext(name))
        for desk in self.ctx.hall.desks.values():
            if desk.ticket:
                self.act(c.Finish(desk.desk))


@contextmanager
def staged(data: Path) -> Iterator[Stage]:
    """Serve a demo centre while the block lasts."""
    known = Demo(data)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    options = demo.Options(http_port=known.ports.http, mqtt_port=known.ports.mqtt, ws_port=known.ports.ws)
    try:
        with demo.opened(data, options) as (running, _):
            yield Stage(known, running.ctx)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
