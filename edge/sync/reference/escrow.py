"""The national side of the slot escrow (`contract/national.md`, "Slot escrow"): pure counters of one slot and who may still sell from it.

Every counter is cumulative and only grows; what both sides know is merged by the greater value, so that loss, repetition and reordering of
messages change nothing. Rights of an epoch stay with it: what an older epoch holds comes back only by its own returns, by the slot passing, or by
an operator who says that nothing of it is outstanding (``ended``).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


class Spent(Exception):
    """The national side has no right left to sell or to grant."""


@dataclass(frozen=True, slots=True)
class Rights:
    """An edge's counters of one epoch: ``granted`` as put into the feed, or as journalled if that is more. ``ended``: an operator confirmed it."""

    granted: int = 0
    returned: int = 0
    sold: int = 0
    released: int = 0
    ended: bool = False

    @property
    def left(self) -> int:
        """Return how many the edge may still sell, as far as its journal has come."""
        return 0 if self.ended else self.granted - self.returned - (self.sold - self.released)

    @property
    def held(self) -> int:
        """Return how many of the slot's seats are this epoch's: never less than it has sold."""
        outstanding = self.sold - self.released
        return outstanding if self.ended else max(self.granted - self.returned, outstanding)


@dataclass(frozen=True, slots=True)
class Slot:
    """``capacity``: what may be sold, overbooking included. ``rights``: by epoch. ``sold``, ``released``: of the national side."""

    capacity: int
    rights: Mapping[int, Rights] = field(default_factory=dict)
    sold: int = 0
    released: int = 0

    @property
    def left(self) -> int:
        """Return what the national side may still sell or grant; below zero it stops and the slot is listed."""
        return self.capacity - sum(each.held for each in self.rights.values()) - (self.sold - self.released)

    @property
    def taken(self) -> int:
        """Return the seats that are in somebody's hands, as far as the national side knows."""
        return sum(each.sold - each.released for each in self.rights.values()) + self.sold - self.released


def sell(slot: Slot) -> Slot:
    """Spend one national right. Raises Spent."""
    if slot.left <= 0:
        raise Spent(f"no national right is left: {slot.left} of {slot.capacity}")
    return replace(slot, sold=slot.sold + 1)


def relearn(slot: Slot) -> Slot:
    """Count a national sale that the centre's journal knows and this side does not: it happened, whatever is left."""
    return replace(slot, sold=slot.sold + 1)


def release(slot: Slot) -> Slot:
    """Give back one national right. Only once no centre can honour the booking any more (see `bookings`)."""
    if slot.released >= slot.sold:
        raise Spent(f"nothing to release: {slot.released} of {slot.sold} sold are released")
    return replace(slot, released=slot.released + 1)


def grant(slot: Slot, epoch: int, total: int) -> Slot:
    """Raise what ``epoch`` was granted to ``total``; a lower total changes nothing. Raises Spent when the national rights are too few."""
    rights = slot.rights.get(epoch, Rights())
    raised = _with(slot, epoch, replace(rights, granted=max(rights.granted, total)))
    if raised.left < min(0, slot.left):
        raise Spent(f"cannot grant {total} in all: {slot.left} of {slot.capacity} left, {rights.granted} granted so far")
    return raised


def seen(slot: Slot, epoch: int, *, granted: int = 0, returned: int = 0) -> Slot:
    """Merge what the centre's journal says was granted and returned, in total, in ``epoch``."""
    rights = slot.rights.get(epoch, Rights())
    return _with(slot, epoch, replace(rights, granted=max(rights.granted, granted), returned=max(rights.returned, returned)))


def edge_sold(slot: Slot, epoch: int) -> Slot:
    """Count a sale of the edge."""
    rights = slot.rights.get(epoch, Rights())
    return _with(slot, epoch, replace(rights, sold=rights.sold + 1))


def edge_released(slot: Slot, epoch: int) -> Slot:
    """Count a right that the edge took back from a booking of its own."""
    rights = slot.rights.get(epoch, Rights())
    return _with(slot, epoch, replace(rights, released=rights.released + 1))


def end(slot: Slot, epoch: int) -> Slot:
    """Let go of the unsold rights of an epoch of which an operator confirmed that nobody sells from it any more."""
    return _with(slot, epoch, replace(slot.rights.get(epoch, Rights()), ended=True))


def conserved(slot: Slot) -> bool:
    """Say whether the slot obeys the inequality: never more sold than the capacity, and no epoch sold more than it holds."""
    return slot.taken <= slot.capacity and 0 <= slot.released <= slot.sold and all(_sound(each) for each in slot.rights.values())


@dataclass(frozen=True, slots=True)
class Split:
    """How seats are shared. ``share_permille``: of what is unsold, to the edge at first. ``low_permille``: of the capacity, where it is topped up."""

    share_permille: int = 600
    low_permille: int = 200


def wanted(slot: Slot, epoch: int, split: Split) -> int:
    """Return how much the epoch should be granted in all, by now; what it was granted so far leaves all as it is.

    The first grant of an epoch covers what it sold already (before there was a national server) and its share of the rest; from two seats on the
    national side keeps one. Later it gets half of what is left whenever its own are nearly spent; an edge that returned some has too many, so it
    gets more only when all are spent.
    """
    rights = slot.rights.get(epoch, Rights())
    if rights.ended:
        return rights.granted
    base = _covered(rights)
    if slot.left <= 0:
        return base
    if rights.granted == 0:
        share = math.ceil(slot.left * split.share_permille / 1000)
        return base + (min(share, slot.left - 1) if slot.left > 1 else share)
    low = 0 if rights.returned else max(1, slot.capacity * split.low_permille // 1000)
    return base + math.ceil(slot.left / 2) if rights.left <= low else rights.granted


def everything(slot: Slot, epoch: int, most: int | None = None) -> int:
    """Return the grant in all that gives the epoch what is left (``most``: at most so many) beyond what it has."""
    left = max(0, slot.left)
    return _covered(slot.rights.get(epoch, Rights())) + (left if most is None else min(left, most))


def _covered(rights: Rights) -> int:
    """Return the least grant in all that covers what the epoch sold."""
    return max(rights.granted, rights.returned + rights.sold - rights.released)


def _with(slot: Slot, epoch: int, rights: Rights) -> Slot:
    return replace(slot, rights={**slot.rights, epoch: rights})


def _sound(rights: Rights) -> bool:
    return 0 <= rights.released <= rights.sold and 0 <= rights.returned <= rights.granted and (rights.ended or rights.left >= 0)
