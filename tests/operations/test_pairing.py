"""Pairing: the code says which screen, the secret says whose; guessing leads nowhere."""

from dataclasses import replace

import pytest

from edge.errors import Refused, Unavailable, Unknown
from edge.operations import codes, pairing, registry
from edge.operations.delays import Delayed
from edge.operations.orders import Op, Order
from edge.queueing.registry import Device, Kind
from edge.store import queries
from tests.operations.box import Box
from tests.operations.box import once as key

BOARD = Device("board-a", Kind.BOARD, zone="a")


def ask(box: Box, address: str = "10.0.0.7") -> tuple[codes.Waiting, str]:
    return pairing.ask(box.ctx, model="Chromium 130, Linux", address=address, wanted=None)


def test_a_confirmed_screen_collects_the_device_by_its_secret_and_nobody_by_the_code(box: Box) -> None:
    waiting, secret = ask(box)
    assert pairing.collect(box.ctx, secret) is None
    assert pairing.look(box.ctx, f" {waiting.code[:3]}-{waiting.code[3:].lower()}", actor="staff:x") == waiting
    assert pairing.confirm(box.ctx, waiting.code, BOARD, actor="staff:x") == BOARD
    assert pairing.collect(box.ctx, secret) == BOARD
    assert pairing.collect(box.ctx, waiting.code) is None
    assert pairing.collect(box.ctx, waiting.secret) is None, "the digest that is kept is no secret"


def test_pairing_as_a_device_that_is_known_ends_the_login_of_the_screen_before(box: Box) -> None:
    old = registry.secrets(box.ctx, "kiosk-1").token
    waiting, secret = ask(box)
    pairing.confirm(box.ctx, waiting.code, "kiosk-1", actor="staff:x")
    assert pairing.collect(box.ctx, secret) == replace(box.hall.devices["kiosk-1"], generation=2)
    assert registry.device_of_token(box.ctx, old) is None
    assert registry.device_of_token(box.ctx, registry.secrets(box.ctx, "kiosk-1").token)


def test_a_code_is_good_for_one_screen_once(box: Box) -> None:
    waiting, _ = ask(box)
    pairing.confirm(box.ctx, waiting.code, BOARD, actor="staff:x", once=key("form"))
    assert pairing.confirm(box.ctx, waiting.code, BOARD, actor="staff:x", once=key("form")) == BOARD, "the same press again"
    with pytest.raises(Unknown, match="no screen shows"):
        pairing.confirm(box.ctx, waiting.code, "kiosk-1", actor="staff:x")
    assert box.hall.devices["kiosk-1"].generation == 1


def test_what_cannot_be_leaves_the_screen_waiting(box: Box) -> None:
    waiting, secret = ask(box)
    with pytest.raises(Unknown):
        pairing.confirm(box.ctx, waiting.code, Device("board-z", Kind.BOARD, zone="z"), actor="staff:x")
    assert pairing.collect(box.ctx, secret) is None
    assert pairing.look(box.ctx, waiting.code, actor="staff:x") == waiting


def test_a_code_lives_for_ten_minutes_and_a_confirmed_one_is_collected_in_two(box: Box) -> None:
    waiting, _ = ask(box)
    box.pass_by(codes.LASTS_S + 1)
    with pytest.raises(Unknown):
        pairing.look(box.ctx, waiting.code, actor="staff:x")
    waiting, secret = ask(box)
    pairing.confirm(box.ctx, waiting.code, BOARD, actor="staff:x")
    box.pass_by(codes.COLLECTED_WITHIN_S + 1)
    assert pairing.collect(box.ctx, secret) is None


def test_who_was_confirmed_and_replaced_before_it_came_gets_nothing(box: Box) -> None:
    waiting, secret = ask(box)
    pairing.confirm(box.ctx, waiting.code, BOARD, actor="staff:x")
    registry.revoke(box.ctx, "board-a", actor="staff:x")
    assert pairing.collect(box.ctx, secret) is None


def test_wrong_codes_cost_growing_waits_and_a_right_one_between_them_forgives_nothing(box: Box) -> None:
    waiting, _ = ask(box)
    tried = 0
    waited = 0.0
    while waited < codes.LASTS_S - 60:
        try:
            pairing.look(box.ctx, "ZZZZZZ", actor="staff:x")
        except Unknown:
            tried += 1
        except Delayed as error:
            box.pass_by(error.retry_after)
            waited += error.retry_after
        else:
            pytest.fail("a code that nobody shows was found")
    hits = tried * codes.MOST / len(codes.ALPHABET) ** codes.LENGTH
    print(f"\n{tried} wrong codes in {waited:.0f} s; with {codes.MOST} screens waiting one of them hits with probability {hits:.1e}")
    assert hits < 2e-6
    assert pairing.look(box.ctx, waiting.code, actor="staff:y") == waiting, "somebody else is not held up"


def test_a_slip_of_one_key_names_no_other_screen(box: Box) -> None:
    shown = [ask(box, f"10.0.0.{number}")[0].code for number in range(codes.MOST)]
    assert all(sum(a != b for a, b in zip(one, other, strict=True)) > 1 for one in shown for other in shown if one is not other)
    assert all(set(code) <= set(codes.ALPHABET) and len(code) == codes.LENGTH for code in shown)


def test_one_address_cannot_keep_the_others_from_asking(box: Box) -> None:
    mine, _ = ask(box, "10.0.0.8")
    for _ in range(codes.MOST):
        ask(box, "10.0.0.66")
    assert box.ctx.pairing.count(box.clock.monotonic()) == codes.MOST_OF_ONE + 1
    assert pairing.look(box.ctx, mine.code, actor="staff:x") == mine


def test_too_many_screens_are_told_so(box: Box) -> None:
    for number in range(codes.MOST):
        ask(box, f"10.0.0.{number}")
    with pytest.raises(Refused, match="40 others"):
        ask(box, "10.0.1.1")


def test_neither_code_nor_secret_is_in_the_journal_or_survives_a_restart(box: Box) -> None:
    waiting, secret = ask(box)
    pairing.confirm(box.ctx, waiting.code, BOARD, actor="staff:x")
    text = "".join(f"{line.payload}" for line in queries.all_lines(box.database))
    assert '"why":"paired"' not in text, "a new device is added"
    assert not [each for each in (waiting.code, secret, waiting.secret) if each in text]
    box.restart()
    assert pairing.collect(box.ctx, secret) is None
    assert box.hall.devices["board-a"] == BOARD


def test_an_order_goes_to_an_active_device_and_its_answer_is_kept(box: Box) -> None:
    sent: list[Order] = []
    with pytest.raises(Unavailable, match="no server"):
        registry.tell(box.ctx, "kiosk-1", Op.IDENTIFY, actor="staff:x")
    box.ctx.orders.carry_by(sent.append)
    order = registry.tell(box.ctx, "kiosk-1", Op.IDENTIFY, actor="staff:x")
    assert sent == [order]
    (told,) = [line for line in queries.all_lines(box.database) if line.type == "device.told"]
    assert (told.actor, told.payload) == ("staff:x", '{"device":"kiosk-1","op":"identify"}')
    box.ctx.orders.answered("kiosk-1", "another", "failed", None)
    box.ctx.orders.answered("kiosk-1", order.id, "ok", None)
    assert box.ctx.orders.newest("kiosk-1") == replace(order, result="ok")
    registry.revoke(box.ctx, "kiosk-1", actor="staff:x")
    with pytest.raises(Unknown):
        registry.tell(box.ctx, "kiosk-1", Op.IDENTIFY, actor="staff:x")
