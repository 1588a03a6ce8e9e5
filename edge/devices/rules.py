"""What the broker lets through: its files made from accounts, tried out before they are used, and the proof that they are in force.

They fail closed: new files are tried in a throw-away broker before they replace the old ones, because Mosquitto 2.0.11 that reloads an ACL file
with one bad line allows everything to everyone. Whether a broker is ours is never believed, always asked: by the canary, who may log in and do
nothing.
"""

import secrets
import shutil
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Self

from edge.devices import access, handshake
from edge.devices.access import Account
from edge.devices.handshake import Answer
from edge.devices.mosquitto import Listeners, Mosquitto, User, configuration, find_mosquitto, lay_out
from edge.errors import Unavailable

TRIED_WITHIN_S = 10.0
POLL_S = 0.02


class State(Enum):
    """What the broker on our ports says of a set of rules."""

    IN_FORCE = auto()
    OTHER = auto()  # it refuses the canary of this set: it has an older one, or is not ours
    OPEN = auto()  # it lets through what nobody may: its rules are broken, or it is not ours
    SILENT = auto()  # nobody answers, or not on both listeners yet


@dataclass(frozen=True, slots=True)
class Rules:
    """One set: who may log in and do what. ``files`` by name; the canary's password is new with each set and so says which one is in force."""

    accounts: tuple[Account, ...]
    canary: str = field(repr=False)
    files: dict[str, str] = field(repr=False)

    @classmethod
    def made(cls, accounts: Sequence[Account], password: str) -> Self:
        """Make a set for ``accounts``, the server with ``password``, and the canary."""
        canary = secrets.token_urlsafe(24)
        everyone = (access.server(password, accounts), access.canary(canary), *accounts)
        return cls(tuple(accounts), canary, {"passwords": access.password_file(everyone), "acl": access.acl_file(everyone)})

    def state(self, listeners: Listeners) -> State:
        """Ask the broker. No answer is never taken for a good one."""
        host, port = listeners.local, listeners.port
        first = handshake.connack(host, port, access.CANARY, self.canary)
        if first is not Answer.ACCEPTED:
            return State.OTHER if first is Answer.REFUSED else State.SILENT
        forbidden = (
            handshake.connack(host, port, access.SERVER, "wrong"),
            handshake.publish(host, port, access.CANARY, self.canary, access.CANARY),
        )
        if Answer.ACCEPTED in forbidden:
            return State.OPEN
        if Answer.NONE in forbidden or not handshake.upgrades(host, listeners.ws_port):
            return State.SILENT
        return State.IN_FORCE

    def wait_in_force(self, listeners: Listeners, within_s: float, stopping: threading.Event) -> bool:
        """Ask until they are in force or the time is up."""
        deadline = time.monotonic() + within_s
        while (state := self.state(listeners)) is not State.IN_FORCE and time.monotonic() < deadline and not stopping.is_set():
            stopping.wait(POLL_S)
        return state is State.IN_FORCE

    def try_out(self, folder: Path, user: User | None, stopping: threading.Event) -> None:
        """Start a throw-away broker with this set: at a start, other than at a reload, Mosquitto refuses a bad one.

        Raises Unavailable with Mosquitto's words, ConfigError when it is not installed.
        """
        listeners = Listeners("127.0.0.1", free_port(), free_port())
        lay_out(folder, {**self.files, "mosquitto.conf": configuration(folder, listeners)}, user)
        trial = Mosquitto(find_mosquitto(), folder / "mosquitto.conf", user)
        try:
            deadline = time.monotonic() + TRIED_WITHIN_S
            while handshake.connack(listeners.host, listeners.port, access.CANARY, self.canary) is not Answer.ACCEPTED:
                if not trial.is_alive() or time.monotonic() > deadline:
                    raise Unavailable(f"the broker refuses its new rules: {trial.last_words()}; the old ones stay in force")
                stopping.wait(POLL_S)
        finally:
            trial.end()
            shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
