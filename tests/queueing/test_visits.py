"""How a visit goes on: holds that end by themselves, the missed who come back, steps, returns, desks with nothing but a button."""

from typing import Any

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.decide import Stamp, Turn
from edge.queueing.desk import Key
from edge.queueing.serving import end_holds
from edge.queueing.ticket import TicketState
from tests.queueing import centre
from tests.queueing.scene import WALL, Scene, open_day, replayed

VISIT = {**centre.service("licence", "L"), "steps": ["passport", "address", "birth"]}


def scene(**desks: dict[str, Any]) -> Scene:
    """Desk 1 gives passports, 2 addresses, 3 births, 5 births, too; ``licence`` is a visit of the three."""
    plans = [centre.desk("1", ["passport"]), centre.desk("2", ["address"]), centre.desk("3", ["birth"]), centre.desk("5", ["birth"])]
    plans = [{**plan, **desks.get(f"desk_{plan['desk']}", {})} for plan in plans]
    return Scene({**centre.settings(), "services": [*centre.SERVICES, VISIT], "desks": plans})


def due(where: Scene) -> list[e.Fact]:
    """Let happen what is due by itself."""
    turn = Turn(where.hall, where.tick, Stamp(WALL, "ntp", "desk:1", lambda: f"due-{len(where.facts)}-{len(turn.facts)}"))
    end_holds(turn)
    where.hall = turn.hall
    where.facts += turn.facts
    return turn.facts


# A hold with a timer


def test_a_hold_ends_by_itself_and_its_time_is_no_waiting() -> None:
    at = scene()
    ticket = at.issue()
    at.next()
    at.at(100)
    at.do(c.Hold("1", 5))
    at.at(399)
    assert due(at) == []
    at.at(402)
    (fact,) = due(at)
    assert (fact.actor, e.type_of(fact.event)) == ("system", "ticket.resumed")
    back = at.ticket(ticket)
    assert (back.state, back.base, back.desk, back.returned) == (TicketState.WAITING, 302, None, True)
    assert at.hall.hold_ends is None
    assert at.next() == (ticket, "returned")
    assert replayed(at.facts) == at.hall


def test_holds_end_in_the_order_of_their_ends_and_those_without_a_timer_stay() -> None:
    at = scene()
    tickets = [at.issue() for _ in range(3)]
    for minutes in (10, 5, None):
        at.next()
        at.do(c.Hold("1", minutes))
    assert at.hall.hold_ends == 300
    at.at(700)
    assert [fact.event.ticket for fact in due(at) if isinstance(fact.event, e.TicketResumed)] == [tickets[1], tickets[0]]
    assert at.ticket(tickets[2]).state is TicketState.HELD


def test_a_held_ticket_is_called_by_nobody_and_a_hold_that_is_taken_back_does_not_end() -> None:
    at = scene()
    at.issue()
    at.next()
    at.do(c.Hold("1", 5))
    assert at.next() is None
    at.wait(5)
    at.do(c.Undo("1"))
    assert at.hall.hold_ends is None
    at.wait(600)
    assert due(at) == []


def test_a_hold_with_a_timer_ends_with_the_day_so_that_its_visitor_waits_on_in_the_morning() -> None:
    at = scene()
    at.change("calendar", {**centre.settings()["calendar"], "keep_overnight": True})
    ticket = at.issue()
    at.next()
    at.do(c.Hold("1", 5))
    at.do(open_day("2026-03-03", "2026-03-02T18:00:00.000Z"))
    assert (at.ticket(ticket).state, at.hall.hold_ends) == (TicketState.WAITING, None)
    assert replayed(at.facts) == at.hall


# The missed


def test_what_a_missed_visitor_was_told_stands_when_the_setting_changes() -> None:
    at = scene()
    ticket = at.issue()
    at.next()
    at.do(c.MarkNoShow("1"))
    at.change("visits", {"missed_within_min": 1})
    at.wait(600)
    at.do(c.Resume("1", ticket))
    assert (at.ticket(ticket).base, at.ticket(ticket).returned) == (0, True)


def test_a_missed_ticket_may_be_put_back_until_the_day_ends() -> None:
    at = scene()
    ticket = at.issue()
    at.next()
    at.do(c.MarkNoShow("1"))
    assert at.next() is None
    at.wait(30_000)
    at.do(c.PutBack(ticket, "came back"))
    assert (at.ticket(ticket).base, at.next()) == (30_000, (ticket, "order"))


# A desk with nothing but a button


def pressed(at: Scene, desk: str = "1", key: Key = Key.PRESS) -> tuple[str, str]:
    outcome = at.do(c.Press(desk, key, 5000))
    return outcome.result, outcome.ticket.number if outcome.ticket else ""


