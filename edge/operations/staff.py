"""Staff: who they are is in the journal; how they prove it is not.

Wrong passwords cost growing waits, kept by login in memory: no account is ever locked, and a name that does not exist costs the same time.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from edge.errors import BadRequest, Forbidden, Refused
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing import commands
from edge.queueing.chain import instant
from edge.queueing.decide import decide
from edge.queueing.registry import Member, Role
from edge.store import credentials

SESSION_LASTS = timedelta(hours=12)
FREE_FAILURES = 3
LONGEST_DELAY_S = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """A login. ``token`` is shown once; ``desk``: where the member works, None for reading only (operators)."""

    token: str = field(repr=False)
    pseudonym: str
    login: str
    role: Role
    desk: str | None
    expires: datetime


class Delayed(Refused):
    """Too many wrong attempts; ``retry_after`` in whole seconds."""

    code = "delayed"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many wrong attempts: try again in {retry_after} s")
        self.retry_after = retry_after


class Delays:
    """Growing waits after wrong attempts, by name; monotonic, so that a clock step frees nobody."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._failures: dict[str, tuple[int, float]] = {}

    def check(self, name: str, now: float) -> None:
        """Raise Delayed while ``name`` has to wait."""
        with self._guard:
            _, not_before = self._failures.get(name, (0, 0.0))
        if now < not_before:
            raise Delayed(int(not_before - now) + 1)

    def failed(self, name: str, now: float) -> None:
        """Count a wrong attempt; from the third on each doubles the wait, up to a minute."""
        with self._guard:
            count = self._failures.get(name, (0, 0.0))[0] + 1
            wait = min(2.0 ** (count - FREE_FAILURES), LONGEST_DELAY_S) if count >= FREE_FAILURES else 0.0
            self._failures[name] = (count, now + wait)

    def succeeded(self, name: str) -> None:
        """Forget earlier failures."""
        with self._guard:
            self._failures.pop(name, None)


delays = Delays()
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's smallest; a Pi takes about 0.1 s


def add(ctx: Context, *, login: str, role: Role, password: str, pin: str | None, actor: str) -> Member:
    """Add a member of staff. Raises BadRequest when the login is taken."""
    with deciding(ctx, actor) as decision:
        if any(member.login == login for member in decision.turn.hall.members.values()):
            raise BadRequest(f"login {login!r} is taken")
        member = Member(pseudonym=secrets.token_hex(6), login=login, role=role)
        decide(decision.turn, commands.AddMember(member))
        credentials.put_verifier(ctx.database, member.pseudonym, _hasher.hash(password), _hasher.hash(pin) if pin else None)
        return member


def log_in(ctx: Context, *, login: str, password: str, desk: str | None = None) -> Session:
    """Open a session by password. Raises Delayed, Forbidden (wrong), Unknown (desk)."""
    now = ctx.clock.monotonic()
    delays.check(login, now)
    hall = ctx.hall
    member = next((member for member in hall.members.values() if member.login == login and member.active), None)
    stored = credentials.password_of(ctx.database, member.pseudonym) if member else None
    if not _matches(stored or _nobody(), password) or member is None:
        delays.failed(login, now)
        raise Forbidden("login or password is wrong", code="login")
    delays.succeeded(login)
    if desk is not None:
        hall.desk(desk)
    token = f"s.{secrets.token_urlsafe(24)}"
    session = Session(token, member.pseudonym, login, member.role, desk, ctx.clock.wall() + SESSION_LASTS)
    with ctx.database.write():
        credentials.put_session(ctx.database, _digest(token), member.pseudonym, desk, instant(session.expires))
    return session


def session_of_token(ctx: Context, token: str) -> Session | None:
    """Return the live session of a token, or None."""
    if not token.startswith("s."):
        return None
    row = credentials.session(ctx.database, _digest(token))
    if row is None:
        return None
    member = ctx.hall.members.get(row.pseudonym)
    expires = datetime.fromisoformat(row.expires)
    if member is None or not member.active or expires <= ctx.clock.wall():
        return None
    return Session(token, member.pseudonym, member.login, member.role, row.desk, expires)


def log_out(ctx: Context, token: str) -> None:
    """End a session; one that is not known is ended already."""
    with ctx.database.write():
        credentials.drop_session(ctx.database, _digest(token))


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash that nothing matches, so that an unknown login takes as long as a wrong password."""
    return _hasher.hash(secrets.token_hex(16))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
