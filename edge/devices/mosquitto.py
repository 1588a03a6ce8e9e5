"""One Mosquitto process: found, configured, started as a child that ends when we end.

The thread that starts it must live as long as the process should: PR_SET_PDEATHSIG fires when the *thread* that forked ends. The signal is set
after the change of user, because a change of credentials clears it. It is SIGTERM: Mosquitto then mostly sends our last will before it ends.
"""

import ctypes
import logging
import os
import pwd
import re
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ConfigError

log = logging.getLogger(__name__)

STOP_WITHIN_S = 4.0
LAST_WORDS_WITHIN_S = 1.0
_PR_SET_PDEATHSIG = 1
_STAMP = re.compile(r"^\d+: ")  # seconds since 1970, on every line but the first ones
_UNPRIVILEGED = ("mosquitto", "nobody")

User = pwd.struct_passwd


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
    found = shutil.which("mosquitto")
    if found is None:
        raise ConfigError("Mosquitto is not in PATH: run `apt-get install mosquitto` (its own service is not needed); PATH must have /usr/sbin")
    return found


def configuration(folder: Path, listeners: Listeners) -> str:
    """Return the whole configuration. The plain listener comes first: 2.0.11 refuses to start with WebSocket listeners alone.

    ``max_queued_messages`` is far above the number of retained topics, so that a slow subscriber gets all of them.
    """
    return "\n".join(
        (
            "per_listener_settings false",
            "allow_anonymous false",
            f"password_file {folder / 'passwords'}",
            f"acl_file {folder / 'acl'}",
            "persistence false",
            "set_tcp_nodelay true",
            "max_queued_messages 5000",
            "message_size_limit 65536",
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


def other_user() -> User | None:
    """Return whom the broker must run as instead of root; None when we are not root. Raises ConfigError when there is nobody."""
    if os.getuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ConfigError(f"the broker must not run as root, and none of the users {', '.join(_UNPRIVILEGED)} exists")


def lay_out(folder: Path, files: Mapping[str, str], user: User | None) -> None:
    """Make a folder anew with these files in it, for nobody but whom the broker runs as. Raises OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    if user:
        folder.parent.mkdir(exist_ok=True)
        folder.parent.chmod(0o755)  # whatever the umask: the broker's user must get through
    folder.mkdir(mode=0o700)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    for name, text in files.items():
        put(folder / name, text, user)


def put(path: Path, text: str, user: User | None) -> None:
    """Write one file of the broker, for nobody else. Raises OSError."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


class Mosquitto:
    """A started process. ``ended`` is set once it is gone and its last words are read."""

    def __init__(self, binary: str, configuration_file: Path, user: User | None) -> None:
        self.ended = threading.Event()
        self._said: deque[str] = deque(maxlen=20)
        self._process = subprocess.Popen(
            [binary, "-c", str(configuration_file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"},  # it would speak to systemd in our name
            start_new_session=True,  # a SIGINT to our group must not end it before the offline status is out
            preexec_fn=dies_with(os.getpid()),  # noqa: PLW1509 -- calls nothing but prctl and getppid
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        threading.Thread(target=self._read, name="broker-log", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return self._process.poll() is None

    def reload(self) -> None:
        """Let it read its password and ACL files again. A bad line in the ACL file would make it allow everything: check them before."""
        self._process.send_signal(signal.SIGHUP)

    def end(self) -> None:
        """End it, at last by force; returns when it is gone."""
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.ended.wait(LAST_WORDS_WITHIN_S)

    def last_words(self) -> str:
        """Return its last error, or what it said last."""
        self.ended.wait(0 if self.is_alive() else LAST_WORDS_WITHIN_S)
        said = list(self._said)
        errors = [text for text in said if "rror" in text]
        return "; ".join(errors[-2:] or said[-1:]) or "it said nothing"  # what is wrong, and the next line says where

    def _read(self) -> None:
        stream = self._process.stderr
        assert stream  # noqa: S101 -- opened with PIPE above
        with stream:
            for line in stream:
                text = _STAMP.sub("", line.decode(errors="replace").strip())
                self._said.append(text)
                log.info("broker says %s", text)
        self._process.wait()
        self.ended.set()


def dies_with(parent: int) -> Callable[[], None]:
    """Return what a child does between fork and exec so that it gets SIGTERM when the thread of ``parent`` that forked it ends."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent ended between fork and prctl
            os._exit(1)

    return prepare
