"""Who is asking: a device or a member of staff by bearer token, or a browser paired as a device by its cookie.

A wrong token is never followed by a look at the cookies: who shows a credential is judged by it alone.
"""

from dataclasses import dataclass

from flask import g, request
from werkzeug.wrappers import Response

from edge.operations import registry, staff
from edge.operations.staff import Session
from edge.queueing.registry import Device, Kind
from edge.web.problems import Problem, unauthenticated
from edge.web.site import site

COOKIE_PREFIX = "kezek_"
COOKIE_LASTS_S = 400 * 86_400  # the longest that browsers keep; revoking is the registry's business
DEVICE_HEADER = "X-Device"


@dataclass(frozen=True, slots=True)
class AsDevice:
    """A registered device. ``by_cookie``: a paired browser, so writing needs a CSRF token."""

    device: Device
    token: str
    by_cookie: bool

    @property
    def actor(self) -> str:
        """Return the journal's actor: a desk's own device acts as the desk."""
        if self.device.kind is Kind.DESK and self.device.desk:
            return f"desk:{self.device.desk}"
        return f"device:{self.device.device}"

    @property
    def via(self) -> str:
        """Return where a ticket issued by this caller came from."""
        return self.device.device


@dataclass(frozen=True, slots=True)
class AsStaff:
    """A member of staff with a live session."""

    session: Session

    @property
    def token(self) -> str:
        """Return the bearer token."""
        return self.session.token

    @property
    def actor(self) -> str:
        """Return the journal's actor: a pseudonym, never a name."""
        return f"staff:{self.session.pseudonym}"

    @property
    def via(self) -> str:
        """Return where a ticket issued by this caller came from."""
        return self.session.desk or "staff"


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody we know, and the answer they get where a login is needed."""

    problem: Problem


Principal = AsDevice | AsStaff | Nobody


def principal() -> Principal:
    """Return who sends this request; looked up once."""
    if "principal" not in g:
        header = request.headers.get("Authorization")
        g.principal = _by_cookie() if header is None else _by_token(header)
    found: Principal = g.principal
    return found


def caller() -> AsDevice | AsStaff:
    """Return who sends this request. Raises Problem 401 for nobody."""
    found = principal()
    if isinstance(found, Nobody):
        raise found.problem
    return found


def device_from_cookie(device_id: str) -> Device | None:
    """Return the active device that this browser is paired as, or None."""
    found = registry.device_of_token(site().ctx, request.cookies.get(COOKIE_PREFIX + device_id, ""))
    return found if found is not None and found.device == device_id else None


def set_device_cookie(response: Response, device_id: str) -> None:
    """Pair the browser that gets ``response``. Raises Unknown.

    The cookie is the device's token, so a new generation of the device ends the pairing at once.
    """
    token = registry.secrets(site().ctx, device_id).token
    response.set_cookie(
        COOKIE_PREFIX + device_id, token, max_age=COOKIE_LASTS_S, httponly=True, samesite="Strict", path="/", secure=request.is_secure
    )


def _by_token(header: str) -> Principal:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return Nobody(unauthenticated("Authorization must be `Bearer <token>`"))
    device = registry.device_of_token(site().ctx, token)
    if device is not None:
        return AsDevice(device, token, by_cookie=False)
    session = staff.session_of_token(site().ctx, token)
    return AsStaff(session) if session else Nobody(unauthenticated("this token is wrong, revoked or out of date"))


def _by_cookie() -> Principal:
    named = request.headers.get(DEVICE_HEADER) or request.args.get("device")
    paired = [named] if named else [name.removeprefix(COOKIE_PREFIX) for name in request.cookies if name.startswith(COOKIE_PREFIX)]
    devices = [device for device in map(device_from_cookie, paired) if device is not None]
    match devices:
        case [device]:
            return AsDevice(device, request.cookies[COOKIE_PREFIX + device.device], by_cookie=True)
        case []:
            return Nobody(unauthenticated("log in first: send `Authorization: Bearer <token>`, or pair this browser as a device"))
        case _:
            names = ", ".join(device.device for device in devices)
            return Nobody(unauthenticated(f"this browser is paired as {names}: name one of them in the header {DEVICE_HEADER}"))
