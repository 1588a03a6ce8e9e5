"""Two boxes that were one: both go on from the same hall, and the journal of the one is laid behind what the other wrote.

`python -m tests.queueing.two_boxes --pairs N --seed S` walks N pairs of random histories; a failure names its seed.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from edge.errors import BadRequest, ConfigError, Refused, Unknown
from edge.queueing import due
from edge.queueing import events as e
from edge.queueing.booking import earliest
from edge.queueing.decide import decide
from edge.queueing.evolve import Changed, evolve
from edge.queueing.hall import Hall, first_hold_end
from edge.queueing.ticket import AT_DESK
from tests.queueing.drive import History
from tests.queueing.wishes import Jump, Look, Restart, Tick, Trust

SHARED, EACH, AFTER = 400, 250, 150
STARTED = e.EpochStarted(epoch=2, parent_epoch=1, parent_seq=1, parent_hash="0" * 64, reason="fork", tail=0, tick=0)


class Box(History):
    """A history whose facts are kept; `part` lets it go its own way."""

    def __init__(self, seed: str) -> None:
        self.facts: list[e.Fact] = []
        super().__init__(seed, commit=lambda turn: self.facts.extend(turn.facts))

    def part(self, name: str) -> None:
        """From now on other things happen here, with ids of this box."""
        self._random.seed(f"{self._seed} {name}")
        self._seed = f"{self._seed} {name}"
        self.wishes._names = name


def pair(seed: str) -> tuple[list[e.Fact], list[e.Fact], Box]:
    """Return the facts of the box that spoke first, those that only the other one has, and that other one."""
    one, other = Box(seed), Box(seed)
    for box in (one, other):
        for _ in range(SHARED):
            box.step()
    shared = len(other.facts)
    assert one.facts == other.facts
    for box, name in ((one, "x"), (other, "y")):
        box.part(name)
        for _ in range(EACH):
            box.step()
    return one.facts, other.facts[shared:], other


def folded(first: list[e.Fact], second: list[e.Fact]) -> Iterator[tuple[Hall, tuple[Changed, ...]]]:
    """Fold the journal of both; yield the hall after each fact, and what it changed."""
    hall = Hall()
    started = e.Fact("started", datetime(2026, 3, 2, tzinfo=UTC), "ntp", "system", STARTED)
    for fact in (*first, started, *second):
        hall, changed = evolve(hall, fact)
        yield hall, changed


def faults(hall: Hall) -> Iterator[str]:
    """Say what does not hang together in a hall."""
    at_desk = {desk.ticket: desk.desk for desk in hall.desks.values() if desk.ticket}
    if len(at_desk) != sum(desk.ticket is not None for desk in hall.desks.values()):
        yield "one ticket is at two desks"
    if at_desk.keys() - hall.tickets.keys():
        yield f"desks have tickets that are not open: {at_desk.keys() - hall.tickets.keys()}"
    for ticket in hall.tickets.values():
        if at_desk.get(ticket.id) != (ticket.desk if ticket.state in AT_DESK else None):
            yield f"{ticket.number} is {ticket.state} at {ticket.desk}, but at desk {at_desk.get(ticket.id)}"
        if ticket.service not in hall.policy.services:
            yield f"{ticket.number} waits for {ticket.service}, which does not exist"
    if hall.hold_ends != first_hold_end(hall.tickets.values()):
        yield "the first end of a hold is not the first"
    if hall.next_booking != earliest(hall.bookings.values()):
        yield "the next booking is not the next"
    for ledger in hall.slots.values():
        if ledger.taken < 0:
            yield f"{ledger.slot} has {ledger.taken} seats taken"


def go_on(hall: Hall, box: Box, steps: int) -> Hall:
    """Let the box work on in the hall of both; whatever is refused is refused in a sentence."""
    box.clocks.ticks.not_before(hall.tick)
    for _ in range(steps):
        box.clocks.wait(box.wishes.pause(idle=False))
        wish = box.wishes.wish(hall, box.clocks)
        turn = box._turn(hall, max(box.clocks.tick, hall.tick))
        try:
            due.settle(turn, box.clocks.reading())
            if not isinstance(wish, Jump | Trust | Restart | Tick | Look):
                decide(turn, wish)
        except (BadRequest, Refused, Unknown, ConfigError):
            continue
        hall = turn.hall
        box.clocks.ticks.settled()
        if turn.facts:
            box.clocks.wrote(hall.tick, opened_day=any(isinstance(fact.event, e.DayOpened) for fact in turn.facts))
        assert not list(faults(hall)), list(faults(hall))
    return hall


def check(seed: str) -> int:
    """Walk one pair; return how many facts were laid behind the others. Raises AssertionError with the seed."""
    first, second, box = pair(seed)
    hall = Hall()
    try:
        for hall, _ in folded(first, second):
            assert not list(faults(hall)), list(faults(hall))
        assert hall.applied == len(first) + len(second)
        go_on(hall, box, AFTER)
    except Exception as error:
        raise AssertionError(f"seed {seed!r}: {type(error).__name__} {error}") from error
    return len(second)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", default=str(Random().randrange(10**9)))
    given = parser.parse_args()
    laid = 0
    for number in range(given.pairs):
        laid += check(f"{given.seed}:{number}")
        if number % 10 == 9:
            print(f"{number + 1} pairs, {laid} facts laid behind another box's, seed {given.seed}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
