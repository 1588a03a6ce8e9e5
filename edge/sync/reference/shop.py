"""What a portal may ask about bookings, for the JSON API and the pages alike: centres, services, free times; book, show, cancel, move.

A person proves that a booking is theirs by the code and the document it was made with. Each function opens its own transaction.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge.sync.reference import bookings, database, grants, persons, settings, slots, standing, timetable
from edge.sync.reference.books import Answer, Booking, Ledger, Request, Share
from edge.sync.reference.models import Centre, Item
from edge.sync.reference.refusals import Refusal

NEAREST = 3
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A centre as visitors see it. ``away_since``: it has no link, and what begins soon is not sold here (an ISO instant)."""

    centre: str
    names: Names
    tz: str
    away_since: str | None


@dataclass(frozen=True, slots=True)
class Free:
    """A slot with how many seats the national side has left of it."""

    slot: str
    service: str
    start: str
    minutes: int
    left: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a person books. ``person``: as typed. ``key``: of idempotency."""

    service: str
    slot: str
    person: str
    lang: str
    key: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a person knows of their booking, as typed."""

    code: str
    person: str


def centres(now: datetime) -> list[Place]:
    """Return the centres that said what they are, by name."""
    found = [place(each.centre, now) for each in Centre.select().order_by(Centre.centre)]
    return sorted(found, key=lambda each: each.names["ru"])


def place(centre: str, now: datetime) -> Place:
    """Return one centre. Raises Refusal for one that is not enrolled."""
    row = Centre.get_or_none(Centre.centre == centre)
    if row is None:
        raise Refusal(404, "centre_unknown", f"centre {centre[:64]!r} is not enrolled here")
    given = settings.of(centre)
    away = slots.text(row.seen_ms) if row.seen_ms and bookings.is_away(row, now) else None
    return Place(centre, settings.names(given, centre), timetable.zone(given).key, away)


def services(centre: str) -> list[dict[str, Any]]:
    """Return what may be booked: [{`code`, `names`}], in the centre's order."""
    return [{"code": each["code"], "names": settings.texts(each.get("names"), str(each["code"]))} for each in timetable.bookable(settings.of(centre))]


def notices(centre: str, now: datetime) -> list[Names]:
    """Return what the national side has visitors of the centre know now."""
    said = [each for _, each in items(centre, "notice")]
    at = now.astimezone(timetable.zone(settings.of(centre))).isoformat()
    return [settings.texts(each.get("text"), "") for each in said if str(each.get("from") or "") <= at <= str(each.get("to") or "9")]


