"""The fold: it trusts facts, counts them, and is the same live and in a replay."""

from datetime import UTC, datetime

from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.evolve import evolve
from edge.queueing.hall import Hall
from edge.queueing.registry import Device, Kind, Member, Role
from edge.queueing.ticket import TicketState
from tests.queueing.scene import Scene, replayed

AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def fact(event: e.Event) -> e.Fact:
    return e.Fact("e-late", AT, "ntp", "system", event)


def test_a_replay_from_an_empty_hall_gives_the_hall() -> None:
    scene = Scene()
    for category in (None, "veteran", "foreign"):
        scene.issue(category=category, appointment=600 if category is None else None)
        scene.wait(10)
    scene.next("1")
    scene.do(c.Hold("1", minutes=3))
    scene.next("2")
    scene.do(c.Undo("2"))
    scene.do(c.NoteClockStep(-7200))
    scene.do(c.RegisterDevice(Device("kiosk-1", Kind.KIOSK, zone="a", services=("passport",))))
    scene.do(c.SetMember(Member("p1", "aida", Role.OPERATOR)))
    assert replayed(scene.facts) == scene.hall


def test_facts_are_trusted_even_where_the_rules_of_today_would_refuse() -> None:
    scene = Scene()
    waiting = scene.issue("address")
    hall, _ = evolve(
        scene.hall, fact(e.TicketCalled(ticket=waiting, desk="1", why="order", scores=(), run=0, run_after=0, tick=3))
    )  # desk 1 does not serve it
    assert (hall.desks["1"].ticket, hall.tickets[waiting].state) == (waiting, TicketState.CALLED)


def test_no_fact_is_refused_whatever_state_its_ticket_is_in() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.do(c.MarkNoShow("1"))
    hall, _ = evolve(scene.hall, fact(e.TicketStarted(ticket=ticket, desk="1", tick=3)))
    assert hall.tickets[ticket].state is TicketState.SERVING


def test_each_fact_counts_and_the_tick_never_goes_back_within_a_day() -> None:
    scene = Scene()
    scene.wait(100)
    scene.issue()
    hall, changed = evolve(scene.hall, fact(e.ClockStepped(by=5, tick=90)))
    assert (hall.applied, hall.tick, changed) == (scene.hall.applied + 1, 100, ())


def test_an_unrecognised_event_counts_and_changes_nothing() -> None:
    scene = Scene()
    hall, changed = evolve(scene.hall, fact(e.Unrecognised(type="slot.granted", payload='{"tick":900}')))
    assert (hall.applied, hall.tick, changed) == (scene.hall.applied + 1, scene.hall.tick, ())


def test_an_undo_of_what_is_not_the_last_move_changes_nothing() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    hall, changed = evolve(scene.hall, fact(e.TicketUndone(event="another", ticket=ticket, desk="1", tick=1)))
    assert (hall.tickets, hall.desks, changed) == (scene.hall.tickets, scene.hall.desks, ())


def test_what_changed_is_what_is_new_in_the_hall() -> None:
    scene = Scene()
    ticket = scene.issue()
    turn = scene.turn(c.CallNext("1"))
    assert turn.changed == [scene.hall.tickets[ticket], scene.hall.desks["1"]]


def test_a_finished_ticket_leaves_the_hall_and_goes_to_the_tables() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    turn = scene.turn(c.Finish("1", "done"))
    assert ticket not in scene.hall.tickets
    ended = turn.changed[0]
    assert (ended.id, ended.state, ended.outcome) == (ticket, TicketState.FINISHED, "done")  # type: ignore[union-attr]


def test_newer_entries_of_devices_and_staff_win() -> None:
    hall = Hall()
    for generation, active in ((1, True), (2, False)):
        hall, _ = evolve(hall, fact(e.DeviceRegistered(device="b", kind="button", generation=generation, active=active)))
        hall, _ = evolve(hall, fact(e.StaffAdded(staff="p", login="aida", role="operator", active=active)))
    assert (hall.devices["b"].generation, hall.devices["b"].active, hall.members["p"].active) == (2, False, False)
