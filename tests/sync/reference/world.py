"""A centre and the national server under chance: a link that comes and goes, both sides booking, moving, cancelling and checking in.

The centre here is a model of the contract, not the edge's code. After every step nobody can be standing before a seat that is not there: each slot's
bookings that anyone would still honour, on either side, are never more than its seats. `tests/long.sh national` lives a thousand of them.
"""

import contextlib
import json
import random
import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from edge.queueing.chain import instant
from edge.sync.reference import batch, centres, database, domain, inbox, persons, shop
from edge.sync.reference.books import Booking, Ledger
from edge.sync.reference.models import Centre as Row
from edge.sync.reference.refusals import Refusal
from edge.sync.reference.slots import read
from tests.sync.reference.box import Box
from tests.sync.reference.town import NOON, SETTINGS

SEATS = 3
PEOPLE = 12


@dataclass
class Known:
    """A booking as the centre knows it."""

    slot: str
    person: str
    right: str
    state: str = "confirmed"
    custody: str = "national"


@dataclass
class World:
    """Both sides. ``granted``, ``returned``, ``used``: the centre's counters by slot; ``used`` is sold less released."""

    chance: random.Random
    box: Box
    now: datetime = NOON
    granted: dict[str, int] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    bookings: dict[str, Known] = field(default_factory=dict)
    cursor: str = ""
    sent: int = 0
    is_linked: bool = True

    @property
    def slots(self) -> list[str]:
        return [f"passport@{instant(NOON + timedelta(hours=hours))}" for hours in (22, 23, 24)]

    def left(self, slot: str) -> int:
        return self.granted.get(slot, 0) - self.returned.get(slot, 0) - self.used.get(slot, 0)

    def step(self) -> None:
        acts = [
            self.link,
            self.link,
            self.pass_time,
            self.book,
            self.book,
            self.ask,
            self.sell,
            self.cancel,
            self.move,
            self.check_in,
            self.push,
            self.pull,
        ]
        self.chance.choice(acts)()

    def link(self) -> None:
        self.is_linked = self.chance.random() < 0.5

    def pass_time(self) -> None:
        if self.now < NOON + timedelta(hours=9):
            self.now += timedelta(minutes=self.chance.randint(1, 40))
        if self.is_linked:
            self.pull()

    # the national side
    def book(self) -> None:
        person = f"AN {self.chance.randrange(PEOPLE):07}"
        self._portal(lambda: shop.book(self.box.centre, shop.Order("passport", self.chance.choice(self.slots), person, "ky", self._id()), self.now))

    def ask(self) -> None:
        row = self.chance.choice(list(Booking.select().where(Booking.centre == self.box.centre)) or [None])
        if row is None:
            return
        person = next((f"AN {n:07}" for n in range(PEOPLE) if self._mark(n) == row.person), None)
        if person is None:
            return
        claim = shop.Claim(row.code, person)
        if self.chance.random() < 0.5:
            self._portal(lambda: shop.cancel(self.box.centre, claim, self.now))
        else:
            self._portal(lambda: shop.move(self.box.centre, claim, self.chance.choice(self.slots), self.now))

    # the centre
    def sell(self) -> None:
        slot, person = self.chance.choice(self.slots), self._mark(self.chance.randrange(PEOPLE))
        if self.left(slot) > 0 and not any(each.person == person and each.state == "confirmed" for each in self.bookings.values()):
            booking = self._id()
            self.bookings[booking] = Known(slot, person, "edge", custody="edge")
            self._use(slot, 1)
            self._made(booking, "A" + booking[:5].upper())

    def cancel(self) -> None:
        found = self._any()
        if found:
            self._let_go(found)
            self.bookings[found].state = "cancelled"
            self.say("booking.cancelled", booking=found, by="staff")

    def move(self) -> None:
        found, slot = self._any(), self.chance.choice(self.slots)
        if found and self.left(slot) > 0 and self.bookings[found].slot != slot:
            self._moved(found, slot)

    def check_in(self) -> None:
        found = self._any()
        if found and self.chance.random() < 0.5:
            self.bookings[found].state = "checked-in"
            self.say("booking.checked_in", booking=found, ticket=self._id())

    def push(self) -> None:
        lines = self.box.lines[self.sent :][: self.chance.randint(1, 20)]
        if self.is_linked and lines:
            claim = batch.Claim(self.box.centre, self.box.node, 1, lines[0].seq, lines[-1].seq, lines[0].prev_hash, lines[-1].hash)
            inbox.store(batch.Batch(claim, tuple(lines), tuple(json.dumps(_told(line)) for line in lines)), self.now)
            domain.apply(self.box.centre, self.now)
            if self.chance.random() < 0.8:  # else the answer was lost
                self.sent = lines[-1].seq

    def pull(self) -> None:
        if not self.is_linked:
            return
        with database.of_centre(self.box.centre) as row:
            row.seen_ms = int(self.now.timestamp() * 1000)
            if self.cursor:
                row.receipt_pos = max(row.receipt_pos, int(self.cursor.rpartition(".")[2]))
        domain.keep_up(self.box.centre, self.now)
        page = domain.page(self.box.centre, self.cursor, self.chance.randint(1, 60))
        if self.chance.random() < 0.8:  # else the answer was lost
            for item in page["items"]:
                self._take(item)
            self.cursor = page["cursor"]

    def say(self, type_: str, **payload: Any) -> None:
        self.box.write(type=type_, payload=json.dumps(payload))

    def settle(self) -> None:
        """Restore the link and let both sides say all that they have to say, a hello among it."""
        self.is_linked = True
        for again in range(2):
            quiet = 0
            while quiet < 3:  # an answer that was lost is asked for again
                before = (self.cursor, self.sent)
                self.push()
                self.now += timedelta(seconds=6)
                self.pull()
                quiet = quiet + 1 if before == (self.cursor, self.sent) and self.sent == len(self.box.lines) else 0
            if not again:
                domain.greeted(self.box.centre, self.box.node, 1, self.box.head.seq)

    def check(self) -> None:
        """Nobody stands before a seat that is not there."""
        here = {each.booking: each for each in Booking.select().where(Booking.centre == self.box.centre)}
        for slot in self.slots:
            there = {booking for booking, known in self.bookings.items() if known.slot == slot and known.state != "cancelled"}
            promised = {booking for booking, row in here.items() if row.slot == slot and row.state == "confirmed"}
            promised -= {booking for booking in promised if booking in self.bookings and self.bookings[booking].state == "cancelled"}
            promised -= {booking for booking in promised if booking in self.bookings and self.bookings[booking].right == "edge"}
            promised -= {booking for booking in promised if booking in self.bookings and self.bookings[booking].state == "checked-in"}
            assert len(there | promised) <= SEATS, f"{slot}: {len(there)} at the centre, {len(promised)} promised here"
            assert self.left(slot) >= 0, slot

    def check_settled(self) -> None:
        """Both sides say the same, and no seat is lost."""
        here = {each.booking: each for each in Booking.select().where(Booking.centre == self.box.centre)}
        for booking, known in self.bookings.items():
            assert (here[booking].slot if known.state != "cancelled" else known.slot, here[booking].state) == (known.slot, known.state), booking
        for slot in self.slots:
            counters = read(Ledger.get(Ledger.centre == self.box.centre, Ledger.slot == slot))
            taken = sum(1 for each in here.values() if each.slot == slot and each.state in ("confirmed", "checked-in"))
            assert counters.taken == taken, f"{slot}: {counters}, {taken} bookings"
            assert counters.left + self.left(slot) == SEATS - taken, f"{slot}: {counters}, {self.left(slot)} at the centre, {taken} bookings"

    def _take(self, item: dict[str, Any]) -> None:
        said = item["payload"] or {}
        match item["kind"], item["op"]:
            case "slot_grant", "put":
                self.granted[said["slot"]] = max(self.granted.get(said["slot"], 0), said["granted"])
                self.say("slot.granted", slot=said["slot"], epoch=said["epoch"], granted=said["granted"])
            case "slot_recall", "put" if self.left(said["slot"]) > 0:
                self.returned[said["slot"]] = self.returned.get(said["slot"], 0) + 1
                self.say("slot.returned", slot=said["slot"], epoch=1, returned=self.returned[said["slot"]])
            case "booking", "put":
                self._take_booking(item["key"], said, item["custody"])
            case "booking_request", "put":
                self._take_request(item["key"], said)
            case _:
                pass

    def _take_booking(self, booking: str, said: dict[str, Any], custody: str) -> None:
        known = self.bookings.get(booking)
        if known is None:
            if said["state"] == "confirmed":
                self.bookings[booking] = Known(said["slot"], said["person"], "national", custody=custody)
                self._made(booking, said["code"])
            return
        if known.state != "confirmed" or known.right == "edge":
            return
        known.custody = custody
        if said["state"] == "cancelled":
            known.state = "cancelled"
            self.say("booking.cancelled", booking=booking, by="national")
        elif said["slot"] != known.slot:
            self._reschedule(booking, said["slot"], "national")

    def _take_request(self, request: str, said: dict[str, Any]) -> None:
        known = self.bookings.get(said["booking"])
        if known is None or known.state != "confirmed":
            why = "checked_in" if known is not None and known.state == "checked-in" else "unknown"
        elif said["wish"] == "cancel":
            self._let_go(said["booking"])
            known.state = "cancelled"
            self.say("booking.cancelled", booking=said["booking"], by="national")
            return
        elif self.left(said["slot"]) > 0 and known.slot != said["slot"]:
            self._moved(said["booking"], said["slot"])
            return
        else:
            why = "no_right"
        self.say("booking.request_refused", booking=said["booking"], request=request, why=why)

    def _any(self) -> str | None:
        found = [booking for booking, known in self.bookings.items() if known.state == "confirmed"]
        return self.chance.choice(found) if found else None

    def _moved(self, booking: str, slot: str) -> None:
        self._let_go(booking)
        self._use(slot, 1)
        self._reschedule(booking, slot, "edge")
        self.bookings[booking].right, self.bookings[booking].custody = "edge", "edge"

    def _reschedule(self, booking: str, slot: str, right: str) -> None:
        known = self.bookings[booking]
        before, known.slot = known.slot, slot
        epoch = 1 if right == "edge" else None
        start = slot.split("@")[1]
        self.say("booking.rescheduled", booking=booking, slot=slot, start=start, minutes=60, right=right, right_epoch=epoch, **{"from": before})

    def _made(self, booking: str, code: str) -> None:
        known = self.bookings[booking]
        service, start = known.slot.split("@")
        where = {"booking": booking, "code": code, "slot": known.slot, "service": service, "start": start, "minutes": 60}
        self.say("booking.made", **where, person=known.person, lang="ky", right=known.right, right_epoch=1 if known.right == "edge" else None)

    def _let_go(self, booking: str) -> None:
        known = self.bookings[booking]
        if known.right == "edge":
            self._use(known.slot, -1)

    def _use(self, slot: str, by: int) -> None:
        self.used[slot] = self.used.get(slot, 0) + by

    def _id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def _mark(self, number: int) -> str:
        return persons.mark(Row.get_by_id(self.box.centre).person_key, f"AN {number:07}")

    def _portal(self, call: Any) -> None:
        with contextlib.suppress(Refusal):
            call()


