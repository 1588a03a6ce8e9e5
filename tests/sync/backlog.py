"""A journal with many lines, quickly: what a centre wrote while nobody heard it. The chain is sound; the tables know nothing of these visitors."""

import json
import os
from collections.abc import Iterator

import uuid_utils

from edge.queueing.chain import sealed
from edge.store.database import Database

AT_ONCE = 5_000
DESKS = 8
Event = tuple[str, str, dict[str, object]]  # type, actor, payload


def visits() -> Iterator[Event]:
    """Yield the events of one visitor after the other, as a hall writes them: four each, of the size that real ones have."""
    number = 0
    while True:
        number += 1
        ticket, desk = str(uuid_utils.uuid7()), str(number % DESKS + 1)
        issued = {"ticket": ticket, "number": f"A{number % 999 + 1:03}", "day": "2026-03-02", "service": "passport", "category": None, "lang": "ky"}
        yield "ticket.issued", "device:kiosk-1", {**issued, "booking": None, "via": "kiosk-1", "opens": None, "promise": "guaranteed", "tick": number}
        scores = [{"ticket": ticket, "score": 1800}, {"ticket": ticket, "score": 900}]
        called = {"ticket": ticket, "desk": desk, "why": "order", "scores": scores, "run": 0, "run_after": 1, "first": True, "tick": number}
        yield "ticket.called", f"desk:{desk}", called
        yield "ticket.started", f"desk:{desk}", {"ticket": ticket, "desk": desk, "tick": number}
        yield "ticket.finished", f"desk:{desk}", {"ticket": ticket, "desk": desk, "outcome": None, "waited": 300, "total": 900, "tick": number}


def fill(database: Database, lines: int, events: Iterator[Event] | None = None, *, schema: int = 1) -> None:
    """Write so many lines behind those that are there: ``events``, or visits. Nobody else may have the database open."""
    events, left = events or visits(), lines
    while left:
        with database.write() as transaction:
            centre = transaction.hall.policy.centre.id
            for _ in range(min(left, AT_ONCE)):
                type_, actor, payload = next(events)
                transaction.append_line(
                    sealed(
                        transaction.head,
                        centre=centre,
                        id=str(uuid_utils.uuid7()),
                        type=type_,
                        at="2026-03-02T03:15:00.120Z",
                        clock="ntp",
                        actor=actor,
                        salt=os.urandom(16).hex(),
                        schema=schema,
                        payload=json.dumps(payload, separators=(",", ":")),
                    )
                )
                left -= 1
