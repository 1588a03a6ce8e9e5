"""Logging in by password. Wrong is 401 whatever was wrong; too often wrong is a growing wait."""

from flask import Response

from edge.errors import Forbidden
from edge.operations import staff
from edge.queueing.chain import instant
from edge.web.api import answer, shapes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import needs
from edge.web.api.wishes import LoginWish
from edge.web.problems import Problem
from edge.web.site import site


@blueprint.post("/sessions", responses={201: shapes.SessionShape})
@needs(None)
def post_session(body: LoginWish) -> Response:
    """Log in. An operator names the desk to act at; without one an operator only reads."""
    try:
        session = staff.log_in(site().ctx, login=body.login, password=body.password, desk=body.desk)
    except Forbidden as error:
        raise Problem(401, error.code, str(error), {"WWW-Authenticate": 'Bearer realm="edge"'}) from None
    return answer.view({"token": session.token, "role": session.role, "expires": instant(session.expires)}, 201)
