"""`edge doctor --bundle`: one file for whoever helps from afar, without personal data and without secrets.

What goes in is named here, never what stays out: no file of the data directory but `edge.toml`, no row of the database, only counts. The server's own
lines hold neither by rule (architecture, rule 5); logins of staff and the tokens of tickets' links are blacked out in all texts all the same.
"""

import io
import json
import platform
import re
import tarfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from edge import __version__, config, machine, setup
from edge.config import Paths
from edge.errors import EdgeError, Unavailable
from edge.finding import Finding
from edge.store import sizes

LOG_LINES = "2000"
BLACK = "[…]"
_TOKENS = re.compile(r"(?<=/t/)[^\s'\"?]+")
_SECRET = re.compile(r"""^(\s*(?:token|person_key)\s*=\s*)(?!""\s*$)\S.*$""", re.MULTILINE)

AsRoot = Callable[[], AbstractContextManager[None]]


def make(data: Path, file: Path, findings: Sequence[Finding], as_root: AsRoot = nullcontext) -> list[str]:
    """Write the bundle; returns the names of what is in it. ``as_root``: for what only root may read or write. Raises Unavailable."""
    paths = Paths(data)
    hidden = _logins(paths)
    texts = dict(_texts(paths, findings))  # as the owner of the data: whatever SQLite makes beside the database must be the server's
    with as_root():
        texts |= _log()
        try:
            with tarfile.open(file, "w:gz") as tar:
                for name, text in texts.items():
                    raw = blacked(text, hidden).encode()
                    info = tarfile.TarInfo(f"kezek-support/{name}")
                    info.size, info.mode = len(raw), 0o600
                    tar.addfile(info, io.BytesIO(raw))
        except OSError as error:
            raise Unavailable(f"the bundle cannot be written to {file}: {error.strerror or error}") from error
    return list(texts)


def blacked(text: str, hidden: Sequence[str]) -> str:
    """Return the text without the words in ``hidden`` and without tokens of tickets' links."""
    text = _TOKENS.sub(BLACK, text)
    for word in hidden:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", BLACK, text)
    return text


def _texts(paths: Paths, findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    yield "doctor.txt", "".join(f"{each.mark:7} {each.sentence}\n" for each in findings)
    yield "versions.txt", f"kezek-edge {__version__}\nPython {platform.python_version()}\n{platform.platform()}\n{_read(Path('/etc/os-release'))}"
    yield "edge.toml", _without_secrets(_read(paths.config))
    yield "healthz.json", _health(paths)
    yield "tables.json", json.dumps(_tables(paths), indent=1)
    yield "files.txt", "".join(_files(paths.data))
    yield "machine.txt", _machine(paths)


def _log() -> dict[str, str]:
    """Return the states of our units and their last lines; nothing where no systemd runs."""
    if not machine.SYSTEMD.is_dir():
        return {}
    names = [word for unit in machine.UNITS for word in ("--unit", unit)]
    return {
        "units.txt": machine.said("systemctl", "--no-pager", "--full", "--lines=0", "status", *machine.UNITS),
        "log.txt": machine.said("journalctl", "--no-pager", "--no-hostname", "--output=short-iso", "--lines", LOG_LINES, *names),
    }


def _logins(paths: Paths) -> list[str]:
    """Return the logins of all members of staff, the longest first. A role's own name is no secret, and health and doctor need their words."""
    with suppress(EdgeError), setup.opened(paths.data) as database:
        logins = {member.login for member in database.committed.hall.members.values()}
        return sorted(logins - {"administrator"}, key=len, reverse=True)
    return []


def _tables(paths: Paths) -> dict[str, object]:
    try:
        with setup.opened(paths.data) as database:
            head = database.committed.head
            return {"head": {"epoch": head.epoch, "seq": head.seq, "hash": head.hash}, "rows": sizes.rows(database)}
    except EdgeError as error:
        return {"error": str(error)}


def _health(paths: Paths) -> str:
    try:
        url = f"http://127.0.0.1:{config.load(paths.config).http.port}/healthz"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except (OSError, EdgeError) as error:
        return json.dumps({"error": str(error)})


def _files(folder: Path) -> Iterator[str]:
    """Name every file with its size; of devices, tickets and people no file has a name."""
    for path in sorted(folder.rglob("*")):
        with suppress(OSError):
            if path.is_file():
                yield f"{path.stat().st_size:12} {path.relative_to(folder)}\n"


def _machine(paths: Paths) -> str:
    temperature, memory = machine.celsius(), machine.memory()
    lines = [
        f"memory (MiB available, total): {memory}",
        f"temperature: {temperature}",
        f"power: {machine.throttled() or 'nothing to say'}",
        machine.said("df", "-h", str(paths.data)),
        machine.said("timedatectl", "show"),
        machine.said("chronyc", "-n", "tracking"),
        machine.said("uptime"),
    ]
    return "\n".join(lines)


def _without_secrets(text: str) -> str:
    """Return `edge.toml` without what proves to the country who this centre is, also when it is no valid TOML."""
    with suppress(tomllib.TOMLDecodeError, TypeError, AttributeError):
        national = tomllib.loads(text).get("national", {})
        for value in (national.get("token"), national.get("person_key")):
            text = text.replace(value, BLACK) if value else text
    return _SECRET.sub(rf'\1"{BLACK}"', text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"{path} cannot be read: {error}\n"
