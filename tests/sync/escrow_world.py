"""One national server, successive epochs of one centre, and a network that loses, repeats and delays: what the slot escrow must survive.

The centre decides and folds with the product's own `decide` and `evolve`, the national side counts with the reference server's own counters. What is
imagined here is what lies between: messages, backups, deaths, restored disks, a rewound server. `Truth` is what people hold in their hands; it never
forgets, and no slot of it may ever have more seats than the national side ever offered.

Failures come one at a time, as the contract has them: while a restored server does not know the centre's journal again, the centre keeps its disk.
Long because both sides and what lies between stand here.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta

from edge.queueing import commands as c
from edge.queueing import escrow as own
from edge.queueing import events as e
from edge.queueing.booking import CODE_ALPHABET as CODE
from edge.queueing.booking import Booking, Owner, slot_id
from edge.queueing.chain import GENESIS, instant
from edge.queueing.decide import Stamp, Turn, decide
from edge.queueing.evolve import evolve
from edge.queueing.hall import Hall
from edge.queueing.national import item_id
from edge.sync.reference import escrow, handshake
from edge.sync.reference.handshake import Action, Answer
from edge.sync.reference.hello import Hello, Place
from tests.queueing import centre
from tests.queueing.scene import OFFSET, WALL, open_day

SERVICE, MINUTES = "address", 15
STARTS = tuple(WALL + timedelta(days=1, minutes=MINUTES * n) for n in range(3))
SLOTS = tuple(slot_id(SERVICE, start) for start in STARTS)
START_OF = dict(zip(SLOTS, STARTS, strict=True))
CAPACITY = 4
RESTORED = {"at": instant(WALL), "prefix": "Z"}


@dataclass(frozen=True, slots=True)
class Line:
    """A journal line: its place, its fact, and a hash that stands for the chain up to it."""

    epoch: int
    seq: int
    fact: e.Fact
    hash: str


Log = dict[int, list[Line]]


def follow(log: Log, epoch: int, fact: e.Fact) -> None:
    """Write one more line of an epoch."""
    lines = log.setdefault(epoch, [])
    lines.append(Line(epoch, len(lines) + 1, fact, f"{hash((lines[-1].hash if lines else GENESIS, epoch, fact.id)) % 2**64:064x}"))


def place(log: Log, epoch: int, seq: int) -> Place:
    """Return a line's place; seq 0 is before the first."""
    return Place(epoch, seq, log[epoch][seq - 1].hash if seq else GENESIS)


