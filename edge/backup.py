"""`edge backup`, `edge drill`, `edge restore`: one file that has all of a centre, made beside a running server.

The file is a gzipped tar: `manifest.json` (format, what it is of, SHA-256 of each member), the database stamped as a backup, `edge.toml`,
`centre.toml`, the technician's encrypted copy of the key file, and the recordings that calls are spoken with. A backup is written under another name
and renamed once it is durable, so a file with the right name is whole. Long because the one file is made, read and restored here.
"""

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge import __version__, config, durable, key_copy, setup
from edge.config import Paths
from edge.errors import ConfigError, Corrupt, Unavailable
from edge.lock import Lock
from edge.operations import salvage
from edge.operations.keys import Keys
from edge.operations.verify import verify
from edge.operations.voice import clips
from edge.queueing.chain import Head, instant
from edge.queueing.policy import LANGS
from edge.store import copying, shadow
from edge.store.database import Database
from edge.store.reserve import LEAVE_FREE, MIB, require

FORMAT = 1
DATABASE, CONFIG, CENTRE, KEY, MANIFEST = "edge.db", "edge.toml", "centre.toml", "node.key.sealed", "manifest.json"
VOICE = "voice/"
RECORDINGS_BYTES = 64 * MIB  # of all that a centre recorded; four languages as one has them from a telephone are half of it
HOURLY_KEPT, DAILY_KEPT = 24, 14
ABANDONED_S = 3600
_RECORDING = re.compile(rf"{VOICE}({'|'.join(LANGS)})/[a-z0-9-]{{1,32}}\.wav")
_NAME = re.compile(r"kezek-[a-z0-9-]{1,32}-(\d{8}T\d{6}Z)\.backup")

Progress = Callable[[int], None]


