"""One imagined day in simpy: visitors take tickets, clerks press for the next. Every word of the hall comes from the pure functions.

Simpy's clock runs in seconds of the day's ticks. What is measured is read from the facts, never from inside the rule.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import simpy

from edge.errors import Refused
from edge.queueing import appointments, cutoff
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.booking import slot_id
from edge.queueing.chain import instant
from edge.queueing.day import working_left
from edge.queueing.decide import Outcome, Stamp, Turn, decide
from edge.queueing.evolve import evolve
from edge.queueing.hall import Hall
from edge.queueing.learned import Worked
from edge.queueing.promising import raise_outlived
from edge.queueing.ticket import Ticket
from edge.simulate import peers
from edge.simulate.crowd import NO_SHOW_S, Visitor
from edge.simulate.record import Asked, Called, DayRecord
from edge.simulate.scenarios import BEGINS_S, CLOSES_S, OPENS_S, Rule, Scenario

FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
OFFSET_S = 6 * 3600
LOOK_S = 60  # how often an idle clerk looks, and what is due is done
RAISE_S = 300  # how often promises are looked after: in the hall each minute
LOST_AT_S = 11 * 3600
AWAY_S = 180
Step = Generator[simpy.Event, Any, None]


class Centre:
    """The hall over all days of one run, and its journal's facts of today."""

    def __init__(self, scenario: Scenario, rule: Rule, values: dict[str, Any]) -> None:
        self.scenario, self.rule = scenario, rule
        self.hall = Hall()
        self.facts: list[e.Fact] = []
        self.midnight = FIRST_DAY - timedelta(seconds=OFFSET_S)
        self._ids = count(1)
        self._listeners: list[Callable[[e.Fact, Hall], None]] = []
        self.do(c.ChangeSettings(values), 0)

    def new_id(self) -> str:
        """Return an id that sorts by time, as UUIDv7 does."""
        return f"{next(self._ids):012d}"

    def do(self, command: c.Command, tick: int) -> Outcome:
        """Carry out a command. Raises Refused."""
        turn = self.turn(tick)
        outcome = decide(turn, command)
        self.take(turn)
        return outcome

    def turn(self, tick: int) -> Turn:
        """Begin a decision at a tick."""
        return Turn(self.hall, tick, Stamp(self.midnight + timedelta(seconds=BEGINS_S + tick), "ntp", "system", self.new_id))

    def take(self, turn: Turn) -> None:
        """Put in force what was decided."""
        self.facts += turn.facts
        self.hall = turn.hall

    def restart(self, before: Hall) -> None:
        """Begin anew from the journal as it would be read. Raises AssertionError when the hall is another one then."""
        hall = before
        for fact in self.facts:
            hall, _ = evolve(hall, replace(fact, event=e.read(e.type_of(fact.event), e.payload_text(fact.event))))
        if hall != self.hall:
            raise AssertionError("the hall after a restart is not the hall before it")
        self.hall = hall


