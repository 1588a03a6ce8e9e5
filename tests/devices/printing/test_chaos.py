"""What printers do to a hall: no ticket is lost, none comes out twice without the word "copy", and the number is there whatever happens."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.devices.printing.printer import Printer
from edge.devices.printing.virtual import Mood
from edge.devices.printing.worker import PrintRoom
from edge.errors import Refused
from edge.operations import printing
from edge.operations.printing import Printers, State
from edge.queueing import commands as c
from tests.demo_process import free_ports, wait_for
from tests.devices.printing.bench import BRIEF, PHONES, bench
from tests.operations.box import Box, once


def test_a_ticket_is_printed_once_however_often_it_is_asked_for(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper") as here:
        ticket = here.issue()
        printing.ask(box.ctx, ticket, "printer-1", PHONES)
        assert here.over(ticket).state == State.PRINTED
        printing.ask(box.ctx, ticket, "printer-1", PHONES)
        other = here.issue()
        here.over(other)
        assert len(here.printer.sheets) == 2
        assert here.failures() == []


def test_a_slow_printer_prints_everything_in_order(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper", Mood(pause_s=0.005), replace(BRIEF, done=5)) as here:
        tickets = [here.issue() for _ in range(3)]
        assert [here.over(ticket).state for ticket in tickets] == [State.PRINTED] * 3
        assert len(here.printer.sheets) == 3


def test_without_paper_nothing_is_sent_and_the_ticket_waits_in_its_own_place(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper", Mood(rows_left=0)) as here:
        ticket = here.issue()
        assert (here.over(ticket).state, here.over(ticket).why) == (State.FAILED, "paper-out")
        assert [(each.why, each.sent, each.copy) for each in here.failures()] == [("paper-out", False, 0)]
        assert box.hall.tickets[ticket].number == "A001"
        assert here.printer.sheets == []
        assert printing.trouble(box.database, Printers(("printer-1",))) == "printer-1: paper-out"
        here.printer.mood.rows_left = None
        here.again(ticket)
        assert here.over(ticket).state == State.PRINTED
        assert printing.trouble(box.database, Printers(("printer-1",))) is None


def test_who_puts_paper_in_at_once_gets_the_ticket_itself(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper", Mood(rows_left=0), replace(BRIEF, try_for=60)) as here:
        ticket = here.issue()
        wait_for("the screen to know", lambda: here.job(ticket).why == "paper-out")
        assert here.job(ticket).state == State.QUEUED
        box.clock.since_boot += 30
        here.printer.mood.rows_left = None
        assert (here.over(ticket).state, here.over(ticket).copy) == (State.PRINTED, 0)
        assert here.failures() == []


def test_paper_that_ends_in_the_middle_is_never_printed_again_by_itself(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper", Mood(rows_left=200), replace(BRIEF, done=1.5)) as here:
        ticket = here.issue()
        assert (here.over(ticket).state, here.over(ticket).why) == (State.UNKNOWN, "paper-out")
        assert [(each.why, each.sent) for each in here.failures()] == [("paper-out", True)]
        here.printer.mood.rows_left = None
        sheets = len(here.printer.sheets)
        other = here.issue()
        assert here.over(other).state == State.PRINTED
        assert len(here.printer.sheets) == sheets + 1


@pytest.mark.parametrize(("mood", "why"), [(Mood(covered=False), "cover-open"), (Mood(silent=True), "no-answer")])
def test_a_printer_that_cannot_print_says_why_and_gets_nothing(box: Box, tmp_path: Path, mood: Mood, why: str) -> None:
    with bench(box, tmp_path / "paper", mood, replace(BRIEF, answer=0.3) if mood.silent else BRIEF) as here:
        ticket = here.issue()
        assert (here.over(ticket).state, here.over(ticket).why) == (State.FAILED, why)
        assert here.printer.sheets == []


def test_a_printer_that_is_off_holds_up_nobody(box: Box) -> None:
    room = PrintRoom(box.ctx, [Printer("printer-1", f"tcp://127.0.0.1:{free_ports(1)[0]}")], BRIEF)
    room.start()
    box.issue()
    (ticket,) = box.hall.tickets
    printing.ask(box.ctx, ticket, "printer-1", None)
    wait_for("the job to be given up", lambda: (job := printing.newest(box.ctx, ticket)) and job.why == "off" and job.ended_at)
    assert box.press()["result"] == "called"
    room.stop()


def test_a_cable_that_breaks_in_the_middle_leaves_doubt_and_a_copy_says_that_it_is_one(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper", Mood(hangs_up_after=20_000)) as here:
        ticket = here.issue()
        assert (here.over(ticket).state, here.over(ticket).why) == (State.UNKNOWN, "cut")
        here.printer.mood.hangs_up_after = None
        here.again(ticket)
        assert (here.over(ticket).state, here.over(ticket).copy) == (State.PRINTED, 1)
        assert box.types()[-2:] == ["ticket.print_failed", "ticket.reprinted"]


def test_a_printer_that_never_answers_prints_and_nobody_says_that_it_did(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper", Mood(silent=True), answers=False) as here:
        ticket = here.issue()
        assert (here.over(ticket).state, here.over(ticket).why) == (State.SENT, None)
        wait_for("the ticket", lambda: here.printer.sheets)


def test_the_box_dies_while_it_prints_and_does_not_print_again(box: Box, tmp_path: Path) -> None:
    """The mark is durable before the first byte: whoever dies behind it leaves a job that is begun."""
    box.issue()
    (ticket,) = box.hall.tickets
    printing.ask(box.ctx, ticket, "printer-1", PHONES)
    (job,) = printing.queued(box.ctx, "printer-1")
    assert printing.begin(box.ctx, job)
    assert not printing.begin(box.ctx, job)
    box.restart()
    with bench(box, tmp_path / "paper") as here:
        assert (here.over(ticket).state, here.over(ticket).why) == (State.UNKNOWN, "restarted")
        assert [(each.why, each.sent) for each in here.failures()] == [("restarted", True)]
        assert here.printer.sheets == []


def test_the_box_dies_before_it_prints_and_prints_after_a_short_rest_only(box: Box, tmp_path: Path) -> None:
    tickets = []
    for away in (90, 5):
        box.issue()
        tickets.append(list(box.hall.tickets)[-1])
        printing.ask(box.ctx, tickets[-1], "printer-1", PHONES)
        box.restart(away=away)
    with bench(box, tmp_path / "paper") as here:
        assert [here.over(ticket).state for ticket in tickets] == [State.FAILED, State.PRINTED]
        assert len(here.printer.sheets) == 1


def test_a_ticket_that_cannot_be_drawn_does_not_stop_those_behind_it(box: Box, tmp_path: Path) -> None:
    printing.ask(box.ctx, "no ticket of ours", "printer-1", PHONES)
    with bench(box, tmp_path / "paper") as here:
        ticket = here.issue()
        assert here.over(ticket).state == State.PRINTED
        assert here.job("no ticket of ours").state == State.FAILED


def test_each_copy_has_its_own_number_and_one_touch_makes_one(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper") as here:
        ticket = here.issue()
        here.over(ticket)
        for _ in range(2):
            here.again(ticket, once=once("touched-1"))
        here.again(ticket, once=once("touched-2"))
        wait_for("both copies", lambda: len(here.printer.sheets) == 3)
        assert here.job(ticket).copy == 2
        assert box.types().count("ticket.reprinted") == 2
    assert box.verify().clean


def test_a_ticket_that_is_over_is_not_printed_again(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper") as here:
        ticket = here.issue()
        box.act(c.CallNext("1"))
        box.act(c.Finish("1"))
        with pytest.raises(Refused, match="is not open today"):
            here.again(ticket)


def test_jobs_that_were_over_days_ago_are_forgotten(box: Box, tmp_path: Path) -> None:
    with bench(box, tmp_path / "paper") as here:
        ticket = here.issue()
        here.over(ticket)
        printing.forget(box.ctx)
        assert printing.newest(box.ctx, ticket)
    box.pass_by(4 * 24 * 3600)
    printing.forget(box.ctx)
    assert printing.newest(box.ctx, ticket) is None
