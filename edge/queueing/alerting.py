"""Raising and clearing alerts: what is so already makes no event, and a person clears only what would never end by itself."""

from typing import assert_never

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.alerts import SAID_BY_DEVICE, What, Why, named
from edge.queueing.turn import Outcome, Result, Turn


def of_alert(turn: Turn, command: c.AlertCommand) -> Outcome:
    """Carry out what concerns alerts. Raises Refused when a person clears what ends by itself."""
    name = named(command.what, command.about)
    is_raised = name in turn.hall.alerts
    match command:
        case c.RaiseAlert(what, about, detail):
            if not is_raised:
                turn.emit(e.AlertRaised(alert=name, what=what, about=about, detail=detail, tick=turn.tick))
            if what == What.PAPER_LOW:  # so there is paper again
                of_alert(turn, c.ClearAlert(What.PAPER_OUT, about, Why.WELL))
        case c.ClearAlert(what, about, why):
            if why is Why.SEEN and what not in SAID_BY_DEVICE:
                raise Refused(f"alert {name} cannot be marked as seen to: it ends when what is wrong ends", code="alert_ends_itself")
            if is_raised:
                turn.emit(e.AlertCleared(alert=name, what=what, about=about, why=why, tick=turn.tick))
        case never:
            assert_never(never)
    return Outcome(Result.OK)
