"""Ticket numbers: the letter of the service and a counter that starts at 001 with each business day.

The counter is part of the day, never of the wall clock: `contract/mqtt.md` fixes the form ``[A-Z]{1,2}[0-9]{3,4}``.
"""

from edge.errors import Refused

LAST = 9999


def next_number(letter: str, issued: int) -> str:
    """Return the number after ``issued`` tickets of this letter today. Raises Refused when the day's numbers are used up."""
    if issued >= LAST:
        raise Refused(f"no number is left for letter {letter}: {LAST} were issued today", code="full", reason="full")
    return f"{letter}{issued + 1:03d}"
