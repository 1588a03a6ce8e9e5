"""Issuing: what a ticket is made of, and when none is made."""

import pytest

from edge.errors import Refused, Unknown
from edge.queueing import commands as c
from edge.queueing.offer import ahead_of, ahead_of_newcomer, next_in, refusal
from edge.queueing.ticket import TicketState
from tests.queueing import centre
from tests.queueing.scene import Scene


def issue(service: str, **more: object) -> c.Issue:
    return c.Issue("t1", service, "kk", "kiosk-2", **more)  # type: ignore[arg-type]  # only what the case is about


def test_a_ticket_says_what_was_asked_and_waits() -> None:
    scene = Scene()
    scene.wait(40)
    scene.do(issue("passport", category="veteran"))
    ticket = scene.ticket("t1")
    assert (ticket.number, ticket.day, ticket.order, ticket.service, ticket.category) == ("A001", "2026-03-02", 1, "passport", "veteran")
    assert (ticket.lang, ticket.via, ticket.state, ticket.arrival, ticket.base) == ("kk", "kiosk-2", TicketState.WAITING, 40, 40)
    assert (ticket.desk, ticket.confirmed, ticket.called_at) == (None, None, None)


@pytest.mark.parametrize(
    ("command", "sentence", "field"),
    [
        (issue("nothing"), "service 'nothing' does not exist; known are passport, birth, address, visa", "service"),
        (issue("documents"), "service 'documents' is a group and gives no tickets", "service"),
        (issue("passport", shown=("birth",)), "service 'passport' is not offered here", "service"),
        (issue("passport", category="king"), "category 'king' does not exist; known are veteran, disabled, foreign", "category"),
    ],
)
def test_what_does_not_exist_is_named_and_nothing_is_made(command: c.Issue, sentence: str, field: str) -> None:
    scene = Scene()
    before = scene.hall
    with pytest.raises(Unknown, match=sentence.replace("(", r"\(")) as caught:
        scene.do(command)
    assert (caught.value.field, scene.hall) == (field, before)


def test_an_appointment_only_service_gives_tickets_to_bookings_alone() -> None:
    scene = Scene()
    with pytest.raises(Refused) as caught:
        scene.issue("visa")
    assert caught.value.reason == "appointment-only"
    assert scene.ticket(scene.issue("visa", appointment=600)).booking


def test_a_service_that_no_desk_serves_is_closed() -> None:
    scene = Scene()
    scene.change("desks", [centre.desk("1", ["passport"])])
    assert (refusal(scene.hall, "birth", 0), refusal(scene.hall, "passport", 0)) == ("closed", None)


def test_ahead_counts_those_whom_the_rule_would_call_before() -> None:
    scene = Scene()
    first, second = scene.issue(), scene.issue("birth")
    veteran = scene.issue(category="veteran")
    scene.issue("address")
    scene.wait(60)
    assert [ahead_of(scene.hall, scene.ticket(ticket), 60) for ticket in (veteran, first, second)] == [0, 1, 2]


def test_a_newcomer_has_everyone_ahead_whom_its_desks_may_call_now() -> None:
    scene = Scene()
    scene.issue("address")
    scene.issue("birth")
    scene.issue("birth", appointment=3600)
    assert ahead_of_newcomer(scene.hall, "birth", 0) == 2
    scene.change("desks", [centre.desk("1", ["passport", "birth"]), centre.desk("3", ["address"])])
    assert (ahead_of_newcomer(scene.hall, "passport", 0), ahead_of_newcomer(scene.hall, "passport", 3300)) == (1, 2)


def test_a_zones_next_are_in_the_rules_order_and_those_not_yet_eligible_last() -> None:
    scene = Scene()
    later = scene.issue(appointment=3600)
    ordinary, veteran = scene.issue(), scene.issue(category="veteran")
    shown = next_in(scene.hall, "a", 30, 10)
    assert [ticket.id for ticket in shown] == [veteran, ordinary, later]
    assert [ticket.id for ticket in next_in(scene.hall, "a", 30, 1)] == [veteran]
