"""What the protocol asks of the domain: take stored lines over, put what is due into the feed, note what was handed out.

The order that is easy to break: what a page of the feed holds is noted as served in the transaction that read it, before the answer goes out. A
booking that is cancelled afterwards is then known to have been seen, and its right waits for the centre's word.
"""

from datetime import datetime
from typing import Any

from edge.sync.reference import apply as taking
from edge.sync.reference import bookings, custody, database, feed, grants, retiring, slots, standing
from edge.sync.reference.models import Centre


def apply(centre: str, now: datetime) -> None:
    """Take over what is stored; in transactions of its own, again after a crash, each event once."""
    taking.pending(centre, now)
    keep_up(centre, now)


def greeted(centre: str, node: str, epoch: int, seq: int) -> None:
    """Note the head of a hello, when it is the bound box's."""
    with database.of_centre(centre) as row:
        if row.node == node:
            standing.greeted(row, epoch, seq)


def keep_up(centre: str, now: datetime) -> None:
    """Do what time, settings or a new epoch ask for. Cheap when there is nothing; opens a transaction of its own when there is."""
    kept = standing.of_or_none(centre)
    if kept is not None and kept.began and not kept.is_stale and slots.ms(now) - kept.kept_ms < grants.ROUND_MS:
        return
    taking.pending(centre, now)  # what was stored and not taken over when this process ended
    with database.of_centre(centre) as row:
        standing.settle(row)
        grants.top_up(row, bookings.free_what_is_known(row), now)
        if not row.relearning:
            custody.hand_over(row, now)
        grants.keep_up(row, now)
        retiring.retire(row, now)


def page(centre: str, cursor: str, limit: int) -> dict[str, Any]:
    """Return the items after a cursor and note that they were served. Raises Refusal."""
    told = feed.page(Centre.get_by_id(centre), cursor, limit)
    if not told["items"]:
        return told
    with database.of_centre(centre) as row:
        told = feed.page(row, cursor, limit)
        standing.served(row, told["items"][-1]["pos"])
    return told


def snapshot(centre: str, scope: str) -> dict[str, Any]:
    """Return all items of a scope and note that they were served. Raises Refusal."""
    with database.of_centre(centre) as row:
        told = feed.snapshot(row, scope)
        standing.served(row, row.pos)
    return told
