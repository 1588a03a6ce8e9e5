"""What the national server holds of this centre and we have not, on its way into the journal: fetched, checked, laid aside, and replayed.

All of it happens beside the hall, which goes on deciding: lines wait in a table of their own, the replay fills a database of its own. `epochs` takes
both in at once.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from edge import failpoints
from edge.errors import Corrupt
from edge.operations.context import Context
from edge.operations.verify import fact_of
from edge.queueing import events
from edge.queueing.chain import GENESIS, Envelope, Head, fault
from edge.queueing.evolve import Changed, evolve
from edge.queueing.hall import Hall
from edge.store import lineage, queries
from edge.store.database import Database
from edge.store.reserve import require

log = logging.getLogger(__name__)

Fetch = Callable[[int, int], Sequence[Envelope]]
Progress = Callable[[int], None]
MOST_EPOCHS = 1000  # between two that an answer may name: each is asked for
BATCH = 1000
PLACE = ".epoch-"


@dataclass(frozen=True, slots=True)
class Issued:
    """What the server answered with `new_epoch`. ``parent``: of seq 0, the logs have nothing in common. ``heads``: its ``lineage``."""

    epoch: int
    parent: Head
    heads: tuple[Head, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """``hall``: after all own lines up to ``upto``; its tables lie in ``path``."""

    path: Path
    hall: Hall
    upto: Head


def head_of(line: Envelope) -> Head:
    """Return the place of a line."""
    return Head(line.epoch, line.seq, line.hash)


def is_ours(ctx: Context, parent: Head) -> bool:
    """Tell whether the journal has this very line; seq 0 is before the first."""
    if parent.seq == 0:
        return parent.hash == GENESIS
    line = lineage.line(ctx.database, parent.epoch, parent.seq)
    return line is not None and line.hash == parent.hash


def stage(ctx: Context, issued: Issued, fetch: Fetch, progress: Progress) -> Head:
    """Fetch what the server holds behind the parent and lay it beside the journal; return the last line that both have."""
    with ctx.database.write() as transaction:
        transaction.clear_staged()
    behind, fetched = issued.parent, 0
    for page in _fetched(issued, fetch):
        if lineage.staged_end(ctx.database) is None:
            while page and is_ours(ctx, head_of(page[0])):
                behind = head_of(page.pop(0))
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
                head = head_of(line)
                if epoch in wanted and line.seq == wanted[epoch].seq and head != wanted[epoch]:
                    raise Corrupt(f"the server's copy of epoch {epoch} is not the one that it names: seq {line.seq} differs")
            yield page
        if epoch in wanted and wanted[epoch].seq > (head.seq if head.epoch == epoch else 0):
            raise Corrupt(f"the server's copy of epoch {epoch} ends with seq {head.seq}, it names {wanted[epoch].seq}")


@contextmanager
def replayed(ctx: Context, issued: Issued, behind: Head, progress: Progress) -> Iterator[Replayed]:
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
        yield Replayed(rebuilt.path, hall, upto)


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
