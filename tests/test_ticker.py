"""The process' heartbeat: rounds of short jobs, each guarded."""

import logging
import threading

import pytest

from edge.operations.clock import SystemClock
from edge.ticker import Ticker


class Rounds:
    """A waiter that lets ``count`` rounds pass at once and then says stop."""

    def __init__(self, count: int) -> None:
        self._left = count
        self.over = threading.Event()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Count down."""
        assert seconds == 1.0
        self._left -= 1
        if self._left < 0:
            self.over.set()
            return stop.wait(5)
        return False


def test_a_job_that_fails_stops_neither_the_others_nor_the_next_round(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fails() -> None:
        done.append("failed")
        raise ValueError("broken")

    rounds = Rounds(3)
    ticker = Ticker(SystemClock(), rounds, [fails, lambda: done.append("ran")])
    before = ticker.last_round
    with caplog.at_level(logging.ERROR):
        ticker.start()
        assert rounds.over.wait(5)
        ticker.stop()

    assert done == ["failed", "ran"] * 3
    assert caplog.text.count("ticker job failed") == 3
    assert ticker.last_round > before
