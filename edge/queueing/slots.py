"""Slots: which appointments a service has, how many seats each, and how many are left. The last seat is sold once.

A slot is `<service>@<start>`. Its seats are counted in the shape of the escrow (`contract/national.md`, "Slot escrow"): cumulative counters by
epoch of rights. Without a national server the centre holds all rights, so what is left is the capacity less what was sold and not released. With one,
a slot is what was granted of it, and what is left are the centre's own rights of this epoch.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from edge.queueing import escrow
from edge.queueing.booking import SlotId, slot_id
from edge.queueing.escrow import Rights
from edge.queueing.hours import covered, open_spans
from edge.queueing.policy import Mode, Policy, Service, is_offered, mode_on

LEAST_LAST_MIN = 30  # the last appointment begins so long before closing, or as long as a visit takes (research: 5.5)
BUFFER_MIN = Fraction(1, 2)  # between two visits
BUFFER_SEATS = 1  # one more than there is room for waits a little, at pooled desks
SURE_PERMILLE = 50  # overbooking may fill a slot beyond its seats in one of twenty cases


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was sold of one slot, by epoch of the rights; ``over``: its day has passed.

    ``capacity``: the sellable count at the last sale or grant; ``national_*``: what the national side sold by its own rights, as far as it told us.
    """

    slot: SlotId
    service: str
    start: datetime
    minutes: int
    capacity: int
    rights: Mapping[int, Rights] = field(default_factory=dict)
    national_sold: int = 0
    national_released: int = 0
    over: bool = False

    @property
    def taken(self) -> int:
        """Return the seats that are in somebody's hands."""
        own = sum(each.sold - each.released for each in self.rights.values())
        return own + self.national_sold - self.national_released


@dataclass(frozen=True, slots=True)
class Shows:
    """How people kept their appointments for a service: came, or did not."""

    came: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """An appointment that the calendar has. ``capacity``: seats that may be sold, overbooking included."""

    slot: SlotId
    service: str
    start: datetime
    minutes: int
    capacity: int


def sold(ledger: Ledger, epoch: int) -> Ledger:
    """Return the ledger with one more seat sold in that epoch."""
    return with_rights(ledger, epoch, escrow.sold(rights_of(ledger, epoch)))


def released(ledger: Ledger, epoch: int) -> Ledger:
    """Return the ledger with one seat of that epoch given back."""
    return with_rights(ledger, epoch, escrow.released(rights_of(ledger, epoch)))


def rights_of(ledger: Ledger, epoch: int) -> Rights:
    """Return the counters of one epoch."""
    return ledger.rights.get(epoch, Rights())


def with_rights(ledger: Ledger, epoch: int, rights: Rights) -> Ledger:
    """Return the ledger with the counters of one epoch replaced."""
    return replace(ledger, rights={**ledger.rights, epoch: rights})


def left(slot: Slot, ledgers: Mapping[SlotId, Ledger]) -> int:
    """Return how many seats of a slot may still be sold here by a centre that holds all rights."""
    ledger = ledgers.get(slot.slot)
    return max(0, slot.capacity - (ledger.taken if ledger else 0))


def left_of_own(slot: Slot, ledgers: Mapping[SlotId, Ledger], epoch: int) -> int:
    """Return how many seats may still be sold here by rights of this epoch; none of a slot whose capacity was lowered below what is sold already."""
    ledger = ledgers[slot.slot]
    return max(0, min(escrow.own_left(rights_of(ledger, epoch)), ledger.capacity - ledger.taken))


def granted_of_day(policy: Policy, ledgers: Mapping[SlotId, Ledger], code: str, day: date, utc_offset: int, epoch: int) -> list[Slot]:
    """Return the slots of a local day of which rights of this epoch were granted, in time order: those that begin while the hall is open.

    ``utc_offset``: seconds, of that day.
    """
    service, name = policy.services[code], day.isoformat()
    if mode_on(policy, service, name) is Mode.WALK_IN or not is_offered(service, name):
        return []
    midnight = datetime.combine(day, time(), tzinfo=UTC) - timedelta(seconds=utc_offset)
    end, spans = midnight + timedelta(days=1), open_spans(policy.calendar, name)
    mine = [each for each in ledgers.values() if each.service == code and midnight <= each.start < end]  # thousands are looked through
    found = [
        Slot(each.slot, code, each.start, each.minutes, each.capacity)
        for each in mine
        if rights_of(each, epoch).granted and covered(spans, int((each.start - midnight).total_seconds()))
    ]
    return sorted(found, key=lambda slot: slot.start)


