"""Releases under `/opt/edge`: one folder each with a virtual environment of its own, made whole before it is used, and a link to the one in use."""

import json
import os
import platform
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge import durable
from edge.box.machine import Changes, run
from edge.box.place import Place
from edge.errors import ConfigError, Unavailable

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
KEPT = 3
COMPLETE = "complete"  # written last: a release without it was interrupted and is made anew
ROOM = 3  # times the wheels: themselves, unpacked, compiled


@dataclass(frozen=True, slots=True)
class Release:
    """``folder``: an unpacked archive, or a release on this box. ``schema``: the number of its newest migration."""

    folder: Path
    version: str
    wheel: str
    schema: int
    machines: tuple[str, ...]

    @property
    def edge(self) -> str:
        """Its command."""
        return str(self.folder / "venv/bin/edge")


def read(folder: Path) -> Release:
    """Read what a folder has. Raises ConfigError when it is no release."""
    try:
        about = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        machines = about["machines"]
        return Release(folder, str(about["version"]), str(about["wheel"]), int(str(about["schema"])), tuple(map(str, machines)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder} is no release of Kezek Edge: {error}") from error


def current(place: Place) -> Release | None:
    """Return the release in use; None on a box that has none."""
    return read(place.current.resolve()) if place.current.exists() else None


def known(place: Place, version: str) -> Release:
    """Return a release that is on this box. Raises ConfigError with those that are."""
    folder = place.releases / version
    if not is_complete(folder):
        there = ", ".join(sorted(path.name for path in place.releases.glob("*") if is_complete(path))) or "none"
        raise ConfigError(f"release {version!r} is not on this box: {there} are")
    return read(folder)


def is_complete(folder: Path) -> bool:
    """Tell whether a release was made to its end."""
    return (folder / COMPLETE).is_file()


def this_machine() -> str:
    """Return Debian's name for this kind of machine, or the kernel's when it is none of ours."""
    return MACHINES.get(platform.machine(), platform.machine())


def needed(payload: Release) -> int:
    """Return how many bytes the release takes on this machine."""
    files = (payload.folder / "wheels" / this_machine()).glob("*.whl")
    return ROOM * sum(path.stat().st_size for path in files)


def add(place: Place, payload: Release, changes: Changes) -> Release:
    """Put a release beside the others, not yet in use. Raises Unavailable, and then nothing of it is left."""
    target = place.releases / payload.version
    if is_complete(target):
        return read(target)
    shutil.rmtree(target, ignore_errors=True)
    try:
        target.mkdir(parents=True, mode=0o755)
        _fill(target, payload)
    except (OSError, Unavailable) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise Unavailable(f"release {payload.version} cannot be put into {target}: {error}") from error
    changes.note(f"put release {payload.version} into {target}")
    return read(target)


def _fill(target: Path, payload: Release) -> None:
    wheels = payload.folder / "wheels" / this_machine()
    pip = next(wheels.glob("pip-*.whl"))
    run(sys.executable, "-m", "venv", "--without-pip", str(target / "venv"))
    sources = [option for folder in (wheels, payload.folder) for option in ("--find-links", str(folder))]
    only_ours = ["--no-index", "--require-hashes", "--no-cache-dir", "--disable-pip-version-check", "--quiet", "--root-user-action", "ignore"]
    python = str(target / "venv/bin/python")
    run(python, f"{pip}/pip", "install", *only_ours, *sources, "--requirement", str(wheels / "requirements.txt"), env={"TMPDIR": str(target)})
    for path in payload.folder.iterdir():
        if path.name not in ("wheels", "debs"):
            (shutil.copytree if path.is_dir() else shutil.copyfile)(path, target / path.name)
    os.sync()  # a release that a power cut left half on the disk must not be marked complete
    (target / COMPLETE).touch()
    durable.sync(target)


def use(place: Place, release: Release, changes: Changes) -> None:
    """Make it the one in use."""
    changes.link(place.current, f"releases/{release.version}")


def prune(place: Place, keep: set[str], changes: Changes) -> None:
    """Delete all but the newest few and those of ``keep``."""
    found = sorted((path for path in place.releases.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[KEPT:]:
        if path.name not in keep:
            with suppress(OSError):
                shutil.rmtree(path)
                changes.note(f"deleted the old release {path.name}")
