"""The working day on a real database: nights, restarts, clocks nobody vouches for, and desks without a screen."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.errors import Refused, Unknown
from edge.operations import day, door, logins, staff, tickets
from edge.operations.clock import Quality
from edge.operations.decision import deciding
from edge.queueing import commands as c
from edge.queueing import roster
from edge.queueing.day import Stage
from edge.queueing.decide import decide
from edge.queueing.desk import DeskState
from edge.queueing.registry import Role
from edge.queueing.ticket import TicketState
from tests.operations.box import MORNING, Box
from tests.queueing import centre

HOUR = 3600
TO_1970 = datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC) - MORNING


def office(box: Box, *, desks: dict[str, dict[str, Any]] | None = None, **calendar: Any) -> Box:
    """A box at nine o'clock of a Monday with office hours."""
    values = centre.settings(hours=centre.OFFICE, lunch=[["12:30", "13:30"]])
    values["calendar"].update(calendar)
    values["desks"] = [{**desk, **(desks or {}).get(desk["desk"], {})} for desk in values["desks"]]
    box.make(**values)
    return box


def at(box: Box, clock: str, *, days: int = 0) -> None:
    """Let time pass until a clock time of the centre."""
    hours, minutes = clock.split(":")
    then = MORNING + timedelta(days=days, hours=int(hours) - 9, minutes=int(minutes))
    while box.clock.at < then:
        box.pass_by(min(HOUR, (then - box.clock.at).total_seconds()))


def number(box: Box) -> str:
    found: str = json.loads(box.issue().answer)["number"]
    return found


def opened(box: Box) -> set[str]:
    return {name for name, desk in box.hall.desks.items() if desk.state is DeskState.OPEN}


def go_home(box: Box, *, days: int = 0) -> None:
    """At ten past six the last clerk closes the last desk."""
    at(box, "18:10", days=days)
    for name in opened(box):
        box.act(c.Close(name))


def the_day(box: Box) -> str:
    assert box.hall.day is not None
    return box.hall.day.day


def test_a_ticket_that_waits_over_lunch_a_restart_and_a_step_of_the_clock_is_called_in_its_place(fresh: Box) -> None:
    box = office(fresh)
    at(box, "12:20")
    assert [number(box) for _ in range(3)] == ["A001", "A002", "A003"]
    at(box, "12:40")
    assert json.loads(box.act(c.CallNext("1")).answer)["result"] == "empty"
    assert json.loads(box.act(c.CallNext("1")).answer)["next"] is None
    box.restart(away=60)
    assert box.press("p1")["result"] == "empty"
    at(box, "13:30")
    box.step(timedelta(hours=-2))
    box.pass_by(1)
    for desk in ("1", "2", "5"):
        assert json.loads(box.act(c.CallNext(desk)).answer)["result"] == "called"
    assert box.numbers_called() == ["A001", "A002", "A003"]
    assert box.verify().clean, box.verify().problems


def test_who_waits_overnight_is_there_after_a_restart_with_number_and_contact(fresh: Box) -> None:
    box = office(fresh, keep_overnight=True)
    at(box, "17:00")
    tickets.issue(box.ctx, service="passport", lang="ky", via="kiosk-1", actor="device:kiosk-1", contact="+996 555 000000")
    assert number(box) == "A002"
    box.restart(away=16 * HOUR)
    box.pass_by(1)
    assert the_day(box) == "2026-03-03"
    assert [(ticket.number, ticket.base, ticket.day) for ticket in box.hall.waiting()] == [("A001", 0, "2026-03-03"), ("A002", 0, "2026-03-03")]
    assert len(list(box.database.connection().execute("SELECT ticket FROM contact"))) == 1
    assert number(box) == "A003"
    box.act(c.Open("1"))
    box.act(c.CallNext("1"))
    assert box.numbers_called() == ["A001"]
    box.restart()
    assert number(box) == "A004"
    assert box.verify().clean, box.verify().problems
    at(box, "09:00", days=2)
    assert list(box.database.connection().execute("SELECT ticket FROM contact")) == []


def test_a_desk_with_a_button_alone_works_from_the_opening_to_the_last_visitor(fresh: Box) -> None:
    box = office(fresh, desks={"1": {"button_only": True}})
    at(box, "17:59")
    for name in opened(box) - {"1"}:
        box.act(c.Close(name))
    number(box)
    at(box, "18:05")
    assert opened(box) == {"1"}
    assert box.press("p1")["result"] == "called"
    box.pass_by(5)
    assert box.press("p2")["result"] == "finished"
    box.pass_by(1)
    assert opened(box) == set()
    assert box.press("p3")["result"] == "denied"
    box.restart(away=13 * HOUR)
    box.pass_by(1)
    assert opened(box) == set()
    at(box, "09:00", days=1)
    assert opened(box) == {"1"}
    assert box.verify().clean, box.verify().problems


