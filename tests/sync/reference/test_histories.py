"""Random histories of one centre: boxes that are restored, cloned and let in, a server that is set back, answers that are lost.

Each box does what the contract says and nothing more. Whatever happened before, the box that goes on and the server agree within a few greetings: the
server has every line of the box, every chain holds, and nobody is sent in circles.
"""

import json
import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.queueing.chain import GENESIS, Envelope, Head, as_line, fault
from edge.sync.reference import batch, centres, database, greeting, hello, inbox, journal, models
from edge.sync.reference.refusals import Refusal
from tests.sync.reference.box import Box

NOW = datetime(2026, 3, 2, 3, 15, tzinfo=UTC)
ROUNDS = 8  # greetings within which both sides agree: copy, a fork that a push meets, a new epoch, a lost number


class Lost(Exception):
    """The answer did not arrive."""


@dataclass
class Link:
    """The way between a box and the server; ``loses`` the next answers."""

    loses: int = 0

    def passes(self) -> None:
        if self.loses:
            self.loses -= 1
            raise Lost


@dataclass
class Centre:
    """One box with its journal, which follows the answers of hello."""

    box: Box
    link: Link
    fenced: bool = False
    actions: list[str] = field(default_factory=list)

    @property
    def lineage(self) -> list[dict[str, Any]]:
        return [{"epoch": epoch, **parent} for epoch, parent in self.box.parents.items()]

    def clone(self) -> "Centre":
        return Centre(self.box.clone(), self.link, self.fenced)

    def sync(self) -> None:
        """One greeting and what follows from it."""
        told = self.greet()
        self.actions.append(told["action"])
        self.fenced = told["action"] == "fenced"
        if told["action"] == "resume":
            self.push_all(told["epoch"], told["acked"]["seq"] + 1 if told["acked"] else 1)
        elif told["action"] == "push_from":
            self.push_all(told["epoch"], told["from_seq"])
        elif told["action"] == "fast_forward":
            self.copy(told["lineage"])
        elif told["action"] == "new_epoch":
            self.begin(told)
            self.push_all(told["epoch"], 1)

    def greet(self) -> dict[str, Any]:
        box, lines = self.box, self.box.lines
        head = box.head if lines else Head(box.epoch, 0, GENESIS)
        steps = {head.seq, 1, *(head.seq - 2**power for power in range(20))}
        said = {
            "centre": box.centre,
            "node": box.node,
            "public_key": box.public_key,
            "protocol": {"min": 1, "max": 1},
            "epoch": box.epoch,
            "head": {"seq": head.seq, "hash": head.hash},
            "ladder": [{"seq": seq, "hash": lines[seq - 1].hash} for seq in steps if 1 <= seq <= head.seq],
            "lineage": self.lineage,
            "acked": box.acked if box.acked and box.acked["epoch"] == box.epoch else None,
            "is_backup": box.is_backup,
        }
        told = greeting.greet(hello.read(said), NOW)
        self.link.passes()
        return told

    def push_all(self, epoch: int, first: int) -> None:
        for number in sorted(number for number in self.box.journal if number >= epoch):
            lines = self.box.journal[number][first - 1 :]
            first = 1
            while lines:
                self.push(lines[:5])
                lines = lines[5:]

    def push(self, lines: list[Envelope]) -> None:
        first, last = lines[0], lines[-1]
        claim = batch.Claim(self.box.centre, self.box.node, first.epoch, first.seq, last.seq, first.prev_hash, last.hash)
        read = batch.read(claim, "".join(as_line(line) + "\n" for line in lines).encode())
        inbox.store(read, NOW)
        told = inbox.acknowledged(read, NOW)
        self.link.passes()
        self.box.acked = {**told["acked"], "incarnation": told["incarnation"]}

    def copy(self, lineage: list[dict[str, Any]]) -> None:
        for step in lineage:
            mine = self.box.journal.setdefault(step["epoch"], [])
            mine += self.fetched(step["epoch"], len(mine))
            self.box.epoch = step["epoch"]
            if step["epoch"] > 1:
                said = json.loads(mine[0].payload or "")
                self.box.parents[step["epoch"]] = {name: said[name] for name in ("parent_epoch", "parent_seq", "parent_hash")}
            self.link.passes()

    def begin(self, told: Mapping[str, Any]) -> None:
        """Fetch what the server has behind the parent, then the own tail without what came from there."""
        parent = (told["parent"]["epoch"], told["parent"]["seq"])
        theirs = {step["epoch"]: self.fetched(step["epoch"], parent[1] if step["epoch"] == parent[0] else 0) for step in told["lineage"]}
        known = {line.id for lines in theirs.values() for line in lines}
        box = self.box
        for epoch, lines in box.journal.items():
            box.journal[epoch] = [line for line in lines if (epoch, line.seq) <= parent or line.id not in known]
        box.begin(told)
        for epoch in [epoch for epoch in box.journal if parent[0] < epoch < told["epoch"]]:
            del box.journal[epoch]
        for epoch, lines in theirs.items():
            box.journal[epoch] = [line for line in box.journal.get(epoch, []) if (epoch, line.seq) <= parent] + lines

    def fetched(self, epoch: int, after: int) -> list[Envelope]:
        found: list[Envelope] = []
        while page := journal.page(self.box.centre, epoch, after + len(found), 7):
            found += [Envelope(**json.loads(line)) for line in page.splitlines()]
        return found


