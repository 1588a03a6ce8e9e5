"""The one way in for every change: transaction, what is due, the decision, journal and tables, commit, announcement.

Nothing is read for a decision before the transaction began, and nobody is told before it is durable.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from edge.operations import clock, due, sessions
from edge.operations.announce import Commit
from edge.operations.context import Context
from edge.operations.link_state import State
from edge.queueing import events
from edge.queueing.chain import instant
from edge.queueing.commands import ReturnRights
from edge.queueing.day import following
from edge.queueing.decide import Outcome, Stamp, Turn, decide
from edge.queueing.hall import Hall
from edge.store.transaction import Transaction

KEPT = 1  # seats of a slot that the centre does not release before the day


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key: one effect per (``scope``, ``key``); ``digest`` tells another request under the same key."""

    scope: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Done:
    """``answer``: JSON text; ``first`` is False when it is the remembered one, byte for byte (then ``outcome`` is None)."""

    outcome: Outcome | None
    hall: Hall
    tick: int
    answer: str
    first: bool


class Decision:
    """A turn inside its write transaction."""

    def __init__(self, ctx: Context, transaction: Transaction, turn: Turn, at: str) -> None:
        self.turn = turn
        self.transaction = transaction
        self._ctx = ctx
        self._at = at

    def recall(self, once: Once | None) -> str | None:
        """Return what was answered under this key before. Raises KeyReused."""
        return self.transaction.recall(once.scope, once.key, once.digest) if once else None

    def remember(self, once: Once | None, answer: str) -> None:
        """Keep the answer for this key, durable together with the effect."""
        if once:
            self.transaction.remember(once.scope, once.key, once.digest, answer, self._at)

    def since_move_ms(self, desk: str) -> int | None:
        """Return how long ago the desk moved, None if it did not since the start."""
        moved = self._ctx.moves.get(desk)
        return None if moved is None else int((self._ctx.clock.monotonic() - moved) * 1000)


@contextmanager
def deciding(ctx: Context, actor: str) -> Iterator[Decision]:
    """Open a decision; leaving the block writes, commits and announces, an exception undoes all of it.

    Raises Unavailable when it cannot be made durable now.
    """
    commit: Commit | None = None
    with ctx.database.write() as transaction:
        at = ctx.clock.wall()
        turn = Turn(transaction.hall, ctx.tick(), Stamp(at, ctx.clock.quality(), actor, ctx.new_id))
        due.settle(ctx, turn, at)
        _end_day(ctx, transaction, turn)
        settled = len(turn.facts)
        yield Decision(ctx, transaction, turn, instant(at))
        _end_day(ctx, transaction, turn, settled)
        if turn.facts:
            transaction.append(turn.facts, turn.changed, turn.hall)
            transaction.once_durable.append(partial(_keep_time, ctx, turn))
            commit = Commit(tuple(turn.facts), turn.hall, turn.tick)
    if commit:
        ctx.announcer.announce(commit)


def _end_day(ctx: Context, transaction: Transaction, turn: Turn, since: int = 0) -> None:
    """When the facts from ``since`` on close the day, let go what belongs to it alone; what is decided afterwards is of the next."""
    ended = [fact.event for fact in turn.facts[since:] if isinstance(fact.event, events.DayClosed)]
    if ended:
        for ticket in ended[-1].kept:  # their visitors still wait for tomorrow
            transaction.move_contact(ticket, following(ended[-1].day))
        transaction.erase_contacts(ended[-1].day)
        sessions.end_with_day(ctx.database, turn)
        _release(ctx, turn, date.fromisoformat(ended[-1].day))


def _release(ctx: Context, turn: Turn, ended: date) -> None:
    """Give unsold rights of a day to come back, while the national side can hear of it: cut off, they would be of use to nobody."""
    hall, ahead = turn.hall, turn.hall.policy.bookings.release_days
    if ahead and hall.policy.national.bound and ctx.link.state.state in (State.IDLE, State.CATCHING_UP):
        day = ended + timedelta(days=ahead)
        slots = tuple(name for name, ledger in hall.slots.items() if clock.local(hall.tz, ledger.start).date() == day)
        decide(turn, ReturnRights(slots, KEPT))


def _keep_time(ctx: Context, turn: Turn) -> None:
    """Start a new day's ticks and the guard times before anyone else decides: the next press may come the moment the queue is free."""
    if any(isinstance(fact.event, events.DayOpened) for fact in turn.facts):
        ctx.ticks.start_day()
    ctx.ticks.settled()
    now = ctx.clock.monotonic()
    for fact in turn.facts:
        desk = getattr(fact.event, "desk", None)
        if isinstance(desk, str) and not isinstance(fact.event, events.StaffLoggedIn | events.StaffLoggedOut):  # a login moves no desk
            ctx.moves[desk] = now
