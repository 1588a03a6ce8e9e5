"""What every view needs, put on the Flask application once. Views reach it by `site()` and keep nothing of their own between requests."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app

from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.operations.views import View

EXTENSION = "edge"


@dataclass(frozen=True, slots=True)
class Face:
    """Where this server is met. ``host``: the address bound, `0.0.0.0` for all; ``allowed_hosts``: names beyond localhost that may stand in Host."""

    host: str
    port: int
    mqtt_port: int
    ws_port: int
    allowed_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """``vitals``: the body of `/healthz` and whether the database can commit. ``demo``: pairing by plain links is allowed."""

    ctx: Context
    displays: Displays
    attendance: Attendance
    face: Face
    vitals: Callable[[], tuple[View, bool]]
    demo: bool

    def health(self) -> View:
        """Return the body of `/healthz`."""
        return self.vitals()[0]


def site() -> Site:
    """Return the site of the application that is handling this request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Site)  # noqa: S101 -- tells mypy what `create_app` put there
    return found
