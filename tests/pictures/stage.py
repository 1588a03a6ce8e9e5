"""A real demo centre in this process, brought into whatever situation a picture needs.

The server, the broker and the database are the ones of `edge demo`; only the asking for it is direct: settings are put in force, tickets issued
and desks moved through `edge.operations`, as any screen would.
"""

import gc
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from edge import demo
from edge.operations import desks, tickets
from edge.operations.clock import Clock
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing import commands as c
from edge.queueing.decide import decide
from tests.demo_process import Ports, daytime_zone

LANGS = ("ky", "ru", "kk", "en")


@dataclass
class Stage:
    """A served centre. ``described``: what `demo.json` says of it."""

    ctx: Context
    ports: Ports
    described: Mapping[str, Any]

    @property
    def http(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return str(self.described["http"])

    def kill_broker(self) -> None:
        """SIGKILL its Mosquitto, a child of this process; the server starts another one."""
        children = [pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text(encoding="ascii").split()]
        (broker,) = [pid for pid in children if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8") == "mosquitto\n"]
        os.kill(int(broker), signal.SIGKILL)

    @property
    def staff(self) -> dict[str, dict[str, Any]]:
        """The members of staff by role."""
        return {member["role"]: member for member in self.described["staff"]}

    def change(self, **values: Any) -> None:
        """Put settings in force that may only fit together."""
        self.do(c.ChangeSettings(values))

    def do(self, command: c.Command, actor: str = "system") -> None:
        """Carry out any command."""
        with deciding(self.ctx, actor) as decision:
            decide(decision.turn, command)

    def setting(self, key: str) -> Any:
        """Return the raw value in force of one setting, to change a part of it."""
        rows = self.ctx.database.connection().execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchall()
        return json.loads(str(rows[0][0]))

    def issue(self, service: str = "passport", *, lang: str = "ky", category: str | None = None) -> dict[str, Any]:
        """Issue one ticket and return what a kiosk would be answered."""
        done = tickets.issue(self.ctx, service=service, lang=lang, category=category, via="kiosk-1", actor="device:kiosk-1")
        answer: dict[str, Any] = json.loads(done.answer)
        return answer

    def crowd(self, count: int, *services: str) -> list[dict[str, Any]]:
        """Let ``count`` visitors come, in turn for ``services`` (all of them if none is named), every seventh with a right to priority."""
        wanted = services or tuple(self.ctx.hall.leaves())
        category = next(iter(self.ctx.hall.policy.categories))
        return [
            self.issue(service, lang=LANGS[number % 4], category=category if number % 7 == 3 else None)
            for number, service in enumerate(islice(cycle(wanted), count))
        ]

    def prioritised(self, desk: str) -> None:
        """Let somebody with a right to priority, not yet looked at, be called to ``desk``."""
        plan = self.ctx.hall.plan(desk)
        number = self.issue(min(plan.services), category="veteran")["number"]
        self.act(c.Pick(desk, number, "asked for"))

    def act(self, *commands: c.DeskCommand) -> None:
        """Let desks do something, one after the other."""
        for command in commands:
            desks.act(self.ctx, command, actor=f"desk:{command.desk}")


@contextmanager
def staged(folder: Path, options: demo.Options | None = None, clock: Clock | None = None, *, silent: bool = True) -> Iterator[Stage]:
    """Serve a new demo centre from this process while the block lasts; call on the main thread.

    It is about noon, calls have no words, and there is no national server, unless ``options`` say otherwise.
    """
    ports = Ports.free()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    interval = sys.getswitchinterval()
    try:
        options = options or demo.Options(tz=daytime_zone(), national="off")
        options = replace(options, http_port=ports.http, mqtt_port=ports.mqtt, ws_port=ports.ws, silent=silent)
        with demo.opened(folder, options, clock) as (running, described):
            yield Stage(running.ctx, ports, described)
    finally:  # a server has its process for itself; ours goes on
        for number, handler in handlers.items():
            signal.signal(number, handler)
        sys.setswitchinterval(interval)
        gc.unfreeze()
