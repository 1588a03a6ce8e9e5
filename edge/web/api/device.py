"""What a paired screen asks for itself: its broker login, kept by the page in memory only."""

from flask import Response, request

from edge.errors import Forbidden
from edge.operations import registry
from edge.web import identity, security
from edge.web.api import answer, shapes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import needs
from edge.web.rights import Right
from edge.web.site import site


@blueprint.get("/device/mqtt", responses={200: shapes.BrokerLoginShape})
@needs(Right.BROKER_LOGIN)
def get_broker_login() -> Response:
    """Return the caller's own broker login; the host is the one this request was sent to."""
    caller = identity.caller()
    if not isinstance(caller, identity.AsDevice):  # no staff role has the right
        raise Forbidden("only a device has a broker login", code="role")
    face, host = site().face, security.hostname(request.host)
    return answer.view(
        {
            "host": host,
            "port": face.mqtt_port,
            "ws_url": f"ws://{f'[{host}]' if ':' in host else host}:{face.ws_port}",
            "user": caller.device.device,
            "password": registry.secrets(site().ctx, caller.device.device).mqtt_password,
        }
    )
