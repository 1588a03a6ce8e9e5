"""Who is a device of the centre: added once, replaced under its id, revoked, and never let in again by an old generation."""

from dataclasses import replace

import pytest

from edge.errors import ConfigError, Refused, Unknown
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.devices import fresh_name
from edge.queueing.registry import Device, Family, Kind
from tests.queueing.scene import Scene

BOARD = Device("board-a", Kind.BOARD, zone="a")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_new_device_is_the_first_of_its_generation(scene: Scene) -> None:
    scene.do(c.AddDevice(BOARD))
    assert scene.hall.devices["board-a"] == BOARD


def test_a_replaced_device_keeps_id_and_place_and_has_the_next_generation(scene: Scene) -> None:
    scene.do(c.AddDevice(BOARD))
    scene.do(c.ReplaceDevice("board-a"))
    assert scene.hall.devices["board-a"] == Device("board-a", Kind.BOARD, zone="a", generation=2)


def test_no_generation_comes_back_when_a_revoked_device_is_let_in_again(scene: Scene) -> None:
    scene.do(c.AddDevice(BOARD))
    generations = [1]
    for command in (c.RevokeDevice("board-a"), c.ReplaceDevice("board-a", paired=True), c.RevokeDevice("board-a"), c.ReplaceDevice("board-a")):
        scene.do(command)
        generations.append(scene.hall.devices["board-a"].generation)
    assert generations == sorted(set(generations))
    assert scene.hall.devices["board-a"].active


def test_the_journal_says_why_a_device_changed(scene: Scene) -> None:
    scene.do(c.AddDevice(BOARD))
    scene.do(c.ReplaceDevice("board-a", paired=True))
    scene.do(c.ReplaceDevice("board-a"))
    scene.do(c.RevokeDevice("board-a"))
    assert [fact.event.why for fact in scene.facts if isinstance(fact.event, e.DeviceRegistered)] == ["added", "paired", "replaced", "revoked"]


def test_an_order_is_of_the_journal_and_changes_nothing(scene: Scene) -> None:
    scene.do(c.AddDevice(BOARD))
    before = scene.hall.devices
    scene.do(c.TellDevice("board-a", "identify"))
    assert scene.facts[-1].event == e.DeviceTold(device="board-a", op="identify")
    assert scene.hall.devices == before


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (Device("Board A", Kind.BOARD, zone="a"), "an id is 1 to 32"),
        (Device("", Kind.BOARD, zone="a"), "an id is 1 to 32"),
        (Device("board-z", Kind.BOARD), "needs a zone"),
        (Device("button-9", Kind.BUTTON), "needs a desk"),
        (Device("board-a", Kind.BOARD, zone="a"), "registered already"),
    ],
)
def test_a_device_that_cannot_be_is_refused_in_words(scene: Scene, device: Device, words: str) -> None:
    scene.do(c.AddDevice(BOARD))
    with pytest.raises(Refused, match=words):
        scene.do(c.AddDevice(device))


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (Device("button-9", Kind.BUTTON, desk="99"), "desk '99' does not exist"),
        (Device("board-z", Kind.BOARD, zone="z"), "zone 'z' does not exist"),
        (Device("kiosk-9", Kind.KIOSK, zone="a", services=("moon",)), "service 'moon' does not exist"),
    ],
)
def test_a_place_that_is_not_there_is_unknown(scene: Scene, device: Device, words: str) -> None:
    with pytest.raises(Unknown, match=words):
        scene.do(c.AddDevice(device))


def test_a_user_of_the_broker_is_no_device(scene: Scene) -> None:
    for name in ("server", "monitor", "canary"):
        with pytest.raises(ConfigError, match=name):
            scene.do(c.AddDevice(Device(name, Kind.BOARD, zone="a")))


def test_an_address_that_another_has_meanwhile_keeps_a_revoked_button_out(scene: Scene) -> None:
    shelly = Device("button-s", Kind.BUTTON, desk="1", family=Family.SHELLY_GEN2, address="shelly-1")
    scene.do(c.AddDevice(shelly))
    scene.do(c.RevokeDevice("button-s"))
    scene.do(c.AddDevice(replace(shelly, device="button-t")))
    with pytest.raises(ConfigError, match="button-t's"):
        scene.do(c.ReplaceDevice("button-s"))


def test_what_is_not_registered_is_neither_replaced_nor_revoked(scene: Scene) -> None:
    for command in (c.ReplaceDevice("board-a"), c.RevokeDevice("board-a")):
        with pytest.raises(Unknown, match="not registered"):
            scene.do(command)
    scene.do(c.AddDevice(BOARD))
    scene.do(c.RevokeDevice("board-a"))
    with pytest.raises(Refused, match="it was before"):
        scene.do(c.RevokeDevice("board-a"))


def test_a_name_that_was_ever_used_is_not_made_again() -> None:
    known = {"board-a": BOARD, "board-a-2": BOARD}
    assert fresh_name(known, Kind.BOARD, "a") == "board-a-3"
    assert fresh_name({}, Kind.DESK, "4") == "desk-4"
    assert len(fresh_name({}, Kind.SPEAKER, "z" * 32)) <= 32
