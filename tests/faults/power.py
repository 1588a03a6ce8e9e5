"""Cut the power of a centre at work, again and again, on a disk that forgets what was not synced, and hold the rest to what was acknowledged.

`python -m tests.faults.power --rounds 200 --seed 1` prints a line per round. A centre lives for ten rounds, from an empty folder on: each round
starts from what the last cut left. The seed draws the operations, the instant and what survives; ids and salts are new in every run.
Acknowledged is what returned while there was power: a journal line with its hash, the answer of a ticket, the answer of a press.
"""

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import apsw

from edge.errors import EdgeError, Refused
from edge.queueing import commands as c
from edge.queueing.chain import Head
from edge.store import copying, queries
from tests.faults.power_disk import Disk, Fate, Instant, powered
from tests.operations.box import Box, HandClock, once

KINDS = tuple(product(Instant, Fate))
ROUNDS_OF_A_LIFE = 10
HANDS = 3  # threads that write, each with its own connection, one after the other so that a seed means something
SERVICES = ("passport", "birth", "address")
WEIGHTS = {"issue": 8, "press": 4, "act": 6, "pass_by": 3, "checkpoint": 3, "read": 2, "restart": 1}
Tuner = Callable[[apsw.Connection], object]


class Broken(AssertionError):
    """A promise that did not survive, or a file that did not."""


@dataclass(slots=True)
class Owed:
    """What was acknowledged in one life."""

    heads: list[Head] = field(default_factory=list)
    tickets: list[tuple[str, str, str]] = field(default_factory=list)  # key, service, answer
    presses: list[tuple[str, str, str | None]] = field(default_factory=list)  # id, first result, ticket

    def count(self) -> Counter[str]:
        """Return how much it is, by sort."""
        return Counter(commits=len(self.heads), tickets=len(self.tickets), presses=len(self.presses))


@dataclass(slots=True)
class Life:
    """A centre from its making on: the folder that the last cut left, its clock, and what is owed."""

    root: Path
    rng: random.Random
    clock: HandClock = field(default_factory=HandClock)
    owed: Owed = field(default_factory=Owed)
    cuts: int = 0

    def folder(self) -> Path:
        """Return the folder as it is now; the first one is empty."""
        found = self.root / f"cut-{self.cuts}"
        found.mkdir(exist_ok=True)
        return found

    def boot(self, folder: Path) -> Box:
        """Start on what is there, with clocks of this moment that nobody else moves."""
        self.clock.since_boot = 5.0
        return Box(folder / "edge.db", self.clock)


class Work:
    """A box on a disk, until the power goes. ``tune`` gets the connection of whoever works next; for controls."""

    def __init__(self, life: Life, disk: Disk, label: str, tune: Tuner | None = None) -> None:
        self.doing = "open"
        self._life, self._disk, self._label, self._tune = life, disk, label, tune
        self._rng = life.rng
        self._done = 0
        self._reading = False

    def run(self, instant: Instant) -> None:
        """Work till the power is cut at an ``instant``, which may be one in the making of the centre, in a start after a cut, in a checkpoint."""
        in_opening = instant is not Instant.IDLE and self._rng.random() < (0.5 if self._life.cuts == 0 else 0.15)
        before, wanted = self._rng.randrange(1, self._rng.choice((10, 200))), self._rng.choice((None, "checkpoint"))
        nth = self._rng.randrange(1, self._rng.choice((4, 100)) if instant is Instant.WRITE else self._rng.choice((4, 20)))
        with ExitStack() as stack:
            self._hands = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(HANDS + 1)]
            try:
                if in_opening:
                    self._disk.arm(instant, nth)
                self._open()
                for _ in range(before):
                    self._step()
                if instant is Instant.IDLE:
                    self.doing = "nothing"
                    return
                self._disk.arm(instant, nth)
                self._step(wanted)
                while self._disk.on:
                    self._step()
            except (EdgeError, apsw.Error):
                if self._disk.on:
                    raise
            finally:
                self._disk.pull()

    def _open(self) -> None:
        self.box = self._life.boot(self._disk.folder)
        self._tuned()
        self._acknowledge()
        if not self.box.hall.desks:
            self.doing = "make"
            self.box.make()
            self._acknowledge()

    def _step(self, wanted: str | None = None) -> None:
        """Do one thing with one of the hands; the last hand only reads."""
        self.doing = wanted or self._rng.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
        hand = HANDS if self.doing == "read" else self._rng.randrange(HANDS)
        self._done += 1
        self._hands[hand].submit(getattr(self, f"_{self.doing}")).result()
        self._acknowledge()

    def _acknowledge(self) -> None:
        head = self.box.database.committed.head
        if self._disk.on and head.seq and (not self._life.owed.heads or self._life.owed.heads[-1] != head):
            self._life.owed.heads.append(head)

    def _tuned(self) -> None:
        if self._tune:
            self._tune(self.box.database.connection())

    def _issue(self) -> None:
        self._tuned()
        key, service = f"{self._label}-{self._done}", self._rng.choice(SERVICES)
        done = self.box.issue(service, once=once(key, service))
        if self._disk.on:
            self._life.owed.tickets.append((key, service, done.answer))

    def _press(self) -> None:
        self._tuned()
        id_ = f"{self._label}-{self._done}"
        answer = self.box.press(id_)
        if self._disk.on:
            self._life.owed.presses.append((id_, answer["result"], answer["ticket"]))

    def _act(self) -> None:
        self._tuned()
        desk = self._rng.choice(tuple(self.box.hall.desks))
        with suppress(Refused):  # a move that the rule does not allow now
            self.box.act(self._rng.choice((c.Open, c.CallNext, c.CallNext, c.Start, c.Finish, c.MarkNoShow, c.Hold))(desk))

    def _pass_by(self) -> None:
        self._tuned()
        self.box.pass_by(self._rng.randrange(1, 300))

    def _checkpoint(self) -> None:
        self._tuned()
        self.box.database.checkpoint(above_pages=0)

    def _read(self) -> None:
        """Hold a moment of the database, or let it go: a checkpoint meanwhile stays a part of one."""
        self.box.database.connection().execute("ROLLBACK" if self._reading else "BEGIN")
        self._reading = not self._reading
        if self._reading:
            self.box.database.connection().execute("SELECT count(*) FROM journal").fetchall()

    def _restart(self) -> None:
        self._reading = False
        self.box.restart()
        self._tuned()


