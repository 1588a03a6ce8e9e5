"""`/healthz`: for people, `edge doctor` and whoever watches the box. No login, and nothing in it that needs one."""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from edge.web.api import answer, shapes
from edge.web.api.blueprint import operation_id
from edge.web.api.gate import needs
from edge.web.site import site

blueprint = APIBlueprint("health", __name__, operation_id_callback=operation_id)


@blueprint.get("/healthz", responses={200: shapes.HealthShape, 503: shapes.HealthShape})
@needs(None)
def get_health() -> Response:
    """Say how the box is; 503 only when the database cannot commit."""
    body, can_commit = site().vitals()
    return answer.view(body, 200 if can_commit else 503)
