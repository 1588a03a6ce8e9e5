"""A box that came back from a backup: recognised by two marks, said in the journal, and kept apart by another ticket prefix until confirmed.

Tickets issued after the backup are lost here but in people's hands; a number must not come twice on the same day (`research/sync.md` (c), rows of
restore). The marks: the stamp inside each backup, and a line known outside the database that the journal does not have.
"""

import secrets
from collections.abc import Callable, Iterable
from enum import StrEnum

from edge.errors import Refused
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.operations.settings import change_key
from edge.queueing.chain import Head
from edge.queueing.commands import ChangeSettings
from edge.queueing.decide import decide
from edge.queueing.hall import Hall
from edge.queueing.numbering import free_prefixes
from edge.queueing.policy import Policy
from edge.store import copying
from edge.store.database import Database

CONFIRMED = "no number of the time after the backup is in use any more"


class Mark(StrEnum):
    """By what a restored box is known."""

    STAMP = "the database is a backup"
    HIGH_WATER = "the journal had more lines than the database has"


def recognise(ctx: Context, high_water: Head | None, choose: Callable[[str], str] = secrets.choice) -> tuple[Mark, ...]:
    """Look for the marks, once at start; if there is one, journal it with a prefix that no number has, and take the stamp off."""
    stamped = copying.copied_at(ctx.database)
    behind = is_behind(ctx.database, high_water)
    marks = tuple(mark for mark, found in ((Mark.STAMP, stamped), (Mark.HIGH_WATER, behind)) if found)
    if not marks:
        return ()
    mark(ctx, stamped or copying.last_at(ctx.database), "; ".join(marks), choose=choose)
    return marks


def mark(ctx: Context, at: str, reason: str, *, closed: bool = True, choose: Callable[[str], str] = secrets.choice) -> None:
    """Journal that what came after the instant ``at`` is not known here, with a prefix that no number has; the file is no backup from now on.

    ``closed``: no right of the present epoch is spent any more.
    """
    with deciding(ctx, "system") as decision:
        hall = decision.turn.hall
        value = {"at": at, "prefix": choose(free_letters(hall.policy, hall.blocks))}
        decide(decision.turn, ChangeSettings({"restored": value, **(escrow_closed(hall) if closed else {})}, reason))
        decision.transaction.take_stamp_off()


def escrow_closed(hall: Hall) -> dict[str, object]:
    """Return the setting by which no right of the present epoch is spent any more; none of a centre that holds all rights itself."""
    return {"national": {"bound": True, "closed": hall.epoch}} if hall.policy.national.bound else {}


def is_behind(database: Database, high_water: Head | None) -> bool:
    """Tell whether the journal lacks a line that it had."""
    return high_water is not None and not copying.has_line(database, high_water)


def confirm(ctx: Context, *, actor: str) -> None:
    """Give the usual numbers again. Raises Refused when the box is not restored, was confirmed already, or while another box gives those numbers."""
    sells = ctx.hall.sells

    def confirmed(policy: Policy) -> None:
        if policy.restored is None:
            raise Refused("there is nothing to confirm: this box does not work from a backup", code="not_restored")
        if policy.restored.fenced and not sells:
            raise Refused(
                "the usual numbers stay with the other box: the national server follows it, until its operator lets this one in", code="fenced"
            )

    change_key(ctx, "restored", confirmed, reason=CONFIRMED, actor=actor)


def free_letters(policy: Policy, printed: Iterable[str]) -> str:
    """Return the letters of which one may stand before the numbers of a box that others may take for another. ``printed``: letters of slips."""
    letters = [*(service.letter for service in policy.services.values() if service.letter), *printed]
    used = policy.restored.prefix if policy.restored else ""
    return free_prefixes(letters, used) or free_prefixes(letters) or "Z"
