"""The business day and its ticks, under clocks that jump, stop and lie."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from edge.errors import BadRequest, Refused
from edge.operations import day, tickets
from edge.operations.clock import RELEASED, Quality, SystemClock
from edge.queueing import commands as c
from edge.queueing.day import wall
from edge.queueing.desk import DeskState
from edge.store import queries
from tests.operations.box import MORNING, Box

HOUR = 3600
YEAR = timedelta(days=365)
TO_1970 = datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC) - MORNING


def the_day(box: Box) -> str:
    assert box.hall.day is not None
    return box.hall.day.day


def days_opened(box: Box) -> list[str]:
    facts = [fact.event for commit in box.announced for fact in commit.facts]
    return [event.day for event in facts if type(event).__name__ == "DayOpened"]  # type: ignore[union-attr]


def test_the_day_opens_by_itself_at_the_first_write(box: Box) -> None:
    assert (the_day(box), box.hall.day and box.hall.day.provisional) == ("2026-03-02", False)
    assert wall(box.hall.day, 0) == MORNING  # type: ignore[arg-type]


def test_nothing_is_opened_before_the_centre_has_settings(fresh: Box) -> None:
    fresh.pass_by(3600)
    assert (fresh.hall.day, fresh.types()) == (None, [])


def test_at_local_midnight_the_next_day_opens_by_itself_and_numbers_begin_anew(box: Box) -> None:
    box.issue()
    for _ in range(15):
        box.pass_by(HOUR)
    assert the_day(box) == "2026-03-03"
    assert (box.hall.tickets, box.hall.issued) == ({}, 0)
    assert json.loads(box.issue().answer)["number"] == "A001"
    assert box.verify().clean


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.3, 0.7, 0.999])
def test_midnight_opens_one_day_with_the_right_name_wherever_between_two_seconds_the_day_began(fresh: Box, fraction: float) -> None:
    fresh.clock.at += timedelta(seconds=fraction)
    fresh.make()
    fresh.pass_by(15 * HOUR - 65 - fraction)
    for _ in range(40):
        fresh.pass_by(0.25)
    assert days_opened(fresh) == ["2026-03-02", "2026-03-03"]
    fresh.pass_by(24 * HOUR)
    assert days_opened(fresh)[-1] == "2026-03-04"
    assert len(days_opened(fresh)) == 3


def test_a_clock_that_is_a_little_behind_at_midnight_opens_no_day_twice(box: Box) -> None:
    box.step(timedelta(seconds=-1.9))
    box.pass_by(15 * HOUR - 60)
    for _ in range(20):
        box.pass_by(0.5)
    assert days_opened(box) == ["2026-03-02", "2026-03-03"]


def test_a_clock_set_back_two_hours_opens_no_day_twice(box: Box) -> None:
    box.step(timedelta(hours=-2))
    for _ in range(40):
        box.pass_by(HOUR)
    assert days_opened(box) == ["2026-03-02", "2026-03-03"]


@pytest.mark.parametrize("by", [TO_1970, timedelta(hours=-2), YEAR, timedelta(hours=20)])
def test_a_step_of_the_clock_neither_ends_the_day_nor_moves_a_tick(box: Box, by: timedelta) -> None:
    box.issue()
    tick = box.ctx.tick()
    box.step(by)
    box.pass_by(10)
    assert (the_day(box), box.ctx.tick()) == ("2026-03-02", tick + 10)
    assert box.types()[-1] == "clock.stepped"
    assert json.loads(box.issue().answer)["number"] == "A002"
    box.act(c.CallNext("1"))
    assert box.numbers_called() == ["A001"]
    assert box.verify().clean


def test_steps_below_two_seconds_are_drift(box: Box) -> None:
    box.step(timedelta(seconds=1.4))
    box.pass_by(1)
    assert "clock.stepped" not in box.types()


def test_a_clock_that_nobody_trusts_is_no_reason_for_a_step(box: Box) -> None:
    box.clock.grade = Quality.UNSYNCED
    box.step(YEAR)
    box.pass_by(1)
    assert "clock.stepped" not in box.types()


def test_a_step_moves_what_people_see_once(box: Box) -> None:
    box.step(timedelta(hours=3))
    box.pass_by(1)
    box.pass_by(1)
    assert box.types().count("clock.stepped") == 1
    assert box.hall.day is not None
    assert abs(wall(box.hall.day, box.ctx.tick()) - box.clock.at) < timedelta(seconds=1)


# Restarts


def test_over_a_restart_with_a_trusted_clock_the_tick_goes_on_by_the_gap(box: Box) -> None:
    box.issue()
    tick = box.hall.tick
    box.restart(away=600)
    assert box.ctx.tick() == tick + 600


@pytest.mark.parametrize(("before", "after"), [(Quality.UNSYNCED, Quality.NTP), (Quality.NTP, Quality.UNSYNCED), (Quality.HOLDOVER, Quality.RTC)])
def test_over_a_restart_with_a_clock_untrusted_on_either_side_the_tick_goes_on_by_nothing(box: Box, before: Quality, after: Quality) -> None:
    box.clock.grade = before
    box.issue()
    tick = box.hall.tick
    box.restart(away=600, grade=after)
    assert box.ctx.tick() == tick


@pytest.mark.parametrize("wall_gap", [TO_1970, timedelta(hours=-2), timedelta(0)])
@pytest.mark.parametrize("grade", [Quality.NTP, Quality.UNSYNCED])
def test_ticks_never_decrease_over_a_restart_whatever_the_clock_says(box: Box, grade: Quality, wall_gap: timedelta) -> None:
    box.issue()
    before = box.hall.tick
    for _ in range(3):
        box.restart(wall=wall_gap, grade=grade)
        assert box.ctx.tick() >= before
        box.issue()
        assert box.hall.tick >= before
        before = box.hall.tick
        box.pass_by(7)
    assert the_day(box) == "2026-03-02"
    assert box.verify().clean


def test_a_restart_with_the_clock_at_1970_keeps_the_day_and_its_order(box: Box) -> None:
    for _ in range(3):
        box.issue()
    box.restart(wall=TO_1970, grade=Quality.UNSYNCED)
    box.issue()
    assert [box.act(c.CallNext(desk)).outcome.ticket.number for desk in ("1", "2")] == ["A001", "A002"]  # type: ignore[union-attr]
    assert the_day(box) == "2026-03-02"
    assert box.verify().clean


def test_a_box_that_slept_over_the_night_opens_the_new_day_at_its_first_write(box: Box) -> None:
    box.issue()
    box.restart(away=24 * HOUR)
    assert json.loads(box.issue().answer)["number"] == "A001"
    assert the_day(box) == "2026-03-03"


def test_a_box_that_slept_over_a_week_takes_the_name_of_today(box: Box) -> None:
    box.restart(away=7 * 24 * HOUR)
    box.issue()
    assert the_day(box) == "2026-03-09"


def test_with_an_untrusted_clock_the_next_working_day_is_provisional_and_follows_the_last(box: Box) -> None:
    box.clock.grade = Quality.UNSYNCED
    box.step(TO_1970)
    box.pass_by(16 * HOUR)
    assert box.hall.day is not None
    assert (box.hall.day.day, box.hall.day.provisional) == ("2026-03-03", True)


def test_a_day_that_never_ended_before_the_first_start_is_provisional_with_an_untrusted_clock(fresh: Box) -> None:
    fresh.clock.grade = Quality.UNSYNCED
    fresh.make()
    assert fresh.hall.day is not None
    assert fresh.hall.day.provisional


# The moment between two days


def test_whoever_writes_right_after_the_new_day_counts_from_its_beginning(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the commit that opened the day and what its thread does next, another thread may already decide."""
    box.pass_by(15 * HOUR - 120)
    start_day, other = box.ctx.ticks.start_day, threading.Thread(target=box.issue)

    def interleaved() -> None:
        if other.ident is None:
            other.start()
            other.join(0.3)  # time enough to decide now, or else it waits for its turn
        start_day()

    monkeypatch.setattr(box.ctx.ticks, "start_day", interleaved)
    box.pass_by(120)
    other.join()
    assert days_opened(box) == ["2026-03-02", "2026-03-03"]
    assert box.hall.issued == 1
    assert box.hall.tick < 100


