"""The date, when the box's clock and the name of the business day disagree: a person says which it is. Numbers never change by it."""

from flask import request
from werkzeug.wrappers import Response

from edge.errors import BadRequest, Refused
from edge.operations import day
from edge.web.rights import Right
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame
from edge.web.screens.hall.frame import Refusal, blueprint
from edge.web.screens.moments import today
from edge.web.site import site


@blueprint.get("/day", endpoint="day_page")
@needs(Right.READ_HALL)
def show() -> Response:
    """What the clock shows, what the day is called, and the form."""
    return _page()


@blueprint.post("/day")
@needs(Right.SUPERVISE)
def confirm_day() -> Response:
    """Give the day its true date; pressed twice, it is done all the same."""
    refusal = frame.refused("day", _confirm)
    return _page(refusal) if refusal else frame.done("day")


def _confirm() -> None:
    try:
        day.confirm(site().ctx, request.form.get("day", ""), actor=frame.actor())
    except BadRequest as error:
        raise Refused(str(error), code="day_state") from error


def _page(refusal: Refusal | None = None) -> Response:
    return frame.page("day", refusal, day=site().ctx.hall.day, shown=today())