def test_in_a_hall_round_the_clock_desks_stay_open_over_midnight_although_logins_end(box: Box) -> None:
    staff.add(box.ctx, login="aida", role=Role.OPERATOR, password="a password of hers", pin="314159", actor="system")
    session = logins.by_pin(box.ctx, login="aida", pin="314159", desk="1")
    before = opened(box)
    box.pass_by(15 * HOUR)
    assert the_day(box) == "2026-03-03"
    assert opened(box) == before
    assert logins.of_token(box.ctx, session.token) is None


def test_desks_that_clerks_forgot_are_closed_with_the_day(fresh: Box) -> None:
    box = office(fresh)
    at(box, "00:01", days=1)
    assert opened(box) == set()
    assert box.verify().clean, box.verify().problems


def test_missed_tickets_can_come_back_until_the_day_ends(fresh: Box) -> None:
    box = office(fresh)
    number(box)
    box.act(c.CallNext("1"))
    box.act(c.MarkNoShow("1"))
    at(box, "23:30")
    box.act(c.Resume("1", "A001"))
    assert [ticket.number for ticket in box.hall.waiting()] == ["A001"]
    at(box, "00:01", days=1)
    with pytest.raises(Unknown):
        box.act(c.Resume("1", "A001"))


# A box that does not know the time


def test_a_box_switched_off_after_hours_without_a_clock_begins_the_next_day_of_work(fresh: Box) -> None:
    box = office(fresh)
    at(box, "08:50", days=4)  # Friday
    box.act(c.Open("1"))
    go_home(box, days=4)
    box.restart(wall=TO_1970, grade=Quality.UNSYNCED)
    box.pass_by(1)
    assert box.hall.day is not None
    assert (box.hall.day.day, box.hall.day.provisional, box.hall.day.timed) == ("2026-03-09", True, False)
    with pytest.raises(Refused):
        box.issue()
    box.act(c.Open("1"))
    assert number(box) == "A001"
    now = roster.phase_of(box.hall, box.ctx.tick())
    assert (now.stage, now.at, now.day) == (Stage.OPEN, None, None)
    assert box.verify().clean, box.verify().problems


def test_a_box_that_lost_its_power_during_work_goes_on_with_the_same_day(fresh: Box) -> None:
    box = office(fresh)
    at(box, "11:00")
    number(box)
    box.restart(wall=TO_1970, grade=Quality.UNSYNCED)
    box.pass_by(1)
    assert the_day(box) == "2026-03-02"
    assert number(box) == "A002"


def test_a_box_with_visitors_left_after_hours_never_drops_them_for_want_of_a_clock(fresh: Box) -> None:
    box = office(fresh)
    at(box, "17:55")
    number(box)
    at(box, "18:30")
    box.restart(wall=TO_1970, grade=Quality.UNSYNCED)
    box.pass_by(1)
    assert [ticket.state for ticket in box.hall.tickets.values()] == [TicketState.WAITING]


def test_hours_begin_with_the_first_trusted_time(fresh: Box) -> None:
    box = office(fresh)
    go_home(box)
    box.restart(wall=TO_1970, grade=Quality.UNSYNCED)
    box.pass_by(1)
    assert roster.why_closed(box.hall, box.ctx.tick()) == "closed"
    box.clock.at = MORNING + timedelta(days=1, minutes=-10)
    box.clock.grade = Quality.NTP
    box.pass_by(1)
    assert roster.phase_of(box.hall, box.ctx.tick()).at == 9 * HOUR
    box.pass_by(10 * 60)
    assert number(box) == "A001"
    assert day.confirm(box.ctx, "2026-03-03", actor="system") == "2026-03-03"
    at(box, "00:00", days=2)
    box.pass_by(5)
    assert the_day(box) == "2026-03-04"
    assert box.verify().clean, box.verify().problems


def test_a_day_whose_time_nobody_knows_does_not_end_while_people_work(fresh: Box) -> None:
    box = office(fresh)
    go_home(box)
    box.restart(wall=timedelta(0), grade=Quality.UNSYNCED)  # the clock goes on in the evening; it is the next morning
    box.pass_by(1)
    assert the_day(box) == "2026-03-03"
    box.act(c.Open("1"))
    for _ in range(8):
        box.pass_by(HOUR)
    assert (the_day(box), number(box)) == ("2026-03-03", "A001")
    box.act(c.CallNext("1"))
    box.act(c.Finish("1"))
    box.act(c.Close("1"))
    for _ in range(4):
        box.pass_by(HOUR)
    assert the_day(box) == "2026-03-03"
    box.pass_by(HOUR)
    assert the_day(box) == "2026-03-04"
    box.act(c.Open("1"))
    assert number(box) == "A001"
    box.act(c.CallNext("1"))
    box.act(c.Finish("1"))
    box.act(c.Close("1"))
    box.restart(wall=timedelta(0))  # switched off, and on in the morning
    box.pass_by(1)
    assert the_day(box) == "2026-03-05"
    assert box.verify().clean, box.verify().problems


