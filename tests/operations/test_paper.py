"""The rehearsal of K10: the power goes, slips are handed out, the box is back, they are keyed in and called in order."""

from datetime import timedelta

import pytest

from edge.errors import BadRequest, Refused
from edge.operations import paper, slips, today
from edge.operations.paper import Taken
from edge.queueing import commands as c
from tests.operations.box import Box, once


def test_after_a_power_cut_slips_are_called_in_the_papers_order_between_before_and_after(box: Box) -> None:
    printed = paper.print_block(box.ctx, 200, actor="staff:p1")
    box.issue()
    box.pass_by(60)
    box.restart(away=1800)
    box.pass_by(60)
    box.issue()
    shown = box.clock.at + timedelta(hours=6) - timedelta(minutes=20)
    keyed = paper.key_in(box.ctx, [Taken(number, "passport") for number in printed.numbers[:3]], shown.strftime("%H:%M"), "ky", actor="staff:p1")
    called = []
    for _ in range(5):
        box.act(c.CallNext("1"))
        called += box.numbers_called()
    assert called == ["A001", *keyed, "A002"]
    assert box.verify().clean
    box.restart()
    assert box.hall.blocks == {"Z": 200}


def test_a_slip_that_was_served_is_not_keyed_in_again(box: Box) -> None:
    paper.print_block(box.ctx, 5, actor="system")
    paper.key_in(box.ctx, [Taken("Z001", "passport")], None, "ky", actor="system")
    box.act(c.CallNext("1"))
    box.act(c.Finish("1"))
    with pytest.raises(Refused, match="it is already"):
        paper.key_in(box.ctx, [Taken("Z002", "passport"), Taken("Z001", "passport")], None, "ky", actor="system")
    assert box.hall.find_open("Z002") is None


def test_the_same_key_prints_and_keys_in_once(box: Box) -> None:
    first = paper.print_block(box.ctx, 5, actor="system", once=once("block-0001"))
    assert paper.print_block(box.ctx, 5, actor="system", once=once("block-0001")) == first
    for _ in range(2):
        assert paper.key_in(box.ctx, [Taken("Z001", "passport")], None, "ky", actor="system", once=once("keyed-001")) == ["Z001"]
    assert box.types().count("block.printed") == box.types().count("ticket.issued") == 1


@pytest.mark.parametrize("time", ["25:00", "9", "soon", "09:60"])
def test_a_time_that_is_none_is_refused(box: Box, time: str) -> None:
    paper.print_block(box.ctx, 5, actor="system")
    with pytest.raises(BadRequest, match="09:10"):
        paper.key_in(box.ctx, [Taken("Z001", "passport")], time, "ky", actor="system")


def test_the_pdf_has_eight_slips_a_page() -> None:
    drawn = slips.pdf({"ky": "Жыл ҢҮӨ", "ru": "Жыл"}, [f"Z{number:03d}" for number in range(1, 18)])
    assert drawn.startswith(b"%PDF")
    assert drawn.count(b"/Type /Page\n") == 3


def test_what_clerks_did_today_is_counted_without_what_was_taken_back(box: Box) -> None:
    for _ in range(3):
        box.issue(category="veteran")
    box.act(c.CallNext("1"))
    box.act(c.JudgeCategory("1", confirmed=False))
    box.act(c.CallNext("1"))
    box.act(c.JudgeCategory("1", confirmed=True))
    box.act(c.Finish("1"))
    box.act(c.Pick("1", "A001", "asked"))
    box.act(c.CallNext("2"))
    box.act(c.Undo("2"))
    assert [(each.actor, each.calls, each.picked, each.confirmed, each.refused) for each in today.by_actor(box.ctx)] == [("desk:1", 3, 1, 1, 1)]
    assert today.by_actor(box.ctx)[0].picked_permille == 333


def test_holds_end_by_themselves_each_second_and_before_each_decision(box: Box) -> None:
    box.issue()
    box.act(c.CallNext("1"))
    box.act(c.Hold("1", 5))
    box.pass_by(299)
    assert "ticket.resumed" not in box.types()
    box.pass_by(2)
    assert box.types()[-1] == "ticket.resumed"
    assert box.verify().clean
