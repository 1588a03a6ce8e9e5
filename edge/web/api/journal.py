"""The journal for auditors: the lines as they were hashed, in pages."""

from typing import Annotated

from flask import Response
from pydantic import BaseModel, Field

from edge.operations import journal
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import needs
from edge.web.rights import Right
from edge.web.site import site

MEDIA_TYPE = "application/x-ndjson"
LONGEST_PAGE = 5000
_LARGEST = 2**53 - 1  # what JSON readers keep exact


class JournalQuery(BaseModel):
    """``epoch``: the present one if left out; ``after``: the last seq the caller has; ``limit``: a page has at most 5,000 lines."""

    epoch: Annotated[int, Field(ge=0, le=_LARGEST)] | None = None
    after: Annotated[int, Field(ge=0, le=_LARGEST)] = 0
    limit: Annotated[int, Field(ge=1, le=_LARGEST)] = 1000


_PAGE = {"description": "Lines with seq > after; the end is an empty page", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}


@blueprint.get("/journal", responses={200: _PAGE})
@needs(Right.READ_JOURNAL)
def get_journal(query: JournalQuery) -> Response:
    """Return a page of journal lines."""
    ctx = site().ctx
    epoch = ctx.database.committed.head.epoch if query.epoch is None else query.epoch
    lines = journal.lines(ctx, epoch=epoch, after=query.after, limit=min(query.limit, LONGEST_PAGE))
    return Response("".join(f"{line}\n" for line in lines), mimetype=MEDIA_TYPE)
