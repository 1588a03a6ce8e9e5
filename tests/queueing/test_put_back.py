"""A held or missed ticket can be put back to waiting from the hall, and no desk's move is touched by it."""

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from tests.queueing.scene import Scene, replayed


@pytest.mark.parametrize("aside", [c.Hold("1", 5), c.MarkNoShow("1")])
def test_a_held_or_missed_ticket_waits_again_as_if_a_desk_had_resumed_it(aside: c.DeskCommand) -> None:
    scenes = Scene(), Scene()
    tickets = []
    for scene in scenes:
        tickets.append(scene.issue())
        scene.next("1")
        scene.do(aside)
        scene.wait(90)
    scenes[0].do(c.PutBack(tickets[0], "came back"))
    scenes[1].do(c.Resume("1", tickets[1]))
    by_hall, by_desk = (scene.ticket(ticket) for scene, ticket in zip(scenes, tickets, strict=True))
    assert by_hall == by_desk
    event = scenes[0].facts[-1].event
    assert isinstance(event, e.TicketResumed)
    assert (event.desk, event.reason) == (None, "came back")
    assert replayed(scenes[0].facts) == scenes[0].hall


def test_the_clerk_still_takes_back_the_own_last_move() -> None:
    scene = Scene()
    missed, called = scene.issue(), scene.issue()
    scene.next("1")
    scene.do(c.MarkNoShow("1"))
    scene.next("1")
    scene.do(c.PutBack(missed))
    scene.do(c.Undo("1"))
    assert (scene.ticket(called).state, scene.ticket(missed).state) == ("waiting", "waiting")


def test_a_ticket_that_waits_or_is_at_a_desk_is_not_put_back() -> None:
    scene = Scene()
    ticket = scene.issue()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            scene.do(c.PutBack(ticket))
        assert refused.value.code == "ticket_state"
        scene.next("1")