def test_the_chores_open_no_transaction_when_nothing_is_due(box: Box) -> None:
    version = box.database.committed.version
    for _ in range(5):
        box.pass_by(1)
    day.settle(box.ctx)
    assert box.database.committed.version == version


def test_a_contact_of_the_ticket_that_opens_a_day_stays_with_it(box: Box) -> None:
    box._advance(16 * HOUR)
    tickets.issue(box.ctx, service="passport", lang="ky", via="kiosk-1", actor="device:kiosk-1", contact="+996 555 000000")
    assert the_day(box) == "2026-03-03"
    assert len(list(box.database.connection().execute("SELECT ticket FROM contact"))) == 1


def test_contacts_are_erased_with_the_day(box: Box) -> None:
    tickets.issue(box.ctx, service="passport", lang="ky", via="kiosk-1", actor="device:kiosk-1", contact="+996 555 000000")
    rows = list(box.database.connection().execute("SELECT ticket, sealed FROM contact"))
    assert len(rows) == 1
    assert b"555" not in bytes(rows[0][1])
    box.pass_by(16 * HOUR)
    assert list(box.database.connection().execute("SELECT ticket FROM contact")) == []


# A person confirms the date


def _provisional(box: Box) -> None:
    """A day that opened by itself while the clock showed 1970, with one ticket over, one at a desk and one that waits."""
    box.clock.grade = Quality.UNSYNCED
    box.step(TO_1970)
    box.pass_by(16 * HOUR)
    for _ in range(3):
        tickets.issue(box.ctx, service="passport", lang="ky", via="kiosk-1", actor="device:kiosk-1")
    if box.hall.desks["1"].state is not DeskState.OPEN:
        box.act(c.Open("1"))
    box.act(c.CallNext("1"))
    box.act(c.CallNext("1"))


