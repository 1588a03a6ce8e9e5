"""The grants policy: which rights a centre has, slot by slot, and when it gets more.

The first grant of an epoch shares the unsold seats (`escrow.Split`); nearly spent rights are topped up; shortly before its start a slot is the
centre's alone. With the link down all of this is late, which can waste seats and never sell one twice. Everything here runs in `database.of_centre`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from edge.sync.reference import database, escrow, feed, settings, slots, standing, timetable
from edge.sync.reference.books import Ledger, Share
from edge.sync.reference.escrow import Slot, Split
from edge.sync.reference.models import Centre
from edge.sync.reference.timetable import Offer, Settings

SPLIT = Split()
CUT_MS = 2 * 3_600_000  # so long before its start the national side stops selling a slot and gives the rest to the centre
RECALL_PAUSE_MS = 10 * 60_000  # after rights were asked back they are not at once given again
ROUND_MS = 5_000  # what only time changes is looked at so often
MOST_PUTS = 2_000  # slots brought up to date in one transaction; the rest follows with the next call
_LEDGERS = """INSERT INTO ledger (centre, slot, service, start_ms, minutes, capacity, sold, released, is_offered, by_operator, is_cut)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (centre, slot) DO UPDATE SET minutes = excluded.minutes, capacity = excluded.capacity,
is_offered = excluded.is_offered, is_cut = excluded.is_cut"""
_SHARES = """INSERT INTO share (centre, slot, epoch, granted, returned, sold, released, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (centre, slot, epoch) DO UPDATE SET granted = excluded.granted"""


def keep_up(row: Centre, now: datetime) -> None:
    """Do what time, settings and a new epoch ask for: all slots when something changed, a few when only time passed. Cheap when there is nothing."""
    epoch, kept = standing.present_epoch(row), standing.of(row.centre)
    is_due = slots.ms(now) - kept.kept_ms >= ROUND_MS
    if epoch is None or not standing.may_sell(row) or not (is_due or kept.is_stale):
        return
    given = settings.of(row.centre)
    day = f"{epoch}/{now.astimezone(timetable.zone(given)).date()}"
    if kept.is_stale or day != kept.kept_day:
        kept.is_stale, kept.kept_day = not _all_slots(row, given, epoch, now), day
        kept.save()
    if is_due:
        _cut(row, epoch, now)
        kept.kept_ms = slots.ms(now)
        kept.save()


def top_up(row: Centre, touched: Iterable[str], now: datetime) -> None:
    """Give more rights of the slots that the journal just changed, where the centre's are nearly spent."""
    epoch = standing.present_epoch(row)
    if epoch is None or not standing.may_sell(row):
        return
    for slot in sorted(touched):
        ledger: Ledger | None = Ledger.get_or_none(centre=row.centre, slot=slot)
        if ledger is None or not ledger.is_offered or ledger.start_ms <= slots.ms(now):
            continue
        counters = slots.read(ledger)
        if ledger.recalled_ms and counters.left > 0:
            feed.delete(row, "slot_recall", slot, now)
        if slots.ms(now) - (ledger.recalled_ms or 0) >= RECALL_PAUSE_MS:
            _grant(row, ledger, counters, epoch, escrow.wanted(counters, epoch, SPLIT), now)


def ask_back(row: Centre, slot: str, now: datetime) -> None:
    """Ask the centre for a right of a slot of which none is left here; nothing moves until its journal says so."""
    epoch, ledger = standing.present_epoch(row), Ledger.get_or_none(centre=row.centre, slot=slot)
    if ledger is None or epoch is None or not standing.may_sell(row) or ledger.is_cut or slots.ms(now) - (ledger.recalled_ms or 0) < RECALL_PAUSE_MS:
        return
    rights = slots.read(ledger).rights.get(epoch)
    if rights is not None and rights.left > 1:
        feed.put(row, "slot_recall", slot, {"slot": slot, "wanted": 1}, now)
        ledger.recalled_ms = slots.ms(now)
        ledger.save()


def spare_one(row: Centre, ledger: Ledger, now: datetime) -> None:
    """Give the centre a right for a move it is asked to make, if it has none and one is left here."""
    epoch, counters = standing.present_epoch(row), slots.read(ledger)
    rights = counters.rights.get(epoch) if epoch is not None else None
    if epoch is not None and standing.may_sell(row) and counters.left > 0 and (rights is None or rights.left <= 0):
        _grant(row, ledger, counters, epoch, escrow.everything(counters, epoch, 1), now)


def set_capacity(row: Centre, slot: str, minutes: int, capacity: int, now: datetime) -> Slot:
    """An operator's word on one slot, which the timetable then leaves alone. Lowering it below what is sold lists the slot. Raises ValueError."""
    ledger = slots.ledger(row.centre, slot, minutes)
    before = slots.read(ledger)
    ledger.minutes, ledger.is_offered, ledger.by_operator = minutes, True, True
    ledger.capacity = capacity
    ledger.save()
    after = replace(before, capacity=capacity)
    epoch = standing.present_epoch(row)
    if epoch is not None and standing.may_sell(row) and ledger.start_ms > slots.ms(now):
        after = _grant(row, ledger, after, epoch, escrow.wanted(after, epoch, SPLIT), now, is_changed=True)
    return after


def end_epoch(row: Centre, epoch: int, now: datetime) -> int:
    """An operator confirms that nothing of an older epoch is outstanding: its unsold rights come back. Returns how many slots it had."""
    shares = list(Share.select().where(Share.centre == row.centre, Share.epoch == epoch, Share.ended == False))  # noqa: E712 -- SQL
    for share in shares:
        slots.change(row.centre, share.slot, lambda slot: escrow.end(slot, epoch))
    top_up(row, {share.slot for share in shares}, now)
    return len(shares)


def _all_slots(row: Centre, given: Settings, epoch: int, now: datetime) -> bool:
    """Bring the slots of the whole horizon up to date, nearest first; False when there is more to do. Thousands at first: written in bulk."""
    ahead = _ahead(row.centre, slots.ms(now))
    shares: dict[str, list[Share]] = {}
    for share in Share.select().where(Share.centre == row.centre, Share.slot.in_(_names_ahead(row.centre, slots.ms(now)))):
        shares.setdefault(share.slot, []).append(share)
    offers = {each.slot: each for each in _offers(given, now)}
    changed: dict[str, tuple[Ledger, Slot]] = {}
    for offer in sorted(offers.values(), key=lambda each: each.start):
        found = _one_slot(row, ahead.get(offer.slot), offer, shares.get(offer.slot, []), epoch, now)
        if found is not None:
            changed[offer.slot] = found
        if len(changed) == MOST_PUTS:
            break
    _write(row, changed, epoch, now)
    if len(changed) == MOST_PUTS:
        return False
    for ledger in ahead.values():
        if ledger.is_offered and not ledger.by_operator and ledger.slot not in offers:
            _withdraw(row, ledger, shares.get(ledger.slot, []), epoch, now)
    return True


def _one_slot(row: Centre, ledger: Ledger | None, offer: Offer, shares: list[Share], epoch: int, now: datetime) -> tuple[Ledger, Slot] | None:
    """Return the slot as it is to be, with its counters; None when all is as it should be."""
    is_new = ledger is None or not ledger.is_offered
    if ledger is not None and is_new:
        feed.delete(row, "slot_recall", offer.slot, now)  # of the time when it was withdrawn
    if ledger is None:
        ledger = Ledger(centre=row.centre, slot=offer.slot, service=offer.service, start_ms=slots.ms(offer.start), minutes=offer.minutes)
    before = slots.read(ledger, shares)
    capacity = ledger.capacity if ledger.by_operator else offer.capacity
    if is_new:  # what the centre sold before this side had heard of the slot is no decision to lower it
        capacity = max(capacity, before.capacity - before.left)
    is_cut = ledger.is_cut or ledger.start_ms <= slots.ms(now) + CUT_MS
    is_changed = is_new or (ledger.capacity, ledger.minutes, ledger.is_cut) != (capacity, offer.minutes, is_cut)
    ledger.capacity, ledger.minutes, ledger.is_offered, ledger.is_cut = capacity, offer.minutes, True, is_cut
    counters = replace(before, capacity=capacity)
    after = escrow.grant(counters, epoch, escrow.everything(counters, epoch) if is_cut else escrow.wanted(counters, epoch, SPLIT))
    return (ledger, after) if is_changed or after != counters else None


def _write(row: Centre, changed: Mapping[str, tuple[Ledger, Slot]], epoch: int, now: datetime) -> None:
    if not changed:
        return
    ledgers = [
        (each.centre, each.slot, each.service, each.start_ms, each.minutes, each.capacity, 0, 0, True, each.by_operator, each.is_cut)
        for each, _ in changed.values()
    ]
    database.many(_LEDGERS, ledgers)
    database.many(_SHARES, [(row.centre, slot, epoch, after.rights[epoch].granted, 0, 0, 0, False) for slot, (_, after) in changed.items()])
    feed.put_all(row, "slot_grant", {slot: _payload(ledger, after, epoch) for slot, (ledger, after) in changed.items()}, now)


def _grant(row: Centre, ledger: Ledger, counters: Slot, epoch: int, total: int, now: datetime, *, is_changed: bool = False) -> Slot:
    """Raise the epoch's grant to ``total`` and put it into the feed when that changed something, or the capacity did."""
    after = escrow.grant(counters, epoch, total)
    if after == counters and not is_changed:
        return counters
    slots.write(ledger, counters, after)
    feed.put(row, "slot_grant", ledger.slot, _payload(ledger, after, epoch), now)
    return after


def _payload(ledger: Ledger, counters: Slot, epoch: int) -> Mapping[str, Any]:
    """Return the `slot_grant` of the feed."""
    return {
        "slot": ledger.slot,
        "epoch": epoch,
        "service": ledger.service,
        "start": slots.text(ledger.start_ms),
        "minutes": ledger.minutes,
        "capacity": ledger.capacity,
        "granted": counters.rights[epoch].granted,
    }


def _withdraw(row: Centre, ledger: Ledger, shares: list[Share], epoch: int, now: datetime) -> None:
    """The timetable has the slot no more: nothing of it is sold here, the centre is told and asked for what it has unsold."""
    counters = replace(slots.read(ledger, shares), capacity=0)
    ledger.is_offered, ledger.capacity = False, 0
    ledger.save()
    rights = counters.rights.get(epoch)
    if rights is not None and rights.granted:
        _grant(row, ledger, counters, epoch, rights.granted, now, is_changed=True)
        if rights.left > 0:
            feed.put(row, "slot_recall", ledger.slot, {"slot": ledger.slot, "wanted": rights.left}, now)


def _cut(row: Centre, epoch: int, now: datetime) -> None:
    soon = Ledger.select().where(
        Ledger.centre == row.centre,
        Ledger.start_ms > slots.ms(now),
        Ledger.start_ms <= slots.ms(now) + CUT_MS,
        Ledger.is_offered == True,  # noqa: E712 -- SQL
        Ledger.is_cut == False,  # noqa: E712 -- SQL
    )
    for ledger in soon.limit(MOST_PUTS):
        counters = slots.read(ledger)
        ledger.is_cut = True
        ledger.save()
        _grant(row, ledger, counters, epoch, escrow.everything(counters, epoch), now)


def _offers(given: Settings, now: datetime) -> Iterable[Offer]:
    today = now.astimezone(timetable.zone(given)).date()
    for ahead in range(timetable.horizon_days(given)):
        yield from (each for each in timetable.offers(given, today + timedelta(days=ahead)) if each.start > now)


def _ahead(centre: str, now_ms: int) -> Mapping[str, Ledger]:
    return {each.slot: each for each in Ledger.select().where(Ledger.centre == centre, Ledger.start_ms > now_ms)}


def _names_ahead(centre: str, now_ms: int) -> object:
    return Ledger.select(Ledger.slot).where(Ledger.centre == centre, Ledger.start_ms > now_ms)
