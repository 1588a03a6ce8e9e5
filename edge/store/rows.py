"""Values of the core to rows and back. One place knows how each is written; `None` is NULL, instants are text with milliseconds."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, astuple, fields
from datetime import datetime
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from edge.queueing import events
from edge.queueing.alerts import Alert
from edge.queueing.booking import Booking, BookingState, Owner
from edge.queueing.chain import instant
from edge.queueing.day import Day
from edge.queueing.desk import Desk, DeskState, LastMove, Step
from edge.queueing.escrow import Rights
from edge.queueing.learned import Cell, Flow, Learned, Lesson, Pace
from edge.queueing.national import NationalItem
from edge.queueing.registry import Device, Family, Kind, Member, Role
from edge.queueing.slots import Ledger
from edge.queueing.ticket import Ticket, TicketState

Row = tuple[Any, ...]


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return how one column comes back: enumerations, instants and truth values; the rest is stored as it is."""
    kinds = [kind for kind in (get_args(hint) if isinstance(hint, UnionType) else (hint,)) if kind is not NoneType]
    kind = kinds[0]
    if kind is datetime:
        return datetime.fromisoformat
    if kind is bool or (isinstance(kind, type) and issubclass(kind, str) and kind is not str):
        return kind
    return lambda value: value


def _list(text: str) -> tuple[Any, ...]:
    if not text or text == "[]":
        return ()
    return tuple(tuple(each) if isinstance(each, list) else each for each in json.loads(text))


TICKET_COLUMNS = tuple(field.name for field in fields(Ticket))
_TICKET_READERS = tuple(_list if name in ("steps", "returns") else _reader(get_type_hints(Ticket)[name]) for name in TICKET_COLUMNS)

_DEFAULTS = tuple(field.default for field in fields(Ticket))
_LISTS = tuple(place for place, name in enumerate(TICKET_COLUMNS) if name in ("steps", "returns"))
_INSTANTS = tuple(place for place, read in enumerate(_TICKET_READERS) if read == datetime.fromisoformat)
_all_of = attrgetter(*TICKET_COLUMNS)


def ticket_row(ticket: Ticket) -> Row:
    """Write a ticket in the order of `TICKET_COLUMNS`."""
    values = list(_all_of(ticket))
    for place in _INSTANTS:
        if values[place] is not None:
            values[place] = instant(values[place])
    for place in _LISTS:
        values[place] = json.dumps(values[place], separators=(",", ":")) if values[place] else "[]"
    return tuple(values)


def ticket(row: Row) -> Ticket:
    """Read what `ticket_row` wrote; also a row of an earlier release, in a desk's last move, which lacks the newest fields at its end."""
    whole = (*row, *_DEFAULTS[len(row) :])
    values: Iterator[Any] = (None if value is None else read(value) for read, value in zip(_TICKET_READERS, whole, strict=True))
    return Ticket(*values)


def desk_row(desk: Desk) -> Row:
    """Write a desk; its last move is JSON, since only undo reads it."""
    return (desk.desk, desk.state, desk.reason, desk.ticket, desk.run, desk.free_since, _last_move_text(desk.last_move))


def desk(row: Row) -> Desk:
    """Read what `desk_row` wrote."""
    name, state, reason, ticket_id, run, free_since, last_move = row
    return Desk(name, DeskState(state), reason, ticket_id, run, free_since, _last_move(last_move))


def device_row(device: Device) -> Row:
    """Write a device of the registry."""
    services = None if device.services is None else json.dumps(device.services)
    return (device.device, device.kind, device.desk, device.zone, services, device.generation, device.active, device.family, device.address)


def device(row: Row) -> Device:
    """Read what `device_row` wrote."""
    name, kind, desk_name, zone, services, generation, active, family, address = row
    shown = tuple(json.loads(services)) if services else None
    return Device(name, Kind(kind), desk_name, zone, shown, generation, bool(active), Family(family) if family else None, address)


def alert_row(alert: Alert) -> Row:
    """Write an alert; one that was cleared stays, and says so."""
    return (alert.alert, alert.what, alert.about, alert.detail, instant(alert.since), alert.raised)


def alert(row: Row) -> Alert:
    """Read what `alert_row` wrote."""
    name, what, about, detail, since, raised = row
    return Alert(name, what, about, detail, datetime.fromisoformat(since), bool(raised))


def member_row(member: Member) -> Row:
    """Write a member of staff."""
    return (member.pseudonym, member.login, member.role, member.active)


def member(row: Row) -> Member:
    """Read what `member_row` wrote."""
    pseudonym, login, role, active = row
    return Member(pseudonym, login, Role(role), bool(active))