def _stored(box: Box) -> list[tuple[str, str]]:
    return sorted(box.database.connection().execute("SELECT day, number FROM ticket WHERE day > '2026-03-02'"))


def test_a_confirmed_day_has_another_name_and_the_same_numbers(box: Box) -> None:
    _provisional(box)
    numbers = [number for _, number in _stored(box)]
    assert day.confirm(box.ctx, "2026-03-05", actor="staff:p1") == "2026-03-05"
    assert box.hall.day is not None
    assert (box.hall.day.day, box.hall.day.provisional) == ("2026-03-05", False)
    assert _stored(box) == [("2026-03-05", number) for number in numbers]
    assert {ticket.day for ticket in box.hall.tickets.values()} == {"2026-03-05"}
    assert box.verify().clean, box.verify().problems
    box.restart()
    assert {ticket.day for ticket in box.hall.tickets.values()} == {"2026-03-05"}


def test_a_clock_set_by_hand_is_taken_with_its_date(box: Box) -> None:
    _provisional(box)
    box.clock.at = datetime(2026, 3, 6, 4, tzinfo=UTC)
    assert day.confirm(box.ctx, None, actor="system") == "2026-03-06"
    assert box.hall.day is not None
    assert abs(wall(box.hall.day, box.ctx.tick()) - box.clock.at) < timedelta(seconds=2)
    assert box.verify().clean, box.verify().problems


def test_a_day_that_a_box_without_a_clock_chip_carried_over_the_night_ends_when_its_clock_is_confirmed(box: Box) -> None:
    """Without a chip the clock goes on in the evening before: the day is still open, and closed by its hours."""
    box.restart(away=60, grade=Quality.UNSYNCED)
    box.clock.at = datetime(2026, 3, 3, 4, tzinfo=UTC)
    assert the_day(box) == "2026-03-02"
    assert day.confirm(box.ctx, None, actor="system") == "2026-03-03"
    assert the_day(box) == "2026-03-03"
    assert box.verify().clean


@pytest.mark.parametrize("said", ["2026-03-02", "2026-02-28"])
def test_a_confirmed_day_comes_after_the_day_before(box: Box, said: str) -> None:
    _provisional(box)
    with pytest.raises(Refused, match="the day before it was 2026-03-02"):
        day.confirm(box.ctx, said, actor="system")


def test_a_day_that_nobody_doubts_is_not_confirmed(box: Box) -> None:
    with pytest.raises(Refused, match="nothing to confirm"):
        day.confirm(box.ctx, None, actor="system")
    with pytest.raises(BadRequest, match="must be a date"):
        day.confirm(box.ctx, "tomorrow", actor="system")


class _Shows(SystemClock):
    """The box's clock, showing something."""

    def __init__(self, at: datetime, not_before: datetime = RELEASED) -> None:
        super().__init__(not_before)
        self.at = at

    def wall(self) -> datetime:
        return self.at


@pytest.mark.parametrize("at", ["1970-01-01T00:00:10+00:00", "2069-12-31T00:00:00+00:00", "2026-01-01T00:00:00+00:00"])
def test_a_clock_that_shows_the_impossible_is_not_trusted_whatever_the_kernel_says(at: str) -> None:
    assert _Shows(datetime.fromisoformat(at)).quality() is Quality.UNSYNCED


def test_a_clock_behind_the_journal_is_not_trusted(box: Box) -> None:
    box.issue()
    newest = queries.newest_trusted(box.database)
    assert newest == box.clock.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    known = RELEASED + timedelta(days=30)
    assert _Shows(known - timedelta(days=1), known).quality() is Quality.UNSYNCED
