"""Logins: by password and by PIN, one desk at a time, ended by whatever ends them; all of it in the journal, nobody by name."""

import json
import threading

import pytest

from edge.errors import BadRequest, Forbidden, Unknown
from edge.operations import logins, staff
from edge.operations.delays import Delayed
from edge.operations.logins import Session
from edge.queueing.registry import Role
from edge.store import queries
from tests.operations.box import Box
from tests.operations.box import once as key

PASSWORD, PIN = "correct horse", "493817"
HOUR = 3600


@pytest.fixture
def box(box: Box) -> Box:
    """The centre with an administrator and two clerks."""
    for login, role in (("asel", Role.ADMINISTRATOR), ("olga", Role.OPERATOR), ("aida", Role.OPERATOR)):
        staff.add(box.ctx, login=login, role=role, password=PASSWORD, pin=PIN, actor="system")
    return box


def by_password(box: Box, login: str = "olga", desk: str | None = None) -> Session:
    return logins.by_password(box.ctx, login=login, password=PASSWORD, desk=desk)


def by_pin(box: Box, login: str = "olga", desk: str = "1", replaces: Session | None = None) -> Session:
    return logins.by_pin(box.ctx, login=login, pin=PIN, desk=desk, replaces=replaces.token if replaces else None)


def is_live(box: Box, session: Session) -> bool:
    return logins.of_token(box.ctx, session.token) is not None


def told(box: Box) -> list[tuple[str, str, str]]:
    """Return (actor's kind, type, why or by or what) of the journal's lines about staff, but for who was added."""
    found = []
    for line in queries.all_lines(box.database):
        if line.type.startswith("staff.") and line.type != "staff.added":
            payload = json.loads(line.payload or "{}")
            found.append((line.actor.partition(":")[0], line.type, payload.get("why") or payload.get("by") or payload.get("what")))
    return found


# One place at a time


def test_a_login_moved_to_another_desk_ends_the_first(box: Box) -> None:
    first = by_pin(box, desk="1")
    second = by_pin(box, desk="2")
    assert (is_live(box, first), is_live(box, second)) == (False, True)
    assert told(box) == [("staff", "staff.logged_in", "pin"), ("staff", "staff.logged_out", "moved"), ("staff", "staff.logged_in", "pin")]


def test_a_login_without_a_desk_neither_ends_others_nor_is_ended_by_them(box: Box) -> None:
    tablet, desk = by_password(box), by_pin(box)
    assert (is_live(box, tablet), is_live(box, desk)) == (True, True)
    assert is_live(box, by_password(box))
    assert is_live(box, desk)


def test_two_clerks_may_be_logged_in_at_one_desk(box: Box) -> None:
    olga, aida = by_pin(box, "olga"), by_pin(box, "aida")
    assert (is_live(box, olga), is_live(box, aida)) == (True, True)


def test_whoever_logs_in_at_a_console_replaces_its_login(box: Box) -> None:
    olga = by_pin(box, "olga")
    aida = by_pin(box, "aida", replaces=olga)
    assert (is_live(box, olga), is_live(box, aida)) == (False, True)
    assert told(box)[1] == ("staff", "staff.logged_out", "replaced")


# What ends a login


def test_logging_out_ends_it_once(box: Box) -> None:
    session = by_password(box)
    logins.log_out(box.ctx, session.token)
    logins.log_out(box.ctx, session.token)
    assert not is_live(box, session)
    assert told(box)[1:] == [("staff", "staff.logged_out", "logout")]


def test_it_ends_after_twelve_hours(box: Box) -> None:
    session = by_password(box)
    box.pass_by(12 * HOUR - 1)
    assert is_live(box, session)
    box.pass_by(1)
    assert not is_live(box, session)


def test_forgotten_logins_end_with_the_day(box: Box) -> None:
    box.pass_by(10 * HOUR)
    tablet, desk = by_password(box), by_pin(box, "aida")
    box.pass_by(5 * HOUR - 60)
    assert (is_live(box, tablet), is_live(box, desk)) == (False, False)
    assert told(box)[2:] == [("system", "staff.logged_out", "day-end")] * 2
    assert box.types()[-4:-2] == ["day.closed", "day.opened"]
    assert box.verify().clean


def test_a_login_that_opens_the_day_is_of_that_day(box: Box) -> None:
    box.pass_by(10 * HOUR)
    forgotten = by_password(box)
    box._advance(6 * HOUR)
    session = by_password(box, "aida")
    assert (is_live(box, forgotten), is_live(box, session)) == (False, True)
    assert box.hall.day is not None
    assert box.hall.day.day == "2026-03-03"
    assert told(box)[-2:] == [("staff", "staff.logged_out", "day-end"), ("staff", "staff.logged_in", "password")]


def test_disabling_ends_every_login_at_once_and_lets_in_nobody(box: Box) -> None:
    sessions = [by_password(box), by_pin(box)]
    staff.disable(box.ctx, login="olga", actor="staff:boss")
    assert not any(is_live(box, session) for session in sessions)
    assert told(box)[2:] == [("staff", "staff.logged_out", "disabled")] * 2
    with pytest.raises(Forbidden):
        by_password(box)
    staff.enable(box.ctx, login="olga", actor="staff:boss")
    assert is_live(box, by_password(box))
    assert not any(is_live(box, session) for session in sessions)


@pytest.mark.parametrize(("what", "changes"), [("password", {"password": "another horse"}), ("pin", {"pin": "604713"})])
def test_a_reset_ends_every_login_and_the_old_secret(box: Box, what: str, changes: dict[str, str]) -> None:
    sessions = [by_password(box), by_pin(box)]
    staff.reset(box.ctx, login="olga", actor="system", **changes)  # type: ignore[arg-type]
    assert not any(is_live(box, session) for session in sessions)
    assert told(box)[2:] == [("system", "staff.credential_changed", what), *[("system", "staff.logged_out", "reset")] * 2]
    with pytest.raises(Forbidden):
        by_password(box) if what == "password" else by_pin(box)
    assert is_live(box, by_pin(box) if what == "password" else by_password(box))


