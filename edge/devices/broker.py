"""Mosquitto as our child: generated configuration, never a stranger's broker, gone when we are gone.

Start it on a thread that lives as long as the process: PR_SET_PDEATHSIG fires when the *thread* that forked ends. The signal is set after the
change of user, because a change of credentials clears it. It is SIGTERM: Mosquitto then still handles the end of our connection, so that our
last will goes out before it ends.
"""

import ctypes
import hashlib
import logging
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.devices import access, handshake
from edge.devices.access import Account
from edge.errors import ConfigError, Unavailable

log = logging.getLogger(__name__)

READY_WITHIN_S = 10.0
STOP_WITHIN_S = 4.0
_PR_SET_PDEATHSIG = 1
_UNPRIVILEGED = ("mosquitto", "nobody")


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where the broker listens. Mosquitto 2.0 may bind the WebSocket listener to all addresses whatever it is told: firewall it."""

    host: str
    port: int
    ws_port: int

    @property
    def local(self) -> str:
        """The address under which this machine reaches the broker."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host  # noqa: S104 -- compared, not bound


def find_mosquitto() -> str:
    """Return the path of the Mosquitto binary. Raises ConfigError when it is not installed."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise ConfigError("Mosquitto is not installed: run `apt-get install mosquitto` (the package's own service is not needed)")
    return found


class Broker:
    """One Mosquitto child. ``accounts`` always has the server's, whose password is new at each start of ours. `start` and `ensure` belong to one long-lived thread; `stop` may come from any."""

    def __init__(self, listeners: Listeners, data: Path, accounts: Callable[[], Sequence[Account]]) -> None:
        self._listeners = listeners
        self._accounts = accounts
        self._binary = ""
        self._user = _unprivileged() if os.getuid() == 0 else None
        self._folder = _runtime_folder(data, privileged=self._user is not None)
        self._child: subprocess.Popen[bytes] | None = None
        self._said: deque[str] = deque(maxlen=20)
        self._guard = threading.Lock()
        self._stopping = False

    def start(self) -> None:
        """Start the child and wait until it proves to be ours. Raises ConfigError (port, binary) or Unavailable."""
        self._binary = find_mosquitto()
        accounts = self._accounts()
        proof = next(account for account in accounts if account.user == access.SERVER)
        self._write_files(accounts)
        for port in (self._listeners.port, self._listeners.ws_port):
            _require_free(self._listeners.host, port)
        self._said.clear()
        self._child = subprocess.Popen(  # noqa: S603 -- our own configuration
            [self._binary, "-c", str(self._folder / "mosquitto.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid()),
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        threading.Thread(target=self._listen, args=(self._child,), name="broker-log", daemon=True).start()
        self._wait_ready(proof)

    def ensure(self) -> bool:
        """Start the child again if it died; tell whether that was needed. Raises what `start` raises."""
        with self._guard:
            if self._stopping or self.is_alive():
                return False
            log.error("broker died, starting it again last_words=%r", self._last_words())
            self._reap()
            self.start()
            return True

    def is_alive(self) -> bool:
        """Tell whether the child runs."""
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """End the child and remove its files."""
        with self._guard:
            self._stopping = True
            self._reap()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _reap(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _wait_ready(self, proof: Account) -> None:
        """Ready is: both listeners answer to a password of this start, and a wrong one is refused."""
        deadline = time.monotonic() + READY_WITHIN_S
        host = self._listeners.local
        while time.monotonic() < deadline:
            if not self.is_alive():
                raise Unavailable(f"Mosquitto ended at once: {self._last_words()}")
            answers = handshake.connack(host, self._listeners.port, proof.user, proof.password)
            if answers is handshake.Answer.ACCEPTED:
                if handshake.connack(host, self._listeners.port, proof.user, "wrong") is not handshake.Answer.REFUSED:
                    raise Unavailable(f"the broker on port {self._listeners.port} accepts a wrong password: it is not ours")
                if handshake.upgrades(host, self._listeners.ws_port):
                    return
            if answers is handshake.Answer.REFUSED:
                raise Unavailable(f"another broker answers on port {self._listeners.port}: stop it or choose another port")
            threading.Event().wait(0.02)
        self._reap()
        raise Unavailable(f"Mosquitto did not become ready within {READY_WITHIN_S:.0f} s: {self._last_words()}")

    def _write_files(self, accounts: Sequence[Account]) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        passwords, rules = self._folder / "passwords", self._folder / "acl"
        files = {
            passwords: access.password_file(accounts),
            rules: access.acl_file(accounts),
            self._folder / "mosquitto.conf": _configuration(self._listeners, passwords, rules),
        }
        for path, text in files.items():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(text)
        if self._user:
            for path in (self._folder, *files):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        """Keep the broker's last words, and pass its warnings on."""
        assert child.stderr  # noqa: S101 -- opened with PIPE above
        for line in child.stderr:
            text = line.decode(errors="replace").strip().partition(": ")[2]
            self._said.append(text)
            log.info("broker says %s", text)

    def _last_words(self) -> str:
        errors = [text for text in self._said if "rror" in text]
        return (errors or list(self._said) or ["it said nothing"])[-1]


def _configuration(listeners: Listeners, passwords: Path, rules: Path) -> str:
    """The whole configuration. The plain listener comes first: 2.0.11 refuses to start with WebSocket listeners alone."""
    return "\n".join(
        (
            "per_listener_settings false",
            "allow_anonymous false",
            f"password_file {passwords}",
            f"acl_file {rules}",
            "persistence false",
            "set_tcp_nodelay true",
            "max_queued_messages 5000",
            "max_packet_size 65536",
            "sys_interval 0",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "connection_messages false",
            f"listener {listeners.port} {listeners.host}",
            f"listener {listeners.ws_port} {listeners.host}",
            "protocol websockets",
            "",
        )
    )


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} for the broker cannot be used: {error.strerror}; stop what uses it or choose another"
            ) from error


def _runtime_folder(data: Path, *, privileged: bool) -> Path:
    """As root the broker runs as another user, who may not be able to reach the data directory."""
    if not privileged:
        return data / "broker"
    return Path("/run/kezek-edge") / hashlib.sha256(str(data).encode()).hexdigest()[:16]


def _unprivileged() -> pwd.struct_passwd:
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ConfigError(f"the broker must not run as root, and none of the users {', '.join(_UNPRIVILEGED)} exists")


def _dies_with(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent ended between fork and prctl
            os._exit(1)

    return prepare
