"""What the supervisor is told first: the worst, with what resolves it; and nothing while all is well."""

from edge.queueing import commands as c
from edge.queueing.trouble import CALLED_LONG_S, PAUSED_LONG_S, WAITS_LONG_S, Trouble, What, troubles
from tests.queueing.scene import Scene


def found(scene: Scene, paused_s: dict[str, int] | None = None) -> list[Trouble]:
    return troubles(scene.hall, scene.tick, paused_s or {})


def kinds(scene: Scene, paused_s: dict[str, int] | None = None) -> list[What]:
    return [trouble.what for trouble in found(scene, paused_s)]


def test_a_hall_where_all_goes_well_has_no_trouble() -> None:
    scene = Scene()
    assert kinds(scene) == []
    scene.issue()
    scene.issue("birth")
    scene.next("1")
    assert kinds(scene) == []


def test_a_service_that_no_open_desk_gives_is_named_with_its_visitors() -> None:
    scene = Scene()
    for _ in range(3):
        scene.issue("address")
    scene.issue()
    for desk in ("3", "4"):
        scene.do(c.Close(desk))
    scene.do(c.Pause("5"))
    assert found(scene) == [Trouble(What.UNSERVED, count=3, service="address")]
    scene.do(c.Open("5"))
    assert kinds(scene) == []


def test_no_desk_open_is_said_once_and_not_for_each_service() -> None:
    scene = Scene(opened=True)
    scene.issue()
    scene.issue("address")
    for desk in scene.hall.desks:
        scene.do(c.Close(desk))
    assert found(scene) == [Trouble(What.NO_DESK_OPEN, count=2)]


def test_a_desk_that_visitors_wait_for_alone_is_missed_when_it_is_not_open() -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    scene.do(c.Transfer("1", to_desk="3"))
    assert kinds(scene) == []
    scene.do(c.Pause("3"))
    assert found(scene) == [Trouble(What.AWAITED, count=1, desk="3")]


def test_all_who_wait_long_are_one_trouble_about_the_longest() -> None:
    scene = Scene()
    first = scene.issue()
    scene.wait(60)
    scene.issue("birth")
    scene.wait(WAITS_LONG_S - 61)
    assert kinds(scene) == []
    scene.wait(1)
    assert found(scene) == [Trouble(What.LONG_WAIT, count=1, seconds=WAITS_LONG_S, service="passport", ticket=scene.ticket(first))]
    scene.wait(60)
    assert found(scene)[0].count == 2


def test_time_on_hold_is_not_waiting() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.do(c.Hold("1"))
    scene.wait(WAITS_LONG_S + 60)
    scene.do(c.PutBack(ticket))
    assert kinds(scene) == []


def test_a_visitor_who_was_called_and_does_not_come_holds_up_the_desk() -> None:
    scene = Scene()
    ticket = scene.issue()
    scene.next("1")
    scene.wait(CALLED_LONG_S)
    assert found(scene) == [Trouble(What.NOT_COME, count=1, seconds=CALLED_LONG_S, desk="1", ticket=scene.ticket(ticket))]
    scene.do(c.Start("1"))
    assert kinds(scene) == []


def test_a_long_pause_is_a_trouble_only_while_somebody_waits_for_it() -> None:
    scene = Scene()
    scene.do(c.Pause("5"))
    paused = {"5": PAUSED_LONG_S}
    assert kinds(scene, paused) == []
    scene.issue("birth")
    assert found(scene, paused) == [Trouble(What.PAUSED, count=1, seconds=PAUSED_LONG_S, desk="5")]
    assert kinds(scene, {"5": PAUSED_LONG_S - 1}) == []


def test_in_an_emergency_nothing_else_is_said() -> None:
    scene = Scene()
    scene.issue("address")
    for desk in ("3", "4", "5"):
        scene.do(c.Close(desk))
    scene.change("emergency", {"text": {"ky": "x", "ru": "x", "kk": "x", "en": "x"}, "reason": "alarm"})
    assert found(scene) == [Trouble(What.EMERGENCY, count=1)]


def test_the_worst_comes_first() -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    scene.do(c.Hold("1", 1))
    scene.issue("birth")
    scene.next("1")
    scene.issue("address")
    for desk in ("3", "4", "5"):
        scene.do(c.Close(desk))
    scene.wait(WAITS_LONG_S)
    assert kinds(scene) == [What.UNSERVED, What.LONG_WAIT, What.NOT_COME]
