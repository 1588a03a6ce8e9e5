"""A hall under test: commands go in, answers come out, time passes only when told.

A refused command leaves the scene as it was; every fact is kept, so that a test can replay them.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.decide import Outcome, Stamp, Turn, decide
from edge.queueing.evolve import evolve
from edge.queueing.hall import Hall
from edge.queueing.ticket import Ticket
from tests.queueing import centre

WALL = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # a Monday, 09:00 in Bishkek
OFFSET = 6 * 3600


class Scene:
    """A centre whose day is open and whose desks are open and free, unless told otherwise."""

    def __init__(self, values: dict[str, Any] | None = None, *, opened: bool = True) -> None:
        self.hall = Hall()
        self.tick = 0
        self.facts: list[e.Fact] = []
        self._ids = (f"id-{number:06d}" for number in count(1))
        self.do(c.ChangeSettings(values or centre.settings()))
        if opened:
            self.do(open_day())
            for name in self.hall.desks:
                self.do(c.Open(name))

    def do(self, command: c.Command) -> Outcome:
        turn = self._turn()
        outcome = decide(turn, command)
        self._take(turn)
        return outcome

    def turn(self, command: c.Command) -> Turn:
        """Do ``command`` and return the whole turn."""
        turn = self._turn()
        decide(turn, command)
        self._take(turn)
        return turn

    def wait(self, seconds: int) -> None:
        self.tick += seconds

    def at(self, tick: int) -> None:
        self.tick = tick

    def issue(self, service: str = "passport", *, category: str | None = None, appointment: int | None = None) -> str:
        """Issue a ticket now and return its id."""
        ticket = f"t-{next(self._ids)}"
        booking = None if appointment is None else f"b-{ticket}"
        self.do(c.Issue(ticket, service, "ky", "kiosk-1", category=category, booking=booking, appointment=appointment))
        return ticket

    def next(self, desk: str = "1") -> tuple[str, str] | None:
        """Let a desk call; return (ticket, why), or None when nobody was called."""
        outcome = self.do(c.CallNext(desk))
        return (outcome.ticket.id, outcome.ticket.why or "") if outcome.ticket and outcome.result == "called" else None

    def ticket(self, ticket: str) -> Ticket:
        return self.hall.tickets[ticket]

    def set_desk(self, desk: str, **changed: Any) -> None:
        """Put a desk into a state that would take long to reach."""
        self.hall = replace(self.hall, desks={**self.hall.desks, desk: replace(self.hall.desks[desk], **changed)})

    def _turn(self) -> Turn:
        return Turn(self.hall, self.tick, Stamp(WALL + timedelta(seconds=self.tick), "ntp", "system", lambda: next(self._ids)))

    def _take(self, turn: Turn) -> None:
        self.hall, self.tick = turn.hall, turn.tick
        self.facts += turn.facts

    def change(self, key: str, value: Any) -> None:
        self.do(c.ChangeSettings({key: value}))


def open_day(day: str = "2026-03-02", wall: str = "2026-03-02T03:00:00.000Z", *, provisional: bool = False) -> c.OpenDay:
    return c.OpenDay(day, wall, "Asia/Bishkek", OFFSET, provisional=provisional)


def replayed(facts: list[e.Fact]) -> Hall:
    """Fold facts, read back from their journal payloads, from an empty hall."""
    hall = Hall()
    for fact in facts:
        event = e.read(e.type_of(fact.event), e.payload_text(fact.event))
        hall, _ = evolve(hall, replace(fact, event=event))
    return hall


def one_desk(*, reserved: tuple[str, ...] = (), overflow_after: int = 0) -> Scene:
    """A centre whose only desk serves everything."""
    leaves = ["passport", "birth", "address", "visa"]
    desks = [centre.desk("1", leaves, reserved=reserved, overflow_after=overflow_after)]
    return Scene({**centre.settings(), "desks": desks})
