"""Reading the journal from outside: pages of the lines of `contract/national.md`, byte for byte as they were hashed."""

from edge.operations.context import Context
from edge.queueing.chain import as_line
from edge.store import queries


def lines(ctx: Context, *, epoch: int, after: int, limit: int) -> list[str]:
    """Return up to ``limit`` lines of ``epoch`` with seq > ``after``, without line ends; an empty list is the end."""
    return [as_line(line) for line in queries.lines(ctx.database, epoch, after, limit) if line.epoch == epoch]
