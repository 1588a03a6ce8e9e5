"""Putting settings in force: all of a document or none of it."""

from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.operations.document import Document
from edge.queueing import commands
from edge.queueing.decide import decide


def put_in_force(ctx: Context, document: Document, *, actor: str) -> None:
    """Journal the document's settings and its devices in one transaction. Raises ConfigError with every contradiction found."""
    with deciding(ctx, actor) as decision:
        decide(decision.turn, commands.ChangeSettings(document.settings()))
        for device in document.registered():
            decide(decision.turn, commands.RegisterDevice(device))
