"""The rule on the wall: who hung it up, and in which version. It is a setting, so the journal says which text visitors could read when."""

from edge.errors import Refused
from edge.operations.context import Context
from edge.operations.decision import Once
from edge.operations.settings import change_key
from edge.queueing.policy import Policy
from edge.queueing.wall import wall


def hang(ctx: Context, version: str, *, actor: str, once: Once | None = None) -> None:
    """Note that the text in ``version`` hangs in the hall. Raises Refused when the policy in force says something else by now."""

    def hung(policy: Policy) -> dict[str, str]:
        now = wall(policy).version
        if version != now:
            raise Refused(f"the text {version!r} cannot be noted as hung: the settings now say {now}", code="wall_changed")
        return {"version": now}

    change_key(ctx, "wall", hung, reason=None, actor=actor, once=once)
