"""Who may read and write what on the broker: accounts to a password file and an ACL file, generated whole.

A bad line in a reloaded ACL file makes Mosquitto 2.0 allow everything, so no text reaches these files but our own topics and ids that match
`topics.LEVEL`; `acl_file` refuses any other.
"""

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from edge.devices import topics
from edge.queueing.registry import Device, Kind

SERVER, MONITOR, CANARY = "server", "monitor", "canary"
_ITERATIONS = 101  # mosquitto_passwd's own; secrets are 192 random bits, so stretching adds nothing


@dataclass(frozen=True, slots=True)
class Account:
    """A broker user with what it may write and read."""

    user: str
    password: str = field(repr=False)
    write: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


def server(password: str, others: Iterable[Account] = ()) -> Account:
    """The server's own account: all of our tree, and of other makers' topics those that one of ``others`` may use."""
    foreign = [topic for account in others for topic in (*account.write, *account.read) if not topic.startswith(f"{topics.PREFIX}/")]
    tree = (f"{topics.PREFIX}/#", *dict.fromkeys(foreign))
    return Account(SERVER, password, write=tree, read=tree)


def monitor(password: str) -> Account:
    """Reads the whole tree, writes nothing."""
    return Account(MONITOR, password, read=(f"{topics.PREFIX}/#",))


def canary(password: str) -> Account:
    """May do nothing: what it is refused proves that the rules are in force."""
    return Account(CANARY, password)


def device(entry: Device, password: str) -> Account:
    """A device's account: its own topics, and what its kind shows."""
    own = entry.device
    write = [topics.DEV_STATUS, topics.DEV_ABOUT, topics.DEV_EVENT, topics.DEV_STAT, topics.DEV_REPLY, topics.DEV_ISSUE]
    read = [topics.DEV_ACK, topics.DEV_CMD, topics.DEV_CONFIG, topics.DEV_RENDER, topics.DEV_ISSUED]
    return Account(
        own,
        password,
        write=tuple(topic.of(own) for topic in write),
        read=(*(topic.of(own) for topic in read), f"{topics.PREFIX}/srv/#", *_shown(entry)),
    )


def password_file(accounts: Iterable[Account]) -> str:
    """Return the password file in mosquitto_passwd's `$7$` format (PBKDF2-HMAC-SHA512)."""
    return "".join(f"{account.user}:{_hashed(account.password)}\n" for account in accounts)


def acl_file(accounts: Iterable[Account]) -> str:
    """Return the ACL file. Without a rule a topic is denied. Raises ValueError for a user who could break a line."""
    lines: list[str] = []
    for account in accounts:
        if not topics.LEVEL.fullmatch(account.user):
            raise ValueError(f"account {account.user!r}: must be [a-z0-9-], 1 to 32 characters")
        lines.append(f"user {account.user}")
        lines += [f"topic write {topic}" for topic in account.write]
        lines += [f"topic read {topic}" for topic in account.read]
        if not account.write and not account.read:
            lines.append("topic deny #")
        lines.append("")
    return "\n".join(lines)


def _shown(entry: Device) -> tuple[str, ...]:
    match entry.kind:
        case Kind.BUTTON | Kind.LED | Kind.DESK:
            return (topics.DESK_STATE.of(entry.desk),) if entry.desk else ()
        case Kind.BOARD | Kind.SPEAKER:
            return (topics.BOARD_STATE.pattern, topics.BOARD_CALL.pattern)
        case Kind.KIOSK | Kind.PRINTER:
            return (topics.KIOSK_STATE.pattern,)
        case never:
            assert_never(never)


def _hashed(password: str) -> str:
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