def run_round(life: Life, number: int, instant: Instant, fate: Fate, *, lies: bool = False, tune: Tuner | None = None) -> str:
    """One cut and everything that must hold after it. Returns what was being done when the power went. Raises Broken."""
    disk = Disk(life.folder(), lies=lies)
    work = Work(life, disk, f"r{number}", tune)
    with powered(disk):
        work.run(instant)
    life.cuts += 1
    disk.survive(life.folder(), fate, life.rng)
    hold_to(life)
    return work.doing


def hold_to(life: Life) -> None:
    """Start a copy of what the cut left, as any box starts, and ask for everything that is owed. Raises Broken."""
    with tempfile.TemporaryDirectory(dir=life.root) as folder:
        shutil.copytree(life.folder(), folder, dirs_exist_ok=True)
        try:
            box = replace(life, clock=replace(life.clock)).boot(Path(folder))
            try:
                _hold_box_to(box, life.owed)
            finally:
                box.stop()
        except (EdgeError, apsw.Error, ValueError) as error:
            raise Broken(f"what is left cannot be read: {error!r}") from error


def _hold_box_to(box: Box, owed: Owed) -> None:
    found = [str(row[0]) for row in box.database.connection().execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        raise Broken(f"integrity_check: {found[:3]}")
    report = box.verify()
    if not report.clean:
        raise Broken(f"verify: {report.problems[:3]}")
    lost = [head.seq for head in owed.heads if not copying.has_line(box.database, head)]
    if lost:
        raise Broken(f"{len(lost)} of {len(owed.heads)} acknowledged commits are lost: the journal lines {lost[:5]}")
    for key, service, answer in owed.tickets:
        again = box.issue(service, once=once(key, service))
        if (again.first, again.answer) != (False, answer) or not queries.ticket(box.database, json.loads(answer)["id"]):
            raise Broken(f"ticket {key} was answered {answer}, now {again.answer}")
    for id_, result, ticket in owed.presses:
        repeated = box.press(id_)
        if (repeated["result"], repeated.get("first"), repeated["ticket"]) != ("dup", result, ticket):
            raise Broken(f"press {id_} was answered {result} {ticket}, now {repeated}")


def main() -> None:
    """Run the rounds; the first broken promise ends the run with a traceback, the seed and the round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    cuts, held, began = Counter[str](), Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="power-") as folder:
        life = Life(Path(folder), random.Random())
        for number in range(arguments.rounds):
            if number % ROUNDS_OF_A_LIFE == 0:
                held += life.owed.count()
                shutil.rmtree(life.root)
                life = Life(Path(folder) / f"life-{number}", random.Random(f"{arguments.seed}-{number}"))
                life.root.mkdir(parents=True)
            instant, fate = KINDS[number % len(KINDS)]
            started, before = time.monotonic(), life.owed.count()
            doing = run_round(life, number, instant, fate)
            cuts.update((f"at {instant}", f"left {fate}", f"during {doing}"))
            new = dict(life.owed.count() - before)
            print(f"round {number + 1}: cut at {instant} during {doing}, {fate}: {new} more held in {time.monotonic() - started:.1f} s", flush=True)
        held += life.owed.count()
    print(f"{arguments.rounds} rounds, seed {arguments.seed}: nothing acknowledged was lost: {dict(held)}; {dict(sorted(cuts.items()))}", flush=True)
    print(f"{time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
