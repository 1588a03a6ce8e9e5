"""The national link: how it is and since when, what that means for the hall, what to do, how much is not told yet; and "try now"."""

from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from edge.operations import closures, link_state, national, node
from edge.operations.link_state import State
from edge.web.rights import Right
from edge.web.screens import link_words
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame
from edge.web.screens.hall.frame import blueprint
from edge.web.site import site

LISTED = 12  # so many items that are not in force stand on the page


@blueprint.get("/national", endpoint="national_page")
@needs(Right.READ_HALL)
def show() -> Response:
    """The whole page."""
    return frame.page("national", **_seen())


@blueprint.get("/national/live")
@needs(Right.READ_HALL)
def national_live() -> Response:
    """What of it renews itself."""
    return frame.live("national_live", **_seen())


@blueprint.post("/national/try")
@needs(Right.SUPERVISE)
def try_now() -> Response:
    """Let the link try at once, whatever it waits for; without one the page says so anyway."""
    done = site().ctx.link.try_now()
    return redirect(url_for("hall.national_page", said="trying" if done else None), code=303)


def _seen() -> dict[str, Any]:
    ctx = site().ctx
    sync, link = link_state.sync(ctx), ctx.link.state
    retry_s = None if link.retry_at is None else max(0, round(link.retry_at - ctx.clock.monotonic()))
    return {
        "sync": sync,
        "link": link,
        "listed": LISTED,
        "is_on": link.state is not State.OFF,
        "saying": link_words.saying(sync),
        "retry_s": retry_s,
        "to_tell": sum(count for _day, count in closures.days(ctx)),
        "not_in_force": national.not_in_force(ctx),
        "node": node.name_of(ctx.keys),
        "centre": ctx.hall.policy.centre.id,
        "restored": ctx.hall.policy.restored,
    }
