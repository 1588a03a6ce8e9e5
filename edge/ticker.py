"""The heartbeat of the process: a thread on the monotonic clock that runs a few short jobs each second, each guarded."""

import logging
import threading
from collections.abc import Callable, Sequence

from edge.errors import Unavailable
from edge.operations.clock import Clock, Waiter

log = logging.getLogger(__name__)

PERIOD_S = 1.0


class Ticker:
    """Runs ``jobs`` every ``period_s`` seconds; a late round is not caught up. ``last_round`` tells health that the thread lives."""

    def __init__(
        self, clock: Clock, waiter: Waiter, jobs: Sequence[Callable[[], object]], *, period_s: float = PERIOD_S, name: str = "ticker"
    ) -> None:
        self._clock = clock
        self._waiter = waiter
        self._jobs = jobs
        self._period_s = period_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.last_round = clock.monotonic()

    def start(self) -> None:
        """Start ticking."""
        self._thread.start()

    def stop(self) -> None:
        """Let the present round end, and stop."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._waiter.wait(self._stop, self._period_s):
            for job in self._jobs:
                try:
                    job()
                except Unavailable as error:
                    log.warning("ticker job could not be done now: %s", error)
                except Exception:  # one job must not stop the others
                    log.exception("ticker job failed job=%r", job)
            self.last_round = self._clock.monotonic()
