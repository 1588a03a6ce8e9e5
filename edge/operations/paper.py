"""The emergency block K10: printing numbered slips beforehand, keying them in when everything works again.

Each act is one decision: what was printed is in the journal before the file exists, and of a page of slips all are keyed in or none.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge.errors import BadRequest, Refused
from edge.operations.context import Context
from edge.operations.decision import Once, deciding
from edge.queueing import commands
from edge.queueing.day import tick_at
from edge.queueing.decide import decide
from edge.queueing.events import BlockPrinted
from edge.queueing.numbering import written
from edge.queueing.policy import Names
from edge.store import queries

COUNT = 200


@dataclass(frozen=True, slots=True)
class Printed:
    """Slips ``first`` to ``last`` of ``letter``; ``names``: the centre's."""

    letter: str
    first: int
    last: int
    names: Names

    @property
    def numbers(self) -> list[str]:
        """Return what stands on the slips."""
        return [written(self.letter, count) for count in range(self.first, self.last + 1)]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a slip was taken for."""

    number: str
    service: str
    category: str | None = None


def print_block(ctx: Context, count: int, *, actor: str, once: Once | None = None) -> Printed:
    """Set numbers aside for so many slips; the same key gives the same ones again. Raises Refused."""
    with deciding(ctx, actor) as decision:
        names = decision.turn.hall.policy.centre.names
        known = decision.recall(once)
        if known is not None:
            letter, first, last = json.loads(known)
            return Printed(letter, first, last, names)
        decide(decision.turn, commands.PrintBlock(count))
        event = decision.turn.facts[-1].event
        if not isinstance(event, BlockPrinted):
            raise TypeError("a block was printed without its event")
        decision.remember(once, json.dumps([event.letter, event.first, event.last]))
        return Printed(event.letter, event.first, event.last, names)


def key_in(ctx: Context, slips: Sequence[Taken], began: str | None, lang: str, *, actor: str, once: Once | None = None) -> list[str]:
    """Issue tickets for slips in the paper's order; returns their numbers. ``began``: local `HH:MM` when the paper began, None: now.

    Raises BadRequest (no time), Refused, Unknown; then none was keyed in.
    """
    with deciding(ctx, actor) as decision:
        known = decision.recall(once)
        if known is not None:
            numbers: list[str] = json.loads(known)
            return numbers
        turn, day = decision.turn, decision.turn.hall.day
        if day is None:
            raise Refused("slips cannot be keyed in: no day is open", code="day_state")
        for slip in slips:
            if queries.is_ticket(ctx.database, slip.number, day.day):
                raise Refused(f"slip {slip.number} cannot be keyed in: it is already", code="slip_used")
        tick = tick_at(day, _second(began)) if began else turn.tick
        taken = tuple(commands.Slip(ctx.new_id(), slip.number, slip.service, slip.category) for slip in slips)
        decide(turn, commands.KeyIn(taken, tick, lang))
        numbers = [slip.number for slip in slips]
        decision.remember(once, json.dumps(numbers))
        return numbers


def _second(text: str) -> int:
    found = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", text.strip())
    if found is None:
        raise BadRequest(f"time {text[:20]!r}: must be written as 09:10")
    return int(found[1]) * 3600 + int(found[2]) * 60
