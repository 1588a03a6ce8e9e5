"""One printer prints one picture: asked before, fed in pieces, asked after.

It is asked before anything is sent, because many swallow whatever comes while they are off, open or without paper. And it is asked after: only a
printer that says that it is done has printed. No answer is no success.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.devices.printing import answers, cable
from edge.devices.printing.cable import CableError
from edge.errors import EdgeError
from edge.operations.printing import Fault, State

if TYPE_CHECKING:
    from PIL import Image

    from edge.devices.printing.dialogue import Dialogue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. ``try_for``: from the moment a job was first seen until it is given up while nothing of it was sent, a look each ``again``."""

    connect: float = 3
    answer: float = 2
    take: float = 10
    done: float = 20
    try_for: float = 30
    again: float = 2


@dataclass(frozen=True, slots=True)
class Printer:
    """``address``: see `cable.ADDRESS`. ``answers``: False for one on a cable that only goes one way, of which nobody ever knows how it is."""

    name: str
    address: str
    answers: bool = True


@dataclass(frozen=True, slots=True)
class Printed:
    """What became of it; ``state`` QUEUED: nothing was sent, it may be tried again. ``fault`` None: all is well as far as one can know."""

    state: State
    fault: Fault | None = None


def put_on_paper(printer: Printer, picture: "Image.Image", patience: Patience, may_begin: Callable[[], bool]) -> Printed | None:
    """Print ``picture``. ``may_begin`` is asked right before the first byte of it and must be durable; None when it says no."""
    begun = False
    try:
        from edge.devices.printing.dialogue import Dialogue  # heavy: only who prints pays for it

        with cable.opened(printer.address, patience.connect) as way:
            dialogue = Dialogue(way)
            if printer.answers and (fault := _fault(dialogue, patience)):
                return Printed(State.QUEUED, fault)
            if not may_begin():
                return None
            begun = True
            dialogue.print_out(picture, patience.take)
            return _confirmed(dialogue, patience) if printer.answers else Printed(State.SENT)
    except CableError:
        return Printed(State.UNKNOWN, Fault.CUT) if begun else Printed(State.QUEUED, Fault.OFF)
    except EdgeError:  # of ``may_begin``
        raise
    except Exception:  # of the library: the tickets behind this one do not wait for ever
        log.exception("printing failed printer=%s", printer.name)
        return Printed(State.UNKNOWN if begun else State.QUEUED, Fault.ERROR)


def _confirmed(dialogue: "Dialogue", patience: Patience) -> Printed:
    """Only an answer that stood in line behind the picture says that it is on paper."""
    if dialogue.ask(answers.ASK_WHEN_DONE, patience.done) is not None:
        return Printed(State.PRINTED)
    return Printed(State.UNKNOWN, _fault(dialogue, patience) or Fault.UNCONFIRMED)


def _fault(dialogue: "Dialogue", patience: Patience) -> Fault | None:
    """Ask a printer how it is; None when it is well."""
    offline, paper = dialogue.ask(answers.ASK_OFFLINE, patience.answer), dialogue.ask(answers.ASK_PAPER, patience.answer)
    if offline is None or paper is None or not (answers.is_status(offline) and answers.is_status(paper)):
        return Fault.SILENT
    if not answers.has_paper(offline, paper):
        return Fault.PAPER_OUT
    if not answers.is_covered(offline):
        return Fault.COVER_OPEN
    return None if answers.is_well(offline) else Fault.ERROR
