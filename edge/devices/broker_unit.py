"""Mosquitto as a unit of systemd: we write its files and ask for a reload or a restart, systemd acts; decision 0008.

We never signal it, and it does not end with us: devices stay connected while the server is started again. The server goes on without it, because
kiosks and desks work over HTTP. Nothing tells us that a wish was carried out but the broker itself: the canary's newest password is let in.
"""

import errno
import logging
import os
import stat
import threading
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from edge import durable
from edge.devices.access import Account
from edge.devices.broker import PROBE_EVERY_S, READY_WITHIN_S, RELOADED_WITHIN_S, RETRY_S, Broker, files_writable
from edge.devices.mosquitto import Listeners, configuration
from edge.devices.rules import POLL_S, Rules, State
from edge.errors import EdgeError

log = logging.getLogger(__name__)

START_WAITS_S = 3.0
ASK_EVERY_S = 60.0  # of a broker that stays wrong: one that is not ours will not become ours by asking faster
FILE_MODE = 0o640  # the folder's group is the broker's, and setgid gives it to each file
PATIENCE_S = {State.OTHER: RELOADED_WITHIN_S, State.OPEN: RELOADED_WITHIN_S, State.SILENT: READY_WITHIN_S}


class Wish(StrEnum):
    """What is asked of systemd; the file of this name in the folder is watched by `edge-broker-….path`."""

    RELOAD = "reload"
    RESTART = "restart"


LADDER = {Wish.RELOAD: (Wish.RELOAD, Wish.RELOAD, Wish.RESTART), Wish.RESTART: (Wish.RESTART,)}  # a wish made while one is carried out is lost


class BrokerUnit(Broker):
    """``folder`` is the unit's, made by the installation. One keeper thread brings broker and files together, and looks at them each minute."""

    vital = False

    def __init__(self, listeners: Listeners, data: Path, folder: Path, accounts: Sequence[Account]) -> None:
        super().__init__(listeners, data, accounts)
        self._folder = folder
        self._configuration = configuration(folder, listeners)
        self._is_tried = False
        self._state: State | None = None
        self._asked_at: float | None = None
        self._said = ""
        self._looked = threading.Event()
        self._doubted = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="broker-keeper", daemon=True)

    def start(self) -> None:
        """Begin to put our rules in force; returns when they are, or after a few seconds when there is no broker yet."""
        self._keeper.start()
        self._looked.wait(START_WAITS_S)

    def stop(self) -> None:
        """Leave it running: devices stay, and hear from our last word that we are gone."""
        self._stopping.set()
        self._doubted.set()
        if self._keeper.ident is not None:
            self._keeper.join()

    def is_alive(self) -> bool:
        """Tell whether it proved to be ours when it was asked last."""
        return self._state is State.IN_FORCE

    def is_proven(self) -> bool:
        """Ask it; if it cannot prove itself, the keeper is woken."""
        self._state = self._look()
        if not self.is_alive():
            self._doubted.set()
        return self.is_alive()

    # the keeper's thread

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._doubted.clear()
            try:
                self._state = self._round()
                fault = self._fault(self._state)
            except EdgeError as error:
                self._state, fault = State.SILENT, str(error)
            self._say(fault)
            if not fault:
                self._looked.set()
                self._doubted.wait(PROBE_EVERY_S)
            self._stopping.wait(RETRY_S if fault else 0)

    def _round(self) -> State:
        """Look once, and if something is wrong, ask for what may put it right, each time waiting for the proof."""
        found = self._look()
        wish = self._lay_down()
        if wish is None:
            if found is State.SILENT:
                found = self._settled()  # it may be starting
            if found is State.IN_FORCE:
                self._asked_at = None
                return found
            if self._asked_at is not None and time.monotonic() - self._asked_at < ASK_EVERY_S:
                return found
            wish = Wish.RELOAD if found is State.OTHER else Wish.RESTART
        if found is State.OPEN:
            self._alarm("broker lets through what its rules forbid, a restart is asked for")
            wish = Wish.RESTART
        self._asked_at = time.monotonic()
        for step in LADDER[wish]:
            self._ask(step)
            found = self._settled()
            if found is State.IN_FORCE:
                self._asked_at = None
            if found is State.IN_FORCE or self._stopping.is_set():
                break
        return found

    def _look(self) -> State:
        return self._rules.state(self._listeners)

    def _settled(self) -> State:
        """Wait for the proof as long as the answers give hope: while they change, and for the time that each one deserves."""
        found, since = self._look(), time.monotonic()
        while found is not State.IN_FORCE and time.monotonic() - since < PATIENCE_S[found] and not self._stopping.is_set():
            self._stopping.wait(POLL_S)
            before, found = found, self._look()
            if found is not before:
                since = time.monotonic()
        return found

    def _lay_down(self) -> Wish | None:
        """Make the files what they should be; returns what must be asked for if they were not."""
        with self._guard, files_writable():
            if not self._is_tried:
                self._try_out(self._rules)
                self._is_tried = True
            wish = Wish.RELOAD if self._write_changed(self._rules.files) else None
            return Wish.RESTART if self._write_changed({"mosquitto.conf": self._configuration}) else wish

    def _fault(self, state: State) -> str:
        port = self._listeners.port
        return {
            State.IN_FORCE: "",
            State.SILENT: f"no broker answers on port {port}: see `systemctl status edge-broker`",
            State.OTHER: f"the broker on port {port} does not take our rules, it is not used: stop it if it is not edge-broker.service",
            State.OPEN: f"the broker on port {port} does not keep our rules, it is not used: stop it if it is not edge-broker.service",
        }[state]

    def _say(self, fault: str) -> None:
        if fault != self._said:
            if fault:
                log.error("serving without a broker: %s", fault)
            else:
                log.info("broker is there again, with our rules")
            self._said = fault

    # what `reload` needs

    def _write(self, rules: Rules) -> None:
        self._write_changed(rules.files)

    def _ask_reload(self) -> None:
        self._ask(Wish.RELOAD)

    def _put_right(self) -> None:
        self._state = None
        self._doubted.set()  # the keeper has more time than the caller

    def _write_changed(self, files: dict[str, str]) -> bool:
        """Write those that are not as they should be, and tell whether there were any. All are there before the first takes its place."""
        changed = {name: text for name, text in files.items() if not _holds(self._folder / name, text)}
        fresh = {self._folder / f"{name}.new": self._folder / name for name in changed}
        try:
            for path, text in zip(fresh, changed.values(), strict=True):
                _write_shared(path, text)
            for path, target in fresh.items():
                path.replace(target)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            for path in fresh:
                path.unlink(missing_ok=True)
            for name, text in changed.items():  # into the blocks that the old one has: a broker that reads it half does not start, nor opens anything
                _write_shared(self._folder / name, text)
        if changed:
            durable.sync(self._folder)  # after a power cut the broker starts with whole files, before us
        return bool(changed)

    def _ask(self, wish: Wish) -> None:
        """Close the file after writing: that is what a path unit sees. Its content is for people: when it was asked last."""
        log.info("a %s of the broker is asked for", wish)
        with files_writable():
            _write_shared(self._folder / wish, f"{time.time_ns()}\n")


def _holds(path: Path, text: str) -> bool:
    """What the broker cannot read is not held, either, and is written anew."""
    try:
        return path.read_bytes() == text.encode() and stat.S_IMODE(path.stat().st_mode) == FILE_MODE
    except OSError:
        return False


def _write_shared(path: Path, text: str) -> None:
    """Cut to its length after writing, not before: on a full disk, blocks that are let go do not come back."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE), "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)  # whatever the umask
        file.write(text.encode())
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
