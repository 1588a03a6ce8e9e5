"""What a supervisor does: each act once, with its reason in the journal under a pseudonym; what is incomplete or refused changes nothing."""

import json

import pytest

from edge.errors import ConfigError, Refused, Unknown
from edge.operations import asked, emergency, notices, supervision, views
from edge.operations.asked import Incomplete
from edge.operations.decision import Once
from edge.queueing import commands as c
from edge.store import queries
from tests.operations.box import Box
from tests.queueing import centre

ACTOR = "staff:5ab1"
TEXT = {"ky": "Чыгыңыз", "ru": "Выйдите", "kk": "", "en": ""}
FILLED = {"ky": "Чыгыңыз", "ru": "Выйдите", "kk": "Выйдите", "en": "Выйдите"}


def last_line(box: Box) -> tuple[str, str, dict[str, object]]:
    """Return (type, actor, payload) of the journal's last line."""
    line = list(queries.all_lines(box.database))[-1]
    return line.type, line.actor, json.loads(line.payload or "{}")


def once(key: str) -> Once:
    return Once("screen:hall", key, "")


def test_any_desk_is_opened_paused_and_closed_with_a_reason(box: Box) -> None:
    for command, type_ in (
        (c.Pause("1", "queue at 2"), "desk.paused"),
        (c.Close("1", "went home"), "desk.closed"),
        (c.Open("1", "rush"), "desk.opened"),
    ):
        supervision.at_desk(box.ctx, command, actor=ACTOR)
        assert last_line(box)[:2] == (type_, ACTOR)
        assert last_line(box)[2]["reason"] == command.reason


@pytest.mark.parametrize("reason", [None, "", "  ", "ok", "x" * 201])
def test_without_a_reason_that_can_be_read_nothing_happens(box: Box, reason: str | None) -> None:
    lines = len(box.types())
    with pytest.raises(Incomplete) as wrong:
        supervision.at_desk(box.ctx, c.Close("1", reason), actor=ACTOR)
    assert set(wrong.value.faults) == {"reason"}
    with pytest.raises(Incomplete):
        supervision.change_services(box.ctx, "1", ["birth"], reason or "", actor=ACTOR)
    assert len(box.types()) == lines


def test_a_picked_ticket_is_called_with_its_reason_and_verified_as_explained(box: Box) -> None:
    box.issue()
    box.issue()
    supervision.at_desk(box.ctx, c.Pick("1", "A002", "has a bus to catch"), actor=ACTOR)
    type_, actor, payload = last_line(box)
    assert (type_, actor, payload["why"], payload["reason"]) == ("ticket.called", ACTOR, "manual", "has a bus to catch")
    assert box.verify().clean


def test_a_held_ticket_is_put_back_once(box: Box) -> None:
    box.issue()
    box.act(c.CallNext("1"))
    box.act(c.Hold("1"))
    for _ in range(2):
        supervision.with_ticket(box.ctx, c.PutBack("A001", "came back"), actor=ACTOR, once=once("one-page"))
    assert last_line(box)[0] == "ticket.resumed"
    assert box.types().count("ticket.resumed") == 1
    with pytest.raises(Refused):
        supervision.with_ticket(box.ctx, c.PutBack("A001", "came back"), actor=ACTOR, once=once("other-page"))
    assert box.verify().clean


def test_a_waiting_ticket_is_withdrawn(box: Box) -> None:
    box.issue()
    supervision.with_ticket(box.ctx, c.Withdraw("A001", "went home"), actor=ACTOR)
    assert last_line(box)[0] == "ticket.cancelled"
    assert box.hall.tickets == {}
    assert box.verify().clean


