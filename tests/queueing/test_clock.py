"""A clock that jumps: it moves what people see, and never a number, the order, the day or an open door."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.queueing import commands as c
from edge.queueing import roster
from edge.queueing.day import Day, closed_because, ends_at, second_at, tick_at, tick_of, wall, working_left
from edge.queueing.hours import DAY_S, Calendar, Interval
from tests.queueing import centre
from tests.queueing.scene import Scene, open_day, replayed

OFFSET = 6 * 3600
HOUR = 3600
MONDAY = Day("2026-03-02", datetime(2026, 3, 2, 1, 0, tzinfo=UTC), "Asia/Bishkek", OFFSET)  # 07:00
OFFICE = Calendar(hours=((Interval(9 * HOUR, 18 * HOUR),),) * 5 + ((),) * 2, lunch=(Interval(45_000, 48_600),))
YEAR = 365 * DAY_S
STEPS = st.sampled_from((-2 * HOUR, 2 * HOUR, YEAR, -YEAR, 20 * HOUR, -20 * HOUR, 3, -3, 57 * YEAR, -57 * YEAR)) | st.integers(-2 * DAY_S, 2 * DAY_S)


def scene() -> Scene:
    made = Scene(centre.settings(hours=centre.OFFICE, lunch=[["12:30", "13:30"]]), opened=False)
    made.do(open_day(wall="2026-03-02T01:00:00.000Z"))
    for name in made.hall.desks:
        made.do(c.Open(name))
    return made


@given(st.lists(st.tuples(st.integers(0, 4 * HOUR), STEPS), max_size=8))
def test_no_step_closes_an_open_hall_ends_the_day_or_moves_a_number(steps: list[tuple[int, int]]) -> None:
    made = scene()
    numbers: list[str] = []
    for wait, by in steps:
        made.wait(wait)
        before, calendar = made.hall, made.hall.policy.calendar
        assert before.day is not None
        was_open = closed_because(before.day, calendar, made.tick) is None
        left = working_left(before.day, calendar, made.tick)
        made.do(c.NoteClockStep(by))
        after = made.hall
        assert after.day is not None
        assert (after.day.day, ends_at(after.day)) == (before.day.day, ends_at(before.day))
        assert (after.counters, after.tickets) == (before.counters, before.tickets)
        if was_open:
            assert closed_because(after.day, calendar, made.tick) is None
            assert working_left(after.day, calendar, made.tick)[0][1] >= left[0][1]
            numbers.append(made.ticket(made.issue()).number)
    assert numbers == [f"A{number:03}" for number in range(1, len(numbers) + 1)]
    assert replayed(made.facts) == made.hall


@given(st.lists(STEPS, max_size=6), st.integers(0, 40 * HOUR))
def test_hours_follow_the_time_of_day_that_people_s_clocks_show(steps: list[int], tick: int) -> None:
    day = replace(MONDAY, stepped=sum(steps))
    local = wall(day, tick) + timedelta(seconds=OFFSET)
    assert second_at(day, tick) % DAY_S == local.hour * HOUR + local.minute * 60 + local.second
    assert tick_at(day, second_at(day, tick)) == tick
    assert abs(second_at(day, 0) - second_at(MONDAY, 0)) < DAY_S


@given(st.lists(STEPS, max_size=6), st.integers(0, 16 * HOUR))
def test_working_spans_are_in_order_apart_and_from_now_on(steps: list[int], tick: int) -> None:
    made = scene()
    made.at(tick)
    for by in steps:
        made.do(c.NoteClockStep(by))
    left = roster.rostered(made.hall, "1", tick)
    assert all(start < end for start, end in left)
    assert all(one[1] <= other[0] for one, other in pairwise(left))
    assert all(start >= tick for start, _ in left)


@pytest.mark.parametrize("by", [YEAR, -YEAR, -57 * YEAR])
def test_a_clock_of_another_year_has_the_same_hours_and_the_day_s_own_weekday(by: int) -> None:
    for tick in (1 * HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR):
        assert closed_because(replace(MONDAY, stepped=by), OFFICE, tick) == closed_because(MONDAY, OFFICE, tick)


def test_what_is_open_when_the_clock_is_set_stays_open_until_it_would_have_closed() -> None:
    made = scene()
    made.at(10 * HOUR)  # 17:00
    made.do(c.NoteClockStep(2 * HOUR))  # 19:00
    assert roster.why_closed(made.hall, 11 * HOUR - 1) is None
    assert roster.why_closed(made.hall, 11 * HOUR) == "closed"


def test_a_clock_set_right_opens_a_hall_that_a_slow_one_kept_closed() -> None:
    made = scene()
    made.at(600)  # it shows 07:10, and it is 09:10
    assert roster.why_closed(made.hall, 600) == "closed"
    made.do(c.NoteClockStep(2 * HOUR))
    assert roster.why_closed(made.hall, 600) is None


def test_new_hours_hold_at_once_also_after_a_step() -> None:
    made = scene()
    made.at(10 * HOUR)
    made.do(c.NoteClockStep(2 * HOUR))
    made.change("calendar", {"hours": {"mon": [["09:00", "17:00"]]}, "lunch": []})
    assert roster.why_closed(made.hall, made.tick) == "closed"


@given(st.integers(0, DAY_S - 1), st.sampled_from((0, YEAR, -57 * YEAR, 2 * HOUR, -2 * HOUR)))
def test_an_appointment_is_due_when_clocks_show_its_time_whatever_year_they_show(second: int, by: int) -> None:
    day = replace(MONDAY, stepped=by)
    appointment = datetime(2026, 3, 2, tzinfo=UTC) - timedelta(seconds=OFFSET) + timedelta(seconds=second)
    assert second_at(day, tick_of(day, appointment)) == second


def test_an_appointment_of_a_provisional_day_is_mapped_by_the_day_s_name() -> None:
    day = replace(MONDAY, wall_at_tick0=datetime(1970, 1, 1, 1, 0, tzinfo=UTC), provisional=True)
    assert tick_of(day, datetime(2026, 3, 2, 3, 0, tzinfo=UTC)) == 2 * HOUR


def test_a_clock_that_comes_right_a_day_later_is_believed() -> None:
    day = replace(MONDAY, day="2026-03-03", stepped=DAY_S)  # it showed 07:00 of the day before
    assert second_at(day, 0) == 7 * HOUR