def test_a_press_soon_after_a_call_says_that_nobody_came() -> None:
    at = scene(desk_1={"absent_after": 30})
    tickets = [at.issue() for _ in range(3)]
    assert pressed(at) == ("called", "A001")
    at.wait(29)
    assert pressed(at) == ("called", "A002")
    assert at.ticket(tickets[0]).state is TicketState.MISSED
    at.wait(30)
    assert pressed(at) == ("called", "A003")
    assert tickets[1] not in at.hall.tickets
    at.wait(10)
    assert pressed(at) == ("no-show", "A003")
    assert replayed(at.facts) == at.hall


def test_it_counts_from_the_call_not_from_a_recall_and_never_for_who_was_seen() -> None:
    at = scene(desk_1={"absent_after": 30})
    at.issue()
    pressed(at)
    at.wait(25)
    assert pressed(at, key=Key.DOUBLE) == ("recalled", "A001")
    at.wait(6)
    assert pressed(at) == ("finished", "A001")
    at.issue()
    pressed(at)
    at.do(c.Start("1"))
    at.wait(5)
    assert pressed(at) == ("finished", "A002")


def test_without_the_setting_and_from_a_screen_a_visitor_is_finished() -> None:
    for at, command in ((scene(), c.Press("1", Key.PRESS, 5000)), (scene(desk_1={"absent_after": 30}), c.CallNext("1"))):
        at.issue()
        at.next()
        at.wait(5)
        assert at.do(command).result == "finished"


def test_undo_brings_back_who_was_taken_for_absent() -> None:
    at = scene(desk_1={"absent_after": 30})
    first, second = at.issue(), at.issue()
    pressed(at)
    before = at.hall
    at.wait(5)
    pressed(at)
    at.do(c.Undo("1"))
    assert (at.hall.tickets, at.hall.desks["1"].ticket, at.ticket(second).state) == (before.tickets, first, TicketState.WAITING)


# Steps


def test_a_visit_goes_on_by_itself_with_one_number_and_its_first_base() -> None:
    at = scene()
    ticket = at.issue("licence")
    seen = at.ticket(ticket)
    assert (seen.number, seen.visit, seen.service, seen.steps_left) == ("L001", "licence", "passport", ("address", "birth"))
    at.at(60)
    assert at.next("1") == (ticket, "order")
    at.at(300)
    assert at.do(c.Finish("1", "accepted")).result == "finished"
    seen = at.ticket(ticket)
    assert (seen.state, seen.service, seen.step, seen.base) == (TicketState.WAITING, "address", 1, 0)
    assert at.next("2") == (ticket, "transfer")
    at.next("2")
    assert at.next("5") == (ticket, "transfer")
    at.at(1000)
    at.do(c.Finish("5", "issued"))
    assert ticket not in at.hall.tickets
    (end,) = [fact.event for fact in at.facts if isinstance(fact.event, e.TicketFinished)]
    assert (end.waited, end.total, end.outcome) == (60, 1000, "issued")
    assert [fact.event.outcome for fact in at.facts if isinstance(fact.event, e.TicketTransferred)] == ["accepted", None]
    assert replayed(at.facts) == at.hall


def test_a_clerk_adds_a_step_and_may_take_that_back() -> None:
    at = scene()
    ticket = at.issue()
    at.next()
    at.do(c.AddStep("1", "birth"))
    at.do(c.AddStep("1", "address"))
    assert at.ticket(ticket).steps == ("passport", "birth", "address")
    at.do(c.Undo("1"))
    assert at.ticket(ticket).steps_left == ("birth",)
    with pytest.raises(Refused, match="already part"):
        at.do(c.AddStep("1", "birth"))
    at.do(c.Finish("1"))
    assert at.next("3") == (ticket, "transfer")
    assert at.do(c.Finish("3")).result == "finished"
    assert ticket not in at.hall.tickets


def test_a_step_that_no_desk_serves_any_more_is_passed_over() -> None:
    at = scene()
    ticket = at.issue("licence")
    at.next()
    at.change("desks", [centre.desk("1", ["passport"]), centre.desk("3", ["birth"])])
    at.do(c.Finish("1"))
    assert (at.ticket(ticket).service, at.ticket(ticket).step) == ("birth", 2)


def test_a_service_cannot_be_removed_while_it_is_a_step_to_come() -> None:
    at = scene()
    at.issue("licence")
    with pytest.raises(Exception, match="service birth: cannot be removed"):
        at.change("services", [each for each in centre.SERVICES if each["code"] != "birth"])


def test_a_transfer_to_a_visit_begins_it() -> None:
    at = scene()
    ticket = at.issue("address")
    at.next("2")
    at.do(c.Transfer("2", service="licence"))
    assert (at.ticket(ticket).service, at.ticket(ticket).steps_left) == ("passport", ("address", "birth"))


# Returns


def test_who_is_sent_on_with_return_comes_back_through_every_desk_that_asked() -> None:
    at = scene()
    ticket = at.issue()
    at.next("1")
    at.do(c.Transfer("1", service="address", returns=True))
    at.next("2")
    at.do(c.Transfer("2", to_desk="3", returns=True))
    at.next("3")
    at.do(c.Transfer("3", service="birth"))
    at.next("5")
    at.do(c.Finish("5"))
    assert (at.ticket(ticket).to_desk, at.ticket(ticket).service) == ("2", "address")
    assert at.next("2") == (ticket, "transfer")
    at.do(c.Finish("2"))
    assert (at.ticket(ticket).to_desk, at.ticket(ticket).service) == ("1", "passport")
    at.next("1")
    at.do(c.Finish("1"))
    assert ticket not in at.hall.tickets
    assert replayed(at.facts) == at.hall


