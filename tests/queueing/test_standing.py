"""Base, class and score: each sentence of the first half of `contract/ordering.md`, in its order."""

import pytest

from edge.queueing import commands as c
from edge.queueing.ordering import placed, score
from edge.queueing.policy import Policy, Standing
from edge.queueing.ticket import Booked
from tests.queueing import centre
from tests.queueing.scene import Scene, one_desk

POLICY = Policy()


# Base


def test_a_walk_in_waits_from_its_arrival() -> None:
    assert placed(70, None, None, POLICY) == (70, None, 0)


def test_a_walk_in_before_the_opening_waits_from_the_opening() -> None:
    assert placed(70, 900, None, POLICY) == (900, None, 0)
    assert placed(901, 900, None, POLICY) == (901, None, 0)


@pytest.mark.parametrize("arrival", [0, 3000, 3600, 4200])
def test_a_booking_up_to_ten_minutes_late_waits_from_its_appointment(arrival: int) -> None:
    assert placed(arrival, None, 3600, POLICY) == (3600, Booked.ON_TIME, 3300)


@pytest.mark.parametrize("arrival", [4201, 5400])
def test_a_booking_ten_to_thirty_minutes_late_waits_from_its_arrival(arrival: int) -> None:
    assert placed(arrival, None, 3600, POLICY) == (arrival, Booked.LATE, 0)


def test_a_booking_later_than_thirty_minutes_is_an_ordinary_walk_in() -> None:
    assert placed(5401, None, 3600, POLICY) == (5401, None, 0)


def test_a_transfer_keeps_the_base() -> None:
    scene = one_desk()
    scene.at(100)
    ticket = scene.issue()
    scene.wait(500)
    scene.next()
    scene.do(c.Transfer("1", service="birth"))
    assert scene.ticket(ticket).base == 100


def test_time_on_hold_is_added_to_the_base() -> None:
    scene = one_desk()
    scene.at(100)
    ticket = scene.issue()
    scene.next()
    scene.do(c.Hold("1"))
    scene.wait(250)
    scene.do(c.Resume("1", ticket))
    assert (scene.ticket(ticket).base, scene.next()) == (350, (ticket, "returned"))


def test_a_missed_visitor_keeps_the_base_and_may_be_called_sixty_seconds_after_the_return() -> None:
    scene = one_desk()
    scene.at(100)
    ticket = scene.issue()
    scene.next()
    scene.do(c.MarkNoShow("1"))
    scene.wait(900)
    scene.do(c.Resume("1", ticket))
    assert scene.ticket(ticket).base == 100
    scene.wait(59)
    assert scene.next() is None
    scene.wait(1)
    assert scene.next() == (ticket, "returned")


def test_a_missed_visitor_who_comes_back_after_the_window_waits_as_if_arrived_then() -> None:
    scene = one_desk()
    ticket = scene.issue(appointment=300)
    scene.at(100)
    assert scene.next() == (ticket, "booked")
    scene.do(c.MarkNoShow("1"))
    scene.wait(901)
    scene.do(c.Resume("1", ticket))
    back = scene.ticket(ticket)
    assert (back.base, back.returned, back.booked, back.ready_at) == (scene.tick, False, None, 0)
    assert scene.next() == (ticket, "order")


def test_the_tick_of_an_appointment_is_not_moved_by_a_later_clock_step() -> None:
    scene = one_desk()
    ticket = scene.issue(appointment=1000)
    scene.do(c.NoteClockStep(-7200))
    scene.at(700)
    assert scene.ticket(ticket).base == 1000
    assert scene.next() == (ticket, "booked")


# Class


def test_the_usual_classes_are_those_of_the_contract() -> None:
    ordering = POLICY.ordering
    assert ordering.ordinary == Standing("order", 1000, 0)
    assert ordering.late_booking == Standing("late", 1500, 0)
    assert ordering.returned == Standing("returned", 1500, 0)
    assert ordering.transfer == Standing("transfer", 1500, 0)
    assert ordering.booked == Standing("booked", 2000, 1200)
    assert (ordering.cap, ordering.early, ordering.on_time, ordering.late, ordering.returned_after) == (3, 300, 600, 1800, 60)


def called_with_score(scene: Scene) -> tuple[str, int]:
    found = scene.next()
    assert found
    event = scene.facts[-1].event
    return found[1], event.scores[0]["score"]  # type: ignore[union-attr]  # the last fact is a call


@pytest.mark.parametrize(
    ("category", "appointment", "why", "points"),
    [
        (None, None, "order", 1000),
        ("veteran", None, "category", 600 + 3000),
        (None, 0, "booked", 1200 + 2000),
        (None, -900, "late", 1500),
        (None, -1801, "order", 1000),
        ("veteran", 0, "category", 600 + 3000),
        ("foreign", None, "order", 1000),
    ],
)
def test_the_greatest_weight_that_applies_gives_class_and_score(category: str | None, appointment: int | None, why: str, points: int) -> None:
    scene = one_desk()
    scene.issue(category=category, appointment=appointment)
    scene.wait(1000)
    assert called_with_score(scene) == (why, points)


def test_a_refused_category_waits_again_as_ordinary_with_its_base() -> None:
    scene = one_desk()
    ticket = scene.issue(category="veteran")
    scene.wait(1000)
    scene.next()
    scene.do(c.JudgeCategory("1", confirmed=False))
    assert scene.ticket(ticket).base == 0
    assert scene.hall.desks["1"].ticket is None
    assert called_with_score(scene) == ("order", 1000)


def test_a_category_with_proof_first_counts_only_once_staff_confirmed_it() -> None:
    scene = one_desk()
    ticket = scene.issue(category="foreign")
    other = scene.issue()
    scene.wait(1000)
    assert scene.next() == (ticket, "order")
    scene.do(c.JudgeCategory("1", confirmed=True))
    scene.do(c.Transfer("1", service="birth"))
    assert called_with_score(scene) == ("category", 3600)
    assert scene.next() == (other, "order")


def test_the_policy_in_force_decides_not_the_one_at_issue() -> None:
    scene = one_desk()
    scene.issue(category="veteran")
    scene.change("categories", [centre.category("veteran", weight=1600, head=7), *centre.CATEGORIES[1:]])
    scene.wait(1000)
    assert called_with_score(scene) == ("category", 1607)


# Score


@pytest.mark.parametrize(
    ("weight", "head", "base", "tick", "points"),
    [(1500, 0, 0, 1, 1), (1500, 0, 0, 3, 4), (999, 0, 0, 1, 0), (2000, 1200, 500, 400, 1200), (3000, 600, 0, 60, 780), (0, 5, 0, 10**6, 5)],
)
def test_a_score_is_head_start_plus_the_floor_of_weight_times_wait(weight: int, head: int, base: int, tick: int, points: int) -> None:
    assert score(Standing("any", weight, head), base, tick) == points
