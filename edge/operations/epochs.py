"""Who this journal is: what a hello tells of it, and what becomes of it when the national server gives another epoch, or has more than we have.

A new epoch (`contract/national.md`, "New epoch"): lines that the server holds behind the common parent are fetched and keep their places; what this
box wrote there is taken out, kept as evidence, and said again in the new epoch, byte for byte but for its place. All of it is one transaction. The
replay that the server's lines make necessary runs beside the hall, in a database of its own; only its result is written while presses wait.
"""

import logging
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

from edge import failpoints
from edge.errors import Corrupt, Refused
from edge.operations.announce import Commit
from edge.operations.clock import LastTick, Quality
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.operations.restored import escrow_closed, free_letters
from edge.operations.verify import fact_of
from edge.queueing import events
from edge.queueing.chain import GENESIS, Envelope, Head, fault, instant
from edge.queueing.commands import ChangeSettings
from edge.queueing.decide import decide
from edge.queueing.evolve import Changed, evolve
from edge.queueing.hall import Hall
from edge.store import lineage, queries, shadow
from edge.store.database import Database
from edge.store.reserve import require
from edge.store.transaction import Transaction

log = logging.getLogger(__name__)

Fetch = Callable[[int, int], Sequence[Envelope]]
Progress = Callable[[int], None]
MOST_EPOCHS = 1000  # between two that an answer may name: each is asked for
BATCH = 1000
PLACE = ".epoch-"
FENCED = "the national server follows another box of this centre"


class Diverged(Refused):
    """The journal is no beginning of the server's any more; say hello again."""

    code = "diverged"


@dataclass(frozen=True, slots=True)
class Issued:
    """What the server answered with `new_epoch`. ``parent``: of seq 0, the logs have nothing in common. ``heads``: its ``lineage``."""

    epoch: int
    parent: Head
    heads: tuple[Head, ...] = ()


@dataclass(frozen=True, slots=True)
class _Replayed:
    """``hall``: after all own lines up to ``upto``; its tables lie in ``path``."""

    path: Path
    hall: Hall
    upto: Head


def is_backup(ctx: Context) -> bool:
    """Tell whether a hello says so: from the detection of a restore until the next epoch begins."""
    restored = ctx.hall.policy.restored
    return not ctx.hall.sells and not (restored and restored.fenced)


def begin_epoch(ctx: Context, issued: Issued, fetch: Fetch, *, reason: str = "fork", progress: Progress = lambda _: None) -> None:
    """Carry out `new_epoch`; one that has begun already is left alone. Call on the thread of the sync, outside of `write()`.

    ``fetch``: (epoch, after) -> the server's next lines, empty at the end (`GET journal`); it tries again by itself, and what it raises ends this
    attempt with nothing changed. ``reason``: a word, unless the box is restored or fenced. ``progress`` gets lines fetched, then lines replayed.
    Raises Diverged when ``parent`` is no line of ours, Corrupt when the server's lines are no chain, Unavailable when there is no room.
    """
    if ctx.hall.epoch >= issued.epoch:
        return
    if not _is_ours(ctx, issued.parent):
        raise Diverged(f"epoch {issued.epoch} cannot begin behind line {issued.parent.seq} of epoch {issued.parent.epoch}: this journal has it not")
    behind = _stage(ctx, issued, fetch, progress)
    if lineage.staged_end(ctx.database) is None:
        _switch(ctx, issued, behind, reason, None)
        return
    with _replayed(ctx, issued, behind, progress) as replayed, ctx.database.attached(replayed.path, "rebuilt"):
        _switch(ctx, issued, behind, reason, replayed)


def copy_lines(ctx: Context, lines: Sequence[Envelope]) -> Head:
    """Take the next lines of our own journal from the server's copy, in one transaction; return the head. What fits already is skipped.

    Raises Diverged when they do not follow our journal: the hall wrote meanwhile, or it is not ours.
    """
    with ctx.database.write() as transaction:
        fresh = [line for line in lines if not _is_ours(ctx, _head(line))]
        facts: list[events.Fact] = []
        changed: list[Changed] = []
        hall, head = transaction.hall, transaction.head
        for line in fresh:
            if found := fault(head, line):
                raise Diverged(f"line {line.seq} of epoch {line.epoch} cannot follow line {head.seq} of epoch {head.epoch}: {found}")
            fact = fact_of(line)
            hall, new = evolve(hall, fact)
            head = _head(line)
            facts.append(fact)
            changed += new
        transaction.adopt_all(fresh, facts, changed, hall)
        transaction.once_durable.append(partial(_resume_ticks, ctx, hall))
    ctx.announcer.announce(Commit((), hall, ctx.tick()))
    return head


