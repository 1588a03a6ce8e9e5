"""What a press means: the table of `contract/mqtt.md`, and what desks may do in which state."""

import pytest

from edge.errors import Refused, Unknown
from edge.queueing import commands as c
from edge.queueing.desk import Desk, DeskState, Key, Meaning, meaning
from edge.queueing.ticket import TicketState
from tests.queueing.scene import Scene

GUARD = 1500
KEYS = {Key.PRESS: Meaning.NEXT, Key.DOUBLE: Meaning.RECALL, Key.HOLD: Meaning.NO_SHOW}


@pytest.mark.parametrize("since", [None, 0, 1499, 1500])
@pytest.mark.parametrize("ticket", [None, "t"])
@pytest.mark.parametrize("state", DeskState)
@pytest.mark.parametrize("key", Key)
def test_a_key_means_what_the_table_says(key: Key, state: DeskState, ticket: str | None, since: int | None) -> None:
    if state is not DeskState.OPEN:
        expected = Meaning.DENIED
    elif ticket is None:
        expected = Meaning.NEXT if key is Key.PRESS else Meaning.EMPTY
    elif since is not None and since < GUARD:
        expected = Meaning.STALE
    else:
        expected = KEYS[key]
    assert meaning(Desk("1", state, ticket=ticket), key, since, GUARD) is expected


def test_a_press_on_a_free_desk_calls_the_next() -> None:
    scene = Scene()
    ticket = scene.issue()
    outcome = scene.do(c.Press("1", Key.PRESS))
    assert (outcome.result, outcome.ticket) == ("called", scene.ticket(ticket))


def test_a_press_on_a_free_desk_with_nobody_waiting_is_empty_and_changes_nothing() -> None:
    scene = Scene()
    before = scene.hall
    outcome = scene.do(c.Press("1", Key.PRESS))
    assert (outcome.result, outcome.ticket, scene.hall) == ("empty", None, before)


@pytest.mark.parametrize("starts", [False, True])
def test_a_press_finishes_the_ticket_and_answers_with_the_new_number(starts: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    scene = Scene()
    first, second = scene.issue(), scene.issue()
    scene.next("1")
    if starts:
        scene.do(c.Start("1"))
    outcome = scene.do(c.Press("1", Key.PRESS, since_move_ms=1500))
    assert (outcome.result, outcome.ticket) == ("called", scene.ticket(second))
    assert first not in scene.hall.tickets


def test_a_press_with_nobody_waiting_finishes_and_answers_with_the_finished_number() -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    outcome = scene.do(c.Press("1", Key.PRESS))
    assert outcome.ticket is not None
    assert (outcome.result, outcome.ticket.number, outcome.ticket.state) == ("finished", "A001", TicketState.FINISHED)
    assert scene.hall.desks["1"].ticket is None


def test_a_double_press_recalls_and_the_state_stays() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.do(c.Start("1"))
    outcome = scene.do(c.Press("1", Key.DOUBLE))
    assert (outcome.result, scene.ticket(ticket).state, scene.ticket(ticket).recalls) == ("recalled", "serving", 1)


def test_a_long_press_marks_a_no_show_and_calls_nobody() -> None:
    scene = Scene()
    ticket, other = scene.issue(), scene.issue()
    scene.next("1")
    outcome = scene.do(c.Press("1", Key.HOLD))
    assert (outcome.result, outcome.ticket) == ("no-show", scene.ticket(ticket))
    assert scene.hall.desks["1"].ticket is None
    assert scene.ticket(other).state is TicketState.WAITING


@pytest.mark.parametrize("key", Key)
def test_a_press_within_the_guard_is_stale_and_answers_with_the_present_ticket(key: Key) -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    before = scene.hall
    outcome = scene.do(c.Press("1", key, since_move_ms=1499))
    assert (outcome.result, outcome.ticket, scene.hall) == ("stale", scene.ticket(ticket), before)


@pytest.mark.parametrize("key", Key)
def test_a_press_at_a_paused_desk_is_denied_and_answers_with_the_present_ticket(key: Key) -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.do(c.Pause("1"))
    outcome = scene.do(c.Press("1", key))
    assert (outcome.result, outcome.ticket) == ("denied", scene.ticket(ticket))


def test_a_paused_desk_keeps_its_ticket_and_may_end_the_visit_but_calls_no_one() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.do(c.Pause("1", "printer"))
    assert (scene.hall.desks["1"].ticket, scene.hall.desks["1"].reason) == (ticket, "printer")
    with pytest.raises(Refused, match="calls no one: it is paused"):
        scene.next("1")
    assert scene.do(c.Finish("1")).result == "finished"


def test_a_desk_with_a_ticket_cannot_be_closed() -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    with pytest.raises(Refused, match="desk 1 cannot be closed: A001 is still there"):
        scene.do(c.Close("1"))


@pytest.mark.parametrize(
    ("before", "command", "sentence"),
    [
        (None, c.Open("1"), "desk 1 cannot be opened: it is open"),
        (c.Pause("1"), c.Pause("1"), "desk 1 cannot be paused: it is paused"),
        (c.Close("1"), c.Pause("1"), "desk 1 cannot be paused: it is closed"),
        (c.Close("1"), c.Close("1"), "desk 1 cannot be closed: it is closed"),
        (c.Close("1"), c.Pick("1", "A001", "why"), "desk 1 calls no one: it is closed"),
    ],
)
def test_out_of_state_is_refused_also_for_the_same_state(before: c.Command | None, command: c.Command, sentence: str) -> None:
    scene = Scene()
    scene.issue()
    if before:
        scene.do(before)
    with pytest.raises(Refused, match=sentence):
        scene.do(command)


def test_a_desk_that_has_a_ticket_cannot_pick_another() -> None:
    scene = Scene()
    scene.issue()
    second = scene.issue()
    scene.next("1")
    with pytest.raises(Refused, match="cannot pick a ticket: A001 is still there"):
        scene.do(c.Pick("1", second, "why"))


def test_an_unknown_desk_is_named_with_those_that_exist() -> None:
    with pytest.raises(Unknown, match="desk '9' does not exist; known are 1, 2, 3, 4, 5"):
        Scene().do(c.CallNext("9"))


def test_a_reopened_desk_is_free_from_now() -> None:
    scene = Scene()
    scene.do(c.Pause("1"))
    scene.wait(500)
    scene.do(c.Open("1"))
    assert scene.hall.desks["1"].free_since == 500


def test_a_visit_returns_to_the_desk_that_asked_for_it() -> None:
    scene = Scene()
    ticket = scene.issue("passport")
    scene.next("1")
    scene.do(c.Transfer("1", service="address", returns=True))
    scene.next("3")
    outcome = scene.do(c.Finish("3"))
    assert outcome.result == "finished"
    assert scene.ticket(ticket).to_desk == "1"
    assert scene.next("1") == (ticket, "transfer")
    scene.do(c.Finish("1"))
    assert ticket not in scene.hall.tickets


def test_a_visit_that_comes_to_the_desk_that_asked_for_its_return_ends_there() -> None:
    scene = Scene()
    ticket = scene.issue("passport")
    scene.next("5")
    scene.do(c.Transfer("5", service="address", returns=True))
    assert scene.next("5") == (ticket, "transfer")
    scene.do(c.Finish("5"))
    assert ticket not in scene.hall.tickets
