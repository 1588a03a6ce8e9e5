"""`edge verify`: is the chain whole, do the tables follow from the journal, was everyone called by the rule?

Reads only; safe beside a running server. The same `evolve` and `choose` as in the hall do the work.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from edge.errors import EdgeError
from edge.queueing import events
from edge.queueing.booking import Owner
from edge.queueing.chain import GENESIS, Envelope, Head, fault
from edge.queueing.decide import preview
from edge.queueing.desk import DeskState
from edge.queueing.escrow import own_left
from edge.queueing.evolve import evolve
from edge.queueing.hall import Hall
from edge.queueing.slots import rights_of
from edge.queueing.ticket import TicketState
from edge.store import shadow
from edge.store.database import Database


class Verdict(StrEnum):
    """What a replay says of one call."""

    OK = "ok"
    EXPLAINED = "explained"
    UNEXPLAINED = "UNEXPLAINED"
    IMPOSSIBLE = "impossible"


@dataclass
class Report:
    """``problems``: one sentence each, empty when all is well. ``calls``: how many calls got which verdict."""

    lines: int = 0
    head: Head = field(default_factory=lambda: Head(1, 0, GENESIS))
    calls: Counter[Verdict] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Tell whether nothing was found."""
        return not self.problems


def verify(database: Database, progress: Callable[[int], None] = lambda _: None) -> Report:
    """Check the whole journal against itself, the tables and the rule. ``progress`` gets the number of lines done."""
    report = Report()
    with shadow.snapshot(database) as snapshot:
        tables = shadow.Tables()
        hall = Hall()
        elsewhere = 0  # so many of the next lines were decided on another hall
        for line in snapshot.lines():
            before = report.head
            _check_chain(report, line)
            try:
                fact = fact_of(line)
                if isinstance(fact.event, events.EpochStarted):
                    elsewhere = _check_epoch(report, snapshot, before, fact.event, line)
                elif elsewhere > 0:
                    elsewhere -= 1
                    report.calls[Verdict.EXPLAINED] += isinstance(fact.event, events.TicketCalled)
                else:
                    _check_tick(report, hall, fact.event, line)
                    if isinstance(fact.event, events.TicketCalled):
                        _check_call(report, hall, fact.event, line)
                hall, changed = evolve(hall, fact)
                _check_seats(report, hall, fact.event, line)
            except (KeyError, AttributeError, TypeError, ValueError, EdgeError) as error:
                report.problems.append(f"seq {line.seq} {line.type} cannot be replayed: {type(error).__name__} {error}")
                return report
            tables.take(changed)
            report.lines += 1
            progress(report.lines)
        report.problems += tables.differences(snapshot, hall)
    return report


def _check_chain(report: Report, line: Envelope) -> None:
    found = fault(report.head, line)
    if found:
        report.problems.append(f"epoch {line.epoch} seq {line.seq} breaks the chain: {found}")
    report.head = Head(line.epoch, line.seq, line.hash)


def _check_epoch(report: Report, snapshot: shadow.Snapshot, before: Head, event: events.EpochStarted, line: Envelope) -> int:
    """The parent is a line of ours. Returns how many lines follow that were decided before the national server's lines came between."""
    parent = Head(event.parent_epoch, event.parent_seq, event.parent_hash)
    found = GENESIS if parent.seq == 0 else snapshot.hash_at(parent.epoch, parent.seq)
    if event.epoch != line.epoch or found != parent.hash:
        report.problems.append(f"epoch {line.epoch} began behind epoch {parent.epoch} seq {parent.seq}, which the journal has not")
    return event.tail if before != parent else 0


def _check_tick(report: Report, hall: Hall, event: events.Event, line: Envelope) -> None:
    """Ticks never decrease within a day."""
    tick = getattr(event, "tick", None)
    if tick is not None and tick < hall.tick and not isinstance(event, events.DayOpened | events.EpochStarted):
        report.problems.append(f"seq {line.seq} {line.type}: tick {tick} after tick {hall.tick}")


def _check_call(report: Report, hall: Hall, event: events.TicketCalled, line: Envelope) -> None:
    verdict, why = _judged(hall, event)
    report.calls[verdict] += 1
    if verdict in (Verdict.UNEXPLAINED, Verdict.IMPOSSIBLE):
        report.problems.append(f"seq {line.seq} at {line.at}: desk {event.desk} called ticket {event.ticket}: {verdict}, {why}")


def _check_seats(report: Report, hall: Hall, event: events.Event, line: Envelope) -> None:
    """No slot has more seats in people's hands than it had to sell when the newest of them was sold; with a national server: than it had rights for.

    What was sold by rights of an older epoch stands again in a new one and is judged where it was sold.
    """
    if not isinstance(event, events.BookingMade | events.BookingRescheduled) or event.right != Owner.EDGE:
        return
    ledger = hall.slots.get(event.slot)
    if ledger is None:  # what does not fit takes no seat
        return
    if not hall.policy.national.bound:
        if ledger.taken > event.capacity:
            report.problems.append(f"seq {line.seq} at {line.at}: slot {event.slot} was oversold: {ledger.taken} of {event.capacity} seats")
    elif event.right_epoch == hall.epoch:
        left = own_left(rights_of(ledger, hall.epoch))
        if left < 0:
            report.problems.append(f"seq {line.seq} at {line.at}: slot {event.slot} was sold without a right: {-left} too many in epoch {hall.epoch}")


def _judged(hall: Hall, event: events.TicketCalled) -> tuple[Verdict, str]:
    ticket = hall.tickets.get(event.ticket)
    desk = hall.desks.get(event.desk)
    if ticket is None or ticket.state is not TicketState.WAITING:
        return Verdict.IMPOSSIBLE, "it was not waiting"
    if desk is None or desk.ticket is not None:
        return Verdict.IMPOSSIBLE, "the desk was not free"
    if desk.state is not DeskState.OPEN:
        return Verdict.IMPOSSIBLE, f"the desk was {desk.state}"
    if event.why == "manual":
        return (Verdict.EXPLAINED, "") if event.reason else (Verdict.UNEXPLAINED, "a manual pick without a reason")
    return _by_the_rule(hall, event, desk.run)


def _by_the_rule(hall: Hall, event: events.TicketCalled, run: int) -> tuple[Verdict, str]:
    choice = preview(hall, event.desk, event.tick)
    why = ""
    if choice is None or choice.ticket.id != event.ticket:
        why = f"the rule names {choice.ticket.number if choice else 'nobody'}"
    elif (choice.why, run, choice.run_after) != (event.why, event.run, event.run_after):
        why = f"the rule gives reason {choice.why} and run {run}, the journal {event.why} and {event.run}"
    elif [(score["ticket"], score["score"]) for score in event.scores] != list(choice.scores):
        why = "the scores are not those of the rule"
    return (Verdict.UNEXPLAINED, why) if why else (Verdict.OK, "")


def fact_of(line: Envelope) -> events.Fact:
    """Read the fact that a line tells; one whose payload was erased tells nothing."""
    at = datetime.fromisoformat(line.at)
    if line.payload is None:
        return events.Fact(line.id, at, line.clock, line.actor, events.Unrecognised(type=line.type, payload=""))
    return events.Fact(line.id, at, line.clock, line.actor, events.read(line.type, line.payload))


def replay(lines: Iterator[Envelope]) -> Hall:
    """Return the hall that the journal lines lead to."""
    hall = Hall()
    for line in lines:
        hall, _ = evolve(hall, fact_of(line))
    return hall
