"""What a visitor sees of an own ticket, hour by hour, and giving it up."""

import json
from datetime import timedelta

import pytest

from edge.errors import Refused, Unknown
from edge.operations import visit
from edge.operations.decision import deciding
from edge.queueing import commands as c
from edge.queueing.chain import moment
from edge.queueing.decide import decide
from tests.operations.box import Box
from tests.queueing import centre


def token(box: Box, service: str = "passport") -> str:
    return str(json.loads(box.issue(service).answer)["track_url"]).removeprefix("/t/")


def do(box: Box, command: c.Command) -> None:
    with deciding(box.ctx, "system") as decision:
        decide(decision.turn, command)


def test_place_and_time_of_a_waiting_ticket(box: Box) -> None:
    for _ in range(12):
        box.issue()
    seen = visit.seen(box.ctx, token(box))
    assert (seen["state"], seen["ahead"], seen["near"], seen["how"], seen["late"]) == ("waiting", 12, False, "between", False)
    assert box.clock.wall() < moment(seen["from"]) < moment(seen["to"])
    assert (seen["desk"], seen["closed"], seen["may_give_up"]) == (None, None, True)


def test_a_time_that_passed_is_never_told_again_and_a_late_one_is_called_so(box: Box) -> None:
    for _ in range(12):
        box.issue()
    mine = token(box)
    said = visit.seen(box.ctx, mine)
    seen = said
    for _ in range(60):
        box.pass_by(60)
        seen = visit.seen(box.ctx, mine)
        assert moment(seen["to"]) > box.clock.wall()
        assert seen["late"] == (moment(seen["to"]) > moment(said["to"]))
    assert seen["late"]


def test_among_the_next_three_one_is_near_unless_nobody_calls(box: Box) -> None:
    for _ in range(2):
        box.issue()
    mine = token(box)
    assert visit.seen(box.ctx, mine)["near"] is True
    for desk in box.hall.desks:
        box.act(c.Pause(desk))
    seen = visit.seen(box.ctx, mine)
    assert (seen["near"], seen["how"], seen["ahead"]) == (False, None, 2)


def test_the_way_of_a_visit(box: Box) -> None:
    mine = token(box)
    box.act(c.CallNext("1"))
    called = visit.seen(box.ctx, mine)
    assert (called["state"], called["desk"], called["zone"], called["may_give_up"]) == ("called", "1", "a", False)
    box.act(c.Hold("1", 20))
    held = visit.seen(box.ctx, mine)
    assert (held["state"], held["may_give_up"]) == ("held", True)
    assert moment(held["until"]) - box.clock.wall() == timedelta(minutes=20)
    box.act(c.Resume("1", "A001"))
    box.act(c.CallNext("1"))
    box.act(c.Transfer("1", to_desk="2"))
    assert (visit.seen(box.ctx, mine)["state"], visit.seen(box.ctx, mine)["desk"]) == ("waiting", "2")
    box.act(c.CallNext("2"))
    box.act(c.Finish("2"))
    assert (visit.seen(box.ctx, mine)["state"], visit.seen(box.ctx, mine)["may_give_up"]) == ("finished", False)


def test_why_nobody_is_called(box: Box) -> None:
    mine = token(box)
    do(box, c.ChangeSettings({"calendar": {"hours": centre.OFFICE, "lunch": [["09:00", "13:30"]]}}))
    assert [visit.seen(box.ctx, mine)[key] for key in ("closed", "opens")] == ["lunch", "13:30"]
    do(box, c.ChangeSettings({"calendar": {"hours": {}, "lunch": []}}))
    assert [visit.seen(box.ctx, mine)[key] for key in ("closed", "opens", "how")] == ["closed", None, None]
    do(box, c.ChangeSettings({"emergency": {"text": centre.named("out"), "reason": "alarm"}}))
    assert [visit.seen(box.ctx, mine)[key] for key in ("closed", "how")] == ["emergency", None]


def test_giving_up_twice_is_one(box: Box) -> None:
    mine = token(box)
    visit.give_up(box.ctx, mine)
    visit.give_up(box.ctx, mine)
    assert visit.seen(box.ctx, mine)["state"] == "cancelled"
    assert box.types().count("ticket.cancelled") == 1
    assert box.verify().clean


def test_what_a_desk_has_in_hand_or_has_finished_is_not_given_up(box: Box) -> None:
    mine = token(box)
    box.act(c.CallNext("1"))
    with pytest.raises(Refused):
        visit.give_up(box.ctx, mine)
    box.act(c.Finish("1"))
    with pytest.raises(Refused):
        visit.give_up(box.ctx, mine)
    assert visit.seen(box.ctx, mine)["state"] == "finished"


def test_the_link_dies_with_the_day_and_an_invented_one_never_lived(box: Box) -> None:
    mine = token(box)
    do(box, c.CloseDay())
    for dead in (mine, mine[:-4] + "AAAA", "", "x"):
        with pytest.raises(Unknown):
            visit.seen(box.ctx, dead)
        with pytest.raises(Unknown):
            visit.give_up(box.ctx, dead)
