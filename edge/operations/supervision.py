"""What a supervisor does at desks and with tickets, always with a reason that stands in the journal.

Opening, pausing, closing and picking are a desk's own actions; what is here besides them leaves no desk a move that its clerk could undo.
"""

from collections.abc import Collection
from typing import Any

from edge.errors import Unknown
from edge.operations import asked, desks
from edge.operations.context import Context
from edge.operations.decision import Once, deciding
from edge.operations.settings import change_key
from edge.queueing import commands
from edge.queueing.decide import decide
from edge.queueing.policy import Policy
from edge.store import settings


def at_desk(ctx: Context, command: commands.Open | commands.Pause | commands.Close | commands.Pick, *, actor: str, once: Once | None = None) -> None:
    """Open, pause or close any desk, or let it call a chosen ticket. Raises Incomplete, Refused, Unknown."""
    asked.complete(asked.reason_faults(command.reason or ""))
    desks.act(ctx, command, actor=actor, once=once)


def with_ticket(ctx: Context, command: commands.PutBack | commands.Withdraw | commands.JudgeInHall, *, actor: str, once: Once | None = None) -> None:
    """Put a ticket back to waiting, cancel one that is at no desk, judge the right of one that waits. Raises Incomplete, Refused."""
    asked.complete(asked.reason_faults(command.reason or ""))
    with deciding(ctx, actor) as decision:
        if decision.recall(once) is None:
            decide(decision.turn, command)
            decision.remember(once, "")


def change_services(ctx: Context, desk: str, services: Collection[str], reason: str, *, actor: str, once: Once | None = None) -> None:
    """Let a desk serve exactly ``services`` from now on. Raises Incomplete, Unknown (desk), ConfigError (no such service, or none)."""
    asked.complete(asked.reason_faults(reason))

    def plans(policy: Policy) -> list[dict[str, Any]]:
        if desk not in policy.desks:
            raise Unknown(f"desk {desk!r} does not exist; known are {', '.join(policy.desks)}", field="desk")
        known = [code for code in policy.services if code in services]
        wanted = known + sorted(set(services) - set(known))  # what does not exist is refused by the rule, not dropped
        entries: list[dict[str, Any]] = settings.in_force(ctx.database)["desks"]
        return [{**entry, "services": wanted} if entry["desk"] == desk else entry for entry in entries]

    change_key(ctx, "desks", plans, reason=reason.strip(), actor=actor, once=once)
