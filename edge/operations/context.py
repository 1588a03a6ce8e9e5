"""What every use case needs, handed in as one frozen value. It has no behaviour beyond reading the tick."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from edge.operations.announce import Announcer
from edge.operations.bell import Bell
from edge.operations.clock import Clock, TickClock
from edge.operations.codes import Book
from edge.operations.delays import Delays
from edge.operations.keys import Keys
from edge.operations.link_state import Link
from edge.operations.orders import Orders
from edge.operations.trips import Trips
from edge.queueing.hall import Hall
from edge.store.database import Database


@dataclass(frozen=True, slots=True)
class Context:
    """``boot_id`` is new at each start. ``moves``: monotonic seconds of each desk's last move, for the button guard; written under `write()`.

    ``link``: what the national link says of itself, and how it is told to try now. ``orders``: what devices were told; ``trips``: how
    fast they answer.
    ``pairing``: screens that wait to become devices. ``bell``: rung when there is something to print.
    """

    database: Database
    clock: Clock
    ticks: TickClock
    announcer: Announcer
    keys: Keys
    boot_id: str
    started_at: datetime
    new_id: Callable[[], str]
    moves: dict[str, float] = field(default_factory=dict)
    delays: Delays = field(default_factory=Delays)
    link: Link = field(default_factory=Link)
    orders: Orders = field(default_factory=Orders)
    trips: Trips = field(default_factory=Trips)
    pairing: Book = field(default_factory=Book)
    bell: Bell = field(default_factory=Bell)

    @property
    def hall(self) -> Hall:
        """Return the last committed hall."""
        return self.database.committed.hall

    def tick(self) -> int:
        """Return the present tick."""
        return self.ticks.now()