def fence(ctx: Context, choose: Callable[[str], str] = secrets.choice) -> None:
    """Go on without rights and with another letter before the numbers, until a new epoch begins: the server follows another box of this centre.

    Twice is one. A box that works from a backup has its letter already.
    """
    with deciding(ctx, "system") as decision:
        at = instant(ctx.clock.wall())
        if decision.transaction.sync().fenced_since is None:
            decision.transaction.keep_sync(fenced_since=at)
        hall = decision.turn.hall
        if hall.sells:
            value = {"at": at, "prefix": choose(free_letters(hall.policy, hall.blocks)), "fenced": True}
            decide(decision.turn, ChangeSettings({"restored": value, **escrow_closed(hall)}, FENCED))


def _head(line: Envelope) -> Head:
    return Head(line.epoch, line.seq, line.hash)


def _is_ours(ctx: Context, parent: Head) -> bool:
    if parent.seq == 0:
        return parent.hash == GENESIS
    line = lineage.line(ctx.database, parent.epoch, parent.seq)
    return line is not None and line.hash == parent.hash


def _stage(ctx: Context, issued: Issued, fetch: Fetch, progress: Progress) -> Head:
    """Fetch what the server holds behind the parent and lay it beside the journal; return the last line that both have."""
    with ctx.database.write() as transaction:
        transaction.clear_staged()
    behind, fetched = issued.parent, 0
    for page in _fetched(issued, fetch):
        if lineage.staged_end(ctx.database) is None:
            while page and _is_ours(ctx, _head(page[0])):
                behind = _head(page.pop(0))
        fetched += len(page)
        with ctx.database.write() as transaction:
            transaction.stage(page)
        failpoints.hit("epoch.staged")
        progress(fetched)
    return behind


def _fetched(issued: Issued, fetch: Fetch) -> Iterator[list[Envelope]]:
    """Yield the server's pages behind the parent, each line checked. Raises Corrupt."""
    head, wanted = issued.parent, {each.epoch: each for each in issued.heads}
    last = max([issued.parent.epoch, *wanted])
    if last >= issued.epoch or last - head.epoch > MOST_EPOCHS:
        raise Corrupt(f"the server's lineage goes from epoch {head.epoch} to {last}, and epoch {issued.epoch} is to begin")
    for epoch in range(head.epoch, last + 1):
        while page := list(fetch(epoch, head.seq if head.epoch == epoch else 0)):
            for line in page:
                if line.epoch != epoch or (found := fault(head, line)):
                    raise Corrupt(f"the server's copy of epoch {epoch} breaks the chain behind seq {head.seq}: {found or 'another epoch'}")
                head = _head(line)
                if epoch in wanted and line.seq == wanted[epoch].seq and head != wanted[epoch]:
                    raise Corrupt(f"the server's copy of epoch {epoch} is not the one that it names: seq {line.seq} differs")
            yield page
        if epoch in wanted and wanted[epoch].seq > (head.seq if head.epoch == epoch else 0):
            raise Corrupt(f"the server's copy of epoch {epoch} ends with seq {head.seq}, it names {wanted[epoch].seq}")


@contextmanager
def _replayed(ctx: Context, issued: Issued, behind: Head, progress: Progress) -> Iterator[_Replayed]:
    """Build the tables as the journal will have them, beside the hall: the common lines, the server's, our own of behind them."""
    folder = ctx.database.path.parent
    for left in folder.glob(f"{PLACE}*"):
        shutil.rmtree(left, ignore_errors=True)
    require(folder, ctx.database.path.stat().st_size, "the new epoch cannot begin")
    with tempfile.TemporaryDirectory(dir=folder, prefix=PLACE) as place:
        rebuilt = Database(Path(place) / "rebuilt.db")
        upto = ctx.database.head()
        try:
            rebuilt.open()
            common = chain(_between(ctx.database, Head(0, 0, GENESIS), behind), lineage.staged(ctx.database))
            hall = _folded(rebuilt, Hall(), common, progress)
            hall = _folded(rebuilt, replace(hall, epoch=issued.epoch), _own_tail(ctx, behind, upto), progress)
        finally:
            rebuilt.close()
        log.info("replayed beside the hall epoch=%d events=%d", issued.epoch, hall.applied)
        yield _Replayed(rebuilt.path, hall, upto)


