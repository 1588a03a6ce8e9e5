"""The whole queue under Hypothesis: visitors, appointments, presses, paper, timers, clocks that jump and boxes that restart (acceptance 1).

A machine is a `History`: after each step everything is checked that `drive` checks. Its rules are single acts with drawn values, so that a failure
shrinks to a few of them, and stretches of a busy day that come from a drawn seed. How many steps were taken is printed.
"""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from edge.queueing import commands as c
from edge.queueing.booking import slot_id
from edge.queueing.desk import Key
from edge.queueing.turn import Turn
from edge.store.database import Database
from tests.queueing import centre
from tests.queueing.clocks import OFFSET_S
from tests.queueing.drive import History
from tests.queueing.wishes import CATEGORIES, GRID_S, SERVICES, SKEWS, Jump, Look, Restart, Tick, Trust, Wishes

LEAST_STEPS = 100_000
LEAST_ON_DISK = 3_000
EXAMPLES, RULES = 20, 40
LIKE: Any = {  # a stretch names its seed, so a failure is walked again without being shrunk, which takes minutes; EDGE_SHRINK=1 does it
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "database": None,
    "phases": tuple(Phase) if os.environ.get("EDGE_SHRINK") else (Phase.explicit, Phase.generate),
}
STRETCHES = (1, 10, 100, 400)

desks = st.sampled_from(("1", "2", "3", "4", "5"))
tickets = st.integers(0, 40)
names = st.integers(0, 3)


