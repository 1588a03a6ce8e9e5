"""Promises from outside: words and times in the contract's shapes, raised once a minute, kept and learned from across a restart."""

from datetime import timedelta
from typing import Any

import pytest

from edge.errors import Refused
from edge.operations import views, visit
from edge.operations.clock import Quality
from edge.operations.promises import Keeper
from edge.queueing import commands as c
from edge.queueing.chain import moment
from edge.queueing.ticket import Ticket
from tests.operations.box import Box
from tests.operations.test_visit import token
from tests.queueing import centre

FULL: dict[str, Any] = {"cut_off": True, "z_permille": 1640, "tail_min": None, "release_min": 20}
SHORT = {weekday: [["09:00", "11:00"]] for weekday in centre.OFFICE}


def offered(box: Box, code: str = "passport") -> tuple[Any, ...]:
    found = next(each for each in views.services(box.hall, box.ctx.tick()) if each["code"] == code)
    kiosk = next(each for each in views.kiosk(box.hall, box.ctx.tick())["services"] if each["code"] == code)
    assert all(found[name] == kiosk[name] for name in ("open", "promise", "from", "to", "why"))
    return found["open"], found["promise"], found["why"]


def last(box: Box) -> Ticket:
    return max(box.hall.tickets.values(), key=lambda ticket: ticket.order)


def test_a_day_fills_up_from_guaranteed_over_standby_to_none_and_every_view_says_the_same(box: Box) -> None:
    box.make(calendar={"hours": SHORT, "lunch": []}, promises=FULL)
    words = []
    while offered(box)[0]:
        promise = offered(box)[1]
        box.issue()
        assert last(box).promise == promise
        assert views.ticket(box.hall, last(box), box.ctx.tick(), "")["promise"] == promise
        words.append(promise)
    assert list(dict.fromkeys(words)) == ["guaranteed", "standby"]
    assert offered(box) == (False, "none", "cut-off")
    with pytest.raises(Refused) as refused:
        box.issue()
    assert (refused.value.code, refused.value.reason) == ("cut-off", "cut-off")
    assert "slots" in refused.value.more
    box.pass_by(timedelta(hours=1, minutes=41).total_seconds() - 60)
    assert {ticket.promise for ticket in box.hall.waiting()} <= {"guaranteed"}
    assert "ticket.cancelled" in box.types()
    assert box.verify().clean


def test_without_a_cut_off_there_is_no_such_word(box: Box) -> None:
    assert offered(box) == (True, None, None)


def test_a_promise_that_does_not_hold_is_raised_once_a_minute_at_most_and_the_page_says_so(box: Box) -> None:
    keeper = Keeper(box.ctx)
    for _ in range(12):
        box.issue()
    mine = token(box)
    before = last(box)
    keeper.look()
    assert "ticket.promise_raised" not in box.types()
    box.pass_by(3600)
    keeper.look()
    raised = [line for line in box.types() if line == "ticket.promise_raised"]
    now = box.hall.tickets[before.id]
    assert len(raised) == 13
    assert now.raised
    assert moment(now.promise_to or "") > moment(before.promise_to or "")
    seen = visit.seen(box.ctx, mine)
    assert seen["late"]
    assert moment(seen["to"]) <= moment(now.promise_to or "")
    box.pass_by(30)
    keeper.look()
    assert box.types().count("ticket.promise_raised") == 13
    assert box.verify().clean


def test_what_was_learned_is_there_after_a_restart_and_verify_compares_it(box: Box) -> None:
    for _ in range(12):
        box.issue(category="veteran")
    for _ in range(3):
        for desk in ("1", "2", "5"):
            box.act(c.CallNext(desk))
        box.pass_by(500)
    box.act(c.CallNext("1"))
    box.act(c.Recall("1"))
    learned = box.hall.learned
    assert {key.split(":")[0] for key in learned.lessons} == {"pace", "cell", "flow"}
    box.restart()
    assert box.hall.learned == learned
    assert box.verify().clean
    box.database.connection().execute("UPDATE learned SET value = '[\"passport\",9,1,1]' WHERE key = 'pace:passport'")
    assert box.verify().problems == ["table learned: pace:passport is not what the journal says"]


def test_no_clock_time_is_said_while_nobody_vouches_for_the_clock_and_learning_goes_on(box: Box) -> None:
    box.clock.grade = Quality.UNSYNCED
    box.restart(away=86_400 * 2, wall=timedelta(0), grade=Quality.UNSYNCED)
    box.pass_by(86_400)
    assert box.hall.day
    assert box.hall.day.provisional
    for name, desk in box.hall.desks.items():
        if desk.state != "open":
            box.act(c.Open(name))
    for _ in range(3):
        box.issue()
    assert (last(box).promise_from, last(box).promise_to) == (None, None)
    assert last(box).expected is not None
    found = next(each for each in views.services(box.hall, box.ctx.tick()) if each["code"] == "passport")
    assert (found["from"], found["to"]) == (None, None)
