"""What can be had here: services and categories."""

from flask import Response

from edge.operations import views
from edge.web.api import answer, shapes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import needs
from edge.web.rights import Right
from edge.web.site import site


@blueprint.get("/services", responses={200: shapes.ServicesShape})
@needs(Right.READ_OFFER)
def get_services() -> Response:
    """List services and groups in display order, as a flat list."""
    ctx = site().ctx
    return answer.view(views.services(ctx.hall, ctx.tick()))


@blueprint.get("/categories", responses={200: shapes.CategoriesShape})
@needs(Right.READ_OFFER)
def get_categories() -> Response:
    """List the statutory categories a visitor may declare."""
    return answer.view(views.categories(site().ctx.hall))
