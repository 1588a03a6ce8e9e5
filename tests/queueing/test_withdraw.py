"""A ticket that is at no desk can be withdrawn; one that a clerk has in hand cannot."""

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from tests.queueing.scene import Scene, replayed


@pytest.mark.parametrize("aside", [None, c.Hold("1"), c.MarkNoShow("1")])
def test_a_ticket_that_waits_is_held_or_was_missed_is_withdrawn(aside: c.DeskCommand | None) -> None:
    scene = Scene()
    ticket = scene.issue()
    if aside:
        scene.next("1")
        scene.do(aside)
    outcome = scene.do(c.Withdraw(scene.ticket(ticket).number, "went home"))
    assert outcome.ticket
    assert outcome.ticket.state == "cancelled"
    assert ticket not in scene.hall.tickets
    event = scene.facts[-1].event
    assert isinstance(event, e.TicketCancelled)
    assert (event.desk, event.reason) == (None, "went home")
    assert replayed(scene.facts) == scene.hall


def test_a_ticket_at_a_desk_is_not_withdrawn_behind_the_clerks_back() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    with pytest.raises(Refused, match="called at desk 1"):
        scene.do(c.Withdraw(ticket))


def test_a_second_withdrawal_is_refused() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.do(c.Withdraw(ticket))
    with pytest.raises(Refused, match="not open"):
        scene.do(c.Withdraw(ticket))


def test_a_move_whose_ticket_was_withdrawn_since_cannot_be_taken_back() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.do(c.MarkNoShow("1"))
    scene.do(c.Withdraw(ticket))
    with pytest.raises(Refused) as refused:
        scene.do(c.Undo("1"))
    assert refused.value.code == "moved_since"
