"""`edge rebuild`: an empty box with the centre's key file becomes the centre again, from the journal that the national server keeps of it.

Nothing is written before the server was asked, and until its last line is here this box says hello as an empty one. What was copied is kept aside
(`.rebuilding`), so that a rebuild that was killed goes on; the database gets its name when it is whole.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from edge import durable, high_water, setup
from edge.config import Config, Paths
from edge.errors import ConfigError, Unavailable
from edge.operations import epochs, restored
from edge.operations.context import Context
from edge.operations.epochs import Diverged, Issued
from edge.operations.keys import Keys
from edge.queueing.chain import Envelope, Head
from edge.store import copying as copies
from edge.store.database import Database
from edge.sync import copying, hello
from edge.sync.answers import Failed, Judgement, Kind, Waits, failed
from edge.sync.hello import Action, Welcome
from edge.sync.signing import Signer
from edge.sync.transport import Endpoint, Transport

log = logging.getLogger(__name__)

PLACE = ".rebuilding"
ATTEMPTS = 3
REBUILT = "the centre was rebuilt from the national server's copy"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks on. ``progress``: lines copied, of how many; ``said``: one sentence whenever something is in the way."""

    progress: Callable[[int, int], None] = lambda _done, _of: None
    said: Callable[[str], None] = lambda _sentence: None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """``copied``: the server's last line, that the centre is known up to; ``epoch``: that goes on from there."""

    centre: str
    copied: Head
    epoch: int
    members: Sequence[str]


def rebuild(paths: Paths, box: Config, keys: Keys, centre: str, watcher: Watcher, give_up_s: float | None = None) -> Rebuilt | None:
    """Make the centre anew from the national server; None: the server has nothing of it, and nothing was written. The caller holds the lock.

    Tries as long as it takes, or ``give_up_s`` seconds without an answer. Raises ConfigError, Unavailable.
    """
    if paths.database.exists():
        raise ConfigError(f"{paths.database} exists: this box is no empty one; to copy what it lacks, only start it")
    if not box.national.url:
        raise ConfigError(f"{paths.config}: [national] url is empty: there is no server to rebuild from")
    if not centre:
        raise ConfigError(f"{paths.config}: [national] centre is empty: an empty box does not know which centre it is")
    place = paths.data / PLACE
    place.mkdir(mode=0o700, exist_ok=True)
    server = _Server(box, keys, centre, watcher, give_up_s)
    try:
        done = _copied(place, box, keys, server)
    finally:
        server.close()
    if done is None:
        shutil.rmtree(place)
        return None
    durable.sync(place / paths.database.name)
    (place / paths.database.name).replace(paths.database)
    durable.sync(paths.data)
    shutil.rmtree(place, ignore_errors=True)
    with setup.opened(paths.data) as database:
        high_water.write(paths.high_water, database.head())
    return done


class _Server:
    """The national server, asked again and again until it answers."""

    def __init__(self, box: Config, keys: Keys, centre: str, watcher: Watcher, give_up_s: float | None) -> None:
        national = box.national
        endpoint = Endpoint(national.url, national.token, national.mode, national.xroad_client, national.ca, national.cert, national.key)
        self.transport = Transport(endpoint, Signer(keys.node_seed), centre)
        self.watcher = watcher
        self._give_up_s = give_up_s

    def close(self) -> None:
        self.transport.close()

    def hello(self, ctx: Context, *, empty: bool) -> Welcome:
        """Greet until the server lets us in."""
        place = None if empty else hello.standing(ctx)
        return self._asked(lambda: _let_in(hello.say(self.transport, hello.request(ctx, self.transport, place))))

    def fetch(self, epoch: int, after: int) -> list[Envelope]:
        """Return the next page of our own journal."""
        return self._asked(partial(copying.fetch, self.transport, epoch, after))

    def _asked(self, call: Callable[[], T]) -> T:
        waits, until = Waits(), time.monotonic() + (self._give_up_s or 0)
        while True:
            try:
                return call()
            except Failed as error:
                judgement = error.judgement
            if judgement.kind is Kind.STATE and waits.failures:
                raise Failed(judgement)
            if judgement.timed_out:
                self.transport.bear_longer()
            wait = waits.after(judgement)
            if self._give_up_s is not None and time.monotonic() + wait > until:
                raise Unavailable(f"the centre cannot be rebuilt from {self.transport.endpoint.shown()}: {judgement.detail}")
            self.watcher.said(f"{judgement.detail}; trying again in {wait:.0f} s")
            time.sleep(wait)


