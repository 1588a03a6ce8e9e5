"""The state of the national link as it is seen from outside (`contract/national.md`, "Seen from outside").

The loop of `edge.sync` replaces the `LinkState`; web, devices and the command line only read it here, because no room imports another. Without
a configured link it stays ``off`` and nothing is pending. Numbers are worked out when somebody asks: a commit of the hall tells nobody here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from edge.operations.views import View
from edge.queueing.chain import Head, instant, moment
from edge.store import queries

if TYPE_CHECKING:
    from edge.operations.context import Context

USUAL_LINE_BYTES = 480  # until a batch was measured


class State(StrEnum):
    """The contract's words."""

    OFF = "off"
    IDLE = "idle"
    CATCHING_UP = "catching-up"
    BLOCKED = "blocked"


class Why(StrEnum):
    """Why a link is blocked. The hall goes on in all of them, and nothing that is to be sent is dropped.

    unreachable: no answer, or one that says "later". credential: token, certificate or clock. configuration: whoever answers is no national server,
    or the address is wrong. version: the server speaks none of our protocols. fenced: another box, or a later epoch, speaks for this centre. enrol:
    the server waits for its operator to bind this box. batch: it refuses a batch that is right here. disk: what came cannot be kept.
    """

    UNREACHABLE = "unreachable"
    CREDENTIAL = "credential"
    CONFIGURATION = "configuration"
    VERSION = "version"
    FENCED = "fenced"
    ENROL = "enrol"
    BATCH = "batch"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class LinkState:
    """What the loop last said. ``since``: when ``state`` and ``why`` began, None: with this start. ``detail``: what was tried and met, in English.

    ``sent``: everything up to this line is stored nationally, None: nothing is proven. ``acked``: the same, if it is of the present epoch.
    ``older``: lines of earlier epochs that are still to be sent. ``line_bytes``: mean size of a line as it travels. ``heard_at``: the last answer
    that was one. ``retry_at``: monotonic seconds of the next attempt while something is wrong. ``durable_seq``: up to there lines survive a loss of
    the server's disk.
    """

    state: State = State.OFF
    why: Why | None = None
    since: datetime | None = None
    detail: str = ""
    server: str = ""
    mode: str = "direct"
    sent: Head | None = None
    acked: int | None = None
    older: int = 0
    line_bytes: int = USUAL_LINE_BYTES
    heard_at: datetime | None = None
    retry_at: float | None = None
    durable_seq: int = 0
    incarnation: str | None = None


class Link:
    """The holder: one per process, in the context. ``try_now`` is harmless when there is no link."""

    def __init__(self) -> None:
        self.state = LinkState()
        self._awake: Callable[[], None] | None = None

    def serve(self, awake: Callable[[], None] | None) -> None:
        """Say how the loop is woken; None: there is none any more."""
        self._awake = awake

    @property
    def is_served(self) -> bool:
        """Tell whether there is a loop."""
        return self._awake is not None

    def try_now(self) -> bool:
        """Let the loop try at once whatever it waits for; tell whether there is a loop."""
        awake = self._awake
        if awake is None:
            return False
        awake()
        return True


def sync(ctx: "Context") -> View:
    """Return `/healthz` ``sync``: the contract's keys, and why, in which words, and how old the oldest line is that is still to be sent."""
    link = ctx.link.state
    head = ctx.database.committed.head
    lines = pending(link, head)
    return {
        "state": shown(link, lines),
        "pending": lines,
        "epoch": head.epoch,
        "head": head.seq,
        "acked": link.acked if _of_epoch(link, head.epoch) else None,
        "since": instant(link.since or ctx.started_at),
        "bytes": lines * link.line_bytes,
        "why": link.why,
        "detail": link.detail or None,
        "lag_s": lag_s(ctx, link) if lines else 0,
    }


def pending(link: LinkState, head: Head) -> int:
    """Return how many lines the centre has that the country has not."""
    if link.state is State.OFF:
        return 0
    own = link.sent.seq if link.sent and link.sent.epoch == head.epoch else 0
    return link.older + max(0, head.seq - own)


def shown(link: LinkState, lines: int) -> State:
    """Return the state with ``lines`` pending: one that came a moment ago makes an idle link catch up."""
    return State.CATCHING_UP if link.state is State.IDLE and lines else link.state


def lag_s(ctx: "Context", link: LinkState) -> int:
    """Return the age in seconds, by the wall clock, of the oldest line that is still to be sent; 0 when there is none."""
    after = link.sent or Head(ctx.database.committed.head.epoch, 0, "")
    page = queries.lines(ctx.database, after.epoch, after.seq, 1)
    return max(0, int((ctx.clock.wall() - moment(page[0].at)).total_seconds())) if page else 0


def _of_epoch(link: LinkState, epoch: int) -> bool:
    return link.sent is not None and link.sent.epoch == epoch
