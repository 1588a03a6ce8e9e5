"""Members of staff: one login each, and always somebody who can let others in."""

import pytest

from edge.errors import Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.registry import Ended, Member, Proof, Role
from tests.queueing.scene import Scene

ADMIN, OTHER = Member("p1", "asel", Role.ADMINISTRATOR), Member("p2", "aida", Role.OPERATOR)


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.do(c.SetMember(ADMIN))
    scene.do(c.SetMember(OTHER))
    return scene


def refused(scene: Scene, command: c.Command) -> str:
    before = list(scene.facts)
    with pytest.raises(Refused) as caught:
        scene.do(command)
    assert scene.facts == before
    return caught.value.code


def test_a_login_names_one_member(scene: Scene) -> None:
    assert refused(scene, c.SetMember(Member("p3", "aida", Role.AUDITOR))) == "login_taken"


@pytest.mark.parametrize("login", ["", "a", "Aida", "a b", "a/b", "a" * 33, "a\n", "-" * 40, "айда@цон"])
def test_a_login_is_short_small_and_safe_to_type(scene: Scene, login: str) -> None:
    assert refused(scene, c.SetMember(Member("p3", login, Role.OPERATOR))) == "login_invalid"


@pytest.mark.parametrize("login", ["aida2", "айда", "үмүт-1", "a.b_c"])
def test_a_login_may_be_in_the_letters_of_the_country(scene: Scene, login: str) -> None:
    scene.do(c.SetMember(Member("p3", login, Role.OPERATOR)))
    assert scene.hall.members["p3"].login == login


@pytest.mark.parametrize("changed", [Member("p1", "asel", Role.SUPERVISOR), Member("p1", "asel", Role.ADMINISTRATOR, active=False)])
def test_the_last_active_administrator_stays_one(scene: Scene, changed: Member) -> None:
    assert refused(scene, c.SetMember(changed)) == "last_administrator"
    scene.do(c.SetMember(Member("p4", "meerim", Role.ADMINISTRATOR, active=False)))
    assert refused(scene, c.SetMember(changed)) == "last_administrator", "a disabled one lets nobody in"
    scene.do(c.SetMember(Member("p4", "meerim", Role.ADMINISTRATOR)))
    scene.do(c.SetMember(changed))
    assert scene.hall.members["p1"] == changed


def test_what_changes_nothing_makes_no_event(scene: Scene) -> None:
    before = list(scene.facts)
    scene.do(c.SetMember(OTHER))
    assert scene.facts == before


def test_logins_are_journalled_and_move_nothing_in_the_hall(scene: Scene) -> None:
    hall = scene.hall
    scene.do(c.LogIn("p2", Proof.PIN, "1"))
    scene.do(c.LogOut("p2", Ended.MOVED, "1"))
    scene.do(c.ChangeCredential("p2", Proof.PASSWORD))
    assert [fact.event for fact in scene.facts[-3:]] == [
        e.StaffLoggedIn(staff="p2", by="pin", desk="1", tick=0),
        e.StaffLoggedOut(staff="p2", why="moved", desk="1", tick=0),
        e.StaffCredentialChanged(staff="p2", what="password"),
    ]
    assert (scene.hall.desks, scene.hall.tickets, scene.hall.members) == (hall.desks, hall.tickets, hall.members)


def test_nobody_unknown_or_disabled_logs_in_and_nobody_at_a_desk_that_is_none(scene: Scene) -> None:
    with pytest.raises(Unknown):
        scene.do(c.LogIn("p9", Proof.PASSWORD))
    with pytest.raises(Unknown):
        scene.do(c.LogIn("p2", Proof.PIN, "99"))
    scene.do(c.SetMember(Member("p2", "aida", Role.OPERATOR, active=False)))
    assert refused(scene, c.LogIn("p2", Proof.PASSWORD)) == "disabled"
