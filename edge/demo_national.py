"""The national side of the demo: a reference server of its own as a child, or one that somebody else runs, and the switch on the way to it.

What was chosen is kept in `national.json`, mode 0600, so that the next start is the same. The child dies with the thread that forked it
(`devices/mosquitto` says why), so one keeper thread starts every process of it and lives until ours ends.
"""

import json
import logging
import os
import random
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from edge.devices.mosquitto import dies_with
from edge.errors import ConfigError, Unavailable
from edge.link_switch import LinkSwitch
from edge.operations.keys import Keys

log = logging.getLogger(__name__)

OWN, OFF = "own", "off"
PORTS = range(20_000, 30_000)  # below those that the kernel lends to outgoing connections: what is free now stays so until we listen
ENROLS_WITHIN_S = 30.0
ENDS_WITHIN_S = 4.0
AGAIN_AFTER_S = 1.0
COMMAND = (sys.executable, "-m", "edge.cli", "national")
BEHIND = ("nice", "-n", "4")  # on one machine the hall comes first: in the country these are two


@dataclass(frozen=True, slots=True)
class Choice:
    """What is kept from start to start. ``which``: own, off, or the address of somebody else's server; ``own_*`` are of the demo's own."""

    which: str = OWN
    token: str = field(default="", repr=False)
    own_token: str = field(default="", repr=False)
    own_person_key: str = field(default="", repr=False)
    own_port: int = 0
    link_port: int = 0


@dataclass(frozen=True, slots=True)
class National:
    """A server that the demo is linked with. ``url``: its own address; ``through``: the one that the box uses, by way of ``link`` if there is one."""

    url: str
    through: str
    token: str = field(repr=False)
    person_key: str = field(repr=False)
    link: LinkSwitch | None
    is_own: bool = False

    def described(self) -> dict[str, str]:
        """`demo.json` ``national``."""
        return {"url": self.url, "token": self.token, "person_key": self.person_key}


@contextmanager
def opened(data: Path, wish: str | None, token: str | None, keys: Keys, centre: str) -> Iterator[National | None]:
    """Have the wished server (None: that of the last start, at first our own) while the block lasts; None when there is to be none.

    Raises ConfigError or Unavailable.
    """
    choice = _chosen(_kept(data), wish, token)
    if choice.which == OFF:
        _keep(data, choice)
        yield None
        return
    own = data / "national"
    if choice.which == OWN and not choice.own_token:
        choice = _enrolled(choice, own, centre)
    choice = replace(choice, own_port=_free_port(choice.own_port), link_port=_free_port(choice.link_port))
    _keep(data, choice)
    if choice.which == OWN:
        url, given = f"http://127.0.0.1:{choice.own_port}", choice.own_token
    else:
        url, given = choice.which, choice.token
    person_key = choice.own_person_key or b64encode(keys.derive("demo-person-key")).decode()
    with _child(own, choice.own_port) if choice.which == OWN else _nobody(), _switch(url, choice.link_port) as (link, through):
        yield National(url, through, given, person_key, link, is_own=choice.which == OWN)


def _chosen(kept: Choice, wish: str | None, token: str | None) -> Choice:
    if wish is None:
        return kept
    if wish in (OWN, OFF):
        return replace(kept, which=wish)
    return replace(kept, which=wish.rstrip("/"), token=token or "")


def _enrolled(choice: Choice, folder: Path, centre: str) -> Choice:
    """Let the demo's own server know the centre; what it prints is shown by it only once."""
    command = [*COMMAND, "--data", str(folder), "--enrol", centre]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ENROLS_WITHIN_S, check=False)
    try:
        given = json.loads(done.stdout)
        return replace(choice, own_token=given["token"], own_person_key=given["person_key"])
    except (ValueError, KeyError):
        raise Unavailable(f"the demo's national server could not be made: {done.stderr.strip() or done.stdout.strip() or done.returncode}") from None


@contextmanager
def _switch(url: str, port: int) -> Iterator[tuple[LinkSwitch | None, str]]:
    """Put the switch before a server of plain HTTP; a certificate names its host, so one of HTTPS is reached without."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        yield None, url
        return
    link = LinkSwitch(port, (parts.hostname, parts.port or 80), url)
    link.start()
    try:
        yield link, f"http://127.0.0.1:{port}{parts.path}"
    finally:
        link.stop()


@contextmanager
def _nobody() -> Iterator[None]:
    yield


@contextmanager
def _child(folder: Path, port: int) -> Iterator[None]:
    """Keep `edge national` running while the block lasts; nobody waits for it, as the box waits for no national server either."""
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep_alive, args=(folder, port, stopping), name="national-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep_alive(folder: Path, port: int, stopping: threading.Event) -> None:
    while not stopping.is_set():
        process = subprocess.Popen(
            [*BEHIND, *COMMAND, "--data", str(folder), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name not in ("NOTIFY_SOCKET", "EDGE_DATA")},
            start_new_session=True,  # a SIGINT to our group is for us: the box says its last words to a server that is still there
            preexec_fn=dies_with(os.getpid()),  # noqa: PLW1509 -- calls nothing but prctl and getppid
        )
        while process.poll() is None and not stopping.wait(0.1):
            pass
        if stopping.is_set():
            _end(process)
            return
        log.warning("the demo's national server ended, starting it again status=%s", process.returncode)
        stopping.wait(AGAIN_AFTER_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _kept(data: Path) -> Choice:
    path = data / "national.json"
    try:
        return Choice(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Choice()
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}): remove it, and the demo's national server is enrolled anew") from error


def _keep(data: Path, choice: Choice) -> None:
    fresh = data / "national.json.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(choice), file, indent=1)
    fresh.replace(data / "national.json")


def _free_port(last: int) -> int:
    """Return the port of the last start; at the first, and when somebody else has taken it, one that is free."""
    wanted = [last] if last else []
    return next(port for port in (*wanted, *random.sample(PORTS, len(PORTS))) if is_free("127.0.0.1", port))


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
