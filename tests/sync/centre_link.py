"""A centre under test with its real link: the box of `tests.operations`, whose monotonic clock runs, against a national server or what plays one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.operations import link_state
from edge.operations.link_state import State, Why
from edge.store import queries
from edge.sync.loop import Loop, Settings
from edge.sync.reference import centres, database, serving
from edge.sync.reference.app import create_app
from edge.sync.reference.models import Line
from edge.sync.transport import Endpoint
from tests.operations.box import Box, HandClock
from tests.queueing import centre

WITHIN_S = 20.0
CENTRE = "test-centre"


class RunningClock(HandClock):
    """The wall clock is the test's, the monotonic one runs: threads wait by it."""

    def monotonic(self) -> float:
        return time.monotonic()


def wait_for(condition: Callable[[], Any], what: str = "") -> Any:
    """Wait until something holds and return it."""
    deadline = time.monotonic() + WITHIN_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what or condition
        time.sleep(0.01)
    return found


@dataclass
class National:
    """A reference server that listens, and the centre that is enrolled there."""

    url: str
    token: str

    def lines(self, epoch: int) -> list[tuple[int, str]]:
        """Return what is stored of an epoch."""
        rows = database.tuples(Line.select(Line.seq, Line.hash).where(Line.centre == CENTRE, Line.epoch == epoch).order_by(Line.seq))
        return [(int(seq), str(digest)) for seq, digest in rows]

    def settings(self, **changed: str) -> Settings:
        return Settings(replace(Endpoint(self.url, self.token), **changed))


@contextmanager
def national(path: Path) -> Iterator[National]:
    """Run a reference server on SQLite in threads of this process; it applies nothing of what it stores."""
    database.open_database(path)
    given = centres.enrol(CENTRE, datetime.now(UTC))
    server = serving.listening(create_app(lambda _centre, _now: None), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield National(f"http://127.0.0.1:{server.effective_port}", given.token)
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        database.close_database()


class Linked:
    """A centre with a link. ``settings`` may be replaced; the loop sees it as a changed file."""

    def __init__(self, box: Box, settings: Settings) -> None:
        self.box = box
        self.settings = settings
        self.loop = self._loop()
        self.loop.start()

    def _loop(self) -> Loop:
        return Loop(self.box.ctx, self.settings, lambda: self.settings)

    def stop(self) -> None:
        self.loop.stop()

    def restart(self) -> None:
        """End the link and the server, and start both anew on the same file."""
        self.loop.stop()
        self.box.stop()
        self.box._start()
        self.loop = self._loop()
        self.loop.start()

    @property
    def said(self) -> dict[str, Any]:
        return link_state.sync(self.box.ctx)

    def is_level(self) -> bool:
        """Tell whether the country has all that the centre has."""
        said = self.said
        return bool(said["state"] == State.IDLE and said["pending"] == 0 and said["acked"] == said["head"])

    def hurries(self) -> bool:
        """Ask for an attempt and give it a moment; False, to be used in a wait."""
        self.loop.try_now()
        time.sleep(0.05)
        return False

    def blocked_by(self, why: Why) -> Callable[[], bool]:
        return lambda: (self.said["state"], self.said["why"]) == (State.BLOCKED, why)

    def own_lines(self, epoch: int) -> list[tuple[int, str]]:
        return [(line.seq, line.hash) for line in queries.all_lines(self.box.database) if line.epoch == epoch]


@contextmanager
def linked(path: Path, settings: Settings) -> Iterator[Linked]:
    """Make a centre without appointments, so that no slot is granted, and its link."""
    box = Box(path, RunningClock())
    box.make(services=[{**each, "mode": "walk-in"} for each in centre.SERVICES])
    one = Linked(box, settings)
    try:
        yield one
    finally:
        one.stop()
        one.box.stop()
