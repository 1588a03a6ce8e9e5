"""Today's figures by clerk and desk, so that picks out of turn and refused rights are seen the same day."""

from collections.abc import Mapping

from flask_babel import format_decimal
from werkzeug.wrappers import Response

from edge.operations import today
from edge.queueing.registry import Member
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame
from edge.web.screens.hall.frame import blueprint
from edge.web.screens.setting_shown import actor
from edge.web.site import site


@blueprint.get("/today", endpoint="today_page")
@needs(Right.READ_HALL)
def show() -> Response:
    """A line for everybody who called or judged today."""
    ctx = site().ctx
    figures = today.by_actor(ctx)
    picked, calls = sum(each.picked for each in figures), sum(each.calls for each in figures)
    rows = [(_name(each.actor, ctx.hall.members), each) for each in figures]
    return frame.page("today", rows=rows, picked=picked, calls=calls, day=ctx.hall.day, share=_share)


def _share(figures: today.Figures) -> str:
    return str(format_decimal(figures.picked_permille / 10, "0.0"))


def _name(name: str, members: Mapping[str, Member]) -> tuple[str, str]:
    """Return what kind of actor it is, and what people call it."""
    kind, _colon, id_ = name.partition(":")
    return kind, id_ if kind in ("desk", "device") else actor(name, members)
