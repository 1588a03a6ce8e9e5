"""The choice: each sentence of the second half of `contract/ordering.md`, in its order."""

from dataclasses import replace

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from tests.queueing import centre
from tests.queueing.scene import Scene, one_desk


def test_a_desk_calls_only_services_of_its_plan() -> None:
    scene = Scene()
    scene.issue("address")
    assert scene.next("1") is None
    assert scene.next("3") is not None


@pytest.mark.parametrize("move", [c.MarkNoShow("1"), c.Hold("1", minutes=1)])
def test_missed_and_held_tickets_are_never_called_by_themselves(move: c.Command) -> None:
    scene = one_desk()
    scene.issue()
    scene.next()
    scene.do(move)
    scene.wait(40_000)
    assert scene.next() is None


def test_a_booking_is_called_five_minutes_before_its_appointment_at_the_earliest() -> None:
    scene = one_desk()
    booked = scene.issue(appointment=1000)
    walk_ins = [scene.issue(), scene.issue()]
    scene.at(699)
    assert scene.next() == (walk_ins[0], "order")
    scene.at(700)
    assert scene.next() == (booked, "booked")


def test_a_booking_is_called_earlier_only_if_there_is_no_other_candidate() -> None:
    scene = one_desk()
    later, sooner = scene.issue(appointment=5000), scene.issue(appointment=3000)
    other = scene.issue()
    assert scene.next() == (other, "order")
    assert scene.next() == (sooner, "early")
    assert scene.next() == (later, "early")


def test_a_missed_visitor_in_the_pause_is_not_called_early() -> None:
    scene = one_desk()
    ticket = scene.issue(appointment=5000)
    assert scene.next() == (ticket, "early")
    scene.do(c.MarkNoShow("1"))
    scene.do(c.Resume("1", ticket))
    assert scene.next() is None


def test_a_reserved_desk_takes_its_categories_first() -> None:
    scene = one_desk(reserved=("veteran",))
    other, disabled = scene.issue(), scene.issue(category="disabled")
    scene.wait(30_000)
    veteran = scene.issue(category="veteran")
    assert scene.next() == (veteran, "category")
    assert scene.next() == (disabled, "category")
    assert scene.next() == (other, "order")


def test_a_reserved_desk_takes_others_once_it_was_free_for_overflow_after() -> None:
    scene = one_desk(reserved=("veteran",), overflow_after=60)
    scene.at(100)
    first = scene.issue(category="veteran")
    scene.next()
    other = scene.issue()
    scene.wait(5)
    assert scene.next() is None
    scene.wait(59)
    assert scene.next() is None
    scene.wait(1)
    assert scene.next() == (other, "order")
    assert first not in scene.hall.tickets


def test_a_reserved_desk_looks_at_the_right_even_if_a_booking_weighs_more() -> None:
    scene = one_desk(reserved=("veteran",), overflow_after=60)
    scene.change("categories", [centre.category("veteran", weight=1600, head=0), *centre.CATEGORIES[1:]])
    scene.at(1000)
    booked = scene.issue(category="veteran", appointment=1000)
    assert scene.next() == (booked, "booked")


@pytest.mark.parametrize("confirmed", [None, False])
def test_a_category_that_does_not_count_opens_no_reserved_desk(confirmed: bool | None) -> None:  # noqa: FBT001 -- a parameter of the table
    scene = one_desk(reserved=("foreign", "veteran"), overflow_after=10_000)
    ticket = scene.issue(category="foreign" if confirmed is None else "veteran")
    scene.hall = replace(scene.hall, tickets={ticket: replace(scene.ticket(ticket), confirmed=confirmed)})
    assert scene.next() is None


def queue_of_rights(*, ordinary: int, rights: int) -> tuple[Scene, list[str], list[str]]:
    scene = one_desk()
    walk_ins = [scene.issue() for _ in range(ordinary)]
    privileged = [scene.issue(category="veteran") for _ in range(rights)]
    scene.wait(100)
    return scene, walk_ins, privileged


def test_after_three_privileged_calls_a_desk_takes_the_longest_waiting_ordinary_ticket() -> None:
    scene, ordinary, privileged = queue_of_rights(ordinary=2, rights=6)
    whys = [scene.next() for _ in range(8)]
    assert whys == [
        *((ticket, "category") for ticket in privileged[:3]),
        (ordinary[0], "run-cap"),
        *((ticket, "category") for ticket in privileged[3:]),
        (ordinary[1], "run-cap"),
    ]


def test_a_privileged_call_with_no_ordinary_candidate_there_leaves_the_run() -> None:
    scene, _, _ = queue_of_rights(ordinary=0, rights=5)
    for _ in range(4):
        scene.next()
    assert scene.hall.desks["1"].run == 0
    scene.issue()
    scene.next()
    assert scene.hall.desks["1"].run == 1


def test_an_ordinary_ticket_that_the_desk_may_not_call_does_not_count_for_its_run() -> None:
    scene = Scene()
    scene.issue("address")
    scene.issue("passport", category="veteran")
    scene.next("1")
    assert scene.hall.desks["1"].run == 0


def test_the_run_belongs_to_the_desk() -> None:
    scene, _, _ = queue_of_rights(ordinary=1, rights=5)
    scene.change("desks", [*centre.DESKS[:1], centre.desk("5", ["passport"])])
    scene.do(c.Open("5"))
    for desk in ("1", "1", "1", "5"):
        found = scene.next(desk)
        assert found is not None
        assert found[1] == "category"
    assert (scene.hall.desks["1"].run, scene.hall.desks["5"].run) == (3, 1)