def run(seed: int, steps: int) -> World:
    """Live ``steps`` steps of a new centre in the open database, then restore the link; raises AssertionError."""
    name = f"w{uuid.uuid4().hex[:12]}"
    given = centres.enrol(name, NOON)
    world = World(random.Random(seed), Box("", given.token, name))
    services = [{**SETTINGS["services"][0], "slot_seats": SEATS}]
    for key, value in {**SETTINGS, "services": services}.items():
        world.say("setting.changed", key=key, value=value)
    with database.of_centre(name) as row:
        centres.bind(row, world.box.node, world.box.public_key, NOON)
        row.hello = json.dumps({"epoch": 1, "head": 4})
        row.seen_ms = int(NOON.timestamp() * 1000)
    for _ in range(steps):
        world.step()
        world.check()
    world.settle()
    world.check()
    world.check_settled()
    return world


def _told(line: Any) -> dict[str, Any]:
    return {name: getattr(line, name) for name in type(line).__dataclass_fields__}


def main(first: int = 0, last: int = 1_000, steps: int = 150) -> None:
    """Live one world for each seed; each prints itself when it goes wrong."""
    with tempfile.TemporaryDirectory() as folder:
        database.open_database(Path(folder) / "national.db")
        for seed in range(first, last):
            try:
                run(seed, steps)
            except AssertionError:
                print(f"seed {seed}")
                raise
            if seed % 50 == 49:
                print(f"seeds {first} to {seed}: held", flush=True)
        database.close_database()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
