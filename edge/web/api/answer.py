"""Success as HTTP: JSON text that operations wrote goes out byte for byte, never through a second serialiser."""

from flask import Response

from edge.operations.views import View, text


def json_text(body: str, status: int = 200) -> Response:
    """Return JSON text as it is."""
    return Response(body, status, mimetype="application/json")


def view(value: View | list[View], status: int = 200) -> Response:
    """Return a view as JSON."""
    return json_text(text(value), status)
