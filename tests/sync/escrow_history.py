"""Random histories of the escrow world, checked after every step: `bash tests/long.sh escrow --steps N --seed S [--resume FILE] [--jobs J]`.

A history is its seed: the same seed gives the same steps, so a failure names seed and step and can be walked again. Long runs are done in blocks of
short histories, each from a new centre, so that they can be stopped and gone on with.
"""

import argparse
import gc
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from multiprocessing import Pool
from pathlib import Path
from random import Random

from edge.errors import BadRequest, Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import escrow as own
from edge.queueing import events as e
from edge.queueing.booking import BookingState
from edge.sync.reference import escrow
from edge.sync.reference.handshake import Action
from edge.sync.reference.hello import Place
from tests.queueing.scene import OFFSET
from tests.sync.escrow_world import CAPACITY, SERVICE, SLOTS, Batch, Edge, National, Page, Truth, place

HISTORY = 250  # steps of one history
BLOCK = 20_000
KEPT = 3
REFUSALS = (BadRequest, Refused, Unknown)
WEIGHTS: dict[str, float] = {
    "edge_sells": 22,
    "edge_cancels": 4,
    "edge_moves": 4,
    "edge_returns": 1.5,
    "national_sells": 10,
    "national_cancels": 4,
    "national_hands_over": 4,
    "national_asks": 3,
    "national_grants": 12,
    "national_recalls": 1,
    "capacity_changes": 0.5,
    "pushes": 16,
    "push_comes_again": 2,
    "pulls": 18,
    "page_comes_again": 2,
    "says_hello": 10,
    "edge_is_backed_up": 0.7,
    "edge_is_restored": 0.5,
    "edge_dies": 0.3,
    "national_is_backed_up": 0.7,
    "national_is_restored": 0.5,
}


class Broken(AssertionError):
    """Something that must always hold did not."""


