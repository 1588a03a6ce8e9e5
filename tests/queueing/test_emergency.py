"""An emergency closes the hall at once: nothing is issued and nobody is called, and everything is still there when it is lifted."""

import pytest

from edge.errors import Refused
from edge.operations import views
from edge.queueing import commands as c
from edge.queueing.desk import Key
from edge.queueing.offer import refusal
from tests.queueing import centre
from tests.queueing.scene import Scene, replayed

TEXT = dict.fromkeys(("ky", "ru", "kk", "en"), "Leave the building")
EMERGENCY = {"text": TEXT, "reason": "fire alarm"}


@pytest.fixture
def scene() -> Scene:
    """A hall with one visitor at desk 1 and one waiting, in which the alarm goes."""
    scene = Scene()
    scene.issue()
    scene.next("1")
    scene.issue()
    scene.change("emergency", EMERGENCY)
    return scene


def test_no_ticket_is_issued_and_the_reason_is_the_emergency(scene: Scene) -> None:
    assert refusal(scene.hall, "passport", scene.tick) == "emergency"
    with pytest.raises(Refused) as refused:
        scene.issue()
    assert refused.value.reason == "emergency"


def test_nobody_is_called_by_console_button_or_pick(scene: Scene) -> None:
    waiting = scene.hall.waiting()[0]
    for command in (c.CallNext("1"), c.Pick("2", waiting.id, "asked")):
        with pytest.raises(Refused) as refused:
            scene.do(command)
        assert refused.value.code == "emergency"
    assert scene.do(c.Press("1", Key.PRESS)).result == "denied"
    assert scene.hall.waiting() == [waiting]


def test_who_is_at_a_desk_may_still_be_finished(scene: Scene) -> None:
    assert scene.do(c.Finish("1")).result == "finished"


def test_boards_are_closed_and_carry_its_text(scene: Scene) -> None:
    zone = next(iter(scene.hall.policy.zones))
    scene.change("notices", {zone: dict.fromkeys(("ky", "ru", "kk", "en"), "Tea is free")})
    board = views.board(scene.hall, zone, scene.tick)
    assert (board["mode"], board["notice"]) == ("closed", TEXT)
    assert board["now"] == views.board(scene.hall, zone, scene.tick)["now"] != []


def test_lifting_it_gives_the_hall_back_as_it_was(scene: Scene) -> None:
    before = scene.hall
    scene.change("emergency", None)
    assert (scene.hall.tickets, scene.hall.desks) == (before.tickets, before.desks)
    assert scene.next("2")
    assert replayed(scene.facts) == scene.hall


def test_a_notice_stands_on_the_boards_of_its_zone_alone() -> None:
    zones = [{"zone": zone, "names": TEXT} for zone in ("a", "b")]
    scene = Scene({**centre.settings(), "zones": zones})
    scene.change("notices", {"a": TEXT})
    assert views.board(scene.hall, "a", 0)["notice"] == TEXT
    assert views.board(scene.hall, "b", 0)["notice"] == {}
