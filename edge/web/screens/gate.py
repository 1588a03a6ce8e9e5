"""The way into a screen: every view says who it is for, and one place asks before any of them runs.

A view without a mark stops the application from starting, so none can be forgotten. CSRF is asked for before this, of every POST.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from edge.queueing.registry import Kind
from edge.web import identity, rights
from edge.web.api import gate as api_gate
from edge.web.rights import Right
from edge.web.screens.paired import paired

PUBLIC = None
_MARK = "edge_screen_gate"
_NO_SCREENS = frozenset({"static", "openapi"})  # files that everybody may have

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Gate:
    """Who a view is for. ``to``: anybody, a browser paired as a device of a kind (`device_id` in the address), or staff with a right.

    ``clerk``: it acts at a desk, so a clerk must have logged in where the centre wants that.
    """

    to: Kind | Right | None
    clerk: bool = False


def needs(to: Kind | Right | None, *, clerk: bool = False) -> Callable[[View], View]:
    """Mark a view; stands below the route."""

    def mark(view: View) -> View:
        setattr(view, _MARK, Gate(to, clerk))
        return view

    return mark


def of(view: object) -> Gate:
    """Return the mark of a view. Raises TypeError when it has none."""
    found = getattr(view, _MARK, None)
    if not isinstance(found, Gate):
        raise TypeError(f"screen {getattr(view, '__name__', view)!r} does not say who may see it: mark it with gate.needs")
    return found


def check_marks(app: Flask) -> None:
    """Raise TypeError when any address of ``app`` has neither a mark of a screen nor of a call."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint not in _NO_SCREENS and not api_gate.is_marked(view):
            of(view)


def check() -> ResponseReturnValue | None:
    """Let the request pass, send it to a login, or raise Forbidden, Unpaired or Unknown."""
    gate = of(current_app.view_functions[request.endpoint or ""])
    match gate.to:
        case Kind() as kind:
            device = paired((request.view_args or {})["device_id"], kind)
            if gate.clerk and identity.lacks_clerk(device):
                return _to_login(url_for("login.at_desk", device_id=device.device))
        case Right() as right:
            session = identity.staff_here()
            if session is None:
                return _to_login(url_for("login.form", next=_page()))
            rights.require(identity.AsStaff(session), right)
        case None:
            pass
    return None


def _to_login(address: str) -> ResponseReturnValue:
    """Go to a login; a part of a page that asked takes the whole page there."""
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": address})
    return redirect(address, code=303)


def _page() -> str:
    """Return the page to come back to: the one asked for, or the nearest above a form's address."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    adapter = current_app.create_url_adapter(request)
    path = request.path
    while adapter and path and not adapter.test(path, method="GET"):
        path = path.rpartition("/")[0]
    return path or "/"
