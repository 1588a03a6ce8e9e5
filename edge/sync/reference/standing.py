"""How far the domain is with a centre, and whether rights of it may be sold and granted at all.

Nothing is sold before the centre's journal was here up to the head of its first hello: it may hold sales that this side does not know. After a
restore the same holds anew.
"""

import json
from datetime import date, datetime

from edge.sync.reference import journal, settings, slots, timetable
from edge.sync.reference.books import Standing
from edge.sync.reference.models import Centre, Epoch


def of(centre: str) -> Standing:
    """Return how far the domain is with a centre."""
    return of_or_none(centre) or Standing.create(centre=centre)


def of_or_none(centre: str) -> Standing | None:
    """Return the same without making it."""
    found: Standing | None = Standing.get_or_none(Standing.centre == centre)
    return found


def may_sell(row: Centre) -> bool:
    """Tell whether rights may be sold and granted."""
    return bool(not row.relearning and of(row.centre).began)


def settle(row: Centre) -> None:
    """Note whether the journal is here and taken up to the head of the box's first hello, and since a restore again."""
    kept = of(row.centre)
    told = json.loads(row.hello) if row.hello else None
    taken = (row.applied_epoch, row.applied_seq)
    is_whole = told is not None and taken >= max((told["epoch"], told["head"]), (1, 1)) and taken >= journal.head(row.centre)
    began = not row.relearning and (kept.began or is_whole)
    if began != kept.began:
        kept.began = began
        kept.save()


def served(row: Centre, pos: int) -> None:
    """Note that the feed was handed out up to ``pos``; before the answer goes out."""
    kept = of(row.centre)
    if pos > kept.served_pos:
        kept.served_pos = pos
        kept.save()


def greeted(row: Centre, epoch: int, seq: int) -> None:
    """Note what the bound box's hello proves: at this head its journal holds the effects of all items that it has a receipt for."""
    kept = of(row.centre)
    kept.told_pos, kept.told_epoch, kept.told_seq = row.receipt_pos, epoch, seq
    kept.save()


def grow_stale(centre: str) -> None:
    """Settings or the epoch changed: all slots are looked at again."""
    kept = of(centre)
    if not kept.is_stale:
        kept.is_stale = True
        kept.save()


def present_epoch(row: Centre) -> int | None:
    """Return the epoch that rights are given to: the present one, once it has begun in the journal."""
    found = Epoch.get_or_none(centre=row.centre, epoch=row.epoch)
    return row.epoch if found is not None and found.seq > 0 else None


def today(centre: str, now: datetime) -> date:
    """Return the date at the centre."""
    return now.astimezone(timetable.zone(settings.of(centre))).date()


def day_of(centre: str, at_ms: int) -> date:
    """Return the day of an instant at the centre."""
    return today(centre, slots.at(at_ms))