@dataclass
class Truth:
    """What people were promised: the seat of each booking, and the most that the national side ever offered of each slot.

    ``unknown``: promised by a server that was rewound before the centre heard of it; the contract lists them and cannot hold them.
    """

    seats: dict[str, str] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SLOTS, CAPACITY))
    unknown: int = 0

    def oversold(self) -> list[str]:
        """Return the slots with more seats promised than were ever offered."""
        sold = dict.fromkeys(SLOTS, 0)
        for slot in self.seats.values():
            sold[slot] += 1
        return [f"{slot} has {many} of {self.most[slot]} seats sold" for slot, many in sold.items() if many > self.most[slot]]


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the feed."""

    pos: int
    command: c.TakeItem


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the feed; ``cursor`` belongs to ``incarnation``."""

    incarnation: int
    items: tuple[Item, ...]
    cursor: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A push: lines of one epoch."""

    epoch: int
    lines: tuple[Line, ...]


class Edge:
    """The centre: a hall, the journal that it follows from, and what its sync remembers. A copy of it is a backup."""

    def __init__(self, names: Iterator[str]) -> None:
        self._names = names
        self.log: Log = {}
        self.parents: dict[int, Place] = {}
        self.epoch = 1
        self.acked: Place | None = None
        self.incarnation = 0
        self.cursor = (0, 0)  # incarnation, position
        self.versions: dict[str, int] = {}
        self.is_copy = self.is_fenced = self.is_rebuilding = False
        self.hall = Hall()
        self.over: dict[str, Booking] = {}

    def made(self) -> "Edge":
        """Put the settings in force and open the day, as a new centre does."""
        self.emit(*(e.SettingChanged(key=key, value=value) for key, value in centre.settings().items()))
        self.emit(e.SettingChanged(key="national", value={"bound": True}))
        self.do(open_day())
        return self

    def backup(self) -> "Edge":
        """Return the disk as it is now."""
        kept = copy(self)
        kept.log = {epoch: list(lines) for epoch, lines in self.log.items()}
        kept.parents, kept.versions, kept.over = dict(self.parents), dict(self.versions), dict(self.over)
        return kept

    @property
    def head(self) -> Place:
        """Return the last line's place; of an empty box epoch 0."""
        return place(self.log, self.epoch, len(self.log.get(self.epoch, ()))) if self.log else Place(0, 0, GENESIS)

    def hello(self) -> Hello:
        """Say what this box is."""
        head, rungs, step = self.head, {}, 1
        seq = head.seq
        while seq > 0:
            rungs[seq] = self.log[head.epoch][seq - 1].hash
            seq, step = head.seq - step, step * 2
        if head.seq:
            rungs[1] = self.log[head.epoch][0].hash
        acked = self.acked if self.acked and self.acked.epoch == head.epoch and self.acked.seq else None
        return Hello("c", "node", "key", (1, 1), head, rungs, self.parents, acked, str(self.incarnation), None, self.is_copy)

    def batch(self, size: int) -> Batch | None:
        """Return what is to be sent next: behind the acknowledged line, then the epochs that follow."""
        start = self.acked or Place(self.epoch, 0, GENESIS)
        for epoch in sorted(self.log):
            lines = self.log[epoch][start.seq if epoch == start.epoch else 0 :]
            if epoch >= start.epoch and lines:
                return Batch(epoch, tuple(lines[:size]))
        return None

    @property
    def is_closed(self) -> bool:
        """Tell whether the rights of the present epoch may not be spent."""
        return not self.hall.sells

    def do(self, command: c.Command) -> None:
        """Decide as the product does. Raises Refused, BadRequest, Unknown."""
        turn = self._turn("system")
        decide(turn, command)
        self._keep(turn)

    def emit(self, *events: e.Event) -> None:
        """Write what comes from outside the pure rules: items of the feed, returns, the new epoch."""
        turn = self._turn("national")
        for event in events:
            turn.emit(event)
        self._keep(turn)

    def _turn(self, actor: str) -> Turn:
        return Turn(self.hall, self.hall.tick, Stamp(WALL, "ntp", actor, lambda: next(self._names)))

    def _keep(self, turn: Turn) -> None:
        for fact in turn.facts:
            follow(self.log, self.epoch, fact)
        self.hall = turn.hall
        self._note(turn.changed)

    def _note(self, changed: Iterable[object]) -> None:
        """Remember the bookings to which nothing can happen any more, as the tables do."""
        self.over |= {each.id: each for each in changed if isinstance(each, Booking) and each.over}

    def _fold(self, fact: e.Fact) -> None:
        self.hall, changed = evolve(self.hall, fact)
        self._note(changed)

    def take(self, page: Page) -> None:
        """Apply a page of the feed, items and cursor at once."""
        if page.incarnation != self.incarnation:
            return
        for item in page.items:
            command = item.command
            name = item_id(command.kind, command.key)
            if command.version > self.versions.get(name, 0):
                self.versions[name] = command.version
                self.do(replace(command, past=self._past(command)))
        self.cursor = (page.incarnation, page.cursor)

    def _past(self, command: c.TakeItem) -> Booking | None:
        booking = (command.payload or {}).get("booking", "")
        return None if booking in self.hall.bookings else self.over.get(booking)

    def left(self, slot: str) -> int:
        """Return the rights of the present epoch that are unspent."""
        ledger = self.hall.slots.get(slot)
        return own.own_left(ledger.rights.get(self.hall.epoch, own.Rights())) if ledger else 0

    def close(self) -> None:
        """Be recognised as a restored or fenced box: from now on nothing is sold until a new epoch begins."""
        if not self.is_closed:
            closed = {"bound": True, "closed": self.hall.epoch}
            self.emit(e.SettingChanged(key="restored", value=RESTORED), e.SettingChanged(key="national", value=closed))

    def copy_lines(self, lines: Iterable[Line], parents: Mapping[int, Place]) -> None:
        """Let lines of the server take their place behind what is here, and follow the journal anew."""
        for line in lines:
            if line.seq <= len(self.log.get(line.epoch, ())):
                continue
            self.log.setdefault(line.epoch, []).append(line)
        self.parents |= parents
        self.epoch = max(self.log, default=1)
        self._replay()

    def begin(self, told: Answer, behind: Iterable[Line], parents: Mapping[int, Place]) -> None:
        """Begin an issued epoch: the server's lines ``behind`` the parent first, then the own tail under new places."""
        parent = told.parent
        assert parent is not None
        behind = tuple(behind)
        known = {line.fact.id for line in behind}  # a ladder has gaps: some of what the server has behind the parent is our own
        own_lines = (line for epoch in sorted(self.log) for line in self.log[epoch] if (epoch, line.seq) > (parent.epoch, parent.seq))
        tail = [line.fact for line in own_lines if line.fact.id not in known and not isinstance(line.fact.event, e.EpochStarted)]
        self.log = {epoch: lines[: parent.seq] if epoch == parent.epoch else lines for epoch, lines in self.log.items() if epoch <= parent.epoch}
        self.copy_lines(behind, parents)
        self.epoch = told.epoch
        self.parents[told.epoch] = parent
        self.log[told.epoch] = []
        self.emit(
            e.EpochStarted(
                epoch=told.epoch,
                parent_epoch=parent.epoch,
                parent_seq=parent.seq,
                parent_hash=parent.hash,
                reason="diverged",
                tail=len(tail),
                tick=self.hall.tick,
            )
        )
        for fact in tail:
            follow(self.log, told.epoch, fact)
            self._fold(fact)
        self.acked = None
        self.is_copy = self.is_fenced = self.is_rebuilding = False

    def _replay(self) -> None:
        self.hall, self.over = Hall(), {}
        for epoch in sorted(self.log):
            for line in self.log[epoch]:
                self._fold(line.fact)