def items(centre: str, kind: str) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield key and payload of the items of a kind."""
    for item in Item.select().where(Item.centre == centre, Item.kind == kind, Item.op == "put").order_by(Item.key):
        yield item.key, json.loads(item.payload or "{}")


def free(centre: str, service: str, now: datetime, day: str | None = None) -> list[Free]:
    """Return the slots of a service that the national side may sell now, in time order; ``day``: of one local day."""
    row = Centre.get_by_id(centre)
    if not standing.may_sell(row):
        return []
    zone, from_ms = timetable.zone(settings.of(centre)), slots.ms(now)
    if bookings.is_away(row, now):
        from_ms += bookings.NEAR_MS
    wanted = Ledger.select().where(Ledger.centre == centre, Ledger.service == service, Ledger.start_ms > from_ms, Ledger.is_offered, ~Ledger.is_cut)
    rows = [each for each in wanted.order_by(Ledger.start_ms) if day is None or slots.at(each.start_ms).astimezone(zone).date().isoformat() == day]
    shares: dict[str, list[Share]] = {}
    if rows:
        ahead = Share.slot.between(rows[0].slot, rows[-1].slot)  # the names of one service's slots are in the order of time
        for share in Share.select().where(Share.centre == centre, ahead):
            shares.setdefault(share.slot, []).append(share)
    found = ((each, slots.read(each, shares.get(each.slot, [])).left) for each in rows)
    return [Free(each.slot, each.service, slots.text(each.start_ms), each.minutes, left) for each, left in found if left > 0]


def nearest(centre: str, service: str, slot: str, now: datetime) -> list[Free]:
    """Return the free slots nearest to one, never that one itself, in time order."""
    aim = slots.at(slots.parts(slot)[1])
    others = [each for each in free(centre, service, now) if each.slot != slot]
    near = sorted(others, key=lambda each: abs(datetime.fromisoformat(each.start) - aim))[:NEAREST]
    return sorted(near, key=lambda each: each.start)


def book(centre: str, order: Order, now: datetime) -> tuple[dict[str, Any], bool]:
    """Make a booking, and say whether it is new: the same order again is answered the same, whatever happened to the booking since.

    Raises Refusal; of a full slot with `slots`, and the centre is asked for a right back.
    """
    place(centre, now)
    try:
        with database.of_centre(centre) as row:
            person = persons.mark(row.person_key, order.person)
            digest = _digest(order.service, order.slot, person, order.lang)
            scope = _digest(centre, order.key)
            known = _answered(scope, digest)
            if known is not None:
                return known, False
            lang = order.lang if order.lang in settings.LANGS else "ky"
            told = shown(bookings.make(row, bookings.Wanted(order.service, order.slot, person, lang), now))
            Answer.create(scope=scope, body_digest=digest, status=201, answer=json.dumps(told), made_ms=slots.ms(now))
            return told, True
    except Refusal as refusal:
        raise _with_others(refusal, centre, order.service, order.slot, now) from None


def find(centre: str, claim: Claim, now: datetime) -> Booking:
    """Return the booking of a code, when the person is the one that it was made for. Raises Refusal; the same for both that can be wrong."""
    place(centre, now)
    mark = persons.mark(Centre.get_by_id(centre).person_key, claim.person)
    code = "".join(claim.code.split()).replace("-", "").upper()
    newest = Booking.select().where(Booking.centre == centre, Booking.code == code).order_by(Booking.made_ms.desc())
    found: Booking | None = newest.first()
    if found is None or not persons.same(found.person, mark):
        raise Refusal(404, "booking_unknown", "no booking has this code and this person")
    return found


def cancel(centre: str, claim: Claim, now: datetime) -> dict[str, Any]:
    """Cancel, or ask the centre to: then `asked` says so. Raises Refusal."""
    return _changed(centre, claim, now, lambda row, booking: bookings.cancel(row, booking, now))


def move(centre: str, claim: Claim, slot: str, now: datetime) -> dict[str, Any]:
    """Move to another slot, or ask the centre to: then `asked` says so. Raises Refusal."""
    service = find(centre, claim, now).service
    try:
        return _changed(centre, claim, now, lambda row, booking: bookings.move(row, booking, slot, now))
    except Refusal as refusal:
        raise _with_others(refusal, centre, service, slot, now) from None


def shown(booking: Booking) -> dict[str, Any]:
    """Return a booking as a portal sees it; the person is in no answer. `asked`: what the centre was asked; `refused`: why it did not happen."""
    mine = (Request.centre == booking.centre, Request.booking == booking.booking)
    last = Request.select().where(*mine).order_by(Request.asked_ms.desc()).first()
    return {
        "booking": booking.booking,
        "code": booking.code,
        "centre": booking.centre,
        "service": booking.service,
        "slot": booking.slot,
        "start": slots.text(booking.start_ms),
        "minutes": booking.minutes,
        "state": booking.state,
        "asked": last.wish if last is not None and last.state == "open" else None,
        "refused": last.why if last is not None and last.state == "refused" else None,
    }


def days(found: Sequence[Free], tz: str) -> list[str]:
    """Return the local days of free slots, in order."""
    zone = timetable.zone({"centre": {"tz": tz}})
    return sorted({datetime.fromisoformat(each.start).astimezone(zone).date().isoformat() for each in found})


def on_day(found: Sequence[Free], day: str, tz: str) -> list[Free]:
    """Return those of one local day."""
    zone = timetable.zone({"centre": {"tz": tz}})
    return [each for each in found if datetime.fromisoformat(each.start).astimezone(zone).date().isoformat() == day]


def _answered(scope: str, digest: str) -> dict[str, Any] | None:
    known = Answer.get_or_none(Answer.scope == scope)
    if known is not None and known.body_digest != digest:
        raise Refusal(422, "key_reused", "this Idempotency-Key came with another body before")
    found: dict[str, Any] | None = json.loads(known.answer) if known is not None else None
    return found


def _digest(*said: str) -> str:
    return hashlib.sha256("\n".join(said).encode(errors="replace")).hexdigest()


def _changed(centre: str, claim: Claim, now: datetime, change: Callable[[Centre, Booking], Request | None]) -> dict[str, Any]:
    known = find(centre, claim, now)
    with database.of_centre(centre) as row:
        booking = Booking.get(Booking.centre == centre, Booking.booking == known.booking)
        change(row, booking)
        return shown(booking)


def _with_others(refusal: Refusal, centre: str, service: str, slot: str, now: datetime) -> Refusal:
    if refusal.word not in {"slot_full", "slot_past", "centre_away"}:
        return refusal
    if refusal.word == "slot_full":
        with database.of_centre(centre) as row:
            grants.ask_back(row, slot, now)
    others = [{"slot": each.slot, "start": each.start, "left": each.left} for each in nearest(centre, service, slot, now)]
    return Refusal(refusal.status, refusal.word, refusal.detail, slots=others)
