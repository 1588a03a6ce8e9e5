"""One national server and successive epochs of a centre never oversell a slot, whatever the network and the disks do (`escrow_world`).

The machine is a world of its own in each example: its rules are single acts with drawn values, so that a failure shrinks to a few of them, and
stretches that come from a drawn seed. With a guard removed the same world oversells: then it would be seen.
"""

import os
import sys
import time
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from edge.queueing import escrow as own
from edge.queueing.hall import Hall
from edge.sync.reference import escrow
from tests.sync.escrow_history import HISTORY, Broken, History, World
from tests.sync.escrow_world import CAPACITY, SLOTS

LEAST_STEPS = 100_000
EXAMPLES, RULES = 20, 25
STRETCHES = (1, 30, 300)
LIKE: Any = {  # as in tests/queueing/test_machine.py
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "database": None,
    "phases": tuple(Phase) if os.environ.get("EDGE_SHRINK") else (Phase.explicit, Phase.generate),
}
WEEKS = 400
SEED = 20261129
FEW = 400  # histories in which a missing guard must show

slots = st.integers(0, len(SLOTS) - 1)
numbers = st.integers(0, 7)
yes_or_no = st.booleans()


class Machine(RuleBasedStateMachine):
    """``taken``: steps of all examples together."""

    taken: ClassVar[int] = 0

    @initialize()
    def founded(self) -> None:
        self.history = History("machine")

    @property
    def world(self) -> World:
        return self.history.world

    def done(self, steps: int = 1) -> None:
        self.world.check()
        type(self).taken += steps

    @rule(seed=st.integers(0, 2**32), steps=st.sampled_from(STRETCHES))
    def days_pass(self, seed: int, steps: int) -> None:
        self.stretch(seed, steps)

    def stretch(self, seed: int, steps: int) -> None:
        self.history.random.seed(seed)
        for _ in range(steps):
            self.history.step()
        self.done(steps)

    @rule(seed=st.integers(0, 2**32))
    def another_centre_has_a_past(self, seed: int) -> None:
        self.world.settle()
        self.history = History(f"machine-{seed}")
        self.stretch(seed, WEEKS)

    @rule(slot=slots)
    def centre_sells(self, slot: int) -> None:
        self.world.edge_sells(slot)
        self.done()

    @rule(number=numbers, slot=slots)
    def centre_moves(self, number: int, slot: int) -> None:
        self.world.edge_moves(number, slot)
        self.done()

    @rule(number=numbers)
    def centre_cancels(self, number: int) -> None:
        self.world.edge_cancels(number)
        self.done()

    @rule(keep=st.integers(0, 2))
    def centre_returns(self, keep: int) -> None:
        self.world.edge_returns(keep)
        self.done()

    @rule(slot=slots)
    def portal_sells(self, slot: int) -> None:
        self.world.national_sells(slot)
        self.done()

    @rule(number=numbers)
    def portal_cancels(self, number: int) -> None:
        self.world.national_cancels(number)
        self.done()

    @rule(number=numbers, slot=st.none() | slots)
    def portal_hands_over_and_asks(self, number: int, slot: int | None) -> None:
        self.world.national_hands_over(number)
        self.world.national_asks(number, slot)
        self.done()

    @rule(slot=slots, more=st.integers(1, 3))
    def portal_grants(self, slot: int, more: int) -> None:
        self.world.national_grants(slot, more)
        self.done()

    @rule(slot=slots, to=st.integers(2, CAPACITY + 2))
    def seats_are_decided_on(self, slot: int, to: int) -> None:
        self.world.capacity_changes(slot, to)
        self.done()

    @rule(size=st.sampled_from((1, 3, 20)), arrives=yes_or_no, answered=yes_or_no)
    def journal_is_pushed(self, size: int, *, arrives: bool, answered: bool) -> None:
        self.world.pushes(size, arrives=arrives, answered=answered)
        self.done()

    @rule(limit=st.sampled_from((1, 3, 100)), answered=yes_or_no)
    def feed_is_pulled(self, limit: int, *, answered: bool) -> None:
        self.world.pulls(limit, answered=answered)
        self.done()

    @rule(number=numbers)
    def old_messages_come_again(self, number: int) -> None:
        self.world.push_comes_again(number)
        self.world.page_comes_again(number)
        self.done()

    @rule(answered=yes_or_no, lifted=yes_or_no)
    def hello_is_said(self, *, answered: bool, lifted: bool) -> None:
        self.world.says_hello(answered=answered, lifted=lifted)
        self.done()

    @rule()
    def both_are_backed_up(self) -> None:
        self.world.edge_is_backed_up()
        self.world.national_is_backed_up()
        self.done()

    @rule(number=numbers)
    def centre_is_restored(self, number: int) -> None:
        self.world.edge_is_restored(number)
        self.done()

    @rule()
    def centre_dies(self) -> None:
        self.world.edge_dies()
        self.done()

    @rule(number=numbers)
    def server_is_rewound(self, number: int) -> None:
        self.world.national_is_restored(number)
        self.done()

    def teardown(self) -> None:
        if hasattr(self, "history"):
            self.world.settle()


@pytest.mark.timeout(300)
def test_a_hundred_thousand_steps_oversell_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    began, examples = time.process_time(), 0
    while Machine.taken < LEAST_STEPS:
        run_state_machine_as_test(Machine, settings=settings(**LIKE, max_examples=EXAMPLES, stateful_step_count=RULES))
        examples += EXAMPLES
    with capfd.disabled():
        spent = time.process_time() - began
        print(f"\n{Machine.taken} steps of the escrow world in {examples} examples, {spent:.0f} s of one core", file=sys.stderr)


def oversold(careless: frozenset[str]) -> str:
    """Return how the world without a guard oversells. Fails if it does not."""
    for number in range(FEW):
        try:
            History(f"{SEED}:{number}", careless).run(HISTORY)
        except Broken as broken:
            return str(broken)
    raise AssertionError(f"without the guard {careless} nothing was oversold in {FEW} histories")


@pytest.mark.parametrize("careless", ["reclaims", "restored", "owed"])
def test_without_a_guard_of_the_protocol_the_same_world_oversells(careless: str) -> None:
    assert "seats sold" in oversold(frozenset({careless}))


def test_a_centre_that_sells_without_rights_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "own_left", lambda _: 1)
    assert "seats sold" in oversold(frozenset({"guard"}))


def test_a_server_that_sells_without_rights_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escrow.Slot, "left", property(lambda slot: slot.capacity - (slot.sold - slot.released)))
    assert "seats sold" in oversold(frozenset({"guard"}))


def test_a_restored_centre_that_goes_on_selling_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hall, "sells", property(lambda _: True))
    assert "seats sold" in oversold(frozenset({"guard"}))


def test_a_server_that_forgets_the_rights_of_older_epochs_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    def left(slot: escrow.Slot) -> int:
        newest = max(slot.rights, default=0)
        return slot.capacity - sum(each.held for epoch, each in slot.rights.items() if epoch == newest) - (slot.sold - slot.released)

    monkeypatch.setattr(escrow.Slot, "left", property(left))
    assert "seats sold" in oversold(frozenset({"guard"}))
