"""Calls for help: one a device, kept over restarts, ended by an answer, and no line of the journal."""

import pytest

from edge.errors import Unknown
from edge.operations import help as calls
from edge.operations import registry
from edge.queueing.registry import Device, Kind
from tests.operations.box import MORNING, Box


def test_a_second_press_is_the_same_call_and_keeps_its_time(box: Box) -> None:
    calls.call(box.ctx, "kiosk-1")
    since = box.clock.at
    box.pass_by(30)
    calls.call(box.ctx, "kiosk-1")
    assert calls.waiting(box.ctx) == [("kiosk-1", since)]
    assert since > MORNING


def test_a_call_waits_over_a_restart_until_it_is_answered(box: Box) -> None:
    calls.call(box.ctx, "kiosk-1")
    box.restart()
    assert calls.is_waiting(box.ctx, "kiosk-1")
    assert calls.answered(box.ctx, "kiosk-1")
    assert not calls.is_waiting(box.ctx, "kiosk-1")
    assert not calls.answered(box.ctx, "kiosk-1")


def test_who_called_first_stands_first(box: Box) -> None:
    calls.call(box.ctx, "kiosk-1")
    box.pass_by(1)
    calls.call(box.ctx, "button-1")
    assert [called.device for called in calls.waiting(box.ctx)] == ["kiosk-1", "button-1"]


def test_only_a_device_of_the_centre_calls_and_one_that_was_taken_out_is_no_longer_listed(box: Box) -> None:
    with pytest.raises(Unknown):
        calls.call(box.ctx, "kiosk-9")
    calls.call(box.ctx, "kiosk-1")
    registry.register(box.ctx, [Device("kiosk-1", Kind.KIOSK, zone="a", active=False)], actor="system")
    assert calls.waiting(box.ctx) == []


def test_calls_for_help_write_nothing_into_the_journal(box: Box) -> None:
    before = box.types()
    calls.call(box.ctx, "kiosk-1")
    calls.answered(box.ctx, "kiosk-1")
    assert box.types() == before
