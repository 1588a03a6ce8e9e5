"""What a centre's days look like from outside: tickets, desks, who waits. Counted in memory over a batch and written once.

Figures are for people who look whether a centre needs help; nothing is decided by them. A ticket issued twice is told of.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.sync.reference import database, payloads
from edge.sync.reference.books import Day, Ticket
from edge.sync.reference.journal import Stored
from edge.sync.reference.models import Line

STATES = {
    "ticket.called": "called",
    "ticket.started": "serving",
    "ticket.finished": "finished",
    "ticket.no_show": "missed",
    "ticket.held": "held",
    "ticket.resumed": "waiting",
    "ticket.transferred": "waiting",
    "ticket.cancelled": "cancelled",
}
BEFORE = {  # what an undone move took the ticket out of
    "ticket.called": "waiting",
    "ticket.started": "called",
    "ticket.finished": "serving",
    "ticket.no_show": "called",
    "ticket.held": "serving",
    "ticket.resumed": "held",
    "ticket.transferred": "serving",
}
DESKS = {"desk.opened": "open", "desk.paused": "paused", "desk.closed": "closed"}
COUNTED = {"ticket.finished": "finished", "ticket.no_show": "missed"}
_OF_TICKETS = frozenset({*STATES, "ticket.issued", "ticket.undone"})
KEPT_DAYS = 8  # business days whose tickets are kept

_TICKETS = """INSERT INTO ticket (centre, ticket, day, number, service, state) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (centre, ticket) DO UPDATE SET state = excluded.state"""
_DAYS = """INSERT INTO day (centre, day, issued, finished, missed, is_open) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (centre, day) DO UPDATE SET issued = day.issued + excluded.issued, finished = day.finished + excluded.finished,
missed = day.missed + excluded.missed, is_open = excluded.is_open"""
_DESKS = "INSERT INTO desk (centre, desk, state) VALUES (?, ?, ?) ON CONFLICT (centre, desk) DO UPDATE SET state = excluded.state"


class Figures:
    """The counts of one batch of lines."""

    def __init__(self, centre: str, lines: Sequence[tuple[Stored, Mapping[str, Any] | None]]) -> None:
        self._centre = centre
        said = [payload for line, payload in lines if payload and line.type in _OF_TICKETS]
        issued = {(payload["day"], payload["number"]) for line, payload in lines if payload and line.type == "ticket.issued"}
        tickets = {each["ticket"] for each in said if payloads.is_text(each.get("ticket"))}
        self._tickets: dict[str, list[str]] = {}
        if tickets:
            known = Ticket.select().where(Ticket.centre == centre, Ticket.ticket.in_(sorted(tickets)))
            self._tickets = {each.ticket: [each.day, each.number, each.service, each.state] for each in known}
        self._changed: set[str] = set()
        self._numbers = self._numbers_of(issued)
        self._days: dict[str, dict[str, int]] = {}
        self._open: dict[str, bool] = {}
        self._desks: dict[str, str] = {}
        self._types = {line.id: line.type for line, _ in lines}

    def count(self, line: Stored, said: Mapping[str, Any]) -> str | None:
        """Count one event; the notice of one that cannot be right, or None."""
        if line.type in DESKS:
            self._desks[said["desk"]] = DESKS[line.type]
        elif line.type in {"day.opened", "day.closed"}:
            self._open[said["day"]] = line.type == "day.opened"
        elif line.type == "ticket.issued":
            return self._issued(said)
        elif line.type == "ticket.undone":
            self._undone(said)
        elif line.type in STATES:
            self._moved(said["ticket"], STATES[line.type], COUNTED.get(line.type))
        return None

    def keep(self) -> None:
        """Write what was counted. In the transaction of the batch."""
        rows = [(self._centre, ticket, *self._tickets[ticket]) for ticket in sorted(self._changed)]
        if rows:
            database.many(_TICKETS, rows)
        days = {*self._days, *self._open}
        is_open = {each.day: each.is_open for each in Day.select().where(Day.centre == self._centre, Day.day.in_(sorted(days)))} if days else {}
        counts = [(day, self._days.get(day, {})) for day in sorted(days)]
        if counts:
            database.many(
                _DAYS,
                [
                    (self._centre, day, *(of.get(name, 0) for name in ("issued", "finished", "missed")), self._open.get(day, is_open.get(day, True)))
                    for day, of in counts
                ],
            )
        if self._desks:
            database.many(_DESKS, [(self._centre, desk, state) for desk, state in sorted(self._desks.items())])
        if False in self._open.values():
            self._forget()

    def _issued(self, said: Mapping[str, Any]) -> str | None:
        ticket, numbered = said["ticket"], (said["day"], said["number"])
        if ticket in self._tickets or numbered in self._numbers:
            return "duplicate_ticket"
        self._tickets[ticket] = [said["day"], said["number"], said["service"], "waiting"]
        self._numbers.add(numbered)
        self._changed.add(ticket)
        self._add(said["day"], "issued")
        return None

    def _moved(self, ticket: str, state: str, counted: str | None) -> None:
        known = self._tickets.get(ticket)
        if known is None:
            return  # issued before this side kept tickets, or in a line that could not be read
        known[3] = state
        self._changed.add(ticket)
        if counted:
            self._add(known[0], counted)

    def _undone(self, said: Mapping[str, Any]) -> None:
        ticket, type_ = said.get("ticket"), self._types.get(said["event"])
        if type_ is None:
            type_ = _type_of(self._centre, said["event"])
        if payloads.is_text(ticket) and ticket in self._tickets and type_ in BEFORE:
            self._moved(ticket, BEFORE[type_], None)
            if type_ in COUNTED:
                self._add(self._tickets[ticket][0], COUNTED[type_], -1)

    def _add(self, day: str, name: str, by: int = 1) -> None:
        of = self._days.setdefault(day, {})
        of[name] = of.get(name, 0) + by

    def _numbers_of(self, wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
        if not wanted:
            return set()
        days, numbers = sorted({day for day, _ in wanted}), sorted({number for _, number in wanted})
        known = Ticket.select(Ticket.day, Ticket.number).where(Ticket.centre == self._centre, Ticket.day.in_(days), Ticket.number.in_(numbers))
        return {(day, number) for day, number in database.tuples(known)}

    def _forget(self) -> None:
        """Let go of the tickets of older days."""
        days = [each.day for each in Day.select().where(Day.centre == self._centre).order_by(Day.day.desc()).limit(KEPT_DAYS)]
        if len(days) == KEPT_DAYS:
            Ticket.delete().where(Ticket.centre == self._centre, Ticket.day < days[-1]).execute()


def _type_of(centre: str, event: str) -> str | None:
    row = Line.select(Line.type).where(Line.centre == centre, Line.id == event).tuples().first()
    return str(row[0]) if row else None