class World:
    """Both sides, the network between them, and what people hold. Every public method is a step that may happen at any time.

    ``careless``: guards of the protocol that are left out, to see that they are needed: of `CARELESS`.
    """

    def __init__(self, name: str = "world", careless: frozenset[str] = frozenset()) -> None:
        names = (f"{name}-{number:06d}" for number in count(1))
        self._names = names
        self.careless = careless
        self.edge = Edge(names).made()
        self.national = National()
        self.truth = Truth()
        self.disks: deque[Edge] = deque(maxlen=KEPT)
        self.tapes: deque[National] = deque(maxlen=KEPT)
        self.batches: deque[Batch] = deque(maxlen=8)
        self.pages: deque[Page] = deque(maxlen=8)
        self.top_version = 0
        self.counts: Counter[str] = Counter()

    # The centre

    def edge_sells(self, slot: int) -> None:
        """Book at the kiosk or the desk."""
        booking = next(self._names)
        self._at_edge(c.Book(booking, f"A{booking[-5:]}", SERVICE, SLOTS[slot], booking, "ky", "kiosk-1", OFFSET), "edge sale")
        if booking in self.edge.hall.bookings:
            self.truth.seats[booking] = SLOTS[slot]
            self._check_right(booking)

    def edge_moves(self, number: int, slot: int) -> None:
        """Move somebody's booking, of whichever side."""
        booking = self._booking(number)
        before = self.edge.hall.bookings[booking].slot if booking else ""
        if booking and before != SLOTS[slot] and self._at_edge(c.Reschedule(booking, SLOTS[slot], OFFSET), "edge move"):
            self.truth.seats[booking] = SLOTS[slot]
            self._check_right(booking)

    def edge_cancels(self, number: int) -> None:
        """Cancel somebody's booking, of whichever side."""
        booking = self._booking(number)
        if booking and self._at_edge(c.CancelBooking(booking, "visitor"), "edge cancel"):
            self.truth.seats.pop(booking, None)

    def edge_returns(self, keep: int) -> None:
        """Give unsold rights back, as before the day."""
        if not self.edge.is_rebuilding:
            before = len(self.edge.log[self.edge.epoch])
            self.edge.do(c.ReturnRights(SLOTS, keep))
            self.counts["return"] += len(self.edge.log[self.edge.epoch]) - before

    def _at_edge(self, command: c.Command, what: str) -> bool:
        if not self.edge.hall.policy.services or self.edge.is_rebuilding:
            return False
        try:
            self.edge.do(command)
        except REFUSALS:
            self.counts[f"{what} refused"] += 1
            return False
        self.counts[what] += 1
        return True

    def _booking(self, number: int) -> str | None:
        known = [each.id for each in self.edge.hall.bookings.values() if each.state is BookingState.CONFIRMED]
        return known[number % len(known)] if known else None

    def _check_right(self, booking: str) -> None:
        """A right of another epoch is never spent, and no more of the present one than there were."""
        made = self.edge.hall.bookings.get(booking)  # one page may move a booking and cancel it
        if made is not None and not self.careless:
            self._expect(made.right_epoch == self.edge.epoch, f"booking {booking} spent a right of epoch {made.right_epoch} in {self.edge.epoch}")
            self._expect(self.edge.left(made.slot) >= 0, f"slot {made.slot} has {self.edge.left(made.slot)} own rights")

    # The national side

    def national_sells(self, slot: int) -> None:
        """Book at the portal."""
        if not (self.national.sells or "owed" in self.careless):
            self.counts["national sale refused"] += 1
            return
        booking = f"N{next(self._names)}"
        try:
            self.national.sell(SLOTS[slot], booking)
        except escrow.Spent:
            self.counts["national sale refused"] += 1
            return
        self.truth.seats[booking] = SLOTS[slot]
        self.counts["national sale"] += 1

    def national_cancels(self, number: int) -> None:
        """Cancel at the portal."""
        booking = self._of_portal(number, at_edge=False)
        if booking:
            self.national.cancel(booking)
            self.truth.seats.pop(booking, None)
            self.counts["national cancel"] += 1

    def national_hands_over(self, number: int) -> None:
        """Give a booking into the centre's custody, as on the evening before."""
        booking = self._of_portal(number, at_edge=False)
        if booking:
            self.national.hand_over(booking)
            self.counts["handover"] += 1

    def national_asks(self, number: int, slot: int | None) -> None:
        """Ask the centre to cancel or move what it has in custody."""
        booking = self._of_portal(number, at_edge=True)
        if booking:
            self.national.ask(booking, None if slot is None else SLOTS[slot])
            self.counts["request"] += 1

    def _of_portal(self, number: int, *, at_edge: bool) -> str | None:
        found = [booking for booking, seat in self.national.seats.items() if seat.confirmed and seat.epoch is None and seat.at_edge == at_edge]
        return found[number % len(found)] if found and self.national.sells else None

    def national_recalls(self, slot: int) -> None:
        """Wish for rights back."""
        if self.national.sells:
            self.national.recall(SLOTS[slot], 2)

    def national_grants(self, slot: int, more: int) -> None:
        """Grant rights to the centre's epoch."""
        if not (self.national.newest and (self.national.sells or "owed" in self.careless)):
            return
        try:
            self.national.grant(SLOTS[slot], more)
        except escrow.Spent:
            return
        self.counts["grant"] += 1

    def national_reclaims(self, slot: int) -> None:
        """Take rights back from a centre that is silent, without its return: forbidden, here to show why."""
        state = self.national.slots[SLOTS[slot]]
        for epoch, rights in state.rights.items():
            self.national.slots[SLOTS[slot]] = escrow.seen(state, epoch, returned=rights.granted - (rights.sold - rights.released))

    def capacity_changes(self, slot: int, to: int) -> None:
        """Decide on more or fewer seats."""
        self.national.slots[SLOTS[slot]] = replace(self.national.slots[SLOTS[slot]], capacity=to)
        self.truth.most[SLOTS[slot]] = max(self.truth.most[SLOTS[slot]], to)

    # What lies between

    def pushes(self, size: int, *, arrives: bool, answered: bool) -> None:
        """Send the next lines; the request or its answer may be lost."""
        batch = self.edge.batch(size)
        if batch is None or self.edge.is_fenced or self.edge.is_rebuilding:
            return
        self.batches.append(batch)
        if not arrives:
            return
        word = self.national.store(batch)
        if not answered:
            return
        self.counts[f"push {word}"] += 1
        if word == "ok":
            last = batch.lines[-1]
            self.edge.acked = Place(last.epoch, last.seq, last.hash)

    def push_comes_again(self, number: int) -> None:
        """A proxy delivers an old request once more."""
        if self.batches:
            self.national.store(self.batches[number % len(self.batches)])

    def pulls(self, limit: int, *, answered: bool) -> None:
        """Ask for what is new; the answer may be lost."""
        if self.edge.is_rebuilding:
            return
        page = self.national.page(self.edge.cursor, limit)
        self.pages.append(page)
        if answered:
            self._take(page)

    def page_comes_again(self, number: int) -> None:
        """An old answer arrives late."""
        if self.pages and not self.edge.is_rebuilding:
            before = self.edge.cursor
            self._take(self.pages[number % len(self.pages)])
            self.edge.cursor = before  # an answer without a question moves no cursor

    def _take(self, page: Page) -> None:
        """Apply a page; what the centre did on the portal's wish changes what people hold."""
        before = len(self.edge.log[self.edge.epoch])
        self.edge.take(page)
        for line in self.edge.log[self.edge.epoch][before:]:
            match line.fact.event:
                case e.BookingCancelled(booking=booking):
                    self.truth.seats.pop(booking, None)
                case e.BookingRescheduled(booking=booking, slot=slot):
                    self.truth.seats[booking] = slot
                    self.counts["move on request"] += 1
                    self._check_right(booking)
                case e.BookingRequestRefused():
                    self.counts["request refused"] += 1
                case _:
                    pass

    def says_hello(self, *, answered: bool, lifted: bool = False) -> None:
        """The handshake, whole or without its answer."""
        told = self.national.hello(self.edge.hello(), lifted=lifted)
        if not answered:
            return
        self.counts[told.action] += 1
        edge, national = self.edge, self.national
        edge.incarnation = national.incarnation
        match told.action:
            case Action.FENCED:
                edge.is_fenced = True
                edge.close()
            case Action.FAST_FORWARD:
                edge.copy_lines(national.behind(edge.head), national.parents)
                edge.is_copy = edge.is_rebuilding = True
            case Action.NEW_EPOCH:
                assert told.parent is not None
                edge.begin(told, national.behind(told.parent), national.parents)
                self.tapes.clear()  # a server set back to before it gave a centre its new epoch: two failures at once, see docs/sync.md
            case Action.PUSH_FROM:
                assert told.from_seq is not None
                edge.acked, edge.is_fenced = place(edge.log, told.epoch, told.from_seq - 1), False
            case _:
                edge.acked, edge.is_fenced = national.heads.get(edge.epoch), False

    # What goes wrong

    def edge_is_backed_up(self) -> None:
        """Make a backup."""
        if not self.edge.is_rebuilding:
            self.disks.append(self.edge.backup())

    def edge_is_restored(self, number: int) -> None:
        """Go back to a backup. The box knows that it is one."""
        if not self.disks or not self.national.sells:
            return
        self.edge = self.disks[number % len(self.disks)].backup()
        self.tapes.clear()
        self.counts["edge restored"] += 1
        if "restored" in self.careless:
            return
        self.edge.is_copy = True
        self.edge.close()

    def edge_dies(self) -> None:
        """Lose the disk; what is left is the key."""
        if not self.national.newest or not self.national.sells:
            return
        self.edge = Edge(self._names)
        self.edge.epoch, self.edge.is_rebuilding = 0, True
        self.disks.clear()
        self.tapes.clear()
        self.counts["edge died"] += 1

    def national_is_backed_up(self) -> None:
        """Make a backup of the server."""
        if self.national.sells:
            self.tapes.append(self.national.backup())

    def national_is_restored(self, number: int) -> None:
        """Rewind the server. Not while the centre itself is a restored or dead one."""
        if not self.tapes or not self.national.sells or self.edge.is_copy or self.edge.is_fenced or self.edge.is_rebuilding:
            return
        self.top_version = max(self.top_version, self.national.version) + 1
        incarnation = self.national.incarnation + 1
        self.national = self.tapes[number % len(self.tapes)].backup()
        self.national.incarnation, self.national.version, self.national.is_new, self.national.owed = incarnation, self.top_version, True, None
        self.tapes.clear()
        self.counts["national restored"] += 1
        known = self.national.seats.keys() | self.edge.hall.bookings.keys()
        lost = [booking for booking in self.truth.seats if booking.startswith("N") and booking not in known]
        for booking in lost:
            del self.truth.seats[booking]
        self.truth.unknown += len(lost)

    # What must hold

    def check(self) -> None:
        """After every step: nothing is oversold."""
        for fault in self.truth.oversold():
            raise Broken(fault)

    def settle(self) -> None:
        """Let everything through until both sides say the same, and compare."""
        for _ in range(40):
            self.says_hello(answered=True, lifted=True)
            for _ in self.edge.log:
                self.pushes(10_000, arrives=True, answered=True)
            if self._is_still():
                break
        self._expect(self._is_still(), f"the two sides do not come together: {dict(self.counts)}")
        for _ in range(3):
            self.pulls(10_000, answered=True)
            self.pushes(1000, arrives=True, answered=True)
        self.check()
        self._compare()

    def _is_still(self) -> bool:
        edge = self.edge
        return not (edge.is_copy or edge.is_fenced or edge.is_rebuilding) and self.edge.batch(1) is None

    def _compare(self) -> None:
        mine = {epoch: [line.hash for line in lines] for epoch, lines in self.edge.log.items() if lines}
        theirs = {epoch: [line.hash for line in lines] for epoch, lines in self.national.log.items() if lines}
        self._expect(mine == theirs, "the server's log is not the centre's")
        for slot in SLOTS:
            ledger, state = self.edge.hall.slots.get(slot), self.national.slots[slot]
            for epoch, rights in state.rights.items():
                kept = ledger.rights.get(epoch, own.Rights()) if ledger else own.Rights()
                said = f"slot {slot} epoch {epoch}: {kept}, the server {rights}"
                if epoch == self.edge.epoch:
                    self._expect((kept.granted, kept.returned, kept.sold, kept.released) == _counted(rights), said)
                # of an older epoch the server may hold more for sold: what was said again and no longer fitted changed nothing at the centre
                self._expect(rights.sold - rights.released >= kept.sold - kept.released and rights.returned <= kept.returned, said)

    def _expect(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 -- reads as a sentence
        if not holds:
            raise Broken(otherwise)


class History:
    """Steps drawn from a seed."""

    def __init__(self, seed: str, careless: frozenset[str] = frozenset()) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.world = World(seed, careless)
        self.names = [*WEIGHTS, *(["national_reclaims"] if "reclaims" in careless else [])]
        self.weights = [WEIGHTS.get(name, 2) for name in self.names]
        self.steps = 0
        self.recent: deque[str] = deque(maxlen=12)

    def run(self, steps: int) -> None:
        """Take the steps, then let both sides come together. Raises Broken with the way to get there again."""
        try:
            for _ in range(steps):
                self.step()
            if not self.world.careless:
                self.world.settle()
        except Broken as error:
            recent = "\n  ".join(self.recent)
            raise Broken(f"seed {self.seed!r} step {self.steps}: {error}\nlast steps:\n  {recent}") from error

    def step(self) -> None:
        """Take one step and check what must hold."""
        self.steps += 1
        name = self.random.choices(self.names, self.weights)[0]
        arguments = DRAWN[name](self.random) if name in DRAWN else {}
        self.recent.append(f"{name} {arguments}")
        getattr(self.world, name)(**arguments)
        self.world.check()


def _counted(rights: escrow.Rights) -> tuple[int, int, int, int]:
    return rights.granted, rights.returned, rights.sold, rights.released


def _slot(random: Random) -> dict[str, int]:
    return {"slot": random.randrange(len(SLOTS))}


def _number(random: Random) -> dict[str, int]:
    return {"number": random.randrange(8)}


def _likely(random: Random) -> bool:
    return random.random() < 0.7


DRAWN: dict[str, Callable[[Random], dict[str, object]]] = {
    "edge_sells": lambda random: dict(_slot(random)),
    "edge_cancels": lambda random: dict(_number(random)),
    "edge_moves": lambda random: {**_number(random), **_slot(random)},
    "edge_returns": lambda random: {"keep": random.randint(0, 2)},
    "national_sells": lambda random: dict(_slot(random)),
    "national_cancels": lambda random: dict(_number(random)),
    "national_hands_over": lambda random: dict(_number(random)),
    "national_asks": lambda random: {**_number(random), "slot": random.choice((None, 0, 1, 2))},
    "national_recalls": lambda random: dict(_slot(random)),
    "national_grants": lambda random: {**_slot(random), "more": random.randint(1, 3)},
    "national_reclaims": lambda random: dict(_slot(random)),
    "capacity_changes": lambda random: {**_slot(random), "to": random.randint(2, CAPACITY + 2)},
    "pushes": lambda random: {"size": random.choice((1, 3, 20)), "arrives": _likely(random), "answered": _likely(random)},
    "push_comes_again": lambda random: dict(_number(random)),
    "pulls": lambda random: {"limit": random.choice((1, 3, 100)), "answered": _likely(random)},
    "page_comes_again": lambda random: dict(_number(random)),
    "says_hello": lambda random: {"answered": _likely(random), "lifted": random.random() < 0.3},
    "edge_is_restored": lambda random: dict(_number(random)),
    "national_is_restored": lambda random: dict(_number(random)),
}


def block(named: tuple[str, int, int]) -> tuple[int, int, dict[str, int]]:
    """Run one block of histories. Returns its number, its steps, and what was done."""
    seed, number, steps = named
    counts: Counter[str] = Counter()
    done = 0
    while done < steps:
        history = History(f"{seed}:{number}:{done}")
        history.run(min(HISTORY, steps - done))
        done += history.steps
        counts += history.world.counts
    gc.collect()
    return number, done, dict(counts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10_000_000)
    parser.add_argument("--seed", default=str(time.time_ns() % 10**9))
    parser.add_argument("--resume", type=Path, help="keep the progress here, and go on from it")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    state = {"seed": given.seed, "done": [], "steps": 0, "counts": {}, "seconds": 0.0}
    if given.resume and given.resume.exists():
        state = json.loads(given.resume.read_text())
    todo = [(state["seed"], number, min(BLOCK, given.steps - number * BLOCK)) for number in range(-(-given.steps // BLOCK))]
    todo = [named for named in todo if named[1] not in set(state["done"])]
    print(f"seed {state['seed']}, {state['steps']} steps done before, {sum(steps for _, _, steps in todo)} to do", flush=True)
    counts, began, before = Counter(state["counts"]), time.monotonic(), state["seconds"]
    gc.disable()  # once a block is enough: an eighth of the time
    with Pool(given.jobs) as pool:
        for number, steps, done in pool.imap_unordered(block, todo) if given.jobs > 1 else map(block, todo):
            counts.update(done)
            state["done"].append(number)
            state |= {"steps": state["steps"] + steps, "counts": counts, "seconds": before + time.monotonic() - began}
            if given.resume:
                fresh = given.resume.with_suffix(".new")
                fresh.write_text(json.dumps(state))
                fresh.replace(given.resume)
    for name, many in sorted(counts.items()):
        print(f"{many:>10} {name}")
    print(f"{state['steps']} steps in {state['seconds']:.0f} s, {state['steps'] / max(state['seconds'], 0.001):.0f} steps/s: nothing was oversold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
