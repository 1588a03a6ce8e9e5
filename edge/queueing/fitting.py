"""Can a fact have happened in this hall? In a journal that one box wrote, always: `decide` asked before.

Not so behind lines of another box of the same centre (a new epoch, `operations.epochs`): there a fact that does not fit the hall changes nothing,
live and in every replay alike. Where it can be read in a way that keeps everybody who waits, it fits. Old journals are replayed: a rule here only
ever grows wider.
"""

from collections.abc import Callable, Mapping
from typing import Any

from edge.queueing import events as e
from edge.queueing.booking import BookingState
from edge.queueing.hall import Hall
from edge.queueing.policy import with_setting
from edge.queueing.ticket import AT_DESK, MOVES, Move


def fits(hall: Hall, event: e.Event) -> bool:
    """Tell whether ``event`` can have happened in ``hall``."""
    rule = _RULES.get(type(event))
    return rule is None or rule(hall, event)


def _moved_by(move: Move) -> Callable[[Hall, Any], bool]:
    states = MOVES[move].keys()

    def moves(hall: Hall, event: Any) -> bool:
        """A ticket that is at a desk is moved by that desk, one that waits by any or none."""
        ticket, desk = hall.tickets.get(event.ticket), event.desk
        if ticket is None or ticket.state not in states or (desk is not None and desk not in hall.desks):
            return False
        return ticket.state not in AT_DESK or (desk is not None and hall.desks[desk].ticket == ticket.id)

    return moves


def _booking_is(*states: BookingState) -> Callable[[Hall, Any], bool]:
    def is_so(hall: Hall, event: Any) -> bool:
        found = hall.bookings.get(event.booking)
        return found is not None and found.state in states

    return is_so


def _keeps(hall: Hall, event: Any) -> bool:
    """Desks and services that somebody needs now stay."""
    if event.key not in ("desks", "services"):
        return True
    policy = with_setting(hall.policy, event.key, event.value)
    if event.key == "desks":
        return all(desk.ticket is None or desk.desk in policy.desks for desk in hall.desks.values())
    leaves = policy.services.keys() - policy.groups
    return all(code in leaves for ticket in hall.tickets.values() for code in (ticket.service, *ticket.steps_left))


def _has_desk(hall: Hall, event: Any) -> bool:
    return event.desk in hall.desks


_RULES: Mapping[type, Callable[[Hall, Any], bool]] = {
    e.TicketIssued: lambda hall, event: event.ticket not in hall.tickets and event.service in hall.policy.services,
    e.TicketPromiseRaised: lambda hall, event: event.ticket in hall.tickets,
    e.TicketCalled: _moved_by(Move.CALL),
    e.TicketRecalled: _moved_by(Move.RECALL),
    e.TicketStarted: _moved_by(Move.START),
    e.TicketFinished: _moved_by(Move.FINISH),
    e.TicketNoShow: _moved_by(Move.MISS),
    e.TicketHeld: _moved_by(Move.HOLD),
    e.TicketResumed: _moved_by(Move.RESUME),
    e.TicketTransferred: _moved_by(Move.TRANSFER),
    e.TicketStepAdded: _moved_by(Move.ADD_STEP),
    e.TicketCancelled: _moved_by(Move.CANCEL),
    e.TicketCategory: _moved_by(Move.JUDGE),
    e.TicketUndone: _has_desk,
    e.DeskOpened: _has_desk,
    e.DeskPaused: _has_desk,
    e.DeskClosed: lambda hall, event: event.desk in hall.desks and hall.desks[event.desk].ticket is None,
    e.DayClosed: lambda hall, event: hall.day is not None and hall.day.day == event.day,
    e.DayConfirmed: lambda hall, event: hall.day is not None and hall.day.day == event.was,
    e.BookingCancelled: _booking_is(BookingState.CONFIRMED),
    e.BookingRescheduled: _booking_is(BookingState.CONFIRMED),
    e.BookingNoShow: _booking_is(BookingState.CONFIRMED),
    e.BookingCheckedIn: _booking_is(BookingState.CONFIRMED, BookingState.NO_SHOW),
    e.SlotReturned: lambda hall, event: event.slot in hall.slots,
    e.SettingChanged: _keeps,
}
