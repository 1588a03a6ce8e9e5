"""What holds for every answer: who may be asked by which name, and what a browser may do with the page.

A page of a strange site can make the clerk's browser ask this box under the site's own name (DNS rebinding); hence the check of Host.
"""

import ipaddress

from flask import Flask, Response, request

from edge.web import problems
from edge.web.problems import Problem
from edge.web.site import site

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 -- compared with, not bound

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def install(app: Flask) -> None:
    """Put the check of Host before and the headers after every request."""
    app.before_request(_check_host)
    app.after_request(_with_headers)


def hostname(host: str) -> str:
    """Return a Host value without its port and brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def bracketed(name: str) -> str:
    """Return a name or address as it stands in a URL."""
    return f"[{name}]" if ":" in name else name


def is_allowed(name: str, bound: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether ``name`` may stand in Host: loopback, the bound address, what is configured, and on a LAN any literal address.

    An address cannot be rebound, only a name can; and a box on DHCP does not know its own beforehand.
    """
    if name in LOOPBACK_NAMES or name == bound.lower() or name in (each.lower() for each in allowed):
        return True
    return bound in EVERYWHERE and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_host() -> Response | None:
    face = site().face
    name = hostname(request.headers.get("Host", ""))
    if is_allowed(name, face.host, face.allowed_hosts):
        return None
    accepted = ", ".join(("localhost", "127.0.0.1", *face.allowed_hosts))
    # a page must not be rendered for a strange name either, so this is a problem document everywhere
    return Problem(421, "unknown_host", f"Host {name[:64]!r} is not this server: {accepted} are; add names as [http] allowed_hosts").response()


def _with_headers(response: Response) -> Response:
    face = site().face
    name = hostname(request.headers.get("Host", ""))
    # the name goes into a header: only one that passed the check, and brackets back for IPv6
    is_known = face.ws_port and is_allowed(name, face.host, face.allowed_hosts)
    socket = f" ws://{bracketed(name)}:{face.ws_port}" if is_known else ""
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; connect-src 'self'{socket}; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    )
    for header, value in _HEADERS.items():
        response.headers.setdefault(header, value)
    if problems.is_api(request.path):
        response.headers["Cache-Control"] = "no-store"
    return response
