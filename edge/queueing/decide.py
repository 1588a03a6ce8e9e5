"""Commands to facts, in one table: which function decides what.

A decision is a `Turn` on one hall at one tick. Refusals raise before anything is emitted; the caller writes `Turn.facts` or nothing at all.
"""

from typing import assert_never

from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.alerting import of_alert
from edge.queueing.appointments import of_booking
from edge.queueing.calling import call_next, issue, pick, press, preview, upcoming
from edge.queueing.devices import of_device
from edge.queueing.door import let_in
from edge.queueing.feed import return_rights, take
from edge.queueing.opening import change_settings, close_day, confirm_day, note_clock_step, open_day, set_desk
from edge.queueing.paper import key_in, of_paper, print_block
from edge.queueing.serving import add_step, finish, hold, judge, judge_waiting, mark_no_show, put_back, recall, resume, transfer, withdraw
from edge.queueing.staffing import of_staff
from edge.queueing.ticket import Move
from edge.queueing.turn import Outcome, Result, Stamp, Turn, about, ticket_at
from edge.queueing.undo import UNDO_WITHIN, undo

__all__ = ["UNDO_WITHIN", "Outcome", "Result", "Stamp", "Turn", "decide", "preview", "upcoming"]


def decide(turn: Turn, command: c.Command) -> Outcome:  # noqa: PLR0911, PLR0912 -- one line a command: a table
    """Carry out ``command`` on ``turn``. Raises Refused, Unknown or ConfigError; then nothing was emitted."""
    match command:
        case c.Issue():
            return issue(turn, command)
        case c.Press():
            return press(turn, command)
        case c.CallNext(desk, outcome):
            return call_next(turn, desk, outcome)
        case c.Recall(desk):
            return recall(turn, desk)
        case c.Start(desk):
            ticket = ticket_at(turn.hall, desk, Move.START)
            turn.emit(e.TicketStarted(ticket=ticket.id, desk=desk, tick=turn.tick))
            return about(turn, Result.OK, ticket)
        case c.Finish(desk, outcome):
            ticket = ticket_at(turn.hall, desk, Move.FINISH)
            return Outcome(Result.FINISHED, finish(turn, ticket, desk, outcome)[0])
        case c.MarkNoShow(desk):
            return mark_no_show(turn, desk)
        case c.Hold():
            return hold(turn, command)
        case c.Resume():
            return resume(turn, command)
        case c.Transfer():
            return transfer(turn, command)
        case c.AddStep():
            return add_step(turn, command)
        case c.Cancel(desk, reason):
            ticket = ticket_at(turn.hall, desk, Move.CANCEL)
            turn.emit(e.TicketCancelled(ticket=ticket.id, desk=desk, reason=reason, tick=turn.tick))
            return about(turn, Result.OK, ticket)
        case c.PrintBlock():
            return print_block(turn, command)
        case c.Reprint() | c.NotePrintFailure():
            return of_paper(turn, command)
        case c.KeyIn():
            return key_in(turn, command)
        case c.Withdraw():
            return withdraw(turn, command)
        case c.PutBack():
            return put_back(turn, command)
        case c.Pick():
            return pick(turn, command)
        case c.JudgeCategory():
            return judge(turn, command)
        case c.JudgeWaiting() | c.JudgeInHall():
            return judge_waiting(turn, command)
        case c.Undo(desk):
            return undo(turn, desk)
        case c.Book() | c.CancelBooking() | c.Reschedule() | c.CheckIn() | c.MissBooking():
            return of_booking(turn, command)
        case c.TakeItem():
            return take(turn, command)
        case c.ReturnRights():
            return return_rights(turn, command)
        case c.Open() | c.Pause() | c.Close():
            return set_desk(turn, command)
        case c.OpenDay():
            return open_day(turn, command)
        case c.CloseDay():
            return close_day(turn)
        case c.ConfirmDay():
            return confirm_day(turn, command)
        case c.LetIn():
            return let_in(turn, command)
        case c.NoteClockStep(by):
            return note_clock_step(turn, by)
        case c.ChangeSettings():
            return change_settings(turn, command)
        case c.RegisterDevice() | c.AddDevice() | c.ReplaceDevice() | c.RevokeDevice() | c.TellDevice():
            return of_device(turn, command)
        case c.RaiseAlert() | c.ClearAlert():
            return of_alert(turn, command)
        case c.SetMember() | c.LogIn() | c.LogOut() | c.ChangeCredential():
            return of_staff(turn, command)
        case never:
            assert_never(never)
