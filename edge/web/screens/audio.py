"""What a board or a speaker plays for a call: a sound by its name, which names its content, so that it may be kept for ever.

Nothing in it that is not on the boards: a number and a desk. So it needs no login, as the boards' state over HTTP needs none.
"""

from flask import Blueprint, Response, abort

from edge.web.assets import FOR_EVER
from edge.web.screens.gate import PUBLIC, needs
from edge.web.site import site

blueprint = Blueprint("audio", __name__, url_prefix="/audio")


@blueprint.get("/<name>.wav")
@needs(PUBLIC)
def sound(name: str) -> Response:
    """Give one half of an announcement."""
    content = site().sound(name)
    if content is None:
        abort(404)
    response = Response(content, mimetype="audio/wav")
    response.headers["Cache-Control"] = FOR_EVER
    return response