def of_day(policy: Policy, code: str, day: date, utc_offset: int, shows: Shows) -> list[Slot]:
    """Return the slots of a local day in time order, without asking what is left or past. ``utc_offset``: seconds, of that day.

    An appointment lies within one span of the opening hours, and the last one begins early enough to be over at closing.
    """
    service = policy.services[code]
    plan = service.booking
    if plan is None or mode_on(policy, service, day.isoformat()) is Mode.WALK_IN or not is_offered(service, day.isoformat()):
        return []
    starts = list(_starts(policy, service, day))
    midnight = datetime.combine(day, time(), tzinfo=UTC) - timedelta(seconds=utc_offset)
    each = plan.seats
    x = _mean_seats(policy, service, day, shows) if each is None else Fraction(each)
    sellable = [x.numerator * n // x.denominator for n in range(len(starts) + 1)]  # up to each start; in whole numbers, as fractions are slow
    found = []
    for second, (before, after) in zip(starts, pairwise(sellable), strict=True):
        if after > before:
            start = midnight + timedelta(seconds=second)
            found.append(Slot(slot_id(code, start), code, start, plan.grid, after - before))
    return found


def _starts(policy: Policy, service: Service, day: date) -> Iterator[int]:
    """Yield the local seconds of the day at which appointments begin."""
    assert service.booking is not None  # noqa: S101 -- asked by the caller
    step, last = service.booking.grid * 60, max(LEAST_LAST_MIN, service.minutes) * 60
    spans = open_spans(policy.calendar, day.isoformat())
    for span in spans:
        second = -(-span.start // step) * step
        is_last = span is spans[-1]
        while second + (last if is_last else service.minutes * 60) <= span.end:
            yield second
            second += step


def _mean_seats(policy: Policy, service: Service, day: date, shows: Shows) -> Fraction:
    """Return the sellable seats of one slot, on average over the day (research: 5.5): the desks' share of time, and who will not come.

    A desk's time for bookings is shared by the bookable services that it serves.
    """
    assert service.booking is not None  # noqa: S101 -- asked by the caller
    share = policy.bookings.only_permille if mode_on(policy, service, day.isoformat()) is Mode.APPOINTMENT_ONLY else policy.bookings.share_permille
    desks = sum((Fraction(1, _bookable(policy, plan.services)) for plan in policy.desks_of(service.code)), Fraction())
    seats = Fraction(share * desks * service.booking.grid, 1000 * (service.minutes + BUFFER_MIN))
    return overbooked(seats, shows)


@lru_cache
def overbooked(seats: Fraction, shows: Shows) -> Fraction:
    """Return how many to sell for ``seats`` so that those who will not come are made up for, and hardly ever too many come.

    n' = min(n / (1 - p), the largest k with P(Bin(k, 1 - p) > n + 1) <= 0.05), p = (missed + 2) / (booked + 20); below one seat only n / (1 - p).
    """
    come = 1 - Fraction(shows.missed + 2, shows.came + shows.missed + 20)
    wanted = Fraction(seats, come)
    if seats < 1:
        return min(wanted, Fraction(1))
    most = math.floor(seats)
    while most < wanted and _is_safe(most + 1, math.floor(seats) + BUFFER_SEATS, come):
        most += 1
    return max(seats, min(wanted, Fraction(most)))


def _is_safe(sold_: int, seats: int, come: Fraction) -> bool:
    """Tell whether P(Bin(sold, come) > seats) is small enough; in whole numbers, as fractions take a hundred times as long."""
    yes, of = come.numerator, come.denominator
    too_many: int = sum(math.comb(sold_, k) * yes**k * (of - yes) ** (sold_ - k) for k in range(seats + 1, sold_ + 1))
    return bool(too_many * 1000 <= SURE_PERMILLE * of**sold_)


def _bookable(policy: Policy, codes: frozenset[str]) -> int:
    return sum(1 for code in codes if code in policy.services and policy.services[code].booking is not None) or 1
