"""Putting settings in force: all of a document or none of it. A value that is in force already makes no event."""

from typing import Any

from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.operations.document import Document
from edge.queueing import commands
from edge.queueing.decide import decide
from edge.queueing.policy import with_setting


def put_in_force(ctx: Context, document: Document, *, actor: str) -> None:
    """Journal the document's settings and its devices in one transaction. Raises ConfigError with every contradiction found."""
    with deciding(ctx, actor) as decision:
        decide(decision.turn, commands.ChangeSettings(document.settings()))
        for device in document.registered():
            decide(decision.turn, commands.RegisterDevice(device))


def put_key_in_force(ctx: Context, key: str, value: Any, *, actor: str) -> None:
    """Journal one setting, if it changes anything. Raises ConfigError with every contradiction found."""
    with deciding(ctx, actor) as decision:
        policy = decision.turn.hall.policy
        if with_setting(policy, key, value) != policy:
            decide(decision.turn, commands.ChangeSettings({key: value}))
