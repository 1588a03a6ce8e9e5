"""A promise that does not hold is raised, upward only, and says why."""

from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.chain import moment
from edge.queueing.promising import raise_outlived
from tests.queueing.scene import Scene, replayed
from tests.queueing.test_estimate import hall_of


def look(scene: Scene) -> list[e.TicketPromiseRaised]:
    turn = scene._turn()
    raise_outlived(turn)
    scene._take(turn)
    return [fact.event for fact in turn.facts if isinstance(fact.event, e.TicketPromiseRaised)]


def waiting_hall() -> Scene:
    scene = hall_of(2)
    for _ in range(8):
        scene.issue()
    scene.next("1")
    scene.next("2")
    return scene


def test_while_it_holds_nothing_is_said() -> None:
    scene = waiting_hall()
    assert look(scene) == []
    scene.wait(600)
    scene.next("1")
    scene.next("2")
    assert look(scene) == []


def test_it_is_raised_when_it_takes_more_than_five_minutes_longer() -> None:
    scene = waiting_hall()
    last = scene.hall.waiting()[-1]
    scene.wait(1800)
    raised = {each.ticket: each for each in look(scene)}
    assert raised[last.id].why == "longer"
    assert moment(raised[last.id].to) > moment(last.promise_to or "")
    now = scene.ticket(last.id)
    assert (now.promise_to, now.promise_from, now.raised) == (raised[last.id].to, last.promise_from, True)
    assert look(scene) == []  # what was said now holds
    assert replayed(scene.facts) == scene.hall


def test_a_desk_that_closed_is_named_as_the_cause() -> None:
    scene = waiting_hall()
    scene.wait(60)
    scene.do(c.Finish("2"))
    scene.do(c.Close("2"))
    scene.wait(60)
    assert {each.why for each in look(scene)} == {"desk"}


def test_it_is_never_lowered() -> None:
    scene = waiting_hall()
    before = {ticket.id: ticket.promise_to for ticket in scene.hall.waiting()}
    for ticket in scene.hall.waiting()[:-1]:
        scene.do(c.Withdraw(ticket.id))
    assert look(scene) == []
    assert all(ticket.promise_to == before[ticket.id] for ticket in scene.hall.waiting())