class Whole(RuleBasedStateMachine):
    """``taken``: steps of all machines of this kind together."""

    taken: ClassVar[int] = 0

    @initialize()
    def opened(self) -> None:
        self.history = self.history_of_its_own()

    def history_of_its_own(self) -> History:
        return History("machine")

    def do(self, *wishes: object) -> None:
        for wish in wishes:
            self.history.take(wish)  # type: ignore[arg-type]
        type(self).taken += len(wishes)

    def named(self, number: int) -> str:
        """The ticket that many places from the oldest, or one that is none."""
        known = list(self.history.hall.tickets)
        return known[number % len(known)] if known and number < 40 else "nobody"

    def fresh(self) -> str:
        self.made = getattr(self, "made", 0) + 1
        return f"m{self.made}"

    @rule(seed=st.integers(0, 2**32), steps=st.sampled_from(STRETCHES))
    def people_come_and_go(self, seed: int, steps: int) -> None:
        self.history.wishes = Wishes(Random(seed), self.history.known, names=f"s{seed}-{self.fresh()}-")
        for _ in range(steps):
            self.history.step()
        type(self).taken += steps

    @rule(seconds=st.sampled_from((0, 1, 10, 11, 60, 61, 300, 900, 1801, 40_000)))
    def time_passes(self, seconds: int) -> None:
        self.history.clocks.wait(seconds)
        self.do(Tick())

    @rule(service=st.sampled_from(SERVICES), category=st.sampled_from(CATEGORIES))
    def visitor_comes(self, service: str, category: str | None) -> None:
        self.do(c.Issue(self.fresh(), service, "ky", "kiosk-1", category=category))

    @rule(desk=desks, key=st.sampled_from(Key), since=st.sampled_from((None, 100, 1500)))
    def button_is_pressed(self, desk: str, key: Key, since: int | None) -> None:
        self.do(c.Press(desk, key, since))

    @rule(desk=desks, command=st.sampled_from((c.CallNext, c.Start, c.Recall, c.Finish, c.MarkNoShow, c.Cancel, c.Undo, c.Open, c.Pause, c.Close)))
    def clerk_acts(self, desk: str, command: type[c.CallNext]) -> None:
        self.do(command(desk))

    @rule(desk=desks, minutes=st.sampled_from((None, 1, 5)))
    def ticket_is_held(self, desk: str, minutes: int | None) -> None:
        self.do(c.Hold(desk, minutes))

    @rule(desk=desks, to=st.sampled_from((*SERVICES, "1", "2", "5")), returns=st.booleans())
    def visitor_is_sent_on(self, desk: str, to: str, returns: bool) -> None:  # noqa: FBT001 -- drawn by Hypothesis
        self.do(c.Transfer(desk, to_desk=to, returns=returns) if to.isdigit() else c.Transfer(desk, service=to, returns=returns))

    @rule(desk=desks, service=st.sampled_from(SERVICES))
    def step_is_added(self, desk: str, service: str) -> None:
        self.do(c.AddStep(desk, service))

    @rule(desk=desks, number=tickets, confirmed=st.booleans())
    def proof_is_looked_at(self, desk: str, number: int, confirmed: bool) -> None:  # noqa: FBT001 -- drawn by Hypothesis
        self.do(c.JudgeCategory(desk, confirmed=confirmed), c.JudgeWaiting(desk, self.named(number), confirmed))

    @rule(desk=desks, number=tickets, how=st.sampled_from((c.Pick, c.Resume, c.PutBack, c.Withdraw)))
    def someone_is_named(self, desk: str, number: int, how: type) -> None:
        ticket = self.named(number)
        self.do({c.Pick: c.Pick(desk, ticket, "asked"), c.Resume: c.Resume(desk, ticket)}.get(how) or how(ticket, "asked"))

    @rule(person=names, service=st.sampled_from(("address", "visa")), ahead=st.integers(0, 6))
    def appointment_is_made(self, person: int, service: str, ahead: int) -> None:
        code = f"A{'ABCDEFGH'[person]}{''.join('ABCDEFGHJK'[int(digit)] for digit in f'{len(self.history.book.seats.codes):04}')}"
        self.do(c.Book(self.fresh(), code, service, self.slot(service, ahead), f"p{person}", "ky", "kiosk-1", OFFSET_S))

    @precondition(lambda self: self.history.hall.bookings)
    @rule(number=names, ahead=st.integers(0, 6), act=st.sampled_from(("move", "cancel", "come", "come late", "miss")))
    def appointment_goes_its_way(self, number: int, ahead: int, act: str) -> None:
        booking = list(self.history.hall.bookings.values())[number % len(self.history.hall.bookings)]
        self.do(
            {
                "move": c.Reschedule(booking.id, self.slot(booking.service, ahead), OFFSET_S),
                "cancel": c.CancelBooking(booking.id, "visitor"),
                "come": c.CheckIn(booking.id, self.fresh(), "kiosk-1"),
                "come late": c.CheckIn(booking.id, self.fresh(), "kiosk-1", expired=True),
                "miss": Tick(),
            }[act]
        )

    @rule(count=st.sampled_from((1, 3)), began=st.sampled_from((0, 60, 7200)))
    def paper_is_keyed_in(self, count: int, began: int) -> None:
        self.do(c.PrintBlock(count))
        letter, last = next(iter(self.history.hall.blocks.items()), ("Z", 0))
        day = self.history.hall.day.day if self.history.hall.day else ""
        numbers = [number for number in (f"{letter}{last - place:03}" for place in range(count)) if (day, number) not in self.history.known.keyed]
        slips = tuple(c.Slip(self.fresh(), number, "passport") for number in numbers)
        self.do(c.KeyIn(slips, self.history.clocks.tick - began, "ky"))

    @rule(skew=st.sampled_from(SKEWS))
    def clock_is_set(self, skew: timedelta) -> None:
        self.do(Jump(skew))

    @rule(synced=st.booleans())
    def clock_is_believed_or_not(self, synced: bool) -> None:  # noqa: FBT001 -- drawn by Hypothesis
        self.do(Trust(synced))

    @rule(off_s=st.sampled_from((0, 30, 7200, 50_000)))
    def box_restarts(self, off_s: int) -> None:
        self.do(Restart(off_s))

    @rule()
    def promises_are_looked_at(self) -> None:
        self.do(Look())

    @rule(key=st.sampled_from(sorted(centre.VARIANTS)), number=st.integers(0, 6))
    def settings_are_changed(self, key: str, number: int) -> None:
        variants = centre.VARIANTS[key]
        self.do(c.ChangeSettings({key: variants[number % len(variants)]}))

    def slot(self, service: str, ahead: int) -> str:
        at = self.history.clocks.machine.wall()
        return slot_id(service, at.replace(minute=0, second=0, microsecond=0) + timedelta(seconds=GRID_S * (at.minute * 60 // GRID_S + ahead)))

    def teardown(self) -> None:
        if hasattr(self, "history"):
            self.history.check_whole()


class OnDisk(Whole):
    """The same with every commit in SQLite. A box that restarts reads its database anew."""

    taken = 0
    folder: ClassVar[Path]
    made_files: ClassVar[int] = 0
    reloads: ClassVar[int] = 0

    def history_of_its_own(self) -> History:
        type(self).made_files += 1
        self.path = self.folder / f"{self.made_files}.db"
        self.database = Database(self.path)
        self.database.open()
        return History("disk", commit=self.commit)

    def commit(self, turn: Turn) -> None:
        with self.database.write() as transaction:
            assert transaction.hall.applied == turn.hall.applied - len(turn.facts)
            transaction.append(turn.facts, turn.changed, turn.hall)

    @rule()
    def database_is_read_anew(self) -> None:
        self.database.close()
        self.database = Database(self.path)
        self.database.open()
        type(self).reloads += 1
        assert self.database.committed.hall == self.history.hall

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "history"):
            self.database_is_read_anew()
            self.database.close()


def say(capfd: pytest.CaptureFixture[str], text: str) -> None:
    """Print into the log of CI; xdist lets only standard error through."""
    with capfd.disabled():
        print(f"\n{text}", file=sys.stderr)


@pytest.mark.timeout(900)
def test_a_hundred_thousand_steps_of_the_whole_queue_break_no_rule(capfd: pytest.CaptureFixture[str]) -> None:
    began, examples = time.process_time(), 0
    while Whole.taken < LEAST_STEPS:
        run_state_machine_as_test(Whole, settings=settings(**LIKE, max_examples=EXAMPLES, stateful_step_count=RULES))
        examples += EXAMPLES
    say(capfd, f"{Whole.taken} rule steps on the pure machine in {examples} examples, {time.process_time() - began:.0f} s of one core")


@pytest.mark.timeout(600)
def test_three_thousand_steps_on_sqlite_break_no_rule(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    OnDisk.folder, began = tmp_path, time.process_time()
    while OnDisk.taken < LEAST_ON_DISK:
        run_state_machine_as_test(OnDisk, settings=settings(**LIKE, max_examples=6, stateful_step_count=RULES))
    spent = time.process_time() - began
    say(capfd, f"{OnDisk.taken} rule steps on SQLite in {OnDisk.made_files} databases, read anew {OnDisk.reloads} times, {spent:.0f} s of one core")
