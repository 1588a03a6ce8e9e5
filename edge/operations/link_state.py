"""The state of the national link as it is seen from outside. Until a link is configured it is ``off`` and nothing is pending."""

from edge.operations.context import Context
from edge.operations.views import View
from edge.queueing.chain import instant


def sync(ctx: Context) -> View:
    """Return `/healthz` ``sync`` (`contract/national.md`, "Seen from outside")."""
    head = ctx.database.committed.head
    return {
        "state": "off",
        "pending": 0,
        "epoch": head.epoch,
        "head": head.seq,
        "acked": None,
        "since": instant(ctx.started_at),
        "bytes": 0,
    }
