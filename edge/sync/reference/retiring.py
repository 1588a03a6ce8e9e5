"""What a feed need not hold any more: slots and bookings whose time has passed, and their absence once the box knows of it.

Without this a snapshot would grow by every day that ever was, and one answer must fit through X-Road. What a centre's journal says of them stays.
"""

from datetime import datetime, timedelta
from typing import Any

from edge.sync.reference import database, feed
from edge.sync.reference.books import Booking, Ledger
from edge.sync.reference.centres import milliseconds
from edge.sync.reference.models import Centre, Item

PASSED = timedelta(hours=36)  # a booking's day is over everywhere by then
ABSENT = timedelta(days=30)  # a box restored from an older backup takes a snapshot instead
EVERY_MS = 3_600_000
MOST = 500  # at once, so that no box is flooded


def retire(row: Centre, now: datetime) -> int:
    """Delete items of what has passed, once an hour; return how many. The caller has the centre's row locked."""
    at = milliseconds(now)
    if at - row.retired_ms < EVERY_MS:
        return 0
    before = milliseconds(now - PASSED)
    passed_slots = Ledger.select(Ledger.slot).where(Ledger.centre == row.centre, Ledger.start_ms < before)
    passed_bookings = Booking.select(Booking.booking).where(Booking.centre == row.centre, Booking.start_ms < before)
    gone = [
        *_there(row.centre, ("slot_grant", "slot_recall"), passed_slots),
        *_there(row.centre, ("booking",), passed_bookings),
    ][:MOST]
    for kind, key in gone:
        feed.delete(row, kind, key, now)
    feed.forget_deletions(row, now - ABSENT)
    if len(gone) < MOST:
        row.retired_ms = at
    return len(gone)


def _there(centre: str, kinds: tuple[str, ...], keys: Any) -> list[tuple[str, str]]:
    query = Item.select(Item.kind, Item.key).where(Item.centre == centre, Item.kind.in_(kinds), Item.op == "put", Item.key.in_(keys))
    return [(kind, key) for kind, key in database.tuples(query.order_by(Item.pos).limit(MOST))]
