"""The clocks of a box under test: seconds that pass, a wall clock that jumps, and a battery that is not there. Ticks come from the box's own code."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from edge.operations.clock import LastTick, Quality, TickClock, is_date
from edge.queueing.due import Reading

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # a Monday, 09:00 in Bishkek
OFFSET_S = 6 * 3600


@dataclass
class Machine:
    """``elapsed``: true seconds; ``skew``: how far the wall clock was set away from them; ``synced``: whether anybody vouches for it."""

    elapsed: int = 0
    skew: timedelta = timedelta()
    synced: bool = True

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.elapsed) + self.skew

    def monotonic(self) -> float:
        return float(self.elapsed)

    def quality(self) -> Quality:
        return Quality.NTP if self.synced and is_date(self.wall()) else Quality.UNSYNCED


@dataclass
class Clocks:
    """A machine and the day's ticks on it. ``closed``: the last day that was, as a box finds it in its tables."""

    machine: Machine = field(default_factory=Machine)
    last: LastTick | None = None
    closed: str | None = None

    def __post_init__(self) -> None:
        self.ticks = TickClock(self.machine)

    @property
    def tick(self) -> int:
        return self.ticks.now()

    @property
    def quality(self) -> Quality:
        return self.machine.quality()

    def reading(self) -> Reading:
        at = self.machine.wall()
        ticks = self.ticks
        return Reading(at, self.quality.trusted, is_date(at), ticks.lost_at, lambda _: OFFSET_S, ticks.woke, lambda: self.closed)

    def wait(self, seconds: int) -> None:
        self.machine.elapsed += seconds

    def jump(self, skew: timedelta) -> None:
        self.machine.skew = skew

    def wrote(self, tick: int, *, opened_day: bool) -> None:
        """Remember the newest line of the journal; a day that was opened begins at tick 0."""
        if opened_day:
            self.ticks.start_day()
        self.last = LastTick(tick, self.machine.wall(), self.quality)

    def restart(self, off_s: int) -> None:
        """Be off for so long; what is known afterwards is what stands in the journal."""
        self.machine.elapsed += off_s
        self.ticks = TickClock(self.machine)
        self.ticks.resume(self.last)