def test_an_ordinary_call_and_a_new_day_set_the_run_to_zero() -> None:
    scene, _, _ = queue_of_rights(ordinary=1, rights=2)
    scene.next()
    scene.next()
    assert scene.hall.desks["1"].run == 2
    scene.next()
    assert scene.hall.desks["1"].run == 0
    scene.set_desk("1", run=2)
    scene.do(c.OpenDay("2026-03-03", "2026-03-03T03:00:00.000Z", "Asia/Bishkek", 21_600))
    assert scene.hall.desks["1"].run == 0


def test_recalls_and_manual_picks_leave_the_run() -> None:
    scene, ordinary, privileged = queue_of_rights(ordinary=2, rights=3)
    scene.next()
    scene.do(c.Recall("1"))
    assert scene.hall.desks["1"].run == 1
    scene.do(c.Finish("1"))
    scene.do(c.Pick("1", ordinary[0], "missed the bus"))
    assert scene.hall.desks["1"].run == 1
    scene.do(c.Finish("1"))
    scene.do(c.Pick("1", privileged[2], "feels ill"))
    assert scene.hall.desks["1"].run == 1


def test_undo_restores_the_run() -> None:
    scene, _, _ = queue_of_rights(ordinary=2, rights=5)
    for _ in range(4):
        scene.next()
    assert scene.hall.desks["1"].run == 0
    scene.do(c.Undo("1"))
    assert scene.hall.desks["1"].run == 3


def test_a_reserved_desk_has_no_run() -> None:
    scene = one_desk(reserved=("disabled",))
    scene.issue()
    rights = [scene.issue(category="veteran") for _ in range(5)]
    scene.wait(10)
    assert [scene.next() for _ in range(5)] == [(ticket, "category") for ticket in rights]
    assert scene.hall.desks["1"].run == 0


def test_equal_scores_are_called_by_the_smaller_base_then_by_the_order_of_issue() -> None:
    scene = one_desk()
    scene.change("ordering", {**centre.ORDERING, "weights": centre.weights(ordinary=(1, 0))})
    scene.at(10)
    second, third = scene.issue(), scene.issue()
    scene.at(20)
    fourth = scene.issue()
    scene.at(21)
    assert [scene.next() for _ in range(3)] == [(ticket, "order") for ticket in (second, third, fourth)]


def test_a_ticket_transferred_to_a_desk_waits_for_that_desk_alone_whatever_its_services() -> None:
    scene = Scene()
    ticket = scene.issue("passport")
    scene.next("1")
    scene.do(c.Transfer("1", to_desk="3"))
    assert [scene.next(desk) for desk in ("1", "2", "4", "5")] == [None] * 4
    assert scene.next("3") == (ticket, "transfer")


def test_a_next_step_has_the_reason_transfer() -> None:
    scene = Scene()
    ticket = scene.issue("passport")
    scene.next("1")
    scene.do(c.Transfer("1", service="address"))
    assert scene.next("1") is None
    assert scene.next("3") == (ticket, "transfer")


def test_the_event_keeps_the_reason_the_three_best_scores_and_the_run() -> None:
    scene, ordinary, privileged = queue_of_rights(ordinary=2, rights=2)
    scene.next()
    event = scene.facts[-1].event
    scores = ({"ticket": privileged[0], "score": 900}, {"ticket": privileged[1], "score": 900}, {"ticket": ordinary[0], "score": 100})
    assert (event.why, event.scores, event.run, event.run_after) == ("category", scores, 0, 1)  # type: ignore[union-attr]


def test_a_manual_pick_stands_as_manual_with_its_reason() -> None:
    scene, ordinary, _ = queue_of_rights(ordinary=2, rights=2)
    scene.do(c.Pick("1", scene.ticket(ordinary[1]).number, "with a small child"))
    event = scene.facts[-1].event
    assert (event.ticket, event.why, event.reason) == (ordinary[1], "manual", "with a small child")  # type: ignore[union-attr]


def test_within_one_class_and_one_set_of_desks_the_order_never_inverts() -> None:
    scene = Scene()
    tickets = []
    for pause in (0, 5, 0, 100, 1):
        scene.wait(pause)
        tickets.append(scene.issue(category="disabled"))
    called = [scene.next(desk) for desk in ("2", "1", "2", "1", "2")]
    assert called == [(ticket, "category") for ticket in tickets]


def test_an_ordinary_ticket_is_called_within_its_bound_even_if_rights_never_end() -> None:
    scene = Scene()
    scene.change("desks", [centre.desk(name, ["passport"]) for name in ("1", "2")])
    for _ in range(4):
        scene.issue()
    last = scene.issue()
    calls = 0
    while True:
        scene.issue(category="veteran")
        scene.issue(category="disabled")
        scene.wait(30)
        found = scene.next(("1", "2")[calls % 2])
        calls += 1
        if found and found[0] == last:
            break
    assert 4 < calls <= (3 + 1) * (4 + 2)


def test_nobody_is_called_by_a_desk_that_is_not_open() -> None:
    scene = one_desk()
    scene.issue()
    scene.do(c.Pause("1"))
    with pytest.raises(Refused, match="calls no one: it is paused"):
        scene.next()
