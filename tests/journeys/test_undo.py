"""Undo takes back a desk's last move exactly, within ten seconds, once, and boards announce nothing."""

from typing import Any

import pytest

from tests.journeys.hall import Hall, problem
from tests.journeys.mqtt_client import Stream


def picture(hall: Hall) -> Any:
    """Everything a visitor or clerk can see of the hall; only revisions are left out."""
    shown = [*(hall.desk(desk) for desk in hall.desks()), hall.board("a"), hall.board("b")]
    return [{name: value for name, value in each.items() if name != "rev"} for each in shown]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("next", {}),
        ("recall", {}),
        ("start", {}),
        ("finish", {}),
        ("no-show", {}),
        ("hold", {"minutes": 5}),
        ("transfer", {"service": "address"}),
        ("transfer", {"desk": "2"}),
        ("cancel", {}),
        ("category", {"confirmed": True}),
        ("category", {"confirmed": False}),
    ],
)
def test_undo_restores_places_and_states_exactly_and_boards_say_nothing(hall: Hall, sniffer: Stream, action: str, body: dict[str, object]) -> None:
    tickets = [hall.issue("passport", category="veteran")]
    hall.act("1", "next")
    tickets += [hall.issue("passport") for _ in range(3)]
    before = picture(hall), [hall.ticket(ticket["id"]) for ticket in tickets]
    hall.act("1", action, body)
    assert (picture(hall) == before[0]) == (body == {"confirmed": True})
    assert hall.act("1", "undo")["result"] == "ok"
    assert (picture(hall), [hall.ticket(ticket["id"]) for ticket in tickets]) == before
    sniffer.catch_up(hall.act("1", "pause"))
    announced = [message.json["ticket"] for message in sniffer.calls(*(ticket["number"] for ticket in tickets))]
    assert announced == [tickets[0]["number"], *{"next": [tickets[1]["number"]], "recall": [tickets[0]["number"]]}.get(action, [])]


def test_undo_of_a_first_call_frees_the_desk_and_gives_the_place_back(hall: Hall) -> None:
    first, _ = hall.issue("passport"), hall.issue("passport")
    before = picture(hall)
    hall.act("1", "next")
    hall.act("1", "undo")
    assert picture(hall) == before
    assert hall.act("1", "next")["ticket"]["number"] == first["number"]


def test_undo_of_a_pick_and_of_a_resume(hall: Hall) -> None:
    held, other = hall.issue("passport"), hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "hold")
    before = picture(hall), hall.ticket(held["id"]), hall.ticket(other["id"])
    for action, body in (("resume", {"ticket": held["id"]}), ("pick", {"ticket": other["id"], "reason": "because"})):
        hall.act("1", action, body)
        hall.act("1", "undo")
        assert (picture(hall), hall.ticket(held["id"]), hall.ticket(other["id"])) == before


def test_a_second_undo_is_409(hall: Hall) -> None:
    hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "start")
    hall.act("1", "undo")
    problem(hall.try_act("1", "undo"), 409)
    assert hall.desk("1")["ticket"]["state"] == "called"


def test_undo_after_someone_else_moved_the_same_ticket_is_409(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "hold")
    hall.act("2", "resume", {"ticket": ticket["id"]})
    problem(hall.try_act("1", "undo"), 409)
    assert hall.ticket(ticket["id"])["state"] == "waiting"


def test_undo_of_a_transfer_is_409_once_another_desk_called_the_ticket(hall: Hall) -> None:
    ticket = hall.issue("passport")
    hall.act("1", "next")
    hall.act("1", "transfer", {"desk": "2"})
    hall.act("2", "next")
    problem(hall.try_act("1", "undo"), 409)
    assert hall.serving("2") == ticket["number"]


def test_the_run_of_priority_calls_is_restored_by_undo(hall: Hall) -> None:
    """K = 3 priority calls in a row, then an ordinary one; a call that was undone does not count."""
    hall.call_an_ordinary_visitor("4", "passport")
    for _ in range(6):
        hall.issue("passport", category="veteran")
    for _ in range(2):
        hall.issue("passport")
    whys = [hall.act("4", "next")["ticket"]["why"]]
    for _ in range(3):
        hall.act("4", "next")
        hall.act("4", "undo")
    whys += [hall.act("4", "next")["ticket"]["why"] for _ in range(4)]
    assert whys == ["category", "category", "category", "run-cap", "category"]
