"""Putting settings in force: all of a document or none of it. A value that is in force already makes no event."""

from collections.abc import Callable
from typing import Any

from edge.errors import Refused
from edge.operations import proposal
from edge.operations.changes import between
from edge.operations.context import Context
from edge.operations.decision import Once, deciding
from edge.operations.document import Document
from edge.queueing import commands, events
from edge.queueing.decide import decide
from edge.queueing.policy import Policy, with_setting


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


class ChangedMeanwhile(Refused):
    """Somebody else put settings in force since this change was looked at; nothing of it happened."""

    code = "settings_changed"


def change(ctx: Context, document: Document, *, base: str, actor: str, once: Once | None = None) -> str | None:
    """Put a document in force as one decision; only settings that differ are journalled, and devices stay as they are.

    ``base``: the digest of the settings that the change was made from. Returns the id of its entry in the history, None when nothing differs.
    Raises ChangedMeanwhile, ConfigError.
    """
    with deciding(ctx, actor) as decision:
        earlier = decision.recall(once)
        if earlier is not None:
            return earlier or None
        now = proposal.in_force(ctx)
        if now.digest != base:
            raise ChangedMeanwhile("the settings cannot be put in force: somebody changed them meanwhile")
        wanted = document.settings()
        changed = {change.section for change in between(now.document.settings(), wanted)}
        if changed:
            decide(decision.turn, commands.ChangeSettings({key: value for key, value in wanted.items() if key in changed}))
        first = next((fact.id for fact in decision.turn.facts if isinstance(fact.event, events.SettingChanged)), "")
        decision.remember(once, first)
        return first or None


def change_key(ctx: Context, key: str, wanted: Callable[[Policy], Any], *, reason: str | None, actor: str, once: Once | None = None) -> None:
    """Journal one setting as ``wanted`` makes it from those in force at that moment, if it changes anything.

    Raises what ``wanted`` raises, and ConfigError with every contradiction found; then nothing happened and the key stays unused.
    """
    with deciding(ctx, actor) as decision:
        if decision.recall(once) is not None:
            return
        policy = decision.turn.hall.policy
        value = wanted(policy)
        if with_setting(policy, key, value) != policy:
            decide(decision.turn, commands.ChangeSettings({key: value}, reason))
        decision.remember(once, "")
