"""Mosquitto kept alive as a child: how `edge demo` and `edge run` without a folder for the broker have theirs.

One keeper thread starts every process and lives until ours ends (`mosquitto` says why). A child that ends is replaced; one that does not keep our
rules is ended.
"""

import logging
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edge.devices.access import Account
from edge.devices.broker import PROBE_EVERY_S, READY_WITHIN_S, RELOADED_WITHIN_S, RETRY_S, Broker, files_writable
from edge.devices.mosquitto import Listeners, Mosquitto, configuration, find_mosquitto, lay_out, put
from edge.devices.rules import POLL_S, Rules, State
from edge.errors import ConfigError, EdgeError, Unavailable

log = logging.getLogger(__name__)

STALE_WITHIN_S = 4.0


class BrokerChild(Broker):
    """Runs from `start` to `stop`; its files live in a folder of its own that nobody else can read."""

    vital = True

    def __init__(self, listeners: Listeners, data: Path, accounts: Sequence[Account]) -> None:
        super().__init__(listeners, data, accounts)
        self._child: Mosquitto | None = None
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
            shutil.rmtree(self._own, ignore_errors=True)
        if self._keeper.ident is not None:
            self._keeper.join()

    def is_alive(self) -> bool:
        """Tell whether the child runs."""
        return self._child is not None and self._child.is_alive()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._child.pid if self._child else None

    # the keeper's thread

    def _keep(self) -> None:
        try:
            self._begin()
        except EdgeError as error:
            shutil.rmtree(self._own, ignore_errors=True)
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
        """Start from an empty folder. What a killed start of ours left behind is ended first: its broker may still hold the ports."""
        with self._guard, files_writable():
            if self._stopping.is_set():
                return
            binary = find_mosquitto()
            _end_stale(self._own)
            for port in (self._listeners.port, self._listeners.ws_port):
                _require_free(self._listeners.host, port)
            self._rules = Rules.made(self._rules.accounts, self.password)
            lay_out(self._own, {**self._rules.files, "mosquitto.conf": configuration(self._own, self._listeners)}, self._user)
            self._child = Mosquitto(binary, self._own / "mosquitto.conf", self._user)
            put(self._own / "pid", str(self._child.pid), self._user)
            try:
                self._wait_ready(self._child)
            except EdgeError:
                self._child.end()
                raise

    def _wait_ready(self, child: Mosquitto) -> None:
        """Ready is: alive, both listeners answer, the newest canary is let in, a wrong password and a forbidden message are refused."""
        port = self._listeners.port
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            state = self._rules.state(self._listeners)
            if not child.is_alive():
                raise Unavailable(f"Mosquitto ended at once: {child.last_words()}")
            if state is State.IN_FORCE:
                return
            if state is State.OTHER:
                raise Unavailable(f"another broker answers on port {port}: stop it or choose another port")
            if state is State.OPEN:
                raise Unavailable(f"the broker on port {port} does not keep our rules: it is not used")
            self._stopping.wait(POLL_S)
        raise Unavailable(f"Mosquitto did not become ready within {READY_WITHIN_S:.0f} s: {child.last_words()}")

    def _probe(self, child: Mosquitto) -> None:
        """Ask again now and then: a hand-edited file and a SIGHUP from outside would open everything.

        Some damage closes more than it should, which the canary cannot feel: so the files are looked at, too.
        """
        with self._guard:
            if self._stopping.is_set():
                return
            if not self._has_whole_files():
                self._alarm("broker's files are not as they were written, starting it again")
                child.end()
            elif not self._rules.wait_in_force(self._listeners, RELOADED_WITHIN_S, self._stopping) and not self._stopping.is_set():
                self._alarm("broker does not keep its rules, starting it again")
                child.end()

    def _has_whole_files(self) -> bool:
        try:
            return all((self._own / name).read_text(encoding="utf-8") == text for name, text in self._rules.files.items())
        except (OSError, ValueError):
            return False

    # what `reload` needs

    def _write(self, rules: Rules) -> None:
        for name, text in rules.files.items():
            put(self._own / f"{name}.new", text, self._user)
        for name in rules.files:
            (self._own / f"{name}.new").replace(self._own / name)

    def _ask_reload(self) -> None:
        if self._child:
            self._child.reload()

    def _put_right(self) -> None:
        if self._child:
            self._child.end()  # the keeper starts the next one


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
