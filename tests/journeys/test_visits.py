"""Visits seen from outside, with settings that the demo does not have: back-office work, an absent visitor at a button, steps, outcomes, slips."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from edge.queueing import commands as c
from tests.journeys.hall import Button, Hall, facts
from tests.journeys.mqtt_client import Stream
from tests.journeys.sniffer import deviations, sniff
from tests.pictures.stage import Stage, staged

NAMES = dict.fromkeys(("ky", "ru", "kk", "en"), "Visit")
OUTCOMES = [{"code": "issued", "names": NAMES}]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A centre in this process: statements are back-office work, a family visit has three steps, desk 2 takes a quick press for an absent visitor."""
    with staged(tmp_path_factory.mktemp("visits")) as stage:
        services = [{**each, "quiet": each["code"] == "statements"} for each in stage.setting("services")]
        services = [{**each, "outcomes": OUTCOMES} if each["code"] == "passport" else each for each in services]
        family = {"code": "family", "parent": "documents", "letter": "H", "names": NAMES, "steps": ["birth", "statements", "passport"]}
        desks = [{**each, "absent_after": 60 if each["desk"] == "2" else 0} for each in stage.setting("desks")]
        stage.change(services=[*services, family], desks=desks)
        yield stage


@pytest.fixture(scope="module")
def everything(stage: Stage) -> Iterator[Stream]:
    with sniff(Hall(stage.described).monitor) as stream:
        yield stream
        assert deviations(stream.messages) == []


@pytest.fixture
def hall(stage: Stage, everything: Stream) -> Hall:
    del everything
    hall = Hall(stage.described)
    hall.clear()
    return hall


def desk_of(stage: Stage, service: str) -> str:
    return next(desk for desk, plan in stage.ctx.hall.policy.desks.items() if service in plan.services)


def on_boards(hall: Hall, stage: Stage) -> set[str]:
    """Every number that any board shows, called or next."""
    boards: list[Any] = [hall.board(zone) for zone in stage.ctx.hall.policy.zones]
    return {number for board in boards for number in (*(each["ticket"] for each in board["now"]), *board["next"])}


def test_back_office_work_is_on_no_board_and_is_called_by_no_message(hall: Hall, stage: Stage, everything: Stream) -> None:
    desk = desk_of(stage, "statements")
    quiet, loud = hall.issue("statements"), hall.issue("passport")
    assert on_boards(hall, stage) == {loud["number"]}
    assert hall.act(desk, "pick", {"ticket": quiet["id"], "reason": "papers"})["result"] == "called"
    hall.act(desk, "recall")
    assert hall.desk(desk)["ticket"]["number"] == quiet["number"]
    assert on_boards(hall, stage) == {loud["number"]}
    other = desk_of(stage, "passport")
    hall.act(other, "pick", {"ticket": loud["id"], "reason": "asked"})
    hall.act(other, "recall")
    everything.catch_up(hall.act(other, "pause"))
    assert len(list(everything.calls(loud["number"]))) == 2
    assert list(everything.calls(quiet["number"])) == []


def test_a_quick_press_takes_the_visitor_for_absent_and_says_whom_it_calls(hall: Hall, stage: Stage) -> None:
    service = min(stage.ctx.hall.plan("2").services - {"family"})
    first, second = hall.issue(service), hall.issue(service)
    with Button(hall, "2") as button:
        assert facts(button.press()) == ("called", first["number"], "blink")
        assert facts(button.press_after_guard()) == ("called", second["number"], "blink")
        assert hall.ticket(first["id"])["state"] == "missed"
        assert facts(button.press_after_guard()) == ("no-show", second["number"], "off")
        assert hall.ticket(second["id"])["state"] == "missed"


def test_a_visit_of_several_services_keeps_its_number_and_ends_when_its_last_step_does(hall: Hall, stage: Stage) -> None:
    ticket = hall.issue("family")
    for service in ("birth", "statements", "passport"):
        assert hall.ticket(ticket["id"])["service"] == service
        desk = desk_of(stage, service)
        assert hall.act(desk, "next")["ticket"]["number"] == ticket["number"]
        hall.act(desk, "start")
        assert hall.act(desk, "finish", {"outcome": "anything"})["result"] == "finished"
    assert hall.ticket(ticket["id"])["state"] == "finished"
    moved = [json.loads(line["payload"]) for line in hall.journal() if line["type"] == "ticket.transferred" and ticket["id"] in line["payload"]]
    assert [(each["service"], each["step"], each["outcome"]) for each in moved] == [("statements", 1, "anything"), ("passport", 2, "anything")]


def test_recalls_beyond_the_limit_are_answered_as_before(hall: Hall, stage: Stage) -> None:
    desk = desk_of(stage, "passport")
    hall.issue("passport")
    hall.act(desk, "next")
    assert [hall.act(desk, "recall")["result"] for _ in range(6)] == ["recalled"] * 6


def test_slips_that_were_keyed_in_are_tickets_like_others(hall: Hall, stage: Stage) -> None:
    stage.do(c.PrintBlock(3))
    stage.do(c.KeyIn((c.Slip("01990000-0000-7000-8000-000000000001", "Z001", "passport"),), 0, "ru"))
    desk = desk_of(stage, "passport")
    assert hall.act(desk, "next")["ticket"]["number"] == "Z001"
    assert hall.board(stage.ctx.hall.plan(desk).zone)["now"][0]["ticket"] == "Z001"
