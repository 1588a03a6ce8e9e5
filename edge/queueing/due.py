"""What is due by itself: the business day, steps of the wall clock, the end of a hold, missed bookings, standby tickets, button-only desks.

Every write settles it first, and a ticker does each second; so does whatever drives the rules without a box. The day ends by ticks alone: a wall
clock that jumps never closes it (`contract/ordering.md`, "Tick").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.queueing import appointments, commands, cutoff, door, roster
from edge.queueing.chain import instant
from edge.queueing.day import Day, ends_at, following, following_workday, is_over, wall
from edge.queueing.decide import Turn, decide
from edge.queueing.hall import Hall
from edge.queueing.hours import DAY_S
from edge.queueing.opening import OVERNIGHT
from edge.queueing.serving import end_holds
from edge.queueing.ticket import TicketState

GONE_S = 5 * 3600  # nothing happened for so long and no desk is open: people went home
STEP = timedelta(seconds=2)  # smaller differences are drift that the next step will show


@dataclass(frozen=True, slots=True)
class Reading:
    """What the box's clocks say at one moment. ``at``: the wall clock, aware UTC; ``trusted``: its time of day, ``dated``: its date may be right.

    ``lost_at``: the tick at which the box was off for nobody knows how long, None when every second of the day was counted; ``woke``: that was just
    now. ``last_closed``: finds the name of the last day that was closed. ``offset_of``: seconds from UTC to the centre's time at an instant.
    """

    at: datetime
    trusted: bool
    dated: bool
    lost_at: int | None
    offset_of: Callable[[datetime], int]
    woke: bool = False
    last_closed: Callable[[], str | None] = lambda: None


def settle(turn: Turn, clock: Reading) -> None:
    """Emit on ``turn`` what is due at its tick."""
    if not turn.hall.policy.centre.id:
        return
    day = turn.hall.day
    if day is None or _ended(turn.hall, day, turn.tick) or _slept(clock, turn.hall, day):
        if day is not None:
            _name_truly(clock, turn, day)
        decide(turn, _opening(clock, turn, turn.hall.day))
    elif clock.trusted:
        by = clock.at - wall(day, turn.tick)
        if abs(by) >= STEP or not day.timed:
            decide(turn, commands.NoteClockStep(round(by.total_seconds())))
    end_holds(turn)
    if clock.dated:  # else nobody knows who is late
        for missed in appointments.due(turn.hall, turn.tick):
            decide(turn, missed)
    for ticket in cutoff.to_release(turn.hall, turn.tick):
        decide(turn, commands.Withdraw(ticket.id, cutoff.RELEASED))
    for command in (*roster.due(turn.hall, turn.tick), *door.due(turn.hall, turn.tick)):
        decide(turn, command)


def _name_truly(clock: Reading, turn: Turn, day: Day) -> None:
    """Give a provisional day that ends under a trusted clock its date, if nobody did: else a name too far ahead would stay so for good."""
    if not day.provisional or not clock.trusted or turn.tick > DAY_S * 3 // 2:  # a box that was away for days cannot tell which of them it was
        return
    middle = clock.at - timedelta(seconds=turn.tick // 2)
    name, after = (middle + timedelta(seconds=clock.offset_of(middle))).date().isoformat(), clock.last_closed()
    if name != day.day and (after is None or name > after):
        decide(turn, commands.ConfirmDay(name, after))


def opening(name: str, at: datetime, tz: str, utc_offset: int, *, provisional: bool, timed: bool | None = None) -> commands.OpenDay:
    """Return the command that opens the day ``name`` at the instant ``at``. ``timed``: as in `commands.OpenDay`."""
    return commands.OpenDay(name, instant(at), tz, utc_offset, provisional=provisional, timed=timed)


def _ended(hall: Hall, day: Day, tick: int) -> bool:
    """Tell whether the day is over.

    While nobody knows the time its midnight may be noon: it is over when people have worked and gone, and after its midnight once the last desk is
    closed, or half a day later.
    """
    end = ends_at(day)
    if day.timed:
        return tick >= end
    if roster.staffed(hall):
        return tick >= end + DAY_S // 2
    return tick >= end or (hall.issued > 0 and tick - hall.tick >= GONE_S)


def _slept(clock: Reading, hall: Hall, day: Day) -> bool:
    """Tell whether the box was probably off over a night: it was switched off after hours with nobody there, and has no clock that could tell."""
    if clock.lost_at is None or not clock.woke or clock.trusted:
        return False
    over = is_over(day, hall.policy.calendar, clock.lost_at) if day.timed else hall.issued > 0 and not roster.staffed(hall)
    if not over:
        return False
    waits_on = OVERNIGHT if hall.policy.calendar.keep_overnight else ()
    return all(ticket.state in (TicketState.MISSED, *waits_on) for ticket in hall.tickets.values())


def _opening(clock: Reading, turn: Turn, before: Day | None) -> commands.OpenDay:
    """The next day: the local date if the clock is trusted and has moved on, else the day after the last, provisional.

    With an untrusted clock the time of day goes on as it was counted; after a sleep nobody knows it, and the day is the next one of work.
    """
    at, tz = clock.at, turn.hall.policy.centre.tz
    today = (at + timedelta(seconds=clock.offset_of(at))).date().isoformat()
    if clock.trusted:
        name = today if before is None or today > before.day else following(before.day)
        return opening(name, at, tz, clock.offset_of(at), provisional=False)
    if before is None:  # nobody vouches for the time, and nothing speaks against it
        return opening(today, at, tz, clock.offset_of(at), provisional=True, timed=clock.dated)
    if clock.lost_at is None:
        counted = wall(before, turn.tick) if before.timed else at
        return opening(following(before.day), counted, tz, clock.offset_of(counted), provisional=True, timed=before.timed)
    slept = _slept(clock, turn.hall, before)
    name = following_workday(before.day, turn.hall.policy.calendar) if slept else following(before.day)
    return opening(name, at, tz, clock.offset_of(at), provisional=True)
