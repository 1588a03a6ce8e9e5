"""Taking stored lines over into the domain: bookings, slots, figures, concerns. In the order of (epoch, seq), each event once.

Store, then apply: this may die at any moment and goes on at the next call from where it was, because the mark moves in the same transaction. An event
that came again in a newer epoch has had its effect. No event stops the ones behind it; what cannot be taken over gets a notice.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from edge.sync.reference import bookings, database, grants, journal, kills, payloads, standing
from edge.sync.reference.booked import Payload, Refused, Taking
from edge.sync.reference.books import Share
from edge.sync.reference.escrow import Spent
from edge.sync.reference.figures import Figures
from edge.sync.reference.handlers import HANDLERS
from edge.sync.reference.journal import Stored
from edge.sync.reference.models import Line

log = logging.getLogger(__name__)
LINES = 1000  # taken in one transaction


def pending(centre: str, now: datetime) -> int:
    """Take over all that is stored and not yet taken; return how many lines that were. Opens its own transactions."""
    total = 0
    while taken := _some(centre, now):
        total += taken
        if taken < LINES:
            break
    return total


def _some(centre: str, now: datetime) -> int:
    with database.of_centre(centre) as row:
        lines = journal.waiting(row, LINES)
        if not lines:
            return 0
        read = [(line, payloads.read(line.type, line.payload) if line.payload is not None else None) for line in lines]
        again = _taken_before(row.centre, lines) | _echoes(row.centre, read)
        taking, figures = Taking(row, now), Figures(row.centre, read)
        notices = [(line, code) for line, said in read if line.id not in again and (code := _one(taking, figures, line, said))]
        kills.hit("apply.middle")
        figures.keep()
        journal.taken(row, lines[-1], notices)
        standing.settle(row)
        grants.top_up(row, taking.touched | bookings.free_what_is_known(row), now)
    return len(lines)


def _taken_before(centre: str, lines: Sequence[Stored]) -> set[str]:
    """Return the events among ``lines`` that stand in an older epoch, too: they were re-emitted, and their effect is known."""
    newer = {line.id: line.epoch for line in lines if line.epoch > 1}
    if not newer:
        return set()
    known = Line.select(Line.id, Line.epoch).where(Line.centre == centre, Line.id.in_(sorted(newer)))
    return {event for event, epoch in database.tuples(known) if epoch < newer[event]}


def _echoes(centre: str, read: Sequence[tuple[Stored, Payload | None]]) -> set[str]:
    """Return the `slot.granted` among ``read`` that only say what was granted here: thousands after the first page of a horizon."""
    said = {line.id: (each["slot"], each["epoch"], each["granted"]) for line, each in read if each is not None and line.type == "slot.granted"}
    if not said:
        return set()
    mine = Share.select(Share.slot, Share.epoch, Share.granted).where(
        Share.centre == centre, Share.slot.in_(sorted({slot for slot, _, _ in said.values()}))
    )
    known = {(slot, epoch): granted for slot, epoch, granted in database.tuples(mine)}
    return {event for event, (slot, epoch, granted) in said.items() if known.get((slot, epoch), -1) >= granted}


def _one(taking: Taking, figures: Figures, line: Stored, said: Payload | None) -> str | None:
    """Take one line over; a notice, or None."""
    if line.payload is None:
        return None  # erased: what it did is known, or nobody's business any more
    if said is None:
        return "payload_unreadable"
    if not payloads.is_known(line.type):
        return "type_unknown"
    return _handled(taking, line, said) if line.type in HANDLERS else figures.count(line, said)


def _handled(taking: Taking, line: Stored, said: Payload) -> str | None:
    try:
        with database.transaction():  # nested: what an event did half is undone
            HANDLERS[line.type](taking, line, said)
    except Refused as refused:
        return str(refused.args[0])
    except Spent:
        taking.concern("counters", line.id, type=line.type)
    except database.LOST:
        raise
    except Exception:
        log.exception("an event of %s cannot be taken over: epoch %s seq %s %s", taking.row.centre, line.epoch, line.seq, line.type)
        return "payload_unreadable"
    return None
