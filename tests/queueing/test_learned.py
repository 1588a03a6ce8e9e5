"""What the hall learns of itself: from what, when, and what it then expects."""

from dataclasses import replace
from random import Random

import pytest

from edge.queueing import commands as c
from edge.queueing import estimate, expectation, learned
from edge.queueing import events as e
from edge.queueing.learned import Cell, Flow, Learned, Pace
from tests.queueing import centre
from tests.queueing.scene import Scene, replayed
from tests.queueing.test_estimate import hall_of


def pace(scene: Scene) -> Pace:
    return scene.hall.learned.pace("passport")


def test_a_visit_teaches_once_the_desk_moved_again_because_then_nobody_can_take_it_back() -> None:
    scene = hall_of(1)
    for _ in range(3):
        scene.issue()
    scene.next()
    scene.wait(700)
    scene.next()
    assert pace(scene).count == 0
    scene.wait(500)
    scene.next()
    assert (pace(scene).count, pace(scene).mean_ms) == (1, 700_000)


def test_a_visit_that_was_taken_back_teaches_nothing() -> None:
    scene = hall_of(1)
    for _ in range(3):
        scene.issue()
    scene.next()
    scene.wait(700)
    scene.next()
    scene.do(c.Undo("1"))
    scene.wait(100)
    scene.next()
    scene.wait(50)
    scene.next()
    assert (pace(scene).count, pace(scene).mean_ms) == (1, 800_000)


def test_every_way_to_leave_a_desk_counts_as_the_time_that_it_took() -> None:
    scene = hall_of(1)
    for seconds, leave in ((100, c.MarkNoShow("1")), (200, c.Hold("1")), (400, c.Finish("1")), (300, c.Transfer("1", service="birth"))):
        scene.issue()
        scene.next()
        scene.wait(seconds)
        scene.do(leave)
    scene.issue()
    scene.next()
    assert (pace(scene).count, round(pace(scene).mean_ms, -1)) == (4, 250_000)


def test_one_endless_visit_counts_as_three_usual_ones() -> None:
    scene = hall_of(1)
    scene.issue()
    scene.next()
    scene.wait(36_000)
    scene.do(c.Finish("1"))
    scene.do(c.Close("1"))
    assert pace(scene).mean_ms == 3 * 630_000


def test_what_the_centre_says_is_worth_twenty_visits_and_older_ones_fade() -> None:
    scene = hall_of(1)
    known = scene.hall.policy
    nothing = Learned()
    assert expectation.visit_s(nothing, known, "passport") == 630
    assert expectation.visit_s(nothing.taught(Pace("passport", 20, 930_000, 930**2)), known, "passport") == 780
    assert learned.visit_ms(nothing, known, "gone") == 630_000


@pytest.mark.parametrize(("wait", "ratio"), [(630, 1000), (1260 + 60, 2000), (285, 500)])
def test_a_wait_teaches_its_cell_how_far_the_estimate_was_out(wait: int, ratio: int) -> None:
    scene = hall_of(1)
    scene.issue()
    scene.next()
    ticket = scene.ticket(scene.issue())
    assert (ticket.cell, ticket.expected) == ("order:2", 630)
    scene.wait(wait)
    scene.next()
    scene.do(c.Recall("1"))
    assert scene.hall.learned.cell("order:2").ratios == (ratio,)


def test_only_opening_hours_count_as_waiting() -> None:
    scene = hall_of(1, hours=centre.OFFICE, lunch=[["09:05", "10:05"]])
    scene.issue()
    scene.next()
    ticket = scene.ticket(scene.issue())
    assert ticket.expected == 630
    scene.wait(3600 + 630)
    scene.next()
    scene.do(c.Recall("1"))
    assert scene.hall.learned.cell("order:2").ratios == (1000,)


def test_a_tail_that_is_missed_widens_and_one_that_holds_narrows_slowly() -> None:
    scene = hall_of(1)
    scene.issue()
    scene.next()
    scene.issue()
    scene.wait(7200)
    scene.next()
    scene.do(c.Recall("1"))
    cell = scene.hall.learned.cell("order:2")
    assert (cell.above, cell.below) == (90_000 - 4_550, 100_000 + 500)


def test_the_interval_has_four_in_five_of_what_was_seen() -> None:
    rng = Random(5)
    ratios = tuple(rng.randrange(500, 2000) for _ in range(399))
    low, high = expectation.quantiles(ratios, 100_000, 100_000)
    assert sum(low <= each <= high for each in ratios) / 399 == pytest.approx(0.8, abs=0.01)


def test_a_young_cell_asks_its_bin_then_its_class_then_all() -> None:
    sure = Learned().taught(Cell("order:2", (1000,) * 60))
    for name in ("category:2", "order:4", "booked:0"):
        assert expectation.interval(sure, name, 600, 1) == (600, 600)
    low, high = expectation.interval(Learned(), "order:2", 600, 4)
    assert low < 600 < high


def test_visitors_with_a_right_are_expected_as_they_usually_come() -> None:
    scene = hall_of(2)
    for _ in range(10):
        scene.issue(category="veteran")
        scene.issue(category="foreign")  # counts after proof only: nobody knows yet
    flows = list(scene.hall.learned.flows())
    assert [(flow.category, flow.today[9]) for flow in flows] == [("veteran", 10)]
    scene.do(c.CloseDay())
    assert list(scene.hall.learned.flows()) == [
        Flow("passport", "veteran", 1, tuple(10_000 if hour == 9 else 0 for hour in range(24))),
    ]
    assert expectation.expected_in(Flow("p", "v", 1, (0,) * 9 + (10_000,) * 15), [11], 11) == pytest.approx([10 * 5 / 25])


def test_who_is_overtaken_by_those_who_usually_come_is_told_so() -> None:
    def expected(scene: Scene) -> int:
        found = estimate.newcomer(scene.hall, "passport", scene.tick)
        assert found
        return found.expected

    quiet, busy = hall_of(2), hall_of(2)
    for scene in (quiet, busy):
        for _ in range(20):
            scene.issue()
    flow = Flow("passport", "veteran", 5, (0,) * 9 + (6_000,) * 15)
    busy.hall = replace(busy.hall, learned=Learned().taught(flow))
    assert expected(busy) > expected(quiet) + 600


def test_a_replay_learns_the_same_and_old_tickets_teach_nothing() -> None:
    scene = hall_of(2)
    for number in range(12):
        scene.issue(category="veteran" if number % 3 == 0 else None)
        scene.wait(40)
    for _ in range(5):
        for desk in ("1", "2"):
            scene.next(desk)
            scene.wait(200)
    scene.do(c.CloseDay())
    assert len(scene.hall.learned.lessons) >= 3
    assert replayed(scene.facts) == scene.hall
    old = [replace(fact, event=_as_before(fact.event)) for fact in scene.facts]
    assert replayed(old).learned == Learned()


def _as_before(event: e.Event) -> e.Event:
    """As a release without estimates wrote it."""
    return replace(event, cell=None, expected=None, earliest=None, latest=None) if isinstance(event, e.TicketIssued) else event
