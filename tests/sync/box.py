"""A centre without screens and broker, as a process: its database, its rules, its national link. `python -m tests.sync.box SOCKET` is their mother.

She has everything imported and no thread, and forks a centre for each connection to her Unix socket: a start costs hardly anything, and a death is
a real one. The first line of a connection says where the centre is (``data``), where its log goes (``log``) and where it dies (``failpoints``); then
the centre starts as a server does, says ``ready PID``, and does what each line says, a JSON object with ``do``. One JSON line is the answer.
"""

import json
import logging
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, TextIO

from edge import config, failpoints, high_water, setup
from edge.config import Paths
from edge.errors import EdgeError
from edge.lock import Lock
from edge.operations import bookings, day, desks, restored, tickets
from edge.operations.clock import SystemClock
from edge.operations.context import Context
from edge.queueing import commands
from edge.queueing.chain import Head, instant
from edge.server import SWITCH_INTERVAL_S
from edge.store import copying
from edge.store.database import Database
from edge.sync.loop import Loop, Settings
from edge.sync.transport import Endpoint

SERVICE = "passport"


class SetClock(SystemClock):
    """The machine's clock, which somebody sets; the monotonic one goes on."""

    off = timedelta()

    def wall(self) -> datetime:
        """Read it, as far off as it was set."""
        return super().wall() + self.off


class Box:
    """What a line of standard input may ask for: the public methods."""

    def __init__(self, ctx: Context, loop: Loop) -> None:
        self._ctx = ctx
        self._loop = loop

    def issue(self, count: int = 1) -> dict[str, Any]:
        """Give tickets; say how long the slowest took."""
        slowest = 0.0
        for _ in range(count):
            began = time.perf_counter()
            tickets.issue(self._ctx, service=SERVICE, lang="ky", via="kiosk-1", actor="device:kiosk-1")
            slowest = max(slowest, time.perf_counter() - began)
        return {"slowest_s": slowest}

    def pace(self, count: int, each_s: float) -> dict[str, Any]:
        """Give tickets, one each ``each_s`` seconds, as a full hall does, whose desks call one for each; return how long each took, in seconds."""
        taken, calling = [], cycle(desk for desk, plan in self._ctx.hall.policy.desks.items() if SERVICE in plan.services)
        for _ in range(count):
            began = time.perf_counter()
            tickets.issue(self._ctx, service=SERVICE, lang="ky", via="kiosk-1", actor="device:kiosk-1")
            taken.append(time.perf_counter() - began)
            desks.act(self._ctx, commands.CallNext(next(calling)), actor="system")
            time.sleep(max(0.0, each_s - taken[-1]))
        return {"taken": taken}

    def memory(self) -> dict[str, Any]:
        """Return the resident memory in KiB, now and at most."""
        found = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return {name: int(found[name].split()[0]) for name in ("VmRSS", "VmHWM")}

    def slots(self, ahead: int = 1) -> dict[str, Any]:
        """Return what can be booked of a day."""
        hall = self._ctx.hall
        local = self._ctx.clock.wall().date() + timedelta(days=ahead)
        return {"slots": bookings.slots(self._ctx, SERVICE, local.isoformat()), "sells": hall.sells}

    def book(self, slot: str, person: str) -> dict[str, Any]:
        """Book; ``error`` says why not."""
        try:
            done = bookings.book(self._ctx, service=SERVICE, slot=slot, person=person, lang="ky", via="kiosk-1", actor="device:kiosk-1")
        except EdgeError as error:
            return {"error": str(error), "code": error.code}
        return dict(json.loads(done.answer))

    def cancel(self, code: str) -> dict[str, Any]:
        """Cancel a booking."""
        return dict(bookings.cancel(self._ctx, code, by="visitor", actor="device:kiosk-1"))

    def bookings(self) -> dict[str, Any]:
        """Return the bookings that are open."""
        return {"bookings": [bookings.view(each) for each in self._ctx.hall.bookings.values()]}

    def backup(self, target: str) -> dict[str, Any]:
        """Copy the database as a backup does, while everything goes on."""
        copying.copy(self._ctx.database, Path(target), instant(self._ctx.clock.wall()))
        return {}

    def settle(self) -> dict[str, Any]:
        """Let the ticker's round run."""
        day.settle(self._ctx)
        return {}

    def set_clock(self, off_s: float) -> dict[str, Any]:
        """Set the wall clock so many seconds from the right time."""
        assert isinstance(self._ctx.clock, SetClock)
        self._ctx.clock.off = timedelta(seconds=off_s)
        return {}

    def try_now(self) -> dict[str, Any]:
        """As a person does who presses "try now"."""
        self._loop.try_now()
        return {}

    def state(self) -> dict[str, Any]:
        """Say how the link stands."""
        head, link = self._ctx.database.committed.head, self._ctx.link.state
        sent = [link.sent.epoch, link.sent.seq] if link.sent else None
        return {
            "state": link.state,
            "why": link.why,
            "detail": link.detail,
            "head": [head.epoch, head.seq],
            "sent": sent,
            "incarnation": link.incarnation,
            "sells": self._ctx.hall.sells,
            "restored": self._ctx.hall.policy.restored is not None,
        }


def serve(data: Path, lines: TextIO, answers: TextIO) -> None:
    """Be a centre until ``lines`` ends."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    paths = Paths(data)
    box, keys = config.load(paths.config), config.load_keys(paths.key)
    national = box.national
    with Lock(paths.lock):
        database = Database(paths.database, max_pages=box.database.max_pages, reserve=setup.reserve(paths, box))
        database.open()
        same_boot = high_water.is_same_boot(paths.high_water)
        ctx = setup.context(database, national.with_person_key(keys), SetClock(), same_boot=same_boot)
        restored.recognise(ctx, high_water.read(paths.high_water))
        day.settle(ctx)
        endpoint = Endpoint(national.url, national.token, national.mode, national.xroad_client, national.ca, national.cert, national.key)
        loop = Loop(ctx, Settings(endpoint, national.centre))
        loop.start()
        served = Box(ctx, loop)
        print(f"ready {os.getpid()}", file=answers, flush=True)
        for line in lines:
            asked = json.loads(line)
            try:
                answer = getattr(served, asked.pop("do"))(**asked)
            except EdgeError as error:
                answer = {"error": str(error), "code": error.code}
            _keep_high_water(paths.high_water, database.head())
            print(json.dumps(answer), file=answers, flush=True)
        loop.stop()
        database.close()


def _keep_high_water(path: Path, head: Head) -> None:
    with suppress(OSError):
        high_water.write(path, head)


def child(connection: socket.socket) -> None:
    """Become the centre that the first line asks for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection, connection.makefile("r", encoding="utf-8") as lines, connection.makefile("w", encoding="utf-8") as answers:
        asked = json.loads(lines.readline())
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        logging.basicConfig(level=logging.INFO, stream=sys.stderr)
        failpoints._armed.update(failpoints.parse(asked["failpoints"]))
        with suppress(BrokenPipeError):
            serve(Path(asked["data"]), lines, answers)


def main() -> None:
    """Fork a centre for each connection until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                child(connection)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    main()
