"""Random histories of a hall, checked after every step: `python -m tests.queueing.drive --steps N --seed S [--resume FILE] [--jobs J]`.

A history is its seed: the same seed gives the same commands, so a failure names seed and step and can be walked again. Steps are done in blocks,
each from an empty hall, so that a long run can be stopped and gone on with.
"""

import argparse
import gc
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import Pool
from pathlib import Path
from random import Random

from edge.errors import BadRequest, ConfigError, Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import due, roster
from edge.queueing import events as e
from edge.queueing.decide import Outcome, Result, Stamp, Turn, decide
from edge.queueing.desk import Key
from edge.queueing.evolve import evolve
from edge.queueing.hall import Hall
from edge.queueing.paper import VIA
from edge.queueing.promising import raise_outlived
from edge.queueing.ticket import TicketState
from tests.queueing import centre
from tests.queueing.book import Book
from tests.queueing.bound import Bound
from tests.queueing.clocks import Clocks
from tests.queueing.wishes import Jump, Known, Look, Restart, Tick, Trust, Wish, Wishes

BLOCK = 20_000
AT_DESK = (TicketState.CALLED, TicketState.SERVING)


class Broken(AssertionError):
    """Something that must always hold did not."""


class History:
    """One history. ``commit`` gets every turn that wrote something; ``calls`` is who was called, where, why and with which scores.

    ``jumps``: whether the wall clock is ever set. ``timeless``: nothing is asked that the wall clock has a say in.
    """

    def __init__(self, seed: str, *, jumps: bool = True, timeless: bool = False, commit: Callable[[Turn], None] | None = None) -> None:
        self.hall = Hall()
        self.clocks = Clocks()
        self.counts: Counter[str] = Counter()
        self.clock_steps = self.days = self.restarts = 0
        self.calls: list[tuple[object, ...]] = []
        self.book = Book()
        self.bound = Bound(self.book)
        self._seed = seed
        self._random = Random(seed)
        self.known = Known()
        self.wishes = Wishes(self._random, self.known, timeless=timeless)
        self._jumps = jumps
        self._commit = commit
        self._replayed = Hall()
        self._events = 0
        self._steps = 0
        self._idle = False
        self._recent: deque[Wish] = deque(maxlen=8)
        self._run(c.ChangeSettings({**centre.settings(), "services": centre.VARIANTS["services"][0]}))
        self._run(Tick())
        for desk in self.hall.desks:
            self._run(c.Open(desk))

    def run(self, steps: int) -> None:
        """Take ``steps`` steps and check the end. Raises Broken with the way to get there again."""
        for _ in range(steps):
            self.step()
        self.check_whole()

    def step(self) -> None:
        """Let time pass, ask one thing of the hall, and check what must hold."""
        if self._steps % 8 == 0:
            self._idle = roster.why_closed(self.hall, self.clocks.tick) is not None
        self.clocks.wait(self.wishes.pause(idle=self._idle))
        self.take(self.wishes.wish(self.hall, self.clocks))

    def take(self, wish: Wish) -> None:
        """Let this happen, and check what must hold."""
        self._steps += 1
        match wish:
            case Jump(skew):
                if self._jumps:
                    self.clocks.jump(skew)
                wish = Tick()
            case Trust(synced):
                self.clocks.machine.synced = synced
                wish = Tick()
            case Restart(off_s):
                self.restarts += 1
                self.clocks.restart(off_s)
                self._expect(self.clocks.tick >= self.hall.tick, f"a restart went back from tick {self.hall.tick} to {self.clocks.tick}")
                wish = Tick()
            case _:
                pass
        self._run(wish)
        if self._steps % 100 == 0:
            self.check_whole()

    def _run(self, wish: Wish) -> None:
        """Settle what is due and do what is asked, in one decision as a box does; a refusal leaves nothing of either."""
        name = type(wish).__name__
        self._recent.append(wish)
        turn = self._turn(self.hall, self.clocks.tick)
        due.settle(turn, self.clocks.reading())
        before, settled = turn.hall, len(turn.facts)
        outcome = Outcome(Result.OK)
        if isinstance(wish, Look):
            raise_outlived(turn)
        elif not isinstance(wish, Jump | Trust | Restart | Tick):
            try:
                outcome = decide(turn, wish)
            except (BadRequest, Refused, Unknown, ConfigError) as error:
                self.counts[f"{name} refused"] += 1
                self._expect(len(turn.facts) == settled, f"refused with facts: {error}")
                return
        self.counts[name] += 1
        self._keep(turn)
        self._check_turn(turn, outcome)
        if isinstance(wish, Tick):
            self._check_due(turn)
        elif isinstance(wish, c.CallNext | c.Press):
            self._check_nobody(wish, outcome, turn)
        if isinstance(wish, c.DeskCommand) and not isinstance(wish, c.Undo) and self._random.random() < 0.12:
            self._check_undo(before, turn, settled, wish.desk)

    def _keep(self, turn: Turn) -> None:
        """Commit the turn, and let the clocks and all who read the journal know."""
        self.hall, self.book.seats.is_dated = turn.hall, self.clocks.reading().dated
        for fact in turn.facts:
            self._read(fact)
        self.clocks.ticks.settled()
        if turn.facts:
            if self._commit:
                self._commit(turn)
            self.clocks.wrote(self.hall.tick, opened_day=any(isinstance(fact.event, e.DayOpened) for fact in turn.facts))

    def _turn(self, hall: Hall, tick: int) -> Turn:
        return Turn(hall, tick, Stamp(self.clocks.machine.wall(), self.clocks.quality, "system", self._new_id))

    def _new_id(self) -> str:
        self._events += 1
        return f"{self._seed}-{self._events:08d}"

    def _read(self, fact: e.Fact) -> None:
        """Give the line to the reference and to the replay as it would stand in the journal."""
        if isinstance(fact.event, e.DayClosed):
            self.clocks.closed = fact.event.day
        if isinstance(fact.event, e.DayOpened):
            self.known.keyed |= {(fact.event.day, ticket.number) for ticket in self.hall.tickets.values()}  # who was kept overnight
        if isinstance(fact.event, e.TicketIssued) and fact.event.via == VIA:
            self.known.keyed.add((fact.event.day, fact.event.number))
        if isinstance(fact.event, e.DayConfirmed):  # the day's tickets are renamed in the tables, too
            was, day = fact.event.was, fact.event.day
            self.known.keyed = {(day if each == was else each, number) for each, number in self.known.keyed}
        self.clock_steps += isinstance(fact.event, e.ClockStepped)
        self.days += isinstance(fact.event, e.DayOpened)
        type_, text = e.type_of(fact.event), e.payload_text(fact.event)
        body = json.loads(text)
        self.book.read(fact.id, type_, body)
        self.bound.read(fact.id, type_, body)
        self._replayed, _ = evolve(self._replayed, replace(fact, event=e.read(type_, text)))
        if isinstance(fact.event, e.TicketCalled):
            scores = [(self._number(entry["ticket"]), entry["score"]) for entry in fact.event.scores]
            self.calls.append((fact.event.desk, self._number(fact.event.ticket), fact.event.why, scores, fact.event.run))

    def _number(self, ticket: str) -> str:
        return self.hall.tickets[ticket].number

    # What must hold

    def _check_turn(self, turn: Turn, outcome: Outcome) -> None:
        self._expect(not self.book.wrong, "; ".join(self.book.wrong))
        self._expect(not self.bound.wrong, "; ".join(self.bound.wrong))
        self._expect(turn.hall.applied == self._replayed.applied, "the replay lost a fact")
        if outcome.ticket is not None and outcome.ticket.state in AT_DESK:
            self._expect(self.hall.tickets[outcome.ticket.id] == outcome.ticket, "the answer shows an older ticket")

    def _check_due(self, turn: Turn) -> None:
        """What is over by now must be over in the journal too."""
        if self.hall.day is not None and self.clocks.reading().dated:
            overdue = self.book.overdue(turn.tick)
            self._expect(not overdue, f"due at tick {turn.tick} and not done: {overdue}")

    def _check_nobody(self, wish: c.CallNext | c.Press, outcome: Outcome, turn: Turn) -> None:
        """A desk that calls nobody has nobody to call, or has its break."""
        is_next = isinstance(wish, c.CallNext) or wish.key is Key.PRESS
        if not is_next or outcome.result not in (Result.EMPTY, Result.FINISHED, Result.NO_SHOW) or self.hall.desks[wish.desk].ticket:
            return
        self.counts["empty calls judged"] += 1
        verdict = self.book.would_call(wish.desk, turn.tick)
        has_break = roster.off_until(self.hall, wish.desk, turn.tick) is not None
        self._expect(verdict is None or has_break, f"desk {wish.desk} calls nobody, the rule {verdict}")

    def check_whole(self) -> None:
        """Check every place of every ticket and seat, and that a replay gives the same hall."""
        self.counts["whole checks"] += 1
        for fault in faults(self.hall, self.book):
            raise Broken(self._sentence(fault))
        self._expect(self.hall == self._replayed, "a replay of the facts gives another hall")

    def _check_undo(self, before: Hall, turn: Turn, settled: int, desk: str) -> None:
        """Take the move back on a copy: everything but the counters of time and the desk's last move is as before."""
        moved = [fact for fact in turn.facts[settled:] if e.type_of(fact.event).startswith("ticket.")]
        if not moved:
            return
        trial = self._turn(turn.hall, turn.tick + self._random.randrange(11))
        decide(trial, c.Undo(desk))
        back = replace(trial.hall.desks[desk], last_move=before.desks[desk].last_move)
        restored = replace(trial.hall, applied=before.applied, tick=before.tick, learned=before.learned, desks={**trial.hall.desks, desk: back})
        self.counts["undo checks"] += 1
        self._expect(restored == before, "undo does not restore the hall")
        again = self._turn(trial.hall, trial.tick)
        try:
            decide(again, c.Undo(desk))
        except Refused:
            return
        raise Broken(self._sentence("a second undo was not refused"))

    def _expect(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 -- reads as a sentence
        if not holds:
            raise Broken(self._sentence(otherwise))

    def _sentence(self, fault: str) -> str:
        recent = "\n  ".join(map(str, self._recent))
        return f"seed {self._seed!r} step {self._steps}: {fault}\nlast commands:\n  {recent}"


def faults(hall: Hall, book: Book) -> Iterator[str]:
    """Say what is wrong with the places of tickets: every one is in exactly one, and the reference sees it there too."""
    at_desk = {desk.ticket: desk.desk for desk in hall.desks.values() if desk.ticket}
    if len(at_desk) != sum(desk.ticket is not None for desk in hall.desks.values()):
        yield "one ticket is at two desks"
    if at_desk.keys() - hall.tickets.keys():
        yield f"desks have tickets that are not open: {at_desk.keys() - hall.tickets.keys()}"
    yield from seat_faults(hall, book)
    visits = book.open_visits()
    if visits.keys() != hall.tickets.keys():
        yield f"lost or invented tickets: {visits.keys() ^ hall.tickets.keys()}"
    for ticket in hall.tickets.values():
        visit = visits[ticket.id]
        place = ticket.desk if ticket.state in AT_DESK else None
        if at_desk.get(ticket.id) != place:
            yield f"{ticket.number} is {ticket.state} at {ticket.desk}, but at desk {at_desk.get(ticket.id)}"
        if (ticket.state, ticket.base, ticket.order) != (visit.state, visit.base, visit.order):
            yield f"{ticket.number} is {ticket.state} with base {ticket.base}, by the contract {visit.state} with {visit.base}"
        if ticket.state is TicketState.WAITING and ticket.desk is not None:
            yield f"{ticket.number} waits, yet names desk {ticket.desk}"
        if ticket.to_desk is not None and ticket.to_desk not in hall.desks:
            yield f"{ticket.number} waits for desk {ticket.to_desk}, which does not exist"
    for desk in hall.desks.values():
        post = book.posts[desk.desk]
        if (desk.ticket, desk.run, desk.free_since) != (post.ticket, post.run, post.free_since):
            yield f"desk {desk.desk} is {desk}, by the contract {post}"


def seat_faults(hall: Hall, book: Book) -> Iterator[str]:
    """Say what is wrong with bookings: each stands as the contract has it, and no seat is in two hands."""
    claims = {name: (each.state, each.slot, each.ticket) for name, each in book.seats.claims.items()}
    kept = {name: (str(each.state), each.slot, each.ticket) for name, each in hall.bookings.items()}
    if claims != kept:
        yield f"bookings differ from the contract's: {dict(claims.items() ^ kept.items())}"
    taken = {slot: ledger.taken for slot, ledger in hall.slots.items() if ledger.taken}
    if taken != book.seats.taken():
        yield f"seats differ from the contract's: {dict(taken.items() ^ book.seats.taken().items())}"


def block(named: tuple[str, int, int]) -> tuple[int, int, dict[str, int], float]:
    """Run one block. Returns its number, its steps, what was done, and the closest approach to the bound."""
    seed, number, steps = named
    history = History(f"{seed}:{number}")
    history.run(steps)
    gc.collect()
    made = {f"booking {what}": many for what, many in history.book.seats.counts.items()}
    return number, steps, {**history.counts, **made, "calls judged": history.book.judged}, history.bound.closest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", default=str(time.time_ns() % 10**9))
    parser.add_argument("--resume", type=Path, help="keep the progress here, and go on from it")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    state = {"seed": given.seed, "done": [], "steps": 0, "counts": {}, "closest": 0.0, "seconds": 0.0}
    if given.resume and given.resume.exists():
        state = json.loads(given.resume.read_text())
    todo = [(state["seed"], number, min(BLOCK, given.steps - number * BLOCK)) for number in range(-(-given.steps // BLOCK))]
    todo = [named for named in todo if named[1] not in set(state["done"])]
    print(f"seed {state['seed']}, {state['steps']} steps done before, {sum(steps for _, _, steps in todo)} to do", flush=True)
    counts, began, before = Counter(state["counts"]), time.monotonic(), state["seconds"]
    gc.disable()  # once a block is enough: an eighth of the time
    with Pool(given.jobs) as pool:
        for number, steps, done, closest in pool.imap_unordered(block, todo) if given.jobs > 1 else map(block, todo):
            counts.update(done)
            state["done"].append(number)
            state |= {"steps": state["steps"] + steps, "counts": counts, "closest": max(state["closest"], closest)}
            state["seconds"] = before + time.monotonic() - began
            if given.resume:
                fresh = given.resume.with_suffix(".new")
                fresh.write_text(json.dumps(state))
                fresh.replace(given.resume)
    for name, many in sorted(counts.items()):
        print(f"{many:>10} {name}")
    print(f"{state['steps']} steps in {state['seconds']:.0f} s, {state['steps'] / max(state['seconds'], 0.001):.0f} steps/s")
    print(f"no rule broken; at most {state['closest']:.0%} of a bound in calls was used")
    return 0


if __name__ == "__main__":
    sys.exit(main())
