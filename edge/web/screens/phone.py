"""The visitor's own page behind the link on the ticket: number, state, people ahead. No JavaScript, nothing to log in to.

Whoever has the link may read it; so it says nothing but what stands on the ticket and the board.
"""

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from edge.operations import tickets
from edge.web.screens import language, words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.site import site

blueprint = Blueprint("phone", __name__)

AGAIN_S = 20


@blueprint.get("/t/<token>")
@needs(PUBLIC)
def track(token: str) -> Response:
    """Show one ticket, in its own language unless ``?lang=`` asks for another."""
    found = tickets.by_token(site().ctx, token)
    language.speak(found["lang"])
    hall = site().ctx.hall
    service = hall.policy.services.get(found["service"])
    page = render_template("phone.html", ticket=found, service=service, centre=hall.policy.centre, token=token, words=words, again_s=AGAIN_S)
    response = make_response(page)
    if found["state"] not in ("finished", "cancelled"):
        response.headers["Refresh"] = str(AGAIN_S)
    return response
