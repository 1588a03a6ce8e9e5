"""What the forms of a desk's console ask for: fields to commands. Whether it is allowed is the rules' business.

A form that lacks something is asked for again with a word beside the field; it never reaches the rules.
"""

from collections.abc import Callable, Mapping

from flask import request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from edge.errors import BadRequest
from edge.queueing import commands as c

HOLD_MINUTES = (5, 10, 15, 30)
LONGEST_TEXT = 200


class Incomplete(BadRequest):
    """A field that must be filled in is empty; ``advice`` stands beside it."""

    code = "incomplete"

    def __init__(self, field: str, advice: LazyString) -> None:
        super().__init__(f"form field {field} is empty")
        self.field = field
        self.advice = advice


def text(field: str) -> str | None:
    """Return a text as it may be journalled, None when nothing was written."""
    return request.form.get(field, "").replace("\x00", "").strip()[:LONGEST_TEXT] or None


def _hold(desk: str) -> c.Hold:
    minutes = request.form.get("minutes", "")
    if minutes and minutes not in map(str, HOLD_MINUTES):
        raise BadRequest(f"form field minutes = {minutes[:64]!r}: must be one of {HOLD_MINUTES} or empty")
    return c.Hold(desk, int(minutes) if minutes else None, text("reason"))


def _transfer(desk: str) -> c.Transfer:
    kind, _, aim = request.form.get("to", "").partition(":")
    returns = request.form.get("return") == "yes"
    if kind == "service" and aim:
        return c.Transfer(desk, service=aim, returns=returns)
    if kind == "desk" and aim:
        return c.Transfer(desk, to_desk=aim, returns=returns)
    raise Incomplete("to", _l("Please choose a service or a desk"))


def _step(desk: str) -> c.AddStep:
    service = text("service")
    if service is None:
        raise Incomplete("service", _l("Please choose a service"))
    return c.AddStep(desk, service)


def _pick(desk: str) -> c.Pick:
    ticket, reason = text("ticket"), text("reason")
    if ticket is None:
        raise Incomplete("ticket", _l("Please choose a visitor"))
    if reason is None:
        raise Incomplete("reason", _l("Please write the reason: without one nobody is called out of turn"))
    return c.Pick(desk, ticket, reason)


MOVES: Mapping[str, Callable[[str], c.DeskCommand]] = {
    "open": c.Open,
    "pause": lambda desk: c.Pause(desk, text("reason")),
    "close": c.Close,
    "next": lambda desk: c.CallNext(desk, text("outcome")),
    "recall": c.Recall,
    "start": c.Start,
    "finish": lambda desk: c.Finish(desk, text("outcome")),
    "no-show": c.MarkNoShow,
    "hold": _hold,
    "resume": lambda desk: c.Resume(desk, text("ticket") or ""),
    "transfer": _transfer,
    "step": _step,
    "cancel": lambda desk: c.Cancel(desk, text("reason")),
    "pick": _pick,
    "category": lambda desk: c.JudgeCategory(desk, confirmed=request.form.get("confirmed") == "yes"),
    "proof": lambda desk: c.JudgeWaiting(desk, text("ticket") or "", confirmed=request.form.get("confirmed") == "yes"),
    "undo": c.Undo,
}
