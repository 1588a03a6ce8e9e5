"""All centres, those that need a person first: lag, last seen, what the journals tell of, what this side cannot settle alone.

Nothing here names a person. A kind of need is a word; `pages` says it in four languages.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from peewee import JOIN, Case, fn

from edge.sync.reference import database, journal, settings, slots
from edge.sync.reference.books import Booking, Concern, Day, Desk, Device, Ledger, Request, Share, Ticket
from edge.sync.reference.models import Centre, Epoch, Fence, Notice

SILENT_MS = 5 * 60_000  # a box polls every 15 s
TAKEN_MS = 60_000  # what is stored is taken over within the same call
OLD_REQUEST_MS = 3_600_000
MOST_TOLD = 20  # of a kind, by name
# What needs a person, the most pressing first; `bad` ones stand before `warn` ones.
BAD = (
    "never-seen", "fenced", "silent", "relearning", "not-applied", "below-zero", "checked-in-cancelled", "person-twice", "counters", "unsettled",
    "refused",
)  # fmt: skip
WARN = ("equipment", "clock", "epoch", "withdrawn", "unanswered", "frozen", "notices")


@dataclass(frozen=True, slots=True)
class Need:
    """``kind``: a word of `BAD` or `WARN`. ``since``: an ISO instant. ``detail``: what the sentence wants."""

    kind: str
    count: int = 1
    since: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """One centre. ``behind``: events of its last hello that are not stored; None before the first. ``worst``: bad, warn or empty."""

    centre: str
    names: Mapping[str, str]
    worst: str
    needs: tuple[Need, ...]
    seen_at: str | None
    behind: int | None
    stored: int
    epoch: int
    day: str | None
    issued: int
    waiting: int
    desks_open: int
    desks: int
    devices: int
    booked: int


def everything(now: datetime) -> list[View]:
    """Return every centre, sorted by what needs a person."""
    found = [one(row, now) for row in Centre.select().order_by(Centre.centre)]
    return sorted(found, key=_urgency)


def as_json(view: View) -> dict[str, Any]:
    """Return a view as it travels."""
    return asdict(view)


def one(row: Centre, now: datetime) -> View:
    """Return one centre."""
    needs = tuple(sorted(_needs(row, now), key=lambda need: _rank(need.kind)))
    hello = json.loads(row.hello) if row.hello else None
    epoch, seq = journal.head(row.centre)
    behind = None if hello is None else max(0, hello["head"] - seq) if hello["epoch"] == epoch else hello["head"] if hello["epoch"] > epoch else 0
    day = Day.select().where(Day.centre == row.centre, Day.is_open).order_by(Day.day.desc()).first()
    desks = [each.state for each in Desk.select().where(Desk.centre == row.centre)]
    return View(
        centre=row.centre,
        names=settings.names(settings.of(row.centre), row.centre),
        worst="bad" if any(need.kind in BAD for need in needs) else "warn" if needs else "",
        needs=needs,
        seen_at=slots.text(row.seen_ms) if row.seen_ms else None,
        behind=behind,
        stored=sum(each.seq for each in Epoch.select().where(Epoch.centre == row.centre)),
        epoch=row.epoch,
        day=day.day if day else None,
        issued=day.issued if day else 0,
        waiting=Ticket.select().where(Ticket.centre == row.centre, Ticket.day == day.day, Ticket.state == "waiting").count() if day else 0,
        desks_open=desks.count("open"),
        desks=len(desks),
        devices=Device.select().where(Device.centre == row.centre, Device.active).count(),
        booked=Booking.select().where(Booking.centre == row.centre, Booking.state == "confirmed", Booking.start_ms > slots.ms(now)).count(),
    )


def below_zero(centre: str, now: datetime) -> list[tuple[str, int]]:
    """Return the slots to come of which more is sold and given away than they hold, with how much: they stay closed here until that passes.

    The inequality of `escrow.Slot.left`, asked of the database.
    """
    outstanding, granted = Share.sold - Share.released, Share.granted - Share.returned
    held = Case(None, [(Share.ended | (granted < outstanding), outstanding)], granted)
    left = Ledger.capacity - Ledger.sold + Ledger.released - fn.COALESCE(fn.SUM(held), 0)
    over = (
        Ledger.select(Ledger.slot, left)
        .join(Share, JOIN.LEFT_OUTER, on=(Share.centre == Ledger.centre) & (Share.slot == Ledger.slot))
        .where(Ledger.centre == centre, Ledger.start_ms > slots.ms(now), Ledger.is_offered)
        .group_by(Ledger.slot, Ledger.capacity, Ledger.sold, Ledger.released)
        .having(left < 0)
        .order_by(Ledger.slot)
    )
    return [(slot, int(count)) for slot, count in database.tuples(over)]


def withdrawn(centre: str, now: datetime) -> int:
    """Count the bookings to come that stand at a time which the centre no longer has: they must be told."""
    gone = Ledger.select(Ledger.slot).where(Ledger.centre == centre, Ledger.start_ms > slots.ms(now), ~Ledger.is_offered)
    return int(Booking.select().where(Booking.centre == centre, Booking.state == "confirmed", Booking.slot.in_(gone)).count())


def _needs(row: Centre, now: datetime) -> list[Need]:
    at = slots.ms(now)
    found = []
    if row.seen_ms is None:
        found.append(Need("never-seen"))
    elif at - row.seen_ms > SILENT_MS:
        found.append(Need("silent", since=slots.text(row.seen_ms)))
    fences = list(Fence.select().where(Fence.centre == row.centre, ~Fence.lifted))
    if fences:
        found.append(Need("fenced", len(fences), slots.text(min(each.since_ms for each in fences))))
    if row.relearning:
        found.append(Need("relearning"))
    if (row.applied_epoch, row.applied_seq) < journal.head(row.centre) and at - (row.pushed_ms or 0) > TAKEN_MS:
        found.append(Need("not-applied"))
    return [*found, *_of_slots(row, now), *_of_concerns(row), *_of_bookings(row, at)]


def _of_slots(row: Centre, now: datetime) -> list[Need]:
    found, over, gone = [], below_zero(row.centre, now), withdrawn(row.centre, now)
    if over:
        found.append(Need("below-zero", len(over), detail={"slots": [slot for slot, _ in over[:MOST_TOLD]]}))
    if gone:
        found.append(Need("withdrawn", gone))
    older = Share.select().join(Ledger, on=(Share.centre == Ledger.centre) & (Share.slot == Ledger.slot))
    frozen = older.where(
        Share.centre == row.centre,
        Share.epoch < row.epoch,
        ~Share.ended,
        Ledger.start_ms > slots.ms(now),
        Share.granted - Share.returned > Share.sold - Share.released,
    )
    if count := frozen.count():
        found.append(Need("frozen", count))
    return found


def _of_concerns(row: Centre) -> list[Need]:
    kinds: dict[str, list[Concern]] = {}
    for each in Concern.select().where(Concern.centre == row.centre):
        kinds.setdefault(each.kind, []).append(each)
    needs = [_concerned(kind, each) for kind, each in kinds.items()]
    if count := Notice.select().where(Notice.centre == row.centre).count():
        needs.append(Need("notices", count))
    return needs


def _concerned(kind: str, found: list[Concern]) -> Need:
    entries = [{"key": each.key, **json.loads(each.detail)} for each in found[:MOST_TOLD]]
    return Need(kind, len(found), slots.text(min(each.since_ms for each in found)), {"entries": entries})


def _of_bookings(row: Centre, at: int) -> list[Need]:
    old = list(Request.select().where(Request.centre == row.centre, Request.state == "open", Request.asked_ms < at - OLD_REQUEST_MS))
    return [Need("unanswered", len(old), slots.text(min(each.asked_ms for each in old)))] if old else []


def _urgency(view: View) -> tuple[int, int, str]:
    first = _rank(view.needs[0].kind) if view.needs else len(BAD) + len(WARN)
    return first, -sum(need.count for need in view.needs), view.centre


def _rank(kind: str) -> int:
    order = (*BAD, *WARN)
    return order.index(kind) if kind in order else len(order)
