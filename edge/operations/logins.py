"""Logging in and out: by password, or by PIN at a paired desk. Who did and when is in the journal, under pseudonyms.

A name that does not exist costs the same time as a wrong password, and wrong attempts cost growing waits (`delays`).
"""

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from edge.errors import Forbidden
from edge.operations import delays, sessions
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing import commands
from edge.queueing.chain import instant
from edge.queueing.decide import decide
from edge.queueing.registry import Ended, Member, Proof, Role
from edge.store import credentials
from edge.store.tables import Session as Stored

SESSION_LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """A login. ``token`` is shown once; ``desk``: where the member works, None for reading only (operators)."""

    token: str = field(repr=False)
    pseudonym: str
    login: str
    role: Role
    desk: str | None
    expires: datetime

    @property
    def actor(self) -> str:
        """Return the journal's actor: a pseudonym, never a name."""
        return f"staff:{self.pseudonym}"


_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's smallest; a Pi takes about 0.1 s


def hashed(secret: str) -> str:
    """Return what is kept of a password or PIN. Takes a tenth of a second: call it outside the write transaction."""
    return _hasher.hash(secret)


def by_password(ctx: Context, *, login: str, password: str, desk: str | None = None) -> Session:
    """Open a session by password. Raises Delayed, Forbidden (wrong), Unknown (desk)."""
    return _opened(ctx, _proven(ctx, login, Proof.PASSWORD, password, delays.by_login(login)), Proof.PASSWORD, desk)


def by_pin(ctx: Context, *, login: str, pin: str, desk: str, replaces: str | None = None) -> Session:
    """Open a session by PIN at a desk whose device the caller has checked. ``replaces``: the token of the login that ends here.

    Raises Delayed (this login, or too many logins tried at this desk), Forbidden (wrong), Unknown (desk).
    """
    ctx.hall.desk(desk)
    place = delays.by_place(f"desk:{desk}")
    proven = _proven(ctx, login, Proof.PIN, pin, delays.by_login(login), place)
    return _opened(ctx, proven, Proof.PIN, desk, replaces)


def of_token(ctx: Context, token: str) -> Session | None:
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


def desk_of(ctx: Context, pseudonym: str) -> str | None:
    """Return a desk where a member is logged in, None when they are at none."""
    return next((stored.desk for stored in credentials.sessions(ctx.database, pseudonym) if stored.desk is not None), None)


def log_out(ctx: Context, token: str) -> None:
    """End a session; one that is not known is ended already."""
    stored = credentials.session(ctx.database, _digest(token))
    if stored is None:
        return
    with deciding(ctx, f"staff:{stored.pseudonym}") as decision:
        sessions.end(ctx.database, decision.turn, _stored(ctx, token), Ended.LOGOUT)


@dataclass(frozen=True, slots=True)
class _Proven:
    """A member, and the hash that the secret matched."""

    member: Member
    matched: str = field(repr=False)


def _proven(ctx: Context, login: str, proof: Proof, secret: str, *guessed: delays.Guessed) -> _Proven:
    """Judge a secret. Raises Delayed or Forbidden; a wrong one counts for the login and, at a desk, for the desk.

    A right one forgives the login alone: else a clerk could guess at colleagues between two logins of their own.
    """
    with ctx.delays.one_by_one(guessed[0]):
        now = ctx.clock.monotonic()
        for each in guessed:
            ctx.delays.check(each, now)
        member = next((member for member in ctx.hall.members.values() if member.login == login and member.active), None)
        stored = credentials.verifier(ctx.database, member.pseudonym, proof) if member else None
        if not _matches(stored or _nobody(), secret) or member is None or stored is None:
            for each in guessed:
                ctx.delays.failed(each, now)
            raise wrong(proof)
        ctx.delays.succeeded(guessed[0])
    return _Proven(member, stored)


def wrong(proof: Proof) -> Forbidden:
    """Return what is said of a wrong secret; never which part of it was wrong."""
    return Forbidden(f"login or {'PIN' if proof is Proof.PIN else 'password'} is wrong", code="login")


def _opened(ctx: Context, proven: _Proven, proof: Proof, desk: str | None, replaces: str | None = None) -> Session:
    """Open a session; one that is bound to a desk ends its owner's at other desks, and the one it ``replaces``."""
    member, token = proven.member, f"s.{secrets.token_urlsafe(24)}"
    session = Session(token, member.pseudonym, member.login, member.role, desk, ctx.clock.wall() + SESSION_LASTS)
    with deciding(ctx, session.actor) as decision:
        if credentials.verifier(ctx.database, member.pseudonym, proof) != proven.matched:
            raise wrong(proof)  # it was reset while we looked
        if desk is not None:
            mine = credentials.sessions(ctx.database, member.pseudonym)
            sessions.end(ctx.database, decision.turn, [each for each in mine if each.desk not in (None, desk)], Ended.MOVED)
        if replaces is not None:
            sessions.end(ctx.database, decision.turn, _stored(ctx, replaces), Ended.REPLACED)
        decide(decision.turn, commands.LogIn(member.pseudonym, proof, desk))
        credentials.put_session(ctx.database, _digest(token), member.pseudonym, desk, instant(session.expires))
    return replace(session, role=ctx.hall.members[member.pseudonym].role)


def _stored(ctx: Context, token: str) -> list[Stored]:
    found = credentials.session(ctx.database, _digest(token))
    return [found] if found else []


def _matches(stored: str, secret: str) -> bool:
    try:
        return _hasher.verify(stored, secret)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash that nothing matches, so that an unknown login takes as long as a wrong password."""
    return _hasher.hash(secrets.token_hex(16))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
