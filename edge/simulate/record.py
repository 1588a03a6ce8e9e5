"""What one imagined day leaves behind: plain numbers, read from tickets and facts."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from edge.queueing import events as e
from edge.queueing.chain import moment
from edge.queueing.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Asked:
    """What is remembered of an issue: the ticket's class, the end that was said then, and what another system would have said."""

    kind: str
    to: str | None
    peer: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Called:
    """One first call, in seconds of opening hours. ``cell`` None: a desk was free. ``peer``: what another system would have said.

    ``after_said``, ``before_said``: seconds after the end and before the beginning of the range that was said at the issue (below 0: within it),
    None when nothing was said.
    """

    kind: str
    waited: int
    cell: str | None
    expected: int
    earliest: int
    latest: int
    after_said: float | None
    before_said: float | None
    peer: tuple[float, float]

    @classmethod
    def of(cls, ticket: Ticket, asked: "Asked", waited: int, now: datetime) -> "Called":
        """Read a ticket that is called at the instant ``now``."""
        after = (now - moment(asked.to)).total_seconds() if asked.to else None
        before = (moment(ticket.promise_from) - now).total_seconds() if ticket.promise_from else None
        return cls(asked.kind, waited, ticket.cell, ticket.expected or 0, ticket.earliest or 0, ticket.latest or 0, after, before, asked.peer)


@dataclass(slots=True)
class DayRecord:
    """``overrun_s``: how long after closing the last visit ended. ``digest``: of the journal's words of the day."""

    day: int
    came: int = 0
    refused: int = 0
    released: int = 0
    raised: int = 0
    guaranteed: int = 0
    standby: int = 0
    overrun_s: int = 0
    unserved: int = 0
    digest: str = ""
    calls: list[Called] = field(default_factory=list)

    def issued(self, promise: str | None) -> None:
        """Count what a ticket was promised."""
        self.guaranteed += promise == "guaranteed"
        self.standby += promise == "standby"

    def closed(self, facts: Sequence[e.Fact], closes: int) -> None:
        """Read the day's end from its facts."""
        ends = [fact.event.tick for fact in facts if isinstance(fact.event, e.TicketFinished | e.TicketNoShow)]
        self.overrun_s = max(0, max(ends, default=0) - closes)
        issued = {fact.event.ticket for fact in facts if isinstance(fact.event, e.TicketIssued)}
        done = {fact.event.ticket for fact in facts if isinstance(fact.event, e.TicketFinished | e.TicketNoShow | e.TicketCancelled)}
        self.unserved = len(issued - done)
        words = "\n".join(f"{e.type_of(fact.event)} {e.payload_text(fact.event)}" for fact in facts)
        self.digest = hashlib.sha256(words.encode()).hexdigest()

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)
