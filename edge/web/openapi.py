"""The OpenAPI 3.1 document: the library reads the views, this adds what the gates say (login, key, errors), so both cannot disagree."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from edge import __version__
from edge.errors import BadRequest
from edge.operations.views import View, text
from edge.web.api import gate, shapes
from edge.web.api.sessions import DEVICE_TOKEN_HEADER
from edge.web.bodies import LIMIT_BYTES, EdgeRequest
from edge.web.problems import MEDIA_TYPE

TITLE = "Kezek Edge"
PROBLEM_REF = "#/components/schemas/Problem"
SCHEMES: Mapping[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A device's token, or a staff token from POST /api/v1/sessions"},
    "device_cookie": {"type": "apiKey", "in": "cookie", "name": "kezek_<device>", "description": "A paired browser; POST also needs X-CSRFToken"},
}


class EdgeApp(OpenAPI):
    """Flask that documents itself."""

    request_class = EdgeRequest


def make_app(import_name: str) -> EdgeApp:
    """Return an application without calls."""
    return EdgeApp(
        import_name,
        static_folder=None,  # `assets` serves the files
        info=Info(title=TITLE, version=__version__, description="One public service centre: tickets, desks, boards. See docs/http.md."),
        security_schemes=dict(SCHEMES),
        validation_error_model=shapes.ProblemShape,
        validation_error_callback=_invalid,
        doc_ui=False,
    )


def publish(app: EdgeApp) -> None:
    """Serve the document of all calls registered so far at `/api/openapi.json`."""
    body = text(_completed(app))
    app.add_url_rule("/api/openapi.json", "openapi", lambda: Response(body, mimetype="application/json"), provide_automatic_options=False)


def sentences(error: ValidationError) -> str:
    """Say every fault of a body or query: where, what was given, what is accepted."""
    found = []
    for fault in error.errors(include_url=False, include_context=False):
        where = ".".join(map(str, fault["loc"]))
        what = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
        if "\x00" in str(fault["input"]):
            what = "must not contain a zero byte"
        if fault["type"] == "missing":
            found.append(f"{where}: is missing")
        else:
            given = f" = {ascii(fault['input'])[:80]}" if where else ""
            found.append(f"{where}{given}: {what}".removeprefix(": "))
    return "; ".join(found)


def _invalid(error: ValidationError) -> Response:
    raise BadRequest(sentences(error), code="invalid") from None


def _completed(app: EdgeApp) -> View:
    document: View = app.api_doc
    document["components"]["schemas"]["Problem"] = document["components"]["schemas"].pop(shapes.ProblemShape.__name__)
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for method, operation in document["paths"].get(path, {}).items():
            if method.upper() in (rule.methods or ()):
                _complete(operation, gate.of(app.view_functions[rule.endpoint]), path)
                _relax_body(operation, document["components"]["schemas"])
    return document


def _complete(operation: View, found: gate.Gate, path: str) -> None:
    """Add to one operation what its gate asks for and every error it may answer."""
    operation["tags"] = [path.removeprefix("/api/v1").split("/")[1]]
    for words in ("summary", "description"):
        if words in operation:
            operation[words] = operation[words].replace("``", "`")
    operation["security"] = [{name: []} for name in SCHEMES] if found.right else []
    if found.key is not gate.Key.NONE:
        header = {"name": gate.KEY_HEADER, "in": "header", "required": found.key is gate.Key.REQUIRED}
        operation.setdefault("parameters", []).append({**header, "schema": {"type": "string", "pattern": gate.KEY_PATTERN}})
    has_body, has_fields = "requestBody" in operation, bool(operation.get("parameters"))
    errors = {"421": "Host names another server", "429": "Too many requests", "500": "A fault of the server"}
    if found.right:
        errors |= {"401": "Missing or wrong token", "403": "The role or binding does not allow this"}
    if "{" in path or path.endswith("/checkins"):
        errors["404"] = "Unknown id in the path" if "{" in path else "Unknown code"
    if has_body or has_fields:
        errors["422"] = "Unknown, missing or malformed values"
    if has_body:
        errors |= {"400": "Not JSON or not UTF-8", "413": f"More than {LIMIT_BYTES} bytes", "503": "Could not be decided now"}
    if (has_body or "delete" in operation["operationId"]) and found.right:
        errors["409"] = "The state does not allow this"
    if "session" in path:
        errors |= {"401": "Wrong login, password or PIN, or a wrong device token", "403": "A PIN is taken only at a paired desk"}
        token = {"name": DEVICE_TOKEN_HEADER, "in": "header", "required": False, "schema": {"type": "string"}}
        operation.setdefault("parameters", []).append({**token, "description": "With `pin`: the token of the desk's own device"})
    given = {status: answer for status, answer in operation["responses"].items() if status.startswith("2") or path == "/healthz"}
    given.pop("422", None) if "422" not in errors else None
    operation["responses"] = dict(sorted((given | {status: _problem(words) for status, words in errors.items()}).items()))


def _relax_body(operation: View, schemas: View) -> None:
    """Say that a body may be left out where every field may."""
    if "requestBody" in operation:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        operation["requestBody"]["required"] = bool(schemas[name].get("required") or schemas[name].get("oneOf"))


def _problem(description: str) -> View:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_REF}}}}
