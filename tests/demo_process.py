"""One `edge demo` as a real process: start, read `demo.json`, kill, stop, start again on the same data and ports.

The server runs in a session of its own and so does Mosquitto, so neither ends by itself when a test does: whoever starts a `Demo` closes
it, and `close` fails if anything of it is still alive. What belongs to a demo is known by a mark in its environment, which children
inherit whatever session, parent or user they get.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import IO, Any, Self, TypeVar

from tests.commands import FORKED, Command, edge, start_edge

READY_WITHIN_S = 30.0  # the product promises 5 s; a busy test machine gets more
SEATS_WITHIN_S = 20.0  # so much longer where the first start waits for a national server of its own
GONE_WITHIN_S = 12.0  # the product promises 10 s
THREADS_LINES = 400  # of the log, when it is asked where its threads are
POLL_S = 0.02

T = TypeVar("T")


class DemoFailedError(AssertionError):
    """The demo did not do what the contract promises; the message ends with its last words."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Free ports, chosen once, so that a restart is reached under the same addresses."""

    http: int
    mqtt: int
    ws: int

    @classmethod
    def free(cls) -> Self:
        """Choose three different ports that nobody listens on now."""
        return cls(*free_ports(3))


def free_ports(count: int) -> list[int]:
    """Return ``count`` different TCP ports of 127.0.0.1 that nobody listens on.

    Each worker goes round in ports of its own, below those that the kernel lends to outgoing connections: what is free now stays so until a
    server of ours listens there.
    """
    return list(islice(filter(_is_free, _ports), count))


def _own_ports() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = range(10_000 + 1_000 * worker, 11_000 + 1_000 * worker)
    start = os.getpid() % len(ports)  # two runs at once begin at different places
    return cycle([*ports[start:], *ports[:start]])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_ports = _own_ports()


