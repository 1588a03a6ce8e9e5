"""Ticket numbers: the letter of the service and a counter that starts at 001 with each business day.

The counter is part of the day, never of the wall clock: `contract/mqtt.md` fixes the form ``[A-Z]{1,2}[0-9]{3,4}``.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from edge.errors import Refused

LAST = 9999
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Block:
    """Emergency slips that were ever printed with ``letter``: 1 to ``last``. No service gives such a number."""

    letter: str
    last: int


def lettered(letter: str, prefix: str = "") -> str:
    """Return the letters of a number: the service's, behind the prefix of a restored box; never more than two, so some services may share them."""
    return f"{prefix}{letter}"[:2]


def free_prefixes(letters: Iterable[str], besides: str = "") -> str:
    """Return the letters that begin no number of a service with one of ``letters``, nor one with the prefix ``besides``."""
    taken = {letter[0] for letter in letters} | set(besides)
    return "".join(letter for letter in LETTERS if letter not in taken)


def next_number(letter: str, issued: int, taken: Container[str] = ()) -> str:
    """Return the number after ``issued``, the last one of this letter today, leaving out those ``taken``: who kept one over the night has it still.

    Raises Refused when the day's numbers are used up.
    """
    for number in range(issued + 1, LAST + 1):
        if (found := f"{letter}{number:03d}") not in taken:
            return found
    raise Refused(f"no number is left for letter {letter}: {LAST} were issued today", code="full", reason="full")


def written(letter: str, count: int) -> str:
    """Return the number as it stands on tickets and slips."""
    return f"{letter}{count:03d}"


def parts(number: str) -> tuple[str, int]:
    """Return letters and count of a number; (``number``, 0) for what is none."""
    letter = number.rstrip("0123456789")
    digits = number[len(letter) :]
    return (letter, int(digits)) if letter and digits else (number, 0)
