"""Closing the whole hall at once, and giving it back. While it lasts nobody takes a ticket or is called; every place in the queue is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.errors import Refused
from edge.operations import asked
from edge.operations.context import Context
from edge.operations.decision import Once
from edge.operations.settings import change_key
from edge.queueing.policy import Policy
from edge.store import settings

LOOKED_AT = 64  # changes of settings: while an emergency is in force there are few others


def declare(ctx: Context, text: Mapping[str, str], reason: str, *, actor: str, once: Once | None = None) -> None:
    """Close the hall; ``text`` stands on every board. Raises Incomplete, or Refused when it is closed so already."""
    check(text, reason)

    def closed(policy: Policy) -> Any:
        if policy.emergency:
            raise Refused("the hall cannot be closed: an emergency is in force already", code="emergency_in_force")
        return {"text": asked.filled(text), "reason": reason.strip()}

    change_key(ctx, "emergency", closed, reason=reason.strip(), actor=actor, once=once)


@dataclass(frozen=True, slots=True)
class Declared:
    """Who closed the hall, and when; ``by`` is the login, or the journal's actor where there is none."""

    at: str
    by: str


def declared(ctx: Context) -> Declared | None:
    """Return who declared the emergency in force; None while there is none."""
    if not ctx.hall.policy.emergency:
        return None
    line = next((line for line in settings.lines(ctx.database, settings.END, LOOKED_AT) if line.key == "emergency"), None)
    if line is None:
        return None
    member = ctx.hall.members.get(line.actor.removeprefix("staff:"))
    return Declared(line.at, member.login if member else line.actor)


def check(text: Mapping[str, str], reason: str) -> None:
    """Judge what `declare` would be given, before anybody confirms it. Raises Incomplete."""
    asked.complete(asked.text_faults(text), asked.reason_faults(reason))


def lift(ctx: Context, reason: str, *, actor: str, once: Once | None = None) -> None:
    """Give the hall back as it was. Raises Incomplete, or Refused when no emergency is in force."""
    asked.complete(asked.reason_faults(reason))

    def lifted(policy: Policy) -> Any:
        if not policy.emergency:
            raise Refused("there is no emergency that could be lifted", code="no_emergency")

    change_key(ctx, "emergency", lifted, reason=reason.strip(), actor=actor, once=once)
