"""The visitor face: a second application on a port of its own that serves the page behind a ticket's link, and nothing else.

It stands towards a Wi-Fi that anybody may join. So it has no login, no cookie, no call and no way to the broker; its pool of threads and its limits
keep a flood of phones from the hall. The link is the only right there is: a page is found by 96 secret bits or not at all.
"""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, request
from flask.typing import ResponseReturnValue

from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.operations.views import View
from edge.web import assets, limits, security
from edge.web.problems import Problem
from edge.web.screens import language, phone
from edge.web.site import EXTENSION, Face, Site

FORM_BYTES = 4096
_SOMEWHERE = ("192.0.2.1", 9)  # of the block for documentation: nothing is ever sent there


@dataclass(frozen=True, slots=True)
class VisitorFace:
    """``host``, ``port``: where it listens; ``url``: how phones reach it, empty: work it out; ``allowed_hosts``: further names in Host."""

    host: str
    port: int
    url: str = ""
    allowed_hosts: tuple[str, ...] = ()

    def base_url(self) -> str | None:
        """Return `http://host:port` for a code on a screen; for a face on every network, the address at which the present request found us."""
        if self.url:
            return self.url.rstrip("/")
        host = self.host
        if host in security.EVERYWHERE:
            host = security.hostname(request.host)
            if host in security.LOOPBACK_NAMES:  # a screen on the box itself; a phone needs another address
                host = _own_address() or host
        return f"http://{security.bracketed(host)}:{self.port}"

    def names(self) -> tuple[str, ...]:
        """Return the names that may stand in Host beside those of the address bound."""
        own = urlsplit(self.url).hostname
        return (*self.allowed_hosts, *((own,) if own else ()))


def create_visitor_app(ctx: Context, displays: Displays, attendance: Attendance, face: VisitorFace) -> Flask:
    """Return the application."""
    app = Flask("edge.web", static_folder=None)
    met = Face(face.host, face.port, mqtt_port=0, ws_port=0, allowed_hosts=face.names())
    app.extensions[EXTENSION] = Site(ctx, displays, attendance, met, _no_vitals, demo=False)
    app.url_map.merge_slashes = False
    app.config.update(MAX_CONTENT_LENGTH=FORM_BYTES, PROVIDE_AUTOMATIC_OPTIONS=False)
    security.install(app)
    limits.install_for_phones(app)
    assets.install(app, only=phone.FILES)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app, remembers=False)
    app.register_blueprint(phone.blueprint)
    app.register_error_handler(Exception, _answer)
    return app


def _no_vitals() -> tuple[View, bool]:
    return {}, False


def _answer(error: Exception) -> ResponseReturnValue:
    return error.response() if isinstance(error, Problem) else phone.nothing(error)


def _own_address() -> str | None:
    """Return the address of this box in its network, as the kernel would choose it; None without any network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(_SOMEWHERE)  # a datagram socket only looks up the route
        except OSError:
            return None
        return str(asked.getsockname()[0])
