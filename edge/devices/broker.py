"""Our broker: Mosquitto kept alive as a child, its rules generated, changed while it runs, and proven.

One keeper thread starts every process and lives until ours ends (`mosquitto` says why). The rules fail closed: new files are tried in a throw-away
broker before they replace the old ones, because Mosquitto 2.0.11 that reloads an ACL file with one bad line allows everything to everyone.
"""

import hashlib
import logging
import os
import secrets
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from edge.devices import access, handshake
from edge.devices.access import Account
from edge.devices.handshake import Answer
from edge.devices.mosquitto import Listeners, Mosquitto, configuration, find_mosquitto, other_user
from edge.errors import ConfigError, EdgeError, Unavailable

__all__ = ["Broker", "Listeners", "find_mosquitto"]

log = logging.getLogger(__name__)

READY_WITHIN_S = 10.0
RELOADED_WITHIN_S = 2.0
STALE_WITHIN_S = 4.0
RETRY_S = 1.0
PROBE_EVERY_S = 60.0
POLL_S = 0.02
RUNTIME = Path("/run/kezek-edge")


class Broker:
    """``accounts`` are all but the server's own and the canary's, which live here; ``password`` is the server's, new with each object."""

    def __init__(self, listeners: Listeners, data: Path, accounts: Sequence[Account]) -> None:
        self.password = secrets.token_urlsafe(24)
        self._listeners = listeners
        self._accounts = tuple(accounts)
        self._user = other_user()
        self._folder = _runtime_folder(data, privileged=self._user is not None)
        self._canary = ""  # its password is new with each set of files, so that logging in proves which set is in force
        self._child: Mosquitto | None = None
        self._guard = threading.RLock()  # held while files or child are exchanged
        self._stopping = threading.Event()
        self._begun = threading.Event()
        self._failure: EdgeError | None = None
        self._keeper = threading.Thread(target=self._keep, name="broker-keeper", daemon=True)

    def start(self) -> None:
        """Start the child and wait until it proves to be ours. Raises ConfigError (port, binary) or Unavailable, with one sentence."""
        self._keeper.start()
        self._begun.wait()
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """End the child and remove its files."""
        self._stopping.set()
        with self._guard:
            if self._child:
                self._child.end()
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._keeper.ident is not None:
            self._keeper.join()

    def is_alive(self) -> bool:
        """Tell whether the child runs."""
        return self._child is not None and self._child.is_alive()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._child.pid if self._child else None

    def reload(self, accounts: Sequence[Account]) -> None:
        """Put other accounts in force without disconnecting those that stay. A removed or changed user is disconnected at once.

        Raises Unavailable when the new files are refused or cannot be written; then the old ones stay in force.
        """
        with self._guard, _files_writable():
            canary = secrets.token_urlsafe(24)
            files = self._files(accounts, canary)
            self._try_out(files)
            for name, text in files.items():
                self._write(self._folder / f"{name}.new", text)
            for name in files:
                (self._folder / f"{name}.new").replace(self._folder / name)
            self._accounts, self._canary = tuple(accounts), canary
            if self._child is None or not self._child.is_alive():
                return  # the keeper starts it with these files
            self._child.reload()
            if not self._is_in_force():
                log.critical("broker rules are not in force after the reload, starting it again")
                self._child.end()

    # the keeper's thread

    def _keep(self) -> None:
        try:
            self._begin()
        except EdgeError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._failure = error
            return
        finally:
            self._begun.set()
        while not self._stopping.is_set():
            child = self._child
            if child and not child.ended.wait(PROBE_EVERY_S):
                self._probe(child)
                continue
            if self._stopping.is_set():
                return
            log.error("broker ended, starting it again last_words=%r", child.last_words() if child else "")
            try:
                self._begin()
            except EdgeError as error:
                if self._stopping.is_set():
                    return
                log.error("broker does not start: %s", error)  # noqa: TRY400 -- the sentence says it all
                self._stopping.wait(RETRY_S)

    def _begin(self) -> None:
        with self._guard, _files_writable():
            if self._stopping.is_set():
                return
            binary = find_mosquitto()
            self._clear_folder()
            for port in (self._listeners.port, self._listeners.ws_port):
                _require_free(self._listeners.host, port)
            self._canary = secrets.token_urlsafe(24)
            for name, text in self._files(self._accounts, self._canary).items():
                self._write(self._folder / name, text)
            self._write(self._folder / "mosquitto.conf", configuration(self._folder, self._listeners))
            self._child = Mosquitto(binary, self._folder / "mosquitto.conf", self._user)
            self._write(self._folder / "pid", str(self._child.pid))
            try:
                self._wait_ready(self._child)
            except EdgeError:
                self._child.end()
                raise

    def _wait_ready(self, child: Mosquitto) -> None:
        """Ready is: alive, both listeners answer to a password of this start, a wrong one and a forbidden message are refused."""
        host, port = self._listeners.local, self._listeners.port
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            answer = handshake.connack(host, port, access.SERVER, self.password)
            if not child.is_alive():
                raise Unavailable(f"Mosquitto ended at once: {child.last_words()}")
            if answer is Answer.REFUSED:
                raise Unavailable(f"another broker answers on port {port}: stop it or choose another port")
            if answer is Answer.ACCEPTED and handshake.upgrades(host, self._listeners.ws_port):
                if handshake.connack(host, port, access.SERVER, "wrong") is not Answer.REFUSED or not self._is_closed():
                    raise Unavailable(f"the broker on port {port} does not keep our rules: it is not used")
                return
            self._stopping.wait(POLL_S)
        raise Unavailable(f"Mosquitto did not become ready within {READY_WITHIN_S:.0f} s: {child.last_words()}")

    def _probe(self, child: Mosquitto) -> None:
        """Ask again now and then: a hand-edited file and a SIGHUP from outside would open everything."""
        with self._guard:
            if child.is_alive() and not self._stopping.is_set() and not self._is_closed():
                log.critical("broker accepts what its rules forbid, starting it again")
                child.end()

    # what is written and what is in force

    def _is_in_force(self) -> bool:
        """Wait until the canary's newest password is accepted, which says that the newest files are read; then tell whether they hold."""
        deadline = time.monotonic() + RELOADED_WITHIN_S
        while time.monotonic() < deadline:
            if handshake.connack(self._listeners.local, self._listeners.port, access.CANARY, self._canary) is Answer.ACCEPTED:
                return self._is_closed()
            self._stopping.wait(POLL_S)
        return False

    def _is_closed(self) -> bool:
        return _is_closed(self._listeners, self._canary)

    def _files(self, accounts: Sequence[Account], canary: str) -> dict[str, str]:
        everyone = (access.server(self.password), access.canary(canary), *accounts)
        return {"passwords": access.password_file(everyone), "acl": access.acl_file(everyone)}

    def _try_out(self, files: dict[str, str]) -> None:
        """Start a throw-away broker with these files: at a start, other than at a reload, Mosquitto refuses a bad one."""
        folder = self._folder / "trial"
        shutil.rmtree(folder, ignore_errors=True)
        self._make(folder)
        listeners = replace(self._listeners, host="127.0.0.1", port=_free_port(), ws_port=_free_port())
        for name, text in {**files, "mosquitto.conf": configuration(folder, listeners)}.items():
            self._write(folder / name, text)
        trial = Mosquitto(find_mosquitto(), folder / "mosquitto.conf", self._user)
        try:
            deadline = time.monotonic() + READY_WITHIN_S
            while handshake.connack(listeners.host, listeners.port, access.SERVER, self.password) is not Answer.ACCEPTED:
                if not trial.is_alive() or time.monotonic() > deadline:
                    raise Unavailable(f"the broker refuses its new rules: {trial.last_words()}; the old ones stay in force")
                self._stopping.wait(POLL_S)
        finally:
            trial.end()
            shutil.rmtree(folder, ignore_errors=True)

    def _clear_folder(self) -> None:
        """Start from an empty folder. What a killed start of ours left behind is ended first: its broker may still hold the ports."""
        _end_stale(self._folder)
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._user:
            RUNTIME.mkdir(exist_ok=True)
            RUNTIME.chmod(0o755)  # whatever the umask: the broker's user must get through
        self._make(self._folder)

    def _make(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if self._user:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)

    def _write(self, path: Path, text: str) -> None:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)


@contextmanager
def _files_writable() -> Iterator[None]:
    """Turn what the file system says into a sentence of ours; nothing else may end the keeper."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the broker's files cannot be written: {error}") from error


def _is_closed(listeners: Listeners, canary: str) -> bool:
    """Tell whether the canary, who may do nothing, is refused. No answer is no."""
    return handshake.publish(listeners.local, listeners.port, access.CANARY, canary, access.CANARY) is Answer.REFUSED


def _runtime_folder(data: Path, *, privileged: bool) -> Path:
    """As root the broker runs as another user, who may not be able to reach the data directory."""
    if not privileged:
        return data.absolute() / "broker"
    return RUNTIME / hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]


def _end_stale(folder: Path) -> None:
    """End the broker of an earlier start of this data directory, if it still runs; a reused process id is told by its command line."""
    try:
        pid = int((folder / "pid").read_text())
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + STALE_WITHIN_S
    while _is_broker_of(folder, pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        threading.Event().wait(POLL_S)


def _is_broker_of(folder: Path, pid: int) -> bool:
    try:
        return str(folder / "mosquitto.conf").encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(f"port {port} for the broker cannot be used: {error.strerror}; stop what uses it or choose another") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