def test_a_desk_serves_what_it_is_told_and_keeps_the_rest_of_its_plan(box: Box) -> None:
    before = box.hall.policy.desks
    supervision.change_services(box.ctx, "4", ["address", "birth"], "nobody gives certificates", actor=ACTOR, once=once("one-page"))
    type_, actor, payload = last_line(box)
    assert (type_, actor, payload["key"], payload["reason"]) == ("setting.changed", ACTOR, "desks", "nobody gives certificates")
    after = box.hall.policy.desks
    assert after["4"].services == {"address", "birth"}
    assert (after["4"].reserved, after["4"].overflow_after) == (before["4"].reserved, before["4"].overflow_after)
    assert {name: plan for name, plan in after.items() if name != "4"} == {name: plan for name, plan in before.items() if name != "4"}
    assert list(after) == list(before)
    supervision.change_services(box.ctx, "4", ["passport"], "too late", actor=ACTOR, once=once("one-page"))
    assert box.hall.policy.desks["4"].services == {"address", "birth"}
    assert box.verify().clean


@pytest.mark.parametrize("services", [[], ["documents"], ["no-such"]])
def test_a_desk_that_would_serve_nothing_a_group_or_what_is_not_there_is_refused_by_the_rule(box: Box, services: list[str]) -> None:
    with pytest.raises(ConfigError, match="desk 4"):
        supervision.change_services(box.ctx, "4", services, "tried it", actor=ACTOR)


def test_a_notice_stands_on_the_boards_of_its_zones_until_it_is_taken_down(fresh: Box) -> None:
    fresh.make(zones=[{"zone": zone, "names": centre.named(zone)} for zone in ("a", "b")])
    notices.put_up(fresh.ctx, ["a", "b"], TEXT, actor=ACTOR)
    assert last_line(fresh)[:2] == ("setting.changed", ACTOR)
    assert [views.board(fresh.hall, zone, 0)["notice"] for zone in ("a", "b")] == [FILLED, FILLED]
    notices.take_down(fresh.ctx, "a", actor=ACTOR)
    assert [views.board(fresh.hall, zone, 0)["notice"] for zone in ("a", "b")] == [{}, FILLED]
    lines = len(fresh.types())
    notices.take_down(fresh.ctx, "a", actor=ACTOR)
    assert len(fresh.types()) == lines


def test_every_fault_of_a_notice_is_named_at_once(box: Box) -> None:
    with pytest.raises(Incomplete) as wrong:
        notices.put_up(box.ctx, [], {"ky": " ", "ru": "x" * (asked.LONGEST_TEXT + 1), "en": "y" * (asked.LONGEST_TEXT + 1)}, actor=ACTOR)
    assert wrong.value.faults == {"ky": "missing", "ru": "long", "en": "long", "zones": "missing"}
    with pytest.raises(Unknown):
        notices.put_up(box.ctx, ["nowhere"], TEXT, actor=ACTOR)
    assert box.hall.policy.notices == {}


def test_an_emergency_closes_the_hall_once_and_is_lifted_with_a_reason(box: Box) -> None:
    for _ in range(2):
        emergency.declare(box.ctx, TEXT, " fire alarm ", actor=ACTOR, once=once("one-page"))
    type_, actor, payload = last_line(box)
    assert (type_, actor, payload["key"], payload["reason"]) == ("setting.changed", ACTOR, "emergency", "fire alarm")
    with pytest.raises(Refused) as refused:
        box.issue()
    assert refused.value.reason == "emergency"
    with pytest.raises(Refused) as again:
        emergency.declare(box.ctx, TEXT, "once more", actor=ACTOR, once=once("other-page"))
    assert again.value.code == "emergency_in_force"
    emergency.lift(box.ctx, "checked by the firemen", actor=ACTOR)
    assert last_line(box)[2]["reason"] == "checked by the firemen"
    assert box.issue().first
    with pytest.raises(Refused) as lifted:
        emergency.lift(box.ctx, "once more", actor=ACTOR)
    assert lifted.value.code == "no_emergency"
    assert box.verify().clean


def test_an_emergency_needs_both_languages_and_a_reason(box: Box) -> None:
    with pytest.raises(Incomplete) as wrong:
        emergency.declare(box.ctx, {"ky": "Чыгыңыз"}, "", actor=ACTOR)
    assert wrong.value.faults == {"ru": "missing", "reason": "missing"}
    assert box.hall.policy.emergency is None
