"""Every error of the API as `application/problem+json` (RFC 9457): one place maps, so no path can answer in another form.

What the server knows of its own faults goes to the log; a caller never sees a trace, a path or SQL.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from edge.errors import BadRequest, Forbidden, KeyReused, Refused, Unavailable, Unknown
from edge.operations.delays import Delayed
from edge.operations.views import text
from edge.store import faults

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
LONGEST_DETAIL = 500


@dataclass(eq=False)  # not frozen: Python itself writes the traceback on a raised error
class Problem(Exception):
    """One answer. ``code`` is a stable word for machines; ``more`` are further members of the body."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the members of RFC 9457; ``type`` is `about:blank`, because ``code`` says what it would."""
        detail = self.detail if len(self.detail) <= LONGEST_DETAIL else self.detail[:LONGEST_DETAIL] + "…"
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, "detail": detail, "code": self.code, **self.more}

    def encoded(self) -> bytes:
        """Return the body as it is sent; what cannot be UTF-8 (half a surrogate pair from a JSON string) is escaped."""
        return text(self.body()).encode("utf-8", "backslashreplace")

    def response(self) -> Response:
        """Return the answer to send."""
        return Response(self.encoded(), self.status, dict(self.headers), mimetype=MEDIA_TYPE)


def is_api(path: str) -> bool:
    """Tell whether errors at ``path`` are for machines."""
    return path in ("/healthz", "/metrics", "/api") or path.startswith("/api/")


def unauthenticated(detail: str) -> Problem:
    """Return the 401 for ``detail``."""
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", detail, {"WWW-Authenticate": 'Bearer realm="edge"'})


def of(error: Exception) -> Problem:  # noqa: PLR0911 -- one line an error: a table
    """Return what a caller is told of ``error``."""
    match error:
        case Problem():
            return error
        case Delayed():
            return Problem(429, error.code, str(error), {"Retry-After": str(error.retry_after)})
        case Refused():
            return Problem(409, error.code, str(error), more=_more(error))
        case Unknown():
            return _unknown(error)
        case Forbidden():
            return Problem(403, error.code, str(error))
        case BadRequest() | KeyReused():
            return Problem(422, error.code, str(error))
        case Unavailable():
            return Problem(503, error.code, str(error), {"Retry-After": "1"})
        case CSRFError():
            return Problem(403, "csrf", f"{error.description} Send the page's token as X-CSRFToken.")
        case RateLimitExceeded():
            return _too_many(error)
        case HTTPException():
            return _routing(error)
        case _ if met := faults.known(error):
            log.error("the database could not be read path=%r error=%r", request.path, error)
            return of(met)
        case _:
            log.error("request failed method=%s path=%r", request.method, request.path, exc_info=error)
            return Problem(500, "internal", "this is a fault of the server; it is in its log")


def _more(error: Refused) -> dict[str, Any]:
    """Return what a refusal adds: the contract's reason, and what can be had instead."""
    return {**({"reason": error.reason} if error.reason else {}), **error.more}


def _unknown(error: Unknown) -> Problem:
    """Tell a missing path from a wrong body: whoever posts has passed the path's check already (`gate`)."""
    in_path = request.method in ("GET", "HEAD")
    return Problem(404 if in_path else 422, "not_found" if in_path else f"unknown_{error.field}", str(error))


def _too_many(error: RateLimitExceeded) -> Problem:
    wait_s = max(1, math.ceil(error.limit.limit.get_expiry()))
    return Problem(429, "too_many_requests", f"at most {error.limit.limit}: slow down", {"Retry-After": str(wait_s)})


def _routing(error: HTTPException) -> Problem:
    status = error.code or 500
    headers: dict[str, str] = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    if status == HTTPStatus.NOT_FOUND:
        return Problem(404, "not_found", f"there is no {request.path}")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return Problem(405, code, f"{request.path} does not know {request.method}", headers)
    return Problem(status, code, error.description or code, headers)
