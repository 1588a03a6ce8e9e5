"""The whole state of the centre as one frozen value: what `decide` reads and `evolve` returns.

Only open tickets are kept here; finished and cancelled ones live in the tables and, for ten seconds, in a desk's last move. Likewise only
bookings to which something may still happen, and the ledgers of slots whose day has not passed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.errors import Unknown
from edge.queueing.alerts import Alert
from edge.queueing.booking import Booking, BookingId, SlotId
from edge.queueing.day import Day
from edge.queueing.desk import Desk, DeskId
from edge.queueing.learned import Learned
from edge.queueing.policy import DeskPlan, Mode, Policy, Service, mode_on
from edge.queueing.registry import Device, DeviceId, Member
from edge.queueing.slots import Ledger, Shows
from edge.queueing.ticket import Ticket, TicketId, TicketState


@dataclass(frozen=True, slots=True)
class Hall:
    """``applied`` counts events ever applied; ``tick``: the last one used. ``issued``: tickets today; ``counters``: numbers given by letter.

    ``hold_ends``: the first tick at which a held ticket goes back to waiting by itself, None while none does.
    ``epoch``: of the journal, and so of the rights that a booking uses; the national server issues each but the first. ``shows``: by service, how
    appointments were kept. ``next_booking``: the earliest start of a confirmed booking, None while there is none. ``blocks``: by letter, the last
    number that is printed on emergency slips. ``alerts``: those that are raised, by their names.
    """

    applied: int = 0
    tick: int = 0
    policy: Policy = field(default_factory=Policy)
    day: Day | None = None
    issued: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    desks: Mapping[DeskId, Desk] = field(default_factory=dict)
    tickets: Mapping[TicketId, Ticket] = field(default_factory=dict)
    devices: Mapping[DeviceId, Device] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    hold_ends: int | None = None
    epoch: int = 1
    bookings: Mapping[BookingId, Booking] = field(default_factory=dict)
    slots: Mapping[SlotId, Ledger] = field(default_factory=dict)
    shows: Mapping[str, Shows] = field(default_factory=dict)
    next_booking: datetime | None = None
    learned: Learned = field(default_factory=Learned)
    blocks: Mapping[str, int] = field(default_factory=dict)
    alerts: Mapping[str, Alert] = field(default_factory=dict)

    def waiting(self) -> list[Ticket]:
        """Return the waiting tickets in the order of issue."""
        return [ticket for ticket in self.tickets.values() if ticket.state is TicketState.WAITING]

    def desk(self, desk: DeskId) -> Desk:
        """Return the desk. Raises Unknown."""
        try:
            return self.desks[desk]
        except KeyError:
            raise Unknown(f"desk {desk!r} does not exist; known are {', '.join(self.desks) or 'none'}", field="desk") from None

    def plan(self, desk: DeskId) -> DeskPlan:
        """Return the plan of a desk that exists."""
        return self.policy.desks[desk]

    def at_desk(self, desk: DeskId) -> Ticket | None:
        """Return the ticket called or serving at ``desk``."""
        ticket = self.desks[desk].ticket
        return self.tickets[ticket] if ticket else None

    def leaf(self, code: str) -> Service:
        """Return a service that gives tickets. Raises Unknown, also for a group."""
        service = self.policy.services.get(code)
        if service is None or code in self.policy.groups:
            kind = "is a group and gives no tickets" if service else "does not exist"
            raise Unknown(f"service {code!r} {kind}; known are {', '.join(self.leaves())}", field="service")
        return service

    def leaves(self) -> list[str]:
        """Return the codes of all services that give tickets, in display order."""
        return [code for code in self.policy.services if code not in self.policy.groups]

    @property
    def sells(self) -> bool:
        """Tell whether seats may be sold: not by a box that came back from a backup or was fenced, until it has rights of a new epoch."""
        national = self.policy.national
        return self.epoch > national.closed if national.bound else self.policy.restored is None

    @property
    def tz(self) -> str:
        """Return the time zone that holds: of the open day, for a changed one waits for the next."""
        return self.day.tz if self.day else self.policy.centre.tz

    def mode(self, code: str) -> Mode:
        """Return how the service takes visitors today."""
        return mode_on(self.policy, self.policy.services[code], self.day.day if self.day else "")

    def find_open(self, reference: str) -> Ticket | None:
        """Return an open ticket by its id or today's number."""
        found = self.tickets.get(reference)
        if found is None:
            found = next((ticket for ticket in self.tickets.values() if ticket.number == reference), None)
        return found


def first_hold_end(tickets: Iterable[Ticket]) -> int | None:
    """Return what `Hall.hold_ends` must be for these open tickets."""
    return min((ticket.held_until for ticket in tickets if ticket.state is TicketState.HELD and ticket.held_until is not None), default=None)
