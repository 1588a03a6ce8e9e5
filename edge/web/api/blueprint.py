"""The one blueprint of `/api/v1`. The modules beside this one put their calls on it when they are imported."""

from flask_openapi3.blueprint import APIBlueprint

from edge.web.api import gate


def operation_id(*, name: str, **_where: str) -> str:
    """Name an operation after its view."""
    return name


blueprint = APIBlueprint("api", __name__, url_prefix="/api/v1", operation_id_callback=operation_id)
blueprint.before_request(gate.check)
