"""The national server as a Flask application: the protocol, and what the portal adds. Every error below `/sync/v1/` has the form of the protocol."""

import logging
from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from edge.sync.reference import calls, database, domain, pages, portal, protocol
from edge.sync.reference.limits import PACKED_BYTES
from edge.sync.reference.protocol import Apply
from edge.sync.reference.refusals import Refusal

log = logging.getLogger(__name__)


def create_app(apply: Apply = domain.apply, clock: Callable[[], datetime] = database.now) -> Flask:
    """Return the application over the database that is open."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = PACKED_BYTES
    app.before_request(database.refresh)
    app.register_blueprint(protocol.blueprint(apply, clock))
    app.register_blueprint(portal.blueprint(clock))
    pages.install(app, clock)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    for lost in database.LOST:
        app.register_error_handler(lost, _unavailable)
    app.register_error_handler(Exception, _fault)
    return app


def _refused(refusal: Refusal) -> Response:
    body = refusal.body()
    wait = body.pop("retry_after", None)
    return calls.answer(body, refusal.status, {"Retry-After": str(wait)} if wait else None)


def _http(error: HTTPException) -> Response | HTTPException:
    if not request.path.startswith(("/sync/", "/portal/")):
        return error
    word = (error.name or "error").lower().replace(" ", "_")
    return calls.answer({"error": word, "detail": f"{request.method} {request.path}: {error.name}"}, error.code or 500)


def _unavailable(error: Exception) -> Response:
    log.error("the database cannot serve now: %s", error)
    return calls.answer({"error": "unavailable", "detail": "the database cannot serve now: come again"}, 503, {"Retry-After": "5"})


def _fault(error: Exception) -> Response:
    log.error("a fault of this server", exc_info=error)
    return calls.answer({"error": "fault", "detail": "a fault of this server; it is in its log"}, 500)
