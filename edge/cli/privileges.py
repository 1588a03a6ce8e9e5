"""Root's `edge` works as the owner of the data directory, so that no file there ever belongs to root and a damaged one can do root no harm.

What root names on the command line, such as a stick that only root may write to, is opened as root: `regained` for that moment.
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge import durable
from edge.errors import Unavailable


def drop(data: Path) -> None:
    """Work as the owner of ``data`` from here on, if we are root and somebody else owns it."""
    if os.geteuid() != 0 or not data.exists():
        return
    owner = data.stat()
    if owner.st_uid == 0:
        return
    try:
        name = pwd.getpwuid(owner.st_uid).pw_name
        os.setgroups(os.getgrouplist(name, owner.st_gid))
    except KeyError:
        os.setgroups([owner.st_gid])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)


def dropped() -> bool:
    """Tell whether we are root who works as somebody else."""
    return os.getuid() == 0 != os.geteuid()


@contextmanager
def regained() -> Iterator[None]:
    """Be root again for a moment, if we were."""
    if not dropped():
        yield
        return
    user = os.geteuid()
    os.seteuid(0)
    try:
        yield
    finally:
        os.seteuid(user)


def hand_out(made: Path, folder: Path) -> Path:
    """Copy a file of ours to a folder of root's, under another name until it is whole there. Raises Unavailable."""
    target = folder / made.name
    try:
        with regained(), made.open("rb") as source:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = target.with_name(f".{target.name}.new")
            with fresh.open("wb") as copy:
                shutil.copyfileobj(source, copy)
            durable.sync(fresh)
            fresh.replace(target)
            durable.sync(folder)
    except OSError as error:
        raise Unavailable(f"{made} cannot be copied to {folder}: {error.strerror or error}") from error
    return target


@contextmanager
def taken_in(file: Path, data: Path) -> Iterator[Path]:
    """Yield a path under which we can read a file of root's while the block lasts. Raises Unavailable."""
    if not dropped() or os.access(file, os.R_OK, effective_ids=True) or not data.exists():
        yield file
        return
    try:
        with regained():
            source = file.open("rb")
    except OSError:
        yield file  # whoever reads it says what is wrong, in the words for it
        return
    with source, tempfile.TemporaryDirectory(dir=data, prefix=".reading-") as place:
        copy = Path(place) / file.name
        with copy.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield copy
