"""Random histories (acceptance 5 of the first issue): the long driver, a twin under other clocks, and a small machine that shrinks well."""

import json
import sys
import time
from datetime import date, timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing.desk import Key
from edge.queueing.events import payload_text, type_of
from edge.queueing.ticket import TicketState
from tests.queueing import centre
from tests.queueing.book import Book
from tests.queueing.drive import History, faults
from tests.queueing.scene import Scene, open_day, replayed

BLOCK = 10_000


def test_a_long_history_breaks_no_rule(capfd: pytest.CaptureFixture[str]) -> None:
    """A fixed seed: the same history in every run; other seeds are the long run's."""
    began = time.process_time()
    history = History("quick")
    history.run(BLOCK)
    done, seats = history.counts, history.book.seats.counts
    with capfd.disabled():  # the count belongs into the log of CI; xdist lets only standard error through
        print(
            f"\n{BLOCK} steps of one history on the pure machine in {time.process_time() - began:.0f} s: {history.book.judged} calls judged, "
            f"{done['undo checks']} undone, {seats['made']} booked, {seats['checked_in']} checked in, {history.restarts} restarts, "
            f"{history.clock_steps} clock steps, {history.days} days, {history.bound.closest:.0%} of a bound used",
            file=sys.stderr,
        )
    assert history.book.judged > 400
    assert done["undo checks"] > 60
    assert min(seats["made"], seats["checked_in"], seats["no_show"], seats["rescheduled"], history.restarts, history.clock_steps, history.days) > 2
    assert 0.4 < history.bound.closest <= 1


def test_steps_of_the_clock_change_no_call() -> None:
    for number in range(1):
        stepped, steady = (History(f"clock:{number}", jumps=jumps, timeless=True) for jumps in (True, False))
        stepped.run(4000)
        steady.run(4000)
        assert stepped.clock_steps > 2
        assert stepped.calls == steady.calls
        assert steady.clock_steps == 0
        assert len(steady.calls) > 500


def test_the_same_seed_is_the_same_history() -> None:
    first, second = History("again"), History("again")
    first.run(500)
    second.run(500)
    assert (first.hall, first.calls) == (second.hall, second.calls)


class Centre(RuleBasedStateMachine):
    """A few desks and visitors; every step is checked against the reference, so that a failure shrinks to a handful of commands."""

    desks: ClassVar = st.sampled_from(("1", "2", "4"))

    @initialize()
    def opened(self) -> None:
        self.scene = Scene({**centre.settings(), "desks": [centre.DESKS[0], centre.DESKS[1], centre.DESKS[3]]})
        self.book = Book()
        self.read = 0
        self.days = 2

    def do(self, command: c.Command) -> None:
        before = self.scene.hall
        try:
            self.scene.do(command)
        except Refused:
            assert self.scene.hall == before
        for fact in self.scene.facts[self.read :]:
            self.book.read(fact.id, type_of(fact.event), json.loads(payload_text(fact.event)))
        self.read = len(self.scene.facts)
        assert self.book.wrong == []
        assert list(faults(self.scene.hall, self.book)) == []

    @rule(seconds=st.sampled_from((0, 1, 9, 11, 60, 61, 300, 1200)))
    def time_passes(self, seconds: int) -> None:
        self.scene.wait(seconds)

    @rule(
        service=st.sampled_from(("passport", "address", "birth")),
        category=st.sampled_from((None, None, "veteran", "foreign")),
        due=st.none() | st.integers(-2000, 2000),
    )
    def visitor_comes(self, service: str, category: str | None, due: int | None) -> None:
        ticket = f"t{len(self.scene.facts)}"
        appointment = None if due is None else self.scene.tick + due
        booking = None if due is None else f"b-{ticket}"
        self.do(c.Issue(ticket, service, "ky", "kiosk-1", category=category, booking=booking, appointment=appointment))

    @rule(desk=desks, key=st.sampled_from(Key), since=st.sampled_from((None, 100, 1500)))
    def button_is_pressed(self, desk: str, key: Key, since: int | None) -> None:
        self.do(c.Press(desk, key, since))

    @rule(desk=desks, command=st.sampled_from((c.CallNext, c.Start, c.Recall, c.Finish, c.MarkNoShow, c.Hold, c.Cancel, c.Undo, c.Open, c.Pause)))
    def clerk_acts(self, desk: str, command: type[c.CallNext]) -> None:
        self.do(command(desk))

    @rule(desk=desks, to=st.sampled_from(("passport", "address", "1", "2", "4")), returns=st.booleans())
    def visitor_is_sent_on(self, desk: str, to: str, returns: bool) -> None:  # noqa: FBT001 -- drawn by Hypothesis
        aim = {"to_desk": to} if to in self.scene.hall.desks else {"service": to}
        self.do(c.Transfer(desk, **aim, returns=returns))

    @rule(desk=desks, confirmed=st.booleans())
    def proof_is_looked_at(self, desk: str, confirmed: bool) -> None:  # noqa: FBT001 -- drawn by Hypothesis
        self.do(c.JudgeCategory(desk, confirmed=confirmed))

    @precondition(lambda self: self.scene.hall.tickets)
    @rule(desk=desks, data=st.data())
    def someone_is_named(self, desk: str, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.scene.hall.tickets)))
        waits = self.scene.ticket(ticket).state is TicketState.WAITING
        self.do(c.Pick(desk, ticket, "asked") if waits else c.Resume(desk, ticket))

    @rule(by=st.sampled_from((-7200, 31_536_000, -1_772_420_400)))
    def clock_is_set(self, by: int) -> None:
        if self.scene.hall.day and abs(self.scene.hall.day.stepped + by) < 10**9 * 1.8:
            self.do(c.NoteClockStep(by))

    @rule(value=st.sampled_from(centre.VARIANTS["ordering"]))
    def rule_is_changed(self, value: dict[str, object]) -> None:
        self.do(c.ChangeSettings({"ordering": value}))

    @rule()
    def day_changes(self) -> None:
        self.days += 1
        self.do(open_day((date(2026, 3, 1) + timedelta(days=self.days - 1)).isoformat()))

    def teardown(self) -> None:
        if hasattr(self, "scene"):
            assert replayed(self.scene.facts) == self.scene.hall


TestCentre = Centre.TestCase
TestCentre.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
