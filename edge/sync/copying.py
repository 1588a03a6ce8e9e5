"""The centre's own journal as the server keeps it, line by line: what a box lacks after it was restored, or rebuilt from nothing.

Only the form is looked at here. Whether a line continues the chain is for whoever takes it over: a server can be wrong, too.
"""

from collections.abc import Iterator

from edge.queueing.chain import Envelope, read_line
from edge.sync.answers import Answer, Failed, Kind, checked, failed
from edge.sync.transport import Transport

PATH = "/sync/v1/journal"
PAGE_LINES = 1000


def lines(transport: Transport, epoch: int, after: int, upto: int | None = None) -> Iterator[list[Envelope]]:
    """Yield the stored lines of ``epoch`` behind seq ``after`` in pages, up to seq ``upto`` or to the end. Raises Failed."""
    while upto is None or after < upto:
        limit = min(PAGE_LINES, transport.page_lines or PAGE_LINES)
        try:
            page = _page(transport, epoch, after, limit)
        except Failed as error:
            if limit == 1 or not (error.judgement.timed_out or error.judgement.kind is Kind.SHAPE):
                raise
            transport.page_lines = limit // 2
            continue
        transport.page_lines = limit * 2
        wanted = [line for line in page if upto is None or line.seq <= upto]
        if not wanted:
            return
        yield wanted
        after = wanted[-1].seq


def fetch(transport: Transport, epoch: int, after: int) -> list[Envelope]:
    """Return the next page behind ``after``, empty at the end. Raises Failed."""
    return next(lines(transport, epoch, after), [])


def _page(transport: Transport, epoch: int, after: int, limit: int) -> list[Envelope]:
    query: dict[str, str | int] = {"centre": transport.centre, "epoch": epoch, "after": after, "limit": limit}
    page = list(_read(checked(transport.get(PATH, query, proven=True))))
    for place, line in enumerate(page):
        if (line.epoch, line.seq) != (epoch, after + 1 + place):
            raise failed(Kind.TRANSIENT, f"line {line.seq} of epoch {line.epoch} where {after + 1 + place} of epoch {epoch} was asked for")
    return page


def _read(answer: Answer) -> Iterator[Envelope]:
    try:
        for text in answer.body.decode().split("\n"):
            if text:
                yield read_line(text)
    except (ValueError, RecursionError) as error:
        raise failed(Kind.TRANSIENT, f"a page of the journal that cannot be read: {error}") from error
