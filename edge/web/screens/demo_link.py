"""The demo's switch of the national link, on the front page: cut it, go on working, restore it, watch what is not told yet become less.

Only where there is a switch; everywhere else these addresses are 404.
"""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from edge.errors import Unavailable
from edge.link_switch import LinkSwitch
from edge.web.screens import link_words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.screens.polled import polled
from edge.web.site import site

blueprint = Blueprint("demo_link", __name__)


@blueprint.get("/demo/link/live")
@needs(PUBLIC)
def live() -> Response:
    """What of the card renews itself."""
    _switch()
    return polled(render_template("landing-link.html", **seen()))


@blueprint.post("/demo/link")
@needs(PUBLIC)
def turn() -> Response:
    """Cut the link or restore it; a link that is back is tried at once, as when a cable is plugged in."""
    switch = _switch()
    if request.form.get("link") == "cut":
        switch.cut()
    else:
        try:
            switch.restore()
        except OSError as error:
            raise Unavailable(f"the link cannot be restored: {error.strerror}; start the demo again") from error
        site().ctx.link.try_now()
    return redirect(url_for("landing.landing", _anchor="link"), code=303)


@blueprint.get("/demo/national")
@needs(PUBLIC)
def national() -> Response:
    """Go to the national server's own page, where visitors of the whole country book."""
    return redirect(_switch().server, code=303)


def seen() -> dict[str, Any]:
    """Return what the card shows; ``switch`` is None where there is none."""
    sync = site().health()["sync"]
    return {"sync": sync, "switch": site().link_switch, "link_words": link_words, "saying": link_words.saying(sync)}


def _switch() -> LinkSwitch:
    found = site().link_switch
    if found is None:
        abort(404)
    return found
