"""The parts of the day that boards name: when the hall opens, until when the break lasts, on which day it opens again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.queueing.day import Day, Phase, Stage, closed_because, phase, second_at
from edge.queueing.hours import Calendar, Interval

OFFSET = 6 * 3600
MONDAY = Day("2026-02-09", datetime(2026, 2, 8, 18, 0, tzinfo=UTC), "Asia/Bishkek", OFFSET)  # tick 0 is its midnight
FRIDAY = replace(MONDAY, day="2026-02-13", wall_at_tick0=MONDAY.wall_at_tick0 + timedelta(days=4))


def at(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def span(text: str) -> Interval:
    start, end = text.split("-")
    return Interval(at(start), at(end))


def week(*spans: str, lunch: tuple[str, ...] = (), weekend: tuple[str, ...] = ()) -> Calendar:
    workday, rest = tuple(map(span, spans)), tuple(map(span, weekend))
    return Calendar((workday,) * 5 + (rest,) * 2, tuple(map(span, lunch)))


OFFICE = week("9:00-18:00", lunch=("12:30-13:30",))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("0:00", Phase(Stage.OPENING, at("9:00"))),
        ("8:59", Phase(Stage.OPENING, at("9:00"))),
        ("9:00", Phase(Stage.OPEN, at("12:30"))),
        ("12:29", Phase(Stage.OPEN, at("12:30"))),
        ("12:30", Phase(Stage.LUNCH, at("13:30"))),
        ("13:29", Phase(Stage.LUNCH, at("13:30"))),
        ("13:30", Phase(Stage.OPEN, at("18:00"))),
        ("18:00", Phase(Stage.CLOSED, at("9:00"), "2026-02-10")),
        ("23:59", Phase(Stage.CLOSED, at("9:00"), "2026-02-10")),
    ],
)
def test_a_workday_opens_breaks_and_closes(clock: str, expected: Phase) -> None:
    assert phase(MONDAY, OFFICE, at(clock)) == expected


def test_on_friday_evening_the_hall_opens_next_on_monday() -> None:
    assert phase(FRIDAY, OFFICE, at("18:30")) == Phase(Stage.CLOSED, at("9:00"), "2026-02-16")


def test_a_day_without_hours_is_closed_and_names_the_next_day_that_has_some() -> None:
    saturday = replace(FRIDAY, day="2026-02-14", wall_at_tick0=FRIDAY.wall_at_tick0 + timedelta(days=1))
    assert phase(saturday, OFFICE, at("10:00")) == Phase(Stage.CLOSED, at("9:00"), "2026-02-16")
    assert phase(saturday, week("9:00-18:00", weekend=("10:00-14:00",)), at("9:00")) == Phase(Stage.OPENING, at("10:00"))


def test_a_hall_open_one_day_a_week_names_the_same_weekday_of_the_next_week() -> None:
    mondays = Calendar(((span("9:00-12:00"),), *[()] * 6))
    assert phase(MONDAY, mondays, at("12:00")) == Phase(Stage.CLOSED, at("9:00"), "2026-02-16")


def test_a_hall_without_any_hours_names_no_day() -> None:
    assert phase(MONDAY, Calendar(((),) * 7), at("10:00")) == Phase(Stage.CLOSED)


def test_between_two_spans_the_hall_opens_again_today() -> None:
    halves = week("9:00-12:00", "14:00-17:00")
    assert phase(MONDAY, halves, at("13:00")) == Phase(Stage.OPENING, at("14:00"))
    assert phase(MONDAY, halves, at("17:00")) == Phase(Stage.CLOSED, at("9:00"), "2026-02-10")


def test_spans_that_touch_or_overlap_in_any_order_are_one() -> None:
    assert phase(MONDAY, week("13:00-18:00", "9:00-13:00"), at("10:00")) == Phase(Stage.OPEN, at("18:00"))
    assert phase(MONDAY, week("9:00-15:00", "12:00-18:00"), at("10:00")) == Phase(Stage.OPEN, at("18:00"))


def test_a_lunch_after_which_nobody_comes_back_is_no_lunch() -> None:
    assert phase(MONDAY, week("9:00-13:00", lunch=("12:30-13:30",)), at("12:45")) == Phase(Stage.CLOSED, at("9:00"), "2026-02-10")


def test_a_lunch_that_outlasts_the_first_span_lasts_until_the_second() -> None:
    calendar = week("9:00-13:00", "14:00-18:00", lunch=("12:30-13:30",))
    assert phase(MONDAY, calendar, at("12:45")) == Phase(Stage.LUNCH, at("14:00"))
    assert phase(MONDAY, calendar, at("13:15")) == Phase(Stage.OPENING, at("14:00"))


def test_lunches_that_follow_one_another_end_with_the_last() -> None:
    assert phase(MONDAY, week("9:00-18:00", lunch=("12:00-12:30", "12:30-13:00")), at("12:10")) == Phase(Stage.LUNCH, at("13:00"))


def test_hours_that_begin_with_lunch_begin_after_it() -> None:
    calendar = week("12:30-18:00", lunch=("12:30-13:30",))
    assert phase(MONDAY, calendar, at("9:00")) == Phase(Stage.OPENING, at("13:30"))
    assert phase(FRIDAY, calendar, at("18:00")) == Phase(Stage.CLOSED, at("13:30"), "2026-02-16")


def test_hours_up_to_midnight_last_to_the_last_second() -> None:
    always = Calendar((((span("0:00-24:00")),),) * 7)
    assert phase(MONDAY, always, at("23:59") + 59) == Phase(Stage.OPEN, at("24:00"))


def test_without_an_open_day_the_hall_is_closed_and_nothing_is_promised() -> None:
    assert phase(None, OFFICE, 0) == Phase(Stage.CLOSED)


def test_a_provisional_day_keeps_its_hours_but_names_no_date() -> None:
    unsure = replace(FRIDAY, provisional=True)
    assert phase(unsure, OFFICE, at("8:00")) == Phase(Stage.OPENING, at("9:00"))
    assert phase(unsure, OFFICE, at("19:00")) == Phase(Stage.CLOSED)


def test_the_phase_follows_a_step_of_the_clock() -> None:
    assert phase(replace(MONDAY, stepped=3600), OFFICE, at("8:30")) == Phase(Stage.OPEN, at("12:30"))


SPANS = st.lists(
    st.tuples(st.integers(0, 23), st.integers(1, 24))
    .filter(lambda pair: pair[0] < pair[1])
    .map(lambda pair: Interval(pair[0] * 3600, pair[1] * 3600)),
    max_size=3,
).map(tuple)


@given(hours=st.tuples(*[SPANS] * 7), lunch=SPANS, tick=st.integers(0, 86_399))
def test_the_phase_is_open_exactly_while_tickets_are_given_and_says_truly_when_that_changes(
    hours: tuple[tuple[Interval, ...], ...], lunch: tuple[Interval, ...], tick: int
) -> None:
    calendar = Calendar(hours, lunch)
    now = phase(MONDAY, calendar, tick)
    assert (now.stage is Stage.OPEN) == (closed_because(MONDAY, calendar, tick) is None)
    if now.at is None:
        return
    ahead = 0 if now.day is None else (datetime.fromisoformat(now.day).date() - datetime.fromisoformat(MONDAY.day).date()).days
    then = ahead * 86_400 + now.at
    assert then > tick
    second = second_at(MONDAY, tick)
    assert second == tick
    if now.stage is not Stage.OPEN:
        assert closed_because(MONDAY, calendar, then) is None
        assert closed_because(MONDAY, calendar, then - 1) is not None
    elif then < 86_400:
        assert closed_because(MONDAY, calendar, then) is not None
