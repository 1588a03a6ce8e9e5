"""Every desk action of the HTTP contract: what it does, what it answers, and when it is refused."""

import pytest

from tests.journeys.hall import Hall, problem


def test_next_calls_whoever_waited_longest_and_says_so(hall: Hall) -> None:
    ticket = hall.issue("passport")
    assert hall.desk("1")["next"] == ticket["number"]
    answer = hall.act("1", "next")
    assert answer["result"] == "called"
    assert answer["ticket"]["number"] == ticket["number"]
    assert (answer["ticket"]["state"], answer["ticket"]["why"]) == ("called", "order")
    found = hall.ticket(ticket["id"])
    assert (found["state"], found["desk"], found["called_at"]) == ("called", "1", answer["ticket"]["since"])
    assert {name: value for name, value in answer.items() if name != "result"} == hall.desk("1")


def test_next_finishes_the_present_ticket_and_calls_the_next(hall: Hall) -> None:
    first, second = hall.issue("passport"), hall.issue("passport")
    hall.act("1", "next")
    answer = hall.act("1", "next")
    assert (answer["result"], answer["ticket"]["number"]) == ("called", second["number"])
    assert hall.ticket(first["id"])["state"] == "finished"


def test_next_with_nobody_waiting_is_finished_and_then_empty(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    last = hall.act("1", "next")
    assert (last["result"], last["ticket"]) == ("finished", None)
    assert hall.ticket(ticket["id"])["state"] == "finished"
    assert hall.act("1", "next")["result"] == "empty"


def test_start_makes_called_serving_once(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    answer = hall.act("1", "start")
    assert (answer["result"], answer["ticket"]["state"]) == ("ok", "serving")
    assert hall.ticket(ticket["id"])["state"] == "serving"
    problem(hall.try_act("1", "start"), 409)


@pytest.mark.parametrize("state", ["called", "serving"])
def test_recall_leaves_the_state_as_it_is(hall: Hall, state: str) -> None:
    hall.issue("passport")
    hall.act("1", "next")
    if state == "serving":
        hall.act("1", "start")
    answer = hall.act("1", "recall")
    assert (answer["result"], answer["ticket"]["state"]) == ("recalled", state)


@pytest.mark.parametrize(
    ("action", "body", "result", "after"),
    [
        ("finish", {}, "finished", "finished"),
        ("finish", {"outcome": "done"}, "finished", "finished"),
        ("no-show", {}, "no-show", "missed"),
        ("hold", {}, "ok", "held"),
        ("hold", {"minutes": 5, "reason": "copies"}, "ok", "held"),
        ("cancel", {}, "ok", "cancelled"),
        ("cancel", {"reason": "left"}, "ok", "cancelled"),
    ],
)
@pytest.mark.parametrize("state", ["called", "serving"])
def test_a_ticket_leaves_the_desk_and_the_desk_is_free(hall: Hall, action: str, body: dict[str, object], result: str, after: str, state: str) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    if state == "serving":
        hall.act("1", "start")
    answer = hall.act("1", action, body)
    assert (answer["result"], answer["ticket"], answer["state"]) == (result, None, "open")
    assert hall.ticket(ticket["id"])["state"] == after
    assert hall.board("a")["now"] == []
    assert hall.act("1", "next")["result"] == "empty"


@pytest.mark.parametrize("action", ["recall", "start", "finish", "no-show", "hold", "cancel"])
def test_actions_on_a_ticket_are_409_at_a_free_desk(hall: Hall, action: str) -> None:
    problem(hall.try_act("1", action), 409)


def test_a_free_desk_has_nothing_to_transfer_and_no_category_to_judge(hall: Hall) -> None:
    problem(hall.try_act("1", "transfer", {"service": "address"}), 409)
    problem(hall.try_act("1", "category", {"confirmed": True}), 409)


def test_a_held_ticket_is_called_again_only_after_resume_which_calls_no_one(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "hold", {"minutes": 1})
    assert hall.act("1", "next")["result"] == "empty"
    answer = hall.act("2", "resume", {"ticket": ticket["id"]})
    assert (answer["result"], answer["ticket"]) == ("ok", None)
    assert hall.ticket(ticket["id"])["state"] == "waiting"
    called = hall.act("3", "next")["ticket"]
    assert (called["number"], called["why"]) == (ticket["number"], "returned")


def test_a_missed_ticket_may_return_but_is_not_called_at_once(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "no-show")
    assert hall.act("1", "next")["result"] == "empty"
    hall.act("1", "resume", {"ticket": ticket["number"]})
    assert hall.ticket(ticket["id"])["state"] == "waiting"
    assert hall.act("1", "next")["result"] == "empty"
    assert hall.act("1", "pick", {"ticket": ticket["id"], "reason": "stands here"})["result"] == "called"


def test_resume_is_only_for_held_and_missed_tickets(hall: Hall) -> None:
    waiting = hall.issue("passport")
    problem(hall.try_act("1", "resume", {"ticket": waiting["id"]}), 409)
    hall.act("1", "next")
    problem(hall.try_act("1", "resume", {"ticket": waiting["id"]}), 409)
    hall.act("1", "finish")
    problem(hall.try_act("1", "resume", {"ticket": waiting["id"]}), 409)
    problem(hall.try_act("1", "resume", {"ticket": "A999"}), 422)
    problem(hall.try_act("1", "resume", {}), 422)


def test_a_transfer_to_a_service_keeps_the_arrival_and_is_called_as_transfer(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    answer = hall.act("1", "transfer", {"service": "address"})
    assert (answer["result"], answer["ticket"]) == ("ok", None)
    found = hall.ticket(ticket["id"])
    assert (found["state"], found["service"], found["number"]) == ("waiting", "address", ticket["number"])
    assert hall.act("1", "next")["result"] == "empty"
    called = hall.act("5", "next")["ticket"]
    assert (called["number"], called["why"]) == (ticket["number"], "transfer")


def test_a_transfer_to_a_desk_waits_for_that_desk_alone(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "transfer", {"desk": "5"})
    assert [hall.act(desk, "next")["result"] for desk in ("1", "2", "6")] == ["empty"] * 3
    assert hall.desk("5")["waiting"] == 1
    assert hall.desk("6")["waiting"] == 0
    assert hall.act("5", "next")["ticket"]["number"] == ticket["number"]


def test_a_transfer_with_return_comes_back_to_the_first_desk(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "transfer", {"desk": "5", "return": True})
    hall.act("5", "next")
    hall.act("5", "finish")
    assert hall.act("2", "next")["result"] == "empty"
    assert hall.act("1", "next")["ticket"]["number"] == ticket["number"]


@pytest.mark.parametrize("body", [{}, {"service": "address", "desk": "5"}, {"service": "no-such"}, {"desk": "99"}, {"service": "documents"}])
def test_a_transfer_needs_exactly_one_aim_that_exists(hall: Hall, body: dict[str, object]) -> None:
    hall.issue("passport")
    hall.act("1", "next")
    problem(hall.try_act("1", "transfer", body), 422)
    assert hall.serving("1") is not None


def test_a_pick_calls_the_chosen_visitor_and_stands_as_manual_on_the_board(hall: Hall) -> None:
    hall.issue("passport")
    chosen = hall.issue("passport")
    answer = hall.act("1", "pick", {"ticket": chosen["id"], "reason": "with a crying child"})
    assert (answer["result"], answer["ticket"]["number"], answer["ticket"]["why"]) == ("called", chosen["number"], "manual")
    assert hall.board("a")["now"][0]["reason"] == "manual"


def test_a_pick_needs_a_reason_and_a_waiting_ticket(hall: Hall) -> None:
    ticket = hall.issue("passport")
    problem(hall.try_act("1", "pick", {"ticket": ticket["id"]}), 422)
    problem(hall.try_act("1", "pick", {"ticket": ticket["id"], "reason": ""}), 422)
    problem(hall.try_act("1", "pick", {"ticket": "no-such-ticket", "reason": "because"}), 422)
    hall.act("2", "next")
    problem(hall.try_act("1", "pick", {"ticket": ticket["id"], "reason": "because"}), 409)
    assert hall.serving("1") is None


def test_a_category_is_confirmed_at_the_desk_and_the_ticket_stays_there(hall: Hall) -> None:
    ticket = hall.issue("passport", category="veteran")
    hall.act("1", "next")
    answer = hall.act("1", "category", {"confirmed": True})
    assert (answer["result"], answer["ticket"]["number"]) == ("ok", ticket["number"])
    assert hall.ticket(ticket["id"])["category"] == "veteran"


def test_a_refused_category_falls_back_among_the_ordinary(hall: Hall) -> None:
    hall.call_an_ordinary_visitor("1", "passport")
    ordinary = hall.issue("passport")
    claimed = hall.issue("passport", category="veteran")
    assert hall.act("1", "next")["ticket"]["number"] == claimed["number"]
    assert hall.act("1", "category", {"confirmed": False})["result"] == "ok"
    if hall.ticket(claimed["id"])["state"] == "waiting":
        assert hall.ticket(claimed["id"])["ahead"] == 1
        assert hall.act("2", "next")["ticket"]["number"] == ordinary["number"]


def test_a_ticket_without_a_category_has_none_to_judge(hall: Hall) -> None:
    hall.issue("passport")
    hall.act("1", "next")
    problem(hall.try_act("1", "category", {"confirmed": True}), 409)
    problem(hall.try_act("1", "category", {}), 422)
    problem(hall.try_act("1", "category", {"confirmed": "yes"}), 422)


def test_a_paused_desk_keeps_its_ticket_and_calls_no_one_until_it_opens(hall: Hall) -> None:
    first, second = hall.issue("passport"), hall.issue("passport")
    hall.act("1", "next")
    paused = hall.act("1", "pause", {"reason": "printer"})
    assert (paused["state"], paused["ticket"]["number"]) == ("paused", first["number"])
    problem(hall.try_act("1", "next"), 409)
    problem(hall.try_act("1", "pick", {"ticket": second["id"], "reason": "because"}), 409)
    assert hall.act("1", "open")["ticket"]["number"] == first["number"]
    assert hall.act("1", "next")["ticket"]["number"] == second["number"]


def test_a_closed_desk_calls_no_one_until_it_opens(hall: Hall) -> None:
    ticket = hall.issue("passport")
    assert hall.act("1", "close")["state"] == "closed"
    problem(hall.try_act("1", "next"), 409)
    problem(hall.try_act("1", "pause"), 409)
    assert hall.desk("1")["next"] is None
    assert hall.act("1", "open")["state"] == "open"
    assert hall.act("1", "next")["ticket"]["number"] == ticket["number"]


def test_a_repeated_action_with_its_key_has_one_effect_and_the_first_answer(hall: Hall) -> None:
    hall.issue("passport")
    hall.issue("passport")
    first, again = (hall.post("/desks/1/next", {}, hall.desk_token("1"), key="desk-1-next-once") for _ in range(2))
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert hall.desk("1")["waiting"] == 1


def test_an_action_without_a_key_is_key_missing_and_does_nothing(hall: Hall) -> None:
    hall.issue("passport")
    problem(hall.post("/desks/1/next", {}, hall.desk_token("1"), key=None), 422, "key_missing")
    assert hall.serving("1") is None


def test_unknown_desks_and_actions_are_404(hall: Hall) -> None:
    supervisor = hall.staff("supervisor")
    problem(hall.send("GET", "/desks/99", token=supervisor), 404)
    problem(hall.post("/desks/99/next", {}, supervisor), 404)
    problem(hall.post("/desks/1/dance", {}, supervisor), 404)


def test_wrong_field_values_are_422_and_nothing_happens(hall: Hall) -> None:
    hall.issue("passport")
    hall.act("1", "next")
    problem(hall.try_act("1", "hold", {"minutes": "five"}), 422)
    problem(hall.try_act("1", "finish", {"outcome": 7}), 422)
    assert hall.serving("1") is not None


def test_the_list_of_desks_holds_every_desk_as_it_stands(hall: Hall) -> None:
    listed = hall.get("/desks", hall.staff("supervisor"))
    assert [desk["desk"] for desk in listed] == hall.desks()
    assert listed[0] == hall.desk("1")
    assert len(listed) == 8
    assert {desk["zone"] for desk in listed} == {"a", "b"}


def test_boards_list_the_waiting_in_the_order_they_will_be_called(hall: Hall) -> None:
    plain = [hall.issue("passport")["number"] for _ in range(11)]
    veteran = hall.issue("birth", category="veteran")["number"]
    assert hall.board("a")["next"] == [veteran, *plain[:9]]
    called = [hall.act("1", "next")["ticket"]["number"] for _ in range(4)]
    assert called == [veteran, *plain[:3]]
