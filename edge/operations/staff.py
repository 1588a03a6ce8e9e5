"""Staff: who they are is in the journal; how they prove it is not. What is changed of a member ends their logins where it must.

A secret is made or typed, hashed, and shown once by whoever asked; nothing here keeps or logs it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edge.errors import BadRequest, Refused, Unknown
from edge.operations import logins, sessions
from edge.operations.context import Context
from edge.operations.decision import Decision, Once, deciding
from edge.queueing import commands
from edge.queueing.decide import decide
from edge.queueing.hall import Hall
from edge.queueing.national import item_id
from edge.queueing.registry import Ended, Member, Proof, Role
from edge.store import credentials, national

PASSWORD_LEAST, PASSWORD_MOST = 10, 256
PIN_LEAST, PIN_MOST = 6, 8
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read or typed for another
_RUNS = ("01234567890", "09876543210")


@dataclass(frozen=True, slots=True)
class Done:
    """A member as it is now. ``first`` False: the same request was carried out before, with other secrets than those given now."""

    member: Member
    first: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A member as the list shows them. ``desks``: where they are logged in now; ``logged_in`` also without a desk."""

    member: Member
    has_pin: bool
    logged_in: bool
    desks: tuple[str, ...]


def fresh_password() -> str:
    """Return a password of four groups (79 bits) that can be read out and typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def fresh_pin() -> str:
    """Return a PIN that is no simple one."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_LEAST):0{PIN_LEAST}d}"
        if not is_simple(pin):
            return pin


def add(ctx: Context, *, login: str, role: Role, password: str, pin: str | None, actor: str, once: Once | None = None) -> Done:
    """Add a member of staff; ``pin`` None: they cannot log in by PIN. Raises Refused (login taken or not usable), BadRequest (weak secret)."""
    hashes = _hashes(password, pin)
    with deciding(ctx, actor) as decision:
        if decision.recall(once) is not None:
            return Done(_named(decision.turn.hall, login), first=False)
        member = Member(pseudonym=secrets.token_hex(6), login=login, role=role)
        decide(decision.turn, commands.SetMember(member))
        credentials.put_verifier(ctx.database, member.pseudonym, hashes)
        decision.remember(once, "{}")
        return Done(member, first=True)


def reset(ctx: Context, *, login: str, password: str | None = None, pin: str | None = None, actor: str, once: Once | None = None) -> Done:
    """Set a new password, a new PIN or both; the member is logged out everywhere. Raises Unknown (login), BadRequest (weak secret)."""
    hashes = _hashes(password, pin)
    if not hashes:
        raise BadRequest("nothing to reset: a password, a PIN or both must be given")
    with deciding(ctx, actor) as decision:
        member = _named(decision.turn.hall, login)
        if decision.recall(once) is not None:
            return Done(member, first=False)
        for what in hashes:
            decide(decision.turn, commands.ChangeCredential(member.pseudonym, Proof(what)))
        credentials.put_verifier(ctx.database, member.pseudonym, hashes)
        sessions.end_of_member(ctx.database, decision.turn, member.pseudonym, Ended.RESET)
        decision.remember(once, "{}")
        return Done(member, first=True)


def change_role(ctx: Context, *, login: str, role: Role, actor: str) -> Member:
    """Give a member another role, from their next request on. Raises Unknown (login), Refused (the last administrator)."""
    with deciding(ctx, actor) as decision:
        return _changed(decision, replace(_named(decision.turn.hall, login), role=role))


def disable(ctx: Context, *, login: str, actor: str) -> Member:
    """Let a member in no longer, and end their logins now. Raises Unknown (login), Refused (the last administrator)."""
    with deciding(ctx, actor) as decision:
        member = _changed(decision, replace(_named(decision.turn.hall, login), active=False))
        sessions.end_of_member(ctx.database, decision.turn, member.pseudonym, Ended.DISABLED)
        return member


def enable(ctx: Context, *, login: str, actor: str) -> Member:
    """Let a member in again, with the password and PIN they had. Raises Unknown (login), Refused (the national side disabled them)."""
    with deciding(ctx, actor) as decision:
        member = _named(decision.turn.hall, login)
        said = national.item(ctx.database, item_id("staff", login))
        if said is not None and not said.deleted and said.refused is None and not said.payload.get("active", True):
            raise Refused(f"member {login!r} cannot be let in again here: the national side disabled them", code="national_disabled")
        return _changed(decision, replace(member, active=True))


def listed(ctx: Context) -> list[Listed]:
    """Return all members, the active first, by login."""
    now = ctx.clock.wall()
    open_sessions = [each for each in credentials.sessions(ctx.database) if datetime.fromisoformat(each.expires) > now]
    pins = credentials.with_pin(ctx.database)
    members = sorted(ctx.hall.members.values(), key=lambda member: (not member.active, member.login))
    found = []
    for member in members:
        mine = [each for each in open_sessions if each.pseudonym == member.pseudonym and member.active]
        desks = tuple(sorted({each.desk for each in mine if each.desk is not None}))
        found.append(Listed(member, member.pseudonym in pins, bool(mine), desks))
    return found


def _changed(decision: Decision, member: Member) -> Member:
    decide(decision.turn, commands.SetMember(member))
    return member


def _named(hall: Hall, login: str) -> Member:
    found = next((member for member in hall.members.values() if member.login == login), None)
    if found is None:
        raise Unknown(f"member of staff {login!r} does not exist", field="login")
    return found


def _hashes(password: str | None, pin: str | None) -> Mapping[str, str]:
    """Judge and hash what is given; before the write transaction, because hashing is slow on purpose."""
    if password is not None and not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise BadRequest(f"the password has {len(password)} characters: must be {PASSWORD_LEAST} to {PASSWORD_MOST}", code="weak_password")
    if pin is not None and (not (pin.isascii() and pin.isdigit() and PIN_LEAST <= len(pin) <= PIN_MOST) or is_simple(pin)):
        raise BadRequest(
            f"the PIN cannot be used: must be {PIN_LEAST} to {PIN_MOST} digits, not all the same and no run like 123456", code="weak_pin"
        )
    given = {Proof.PASSWORD: password, Proof.PIN: pin}
    return {str(what): logins.hashed(secret) for what, secret in given.items() if secret is not None}


def is_simple(pin: str) -> bool:
    """Tell whether a PIN is among the first that anybody tries."""
    return len(set(pin)) == 1 or any(pin in run for run in _RUNS)
