"""A centre whose hours pass at the word of a test: lunch, evening and next morning come as they do, without anybody waiting for them.

The server runs in this process (`tests.pictures.stage`) on a clock that starts on a Monday morning and goes on by itself, second by second; `until`
lets all the time pass at once that is missing to an hour of the day. Both clocks of the box move, as when time passes: nothing is set.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from edge.operations import day
from edge.operations.clock import Quality
from tests.pictures.stage import Stage

MONDAY = datetime(2026, 12, 7, 3, 5, tzinfo=UTC)  # 09:05 in Bishkek, which is six hours ahead
AHEAD = timedelta(hours=6)


@dataclass
class Hours:
    """The clocks of a box."""

    started: float = field(default_factory=time.monotonic)
    skipped: float = 0.0

    def wall(self) -> datetime:
        """Return the aware UTC instant, whole milliseconds."""
        return MONDAY + timedelta(milliseconds=int((self.monotonic() - self.started) * 1000))

    def monotonic(self) -> float:
        """Return seconds that go on by themselves, and by what was skipped."""
        return time.monotonic() + self.skipped

    def quality(self) -> Quality:
        """Say that the clock is synchronised."""
        return Quality.NTP

    def until(self, stage: Stage, hour: str) -> None:
        """Let time pass until it is a second past ``hour`` (HH:MM) in the centre, on the next day if that is behind; then what is due happens."""
        now = self.wall() + AHEAD
        wanted = now.replace(hour=int(hour[:2]), minute=int(hour[3:]), second=1, microsecond=0)
        self.skipped += ((wanted if wanted > now else wanted + timedelta(days=1)) - now).total_seconds()
        day.settle(stage.ctx)

    def pass_by(self, stage: Stage, minutes: int) -> None:
        """Let so many minutes pass; then what is due happens."""
        self.skipped += minutes * 60
        day.settle(stage.ctx)
