"""What boards hear beside their retained picture: one `call` per call and per recall, in the desk's zone; of back-office work nothing."""

from collections.abc import Callable, Iterator

from edge.operations.announce import Commit
from edge.operations.views import View
from edge.queueing import events
from edge.queueing.hall import Hall
from edge.queueing.ticket import Ticket

Speech = Callable[[Hall, int, Ticket, str], list[str]]  # the paths of what is said for a ticket called to a desk at a tick, [] for nothing


def zones(commit: Commit) -> list[str]:
    """Return the zones of the desks that moved; their boards are painted first."""
    desks = (getattr(fact.event, "desk", None) for fact in commit.facts)
    plans = commit.hall.policy.desks
    return list(dict.fromkeys(plans[desk].zone for desk in desks if isinstance(desk, str) and desk in plans))


def silence(_hall: Hall, _tick: int, _ticket: Ticket, _desk: str) -> list[str]:
    """Say nothing."""
    return []


def calls(commit: Commit, speech: Speech) -> Iterator[tuple[str, View]]:
    """Return (zone, fields of `call`) for each call in the commit; undo and repaint make none."""
    for fact in commit.facts:
        event = fact.event
        if not isinstance(event, events.TicketCalled | events.TicketRecalled):
            continue
        ticket = commit.hall.tickets.get(event.ticket)
        if ticket is None or commit.hall.policy.is_quiet(ticket.service):
            continue
        yield (
            commit.hall.plan(event.desk).zone,
            {
                "call_id": fact.id,
                "ticket": ticket.number,
                "desk": event.desk,
                "lang": ticket.lang,
                "audio": speech(commit.hall, commit.tick, ticket, event.desk),
                "repeat": ticket.recalls if isinstance(event, events.TicketRecalled) else 0,
            },
        )
