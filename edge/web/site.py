"""What every view needs, put on the Flask application once. Views reach it by `site()` and keep nothing of their own between requests."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import current_app

from edge.link_switch import LinkSwitch
from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.operations.printing import Printers
from edge.operations.views import View

EXTENSION = "edge"


@dataclass(frozen=True, slots=True)
class Face:
    """Where this server is met. ``host``: the address bound, `0.0.0.0` for all; ``allowed_hosts``: names beyond localhost that may stand in Host.

    ``ws_port``: of the broker, for pages; 0 for a face whose pages must not reach it. ``metrics_login``: which token reads `/metrics`.
    """

    host: str
    port: int
    mqtt_port: int
    ws_port: int
    allowed_hosts: tuple[str, ...] = ()
    metrics_login: int = 1


def nowhere() -> str | None:
    """Say that there is no visitor face."""
    return None


def no_sound(_name: str) -> bytes | None:
    """Say that there is no such sound."""
    return None


@dataclass(frozen=True, slots=True)
class Site:
    """``vitals``: the body of `/healthz` and whether the database can commit. ``demo``: pairing by plain links is allowed.

    ``visitor``: where phones are sent, as seen from the present request. ``link_switch``: the demo's, where it has a national server.
    ``sound``: the WAV of a name in the `audio` of a call, None when there is no such sound.
    """

    ctx: Context
    displays: Displays
    attendance: Attendance
    face: Face
    vitals: Callable[[], tuple[View, bool]]
    demo: bool
    visitor: Callable[[], str | None] = nowhere
    link_switch: LinkSwitch | None = None
    printers: Printers = field(default_factory=Printers)
    sound: Callable[[str], bytes | None] = no_sound

    @property
    def visitor_url(self) -> str | None:
        """Return `http://host:port` of the visitor face, to put a `track_url` behind; None when there is none."""
        return self.visitor()

    def health(self) -> View:
        """Return the body of `/healthz`."""
        return self.vitals()[0]


def site() -> Site:
    """Return the site of the application that is handling this request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Site)  # noqa: S101 -- tells mypy what `create_app` put there
    return found
