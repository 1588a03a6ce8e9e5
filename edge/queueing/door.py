"""The door in the opening rush: people come in by cohorts, in the order in which their tickets were issued (K6).

A cohort is so many of the day's tickets, whatever their letters. The first comes in when the hall opens, the next when less than half a cohort of
those inside is left waiting, or when a supervisor says so; it says who may come in, never who is called.
"""

from collections.abc import Iterable

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.day import Stage
from edge.queueing.hall import Hall
from edge.queueing.roster import phase_of
from edge.queueing.turn import Outcome, Result, Turn


def let_in(turn: Turn, command: c.LetIn) -> Outcome:
    """Let the next cohort in. Raises Refused when people do not come in by number, or everybody may already."""
    day, size = turn.hall.day, turn.hall.policy.calendar.cohort
    if day is None or not size:
        raise Refused("nobody is let in by number: the centre has no cohorts", code="no_cohorts")
    if day.admitted and day.admitted >= turn.hall.issued:
        raise Refused("everybody with a ticket may come in already", code="all_in")
    turn.emit(e.CohortAdmitted(upto=day.admitted + size, reason=command.reason, tick=turn.tick))
    return Outcome(Result.OK)


def due(hall: Hall, tick: int) -> list[c.LetIn]:
    """Return what the door does by itself at ``tick``."""
    day, size = hall.day, hall.policy.calendar.cohort
    if day is None or not size or hall.policy.emergency or (day.admitted and day.admitted >= hall.issued):
        return []
    if phase_of(hall, tick).stage is not Stage.OPEN:
        return []
    return [c.LetIn()] if not day.admitted or inside(hall) * 2 < size else []


def inside(hall: Hall) -> int:
    """Count who was let in and still waits."""
    admitted = hall.day.admitted if hall.day else 0
    return sum(ticket.order <= admitted for ticket in hall.waiting())


def is_outside(hall: Hall, order: int) -> bool:
    """Tell whether the holder of the day's ticket of that order is to wait at the door."""
    return hall.day is not None and hall.policy.calendar.cohort > 0 and order > hall.day.admitted


def ranges(numbers: Iterable[str]) -> list[tuple[str, str]]:
    """Return numbers as unbroken ranges (first, last), letter by letter in the order in which they first come."""
    by_letter: dict[str, list[int]] = {}
    for number in numbers:
        letter = number.rstrip("0123456789")
        by_letter.setdefault(letter, []).append(int(number[len(letter) :]))
    return [(f"{letter}{first:03}", f"{letter}{last:03}") for letter, counts in by_letter.items() for first, last in _runs(sorted(counts))]


def _runs(counts: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for count in counts:
        if runs and count == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], count)
        else:
            runs.append((count, count))
    return runs
