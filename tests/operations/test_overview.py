"""The hall as its supervisor sees it, read from a real database with real attendance."""

from datetime import timedelta

from edge.operations import help as calls
from edge.operations import overview, supervision
from edge.operations.overview import Found, Overview
from edge.operations.presence import Attendance
from edge.queueing import commands as c
from edge.queueing.trouble import PAUSED_LONG_S, What
from tests.operations.box import MORNING, Box


def look(box: Box) -> Overview:
    return overview.overview(box.ctx, Attendance(box.ctx))


def test_an_empty_hall_is_all_zeros_and_no_trouble(box: Box) -> None:
    seen = look(box)
    assert (seen.waiting, seen.longest, seen.serving, seen.called, seen.troubles, seen.held, seen.missed) == (0, None, 0, 0, [], [], [])
    assert (seen.open_desks, len(seen.desks)) == (5, 5)
    assert [queue.waiting for queue in seen.queues] == [0, 0, 0, 0]


def test_numbers_are_of_this_moment(box: Box) -> None:
    for _ in range(4):
        box.issue()
    box.act(c.CallNext("1"))
    box.act(c.CallNext("2"))
    box.act(c.Start("2"))
    box.pass_by(150)
    box.issue("address")
    seen = look(box)
    assert (seen.waiting, seen.serving, seen.called, seen.longest_s) == (3, 1, 1, 150)
    assert seen.longest
    assert seen.longest.number == "A003"
    queues = {queue.code: queue for queue in seen.queues}
    assert (queues["passport"].waiting, queues["passport"].longest_s, queues["passport"].open_desks) == (2, 150, ("1", "2", "4", "5"))
    assert (queues["address"].waiting, queues["address"].longest_s, queues["birth"].longest_s) == (1, 0, None)
    at_one = seen.desks[0]
    assert at_one.ticket
    assert (at_one.ticket.number, at_one.ticket_s, at_one.waiting, at_one.services) == ("A001", 150, 2, ("passport", "birth"))


def test_a_desk_says_since_when_it_is_as_it_is(box: Box) -> None:
    box.pass_by(600)
    supervision.at_desk(box.ctx, c.Pause("3", "a queue at 1"), actor="staff:x")
    box.pass_by(60)
    found = overview.desk(box.ctx, "3")
    assert (found.state, found.reason, found.since) == ("paused", "a queue at 1", MORNING + timedelta(seconds=660))
    assert overview.desk(box.ctx, "1").since == MORNING
    box.restart()
    assert overview.desk(box.ctx, "3").since == MORNING + timedelta(seconds=660)


def test_a_pause_that_lasts_while_people_wait_becomes_a_trouble(box: Box) -> None:
    supervision.at_desk(box.ctx, c.Pause("3", "a queue at 1"), actor="staff:x")
    box.issue("address")
    box.pass_by(PAUSED_LONG_S)
    assert [(trouble.what, trouble.desk) for trouble in look(box).troubles] == [(What.PAUSED, "3")]


def test_held_and_missed_tickets_tell_their_age_and_what_is_left(box: Box) -> None:
    for _ in range(3):
        box.issue()
    box.act(c.CallNext("1"))
    box.act(c.Hold("1", 10))
    box.act(c.CallNext("1"))
    box.act(c.Hold("1"))
    box.act(c.CallNext("1"))
    box.act(c.MarkNoShow("1"))
    box.pass_by(360)
    seen = look(box)
    assert [(aside.ticket.number, aside.aside_s, aside.left_s) for aside in seen.held] == [("A001", 360, 240), ("A002", 360, None)]
    assert [(aside.ticket.number, aside.aside_s, aside.left_s) for aside in seen.missed] == [("A003", 360, 540)]


def test_absent_devices_come_first(box: Box) -> None:
    attendance = Attendance(box.ctx)
    attendance.status("button-1", "ready", "b1", "1.0")
    attendance.status("kiosk-1", "ready", "b2", "1.0")
    attendance.status("kiosk-1", "lost", "b2", "1.0")
    seen = overview.overview(box.ctx, attendance).devices
    assert [(each.device.device, each.found) for each in seen] == [
        ("kiosk-1", Found.GONE),
        ("button-2", Found.SILENT),
        ("button-loose", Found.SILENT),
        ("button-1", Found.HERE),
    ]


def test_calls_for_help_are_seen(box: Box) -> None:
    calls.call(box.ctx, "kiosk-1")
    assert [call.device for call in look(box).help] == ["kiosk-1"]


def test_who_waits_for_a_service_stands_in_the_order_of_waiting(box: Box) -> None:
    box.issue()
    box.pass_by(30)
    box.issue()
    box.issue("address")
    assert [(ticket.number, seconds) for ticket, seconds in overview.waiting_for(box.ctx, "passport")] == [("A001", 30), ("A002", 0)]
    assert overview.queue(box.ctx, "address").waiting == 1
    assert overview.free_desks(box.hall) == ["1", "2", "3", "4", "5"]
