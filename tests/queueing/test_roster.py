"""Who works when: nobody is called outside a roster, nobody loses a place by lunch, and button-only desks follow the hall."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import roster
from edge.queueing.day import Stage, closed_because
from edge.queueing.desk import DeskState, Key
from edge.queueing.ticket import TicketState
from edge.queueing.turn import Result
from tests.queueing import centre
from tests.queueing.scene import Scene, open_day, replayed

HOUR = 3600
SEVEN = "2026-03-02T01:00:00.000Z"  # a Monday, in Bishkek
LUNCH = [["12:30", "13:30"]]


def at(clock: str) -> int:
    """Return the tick of a clock time of a day that opened at 7."""
    hours, minutes = clock.split(":")
    return int(hours) * HOUR + int(minutes) * 60 - 7 * HOUR


def office(*, lunch: list[list[str]] | None = None, desks: dict[str, dict[str, Any]] | None = None, **calendar: Any) -> Scene:
    """A centre with office hours whose day opened at 7; ``desks``: what differs at which."""
    values = centre.settings(hours=centre.OFFICE, lunch=lunch)
    values["calendar"].update(calendar)
    values["desks"] = [{**desk, **(desks or {}).get(desk["desk"], {})} for desk in values["desks"]]
    scene = Scene(values, opened=False)
    scene.do(open_day(wall=SEVEN))
    return scene


def staffed(scene: Scene) -> Scene:
    for name in scene.hall.desks:
        if scene.hall.desks[name].state is DeskState.CLOSED:
            scene.do(c.Open(name))
    return scene


def is_state(scene: Scene, state: DeskState) -> bool:
    return scene.hall.desks["1"].state is state


def settle(scene: Scene) -> None:
    for command in roster.due(scene.hall, scene.tick):
        scene.do(command)


# Lunch


def test_at_the_hall_s_lunch_a_visit_is_finished_and_nobody_new_is_called() -> None:
    scene = staffed(office(lunch=LUNCH))
    scene.at(at("12:29"))
    first, second = scene.issue(), scene.issue()
    assert scene.next() == (first, "order")
    scene.at(at("12:30"))
    assert scene.do(c.CallNext("1")).result is Result.FINISHED
    assert scene.do(c.CallNext("1")).result is Result.EMPTY
    assert scene.do(c.Press("1", Key.PRESS)).result is Result.EMPTY
    assert scene.ticket(second).state is TicketState.WAITING
    with pytest.raises(Refused, match="calls no one now"):
        scene.do(c.Pick("1", second, "asked"))
    scene.at(at("13:30"))
    assert scene.next() == (second, "order")


@given(st.lists(st.sampled_from(("passport", "birth", "address")), min_size=1, max_size=12), st.integers(0, 8))
def test_who_waits_at_lunch_is_called_afterwards_in_the_same_order(services: list[str], called: int) -> None:
    def order(lunch: list[list[str]]) -> list[str]:
        scene = staffed(office(lunch=lunch))
        scene.at(at("12:00"))
        for number, service in enumerate(services):
            scene.at(at("12:00") + number * 60)
            scene.issue(service)
        before = [scene.next("5") for _ in range(called)]
        scene.at(at("12:45"))
        if lunch:
            assert scene.do(c.CallNext("5")).result in (Result.FINISHED, Result.EMPTY)
        scene.at(at("13:30"))
        return [found[0] for found in (*before, *(scene.next("5") for _ in services)) if found]

    with_lunch, without = order(LUNCH), order([])
    assert with_lunch == without
    assert len(with_lunch) == len(services)


def test_desks_have_lunch_one_after_another_while_the_hall_gives_tickets() -> None:
    scene = staffed(office(desks={"1": {"lunch": [["12:00", "13:00"]]}, "2": {"lunch": [["13:00", "14:00"]]}}))
    scene.at(at("12:30"))
    first, second = scene.issue(), scene.issue()
    assert scene.next("1") is None
    assert scene.next("2") == (first, "order")
    scene.at(at("13:00"))
    assert scene.next("1") == (second, "order")
    assert roster.off_until(scene.hall, "2", scene.tick) == at("14:00")
    assert roster.off_until(scene.hall, "1", scene.tick) is None


def test_lunches_that_touch_are_one() -> None:
    scene = staffed(office(lunch=LUNCH, desks={"1": {"lunch": [["12:00", "12:30"]]}}))
    assert roster.off_until(scene.hall, "1", at("12:10")) == at("13:30")


def test_a_desk_works_in_its_hours_without_lunch() -> None:
    scene = office(lunch=LUNCH, desks={"1": {"lunch": [["15:00", "15:15"]]}})
    assert roster.rostered(scene.hall, "1", at("8:00")) == [
        (at("9:00"), at("12:30")),
        (at("13:30"), at("15:00")),
        (at("15:15"), at("18:00")),
    ]
    assert roster.rostered(scene.hall, "2", at("17:00")) == [(at("17:00"), at("18:00"))]
    assert roster.rostered(scene.hall, "2", at("18:00")) == []


# Before the opening, and after closing


def test_tickets_given_before_the_opening_wait_from_the_opening_and_nobody_is_called_before_it() -> None:
    scene = staffed(office(tokens_before_min=60))
    scene.at(at("7:30"))
    with pytest.raises(Refused) as refused:
        scene.issue()
    assert refused.value.code == "not-yet"
    scene.at(at("8:00"))
    early = scene.issue()
    scene.at(at("8:50"))
    veteran, late = scene.issue(category="veteran"), scene.issue()
    assert {scene.ticket(each).base for each in (early, veteran, late)} == {at("9:00")}
    assert scene.next() is None
    scene.at(at("9:00"))
    assert [scene.next(desk) for desk in ("1", "2", "5")] == [(veteran, "category"), (early, "order"), (late, "order")]


def test_without_tickets_before_the_opening_the_hall_is_simply_closed() -> None:
    scene = office()
    scene.at(at("8:59"))
    with pytest.raises(Refused) as refused:
        scene.issue()
    assert refused.value.code == "closed"


def test_who_holds_a_ticket_is_served_after_closing() -> None:
    scene = staffed(office(lunch=LUNCH))
    scene.at(at("17:59"))
    last = scene.issue()
    scene.at(at("18:20"))
    assert scene.next() == (last, "order")


# Button-only desks


def test_a_desk_with_a_button_alone_opens_and_closes_with_the_hall() -> None:
    scene = office(lunch=LUNCH, desks={"1": {"button_only": True}})
    scene.at(at("8:59"))
    settle(scene)
    assert is_state(scene, DeskState.CLOSED)
    scene.at(at("9:00"))
    settle(scene)
    assert {name for name, desk in scene.hall.desks.items() if desk.state is DeskState.OPEN} == {"1"}
    scene.at(at("12:45"))
    settle(scene)
    assert is_state(scene, DeskState.OPEN)
    scene.at(at("17:59"))
    ticket = scene.issue()
    scene.at(at("18:01"))
    settle(scene)
    assert scene.do(c.Press("1", Key.PRESS)).result is Result.CALLED
    settle(scene)
    assert scene.hall.desks["1"].ticket == ticket
    scene.do(c.Press("1", Key.PRESS))
    settle(scene)
    assert is_state(scene, DeskState.CLOSED)
    assert replayed(scene.facts) == scene.hall


def test_a_desk_that_a_person_closed_is_not_opened_by_the_hours_again_today() -> None:
    scene = office(desks={"1": {"button_only": True}})
    scene.at(at("9:00"))
    settle(scene)
    scene.do(c.Close("1", "ill"))
    scene.at(at("10:00"))
    settle(scene)
    assert is_state(scene, DeskState.CLOSED)
    scene.do(open_day("2026-03-03", "2026-03-03T03:00:00.000Z"))
    settle(scene)
    assert is_state(scene, DeskState.OPEN)


def test_no_desk_is_opened_while_the_hall_is_closed_because_of_an_emergency() -> None:
    scene = office(desks={"1": {"button_only": True}})
    scene.change("emergency", {"text": centre.named("fire"), "reason": "alarm"})
    scene.at(at("9:30"))
    settle(scene)
    assert is_state(scene, DeskState.CLOSED)
    scene.change("emergency", None)
    settle(scene)
    assert is_state(scene, DeskState.OPEN)


# Special days


def test_a_holiday_is_closed_and_says_why() -> None:
    scene = office(days=[{"day": "2026-03-02", "hours": [], "why": centre.named("holiday")}])
    scene.at(at("10:00"))
    with pytest.raises(Refused) as refused:
        scene.issue()
    assert refused.value.code == "closed"
    now = roster.phase_of(scene.hall, scene.tick)
    assert (now.stage, now.day, now.at, now.why) == (Stage.CLOSED, "2026-03-03", 9 * HOUR, centre.named("holiday"))


def test_a_shortened_day_closes_earlier_and_keeps_its_lunch() -> None:
    scene = office(lunch=LUNCH, days=[{"day": "2026-03-02", "hours": [["09:00", "15:00"]], "why": None}])
    left = roster.rostered(scene.hall, "1", 0)
    assert left == [(at("9:00"), at("12:30")), (at("13:30"), at("15:00"))]


def test_an_extra_day_opens_a_weekend_and_a_row_of_holidays_is_looked_past() -> None:
    holidays: list[dict[str, Any]] = [{"day": f"2026-03-{number:02}", "hours": [], "why": None} for number in range(3, 7)]
    scene = office(days=[*holidays, {"day": "2026-03-07", "hours": [["10:00", "12:00"]], "why": None}])
    now = roster.phase_of(scene.hall, at("18:00"))
    assert (now.day, now.at) == ("2026-03-07", 10 * HOUR)


# A clock that nobody vouches for


def unsure() -> Scene:
    scene = Scene(centre.settings(hours=centre.OFFICE, lunch=LUNCH), opened=False)
    scene.do(open_day(wall="1970-01-01T00:00:10.000Z", provisional=True))
    return scene


def test_while_nobody_knows_the_time_desks_that_people_opened_decide() -> None:
    scene = unsure()
    assert roster.phase_of(scene.hall, 0).at is None
    with pytest.raises(Refused):
        scene.issue()
    scene.do(c.Open("1"))
    ticket = scene.issue()
    assert scene.next() == (ticket, "order")
    now = roster.phase_of(scene.hall, scene.tick)
    assert (now.stage, now.at) == (Stage.OPEN, None)


def test_a_holiday_or_weekend_by_name_does_not_close_a_hall_whose_date_is_not_known() -> None:
    scene = unsure()
    scene.do(open_day("2026-03-08", "1970-01-01T00:00:10.000Z", provisional=True))  # a Sunday by name
    scene.do(c.Open("1"))
    assert scene.ticket(scene.issue()).number == "A001"


def test_the_first_word_on_the_time_says_the_hours_and_when_the_day_ends() -> None:
    scene = unsure()  # the clock shows 06:00:10, and it is really 08:50
    scene.do(c.Open("1"))
    scene.at(600)
    scene.do(c.NoteClockStep(56 * 365 * 86_400 + 2 * HOUR + 50 * 60 - 10 - 600))
    day = scene.hall.day
    assert day is not None
    assert day.timed
    assert day.ends == 600 + 15 * HOUR + 10 * 60
    assert closed_because(day, scene.hall.policy.calendar, 600 + 9 * 60) == "closed"
    assert closed_because(day, scene.hall.policy.calendar, 600 + 11 * 60) is None
    assert roster.phase_of(scene.hall, 600).at == 9 * HOUR


# Kept overnight


def test_who_waits_overnight_comes_first_in_the_old_order_with_the_old_number() -> None:
    scene = staffed(office(keep_overnight=True))
    scene.at(at("16:00"))
    first, held, second, missed, served = (scene.issue() for _ in range(5))
    assert scene.next("1") == (first, "order")
    scene.do(c.Cancel("1"))
    scene.next("1")
    scene.do(c.Hold("1"))
    kept = [scene.ticket(second).number, scene.ticket(held).number]
    scene.do(c.Pick("1", missed, "asked"))
    scene.do(c.MarkNoShow("1"))
    scene.do(c.Pick("1", served, "asked"))
    assert scene.hall.desks["1"].ticket == served
    scene.do(open_day("2026-03-03", "2026-03-02T18:00:00.000Z"))
    assert scene.hall.tickets.keys() == {second, held}
    assert missed not in scene.hall.tickets
    assert [(scene.ticket(each).base, scene.ticket(each).day) for each in (second, held)] == [(0, "2026-03-03")] * 2
    assert scene.ticket(held).state is TicketState.HELD
    scene.at(9 * HOUR)
    fresh = [scene.ticket(scene.issue()).number for _ in range(4)]
    assert not {*fresh} & {*kept}
    assert len({*fresh}) == 4
    staffed(scene)
    assert scene.next("5") == (second, "order")
    assert replayed(scene.facts) == scene.hall


def test_a_number_that_was_kept_is_given_to_nobody_else_even_when_its_visitor_is_gone() -> None:
    scene = staffed(office(keep_overnight=True))
    scene.at(at("16:00"))
    old = [scene.issue() for _ in range(2)]
    scene.do(open_day("2026-03-03", "2026-03-02T18:00:00.000Z"))
    for each in old:
        scene.do(c.Withdraw(each))
    scene.at(9 * HOUR)
    assert scene.ticket(scene.issue()).number == "A003"


def test_without_the_setting_the_day_s_end_closes_everything_with_the_mark() -> None:
    scene = staffed(office())
    scene.at(at("16:00"))
    scene.issue()
    turn = scene.turn(open_day("2026-03-03", "2026-03-02T18:00:00.000Z"))
    assert scene.hall.tickets == {}
    assert [value.inaccurate for value in turn.changed if hasattr(value, "inaccurate")] == [True]


def test_desks_that_nobody_closed_are_closed_with_the_day_and_stay_open_in_a_hall_round_the_clock() -> None:
    scene = staffed(office())
    scene.at(17 * HOUR)
    scene.do(open_day("2026-03-03", "2026-03-02T18:00:00.000Z"))
    assert {desk.state for desk in scene.hall.desks.values()} == {DeskState.CLOSED}
    always = Scene()
    always.at(15 * HOUR)
    always.do(open_day("2026-03-03", "2026-03-02T18:00:00.000Z"))
    assert {desk.state for desk in always.hall.desks.values()} == {DeskState.OPEN}
