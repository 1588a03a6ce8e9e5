"""What may be done inside `Database.write()`: take the hall, append facts with what they changed, remember answers.

Never kept beyond the `with` block. A refused request raises out of the block and nothing is written.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, assert_never

import apsw

from edge.errors import Corrupt, KeyReused
from edge.queueing import events
from edge.queueing.alerts import Alert
from edge.queueing.booking import Booking
from edge.queueing.chain import GENESIS, Envelope, Head, instant, resealed, sealed
from edge.queueing.desk import Desk
from edge.queueing.evolve import Changed
from edge.queueing.hall import Hall
from edge.queueing.learned import Cell, Flow, Pace
from edge.queueing.national import NationalItem
from edge.queueing.numbering import Block
from edge.queueing.registry import Device, Member
from edge.queueing.slots import Ledger
from edge.queueing.ticket import Ticket
from edge.store import faults, hot, lineage, rows, sync_state
from edge.store.sync_state import Receipt, SyncState


class Transaction:
    """The open write transaction. ``hall`` and ``head`` move on with each `append`; ``facts`` are those appended."""

    def __init__(self, connection: apsw.Connection, hall: Hall, head: Head) -> None:
        self.connection = connection
        self.hall = hall
        self.head = head
        self.facts: list[events.Fact] = []
        self.once_durable: list[Callable[[], None]] = []  # run right after the commit, before the next writer begins

    def append(self, facts: Sequence[events.Fact], changed: Sequence[Changed], hall: Hall) -> None:
        """Write journal lines for ``facts`` and the values they changed; ``hall`` is the state after them."""
        for fact in facts:
            line = sealed(
                self.head,
                centre=hall.policy.centre.id,
                id=fact.id,
                type=events.type_of(fact.event),
                at=instant(fact.at),
                clock=fact.clock,
                actor=fact.actor,
                salt=os.urandom(16).hex(),
                payload=events.payload_text(fact.event),
            )
            self.append_line(line)
        self._follow(facts, changed, hall)
        self._require_rights(facts, hall)

    def adopt(self, line: Envelope, fact: events.Fact, changed: Sequence[Changed], hall: Hall) -> None:
        """Write a sealed line as it is, with what its fact changed."""
        self.append_line(line)
        self._follow((fact,), changed, hall)

    def _follow(self, facts: Sequence[events.Fact], changed: Sequence[Changed], hall: Hall) -> None:
        """Let the tables follow the journal."""
        for value in {_identity(value): value for value in changed}.values():
            self._put(value)
        counters = json.dumps(hall.counters, sort_keys=True)
        self._execute(hot.PUT_HALL, (1, hall.applied, hall.tick, rows.day_text(hall.day), hall.issued, counters, hall.epoch))
        self.facts.extend(facts)
        self.hall = hall

    def adopt_all(self, lines: Sequence[Envelope], facts: Sequence[events.Fact], changed: Sequence[Changed], hall: Hall) -> None:
        """Write sealed lines as they are, with what all of their facts changed."""
        for line in lines:
            self.append_line(line)
        self._follow(facts, changed, hall)

    def shadow(self, changed: Sequence[Changed], hall: Hall) -> None:
        """Let the tables follow without a line of the journal: of a copy that a replay fills."""
        self._follow((), changed, hall)

    def _require_rights(self, facts: Sequence[events.Fact], hall: Hall) -> None:
        """Ask the tables themselves whether what was sold or returned just now was this centre's to sell. Raises Corrupt: nothing is written."""
        if not hall.policy.national.bound:
            return
        spent = [slot for fact in facts if (slot := _spent(fact.event, hall.epoch))]
        over = self.connection.execute(hot.OVERSPENT, (json.dumps(spent), hall.epoch)).fetchone() if spent else None
        if over:
            raise Corrupt(f"a seat of slot {over[0]} cannot be sold or returned: no right of epoch {hall.epoch} is left; nothing was written")

    def append_line(self, line: Envelope) -> None:
        """Write one sealed line as it is."""
        self._execute(hot.APPEND, tuple(getattr(line, name) for name in hot.ENVELOPE_COLUMNS))
        self.head = Head(line.epoch, line.seq, line.hash)

    def recall(self, scope: str, key: str, digest: str) -> str | None:
        """Return the answer remembered for this key, or None. Raises KeyReused when it was given for another request."""
        row = self.connection.execute(hot.RECALL, (scope, key)).fetchone()
        if row is None:
            return None
        if row[0] != digest:
            raise KeyReused(f"key {key!r} was already used for another request")
        return str(row[1])

    def forget(self, before: str) -> None:
        """Drop answers remembered before the instant ``before``."""
        self._execute(hot.FORGET, (before,))

    def keep_contact(self, owner: str, sealed_contact: bytes, until: str | None = None) -> None:
        """Keep a visitor's encrypted contact. ``owner``: the id of a ticket or booking; ``until``: the day after which it goes, None: today."""
        self._execute(hot.KEEP_CONTACT, (owner, sealed_contact, until))

    def move_contact(self, owner: str, until: str) -> None:
        """Keep the contact of a booking, if there is one, until another day."""
        self._execute(hot.MOVE_CONTACT, (until, owner))

    def erase_contact(self, owner: str) -> None:
        """Erase one contact."""
        self._execute(hot.ERASE_CONTACT, (owner,))

    def erase_contacts(self, day: str) -> None:
        """Erase the contacts that were kept until ``day``, which is over."""
        self._execute(hot.ERASE_CONTACTS, (day,))

    def code_is_taken(self, code: str) -> bool:
        """Tell whether a booking ever had this code here."""
        return self.connection.execute(hot.BOOKINGS_OF_CODE, (code,)).fetchone() is not None

    def sync(self) -> SyncState:
        """Return the state of the sync as this transaction has left it so far."""
        return sync_state.read_from(self.connection)

    def keep_sync(self, **changes: Any) -> None:
        """Write fields of `sync_state.SyncState`, durable together with the facts. Raises TypeError for a field that it has not."""
        self._guarded(sync_state.put, changes)

    def keep_receipt(self, receipt: Receipt) -> None:
        """Keep what the national server gave as proof."""
        self._guarded(sync_state.put_receipt, receipt)

    def stage(self, lines: Sequence[Envelope]) -> None:
        """Lay lines of the national server beside the journal."""
        self._guarded(lineage.stage, lines)

    def clear_staged(self) -> None:
        """Forget the lines of the national server that were not taken in."""
        self._guarded(lineage.clear_staged)

    def begin_epoch(self, epoch: int, behind: Head) -> int:
        """Take every line behind ``behind`` out of the journal and the staged ones in; what is appended from now on is of ``epoch``.

        Returns how many of the lines taken out `say_again` will say.
        """
        self._guarded(lineage.take_out, behind, epoch)
        self._guarded(lineage.take_in)
        self.head = Head(epoch, 0, GENESIS)
        return lineage.tail_length(self.connection, epoch)

    def say_again(self, epoch: int) -> None:
        """Write the lines taken out behind the head: the same words in the new epoch. Their effect is in the tables already."""
        for page in lineage.tail_pages(self.connection, epoch):
            again: list[Envelope] = []
            for line in page:
                again.append(resealed(self.head, line))
                self.head = Head(again[-1].epoch, again[-1].seq, again[-1].hash)
            self._guarded(lineage.append_all, again)

    def take_tables(self, tables: Mapping[str, str], hall: Hall) -> None:
        """Let the shadow tables be those of the attached database ``rebuilt``; ``tables``: with their keys. Only rows that differ are written."""
        for table, key in tables.items():
            self._execute(f'DELETE FROM main.{table} WHERE "{key}" NOT IN (SELECT "{key}" FROM rebuilt.{table})', ())
            self._execute(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM rebuilt.{table} EXCEPT SELECT * FROM main.{table}", ())
        self._follow((), (), hall)

    def take_stamp_off(self) -> None:
        """Let the file be no backup any more: what follows is written by a box at work."""
        self._execute(hot.UNSTAMP, ())

    def replace_rows(self, table: str, rows_: Sequence[rows.Row]) -> None:
        """Let a table have these rows and no others."""
        self._execute(f"DELETE FROM {table}", ())
        for row in rows_:
            self._execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def probe(self, at: str) -> None:
        """Write the one row that shows that a commit is possible."""
        self._execute(hot.PROBE, (at,))

    def remember(self, scope: str, key: str, digest: str, answer: str, at: str) -> None:
        """Keep ``answer`` for this key, in this transaction."""
        self._execute(hot.REMEMBER, (scope, key, digest, answer, at))

    def _put(self, value: Changed) -> None:  # noqa: PLR0912 -- one line a kind: a table
        match value:
            case Ticket():
                self._execute(hot.PUT_TICKET, rows.ticket_row(value))
            case Desk():
                self._execute(hot.PUT_DESK, rows.desk_row(value))
            case Device():
                self._execute(hot.PUT_DEVICE, rows.device_row(value))
            case Alert():
                self._execute(hot.PUT_ALERT, rows.alert_row(value))
            case Member():
                self._execute(hot.PUT_MEMBER, rows.member_row(value))
            case Booking():
                self._execute(hot.PUT_BOOKING, rows.booking_row(value))
            case Ledger():
                self._execute(hot.PUT_SLOT, rows.slot_row(value))
            case Block():
                self._execute(hot.PUT_BLOCK, (value.letter, value.last))
            case NationalItem():
                self._execute(hot.PUT_NATIONAL, rows.national_row(value))
            case events.SettingChanged():
                self._execute(hot.PUT_SETTING, rows.setting_row(value))
            case Pace() | Cell() | Flow():
                self._execute(hot.PUT_LESSON, rows.lesson_row(value))
            case events.DayConfirmed():
                self._execute(hot.RENAME_DAY, (value.day, value.was))
            case never:
                assert_never(never)

    def _guarded(self, write: Callable[..., None], *values: Any) -> None:
        try:
            write(self.connection, *values)
        except faults.DISK as error:
            raise faults.of(error, "the database cannot be written now") from error

    def _execute(self, sql: str, values: rows.Row) -> None:
        try:
            self.connection.execute(sql, values)
        except faults.DISK as error:
            raise faults.of(error, "the database cannot be written now") from error


_KEY: dict[type, str] = {
    Ticket: "id",
    Desk: "desk",
    Device: "device",
    Alert: "alert",
    Member: "pseudonym",
    Booking: "id",
    Ledger: "slot",
    Block: "letter",
    NationalItem: "item",
    events.SettingChanged: "key",
    **dict.fromkeys((Pace, Cell, Flow), "key"),
    events.DayConfirmed: "was",
}


def _spent(event: events.Event, epoch: int) -> str | None:
    """Return the slot of which a right of ``epoch`` was spent or returned."""
    match event:
        case events.BookingMade() | events.BookingRescheduled() if event.right_epoch == epoch:
            return event.slot
        case events.SlotReturned() if event.epoch == epoch:
            return event.slot
        case _:
            return None


def _identity(value: Changed) -> tuple[type, str]:
    return type(value), getattr(value, _KEY[type(value)])
