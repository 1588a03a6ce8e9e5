"""People to tell because their appointment cannot be kept as it is; printable. Contacts only for who asks for them."""

from datetime import date

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.operations import closures
from edge.operations.closures import ToTell, Why
from edge.web.rights import Right
from edge.web.screens import slot_words
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame
from edge.web.screens.hall.frame import blueprint
from edge.web.screens.moments import weekday_and_date
from edge.web.screens.words import Words
from edge.web.site import site


@blueprint.get("/to-tell", endpoint="to_tell_page")
@needs(Right.READ_HALL)
def show() -> Response:
    """Who is to be told, day by day; without contacts."""
    ctx = site().ctx
    found = [(date.fromisoformat(day), closures.to_tell(ctx, day)) for day, _count in closures.days(ctx)]
    return _page(found, "")


@blueprint.post("/to-tell")
@needs(Right.SUPERVISE)
def show_contacts() -> Response:
    """The list of one day with the contacts, for the supervisor who makes the calls."""
    ctx, day = site().ctx, request.form.get("day", "")
    known = [each for each, _count in closures.days(ctx)]
    actor = frame.actor()
    lists = [(each, closures.with_contacts(ctx, each, actor=actor) if each == day else closures.to_tell(ctx, each)) for each in known]
    return _page([(date.fromisoformat(each), found) for each, found in lists], day)


WHY_TOLD: Words = {
    Why.CLOSED: _l("The hall is closed then"),
    Why.SEATS: _l("More people are booked than there are seats"),
    Why.TWICE: _l("The same person has another appointment for this service"),
}


def _page(days: list[tuple[date, list[ToTell]]], shown: str) -> Response:
    return frame.page("to_tell", days=days, shown=shown, weekday_and_date=weekday_and_date, why_told=WHY_TOLD, clock_of=slot_words.clock)
