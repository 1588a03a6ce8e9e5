"""Undo takes back the desk's last move within 10 s, exactly: places, states and run as before."""

from dataclasses import replace

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing.hall import Hall
from edge.queueing.learned import Learned
from tests.queueing.scene import Scene

MOVES: list[c.Command] = [
    c.CallNext("1"),
    c.Recall("1"),
    c.Start("1"),
    c.Finish("1"),
    c.MarkNoShow("1"),
    c.Hold("1", minutes=5),
    c.Transfer("1", service="birth", returns=True),
    c.Transfer("1", to_desk="3"),
    c.Cancel("1"),
    c.JudgeCategory("1", confirmed=True),
    c.JudgeCategory("1", confirmed=False),
]


def without_time(hall: Hall) -> Hall:
    """The hall but for what an undo moves on by design: counts, ticks, what could be undone, and what was learned meanwhile."""
    return replace(hall, applied=0, tick=0, learned=Learned(), desks={name: replace(desk, last_move=None) for name, desk in hall.desks.items()})


def busy_scene() -> Scene:
    scene = Scene()
    for category in (None, "veteran", None, "disabled"):
        scene.issue(category=category)
        scene.wait(30)
    scene.next("1")
    return scene


@pytest.mark.parametrize("move", MOVES)
def test_undo_restores_places_states_and_run(move: c.Command) -> None:
    scene = busy_scene()
    before = scene.hall
    scene.do(move)
    scene.wait(10)
    assert scene.do(c.Undo("1")).result == "ok"
    assert without_time(scene.hall) == without_time(before)


@pytest.mark.parametrize("move", [c.Resume("1", "A001"), c.Pick("1", "A002", "asked")])
def test_undo_restores_what_was_done_by_name(move: c.Command) -> None:
    scene = Scene()
    scene.issue()
    scene.issue()
    scene.next("1")
    scene.do(c.MarkNoShow("1"))
    before = scene.hall
    scene.wait(100)
    scene.do(move)
    scene.do(c.Undo("1"))
    assert without_time(scene.hall) == without_time(before)


def test_a_press_that_finished_one_and_called_another_is_taken_back_as_one_move_the_last_event_first() -> None:
    scene = busy_scene()
    scene.do(c.CallNext("1"))
    finished, called = scene.facts[-2:]
    scene.do(c.Undo("1"))
    assert [fact.event.event for fact in scene.facts[-2:]] == [called.id, finished.id]  # type: ignore[union-attr]


def test_a_second_undo_is_refused() -> None:
    scene = busy_scene()
    scene.do(c.Undo("1"))
    with pytest.raises(Refused, match="desk 1 has no move to take back"):
        scene.do(c.Undo("1"))


def test_a_move_older_than_ten_seconds_stands() -> None:
    scene = busy_scene()
    scene.wait(11)
    with pytest.raises(Refused, match="more than 10 seconds old"):
        scene.do(c.Undo("1"))


def test_a_move_stands_after_someone_else_moved_the_same_ticket() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.do(c.MarkNoShow("1"))
    scene.do(c.Resume("2", ticket))
    with pytest.raises(Refused, match="ticket A001 was moved since"):
        scene.do(c.Undo("1"))


def test_a_move_stands_after_someone_else_ended_the_visit() -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    scene.do(c.Transfer("1", to_desk="2"))
    scene.next("2")
    scene.do(c.Finish("2"))
    with pytest.raises(Refused, match="ticket A001 was moved since"):
        scene.do(c.Undo("1"))


def test_pausing_and_opening_again_do_not_stand_in_the_way() -> None:
    scene = busy_scene()
    before = scene.hall.desks["1"].ticket
    scene.do(c.Finish("1"))
    scene.do(c.Pause("1"))
    scene.do(c.Undo("1"))
    assert (scene.hall.desks["1"].ticket, scene.hall.desks["1"].state) == (before, "paused")


def test_nothing_is_taken_back_over_the_end_of_a_day() -> None:
    scene = busy_scene()
    scene.do(c.CloseDay())
    with pytest.raises(Refused, match="no move to take back"):
        scene.do(c.Undo("1"))
