"""What time alone repaints: a range of clock times moves in steps of five minutes, so a quiet hall keeps quiet."""

from collections import Counter

from edge.operations import registry, settings
from edge.operations.displays import Displays, Shown
from edge.queueing import commands as c
from edge.queueing.registry import Device, Kind
from tests.operations.box import Box

QUARTER_S = 900


def _moves(box: Box) -> Counter[tuple[str, str]]:
    """Let a quarter of an hour pass; count how often each bound of each service of zone a was told anew."""
    displays = Displays("boot")
    moves: Counter[tuple[str, str]] = Counter()
    before: dict[str, dict[str, object]] = {}
    for _ in range(QUARTER_S):
        box.pass_by(1)
        for picture in displays.refresh(box.hall, box.ctx.tick()):
            if picture.kind is Shown.KIOSK:
                now = {each["code"]: each for each in picture.body["services"]}
                if before:
                    moves["kiosk", "repaints"] += 1
                    moves.update((code, bound) for code, each in now.items() for bound in ("from", "to") if each[bound] != before[code][bound])
                before = now
    return moves


def test_an_empty_hall_tells_its_kiosks_nothing_new_but_every_five_minutes(box: Box) -> None:
    moves = _moves(box)
    assert max(moves.values()) == QUARTER_S // 300
    assert moves["passport", "from"] == QUARTER_S // 300


def test_a_hall_where_nothing_happens_moves_each_time_at_most_once_in_five_minutes(box: Box) -> None:
    for number in range(40):
        box.issue(("passport", "birth", "address")[number % 3])
    for desk in list(box.hall.desks)[:3]:
        box.act(c.CallNext(desk))
    moves = _moves(box)
    repaints = moves.pop(("kiosk", "repaints"))
    assert 0 < max(moves.values()) <= QUARTER_S // 300
    assert repaints <= sum(moves.values())


def test_a_desks_led_display_shows_its_number_blinking_while_called_and_the_settings_texts_else(box: Box) -> None:
    registry.register(box.ctx, [Device("led-1", Kind.LED, desk="1"), Device("led-loose", Kind.LED)], actor="test")
    settings.put_key_in_force(box.ctx, "led", {"called_colour": "red", "free_text": "FREE", "paused_text": "PAUSE", "closed_text": "-"}, actor="test")
    displays = Displays("boot")
    shown: list[tuple[str, bool, str]] = []

    def look() -> None:
        list(displays.refresh(box.hall, box.ctx.tick()))
        body = displays.body(Shown.LED, "led-1") or {}
        shown.append((body["text"], body["blink"], body["colour"]))

    look()
    box.issue()
    for move in (c.CallNext, c.Start, c.Finish, c.Pause, c.Close):
        box.act(move("1"))
        look()
    assert shown == [
        ("FREE", False, "amber"),
        ("A001", True, "red"),
        ("A001", False, "white"),
        ("FREE", False, "amber"),
        ("PAUSE", False, "amber"),
        ("-", False, "amber"),
    ]
    assert (displays.body(Shown.LED, "led-loose") or {})["text"] == ""
    registry.register(box.ctx, [Device("led-1", Kind.LED, desk="1", active=False, generation=2)], actor="test")
    list(displays.refresh(box.hall, box.ctx.tick()))
    assert displays.body(Shown.LED, "led-1") is None
