"""Both ends of the link as real processes, and whether they came together: a box without screens (`tests.sync.box`) and `edge national`."""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import apsw
import tomlkit

from edge import config, demo, setup
from edge.config import Paths
from edge.operations import desks, settings
from edge.operations.document import ServicePart
from edge.operations.verify import verify
from edge.queueing import commands
from edge.queueing.chain import GENESIS, Envelope, Head, as_line, fault, read_line
from edge.queueing.desk import DeskState
from edge.sync.reference import centres, database
from tests.commands import Command, edge, start_edge
from tests.demo_process import daytime_zone, free_ports, is_alive, wait_for

CENTRE = "kara-balta"
BOOKABLE = "passport"
START_S = 30.0
ANSWER_S = 20.0
TOGETHER_S = 30.0
HURRY_S = 0.2


class Gone(Exception):
    """The process ended instead of answering."""


class Process:
    """A child process that says ``ready…`` on its first line and may be killed."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._process: Command | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def start(self, **environment: str) -> Self:
        """Start it and wait until it is ready."""
        with self.log.open("a") as log:
            self._process = self._begin(log, {**os.environ, **environment})
        self._lines = queue.SimpleQueue()
        threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
        said = self._next(START_S)
        assert said.startswith("ready"), f"{said!r}\n{self.tail()}"
        return self

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._running().pid

    def kill(self) -> None:
        """SIGKILL."""
        self._running().kill()
        self._end()

    def stop(self) -> None:
        """SIGTERM, and wait for its end."""
        self._running().terminate()
        self._end()

    def close(self) -> None:
        """Let nothing of it be left."""
        if self._process is not None:
            self._process.kill()
            self._end()

    @property
    def is_alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process is not None and self._process.poll() is None

    def wait_killed(self, meanwhile: Callable[[], None]) -> None:
        """Wait until a kill point has ended it, doing something ``meanwhile`` again and again."""

        def is_over() -> bool:
            meanwhile()
            return not self.is_alive

        wait_for("the death of the server", is_over, ANSWER_S)
        assert self._running().returncode == -signal.SIGKILL, self.tail()
        self._end()

    def tail(self) -> str:
        """Return the end of what it said on standard error."""
        return "\n".join(self.log.read_text().splitlines()[-30:])

    def _begin(self, log: IO[str], environment: dict[str, str]) -> Command:
        raise NotImplementedError

    def _running(self) -> Command:
        assert self._process is not None, "not started"
        return self._process

    def _next(self, within_s: float) -> str:
        try:
            said = self._lines.get(timeout=within_s)
        except queue.Empty:
            raise AssertionError(f"no answer within {within_s} s\n{self.tail()}") from None
        if not said:
            raise Gone(self.tail())
        return said

    def _end(self) -> None:
        process, self._process = self._running(), None
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()


class Mother(Process):
    """Where centres come from (`tests.sync.box`); her own death is the death of none of them."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "mother.sock"
        super().__init__(folder / "mother.log")

    def _begin(self, log: IO[str], environment: dict[str, str]) -> Command:
        command = [sys.executable, "-m", "tests.sync.box", str(self.socket)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)


