"""The transition table, cell by cell: what is not in it does not exist."""

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing.ticket import MOVES, OPEN_STATES, Move, TicketState, moved
from tests.queueing.scene import Scene

W, C, S, H, M, F, X = TicketState
TABLE = {
    Move.CALL: {W: C},
    Move.RECALL: {C: C, S: S},
    Move.START: {C: S},
    Move.FINISH: {C: F, S: F},
    Move.MISS: {C: M, S: M},
    Move.HOLD: {C: H, S: H},
    Move.RESUME: {H: W, M: W},
    Move.TRANSFER: {C: W, S: W},
    Move.CANCEL: {W: X, C: X, S: X, H: X, M: X},
    Move.JUDGE: {W: W, C: C, S: S},
    Move.ADD_STEP: {C: C, S: S},
}
COMMANDS: dict[Move, c.Command] = {
    Move.RECALL: c.Recall("1"),
    Move.START: c.Start("1"),
    Move.FINISH: c.Finish("1"),
    Move.MISS: c.MarkNoShow("1"),
    Move.HOLD: c.Hold("1"),
    Move.TRANSFER: c.Transfer("1", service="birth"),
    Move.CANCEL: c.Cancel("1"),
    Move.JUDGE: c.JudgeCategory("1", confirmed=True),
    Move.ADD_STEP: c.AddStep("1", "birth"),
}
NAMED = {Move.CALL, Move.RESUME}


def in_state(state: TicketState) -> tuple[Scene, str]:
    """A scene whose only ticket, a veteran's, is in ``state``; a called or serving one is at desk 1."""
    scene = Scene()
    ticket = scene.issue(category="veteran")
    ways: dict[TicketState, list[c.Command]] = {
        W: [],
        C: [c.CallNext("1")],
        S: [c.CallNext("1"), c.Start("1")],
        H: [c.CallNext("1"), c.Hold("1")],
        M: [c.CallNext("1"), c.MarkNoShow("1")],
        F: [c.CallNext("1"), c.Finish("1")],
        X: [c.CallNext("1"), c.Cancel("1")],
    }
    for command in ways[state]:
        scene.do(command)
    return scene, ticket


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("move", Move)
def test_a_move_leads_where_the_table_says_or_is_refused(move: Move, state: TicketState) -> None:
    assert MOVES[move].get(state) == TABLE[move].get(state)
    scene, ticket = in_state(state)
    if state not in OPEN_STATES:
        assert ticket not in scene.hall.tickets
    elif state in TABLE[move]:
        assert moved(scene.ticket(ticket), move) is TABLE[move][state]
    else:
        with pytest.raises(Refused, match=f"ticket A001 cannot be {move}: it is {state}"):
            moved(scene.ticket(ticket), move)


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("move", Move)
def test_a_desk_can_do_what_the_table_allows_and_nothing_else(move: Move, state: TicketState) -> None:
    scene, ticket = in_state(state)
    command = COMMANDS.get(move) or (c.Pick("1", ticket, "asked") if move is Move.CALL else c.Resume("1", ticket))
    if move is Move.JUDGE and state is W:
        command = c.JudgeWaiting("1", ticket, confirmed=True)
    # a desk reaches waiting, held and missed tickets only by name
    reachable = state in (C, S) if move not in NAMED else state in OPEN_STATES
    reachable = reachable or isinstance(command, c.JudgeWaiting)
    if reachable and state in TABLE[move] and not (move is Move.CALL and state in (C, S)):
        scene.do(command)
        after = scene.hall.tickets.get(ticket)
        assert (after.state if after else TABLE[move][state]) is TABLE[move][state]
        assert (TABLE[move][state] in OPEN_STATES) == (after is not None)
        return
    before = (scene.hall, list(scene.facts))
    with pytest.raises(Refused):
        scene.do(command)
    assert (scene.hall, scene.facts) == before


def test_a_ticket_names_its_desk_while_it_has_one() -> None:
    scene, ticket = in_state(C)
    assert scene.ticket(ticket).desk == "1"
    scene.do(c.Transfer("1", service="birth"))
    assert scene.ticket(ticket).desk is None
    scene.next("1")
    scene.do(c.JudgeCategory("1", confirmed=False))
    assert scene.ticket(ticket).desk is None
    scene.next("5")
    scene.do(c.Hold("5"))
    scene.do(c.Resume("1", ticket))
    assert scene.ticket(ticket).desk is None
