"""Making a centre and opening it: data directory, files, first import, and the context that everything else is built on."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import uuid_utils

from edge import config, durable
from edge.config import Config, Paths
from edge.errors import ConfigError
from edge.lock import Lock
from edge.operations import document, settings, staff
from edge.operations.announce import Announcer
from edge.operations.clock import Clock, LastTick, Quality, SystemClock, TickClock
from edge.operations.context import Context
from edge.operations.keys import Keys
from edge.queueing.registry import Role
from edge.store import queries
from edge.store.database import Database
from edge.store.reserve import MIB, Reserve

MAKING = ".first-"


@dataclass(frozen=True, slots=True)
class Made:
    """A new centre; the password is shown once and kept nowhere."""

    centre: str
    login: str
    password: str = field(repr=False)


def sample(name: str) -> str:
    """Return one of the documents under `samples/`."""
    return resources.files("edge.samples").joinpath(name).read_text(encoding="utf-8")


def init(data: Path, centre: str | None) -> Made:
    """Make a centre in ``data``. Raises ConfigError, and then leaves no half-made database behind."""
    paths = Paths(data)
    if paths.database.exists():
        raise ConfigError(f"{paths.database} exists already: this centre was made before")
    if was_made(paths):
        raise missing(paths)
    paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with Lock(paths.lock):
        write_if_absent(paths.config, sample("edge.toml"))
        if centre is None:
            write_if_absent(paths.centre, sample("centre.toml"))
        text = centre or paths.centre.read_text(encoding="utf-8")
        found = document.read(text, name=str(paths.centre) if centre is None else "the centre document")
        paths.centre.write_text(text, encoding="utf-8")
        box = config.load(paths.config)
        keys = config.load_keys(paths.key) if paths.key.exists() else config.make_keys(paths.key)
        login, password = "administrator", secrets.token_urlsafe(12)
        with fresh_context(paths, box, keys) as ctx:
            settings.put_in_force(ctx, found, actor="system")
            staff.add(ctx, login=login, role=Role.ADMINISTRATOR, password=password, pin=None, actor="system")
    return Made(found.centre.id, login, password)


def was_made(paths: Paths) -> bool:
    """Tell whether a centre was here, by what is left beside its database."""
    return any((paths.database.exists(), paths.high_water.exists(), *paths.data.glob(f"{paths.database.name}*"), *paths.backups.glob("*.backup")))


def missing(paths: Paths) -> ConfigError:
    """Return what to say when there is no database."""
    if not was_made(paths):
        return ConfigError(f"{paths.database} does not exist: run `edge init --data {paths.data}` first")
    restore = f"restore the newest backup (`edge restore FILE --data {paths.data}`)"
    return ConfigError(f"{paths.database} is missing, but there was a centre here: {restore}, or make the new centre in another folder")


@contextmanager
def fresh_context(paths: Paths, box: Config, keys: Keys, clock: Clock | None = None) -> Iterator[Context]:
    """A context on a database that is being made; it gets its name when it is whole, so that a killed making leaves no half of one."""
    for left in paths.data.glob(f"{MAKING}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=paths.data, prefix=MAKING) as place:
        database = Database(Path(place) / paths.database.name, max_pages=box.database.max_pages)
        try:
            database.open()
            yield context(database, keys, clock or SystemClock())
        finally:
            database.close()
        durable.sync(database.path)
        database.path.replace(paths.database)
    durable.sync(paths.data)


STEPPED_BACK = timedelta(minutes=1)  # what a time server may take back of a clock that ran ahead


def box_clock(database: Database) -> SystemClock:
    """Return this box's clock, which is not trusted while it shows less than the journal's newest line that a trusted clock wrote."""
    newest = queries.newest_trusted(database)
    return SystemClock(datetime.fromisoformat(newest) - STEPPED_BACK) if newest else SystemClock()


def context(database: Database, keys: Keys, clock: Clock, *, same_boot: bool = False) -> Context:
    """Build the context of one start: a new boot id, ticks resumed from the journal. ``same_boot``: the machine did not start anew since."""
    ticks = TickClock(clock)
    ticks.resume(_last_tick(database), same_boot=same_boot)
    return Context(
        database=database,
        clock=clock,
        ticks=ticks,
        announcer=Announcer(),
        keys=keys,
        boot_id=secrets.token_hex(8),
        started_at=clock.wall(),
        new_id=lambda: str(uuid_utils.uuid7()),
    )


@contextmanager
def opened(data: Path) -> Iterator[Database]:
    """Open a centre's database for reading, also beside a running server. Raises ConfigError when there is none."""
    paths = Paths(data)
    if not paths.database.exists():
        raise missing(paths)
    database = Database(paths.database)
    database.open()
    try:
        yield database
    finally:
        database.close()


@contextmanager
def alone(paths: Paths) -> Iterator[Context]:
    """A context on the database of a centre that nobody serves; the caller holds the lock. Raises ConfigError."""
    box = config.load(paths.config)
    keys = box.national.with_person_key(config.load_keys(paths.key))
    database = Database(paths.database, max_pages=box.database.max_pages, reserve=reserve(paths, box))
    try:
        database.open()
        yield context(database, keys, box_clock(database))
    finally:
        database.close()


def reserve(paths: Paths, box: Config) -> Reserve:
    """Return the room that is kept for a full disk."""
    return Reserve(paths.reserve, box.database.reserve_mib * MIB)


def write_if_absent(path: Path, text: str) -> None:
    """Write a file that someone may have prepared already."""
    if not path.exists():
        path.write_text(text, encoding="utf-8")


def _last_tick(database: Database) -> LastTick | None:
    found = queries.last_tick(database)
    if found is None or database.committed.hall.day is None:
        return None
    _, at, clock = found
    return LastTick(database.committed.hall.tick, datetime.fromisoformat(at), Quality(clock))
