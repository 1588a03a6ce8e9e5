"""The archives that boxes are installed and updated from: the last commit, and next versions of it that do well or badly.

Each is built from a clone with one commit on top, once for each last commit, and kept in `.long/`; a killed run goes on from there.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge import __version__
from tests.long.bare import KEEP, ROOT, output, run

VENDOR = "edge/web/static/vendor"  # what the wheel's build fetches; it fetches again what does not belong to this commit
BROKEN_START = '\nraise SystemExit("this version was broken on purpose")\n'


@dataclass(frozen=True, slots=True)
class Variant:
    """``change``: what the clone gets beside its version."""

    version: str
    change: Callable[[Path], None]


def _nothing(_clone: Path) -> None:
    pass


def _migrated(clone: Path) -> None:
    _migration(clone, "CREATE TABLE grown (grown_at TEXT NOT NULL) STRICT;\nINSERT INTO grown VALUES ('2026-11-24');\n")


def _badly_migrated(clone: Path) -> None:
    _migrated(clone)  # a box that took that version has run this one already
    _migration(clone, "CREATE TABLE half (a TEXT) STRICT;\nINSERT INTO no_such_table VALUES (1);\n")


def _migration(clone: Path, text: str) -> None:
    last = max(int(path.name[:4]) for path in (clone / "edge/store/migrations").glob("[0-9]*.sql"))
    (clone / f"edge/store/migrations/{last + 1:04}_grown.sql").write_text(text, encoding="utf-8")


def _never_starts(clone: Path) -> None:
    _migrated(clone)
    _append(clone / "edge/server.py", BROKEN_START)


def _never_healthy(clone: Path) -> None:
    """It passes whatever is tried on a copy, and hangs where it counts: in the real data directory. It changes the tables, too."""
    _migrated(clone)
    _migration(clone, "CREATE TABLE grown_again (grown_at TEXT NOT NULL) STRICT;\n")
    path = clone / "edge/server.py"
    text = path.read_text(encoding="utf-8")
    head, mark, rest = text.partition("def serve(data: Path")
    assert mark, "edge/server.py has no `def serve(data: Path` any more"
    first_line = rest.index('"""', rest.index('"""') + 3) + 3
    hang = '\n    if str(data) == "/var/lib/edge":\n        import threading\n\n        threading.Event().wait()\n'
    path.write_text(head + mark + rest[:first_line] + hang + rest[first_line:], encoding="utf-8")


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


_MAJOR, _MINOR, _ = (int(part) for part in __version__.split("."))
VARIANTS = {
    "next": Variant(f"{_MAJOR}.{_MINOR + 1}.0", _nothing),
    "migrated": Variant(f"{_MAJOR}.{_MINOR + 2}.0", _migrated),
    "badly-migrated": Variant(f"{_MAJOR}.{_MINOR + 3}.0", _badly_migrated),
    "never-starts": Variant(f"{_MAJOR}.{_MINOR + 3}.1", _never_starts),
    "never-healthy": Variant(f"{_MAJOR}.{_MINOR + 3}.2", _never_healthy),
}


def first() -> Path:
    """Return the archive of the last commit, with install.sh and release.pub beside it."""
    return _built("first", Variant(__version__, _nothing), debs=True)


def variant(name: str) -> Path:
    """Return the archive of a next version; a box that takes it has its Debian packages already."""
    return _built(name, VARIANTS[name], debs=False)


def _built(name: str, wanted: Variant, *, debs: bool) -> Path:
    out = KEEP / "box-archives" / commit() / name
    archive = out / f"kezek-edge-{wanted.version}.edge"
    if not archive.exists():
        shutil.rmtree(out, ignore_errors=True)
        clone = out.with_name(f"{name}-clone")
        shutil.rmtree(clone, ignore_errors=True)
        run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))
        if (ROOT / VENDOR).exists():
            shutil.copytree(ROOT / VENDOR, clone / VENDOR, dirs_exist_ok=True)
        text = (clone / "pyproject.toml").read_text(encoding="utf-8")
        (clone / "pyproject.toml").write_text(text.replace(f'version = "{__version__}"', f'version = "{wanted.version}"', 1), encoding="utf-8")
        wanted.change(clone)
        options = ["--out", str(out), "--key", str(KEEP / "box.key"), "--arch", architecture(), *([] if debs else ["--no-debs"])]
        run(sys.executable, str(clone / "deploy/build.py"), *options)
        shutil.rmtree(clone)
    return archive


@cache
def commit() -> str:
    """Return the last commit at the beginning of the run."""
    return output("git", "rev-parse", "--short", "HEAD")


def architecture() -> str:
    """Return Debian's name for this kind of machine."""
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
