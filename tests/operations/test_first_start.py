"""The first start of a box that nobody's clock vouches for, and a server that starts anew while the machine runs on."""

from datetime import timedelta

from edge import setup
from edge.operations import day
from edge.operations.clock import Quality
from edge.operations.keys import Keys
from tests.operations.box import Box


def test_a_clock_that_nothing_speaks_against_is_believed_for_the_hours(fresh: Box) -> None:
    fresh.clock.grade = Quality.UNSYNCED
    fresh.make()
    assert fresh.hall.day is not None
    assert (fresh.hall.day.provisional, fresh.hall.day.timed) == (True, True)


def test_a_clock_that_shows_the_impossible_is_not(fresh: Box) -> None:
    fresh.clock.grade = Quality.UNSYNCED
    fresh.step(timedelta(days=-56 * 365))
    fresh.make()
    assert fresh.hall.day is not None
    assert (fresh.hall.day.provisional, fresh.hall.day.timed) == (True, False)


def test_a_server_that_starts_anew_on_a_machine_that_ran_on_has_lost_no_time_of_day(box: Box) -> None:
    box.clock.grade = Quality.UNSYNCED
    tick = box.ctx.tick()
    for same_boot, lost in ((True, None), (False, box.hall.tick)):
        ctx = setup.context(box.database, Keys(b"k" * 32, b"n" * 32), box.clock, same_boot=same_boot)
        day.settle(ctx)
        assert ctx.ticks.lost_at == lost
        assert ctx.tick() <= tick  # but the ticks of the outage are not guessed
