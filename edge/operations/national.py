"""What the national side says, put into the journal: pages of its feed, snapshots, and that there is such a side at all.

An item counts once, in each version that is higher than the one seen before; whatever it says is journalled, and the cursor is written in the same
transaction. What an item may change is decided by `queueing.feed`.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge import failpoints
from edge.errors import BadRequest
from edge.operations import bookings, sessions
from edge.operations.context import Context
from edge.operations.decision import Decision, deciding
from edge.operations.settings import change_key
from edge.queueing import commands, events
from edge.queueing.booking import Booking
from edge.queueing.decide import decide
from edge.queueing.national import KINDS, NationalItem, item_id
from edge.queueing.policy import Policy
from edge.queueing.registry import Ended
from edge.store import national

AT_ONCE = 100  # items in one transaction: the hall decides in between


class Scope(StrEnum):
    """What a snapshot is of."""

    BOOKINGS = "bookings"
    SLOTS = "slots"
    CONFIG = "config"
    ALL = "all"


_SCOPES = {"booking": Scope.BOOKINGS, "booking_request": Scope.BOOKINGS, "slot_grant": Scope.SLOTS, "slot_recall": Scope.SLOTS}


@dataclass(frozen=True, slots=True)
class Item:
    """One item as it came. ``op``: put or delete; ``payload``: an object, None for delete; ``custody``: national or edge."""

    pos: int
    kind: str
    key: str
    version: int
    op: str
    payload: Any = None
    custody: str | None = None


def bind(ctx: Context) -> None:
    """Journal that a national server knows this centre, once: from now on seats are sold by rights that it granted.

    A box from a backup that nobody confirmed brings no right of its epoch along.
    """
    epoch = ctx.hall.epoch

    def bound(policy: Policy) -> Mapping[str, Any]:
        closed = epoch if policy.restored and not policy.national.bound else policy.national.closed
        return {"bound": True, "closed": closed}

    change_key(ctx, "national", bound, reason=None, actor="system")


def apply_items(ctx: Context, items: Sequence[Item], cursor: str) -> None:
    """Take a page of the feed; the cursor is written with its last items. Again is the same. Raises Unavailable.

    Of a long page the first parts are transactions of their own, so that the hall decides in between: without the cursor the whole page comes again.
    """
    first = max(0, len(items) - 1) // AT_ONCE * AT_ONCE
    _in_parts(ctx, items[:first])
    with deciding(ctx, "system") as decision:
        _take(ctx, decision, items[first:])
        failpoints.hit("sync.apply")
        decision.transaction.keep_sync(cursor=cursor)


def swap(ctx: Context, scope: Scope, items: Sequence[Item], cursor: str, digest: str) -> None:
    """Take a whole snapshot of ``scope``: what is newer in it, then what it has no longer, with the cursor that it stands for.

    No counter is lowered and no booking is removed: only what the national side alone decides goes. Cut short, it begins anew with the next one.
    Raises BadRequest when the items do not have that digest; then nothing happened. Raises Unavailable.
    """
    found = digest_of((item.kind, item.key, item.version) for item in items if item.op == "put")
    if found != digest:
        raise BadRequest(f"the snapshot of {scope} has the digest {found}, announced was {digest[:80]}", code="digest")
    _in_parts(ctx, items)
    kept = {item_id(item.kind, item.key) for item in items if item.op == "put"}
    with deciding(ctx, "system") as decision:
        gone = [each for each in national.live(ctx.database) if in_scope(each.kind, scope) and each.item not in kept]
        for each in gone:
            _carry_out(ctx, decision, Item(0, each.kind, each.key, each.version, "delete"))
        decision.transaction.keep_sync(cursor=cursor)


def in_scope(kind: str, scope: Scope) -> bool:
    """Tell whether items of a kind belong to a snapshot of ``scope``."""
    return scope is Scope.ALL or _SCOPES.get(kind, Scope.CONFIG) is scope


def digests(ctx: Context) -> dict[Scope, str]:
    """Return the digest of what is known here, by scope, as the national server works it out of what it has."""
    known = national.live(ctx.database)
    return {scope: digest_of((each.kind, each.key, each.version) for each in known if in_scope(each.kind, scope)) for scope in Scope}


def digest_of(items: Iterable[tuple[str, str, int]]) -> str:
    """Return SHA-256, hex, of the sorted lines `kind:key:version`."""
    lines = sorted(f"{kind}:{key}:{version}\n".encode() for kind, key, version in items)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def not_in_force(ctx: Context) -> list[NationalItem]:
    """Return the items whose newest version was not put in force, each with why, and those of kinds that this release does not know."""
    return [each for each in national.live(ctx.database) if each.refused or each.kind not in KINDS]


def _in_parts(ctx: Context, items: Sequence[Item]) -> None:
    for first in range(0, len(items), AT_ONCE):
        with deciding(ctx, "system") as decision:
            _take(ctx, decision, items[first : first + AT_ONCE])
        failpoints.hit("sync.swap")


def _take(ctx: Context, decision: Decision, items: Iterable[Item]) -> None:
    seen: dict[str, int] = {}
    if decision.turn.hall.epoch > 1:
        for early in national.early_grants(decision.transaction, decision.turn.hall.epoch):
            _carry_out(ctx, decision, Item(0, early.kind, early.key, early.version, "put", early.payload))
    for item in items:
        key = item_id(item.kind, item.key)
        before = seen[key] if key in seen else national.version(decision.transaction, key)
        if before is None or item.version > before:
            _carry_out(ctx, decision, item)
            seen[key] = item.version


def _carry_out(ctx: Context, decision: Decision, item: Item) -> None:
    turn = decision.turn
    named = item.payload if isinstance(item.payload, Mapping) else {}
    slot = named.get("slot")
    command = commands.TakeItem(
        kind=item.kind,
        key=item.key,
        version=item.version,
        op=item.op,
        payload=item.payload,
        custody=item.custody,
        past=_past(decision, named.get("booking")),
        utc_offset=bookings.offset_at(turn.hall, slot) if isinstance(slot, str) else 0,
        pseudonym=secrets.token_hex(6),
        dated=bookings.is_dated(ctx),
    )
    first = len(turn.facts)
    decide(turn, command)
    for fact in turn.facts[first:]:
        _follow(ctx, decision, fact.event)


def _past(decision: Decision, booking: Any) -> Booking | None:
    """Return the booking if nothing can happen to it any more; also one that this very page ended."""
    if not isinstance(booking, str) or booking in decision.turn.hall.bookings:
        return None
    ended = (each for each in reversed(decision.turn.changed) if isinstance(each, Booking) and each.id == booking)
    return next(ended, None) or national.booking(decision.transaction, booking)


def _follow(ctx: Context, decision: Decision, event: events.Event) -> None:
    """What stands in no journal goes along: a visitor's contact, and the logins of a member who is let in no longer."""
    match event:
        case events.BookingCancelled():
            decision.transaction.erase_contact(event.booking)
        case events.BookingRescheduled():
            after = decision.turn.hall.bookings[event.booking]
            decision.transaction.move_contact(event.booking, bookings.local_day(decision.turn.hall, after.start))
        case events.StaffAdded(active=False):
            sessions.end_of_member(ctx.database, decision.turn, event.staff, Ended.DISABLED)
        case _:
            pass
