"""Closing the whole hall at once, and giving it back. While it lasts nobody takes a ticket or is called; every place in the queue is kept."""

from collections.abc import Mapping
from typing import Any

from edge.errors import Refused
from edge.operations import asked
from edge.operations.context import Context
from edge.operations.decision import Once
from edge.operations.settings import change_key
from edge.queueing.policy import Policy


def declare(ctx: Context, text: Mapping[str, str], reason: str, *, actor: str, once: Once | None = None) -> None:
    """Close the hall; ``text`` stands on every board. Raises Incomplete, or Refused when it is closed so already."""
    check(text, reason)

    def closed(policy: Policy) -> Any:
        if policy.emergency:
            raise Refused("the hall cannot be closed: an emergency is in force already", code="emergency_in_force")
        return {"text": asked.filled(text), "reason": reason.strip()}

    change_key(ctx, "emergency", closed, reason=reason.strip(), actor=actor, once=once)


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
