"""A long random life of a bound centre: the feed repeats, comes late and contradicts itself; the hall books, moves, checks in and starts anew."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

from edge.errors import BadRequest, Refused, Unknown
from edge.operations import bookings
from edge.operations.clock import local
from edge.operations.epochs import Issued, begin_epoch
from edge.operations.national import Item, Scope, apply_items, bind, digest_of, swap
from edge.operations.verify import replay
from edge.queueing.booking import BookingState, Owner, slot_id
from edge.queueing.chain import Head
from edge.queueing.escrow import conserved
from edge.queueing.slots import rights_of
from edge.store import queries
from edge.store.loading import load_hall
from tests.operations.box import MORNING, Box
from tests.sampling import EVERYTHING

SEED, STEPS, CHECKED_EVERY = 20260302, 2000 if EVERYTHING else 250, 125
PERSONS = [f"person-{n}" for n in range(40)]


class Country:
    """A national server that does everything the contract lets it do, and repeats old pages."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.version = 0
        self.granted: Counter[tuple[str, int]] = Counter()
        self.told: list[Item] = []
        self.live: dict[tuple[str, str], Item] = {}

    def item(self, kind: str, key: str, payload: Any, *, op: str = "put", custody: str | None = None) -> Item:
        self.version += self.chance.randint(1, 3)
        made = Item(self.version, kind, key, self.version, op, payload, custody)
        self.told.append(made)
        self.live[kind, key] = made
        return made

    def page(self, box: Box) -> list[Item]:
        """Some new items, and some of before once more."""
        fresh = [self.something(box) for _ in range(self.chance.randint(0, 4))]
        return [*self.chance.sample(self.told, min(3, len(self.told))), *fresh]

    def something(self, box: Box) -> Item:
        slot, wish = slot_of(box, self.chance), self.chance.random()
        about = {"service": "address", "start": slot.partition("@")[2], "minutes": 15}
        if wish < 0.4:
            epoch = box.hall.epoch + self.chance.choice((0, 0, 0, 0, -1, 1))
            self.granted[slot, epoch] += self.chance.randint(0, 2)
            counts = {"epoch": epoch, "granted": self.granted[slot, epoch], "capacity": self.chance.randint(1, 9)}
            return self.item("slot_grant", slot, {"slot": slot, **about, **counts})
        if wish < 0.5:
            return self.item("slot_recall", slot, {"slot": slot, "wanted": self.chance.randint(0, 3)})
        name = f"n{self.chance.randint(1, 60)}"
        if wish < 0.75:
            custody, state = self.chance.choice(("national", "edge")), self.chance.choice(("confirmed", "confirmed", "confirmed", "cancelled"))
            more = {"booking": name, "code": f"N{name:A>5}".upper(), "slot": slot, "person": self.chance.choice(PERSONS), "lang": "ky"}
            return self.item("booking", name, {**about, **more, "state": state}, custody=custody)
        if wish < 0.85:
            known = [*box.hall.bookings, name]
            wanted = self.chance.choice((None, slot))
            payload = {"booking": self.chance.choice(known), "wish": "reschedule" if wanted else "cancel", "slot": wanted}
            return self.item("booking_request", f"r{self.version}", payload)
        kinds: tuple[tuple[str, str, Any], ...] = (
            ("service", "address", {"code": "address", "open": True, "mode": self.chance.choice(("mixed", "appointment-only", "nonsense"))}),
            ("calendar", "d", {"day": self.chance.choice(days(box)), "hours": [["06:00", "23:00"]], "closed": self.chance.random() < 0.2}),
            ("notice", "n", {"text": {"ru": "текст"}}),
            ("staff", "aida", {"login": "aida", "role": "operator", "active": self.chance.random() < 0.5}),
            ("weather", "w", {"wind": 7}),
            ("booking", name, "nonsense"),
        )
        kind, key, payload = self.chance.choice(kinds)
        gone = self.chance.random() < 0.2
        return self.item(kind, key, None if gone else payload, op="delete" if gone else "put")


def days(box: Box) -> list[str]:
    return [(local("Asia/Bishkek", box.clock.at) + timedelta(days=n)).date().isoformat() for n in range(3)]


def slot_of(box: Box, chance: random.Random) -> str:
    hour = (box.clock.at - MORNING) // timedelta(hours=1)
    return slot_id("address", MORNING + timedelta(hours=hour + chance.randint(-2, 26)))


def deed(box: Box, chance: random.Random) -> None:
    """Something that people do at the kiosk; much of it is refused."""
    codes = [each.code for each in box.hall.bookings.values()]
    wish, slot = chance.random(), slot_of(box, chance)
    free = [each["slot"] for day in days(box) for each in bookings.slots(box.ctx, "address", day)]
    slot = chance.choice([*free, *box.hall.slots]) if free and chance.random() < 0.9 else slot
    if wish < 0.6 or not codes:
        bookings.book(box.ctx, service="address", slot=slot, person=chance.choice(PERSONS), lang="ky", via="kiosk-1", actor="device:kiosk-1")
    elif wish < 0.75:
        bookings.cancel(box.ctx, chance.choice(codes), by="visitor", actor="device:kiosk-1")
    elif wish < 0.9:
        bookings.reschedule(box.ctx, chance.choice(codes), slot, actor="device:kiosk-1")
    else:
        bookings.check_in(box.ctx, chance.choice(codes), via="kiosk-1", actor="device:kiosk-1", expired=True, by_staff=True)


def test_no_right_is_spent_twice_and_the_journal_alone_gives_everything_back(box: Box) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    country, done = Country(chance), Counter[str]()
    bind(box.ctx)
    for step in range(1, STEPS + 1):
        wish = chance.random()
        if wish < 0.45:
            apply_items(box.ctx, country.page(box), f"c{step}")
        elif wish < 0.85:
            try:
                deed(box, chance)
                done["deeds"] += 1
            except (Refused, BadRequest, Unknown) as error:
                done[error.code] += 1
        elif wish < 0.95:
            box.pass_by(chance.choice((60, 1800, 7200)))
        elif wish < 0.97:
            box.restart()
        elif wish < 0.98:
            lines = queries.lines(box.database, box.hall.epoch, 0, 10_000)
            parent = chance.choice(lines[-40:])
            begin_epoch(box.ctx, Issued(box.hall.epoch + 1, Head(parent.epoch, parent.seq, parent.hash)), lambda _epoch, _after: ())
        else:
            live = [each for each in country.live.values() if each.op == "put"]
            swap(box.ctx, Scope.ALL, live, f"s{step}", digest_of((each.kind, each.key, each.version) for each in live))
        for ledger in box.hall.slots.values():
            assert all(conserved(rights) for epoch, rights in ledger.rights.items()), f"seed {SEED} step {step}: {ledger}"
        for each in box.hall.bookings.values():
            assert each.right is Owner.NATIONAL or each.slot not in box.hall.slots or rights_of(box.hall.slots[each.slot], each.right_epoch or 0).sold
        if step % CHECKED_EVERY == 0:
            assert box.verify().problems == [], f"seed {SEED} step {step}"
            assert load_hall(box.database.connection()) == box.hall == replay(queries.all_lines(box.database)), f"seed {SEED} step {step}"
    states = Counter(each.state for each in box.hall.bookings.values())
    assert done["deeds"] > 20, done
    assert done["rights_spent"] + done["slot_full"] > 0, done
    assert states[BookingState.CONFIRMED] > 3, states
    types = set(box.types())
    assert {"slot.granted", "slot.returned", "slot.settled", "booking.request_refused", "national.applied", "epoch.started"} <= types