BOOKING_COLUMNS = tuple(field.name for field in fields(Booking))
NATIONAL_COLUMNS = tuple(field.name for field in fields(NationalItem))
SLOT_COLUMNS = tuple(field.name for field in fields(Ledger))


def booking_row(booking: Booking) -> Row:
    """Write a booking in the order of `BOOKING_COLUMNS`."""
    return tuple(instant(value) if isinstance(value, datetime) else value for value in (getattr(booking, name) for name in BOOKING_COLUMNS))


def booking(row: Row) -> Booking:
    """Read what `booking_row` wrote."""
    values = dict(zip(BOOKING_COLUMNS, row, strict=True))
    values |= {"start": datetime.fromisoformat(values["start"]), "state": BookingState(values["state"])}
    values |= {"right": Owner(values["right"]), "custody": Owner(values["custody"])}
    return Booking(**{**values, "over": bool(values["over"])})


def slot_row(ledger: Ledger) -> Row:
    """Write the ledger of a slot in the order of `SLOT_COLUMNS`."""
    rights = json.dumps({str(epoch): list(astuple(each)) for epoch, each in sorted(ledger.rights.items())})
    values = {**{name: getattr(ledger, name) for name in SLOT_COLUMNS}, "start": instant(ledger.start), "rights": rights}
    return tuple(values.values())


def slot(row: Row) -> Ledger:
    """Read what `slot_row` wrote."""
    values = dict(zip(SLOT_COLUMNS, row, strict=True))
    rights = {int(epoch): Rights(*counters) for epoch, counters in json.loads(values["rights"]).items()}
    return Ledger(**{**values, "start": datetime.fromisoformat(values["start"]), "rights": rights, "over": bool(values["over"])})


def setting_row(event: events.SettingChanged) -> Row:
    """Write one setting."""
    return (event.key, json.dumps(event.value, ensure_ascii=False, separators=(",", ":")))


def national_row(item: NationalItem) -> Row:
    """Write the newest version of a national item in the order of `NATIONAL_COLUMNS`."""
    values = {**{name: getattr(item, name) for name in NATIONAL_COLUMNS}, "deleted": int(item.deleted)}
    values["payload"] = None if item.payload is None else json.dumps(item.payload, ensure_ascii=False, separators=(",", ":"))
    return tuple(values.values())


def national(row: Row) -> NationalItem:
    """Read what `national_row` wrote."""
    values = dict(zip(NATIONAL_COLUMNS, row, strict=True))
    payload = None if values["payload"] is None else json.loads(values["payload"])
    return NationalItem(**{**values, "deleted": bool(values["deleted"]), "payload": payload})


# not written while they say nothing: older releases wrote none
_LATER = {"timed": True, "open_until": 0, "ends": None, "kept": (), "by_hours": (), "admitted": 0}


def lesson_row(lesson: Lesson) -> Row:
    """Write a lesson: its key, and its fields in order as JSON."""
    return (lesson.key, json.dumps([getattr(lesson, field.name) for field in fields(lesson)], separators=(",", ":")))


def learned(stored: Iterable[Row]) -> Learned:
    """Read what `lesson_row` wrote."""
    kinds = {"pace": Pace, "cell": Cell, "flow": Flow}
    read: list[Lesson] = []
    for key, text in stored:
        values = (tuple(value) if isinstance(value, list) else value for value in json.loads(text))
        read.append(kinds[key.split(":")[0]](*values))
    return Learned({lesson.key: lesson for lesson in read})


def day_text(day: Day | None) -> str | None:
    """Write the open day as JSON."""
    if day is None:
        return None
    values = {**asdict(day), "wall_at_tick0": instant(day.wall_at_tick0)}
    return json.dumps({key: value for key, value in values.items() if _LATER.get(key, ...) != value})


def day(text: str | None) -> Day | None:
    """Read what `day_text` wrote."""
    if text is None:
        return None
    values = json.loads(text)
    lists = {key: tuple(values[key]) for key in ("kept", "by_hours") if key in values}
    return Day(**{**values, **lists, "wall_at_tick0": datetime.fromisoformat(values["wall_at_tick0"])})


def _last_move_text(move: LastMove | None) -> str | None:
    if move is None:
        return None
    steps = [[s.event, ticket_row(s.ticket), s.led_to, s.desk_ticket, s.run, s.free_since] for s in move.steps]
    return json.dumps([move.tick, steps], ensure_ascii=False)


def _last_move(text: str | None) -> LastMove | None:
    if text is None:
        return None
    tick, steps = json.loads(text)
    return LastMove(
        tick,
        tuple(
            Step(event, ticket(tuple(before)), TicketState(led_to), at_desk, run, free_since)
            for event, before, led_to, at_desk, run, free_since in steps
        ),
    )
