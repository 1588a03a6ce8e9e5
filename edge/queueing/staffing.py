"""Members of staff: who belongs to the centre and in which role, and what the journal says of their logins.

Whether a password or PIN is right is not decided here: the rules know no secrets.
"""

import re
from typing import assert_never

from edge.errors import Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.hall import Hall
from edge.queueing.registry import Member, Role
from edge.queueing.turn import Outcome, Result, Turn

_LOGIN = re.compile(r"[\w.-]{2,32}")
LOGIN_WORDS = "2 to 32 small letters, digits, dots, hyphens or underscores"


def of_staff(turn: Turn, command: c.StaffCommand) -> Outcome:
    """Carry out what concerns staff. Raises Refused, or Unknown for the member."""
    match command:
        case c.SetMember(member):
            set_member(turn, member)
        case c.LogIn(staff, by, desk):
            if not _member(turn.hall, staff).active:
                raise Refused(f"member {staff} cannot log in: they are disabled", code="disabled")
            if desk is not None:
                turn.hall.desk(desk)
            turn.emit(e.StaffLoggedIn(staff=staff, by=by, desk=desk, tick=turn.tick))
        case c.LogOut(staff, why, desk):
            turn.emit(e.StaffLoggedOut(staff=staff, why=why, desk=desk, tick=turn.tick))
        case c.ChangeCredential(staff, what):
            _member(turn.hall, staff)
            turn.emit(e.StaffCredentialChanged(staff=staff, what=what))
        case never:
            assert_never(never)
    return Outcome(Result.OK)


def set_member(turn: Turn, member: Member, *, actor: str | None = None) -> None:
    """Add or change a member: a login names one, and somebody always can let others in. Raises Refused. ``actor``: as in `Turn.emit`."""
    before = turn.hall.members.get(member.pseudonym)
    if before == member:
        return
    if any(other.login == member.login and other.pseudonym != member.pseudonym for other in turn.hall.members.values()):
        raise Refused(f"login {member.login!r} is taken", code="login_taken")
    if before is None and not (_LOGIN.fullmatch(member.login) and member.login == member.login.lower()):
        raise Refused(f"login {member.login!r} cannot be used: must be {LOGIN_WORDS}", code="login_invalid")
    if before is not None and _administers(before) and not _administers(member) and not _others_administer(turn.hall, member):
        raise Refused(f"member {member.login!r} must stay an active administrator: there is no other", code="last_administrator")
    turn.emit(e.StaffAdded(staff=member.pseudonym, login=member.login, role=member.role, active=member.active), actor=actor)


def _member(hall: Hall, staff: str) -> Member:
    try:
        return hall.members[staff]
    except KeyError:
        raise Unknown(f"member of staff {staff!r} does not exist", field="staff") from None


def _administers(member: Member) -> bool:
    return member.active and member.role is Role.ADMINISTRATOR


def _others_administer(hall: Hall, member: Member) -> bool:
    return any(_administers(other) for other in hall.members.values() if other.pseudonym != member.pseudonym)
