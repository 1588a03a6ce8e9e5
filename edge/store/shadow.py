"""Comparing the tables with what a replay of the journal gives, in one consistent read transaction."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

import apsw

from edge.queueing import events
from edge.queueing.alerts import Alert
from edge.queueing.booking import Booking
from edge.queueing.chain import Envelope
from edge.queueing.desk import Desk
from edge.queueing.evolve import Changed
from edge.queueing.hall import Hall
from edge.queueing.learned import Cell, Flow, Lesson, Pace
from edge.queueing.national import NationalItem
from edge.queueing.numbering import Block
from edge.queueing.registry import Device, Member
from edge.queueing.slots import Ledger
from edge.queueing.ticket import Ticket
from edge.store import faults, hot, rows
from edge.store.database import Database

Kept = Ticket | Desk | Device | Alert | Member | Booking | Ledger | Lesson | Block | NationalItem | events.SettingChanged
PAGE = 1000
TABLES = ("ticket", "desk", "device", "alert", "member", "setting", "booking", "slot", "learned", "block", "national_item")
_COLUMNS = {
    "ticket": rows.TICKET_COLUMNS,
    "desk": hot.DESK_COLUMNS,
    "device": hot.DEVICE_COLUMNS,
    "alert": hot.ALERT_COLUMNS,
    "member": hot.MEMBER_COLUMNS,
    "setting": ("key", "value"),
    "booking": rows.BOOKING_COLUMNS,
    "slot": rows.SLOT_COLUMNS,
    "learned": ("key", "value"),
    "block": ("letter", "last"),
    "national_item": rows.NATIONAL_COLUMNS,
}
KEYS = {table: columns[0] for table, columns in _COLUMNS.items()}


class Snapshot:
    """One moment of the database, however much is written meanwhile."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def lines(self) -> Iterator[Envelope]:
        """Walk the whole journal in order."""
        epoch, seq = 0, 0
        while page := [Envelope(*row) for row in self._connection.execute(hot.LINES, (epoch, seq, PAGE))]:
            yield from page
            epoch, seq = page[-1].epoch, page[-1].seq

    def hash_at(self, epoch: int, seq: int) -> str | None:
        """Return the hash of one line of the journal."""
        row = self._connection.execute("SELECT hash FROM journal WHERE epoch = ? AND seq = ?", (epoch, seq)).fetchone()
        return str(row[0]) if row else None

    def table(self, table: str) -> dict[str, rows.Row]:
        """Return all rows of one shadow table by their key."""
        columns = ",".join(f'"{column}"' for column in _COLUMNS[table])
        return {str(row[0]): tuple(row) for row in self._connection.execute(f"SELECT {columns} FROM {table}")}

    def integrity(self) -> list[str]:
        """Return what SQLite's own check finds wrong with the file; empty when it is sound."""
        found = [str(row[0]) for row in self._connection.execute("PRAGMA quick_check(5)")]
        return [] if found == ["ok"] else found

    def hall(self) -> rows.Row | None:
        """Return the row of the hall."""
        row = self._connection.execute(hot.GET_HALL).fetchone()
        return tuple(row) if row else None


@contextmanager
def snapshot(database: Database) -> Iterator[Snapshot]:
    """Hold one moment of the database while reading it. Never blocks a writer. Raises Corrupt when a page is met that is damaged."""
    connection = database.connection()
    connection.execute("BEGIN")
    try:
        yield Snapshot(connection)
    except faults.DAMAGE as error:
        raise faults.of(error, f"cannot read {database.path}") from error
    finally:
        connection.execute("ROLLBACK")


class Tables:
    """The shadow tables as a replay builds them."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, rows.Row]] = {table: {} for table in TABLES}

    def take(self, changed: Sequence[Changed]) -> None:
        """Take over what `evolve` returned."""
        for value in changed:
            if isinstance(value, events.DayConfirmed):
                self._rename(value)
                continue
            table, row = _written(value)
            self._rows[table][str(row[0])] = row

    def _rename(self, event: events.DayConfirmed) -> None:
        at = rows.TICKET_COLUMNS.index("day")
        for key, row in self._rows["ticket"].items():
            if row[at] == event.was:
                self._rows["ticket"][key] = (*row[:at], event.day, *row[at + 1 :])

    def differences(self, snapshot: Snapshot, hall: Hall) -> list[str]:
        """Return one sentence per row that differs from the database."""
        found: list[str] = []
        for table in TABLES:
            stored, replayed = snapshot.table(table), self._rows[table]
            wrong = (key for key in sorted(stored.keys() | replayed.keys()) if not _same(table, stored.get(key), replayed.get(key)))
            found.extend(f"table {table}: {key} is not what the journal says" for key in wrong)
        expected = (hall.applied, hall.tick, rows.day_text(hall.day), hall.issued, json.dumps(hall.counters, sort_keys=True), hall.epoch)
        if hall.applied and snapshot.hall() != expected:
            found.append("table hall: is not what the journal says")
        return found


def _same(table: str, stored: rows.Row | None, replayed: rows.Row | None) -> bool:
    """Tell whether two rows say the same: a desk's last move, written by an earlier release, says it in fewer words."""
    if stored == replayed or table != "desk" or stored is None or replayed is None:
        return stored == replayed
    try:
        return rows.desk(stored) == rows.desk(replayed)
    except (TypeError, ValueError):
        return False


def _written(value: Kept) -> tuple[str, rows.Row]:  # noqa: PLR0911 -- one line a kind: a table
    match value:
        case Ticket():
            return "ticket", rows.ticket_row(value)
        case Desk():
            return "desk", rows.desk_row(value)
        case Device():
            return "device", rows.device_row(value)
        case Alert():
            return "alert", rows.alert_row(value)
        case Member():
            return "member", rows.member_row(value)
        case Booking():
            return "booking", rows.booking_row(value)
        case Ledger():
            return "slot", rows.slot_row(value)
        case Block():
            return "block", (value.letter, value.last)
        case NationalItem():
            return "national_item", rows.national_row(value)
        case events.SettingChanged():
            return "setting", rows.setting_row(value)
        case Pace() | Cell() | Flow():
            return "learned", rows.lesson_row(value)
        case never:
            assert_never(never)