class World:
    """A server, the box that works, and copies of both from before."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        given = centres.enrol(f"c{seed}", NOW)
        self.link = Link()
        self.centre = Centre(Box("", given.token, given.centre), self.link)
        self.copies: list[Centre] = []
        self.server: list[dict[str, Any]] = []
        self.story: list[str] = []

    def step(self) -> None:
        deeds = [self.write, self.write, self.sync, self.sync, self.lose, self.keep, self.restore, self.swap, self.let_in, self.save, self.set_back]
        deed = self.chance.choice(deeds)
        self.story.append(deed.__name__)
        deed()

    def write(self) -> None:
        if self.centre.box.epoch:
            self.centre.box.write(self.chance.randint(1, 6))

    def sync(self) -> None:
        try:
            self.centre.sync()
        except (Lost, Refusal) as met:
            self.story.append(str(met) or "lost")

    def lose(self) -> None:
        self.link.loses = self.chance.randint(1, 2)
        self.sync()
        self.link.loses = 0

    def keep(self) -> None:
        self.copies.append(self.centre.clone())

    def restore(self) -> None:
        """A backup takes the place of the box; in one case of three nobody notices."""
        if self.copies:
            self.centre = self.chance.choice(self.copies).clone()
            self.centre.box.is_backup = self.chance.random() < 2 / 3

    def swap(self) -> None:
        """A clone works from now on, and the box may come back."""
        if self.copies:
            place = self.chance.randrange(len(self.copies))
            self.centre, self.copies[place] = self.copies[place], self.centre

    def let_in(self) -> None:
        for fence in centres.fences(self.centre.box.centre):
            if fence.epoch == self.centre.box.epoch:
                centres.lift(self.centre.box.centre, fence.node, fence.epoch)

    def save(self) -> None:
        self.server = [{"table": table, "rows": list(table.select().where(table.centre == self.centre.box.centre).dicts())} for table in TABLES]

    def set_back(self) -> None:
        """The server is restored from a copy; in half of the cases nobody says so."""
        if not self.server:
            return
        with database.transaction():
            for kept in self.server:
                kept["table"].delete().where(kept["table"].centre == self.centre.box.centre).execute()
                for each in deepcopy(kept["rows"]):
                    kept["table"].insert(**each).execute()
        if self.chance.random() < 1 / 2:
            with database.of_centre(self.centre.box.centre) as row:
                centres.renew(row, NOW)

    def agree(self) -> None:
        """Let the box that works be the only one, and both sides come to rest."""
        self.link.loses = 0
        for _ in range(ROUNDS):
            self.let_in()
            self.sync()
            if self.centre.actions and self.centre.actions[-1] in {"resume", "new_epoch"} and self.same():
                return
        raise AssertionError(f"no agreement: {self.story[-12:]} {self.centre.actions[-ROUNDS:]}")

    def same(self) -> bool:
        """Tell whether the server has the box's present epoch and all that it hangs on.

        What the box fetched behind a parent, the server had; if it was set back since, no hello says that the box has it: the contract wants older
        epochs up to their `parent_seq`.
        """
        box = self.centre.box
        epoch, upto = box.epoch, len(box.lines)
        while epoch:
            mine = [line.hash for line in box.journal.get(epoch, [])[:upto]]
            if [line.hash for line in self.centre.fetched(epoch, 0)][:upto] != mine:
                return False
            parent = box.parents.get(epoch, {"parent_epoch": 0, "parent_seq": 0})
            epoch, upto = parent["parent_epoch"], parent["parent_seq"]
        return True


TABLES: Any = (models.Centre, models.Epoch, models.Line, models.Fence)


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("national") / "national.db"
    database.open_database(place)
    database.database().execute_sql("PRAGMA synchronous=off")  # type: ignore[no-untyped-call]  # nothing is cut off here
    yield place
    database.close_database()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.usefixtures("_server")
def test_whatever_happened_both_sides_agree_within_a_few_greetings(seed: int) -> None:
    world = World(seed)
    for _ in range(40):
        world.step()
    world.agree()
    for epoch in {line.epoch for line in models.Line.select().where(models.Line.centre == world.centre.box.centre)}:
        head = Head(epoch, 0, GENESIS)
        for line in world.centre.fetched(epoch, 0):
            assert fault(head, line) is None
            head = Head(line.epoch, line.seq, line.hash)
    world.sync()  # a tail that came again in part says only at the next greeting that it was all
    assert not models.Centre.get_by_id(world.centre.box.centre).relearning