def wait_for(what: str, look: Callable[[], T], within_s: float = 10.0) -> T:
    """Return the first true answer of ``look``; fails with ``what`` after ``within_s`` seconds. The way to wait in a test."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within_s} s for {what}; the last answer was {found!r}")
        time.sleep(POLL_S)  # the step of a poll with a deadline, not a guess at a duration
    return found


def daytime_zone() -> str:
    """Return the time zone where it is between 12:00 and 13:00 now.

    A day of the queue ends at midnight, with logins, tickets and open desks; no test but one about that shall meet it.
    """
    offset = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"  # POSIX counts the other way round


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass(slots=True)
class Demo:
    """A demo centre on its own ports and data directory; `start` it, or use it as a context.

    ``options`` go to `edge demo` behind the ports, ``environment`` is added to ours (for example EDGE_FAILPOINTS),
    ``zone`` is the time zone of the centre if it is made now. ``national``: as the option of that name; most tests are about a centre that
    stands alone, and need no second server. Its calls have no words: to make them takes half a core in a busy hall.
    """

    data: Path
    ports: Ports = field(default_factory=Ports.free)
    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    zone: str = field(default_factory=daytime_zone)
    national: str = "off"
    _process: Command | None = field(default=None, repr=False)
    _mark: str = field(default_factory=lambda: f"EDGE_TEST_RUN={uuid.uuid4()}", repr=False)

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop it, and fail if something is left."""
        self.close()

    # What is known once it is ready.

    @property
    def host(self) -> str:
        """Its address."""
        return "127.0.0.1"

    @property
    def http(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        return str(self.described["http"])

    @property
    def described(self) -> dict[str, Any]:
        """The content of `demo.json`, read anew each time."""
        described: dict[str, Any] = json.loads((self.data / "demo.json").read_text(encoding="utf-8"))
        return described

    @property
    def devices(self) -> dict[str, dict[str, Any]]:
        """The devices of `demo.json` by id."""
        return {device["id"]: device for device in self.described["devices"]}

    @property
    def staff(self) -> dict[str, dict[str, Any]]:
        """The first member of staff of each role in `demo.json`."""
        return {member["role"]: member for member in reversed(self.described["staff"])}

    @property
    def mqtt(self) -> dict[str, Any]:
        """`host`, `port`, `ws_port` and the `monitor` account."""
        return dict(self.described["mqtt"])

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return the devices of one kind (button, kiosk, board, desk), in the order of `demo.json`."""
        return [device for device in self.described["devices"] if device["kind"] == kind]

    def health(self) -> dict[str, Any]:
        """Return the body of `GET /healthz`, also of a 503."""
        try:
            with urllib.request.urlopen(f"{self.http}/healthz", timeout=5) as answer:
                body = answer.read()
        except urllib.error.HTTPError as error:
            body = error.read()
        found: dict[str, Any] = json.loads(body)
        return found

    @property
    def staff_token(self) -> str:
        """A new session of the supervisor, who may read and do everything of the hall: the Bearer token."""
        member = self.staff["supervisor"]
        body = json.dumps({"login": member["login"], "password": member["password"]}).encode()
        request = urllib.request.Request(f"{self.http}/api/v1/sessions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return str(json.load(answer)["token"])

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._running().pid

    @property
    def broker_pid(self) -> int:
        """The process id of the Mosquitto that runs now. Raises DemoFailedError when there is none at this instant."""
        for pid in self.members():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "mosquitto":
                    return pid
        raise DemoFailedError(f"no Mosquitto of this demo runs\n{self.log_tail()}")

    @property
    def log(self) -> Path:
        """Standard error of all starts, one behind the other."""
        return self.data / "stderr.log"

    def log_tail(self, lines: int = 20) -> str:
        """Return the end of standard error, for messages."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def command(self) -> list[str]:
        """Return the arguments of a start."""
        ports = ["--http-port", str(self.ports.http), "--mqtt-port", str(self.ports.mqtt), "--ws-port", str(self.ports.ws)]
        return ["demo", "--silent", "--data", str(self.data), *ports, "--tz", self.zone, "--national", self.national, *self.options]

    # Life and death.

    def start(self) -> Self:
        """Start it and return when it is ready. Raises DemoFailedError when the first line is not the contract's."""
        assert self._process is None, "already started"
        with self.log.open("a", encoding="utf-8") as log:
            environment = {**os.environ, **self.environment, **dict([self._mark.split("=")])}
            # a session of its own: SIGINT to the group, as a terminal sends it, must not reach the tests
            self._process = start_edge(*self.command(), log=log, environment=environment, session=True)
        line = self._first_line()
        expected = f"ready http://127.0.0.1:{self.ports.http}\n"
        if line != expected:
            status = self._process.poll()
            self.kill()
            raise DemoFailedError(f"the first line was {line!r}, not {expected!r}; exit status {status}\n{self.log_tail()}")
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it as an administrator does (SIGINT goes to the whole group), wait until all is gone, return the exit status."""
        process = self._running()
        if number is signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        try:
            status = process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            if FORKED:  # the mother's children tell it
                process.send_signal(signal.SIGUSR1)
                wait_for("where its threads are", lambda: "most recent call first" in self.log_tail(THREADS_LINES))
            self.kill()
            raise DemoFailedError(f"still running {GONE_WITHIN_S} s after {number.name}\n{self.log_tail(THREADS_LINES)}") from None
        self._forget()
        return status

    def kill(self) -> None:
        """SIGKILL the server; return when server and broker are gone (the broker must end by itself)."""
        self._running().kill()
        self.wait_dead()

    def wait_dead(self, within_s: float = GONE_WITHIN_S) -> int:
        """Wait until it ends by itself (a failpoint, a fault) and everything is gone; return the exit status."""
        try:
            status = self._running().wait(within_s)
        except subprocess.TimeoutExpired:
            raise DemoFailedError(f"still running after {within_s} s\n{self.log_tail()}") from None
        self._forget()
        return status

    def kill_broker(self) -> None:
        """SIGKILL Mosquitto; the server starts another one, which `broker_pid` names."""
        os.kill(self.broker_pid, signal.SIGKILL)

    def restart(self, **environment: str) -> Self:
        """Start again on the same data and ports; the first start's environment is replaced by this one."""
        self.environment = environment
        return self.start()

    def close(self) -> None:
        """Stop it if it runs; fail if server, broker or anything else that it started is left."""
        if self._process is not None:
            self.stop()

    def verify(self) -> subprocess.CompletedProcess[str]:
        """Run `edge verify` on the data; exit status 0 is a clean journal. The server may run or not."""
        return edge("verify", "--data", self.data, within_s=120)

    def _running(self) -> Command:
        if self._process is None:
            raise DemoFailedError("not started, or already ended")
        return self._process

    def _first_line(self) -> str:
        """Read the first line of standard output, or as much of it as came in time."""
        stream = _stdout(self._running())
        deadline = time.monotonic() + READY_WITHIN_S + (SEATS_WITHIN_S if self.national == "own" else 0)
        read = b""
        while not read.endswith(b"\n") and (left := deadline - time.monotonic()) > 0:
            if select.select([stream], [], [], left)[0]:
                more = os.read(stream.fileno(), 4096)
                if not more:
                    break
                read += more
        return read.decode(errors="replace")

    def members(self) -> list[int]:
        """Return every living process that this demo started, itself included."""
        server = self._process.pid if self._process else None  # a forked one has the environment of its mother there
        return [pid for pid in _processes() if (pid == server or self._mark in _environment(pid)) and is_alive(pid)]

    def _forget(self) -> None:
        """Wait until everything that it started is gone, and check that it said nothing behind the ready line."""
        process, self._process = self._running(), None
        try:
            wait_for("everything of the demo to end", lambda: not self.members(), GONE_WITHIN_S)
        finally:
            for pid in self.members():  # found guilty already; the next test is innocent
                os.kill(pid, signal.SIGKILL)
        rest = _stdout(process).read()
        _stdout(process).close()
        assert not rest, f"standard output said more than the ready line: {rest!r}"


def _stdout(process: Command) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def _processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _environment(pid: int) -> list[str]:
    """Return NAME=value of a process, nothing for one that is gone or another user's."""
    try:
        return Path(f"/proc/{pid}/environ").read_text(encoding="utf-8", errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
