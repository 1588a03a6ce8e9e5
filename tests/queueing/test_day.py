"""The business day: numbers, hours, its end in ticks, steps of the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing.day import Closed, Day, closed_because, ends_at, following, second_at, wall
from edge.queueing.hours import Calendar, Interval
from edge.queueing.numbering import next_number
from edge.queueing.ticket import Ticket, TicketState
from tests.queueing import centre
from tests.queueing.scene import Scene, open_day

OFFSET = 6 * 3600
MONDAY = Day("2026-03-02", datetime(2026, 3, 2, 3, 0, tzinfo=UTC), "Asia/Bishkek", OFFSET)  # 09:00
OFFICE = Calendar(
    hours=((Interval(9 * 3600, 18 * 3600),),) * 5 + ((),) * 2,
    lunch=(Interval(12 * 3600 + 1800, 13 * 3600 + 1800),),
)
HOUR = 3600


@pytest.mark.parametrize(("issued", "number"), [(0, "A001"), (998, "A999"), (999, "A1000"), (9998, "A9999")])
def test_a_number_is_the_letter_and_the_counter_of_the_day(issued: int, number: str) -> None:
    assert next_number("A", issued) == number


def test_after_9999_tickets_of_a_letter_the_day_is_full() -> None:
    with pytest.raises(Refused, match="no number is left for letter A") as caught:
        next_number("A", 9999)
    assert (caught.value.code, caught.value.reason) == ("full", "full")


def test_each_letter_counts_alone_and_begins_anew_with_the_day() -> None:
    scene = Scene()
    numbers = [scene.ticket(scene.issue(service)).number for service in ("passport", "passport", "address", "birth")]
    assert numbers == ["A001", "A002", "MA001", "K001"]
    scene.do(open_day("2026-03-03"))
    assert scene.ticket(scene.issue("address")).number == "MA001"


def test_numbers_come_from_the_business_day_never_from_the_clock() -> None:
    scene = Scene()
    scene.issue()
    scene.do(c.NoteClockStep(400 * 86_400))
    ticket = scene.ticket(scene.issue())
    assert (ticket.number, ticket.day) == ("A002", "2026-03-02")


@pytest.mark.parametrize(
    ("tick", "why"),
    [
        (0, None),
        (int(3.5 * HOUR) - 1, None),
        (int(3.5 * HOUR), Closed.LUNCH),
        (int(4.5 * HOUR) - 1, Closed.LUNCH),
        (int(4.5 * HOUR), None),
        (9 * HOUR - 1, None),
        (9 * HOUR, Closed.CLOSED),
    ],
)
def test_the_hall_gives_tickets_within_its_hours_but_not_at_lunch(tick: int, why: Closed | None) -> None:
    assert closed_because(MONDAY, OFFICE, tick) is why


def test_on_a_day_without_hours_and_without_an_open_day_the_hall_is_closed() -> None:
    sunday = replace(MONDAY, day="2026-03-01", wall_at_tick0=MONDAY.wall_at_tick0 - timedelta(days=1))
    assert closed_because(sunday, OFFICE, 0) is Closed.CLOSED
    assert closed_because(None, OFFICE, 0) is Closed.CLOSED


def test_hours_up_to_midnight_reach_the_last_second() -> None:
    always = Calendar(hours=((Interval(0, 86_400),),) * 7)
    assert all(closed_because(MONDAY, always, tick) is None for tick in (0, 15 * HOUR - 1, 15 * HOUR))


def test_the_clock_of_people_follows_steps_and_hours_follow_it() -> None:
    stepped = replace(MONDAY, stepped=10 * HOUR)
    assert wall(stepped, 60) == MONDAY.wall_at_tick0 + timedelta(hours=10, seconds=60)
    assert second_at(stepped, 60) == 19 * HOUR + 60
    assert closed_because(stepped, OFFICE, 60) is Closed.CLOSED


def test_a_day_ends_at_local_midnight_counted_in_ticks() -> None:
    assert ends_at(MONDAY) == 15 * HOUR
    assert ends_at(replace(MONDAY, stepped=-7200)) == 15 * HOUR


def test_a_day_that_opened_between_two_seconds_ends_after_midnight_not_before() -> None:
    opened = replace(MONDAY, wall_at_tick0=MONDAY.wall_at_tick0 + timedelta(milliseconds=700))
    assert wall(opened, ends_at(opened)) >= datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("before_midnight", [timedelta(milliseconds=300), timedelta(seconds=2), timedelta(hours=2)])
def test_a_day_that_opened_the_evening_before_lasts_until_its_own_midnight(before_midnight: timedelta) -> None:
    opened = replace(MONDAY, day="2026-03-03", wall_at_tick0=datetime(2026, 3, 2, 18, 0, tzinfo=UTC) - before_midnight)
    assert timedelta(seconds=ends_at(opened)) >= timedelta(days=1) + before_midnight


def test_a_day_under_a_clock_of_1970_ends_at_the_midnight_of_that_clock() -> None:
    opened = replace(MONDAY, wall_at_tick0=datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC))
    assert ends_at(opened) == 18 * HOUR - 10


def test_the_day_after_is_by_the_calendar() -> None:
    assert [following(day) for day in ("2026-02-28", "2028-02-28", "2026-12-31")] == ["2026-03-01", "2028-02-29", "2027-01-01"]


def test_closing_the_day_closes_open_tickets_with_a_mark_and_frees_the_desks() -> None:
    scene = Scene()
    waiting, called = scene.issue("address"), scene.issue("passport")
    scene.next("1")
    outcome = scene.do(c.CloseDay())
    assert outcome.result == "ok"
    assert (scene.hall.day, scene.hall.tickets, scene.hall.desks["1"].ticket) == (None, {}, None)
    assert {waiting, called}.isdisjoint(scene.hall.tickets)


def test_what_was_at_a_desk_ends_finished_what_waited_ends_cancelled() -> None:
    scene = Scene()
    scene.issue("address")
    scene.issue("passport")
    scene.next("1")
    turn = scene.turn(c.CloseDay())
    ended = {value.number: (value.state, value.inaccurate) for value in turn.changed if isinstance(value, Ticket)}
    assert ended == {"MA001": (TicketState.CANCELLED, True), "A001": (TicketState.FINISHED, True)}


def test_opening_a_day_closes_the_one_before_and_begins_at_tick_0() -> None:
    scene = Scene()
    scene.wait(50_000)
    scene.do(open_day("2026-03-03"))
    assert [type(fact.event).__name__ for fact in scene.facts[-2:]] == ["DayClosed", "DayOpened"]
    assert (scene.tick, scene.hall.tick, scene.hall.issued, scene.hall.counters) == (0, 0, 0, {})


def test_a_day_that_is_not_open_cannot_be_closed() -> None:
    with pytest.raises(Refused, match="the day cannot be closed: none is open"):
        Scene(opened=False).do(c.CloseDay())


def test_no_ticket_is_given_without_an_open_day_or_out_of_hours() -> None:
    closed = Scene(opened=False)
    with pytest.raises(Refused) as caught:
        closed.issue()
    assert caught.value.reason == "closed"
    office = Scene(centre.settings(hours=centre.OFFICE, lunch=[["12:30", "13:30"]]))
    office.at(4 * HOUR)
    with pytest.raises(Refused) as caught:
        office.issue()
    assert caught.value.reason == "lunch"
