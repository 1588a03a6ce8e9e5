"""A slot's counters between the tables and the pure `escrow`: read whole, changed by one function, written back. In `database.of_centre` alone."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from edge.queueing.chain import instant
from edge.sync.reference.books import Ledger, Share
from edge.sync.reference.escrow import Rights, Slot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAME_LENGTH = 64
Change = Callable[[Slot], Slot]


def parts(slot: str) -> tuple[str, int]:
    """Return the service and the start (milliseconds) of `<service>@YYYY-MM-DDTHH:MM:SS.000Z`. Raises ValueError."""
    service, at, text = slot.partition("@")
    try:
        start = datetime.fromisoformat(text)
        if at and 0 < len(service) <= NAME_LENGTH and start.tzinfo is not None and f"{service}@{instant(start)}" == slot:
            return service, ms(start)
    except (ValueError, OverflowError) as error:  # no instant, or one before the first year
        raise ValueError(f"slot {slot[:80]!r}: must be <service>@YYYY-MM-DDTHH:MM:SS.000Z") from error
    raise ValueError(f"slot {slot[:80]!r}: must be <service>@YYYY-MM-DDTHH:MM:SS.000Z")


def ms(at: datetime) -> int:
    """Return an aware instant as milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def at(milliseconds: int) -> datetime:
    """Return milliseconds since 1970 as an aware instant in UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def text(milliseconds: int) -> str:
    """Return milliseconds since 1970 as the contract writes instants."""
    return instant(at(milliseconds))


def ledger(centre: str, slot: str, minutes: int = 0) -> Ledger:
    """Return the slot's row; a slot that only the centre's journal knows is written down with capacity 0. Raises ValueError."""
    found: Ledger | None = Ledger.get_or_none(centre=centre, slot=slot)
    if found is None:
        service, start_ms = parts(slot)
        found = Ledger.create(centre=centre, slot=slot, service=service, start_ms=start_ms, minutes=minutes)
    return found


def read(row: Ledger, shares: Iterable[Share] | None = None) -> Slot:
    """Return the counters of a slot; ``shares``: its rows, when they were read already."""
    if shares is None:
        shares = Share.select().where(Share.centre == row.centre, Share.slot == row.slot)
    rights = {each.epoch: Rights(each.granted, each.returned, each.sold, each.released, each.ended) for each in shares}
    return Slot(row.capacity, rights, row.sold, row.released)


def change(centre: str, slot: str, *changes: Change, minutes: int = 0) -> Slot:
    """Apply ``changes`` to a slot's counters and keep the result. Raises ValueError for what is no slot, and what a change raises."""
    row = ledger(centre, slot, minutes)
    before = after = read(row)
    for each in changes:
        after = each(after)
    write(row, before, after)
    return after


def write(row: Ledger, before: Slot, after: Slot) -> None:
    """Keep what differs between the two."""
    if (before.capacity, before.sold, before.released) != (after.capacity, after.sold, after.released):
        row.capacity, row.sold, row.released = after.capacity, after.sold, after.released
        row.save()
    for epoch, rights in after.rights.items():
        if before.rights.get(epoch) != rights:
            values = {"granted": rights.granted, "returned": rights.returned, "sold": rights.sold, "released": rights.released, "ended": rights.ended}
            key = {"centre": row.centre, "slot": row.slot, "epoch": epoch}
            Share.insert(**key, **values).on_conflict(conflict_target=[Share.centre, Share.slot, Share.epoch], update=values).execute()
