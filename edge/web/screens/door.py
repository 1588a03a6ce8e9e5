"""The screen at the door: who may come in now, who is next and roughly when, and when the hall opens. For everybody, without a login.

It hangs outside, read from ten metres: words in Kyrgyz and Russian above each other, numbers as large as their count allows.
"""

from flask import Blueprint, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.operations import door as doors
from edge.queueing.day import Stage
from edge.web.screens import language, moments
from edge.web.screens.board import phase_words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.screens.polled import polled
from edge.web.site import site

blueprint = Blueprint("door", __name__, url_prefix="/door")

TICKETS_FROM = _l("Tickets from %(time)s")
COUNTS_FROM = _l("Waiting counts from %(time)s, the same for everybody")
MOST = 12  # ranges that still fit


@blueprint.get("")
@needs(PUBLIC)
def door() -> str:
    """Show the door's screen."""
    return render_template("door/door.html", centre=site().ctx.hall.policy.centre, **_facts())


@blueprint.get("/live")
@needs(PUBLIC)
def live() -> Response:
    """What stands on it now; 304 while nothing changed."""
    return polled(render_template("door/live.html", **_facts()))


def _facts() -> dict[str, object]:
    seen = doors.seen(site().ctx)
    now = seen.phase
    opening = now.stage is Stage.OPENING and now.at is not None
    before = now.tickets_from is not None and opening
    said = {
        "phase": {lang: phase_words(now, lang) for lang in language.ON_BOARDS},
        "tickets": _timed(TICKETS_FROM, now.tickets_from) if before else {},
        "counts": _timed(COUNTS_FROM, now.at) if before else {},
    }
    return {"seen": seen, "said": said, "Stage": Stage, "languages": language.ON_BOARDS, "most": MOST, "span": moments.span}


def _timed(text: LazyString, second: int | None) -> dict[str, str]:
    time = moments.clocked(second or 0)
    return {lang: language.in_language(text, lang) % {"time": time} for lang in language.ON_BOARDS}
