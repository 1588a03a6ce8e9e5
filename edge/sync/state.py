"""What the loop says outside: the state, why, since when, in which words. Written to the context for web and devices, and kept over a restart.

A single failure that may pass by itself is not yet said: people would see the link flicker.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from edge.errors import Unavailable
from edge.operations.context import Context
from edge.operations.link_state import LinkState, State, Why, pending
from edge.queueing.chain import Head, instant
from edge.store import outbox
from edge.store.sync_state import SyncState
from edge.sync.answers import Judgement, Kind

log = logging.getLogger(__name__)

SAID_FROM = 2  # failures in a row of a kind that may pass
_WHY = {
    Kind.TRANSIENT: Why.UNREACHABLE,
    Kind.CREDENTIAL: Why.CREDENTIAL,
    Kind.CONFIGURATION: Why.CONFIGURATION,
    Kind.VERSION: Why.VERSION,
    Kind.LOCAL: Why.DISK,
}
_PASSING = (Kind.TRANSIENT, Kind.STATE, Kind.COMPACTED)
_ORDER = (Why.FENCED, Why.ENROL, Why.VERSION, Why.DISK, Why.CREDENTIAL, Why.CONFIGURATION, Why.BATCH, Why.UNREACHABLE)  # the first that holds is said


def why_of(judgement: Judgement, failures: int) -> Why | None:
    """Return what a failure means for people, None: nothing yet."""
    if failures == 0 or (judgement.kind in _PASSING and failures < SAID_FROM):
        return None  # 0: it was made smaller and goes on
    return _WHY.get(judgement.kind, Why.BATCH)


class Teller:
    """Replaces the context's `LinkState`. One thread uses it."""

    def __init__(self, ctx: Context, server: str, mode: str) -> None:
        self._ctx = ctx
        self._kept: Why | None = None
        ctx.link.state = LinkState(State.CATCHING_UP, server=server, mode=mode, since=ctx.started_at)

    def resume(self, kept: SyncState) -> None:
        """Go on with what was said before the restart, until something else is known."""
        known = kept.blocked in tuple(Why)
        why = Why(kept.blocked) if known and kept.blocked else None
        since = datetime.fromisoformat(kept.blocked_since) if why and kept.blocked_since else self._ctx.started_at
        self._kept = why
        self._ctx.link.state = replace(
            _placed(self._ctx, kept.acked),
            state=State.BLOCKED if why else State.CATCHING_UP,
            why=why,
            since=since,
            incarnation=kept.incarnation,
            durable_seq=kept.durable_seq,
        )

    def moved(self, server: str, mode: str) -> None:
        """The link leads elsewhere."""
        self._ctx.link.state = replace(self._ctx.link.state, server=server, mode=mode)

    def heard(self, *, incarnation: str | None = None, durable_seq: int | None = None, line_bytes: int = 0) -> None:
        """An answer came that is one."""
        now = self._ctx.link.state
        self._ctx.link.state = replace(
            now,
            heard_at=self._ctx.clock.wall(),
            incarnation=incarnation or now.incarnation,
            durable_seq=now.durable_seq if durable_seq is None else durable_seq,
            line_bytes=line_bytes or now.line_bytes,
        )

    def say(self, sent: Head | None, reasons: Sequence[tuple[Why, str]], retry_at: float | None, *, greeted: bool, unsure: bool = False) -> None:
        """Say how things stand. ``reasons``: everything that holds the link up, with its words. ``unsure``: a failure says nothing yet: as before."""
        before = self._ctx.link.state
        same = (before.why, before.detail) if unsure else (None, "")
        why, detail = min(reasons, key=lambda reason: _ORDER.index(reason[0]), default=same)
        now = replace(_placed(self._ctx, sent), why=why, detail=detail, retry_at=retry_at if why else None)
        idle = greeted and not pending(now, self._ctx.database.committed.head)
        state = State.BLOCKED if why else State.IDLE if idle else State.CATCHING_UP
        changed = (state, why) != (before.state, before.why)
        self._ctx.link.state = replace(now, state=state, since=self._ctx.clock.wall() if changed else before.since)
        if why is not self._kept:
            self._keep(why, detail)

    def _keep(self, why: Why | None, detail: str) -> None:
        """Remember over a restart what people are told; a disk that is full stops nothing."""
        log.log(logging.WARNING if why else logging.INFO, "national link why=%s detail=%s", why or "well", detail)
        since = instant(self._ctx.link.state.since or self._ctx.clock.wall())
        try:
            with self._ctx.database.write() as transaction:
                transaction.keep_sync(blocked=why, blocked_since=since if why else None)
        except Unavailable as error:
            log.warning("the state of the link is not kept: %s", error)
            return
        self._kept = why


def _placed(ctx: Context, sent: Head | None) -> LinkState:
    """Return the state of before with what is stored nationally now."""
    epoch = ctx.database.committed.head.epoch
    older = 0
    if sent is not None and sent.epoch < epoch:
        older = sum(head.seq for head in outbox.heads(ctx.database, sent.epoch - 1) if head.epoch < epoch) - sent.seq
    acked = sent.seq if sent is not None and sent.epoch == epoch else None
    return replace(ctx.link.state, sent=sent, acked=acked, older=max(0, older))
