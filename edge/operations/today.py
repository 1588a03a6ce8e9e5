"""What was done today, by whom: calls, picks out of turn, rights to priority confirmed and refused. Counted from the journal; what was undone is not.

The share of picks is what a supervisor and an auditor look at first (`research/ux.md`, R12).
"""

from collections import Counter
from dataclasses import dataclass

from edge.operations.context import Context
from edge.store import queries


@dataclass(frozen=True, slots=True)
class Figures:
    """``actor``: as in the journal; ``picked``: of the calls, those that a person chose."""

    actor: str
    calls: int
    picked: int
    confirmed: int
    refused: int

    @property
    def picked_permille(self) -> int:
        """Return the share of picks among the calls."""
        return self.picked * 1000 // self.calls if self.calls else 0


def by_actor(ctx: Context) -> list[Figures]:
    """Return the figures of everybody who called or judged since the day opened; desks, devices and staff in the order of their names."""
    counts: dict[str, Counter[str]] = {}
    for actor, what in queries.acts_today(ctx.database):
        counts.setdefault(actor, Counter())[what] += 1
    return [_figures(actor, counts[actor]) for actor in sorted(counts)]


def _figures(actor: str, counts: Counter[str]) -> Figures:
    return Figures(actor, counts["called"] + counts["picked"], counts["picked"], counts["confirmed"], counts["refused"])