def _folded(rebuilt: Database, hall: Hall, lines: Iterator[Envelope], progress: Progress) -> Hall:
    """Fold lines into the tables of ``rebuilt``; return the hall after them."""
    for page in _pages(lines):
        changed: list[Changed] = []
        for line in page:
            hall, new = evolve(hall, fact_of(line))
            changed += new
        with rebuilt.write() as transaction:
            transaction.shadow(changed, hall)
        rebuilt.checkpoint()
        progress(hall.applied)
    return hall


def _own_tail(ctx: Context, behind: Head, upto: Head) -> Iterator[Envelope]:
    """Walk our lines behind the common ones that will be said again."""
    connection = ctx.database.connection()
    pages = _pages(_between(ctx.database, behind, upto))
    return chain.from_iterable(_unsaid(page, lineage.staged_ids(connection, [line.id for line in page])) for page in pages)


def _unsaid(page: Sequence[Envelope], said: set[str]) -> Iterator[Envelope]:
    return (line for line in page if line.id not in said and line.type != events.EpochStarted.TYPE)


def _between(database: Database, behind: Head, upto: Head) -> Iterator[Envelope]:
    """Walk the journal's lines behind one, up to and with another."""
    epoch, seq = behind.epoch, behind.seq
    while page := queries.lines(database, epoch, seq, BATCH):
        for line in page:
            if (line.epoch, line.seq) > (upto.epoch, upto.seq):
                return
            yield line
        epoch, seq = page[-1].epoch, page[-1].seq


def _pages(lines: Iterator[Envelope]) -> Iterator[list[Envelope]]:
    page: list[Envelope] = []
    for line in lines:
        page.append(line)
        if len(page) == BATCH:
            yield page
            page = []
    if page:
        yield page


def _switch(ctx: Context, issued: Issued, behind: Head, reason: str, replayed: _Replayed | None) -> None:
    """Begin the epoch, in one transaction."""
    with ctx.database.write() as transaction:
        before = transaction.hall
        length = transaction.begin_epoch(issued.epoch, behind)
        if replayed:
            _take_over(transaction, issued.epoch, replayed)
        started = _started(ctx, issued, reason, before, length)
        hall, changed = evolve(transaction.hall, started)
        transaction.append([started], changed, hall)
        transaction.say_again(issued.epoch)
        transaction.clear_staged()
        transaction.keep_sync(acked=None, durable_seq=0, fenced_since=None)
        transaction.once_durable.append(partial(ctx.ticks.not_before, hall.tick))
        failpoints.hit("epoch.before")
    failpoints.hit("epoch.after")
    log.warning("epoch begun epoch=%d parent_epoch=%d parent_seq=%d said_again=%d", issued.epoch, issued.parent.epoch, issued.parent.seq, length)
    ctx.announcer.announce(Commit((started,), hall, ctx.tick()))


def _take_over(transaction: Transaction, epoch: int, replayed: _Replayed) -> None:
    """Let the tables be the replayed ones, and apply what the hall wrote since."""
    transaction.take_tables(shadow.KEYS, replayed.hall)
    for line in lineage.tail(transaction.connection, epoch, (replayed.upto.epoch, replayed.upto.seq)):
        hall, changed = evolve(transaction.hall, fact_of(line))
        transaction.shadow(changed, hall)


def _started(ctx: Context, issued: Issued, reason: str, hall: Hall, length: int) -> events.Fact:
    """Return the first fact of the epoch. ``hall``: as it was before."""
    restored = hall.policy.restored
    if not hall.sells:
        reason = "fenced" if restored and restored.fenced else "restored"
    parent = issued.parent
    event = events.EpochStarted(
        epoch=issued.epoch,
        parent_epoch=parent.epoch,
        parent_seq=parent.seq,
        parent_hash=parent.hash,
        reason=reason,
        tail=length,
        tick=ctx.tick(),
    )
    return events.Fact(ctx.new_id(), ctx.clock.wall(), ctx.clock.quality(), "system", event)


def _resume_ticks(ctx: Context, hall: Hall) -> None:
    """Count on from the copied lines as a start does."""
    found = queries.last_tick(ctx.database)
    if found and hall.day:
        ctx.ticks.resume(LastTick(hall.tick, datetime.fromisoformat(found[1]), Quality(found[2])))
