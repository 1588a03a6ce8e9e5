"""A database that is damaged or gone, found at start: the server does not begin, a copy is kept as evidence, and one sentence says what to do.

A service manager starts us again and again: the same state of the files is copied once.
"""

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge import backup, durable, setup
from edge.config import Paths
from edge.errors import ConfigError, Corrupt
from edge.store import soundness
from edge.store.reserve import LEAVE_FREE, free_bytes

SUMS = "SHA256SUMS"


def refuse(paths: Paths) -> None:
    """Return if the database may be served from. Raises ConfigError when it is missing, Corrupt when it is damaged; the evidence is then kept."""
    if not paths.database.exists():
        raise missing(paths)
    wrong = soundness.wrong(paths.database, within_s=None if paths.suspect.exists() else soundness.WITHIN_S)
    if not wrong:
        paths.suspect.unlink(missing_ok=True)
    else:
        raise Corrupt(f"{paths.database} is damaged ({wrong}): the server does not start on it, {_kept(paths)}; {way_back(paths)}")


def missing(paths: Paths) -> ConfigError:
    """Return what to say when there is no database: of a centre that never was, or of one that was."""
    if not setup.was_made(paths):
        return setup.missing(paths)
    return ConfigError(f"{paths.database} is missing, but there was a centre here; {way_back(paths)}")


def way_back(paths: Paths, now: datetime | None = None) -> str:
    """Say which backup is the newest, how old it is, and what to run."""
    newest = backup.newest(paths.backups)
    replace = " --replace" if paths.database.exists() else ""
    if newest is None:
        rebuild = "" if replace else f", or, if a national server keeps its journal, `edge rebuild --data {paths.data}`"
        return f"there is no backup in {paths.backups}: fetch the last one and run `edge restore FILE --data {paths.data}{replace}`{rebuild}"
    old = _words(backup.age(newest, now or datetime.now(UTC)))
    return f"the newest backup is {old} old: run `edge restore {newest} --data {paths.data}{replace}`, then start again"


def keep(paths: Paths, free: Callable[[Path], int] = free_bytes) -> Path:
    """Copy the files aside as they are, or return the folder that has this state of them already. Raises OSError when that cannot be done."""
    files = sorted({*paths.data.glob(f"{paths.database.name}*"), *(path for path in (paths.high_water,) if path.exists())})
    sums = "".join(f"{backup.digest(path)}  {path.name}\n" for path in files)
    for folder in paths.data.glob("damaged-*"):
        if _told(folder) == _state(sums):
            return folder
    if sum(path.stat().st_size for path in files) + LEAVE_FREE > free(paths.data):
        raise OSError("there is not enough room on the disk")
    target = durable.unused(paths.data / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    with tempfile.TemporaryDirectory(dir=paths.data, prefix=".damaged-") as place:
        whole = Path(place) / "whole"
        whole.mkdir(mode=0o700)
        for path in files:
            shutil.copy2(path, whole / path.name)
        (whole / SUMS).write_text(sums, encoding="utf-8")
        whole.replace(target)
    return target


def _kept(paths: Paths) -> str:
    try:
        return f"a copy of it as it is lies in {keep(paths)}"
    except OSError as error:
        return f"no copy of it could be made ({error.strerror or error})"


def _state(sums: str) -> set[str]:
    """Return what tells one state from another: SQLite makes the index of the log (`-shm`) anew whenever it looks."""
    return {line for line in sums.splitlines() if not line.endswith("-shm")}


def _told(folder: Path) -> set[str]:
    try:
        return _state((folder / SUMS).read_text(encoding="utf-8"))
    except OSError:
        return set()


def _words(age: timedelta) -> str:
    minutes = max(0, age // timedelta(minutes=1))
    if minutes < 120:  # noqa: PLR2004 -- two hours, as people say it
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"  # noqa: PLR2004 -- three days