class Imagined:
    """One day. ``run`` returns what was measured."""

    def __init__(self, centre: Centre, crowd: list[Visitor], number: int) -> None:
        self.centre, self.crowd = centre, crowd
        self.env = simpy.Environment()
        self.record = DayRecord(number)
        self.bell = self.env.event()
        self.visitors: dict[str, Visitor] = {}
        self.away = False
        self._before = centre.hall
        self._asked: dict[str, Asked] = {}
        self._day = (FIRST_DAY + timedelta(days=number)).date()
        centre.midnight = FIRST_DAY + timedelta(days=number) - timedelta(seconds=OFFSET_S)
        centre.facts = []

    def run(self) -> DayRecord:
        """Live through the day."""
        centre = self.centre
        self._before = centre.hall
        wall = centre.midnight + timedelta(seconds=BEGINS_S)
        centre.do(c.OpenDay(self._day.isoformat(), instant(wall), "Asia/Bishkek", OFFSET_S), 0)
        assert centre.hall.day  # noqa: S101 -- it was opened in the line before
        self.worked = Worked(working_left(centre.hall.day, centre.hall.policy.calendar, 0))
        for visitor in self.crowd:
            if visitor.booked is not None:
                self._book(visitor)
        self.env.process(self._door())
        for place, desk in enumerate(centre.hall.desks):
            self.env.process(self._clerk(desk, place))
        self.env.process(self._keeper())
        if centre.scenario.restart:
            self.env.process(self._restart())
        self.env.run()
        centre.do(c.CloseDay(), self.now)
        self.record.closed(centre.facts, CLOSES_S - BEGINS_S)
        return self.record

    @property
    def now(self) -> int:
        """Return the tick."""
        return int(self.env.now)

    def _book(self, visitor: Visitor) -> None:
        centre = self.centre
        booking = centre.new_id()
        self.visitors[booking] = visitor
        start = centre.midnight + timedelta(seconds=visitor.booked or 0)
        slot = slot_id(visitor.service, start)
        centre.do(c.Book(booking, f"A{booking[-5:]}", visitor.service, slot, booking, "ky", "kiosk", OFFSET_S), 0)

    def _door(self) -> Step:
        booked = {id(visitor): booking for booking, visitor in self.visitors.items()}
        for visitor in self.crowd:
            yield self.env.timeout(max(0, visitor.arrives - BEGINS_S - self.env.now))
            while self.away:
                yield self.env.timeout(5)
            if visitor.comes:
                self._arrive(visitor, booked.get(id(visitor)))

    def _arrive(self, visitor: Visitor, booking: str | None) -> None:
        centre, ticket = self.centre, self.centre.new_id()
        self.record.came += 1
        if booking is None and peers.is_full(centre, visitor.service, self.now):
            self.record.refused += 1
            return
        said = peers.said(centre.hall, visitor.service, self.now)
        command = (
            c.Issue(ticket, visitor.service, "ky", "kiosk", category=visitor.category)
            if booking is None
            else c.CheckIn(booking, ticket, "kiosk", expired=True)
        )
        try:
            centre.do(command, self.now)
        except Refused as error:
            if error.reason != "cut-off" and booking is None:
                raise
            self.record.refused += 1
            return
        issued = centre.hall.tickets[ticket]
        self.visitors[ticket] = visitor
        kind = "category" if visitor.category else "order" if issued.booked is None else str(issued.booked)
        self._asked[ticket] = Asked(kind, issued.promise_to, said)
        self.record.issued(issued.promise)
        bell, self.bell = self.bell, self.env.event()
        bell.succeed()

    def _clerk(self, desk: str, place: int) -> Step:
        centre, scenario = self.centre, self.centre.scenario
        yield self.env.timeout(OPENS_S - BEGINS_S + place % 10 * 12)
        centre.do(c.Open(desk), self.now)
        goes_at = LOST_AT_S - BEGINS_S if place < scenario.lost else 10**9
        while self.now < goes_at:
            if self._is_break(desk):
                self._finish(desk)
                yield self.env.timeout(20)
                continue
            if self.now >= CLOSES_S - BEGINS_S and not self._may_come(desk):
                break
            while self.away:
                yield self.env.timeout(5)
            outcome = centre.do(c.CallNext(desk), self.now)
            if outcome.result != "called" or outcome.ticket is None:
                yield self.bell | self.env.timeout(LOOK_S)
                continue
            visitor = self._called(outcome.ticket)
            yield self.env.timeout(NO_SHOW_S if visitor.leaves else visitor.visit_s)
            if visitor.leaves and not self.away:
                centre.do(c.MarkNoShow(desk), self.now)
        self._finish(desk)
        centre.do(c.Close(desk), self.now)

    def _finish(self, desk: str) -> None:
        if self.centre.hall.desks[desk].ticket:
            self.centre.do(c.Finish(desk), self.now)

    def _is_break(self, desk: str) -> bool:
        """Lunch: of the hall or the desk's own."""
        centre = self.centre
        second = self.now + BEGINS_S
        spans = (*centre.hall.policy.calendar.lunch, *centre.hall.policy.desks[desk].lunch)
        return any(span.covers(second) for span in spans)

    def _may_come(self, desk: str) -> bool:
        services = self.centre.hall.policy.desks[desk].services
        return any(ticket.service in services for ticket in self.centre.hall.waiting())

    def _called(self, ticket: Ticket) -> Visitor:
        asked = self._asked.get(ticket.id)
        if asked is not None:
            now = self.centre.midnight + timedelta(seconds=BEGINS_S + self.now)
            self.record.calls.append(Called.of(ticket, asked, self.worked(ticket.arrival, self.now), now))
        return self.visitors[ticket.id]

    def _keeper(self) -> Step:
        """What is due by itself, once a minute."""
        centre = self.centre
        while self.now < CLOSES_S - BEGINS_S + 3600:
            yield self.env.timeout(LOOK_S)
            if self.away:
                continue
            for missed in appointments.due(centre.hall, self.now):
                centre.do(missed, self.now)
            for ticket in cutoff.to_release(centre.hall, self.now):
                centre.do(c.Withdraw(ticket.id, cutoff.RELEASED), self.now)
                self.record.released += 1
            if centre.rule.name == "ours" and self.now % RAISE_S < LOOK_S:
                turn = centre.turn(self.now)
                raise_outlived(turn)
                centre.take(turn)
                self.record.raised += len(turn.facts)

    def _restart(self) -> Step:
        yield self.env.timeout(LOST_AT_S - BEGINS_S)
        self.away = True
        yield self.env.timeout(AWAY_S)
        self.centre.restart(self._before)
        self.away = False