def _quiet(_done: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of. ``files``: SHA-256 of each member, hex. ``key_id``: of the key file that the devices' secrets come from."""

    format: int
    app: str
    centre: str
    at: str
    epoch: int
    seq: int
    hash: str
    key_id: str
    files: Mapping[str, str]

    @property
    def recordings(self) -> list[str]:
        """The members that are recordings: their places in a data directory."""
        return [name for name in self.files if name.startswith(VOICE)]


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup: where it lies and what it is of. ``mute``: why it has no recordings although there are some."""

    path: Path
    manifest: Manifest
    mute: str | None = None


# making


def make(paths: Paths, to: Path | None = None, progress: Progress = _quiet) -> Backup:
    """Write a backup to the folder ``to`` (None: the centre's own, where old ones are then dropped by schedule). Raises ConfigError, Unavailable."""
    folder = to or paths.backups
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(folder)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as place:
            made = _made(paths, Path(place), folder, progress)
        durable.sync(folder)
    except OSError as error:
        raise Unavailable(f"the backup cannot be written to {folder}: {error.strerror or error}") from error
    if to is None:
        for old in superseded([path for path in folder.iterdir() if _NAME.fullmatch(path.name)]):
            old.unlink()
    return made


def _sweep(folder: Path) -> None:
    """Remove what was killed and left half-made; what is being made now is younger."""
    for left in folder.glob(".[mr]*ing-*"):
        if time.time() - left.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def _made(paths: Paths, place: Path, folder: Path, progress: Progress) -> Backup:
    now = datetime.now(UTC)
    keys = config.load_keys(paths.key)
    leave = LEAVE_FREE if folder.stat().st_dev == paths.data.stat().st_dev else 0
    size = _size(paths)
    if paths.database.exists():  # the copy, and the packed one beside it
        require(folder, 2 * size, "the backup is not made", leave)
    with setup.opened(paths.data) as database:
        head = copying.copy(database, place / DATABASE, instant(now), progress)
        centre = database.committed.hall.policy.centre.id
    members = {DATABASE: place / DATABASE}
    members |= {name: path for name, path in ((CONFIG, paths.config), (CENTRE, paths.centre), (KEY, paths.sealed_key)) if path.exists()}
    recordings, mute = _recordings(paths, place, 2 * size + leave)
    members |= recordings
    digests = {name: digest(path) for name, path in members.items()}
    manifest = Manifest(FORMAT, __version__, centre, instant(now), head.epoch, head.seq, head.hash, key_copy.key_id(keys), digests)
    written = place / "backup"
    with written.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6, dereference=True) as tar:  # an installed edge.toml is a link
            _add_text(tar, MANIFEST, json.dumps(asdict(manifest), indent=1))
            for name, path in members.items():
                tar.add(path, name, filter=_anonymous)
    durable.sync(written)
    return Backup(written.rename(folder / f"kezek-{centre}-{now:%Y%m%dT%H%M%SZ}.backup"), manifest, mute)


def _recordings(paths: Paths, place: Path, leave: int) -> tuple[dict[str, Path], str | None]:
    """Copy what the centre recorded, all or nothing: half a voice is none. Returns the members, and why there are none although there are recordings.

    Nothing of them keeps a backup from being made: the journal is worth more.
    """
    try:
        found = clips.spoken(paths.recordings)
        size = clips.size(found)
        if sentence := too_large(paths, size):
            return {}, sentence
        require(place, 2 * size, "the recordings are not in the backup", leave)
        for name, path in found.items():
            target = place / VOICE / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    except Unavailable as error:
        return {}, str(error)
    except OSError as error:
        return {}, f"the recordings in {paths.recordings} cannot be copied: {error}"
    return {VOICE + name: place / VOICE / name for name in found}, None


def too_large(paths: Paths, size: int) -> str | None:
    """Say that recordings of ``size`` bytes are more than a backup holds; None when they are not."""
    if size <= RECORDINGS_BYTES:
        return None
    return f"the recordings have {-(-size // MIB)} MiB, and a backup holds {RECORDINGS_BYTES // MIB} MiB: keep a copy of {paths.recordings} yourself"


def _size(paths: Paths) -> int:
    return sum(path.stat().st_size for path in paths.data.glob(f"{paths.database.name}*"))


def superseded(backups: list[Path]) -> list[Path]:
    """Return those of a folder's backups that the schedule no longer keeps: the newest 24 stay, and the last one of each of 14 days."""
    newest_first = sorted(backups, key=_made_at, reverse=True)
    kept = set(newest_first[:HOURLY_KEPT])
    last_of_day: dict[str, Path] = {}
    for path in newest_first:
        last_of_day.setdefault(_made_at(path)[:8], path)
    kept.update(list(last_of_day.values())[:DAILY_KEPT])
    return [path for path in newest_first if path not in kept]


def newest(folder: Path) -> Path | None:
    """Return the newest backup of a folder; None when there is none."""
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    return max(found, key=_made_at, default=None)


def age(path: Path, now: datetime) -> timedelta:
    """Return how long ago a backup was made, by its name."""
    return now - datetime.strptime(_made_at(path), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


# reading


def drill(file: Path, progress: Progress = _quiet) -> Manifest:
    """Restore a backup into a folder that goes again, and check all of it: digests, pages, chain, tables, rule. Raises Corrupt with what is wrong."""
    with tempfile.TemporaryDirectory(prefix="edge-drill-") as place, unpacked(file, Path(place)) as manifest:
        database = Database(Path(place) / DATABASE)
        database.open()
        try:
            with shadow.snapshot(database) as snapshot:
                problems = snapshot.integrity()
            if not problems:
                report = verify(database, progress)
                problems = report.problems
                if not problems and report.head != Head(manifest.epoch, manifest.seq, manifest.hash):
                    problems = ["the journal does not end where the manifest says"]
        finally:
            database.close()
    if problems:
        raise Corrupt(f"{file} is damaged: {problems[0]}" + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""))
    return manifest


@contextmanager
def unpacked(file: Path, place: Path) -> Iterator[Manifest]:
    """Unpack a backup into ``place`` and check every member's digest. Raises ConfigError when it is no backup, Corrupt when it is damaged."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            manifest = _manifest(tar, file)
            require(place, sum(tar.getmember(name).size for name in manifest.files), f"{file} is not unpacked")
            for name in manifest.files:
                if name not in (DATABASE, CONFIG, CENTRE, KEY) and not _RECORDING.fullmatch(name):
                    raise ConfigError(f"{file} has the unknown member {name!r}: it was made by a newer release")
                _extract(tar, name, place / name)
    except FileNotFoundError:
        raise ConfigError(f"{file} does not exist") from None
    except (tarfile.TarError, EOFError, OSError, KeyError, ValueError) as error:
        raise Corrupt(f"{file} cannot be read as a backup: {error}") from error
    for name, expected in manifest.files.items():
        if digest(place / name) != expected:
            raise Corrupt(f"{file} is damaged: {name} is not what was backed up")
    yield manifest


def _extract(tar: tarfile.TarFile, name: str, target: Path) -> None:
    """Write a member's content; by hand, because Debian 12's Python (3.11.2) has no safe way of its own. Raises KeyError for what is no file."""
    member = tar.extractfile(name)
    if member is None:
        raise KeyError(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with member, target.open("xb") as file:
        shutil.copyfileobj(member, file)


def _manifest(tar: tarfile.TarFile, file: Path) -> Manifest:
    member = tar.extractfile(MANIFEST)
    if member is None:
        raise KeyError(MANIFEST)
    found = json.load(member)
    if found.get("format") != FORMAT:
        raise ConfigError(f"{file} has format {found.get('format')!r}; this release reads format {FORMAT}")
    try:
        return Manifest(**found)
    except TypeError as error:
        raise ConfigError(f"{file} has another manifest than this release knows: {error}") from error


# restoring


@dataclass(frozen=True, slots=True)
class Restored:
    """``set_aside``: the folder with what was there before, None if nothing was. ``key``: kept, or from the backup.

    ``saved``: how many journal lines after the backup a damaged database could still give. ``recordings``: how many were laid down.
    """

    manifest: Manifest
    set_aside: Path | None
    key: str
    saved: int
    recordings: int


def restore(
    file: Path, paths: Paths, *, passphrase: Callable[[], str], replace: bool = False, carry_on: bool = False, progress: Progress = _quiet
) -> Restored:
    """Make the centre in ``paths`` what the backup has. Nothing is touched before all of the backup was checked; nothing is deleted.

    A key file that is there and fits stays; else ``passphrase`` is asked and the key comes from the backup. ``carry_on``: all lines since are taken
    over from the sound database that is there (an older release gets its own tables back), so nothing is missing and the box is not a restored one.
    Raises ConfigError, Corrupt, Locked.
    """
    drill(file, progress)
    paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(paths.data)
    with Lock(paths.lock), tempfile.TemporaryDirectory(dir=paths.data, prefix=".restoring-") as place, unpacked(file, Path(place)) as manifest:
        if paths.database.exists() and not replace:
            raise ConfigError(f"{paths.database} exists: with --replace it is set aside, and this centre becomes what the backup has")
        keys = _fitting_key(paths, Path(place), manifest, file, passphrase)
        follow = salvage.follow if carry_on else salvage.carry_on
        saved = follow(Path(place) / DATABASE, Head(manifest.epoch, manifest.seq, manifest.hash), paths.database)
        aside = _set_aside(paths, with_key=keys is not None)
        if keys is not None:
            config.write_keys(paths.key, keys)
        recorded = [name for name in manifest.recordings if _put(Path(place) / name, paths.data / name)]
        for name, target in ((CONFIG, paths.config), (CENTRE, paths.centre), (KEY, paths.sealed_key), (DATABASE, paths.database)):
            _put(Path(place) / name, target, instead=name in (DATABASE, KEY))
        durable.sync(paths.data)
    return Restored(manifest, aside, "kept" if keys is None else "from the backup", saved, len(recorded))


def _put(source: Path, target: Path, *, instead: bool = False) -> bool:
    """Move a member to its place, ``instead`` of what is there, or only where nothing is; tell whether it was moved."""
    if not source.exists() or (target.exists() and not instead):
        return False
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source.chmod(0o600)
    durable.sync(source)
    source.replace(target)
    durable.sync(target.parent)
    return True


def _fitting_key(paths: Paths, place: Path, manifest: Manifest, file: Path, passphrase: Callable[[], str]) -> Keys | None:
    """Return the keys of the backup, or None when the key file that is there is that key already."""
    try:
        if key_copy.key_id(config.load_keys(paths.key)) == manifest.key_id:
            return None
    except ConfigError:
        pass  # there is none, or it is damaged
    sealed = key_copy.read(place / KEY)
    if sealed is None:
        raise ConfigError(f"{file} has no copy of the key file: put the technician's key file of this centre at {paths.key} first")
    keys = key_copy.unseal(sealed, passphrase())
    if key_copy.key_id(keys) != manifest.key_id:
        raise ConfigError(f"the key in {file} is not the one that its devices use: put the right key file at {paths.key} first")
    return keys


def _set_aside(paths: Paths, *, with_key: bool) -> Path | None:
    """Move what is there into a folder of its own. The high-water file stays: it is one of the marks of a restored box."""
    wanted = [*paths.data.glob(f"{paths.database.name}*"), *([paths.key] if with_key and paths.key.exists() else [])]
    if not wanted:
        return None
    folder = durable.unused(paths.data / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    folder.mkdir(mode=0o700)
    for path in wanted:
        path.replace(folder / path.name)
    durable.sync(folder)
    return folder


def _made_at(path: Path) -> str:
    return path.name.removesuffix(".backup")[-len("20260101T000000Z") :]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(text.encode()), 0o600
    tar.addfile(info, io.BytesIO(text.encode()))


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whose the files were on the old box says nothing on the new one."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info
