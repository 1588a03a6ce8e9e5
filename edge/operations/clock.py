"""Time: the wall clock with its quality for people, the monotonic clock for ticks.

Nothing is ever ordered by the wall clock. `TickClock` turns the monotonic clock into the day's ticks and never goes back.
"""

import ctypes
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from edge import __released__

RELEASED = datetime.fromisoformat(f"{__released__}T00:00:00+00:00")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)  # no box was at work before
IMPOSSIBLE = datetime(2069, 1, 1, tzinfo=UTC)  # what a clock chip with a dead battery shows, when it does not show 1970


def is_date(at: datetime) -> bool:
    """Tell whether a wall clock that shows ``at`` may know the date; whether it can be trusted is another matter (`Quality`)."""
    return FIRST <= at < IMPOSSIBLE


def local(tz: str, at: datetime) -> datetime:
    """Return the aware instant ``at`` on the clocks of the zone ``tz``."""
    return at.astimezone(ZoneInfo(tz))


def utc_offset(tz: str, at: datetime) -> int:
    """Return the seconds from UTC to the local time of ``tz`` at an aware instant."""
    offset = local(tz, at).utcoffset()
    return int(offset.total_seconds()) if offset else 0


class Quality(StrEnum):
    """How far the wall clock can be trusted; the words of `contract/national.md`."""

    NTP = "ntp"
    RTC = "rtc"
    HOLDOVER = "holdover"
    UNSYNCED = "unsynced"

    @property
    def trusted(self) -> bool:
        """Tell whether durations across a restart may be read off this clock."""
        return self in (Quality.NTP, Quality.RTC)


class Clock(Protocol):
    """The one source of time; tests bring their own."""

    def wall(self) -> datetime:
        """Return the aware UTC instant, whole milliseconds."""

    def monotonic(self) -> float:
        """Return seconds that never go back while the process lives."""

    def quality(self) -> Quality:
        """Return how far `wall` can be trusted now."""


class Waiter(Protocol):
    """How a thread waits for its next round; a test lets rounds pass without time."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait ``seconds`` of monotonic time or until ``stop``; tell whether it was the stop."""


class SystemWaiter:
    """Waits for real; a step of the wall clock neither shortens nor lengthens it."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait on the event, whose time-out is monotonic."""
        return stop.wait(seconds)


class SystemClock:
    """The machine's clocks. Synchronised as the kernel says (`adjtimex`), else a real-time clock chip, else unsynced.

    ``not_before``: an instant that was surely reached, as the newest line of the journal.
    """

    _STA_UNSYNC = 0x0040

    def __init__(self, not_before: datetime = RELEASED, rtc: Path = Path("/sys/class/rtc/rtc0")) -> None:
        self._not_before = max(not_before, RELEASED)
        self._has_rtc = rtc.exists()
        self._libc = ctypes.CDLL(None, use_errno=True)

    def wall(self) -> datetime:
        """Read the wall clock."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """Read the monotonic clock."""
        return time.monotonic()

    def quality(self) -> Quality:
        """Ask the kernel; whatever it says, a clock that shows the impossible is not trusted."""
        if not self._not_before <= self.wall() < IMPOSSIBLE:
            return Quality.UNSYNCED
        buffer = ctypes.create_string_buffer(256)  # struct timex is 208 bytes on 64 bit; modes = 0 only reads
        state = self._libc.adjtimex(buffer)
        status = ctypes.c_int.from_buffer(buffer, 40).value
        if state >= 0 and not status & self._STA_UNSYNC:
            return Quality.NTP
        return Quality.RTC if self._has_rtc else Quality.UNSYNCED


@dataclass(frozen=True, slots=True)
class LastTick:
    """The last tick in the journal, the wall clock beside it, and how good that was."""

    tick: int
    at: datetime
    clock: Quality


class TickClock:
    """Ticks of the open day (`contract/ordering.md`): the monotonic clock, plus the wall-clock gap over a restart if both ends are trusted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._zero = clock.monotonic()
        self._lost_at: int | None = None
        self._woke = False

    def resume(self, last: LastTick | None, *, same_boot: bool = False) -> None:
        """Go on after a restart; without trust on both sides not one second is guessed. ``same_boot``: the machine itself ran on meanwhile."""
        gap = 0.0
        known = last is None or (last.clock.trusted and self._clock.quality().trusted)
        if last and known:
            gap = max(0.0, (self._clock.wall() - last.at).total_seconds())
        self._lost_at = None if known or same_boot or last is None else last.tick
        self._woke = self._lost_at is not None
        self._zero = self._clock.monotonic() - (last.tick if last else 0) - gap

    def start_day(self) -> None:
        """Make this moment tick 0."""
        self._lost_at = None
        self._woke = False
        self._zero = self._clock.monotonic()

    def not_before(self, tick: int) -> None:
        """Never show less than ``tick`` from now on."""
        self._zero = min(self._zero, self._clock.monotonic() - tick)

    @property
    def lost_at(self) -> int | None:
        """Return the tick at which the box was off for nobody knows how long, None when every second of the open day was counted."""
        return self._lost_at

    @property
    def woke(self) -> bool:
        """Tell whether the box has just come back from being off for nobody knows how long, and nothing was settled since."""
        return self._woke

    def settled(self) -> None:
        """What was due when the box came back is done: from now on only what happens counts."""
        self._woke = False

    def now(self) -> int:
        """Return the current tick."""
        return max(0, int(self._clock.monotonic() - self._zero))
