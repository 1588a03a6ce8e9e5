"""The escrow of one slot, as the edge counts it (`contract/national.md`, "Slot escrow"): four counters an epoch of rights, and all of them only grow.

Nothing here expires and nothing is taken back: only the holder spends a right or returns it, and a right of an older epoch is never spent again.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Rights:
    """The edge's counters of one epoch. ``granted`` and ``returned`` need a national server."""

    granted: int = 0
    returned: int = 0
    sold: int = 0
    released: int = 0


def own_left(rights: Rights) -> int:
    """Return how many seats may still be sold by these rights; less than 0 where seats were sold before there was a national server."""
    return rights.granted - rights.returned - (rights.sold - rights.released)


def granted(rights: Rights, total: int) -> Rights:
    """Return the rights after word that ``total`` were granted in all; an older word changes nothing."""
    return replace(rights, granted=max(rights.granted, total))


def returned(rights: Rights, total: int) -> Rights:
    """Return the rights after ``total`` were given back in all; an older word changes nothing."""
    return replace(rights, returned=max(rights.returned, total))


def sold(rights: Rights) -> Rights:
    """Return the rights with one more seat sold. Whether it may be is asked before: `own_left`."""
    return replace(rights, sold=rights.sold + 1)


def released(rights: Rights) -> Rights:
    """Return the rights with one seat given back by whoever had it."""
    return replace(rights, released=rights.released + 1)


def returnable(rights: Rights, wanted: int) -> int:
    """Return what ``returned`` becomes when up to ``wanted`` unspent rights are given back."""
    return rights.returned + max(0, min(wanted, own_left(rights)))


def conserved(rights: Rights) -> bool:
    """Tell whether the counters are possible: nothing released that was not sold, nothing returned or sold that was not granted."""
    return 0 <= rights.released <= rights.sold and 0 <= rights.returned <= rights.granted and own_left(rights) >= 0
