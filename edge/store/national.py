"""What the tables know of the national side's items; also inside a transaction, before it is committed."""

from edge.queueing.booking import Booking
from edge.queueing.national import NationalItem
from edge.store import hot, rows
from edge.store.database import Database
from edge.store.transaction import Transaction


def version(transaction: Transaction, item: str) -> int | None:
    """Return the newest version written of an item (`item_id`), None for one that was never seen."""
    row = transaction.connection.execute(hot.NATIONAL_VERSION, (item,)).fetchone()
    return int(row[0]) if row else None


def booking(transaction: Transaction, booking_id: str) -> Booking | None:
    """Return a booking by its identity, over or not."""
    row = transaction.connection.execute(hot.ONE_BOOKING, (booking_id,)).fetchone()
    return rows.booking(row) if row else None


def live(database: Database) -> list[NationalItem]:
    """Return every item that the national side has not taken back, by kind and key."""
    return [rows.national(row) for row in database.connection().execute(hot.NATIONAL_LIVE)]


def early_grants(transaction: Transaction, epoch: int) -> list[NationalItem]:
    """Return the grants of ``epoch`` that came before it began and were not taken since."""
    return [rows.national(row) for row in transaction.connection.execute(hot.EARLY_GRANTS, (epoch,))]


def item(database: Database, item_id: str) -> NationalItem | None:
    """Return one item in its newest version."""
    row = database.connection().execute(hot.ONE_NATIONAL, (item_id,)).fetchone()
    return rows.national(row) if row else None