def test_a_return_to_a_desk_that_closed_is_a_return_to_its_service() -> None:
    at = scene()
    ticket = at.issue("birth")
    at.next("3")
    at.do(c.Transfer("3", service="address", returns=True))
    at.do(c.Close("3"))
    at.next("2")
    at.do(c.Finish("2"))
    assert (at.ticket(ticket).to_desk, at.ticket(ticket).service) == (None, "birth")
    assert at.next("5") == (ticket, "transfer")


def test_a_return_that_nobody_can_take_falls_away_and_the_visit_goes_on() -> None:
    at = scene()
    ticket = at.issue()
    at.next("1")
    at.do(c.AddStep("1", "birth"))
    at.do(c.Transfer("1", service="address", returns=True))
    at.do(c.Close("1"))
    at.next("2")
    at.change("desks", [centre.desk("2", ["address"]), centre.desk("3", ["birth"])])
    at.do(c.Finish("2"))
    assert (at.ticket(ticket).service, at.ticket(ticket).returns) == ("birth", ())


def test_a_desk_that_closes_lets_go_who_waits_for_it_alone() -> None:
    at = scene()
    ticket = at.issue()
    at.next("1")
    at.do(c.Transfer("1", to_desk="2"))
    at.do(c.Close("2"))
    assert at.ticket(ticket).to_desk is None
    assert at.next("1") == (ticket, "transfer")
    assert replayed(at.facts) == at.hall


def test_undo_of_a_transfer_is_refused_once_the_desk_let_its_ticket_go() -> None:
    at = scene()
    at.issue()
    at.next("1")
    at.do(c.Transfer("1", to_desk="2"))
    at.do(c.Close("2"))
    with pytest.raises(Refused, match="moved since"):
        at.do(c.Undo("1"))


def test_undo_of_a_step_brings_it_back_exactly() -> None:
    at = scene()
    ticket = at.issue("licence")
    at.next("1")
    before = at.ticket(ticket)
    at.do(c.Finish("1"))
    at.do(c.Undo("1"))
    assert at.ticket(ticket) == before


# Categories in the hall


def test_a_right_that_counts_only_after_its_proof_is_confirmed_while_its_visitor_waits() -> None:
    at = scene()
    at.issue()
    ticket = at.issue(category="foreign")
    at.wait(60)
    at.do(c.JudgeInHall(ticket, confirmed=True, reason="passport seen"))
    assert at.next("1") == (ticket, "category")
    with pytest.raises(Refused, match="already judged"):
        at.do(c.JudgeCategory("1", confirmed=False))


def test_a_right_refused_while_its_visitor_waits_keeps_the_base_and_counts_no_more() -> None:
    at = scene()
    first = at.issue()
    ticket = at.issue(category="veteran")
    at.wait(600)
    at.do(c.JudgeWaiting("1", ticket, confirmed=False))
    assert (at.ticket(ticket).base, at.ticket(ticket).state, at.ticket(ticket).desk) == (0, TicketState.WAITING, None)
    assert at.next("1") == (first, "order")


def test_who_is_at_a_desk_is_judged_there() -> None:
    at = scene()
    ticket = at.issue(category="veteran")
    at.next("1")
    with pytest.raises(Refused, match="it is called"):
        at.do(c.JudgeWaiting("1", ticket, confirmed=True))


# Settings


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (["passport", "nothing"], "step 'nothing' is not a service"),
        (["documents"], "step 'documents' is a group"),
        (["passport", "passport"], "appears 2 times"),
        (["licence"], "has steps of its own"),
    ],
)
def test_steps_that_make_no_visit_are_refused(steps: list[str], sentence: str) -> None:
    with pytest.raises(Exception, match=sentence):
        Scene({**centre.settings(), "services": [*centre.SERVICES, {**VISIT, "steps": steps}]})


def test_a_desk_serves_the_steps_not_the_visit() -> None:
    with pytest.raises(Exception, match="'licence' is a visit of several steps"):
        scene(desk_1={"services": ["licence"]})


def test_the_first_step_is_announced() -> None:
    services = [*centre.SERVICES, {**centre.service("check", "C"), "quiet": True}, {**VISIT, "steps": ["check", "passport"]}]
    with pytest.raises(Exception, match="nobody would come"):
        Scene({**centre.settings(), "services": services})


def test_a_visit_is_closed_while_one_of_its_steps_has_no_desk() -> None:
    at = scene()
    at.change("desks", [centre.desk("1", ["passport", "birth"])])
    with pytest.raises(Refused) as refused:
        at.issue("licence")
    assert refused.value.reason == "closed"