def test_a_clock_that_is_lost_while_the_box_runs_takes_no_hour_from_the_next_day(fresh: Box) -> None:
    box = office(fresh)
    box.clock.grade = Quality.UNSYNCED
    box.step(TO_1970)
    for _ in range(24):
        box.pass_by(HOUR)
    assert box.hall.day is not None
    assert (box.hall.day.day, box.hall.day.provisional, box.hall.day.timed) == ("2026-03-03", True, True)
    assert number(box) == "A001"


def test_new_hours_after_a_start_without_a_clock_begin_no_other_day(fresh: Box) -> None:
    box = office(fresh)
    at(box, "11:00")
    box.restart(wall=TO_1970, grade=Quality.UNSYNCED)
    box.pass_by(1)
    with deciding(box.ctx, "staff:p1") as decision:
        decide(decision.turn, c.ChangeSettings({"calendar": {"hours": {"mon": [["08:00", "08:30"]]}, "lunch": []}}))
    box.pass_by(1)
    assert the_day(box) == "2026-03-02"
    assert roster.why_closed(box.hall, box.ctx.tick()) == "closed"


def test_cohorts_come_in_at_the_opening_and_as_the_hall_empties(fresh: Box) -> None:
    fresh.clock.at = MORNING - timedelta(hours=1)
    box = office(fresh, tokens_before_min=60, cohort=4)
    for name in opened(box) - {"5"}:
        box.act(c.Close(name))
    numbers = [json.loads(box.issue(service).answer)["number"] for service in ("passport", "address") * 5]
    assert numbers[:4] == ["A001", "MA001", "A002", "MA002"]
    assert door.seen(box.ctx).now == []
    assert door.seen(box.ctx).then == [("A001", "A002"), ("MA001", "MA002")]
    at(box, "09:00")
    seen = door.seen(box.ctx)
    assert (seen.now, seen.then, seen.inside, seen.outside) == (
        [("A001", "A002"), ("MA001", "MA002")],
        [("A003", "A004"), ("MA003", "MA004")],
        4,
        6,
    )
    for _ in range(2):
        box.act(c.CallNext("5"))
    box.pass_by(1)
    assert door.seen(box.ctx).inside == 2
    box.act(c.CallNext("5"))
    box.pass_by(1)
    assert door.seen(box.ctx).now == [("A003", "A004"), ("MA003", "MA004")]
    door.let_in(box.ctx, "it rains", actor="staff:p1")
    assert not door.seen(box.ctx).by_number
    with pytest.raises(Refused, match="may come in already"):
        door.let_in(box.ctx, "it rains", actor="staff:p1")
    assert box.verify().clean, box.verify().problems
    admitted = box.hall.day and box.hall.day.admitted
    box.restart()
    assert box.hall.day is not None
    assert box.hall.day.admitted == admitted


def test_without_cohorts_nobody_is_kept_at_the_door(fresh: Box) -> None:
    box = office(fresh)
    box.issue()
    assert not door.seen(box.ctx).by_number
    with pytest.raises(Refused, match="no cohorts"):
        door.let_in(box.ctx, "it rains", actor="staff:p1")


def test_a_provisional_day_named_too_far_ahead_gets_its_date_when_it_ends_under_a_trusted_clock(fresh: Box) -> None:
    box = office(fresh)
    at(box, "08:50", days=4)  # Friday
    box.act(c.Open("1"))
    go_home(box, days=4)
    box.restart(wall=TO_1970, grade=Quality.UNSYNCED)  # somebody works on Saturday
    box.pass_by(1)
    box.act(c.Open("1"))
    assert (the_day(box), number(box)) == ("2026-03-09", "A001")
    box.clock.at, box.clock.grade = MORNING + timedelta(days=5, hours=2), Quality.NTP
    box.pass_by(1)
    box.act(c.CallNext("1"))
    box.act(c.Finish("1"))
    at(box, "00:01", days=6)
    assert the_day(box) == "2026-03-08"
    assert [str(row[0]) for row in box.database.connection().execute("SELECT day FROM ticket")] == ["2026-03-07"]
    assert box.verify().clean, box.verify().problems
