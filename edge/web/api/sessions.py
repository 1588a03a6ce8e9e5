"""Logging in, by password or by PIN at a paired desk. Wrong is 401 whatever was wrong; too often wrong is a growing wait."""

from flask import Response, request

from edge.errors import Forbidden
from edge.operations import logins, registry
from edge.operations.logins import Session
from edge.queueing.chain import instant
from edge.queueing.registry import Kind
from edge.web import identity
from edge.web.api import answer, shapes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import needs
from edge.web.api.wishes import LoginWish
from edge.web.problems import Problem, unauthenticated
from edge.web.site import site

DEVICE_TOKEN_HEADER = "X-Device-Token"  # noqa: S105 -- the name of a header


@blueprint.post("/sessions", responses={201: shapes.SessionShape})
@needs(None)
def post_session(body: LoginWish) -> Response:
    """Log in. An operator names the desk to act at; without one an operator only reads. By PIN the desk is that of `X-Device-Token`."""
    session = _session(body)
    return answer.view({"token": session.token, "role": session.role, "expires": instant(session.expires)}, 201)


def _session(body: LoginWish) -> Session:
    desk = _desk_of_pin(body.desk) if body.pin is not None else body.desk
    try:
        if body.pin is not None and desk is not None:
            return logins.by_pin(site().ctx, login=body.login, pin=body.pin, desk=desk)
        return logins.by_password(site().ctx, login=body.login, password=body.password or "", desk=desk)
    except Forbidden as error:
        raise Problem(401, error.code, str(error), {"WWW-Authenticate": 'Bearer realm="edge"'}) from None


def _desk_of_pin(named: str | None) -> str:
    """Return the desk at which a PIN may be used now. Raises Problem 401 for a wrong device token, Forbidden where PINs are not taken."""
    token = request.headers.get(DEVICE_TOKEN_HEADER)
    if token is None:
        if named is not None and site().demo and identity.is_loopback():
            return named
        raise Forbidden(f"a PIN is taken only at a paired desk: send the token of its device as {DEVICE_TOKEN_HEADER}", code="pin")
    device = registry.device_of_token(site().ctx, token)
    if device is None:
        raise unauthenticated(f"the token in {DEVICE_TOKEN_HEADER} is wrong, revoked or out of date")
    if device.kind is not Kind.DESK or device.desk is None:
        raise Forbidden(f"a PIN is taken only at a paired desk: {device.device} is a {device.kind} at no desk of its own", code="pin")
    if named not in (None, device.desk):
        raise Forbidden(f"{device.device} is at desk {device.desk}, not at desk {named}", code="desk")
    return device.desk
