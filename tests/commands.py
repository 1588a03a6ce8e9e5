"""How tests run the `edge` command: always as a process of its own, in the quick run forked by `tests.mother`, elsewhere from its beginning."""

import array
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from tests.sampling import EVERYTHING

EDGE = (str(Path(sys.executable).with_name("edge")),)
ROOT = Path(__file__).parents[1]
FORKED = "PYTEST_VERSION" in os.environ and not EVERYTHING
BORN_WITHIN_S = 60.0


class Forked:
    """A process that the mother forked, with what tests use of `subprocess.Popen`."""

    def __init__(self, connection: socket.socket, pid: int, stdin: IO[str] | None, stdout: IO[str] | None) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None
        self._connection = connection
        self._said = b""

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit status. Raises TimeoutExpired."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout: float | None) -> int | None:
        while self.returncode is None and select.select([self._connection], [], [], timeout)[0]:
            more = self._connection.recv(64)
            assert more, "the mother of all commands is dead"
            self._said += more
            if self._said.endswith(b"\n"):
                self.returncode = int(self._said.split()[1])
                self._connection.close()
        return self.returncode


Command = subprocess.Popen[str] | Forked


def start_edge(
    *arguments: str | Path, log: IO[str] | int, environment: Mapping[str, str] = os.environ, stdin: int = subprocess.DEVNULL, session: bool = False
) -> Command:
    """Start `edge`; standard output is a pipe. ``log``: where standard error goes. ``session``: one of its own."""
    command = [*map(str, arguments)]
    if not FORKED:
        return subprocess.Popen(
            [*EDGE, *command], stdin=stdin, stdout=subprocess.PIPE, stderr=log, text=True, env={**environment}, start_new_session=session
        )
    out, its_out = os.pipe()
    its_in, into = os.pipe() if stdin == subprocess.PIPE else (os.open(os.devnull, os.O_RDONLY), None)
    its_log = os.open(os.devnull, os.O_WRONLY) if log == subprocess.DEVNULL else os.dup(log if isinstance(log, int) else log.fileno())
    connection, pid = _fork(command, environment, [its_in, its_out, its_log], session=session)
    for descriptor in (its_in, its_out, its_log):
        os.close(descriptor)
    return Forked(connection, pid, None if into is None else os.fdopen(into, "w", encoding="utf-8"), os.fdopen(out, encoding="utf-8"))


def edge(
    *arguments: str | Path, typed: str | None = None, environment: Mapping[str, str] = os.environ, within_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `edge` to its end; ``typed`` comes on standard input, which is empty else."""
    command = [*map(str, arguments)]
    if not FORKED:
        return subprocess.run(
            [*EDGE, *command], capture_output=True, text=True, timeout=within_s, check=False, input=typed or "", env={**environment}
        )
    with tempfile.TemporaryFile("w+") as its_in, tempfile.TemporaryFile("w+") as its_out, tempfile.TemporaryFile("w+") as its_err:
        its_in.write(typed or "")
        its_in.seek(0)
        connection, pid = _fork(command, environment, [its_in.fileno(), its_out.fileno(), its_err.fileno()], session=False)
        process = Forked(connection, pid, None, None)
        try:
            status = process.wait(within_s)
        finally:
            process.kill()
        its_out.seek(0)
        its_err.seek(0)
        return subprocess.CompletedProcess([*EDGE, *command], status, its_out.read(), its_err.read())


def _fork(arguments: Sequence[str], environment: Mapping[str, str], streams: Sequence[int], *, session: bool) -> tuple[socket.socket, int]:
    asked = {"arguments": arguments, "environment": dict(environment), "folder": str(Path.cwd()), "session": session}
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_mother())
    line = json.dumps(asked).encode() + b"\n"
    sent = connection.sendmsg([line], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))])
    connection.sendall(line[sent:])
    said = b""
    while not said.endswith(b"\n"):
        more = connection.recv(1)  # no more than this line: the child may be dead already
        assert more, "the mother of all commands is dead"
        said += more
    return connection, int(said.split()[1])


@cache
def _mother() -> str:
    """Start her, once in a process of tests; return where she listens. She ends with the process that asks."""
    folder = tempfile.TemporaryDirectory(prefix="mother-")
    address = f"{folder.name}/socket"
    mother = subprocess.Popen(
        [sys.executable, "-m", "tests.mother", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    assert mother.stdin
    assert mother.stdout
    assert select.select([mother.stdout], [], [], BORN_WITHIN_S)[0], "the mother of all commands is not born"
    assert mother.stdout.readline() == "ready\n"

    def end() -> None:
        mother.communicate()
        folder.cleanup()

    atexit.register(end)
    return address