class EdgeBox:
    """A centre in ``data``, made with `made`. Its answers come while the link does what it does."""

    def __init__(self, data: Path, mother: Mother) -> None:
        self.data = data
        self.log = data / "stderr.log"
        self.slowest_s = 0.0
        self.issued = 0  # promised: answers that arrived
        self._mother = mother
        self._connection: socket.socket | None = None
        self._file: IO[str] | None = None
        self.pid = 0
        self._hurried_at = 0.0

    def start(self, failpoints: str = "") -> Self:
        """Start it and wait until it is ready; ``failpoints`` as in `edge.failpoints`. Raises Gone when it died at once."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(START_S)
        connection.connect(str(self._mother.socket))
        self._connection, self._file = connection, connection.makefile("rw", encoding="utf-8")
        said = self._said({"data": str(self.data), "log": str(self.log), "failpoints": failpoints})
        self.pid = int(said.removeprefix("ready "))
        return self

    def ask(self, do: str, **asked: object) -> dict[str, Any]:
        """Ask for one thing. Raises Gone when the process died of it."""
        answer: dict[str, Any] = json.loads(self._said({"do": do, **asked}))
        return answer

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_dead()

    def stop(self) -> None:
        """End it in order: the end of its input."""
        assert self._connection is not None
        self._connection.shutdown(socket.SHUT_WR)
        self.wait_dead()

    def wait_dead(self) -> None:
        """Wait until it is gone."""
        wait_for("the centre's end", lambda: not is_alive(self.pid), ANSWER_S)
        self._hang_up()

    def close(self) -> None:
        """Let nothing of it be left."""
        if self._connection is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait_dead()

    @property
    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return self._connection is not None and is_alive(self.pid)

    def tail(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text().splitlines()[-30:])

    def _said(self, asked: dict[str, object]) -> str:
        assert self._file is not None
        try:
            self._file.write(json.dumps(asked) + "\n")
            self._file.flush()
            said = self._file.readline()
        except (BrokenPipeError, ConnectionResetError):
            said = ""
        if not said:
            raise Gone(self.tail())
        return said

    def _hang_up(self) -> None:
        assert self._connection is not None
        assert self._file is not None
        with suppress(OSError):
            self._file.close()
        self._connection.close()
        self._connection = self._file = None

    def issue(self, count: int = 1) -> None:
        """Give tickets: the hall is served."""
        self.slowest_s = max(self.slowest_s, self.ask("issue", count=count)["slowest_s"])
        self.issued += count

    def lead_to(self, url: str, token: str, person_key: str = "", centre: str = CENTRE) -> None:
        """Let the link lead there from the next start on."""
        path = Paths(self.data).config
        document = tomlkit.parse(path.read_text())
        document["national"] = {"url": url, "token": token, "person_key": person_key, "centre": centre}
        path.write_text(tomlkit.dumps(document))

    def is_together(self) -> bool:
        """Tell whether all is sent."""
        state = self.ask("state")
        return bool(state["sent"] == state["head"] and state["state"] == "idle")

    def is_hurried_together(self) -> bool:
        """Tell whether all is sent; asks for an attempt at once where the link waits."""
        if self.is_together():
            return True
        self.hurry()
        return False

    def hurry(self) -> None:
        """Ask for an attempt at once, but not more often than a person could."""
        if time.monotonic() - self._hurried_at > HURRY_S:
            self._hurried_at = time.monotonic()
            self.ask("try_now")

    def come_together(self, within_s: float = TOGETHER_S, *, hurried: bool = True) -> None:
        """Wait until everything is sent and acknowledged; somebody presses "try now" again and again unless it shall not be ``hurried``."""
        try:
            wait_for("the link to have sent everything", self.is_hurried_together if hurried else self.is_together, within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.ask('state')}\n{self.tail()}") from None


@dataclass
class National(Process):
    """`edge national` on SQLite in ``data``, or on the PostgreSQL database ``url``."""

    data: Path
    url: str = ""
    port: int = field(default_factory=lambda: free_ports(1)[0])

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        super().__init__(self.data / "stderr.log")

    def _begin(self, log: IO[str], environment: dict[str, str]) -> Command:
        return start_edge("national", *self.place, "--port", str(self.port), log=log, environment=environment)

    @property
    def place(self) -> list[str]:
        """Return the options that say where it keeps everything."""
        return ["--database", self.url] if self.url else ["--data", str(self.data)]

    @property
    def address(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    def enrol(self, centre: str = CENTRE) -> dict[str, str]:
        """Enrol a centre: `centre`, `token`, `person_key`."""
        database.open_database(self.url or self.data / "national.db")  # as `edge national --enrol` does, without a second for its start
        try:
            given = centres.enrol(centre, database.now())
        finally:
            database.close_database()
        return {"centre": given.centre, "token": given.token, "person_key": given.person_key}

    def command_of(self, *options: str) -> str:
        """Run one of the operator's commands; return what it printed."""
        done = edge("national", *self.place, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lines(self, centre: str = CENTRE) -> list[str]:
        """Return the stored lines of a centre as they came, in the order of epochs."""
        statement = "SELECT text FROM line WHERE centre = '{}' ORDER BY epoch, seq"
        if self.url:
            import psycopg

            with psycopg.connect(self.url) as connection:
                return [str(row[0]) for row in connection.execute(statement.format(centre))]
        with closing(apsw.Connection(str(self.data / "national.db"), flags=apsw.SQLITE_OPEN_READONLY)) as found:
            found.set_busy_timeout(5000)
            return [str(row[0]) for row in found.execute(statement.format(centre))]


def made(data: Path, mother: Mother, centre: str = CENTRE) -> EdgeBox:
    """Make a centre that is always open, with every desk open."""
    paths = Paths(data)
    data.mkdir(parents=True)
    setup.write_if_absent(paths.config, setup.sample("edge.toml"))
    keys = config.make_keys(paths.key)
    document = demo.centre(real_hours=False, tz=daytime_zone())
    services = [_small(part) for part in document.services]
    document = document.model_copy(
        update={
            "centre": document.centre.model_copy(update={"id": centre}),
            "services": services,
            "bookings": document.bookings.model_copy(update={"horizon_days": 2, "release_days": 0}),
        }
    )
    with setup.fresh_context(paths, config.load(paths.config), keys) as ctx:
        settings.put_in_force(ctx, document, actor="system")
        for name, desk in ctx.hall.desks.items():
            if desk.state is DeskState.CLOSED:
                desks.act(ctx, commands.Open(name), actor="system")
    return EdgeBox(data, mother)


def _small(part: ServicePart) -> ServicePart:
    """One service has appointments, six a day: the thousands of grants of a real centre would only slow these tests down."""
    bookable = part.code == BOOKABLE
    kept = {"mode": "mixed", "slot_minutes": 240, "slot_seats": 4} if bookable else {"mode": "walk-in", "slot_minutes": None, "slot_seats": None}
    return part.model_copy(update=kept) if part.letter else part


def edge_lines(data: Path) -> list[str]:
    """Return the journal of a box as lines, in the order of epochs."""
    columns = ", ".join(Envelope.__dataclass_fields__)
    with closing(apsw.Connection(str(data / "edge.db"), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        connection.set_busy_timeout(5000)
        return [as_line(Envelope(*row)) for row in connection.execute(f"SELECT {columns} FROM journal ORDER BY epoch, seq")]


def broken_at(lines: list[str]) -> list[str]:
    """Return where a chain breaks; nothing for a sound one."""
    head, found = Head(1, 0, GENESIS), []
    for text in lines:
        line = read_line(text)
        if why := fault(head, line):
            found.append(f"epoch {line.epoch} seq {line.seq}: {why}")
        head = Head(line.epoch, line.seq, line.hash)
    return found


def differences(box: Path, national: list[str]) -> list[str]:
    """Return what the server's log and the centre's do not share, and where the chain breaks."""
    mine = edge_lines(box)
    found = broken_at(mine)
    if mine != national:
        shared = next((place for place, (one, other) in enumerate(zip(mine, national, strict=False)) if one != other), min(len(mine), len(national)))
        found.append(f"the centre has {len(mine)} lines, the server {len(national)}; they share {shared}: {mine[shared : shared + 1]}")
    return found


def tickets_of(data: Path) -> tuple[int, int]:
    """Return how many tickets the journal has, and how many numbers of days they have."""
    payloads = [json.loads(line.payload or "{}") for line in map(read_line, edge_lines(data)) if line.type == "ticket.issued"]
    return len({payload["ticket"] for payload in payloads}), len({(payload["day"], payload["number"]) for payload in payloads})


def verified(data: Path) -> list[str]:
    """Return what `edge verify` finds."""
    with setup.opened(data) as database:
        return verify(database).problems


def copied(data: Path, target: Path) -> Path:
    """Copy the files of a box that does not run."""
    shutil.copytree(data, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
    return target


def _read(stream: IO[str] | None, lines: "queue.SimpleQueue[str]") -> None:
    assert stream is not None
    with suppress(ValueError):
        for line in stream:
            lines.put(line)
    lines.put("")
