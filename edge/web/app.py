"""Builds the Flask application: the API, `/healthz` and the screens around one `Site`. Nothing here decides anything.

Errors are answered by the path they happened at: problem documents for machines, pages for people.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from edge.link_switch import LinkSwitch
from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.operations.printing import Printers
from edge.operations.views import View
from edge.web import assets, identity, limits, openapi, packing, problems, screens, security
from edge.web.api import blueprint as api
from edge.web.bodies import LIMIT_BYTES
from edge.web.health import blueprint as healthz
from edge.web.metrics import blueprint as metrics
from edge.web.openapi import EdgeApp
from edge.web.screens import faults
from edge.web.screens.phone import blueprint as phone
from edge.web.site import EXTENSION, Face, Site, no_sound, nowhere

__all__ = ["Face", "create_app"]

log = logging.getLogger(__name__)


def create_app(
    ctx: Context,
    displays: Displays,
    attendance: Attendance,
    *,
    face: Face,
    health: Callable[[], tuple[View, bool]],
    demo: bool = False,
    visitor: Callable[[], str | None] = nowhere,
    link_switch: LinkSwitch | None = None,
    printers: Printers | None = None,
    sound: Callable[[str], bytes | None] = no_sound,
) -> EdgeApp:
    """Return the application. ``health``: the body of `/healthz`, and whether the database can commit. ``visitor`` and what follows: see `Site`."""
    app = openapi.make_app("edge.web")
    app.extensions[EXTENSION] = Site(ctx, displays, attendance, face, health, demo, visitor, link_switch, printers or Printers(), sound)
    _configure(app, ctx)
    security.install(app)
    packing.install(app)
    identity.install(app)
    limiter = limits.install(app)
    csrf = CSRFProtect(app)
    for blueprint in (api, healthz):
        csrf.exempt(blueprint)  # `gate` asks for the token where a cookie is the login
        app.register_api(blueprint)
    csrf.exempt(phone)  # its link is the only right there is: who knows it could as well open the page and press
    app.register_blueprint(metrics)
    openapi.publish(app)
    assets.install(app)
    screens.register(app)
    _limit_strangers(app, limiter)
    app.register_error_handler(Exception, _answer)
    return app


def _configure(app: EdgeApp, ctx: Context) -> None:
    app.secret_key = ctx.keys.derive("flask-session")
    app.url_map.merge_slashes = False  # `//api` is not a redirect but unknown
    app.config.update(
        MAX_CONTENT_LENGTH=LIMIT_BYTES,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        SESSION_COOKIE_NAME="edge_session",
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,  # a kiosk's page stands open for days; the token lives as long as the browser's session
    )


def _limit_strangers(app: EdgeApp, limiter: Limiter) -> None:
    limit = limiter.shared_limit(limits.LOGINS, scope="login", key_func=limits.address)
    for name in ("api.post_session", "login.log_in", "login.log_in_at_desk"):
        view = cast("Callable[..., Response]", app.view_functions[name])
        app.view_functions[name] = limit(view)
    ask = cast("Callable[..., Response]", app.view_functions["pairing.ask"])
    app.view_functions["pairing.ask"] = limiter.shared_limit(limits.PAIRINGS, scope="pairing", key_func=limits.address)(ask)


def _answer(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException) and error.code is not None and error.code < HTTPStatus.BAD_REQUEST:
        return error  # a redirect
    if isinstance(error, problems.Problem) or problems.is_api(request.path):
        return problems.of(error).response()
    if isinstance(error, HTTPException):
        return faults.unrouted(error)
    log.error("request failed method=%s path=%r", request.method, request.path, exc_info=error)
    return faults.page(faults.BROKEN)
