"""Who this journal is: what becomes of it when the national server gives another epoch, has more than we have, or follows another box.

A new epoch (`contract/national.md`, "New epoch"): lines that the server holds behind the common parent are fetched and keep their places; what this
box wrote there is taken out, kept as evidence, and said again in the new epoch, byte for byte but for its place. All of it is one transaction. The
replay that the server's lines make necessary runs beside the hall (`take_over`); only its result is written while presses wait.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from edge import failpoints
from edge.errors import Refused
from edge.operations.announce import Commit
from edge.operations.clock import LastTick, Quality
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.operations.restored import escrow_closed, free_letters
from edge.operations.take_over import Fetch, Issued, Progress, Replayed, head_of, is_ours, replayed, stage
from edge.operations.verify import fact_of
from edge.queueing import events
from edge.queueing.chain import Envelope, Head, fault, instant
from edge.queueing.commands import ChangeSettings
from edge.queueing.decide import decide
from edge.queueing.evolve import Changed, evolve
from edge.queueing.hall import Hall
from edge.store import lineage, queries, shadow
from edge.store.transaction import Transaction

__all__ = ["Diverged", "Fetch", "Issued", "Progress", "begin_epoch", "copy_lines", "fence", "is_backup"]

log = logging.getLogger(__name__)

FENCED = "the national server follows another box of this centre"


class Diverged(Refused):
    """The journal is no beginning of the server's any more; say hello again."""

    code = "diverged"


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
    if not is_ours(ctx, issued.parent):
        raise Diverged(f"epoch {issued.epoch} cannot begin behind line {issued.parent.seq} of epoch {issued.parent.epoch}: this journal has it not")
    behind = stage(ctx, issued, fetch, progress)
    if lineage.staged_end(ctx.database) is None:
        _switch(ctx, issued, behind, reason, None)
        return
    with replayed(ctx, issued, behind, progress) as tables, ctx.database.attached(tables.path, "rebuilt"):
        _switch(ctx, issued, behind, reason, tables)


def copy_lines(ctx: Context, lines: Sequence[Envelope]) -> Head:
    """Take the next lines of our own journal from the server's copy, in one transaction; return the head. What fits already is skipped.

    Raises Diverged when they do not follow our journal: the hall wrote meanwhile, or it is not ours.
    """
    with ctx.database.write() as transaction:
        fresh = [line for line in lines if not is_ours(ctx, head_of(line))]
        facts: list[events.Fact] = []
        changed: list[Changed] = []
        hall, head = transaction.hall, transaction.head
        for line in fresh:
            if found := fault(head, line):
                raise Diverged(f"line {line.seq} of epoch {line.epoch} cannot follow line {head.seq} of epoch {head.epoch}: {found}")
            fact = fact_of(line)
            hall, new = evolve(hall, fact)
            head = head_of(line)
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


def _switch(ctx: Context, issued: Issued, behind: Head, reason: str, tables: Replayed | None) -> None:
    """Begin the epoch, in one transaction."""
    with ctx.database.write() as transaction:
        before = transaction.hall
        length = transaction.begin_epoch(issued.epoch, behind)
        if tables:
            _take_tables(transaction, issued.epoch, tables)
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


def _take_tables(transaction: Transaction, epoch: int, tables: Replayed) -> None:
    """Let the tables be the replayed ones, and apply what the hall wrote since."""
    transaction.take_tables(shadow.KEYS, tables.hall)
    for line in lineage.tail(transaction.connection, epoch, (tables.upto.epoch, tables.upto.seq)):
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
