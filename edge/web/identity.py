"""Who is asking: a device or a member of staff by bearer token, a browser paired as a device by its cookie, or a browser with a login.

A browser's login is a session token of ours in its signed cookie, so that it ends at once when the session does. A desk's console has a
login of its own beside that: a supervisor's tablet may be a console, too. A wrong token is never followed by a look at the cookies: who
shows a credential is judged by it alone.
"""

import hmac
import ipaddress
from dataclasses import dataclass

from flask import Flask, g, request
from flask import session as cookie
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from edge.operations import logins, metrics, registry
from edge.operations.logins import Session
from edge.queueing.registry import Device, Kind
from edge.web.problems import Problem, unauthenticated
from edge.web.site import site

COOKIE_PREFIX = "kezek_"
COOKIE_LASTS_S = 400 * 86_400  # the longest that browsers keep; revoking is the registry's business
DEVICE_HEADER = "X-Device"
_CONSOLES = "consoles"  # in the cookie: device -> session token
_CLERKS = "clerks"  # pseudonyms: whose login that is, so that a console can say where it went


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
        return self.session.actor

    @property
    def via(self) -> str:
        """Return where a ticket issued by this caller came from."""
        return self.session.desk or "staff"


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody we know, and the answer they get where a login is needed."""

    problem: Problem


Principal = AsDevice | AsStaff | Nobody


@dataclass(frozen=True, slots=True)
class BrowserLogin:
    """A session as Flask-Login sees it: its "user id" is the session's token."""

    session: Session
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return what is kept in the cookie."""
        return self.session.token


class _Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie, for HTTPS alone when it was set over HTTPS."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 -- Flask's signature
        return request.is_secure


def install(app: Flask) -> None:
    """Put the logins of browsers on ``app``."""
    app.session_interface = _Cookies()
    manager = LoginManager()
    manager.session_protection = None  # its fingerprint has the address, which DHCP changes; a session can be ended here instead
    manager.user_loader(_browser_login)
    # not init_app: that refreshes "remember me" cookies, which we have none of, and looks into the cookie of every file that is fetched
    app.login_manager = manager  # type: ignore[attr-defined]
    app.jinja_env.globals.update(staff_here=staff_here)


def staff_here() -> Session | None:
    """Return the login of this browser, for staff pages."""
    found: BrowserLogin = current_user._get_current_object()  # noqa: SLF001 -- the proxy has no other way to what it stands for
    return found.session if found.is_authenticated else None


def log_in_here(session: Session) -> None:
    """Let this browser be logged in."""
    login_user(BrowserLogin(session))


def log_out_here() -> None:
    """End the login of this browser."""
    if (session := staff_here()) is not None:
        logins.log_out(site().ctx, session.token)
    logout_user()


def staff_at_desk(device: Device) -> Session | None:
    """Return who is logged in at the console of ``device``, in this browser."""
    token = console_token(device)
    session = logins.of_token(site().ctx, token) if token else None
    return session if session is not None and session.desk == device.desk else None


def console_token(device: Device) -> str | None:
    """Return the token of the console's login, live or not."""
    token: str | None = cookie.get(_CONSOLES, {}).get(device.device)
    return token


def keep_at_console(device: Device, session: Session | None) -> None:
    """Let ``session`` be the login of the console of ``device``; None: nobody's."""
    for kept, value in ((_CONSOLES, session and session.token), (_CLERKS, session and session.pseudonym)):
        others = {name: each for name, each in cookie.get(kept, {}).items() if name != device.device}
        cookie[kept] = others if value is None else {**others, device.device: value}


def has_ended_at(device: Device) -> bool:
    """Tell whether somebody was logged in at the console of ``device`` and is no more, without having logged out there."""
    return console_token(device) is not None and staff_at_desk(device) is None


def moved_to(device: Device) -> str | None:
    """Return the desk where the clerk whose login ended at the console of ``device`` is logged in now."""
    clerk = cookie.get(_CLERKS, {}).get(device.device)
    return logins.desk_of(site().ctx, clerk) if clerk and has_ended_at(device) else None


def actor_at_desk(device: Device) -> str:
    """Return who acts at the console of ``device``: the clerk who is logged in, else the desk."""
    session = staff_at_desk(device)
    return session.actor if session else f"desk:{device.desk}"


def lacks_clerk(device: Device) -> bool:
    """Tell whether the console of ``device`` may not act before a clerk has logged in (a setting of the centre)."""
    return site().ctx.hall.policy.centre.clerk_login and staff_at_desk(device) is None


def is_loopback() -> bool:
    """Tell whether the peer is this machine."""
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


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


def reads_metrics() -> bool:
    """Tell whether the caller shows the token of whoever reads the metrics; it is nobody anywhere else."""
    wanted = f"Bearer {metrics.token(site().ctx.keys, site().face.metrics_login)}"
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted.encode())


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


def _browser_login(token: str) -> BrowserLogin | None:
    session = logins.of_token(site().ctx, token)
    return BrowserLogin(session) if session else None


def _by_token(header: str) -> Principal:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return Nobody(unauthenticated("Authorization must be `Bearer <token>`"))
    device = registry.device_of_token(site().ctx, token)
    if device is not None:
        return AsDevice(device, token, by_cookie=False)
    session = logins.of_token(site().ctx, token)
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
