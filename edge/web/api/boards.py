"""The boards, for anybody: they hang in the hall anyway."""

from flask import Response
from pydantic import BaseModel

from edge.errors import Unknown
from edge.operations.displays import Shown
from edge.web.api import answer, shapes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import needs
from edge.web.site import site


class ZonePath(BaseModel):
    """A zone's id."""

    zone: str


@blueprint.get("/boards/<zone>", responses={200: shapes.BoardShape})
@needs(None)
def get_board(path: ZonePath) -> Response:
    """Show what the zone's boards show: the last retained picture."""
    body = site().displays.body(Shown.BOARD, path.zone)
    if body is None:
        known = ", ".join(site().ctx.hall.policy.zones) or "none"
        raise Unknown(f"zone {path.zone!r} does not exist; known are {known}", field="zone")
    return answer.view(body)