def _let_in(welcome: Welcome) -> Welcome:
    """Raises Failed while the server's operator has to do something first."""
    match welcome.action:
        case Action.FENCED:
            raise Failed(Judgement(Kind.CREDENTIAL, "the server follows another box of this centre: its operator must let this one in"))
        case Action.ENROL:
            raise Failed(Judgement(Kind.CREDENTIAL, "the server waits for its operator to bind this box"))
        case Action.UPGRADE:
            raise failed(Kind.VERSION, "the server does not speak the protocol of this release")
        case _:
            return welcome


def _copied(place: Path, box: Config, keys: Keys, server: _Server) -> Rebuilt | None:
    for _ in range(ATTEMPTS):
        with _opened(place / "edge.db", box, keys) as ctx:
            welcome = server.hello(ctx, empty=True)
            if welcome.action is not Action.FAST_FORWARD:
                return None
            try:
                copied = _copy(ctx, welcome.lineage, server)
            except Diverged as error:
                server.watcher.said(f"{error}; copying anew")
            else:
                _begin(ctx, copied, server)
                members = sorted(each.login for each in ctx.hall.members.values() if each.active)
                return Rebuilt(server.transport.centre, copied, ctx.hall.epoch, members)
        for path in place.iterdir():  # what was copied before is not what the server has now
            path.unlink()
    raise Unavailable("the national server's copy of the journal changes while it is read: try again")


@contextmanager
def _opened(path: Path, box: Config, keys: Keys) -> Iterator[Context]:
    database = Database(path, max_pages=box.database.max_pages)
    try:
        database.open()
        yield setup.context(database, box.national.with_person_key(keys), setup.box_clock(database))
    finally:
        database.close()


def _copy(ctx: Context, lineage: Sequence[Head], server: _Server) -> Head:
    """Copy every line that the server names; return the last. Raises Diverged."""
    aims = sorted(lineage, key=lambda each: each.epoch)
    total, done = sum(each.seq for each in aims), 0
    for aim in aims:
        known = copies.last_of(ctx.database, aim.epoch)
        while known < aim.seq:
            page = [line for line in server.fetch(aim.epoch, known) if line.seq <= aim.seq]
            if not page:
                raise Diverged(f"the server names line {aim.seq} of epoch {aim.epoch} and has lines up to {known}")
            epochs.copy_lines(ctx, page)
            known = page[-1].seq
            ctx.database.checkpoint()
            server.watcher.progress(done + known, total)
        if not copies.has_line(ctx.database, aim):
            raise Diverged(f"line {aim.seq} of epoch {aim.epoch} is not the one that the server names")
        done += aim.seq
    return aims[-1]


def _begin(ctx: Context, copied: Head, server: _Server) -> None:
    """Go on in the epoch that the server gives, with another letter: what was given after the last line is in people's hands."""
    if ctx.database.head() == copied:
        welcome = server.hello(ctx, empty=False)
        if welcome.action is Action.NEW_EPOCH and welcome.parent is not None:
            epochs.begin_epoch(ctx, Issued(welcome.epoch, welcome.parent, tuple(welcome.lineage)), server.fetch, reason="rebuilt")
    restored.mark(ctx, copies.last_at(ctx.database), REBUILT, closed=ctx.hall.epoch == copied.epoch)