@dataclass(frozen=True, slots=True)
class Seat:
    """A booking as the national side sees it. ``until``: position of the feed item that cancels it; its right is free once the centre has that.

    ``given``: position of the item that gives custody away; with its receipt the centre has it.
    """

    slot: str
    right: str
    epoch: int | None
    confirmed: bool = True
    until: int = 0
    given: int = 0
    at_edge: bool = False


class National:
    """The server: what it stored, what it counted, what it put into the feed. A copy of it is a backup.

    ``present`` to ``copied`` are what `handshake.decide` wants to know (`handshake.Stored`).
    """

    def __init__(self) -> None:
        self.log: Log = {}
        self.parents: dict[int, Place] = {}
        self.present = 0
        self.issued_to: str | None = None
        self.issued_for: int | None = None
        self.forked: int | None = None
        self.copied: Place | None = None
        self.known: set[str] = set()
        self.slots = {slot: escrow.Slot(CAPACITY) for slot in SLOTS}
        self.seats: dict[str, Seat] = {}
        self.feed: list[Item] = []
        self.version = 0
        self.incarnation = 1
        self.owed: Place | None = None  # the journal that a new incarnation waits for
        self.is_new = False

    @property
    def heads(self) -> Mapping[int, Place]:
        """Return the last lines of the epochs that have some."""
        return {epoch: place(self.log, epoch, len(lines)) for epoch, lines in self.log.items() if lines}

    def hash_at(self, epoch: int, seq: int) -> str | None:
        """Return the hash of a stored line."""
        lines = self.log.get(epoch, [])
        return lines[seq - 1].hash if 0 < seq <= len(lines) else None

    def backup(self) -> "National":
        """Return the database as it is now."""
        kept = copy(self)
        kept.log = {epoch: list(lines) for epoch, lines in self.log.items()}
        kept.parents, kept.known, kept.slots, kept.seats, kept.feed = (
            dict(self.parents),
            set(self.known),
            dict(self.slots),
            dict(self.seats),
            list(self.feed),
        )
        return kept

    @property
    def newest(self) -> int:
        """Return the newest epoch of which it has a line, 0 for none."""
        return max(self.log, default=0)

    @property
    def sells(self) -> bool:
        """Tell whether this incarnation knows enough to sell and grant."""
        return not self.is_new and self.owed is None

    def sell(self, slot: str, booking: str) -> None:
        """Sell one national right. Raises escrow.Spent."""
        self.slots[slot] = escrow.sell(self.slots[slot])
        self.seats[booking] = Seat(slot, Owner.NATIONAL, None)
        self._put_booking(booking)

    def cancel(self, booking: str) -> None:
        """Cancel a national booking; its right comes back once the centre cannot honour it any more."""
        self.seats[booking] = replace(self.seats[booking], confirmed=False)
        self.seats[booking] = replace(self.seats[booking], until=self._put_booking(booking))

    def hand_over(self, booking: str) -> None:
        """Give custody of a booking to the centre."""
        self.seats[booking] = replace(self.seats[booking], given=self._put_booking(booking, custody=Owner.EDGE))

    def ask(self, booking: str, slot: str | None) -> None:
        """Ask the centre, which has custody, to cancel a booking or to move it."""
        wish = {"booking": booking, "wish": "reschedule" if slot else "cancel", "slot": slot}
        self._put("booking_request", f"r{self.version}", wish)

    def recall(self, slot: str, wanted: int) -> None:
        """Wish for unsold rights."""
        self._put("slot_recall", slot, {"slot": slot, "wanted": wanted})

    def grant(self, slot: str, more: int) -> None:
        """Grant to the epoch that the centre is in. Raises escrow.Spent."""
        epoch = self.newest
        self.slots[slot] = escrow.grant(self.slots[slot], epoch, more)
        counters = {"epoch": epoch, "capacity": self.slots[slot].capacity, "granted": self.slots[slot].rights[epoch].granted}
        self._put("slot_grant", slot, {"slot": slot, "service": SERVICE, "start": instant(START_OF[slot]), "minutes": MINUTES, **counters})

    def _put_booking(self, booking: str, custody: str = Owner.NATIONAL) -> int:
        seat = self.seats[booking]
        about = {"booking": booking, "code": f"N{CODE[int(booking[-6:]) % 32]}{booking[-4:].replace('0', 'Z').replace('1', 'Y')}", "service": SERVICE}
        where = {"slot": seat.slot, "start": instant(START_OF[seat.slot]), "minutes": MINUTES, "person": booking, "lang": "ky"}
        return self._put("booking", booking, {**about, **where, "state": "confirmed" if seat.confirmed else "cancelled"}, custody)

    def _put(self, kind: str, key: str, payload: Mapping[str, object], custody: str = Owner.NATIONAL) -> int:
        self.version += 1
        pos = self.feed[-1].pos + 1 if self.feed else 1
        self.feed.append(Item(pos, c.TakeItem(kind, key, self.version, "put", payload, custody, utc_offset=OFFSET)))
        return pos

    def page(self, cursor: tuple[int, int], limit: int) -> Page:
        """Answer a pull; the cursor is the receipt for all before it. One of another incarnation begins again."""
        incarnation, after = cursor
        after = after if incarnation == self.incarnation else 0
        self._received(after)
        items = tuple(item for item in self.feed if item.pos > after)[:limit]
        return Page(self.incarnation, items, items[-1].pos if items else after)

    def _received(self, cursor: int) -> None:
        for booking, seat in list(self.seats.items()):
            if seat.right == Owner.NATIONAL and 0 < seat.until <= cursor:
                self._release(booking)
            elif 0 < seat.given <= cursor:
                self.seats[booking] = replace(seat, given=0, at_edge=True)

    def _release(self, booking: str) -> None:
        seat = self.seats[booking]
        self.slots[seat.slot] = escrow.release(self.slots[seat.slot])
        self.seats[booking] = replace(seat, confirmed=False, until=0)

    def hello(self, hello: Hello, *, lifted: bool) -> Answer:
        """Say what the centre is to this server. ``lifted``: an operator let a fenced box go on."""
        if self.is_new and hello.epoch:
            self.is_new, self.owed = False, hello.head
            self._settle_owed()
        stored = handshake.Stored(
            hash_at=self.hash_at,
            present=self.present,
            issued_to=self.issued_to,
            issued_for=self.issued_for,
            forked=self.forked,
            copied=self.copied,
            heads=self.heads,
        )
        told = handshake.decide(hello, stored)
        if told.action is Action.FENCED and lifted:
            told = handshake.readmitted(hello, stored)
        if told.action is Action.NEW_EPOCH:
            self.present, self.issued_to, self.issued_for, self.forked = told.epoch, hello.node, hello.epoch, None
        if told.action is Action.FAST_FORWARD:
            self.copied = self.heads[max(self.heads)]
        return told

    def behind(self, parent: Place) -> tuple[Line, ...]:
        """Return what is stored behind a line, the older epochs first."""
        return tuple(line for epoch in sorted(self.log) for line in self.log[epoch] if (epoch, line.seq) > (parent.epoch, parent.seq))

    def store(self, batch: Batch) -> str:
        """Store a push and apply it. Returns ok, or the word of a 409."""
        lines = self.log.get(batch.epoch, [])
        if batch.epoch < self.present:
            return "stale_epoch"
        if batch.lines[0].seq > len(lines) + 1 or (batch.lines[0].seq == 1 and not lines and not self._hangs(batch.lines[0])):
            return "gap"
        if any(lines[line.seq - 1].hash != line.hash for line in batch.lines if line.seq <= len(lines)):
            self.forked = batch.epoch
            return "fork"
        for line in batch.lines[max(0, len(lines) + 1 - batch.lines[0].seq) :]:
            self.log.setdefault(batch.epoch, []).append(line)
            self._count(line.fact)
        self.present = max(self.present, batch.epoch)
        self._settle_owed()
        return "ok"

    def _hangs(self, first: Line) -> bool:
        """Tell whether an epoch that begins with this line hangs on a line that is stored."""
        event = first.fact.event
        return (
            not isinstance(event, e.EpochStarted) or not event.parent_seq or self.hash_at(event.parent_epoch, event.parent_seq) == event.parent_hash
        )

    def _settle_owed(self) -> None:
        if self.owed and len(self.log.get(self.owed.epoch, ())) >= self.owed.seq:
            self.owed = None

    def _count(self, fact: e.Fact) -> None:
        """Apply an event once, whatever epoch brings it."""
        if fact.id in self.known:
            return
        self.known.add(fact.id)
        match fact.event:
            case e.EpochStarted(epoch=epoch, parent_epoch=parent, parent_seq=seq, parent_hash=told):
                self.parents[epoch] = Place(parent, seq, told)
            case e.SlotGranted(slot=slot, epoch=epoch, granted=many):
                self.slots[slot] = escrow.seen(self.slots[slot], epoch, granted=many)
            case e.SlotReturned(slot=slot, epoch=epoch, returned=many):
                self.slots[slot] = escrow.seen(self.slots[slot], epoch, returned=many)
            case e.BookingMade() as event:
                self._made(event)
            case e.BookingCancelled(booking=booking):
                self._cancelled(booking)
            case e.BookingRescheduled() as event:
                self._moved(event)
            case _:
                pass

    def _made(self, event: e.BookingMade) -> None:
        if event.booking in self.seats:
            return
        self.seats[event.booking] = Seat(event.slot, event.right, event.right_epoch)
        slot = self.slots[event.slot]
        self.slots[event.slot] = escrow.relearn(slot) if event.right_epoch is None else escrow.edge_sold(slot, event.right_epoch)

    def _cancelled(self, booking: str) -> None:
        seat = self.seats.get(booking)
        if seat is None or not (seat.confirmed or seat.until):
            return
        if seat.epoch is None:
            self._release(booking)
        else:
            self.slots[seat.slot] = escrow.edge_released(self.slots[seat.slot], seat.epoch)
            self.seats[booking] = replace(seat, confirmed=False)

    def _moved(self, event: e.BookingRescheduled) -> None:
        """The old right goes back to its owner, and the new one is spent whatever this side thought: it happened."""
        assert event.right_epoch is not None
        self._cancelled(event.booking)
        self.slots[event.slot] = escrow.edge_sold(self.slots[event.slot], event.right_epoch)
        self.seats[event.booking] = Seat(event.slot, Owner.EDGE, event.right_epoch)
