"""Growing waits after wrong attempts, by a clock that only the test moves."""

import pytest

from edge.operations.delays import FORGOTTEN_AFTER_S, Delayed, Delays, by_login, by_place

OLGA, DESK = by_login("olga"), by_place("desk:1")


def wait_of(delays: Delays, now: float) -> int:
    """Return for how long olga has to wait."""
    try:
        delays.check(OLGA, now)
    except Delayed as error:
        return error.retry_after
    return 0


def test_two_wrong_attempts_cost_nothing_and_each_further_one_twice_as_much_up_to_a_minute() -> None:
    delays, waits, now = Delays(), [], 100.0
    for _ in range(11):
        delays.failed(OLGA, now)
        waits.append(wait_of(delays, now + 0.5))
        now += waits[-1]
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_there_is_no_lock_waiting_is_always_enough() -> None:
    delays = Delays()
    for _ in range(1000):
        delays.failed(OLGA, 0.0)
    assert wait_of(delays, 59.9) == 1
    assert wait_of(delays, 60.0) == 0


def test_success_forgets_and_a_quiet_quarter_of_an_hour_does() -> None:
    delays = Delays()
    for _ in range(5):
        delays.failed(OLGA, 0.0)
    delays.succeeded(OLGA)
    delays.failed(OLGA, 1.0)
    assert wait_of(delays, 1.0) == 0
    for _ in range(5):
        delays.failed(OLGA, 2.0)
    delays.failed(OLGA, 2.0 + 60 + FORGOTTEN_AFTER_S)
    assert wait_of(delays, 2.0 + 60 + FORGOTTEN_AFTER_S) == 0


def test_logins_and_desks_are_counted_apart_and_more_is_free_at_a_desk() -> None:
    delays = Delays()
    for _ in range(9):
        delays.failed(DESK, 0.0)
    delays.check(DESK, 0.0)
    delays.failed(DESK, 0.0)
    with pytest.raises(Delayed):
        delays.check(DESK, 0.5)
    assert wait_of(delays, 0.5) == 0
    delays.check(by_place("desk:2"), 0.5)


def test_names_that_were_tried_once_do_not_fill_the_memory() -> None:
    delays = Delays()
    for number in range(3000):
        delays.failed(by_login(f"x{number}"), number * FORGOTTEN_AFTER_S / 500)
    assert len(delays._counts) < 1100
