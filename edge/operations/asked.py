"""What people must say when they act for the whole hall: a reason for the journal, and texts that fit a board.

Every fault is named with its field, so that a form can show all of them at once.
"""

from collections.abc import Iterator, Mapping

from edge.errors import BadRequest
from edge.queueing.policy import LANGS

REQUIRED_LANGS = ("ky", "ru")
SHORTEST_REASON, LONGEST_REASON = 3, 200
LONGEST_TEXT = 140  # of a notice: what a board shows in two lines from its viewing distance

Faults = Mapping[str, str]


class Incomplete(BadRequest):
    """Something that must be said is missing or too long. ``faults``: a word for each field: missing, long."""

    code = "incomplete"

    def __init__(self, faults: Faults) -> None:
        super().__init__("; ".join(f"{field}: {fault}" for field, fault in faults.items()))
        self.faults = faults


def complete(*faults: Iterator[tuple[str, str]]) -> None:
    """Raise Incomplete if there is any fault."""
    found = dict(fault for some in faults for fault in some)
    if found:
        raise Incomplete(found)


def reason_faults(reason: str) -> Iterator[tuple[str, str]]:
    """Say what is wrong with a reason."""
    if len(reason.strip()) < SHORTEST_REASON:
        yield "reason", "missing"
    elif len(reason.strip()) > LONGEST_REASON:
        yield "reason", "long"


def text_faults(text: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Say what is wrong with a text for boards: Kyrgyz and Russian are required."""
    for lang in LANGS:
        said = text.get(lang, "").strip()
        if not said and lang in REQUIRED_LANGS:
            yield lang, "missing"
        elif len(said) > LONGEST_TEXT:
            yield lang, "long"


def filled(text: Mapping[str, str]) -> dict[str, str]:
    """Return the text in all languages; where none is given, the Russian one stands in."""
    return {lang: text.get(lang, "").strip() or text["ru"].strip() for lang in LANGS}