def test_a_new_role_counts_from_the_next_request_on(box: Box) -> None:
    session = by_password(box)
    staff.change_role(box.ctx, login="olga", role=Role.SUPERVISOR, actor="system")
    found = logins.of_token(box.ctx, session.token)
    assert found is not None
    assert found.role is Role.SUPERVISOR


def test_a_login_survives_a_restart(box: Box) -> None:
    session = by_password(box)
    box.restart()
    assert is_live(box, session)


# Guessing


def wrong(box: Box, login: str, desk: str = "1") -> None:
    with pytest.raises(Forbidden):
        logins.by_pin(box.ctx, login=login, pin="000000", desk=desk)


def test_wrong_pins_cost_growing_waits_and_the_right_one_waits_too(box: Box) -> None:
    for _ in range(3):
        wrong(box, "olga")
    with pytest.raises(Delayed):
        by_pin(box)
    with pytest.raises(Delayed):
        by_password(box)
    box._advance(1)
    assert is_live(box, by_pin(box))


def test_a_step_of_the_wall_clock_shortens_no_wait(box: Box) -> None:
    for _ in range(3):
        wrong(box, "olga")
    box.clock.at = box.clock.at.replace(year=2030)
    with pytest.raises(Delayed):
        by_pin(box)


def test_many_logins_tried_at_one_desk_delay_the_desk_and_no_other(box: Box) -> None:
    for number in range(10):
        wrong(box, f"nobody{number}")
    with pytest.raises(Delayed):
        by_pin(box, desk="1")
    assert is_live(box, by_pin(box, desk="2"))
    box._advance(1)
    assert is_live(box, by_pin(box, desk="1"))


def test_a_clerks_own_login_between_two_guesses_buys_no_guesses(box: Box) -> None:
    for number in range(9):
        wrong(box, f"nobody{number}")
        by_pin(box, "aida")
    wrong(box, "nobody9")
    with pytest.raises(Delayed):
        by_pin(box, "aida")


def test_guesses_at_the_same_moment_are_counted_one_after_the_other(box: Box) -> None:
    said: list[type[Exception]] = []

    def guess() -> None:
        try:
            logins.by_pin(box.ctx, login="olga", pin="000000", desk="1")
        except (Forbidden, Delayed) as error:
            said.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (said.count(Forbidden), said.count(Delayed)) == (3, 5)


def test_an_unknown_login_and_one_without_a_pin_are_as_wrong_as_a_wrong_secret(box: Box) -> None:
    staff.add(box.ctx, login="timur", role=Role.OPERATOR, password=PASSWORD, pin=None, actor="system")
    for login in ("nobody", "timur"):
        with pytest.raises(Forbidden, match="login or PIN is wrong"):
            by_pin(box, login)


def test_a_wrong_login_is_in_no_journal(box: Box) -> None:
    lines = len(box.types())
    wrong(box, "olga")
    assert len(box.types()) == lines


# Secrets and names


def test_no_login_name_and_no_secret_is_in_the_journal_but_who_was_added(box: Box) -> None:
    by_pin(box)
    staff.reset(box.ctx, login="olga", password="another horse", pin="604713", actor="system")
    lines = [line for line in queries.all_lines(box.database) if line.type != "staff.added"]
    text = "".join(f"{line.actor}{line.payload}" for line in lines)
    assert not [word for word in ("olga", PASSWORD, PIN, "another horse", "604713", "argon2") if word in text]


def test_secrets_are_not_shown_by_repr(box: Box) -> None:
    session = by_password(box)
    assert session.token not in repr(session)


@pytest.mark.parametrize("pin", ["", "12345", "123456789", "111111", "123456", "654321", "12a456", "١٢٣٤٥٧"])
def test_a_pin_that_anybody_tries_first_is_refused(box: Box, pin: str) -> None:
    with pytest.raises(BadRequest):
        staff.reset(box.ctx, login="olga", pin=pin, actor="system")


def test_a_short_password_is_refused_and_what_is_made_is_accepted(box: Box) -> None:
    with pytest.raises(BadRequest):
        staff.reset(box.ctx, login="olga", password="short", actor="system")
    staff.reset(box.ctx, login="olga", password=staff.fresh_password(), pin=staff.fresh_pin(), actor="system")


def test_the_same_request_twice_makes_one_member_and_one_reset(box: Box) -> None:
    def add() -> bool:
        return staff.add(box.ctx, login="timur", role=Role.OPERATOR, password=PASSWORD, pin=PIN, actor="system", once=key("add-timur")).first

    assert (add(), add()) == (True, False)
    sessions = [staff.reset(box.ctx, login="timur", pin="604713", actor="system", once=key("reset-1")).first for _ in range(2)]
    assert sessions == [True, False]


def test_an_unknown_member_is_named(box: Box) -> None:
    with pytest.raises(Unknown, match="'nobody' does not exist"):
        staff.disable(box.ctx, login="nobody", actor="system")


def test_the_list_says_who_is_where(box: Box) -> None:
    by_pin(box, "olga", "2")
    by_password(box, "asel")
    staff.disable(box.ctx, login="aida", actor="system")
    assert [(each.member.login, each.member.active, each.logged_in, each.desks) for each in staff.listed(box.ctx)] == [
        ("asel", True, True, ()),
        ("olga", True, True, ("2",)),
        ("aida", False, False, ()),
    ]
