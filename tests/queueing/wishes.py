"""What a random day asks of a hall: one command after another, mostly sensible, sometimes out of place.

Every draw comes from the one generator that is handed in, in the same order for the same hall, so that a seed is a history.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

from edge.queueing import commands as c
from edge.queueing.chain import instant
from edge.queueing.desk import DeskState, Key
from edge.queueing.hall import Hall
from edge.queueing.registry import Device, Kind, Member, Role
from edge.queueing.ticket import ASIDE, TicketState
from tests.queueing import centre

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MOST_OPEN = 60
CATEGORIES = (None, None, None, "veteran", "disabled", "foreign", "nobility")
SERVICES = ("passport", "passport", "birth", "birth", "address", "visa", "documents")
PAUSES = (0, 0, 0, 1, 2, 3, 8, 20, 60, 240)
SKEWS = (timedelta(), timedelta(hours=-2), timedelta(days=365), datetime(1970, 1, 1, tzinfo=UTC) - START)
WEIGHTS = {
    "issue": 280, "next": 220, "press": 160, "finish": 40, "start": 50, "recall": 30, "no_show": 50, "hold": 45, "resume": 70, "transfer": 50,
    "cancel": 20, "withdraw": 15, "pick": 30, "judge": 40, "undo": 90, "open": 25, "pause": 12, "close": 6, "clock": 4, "settings": 2,
    "day": 1, "registry": 1,
}  # fmt: skip
CUMULATIVE = [sum(list(WEIGHTS.values())[: index + 1]) for index in range(len(WEIGHTS))]
PLAIN: dict[str, Callable[[str], c.Command]] = {
    "next": c.CallNext,
    "finish": c.Finish,
    "start": c.Start,
    "recall": c.Recall,
    "no_show": c.MarkNoShow,
    "cancel": c.Cancel,
    "undo": c.Undo,
    "pause": c.Pause,
    "close": c.Close,
}


class Wishes:
    """Makes commands for a hall. ``stepped``: how far its wall clock was set away from the true time."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._tickets = 0
        self._day = date(2026, 3, 2)

    def pause(self) -> int:
        """Return the seconds until the next command."""
        return self._random.choice(PAUSES)

    def command(self, hall: Hall, tick: int, wall: datetime, stepped: timedelta) -> c.Command:
        """Return what is asked next."""
        if hall.day is None and self._random.random() < 0.2:
            return self.open_day(wall)
        name = self._random.choices(tuple(WEIGHTS), cum_weights=CUMULATIVE)[0]
        match name:
            case "issue":
                return self._issue(hall, tick)
            case "day":
                return self.open_day(wall) if self._random.random() < 0.8 else c.CloseDay()
            case "clock" | "settings" | "registry":
                return self._rare(name, stepped)
            case _:
                return self._at_desk(hall, name, self._recent(hall, tick) if name == "undo" else self._desk(hall))

    def open_day(self, wall: datetime) -> c.OpenDay:
        """Open the next day by name, whatever the clock shows."""
        self._day += timedelta(days=1)
        return c.OpenDay(self._day.isoformat(), instant(wall), "Asia/Bishkek", 6 * 3600)

    def _desk(self, hall: Hall) -> str:
        return self._random.choice((*hall.desks, "9") if self._random.random() < 0.01 else tuple(hall.desks))

    def _recent(self, hall: Hall, tick: int) -> str:
        """Mostly a desk whose last move may still be taken back, if its ticket is where it was."""
        moved = [name for name, desk in hall.desks.items() if desk.last_move and tick - desk.last_move.tick <= 12]
        return self._random.choice(moved) if moved and self._random.random() < 0.9 else self._desk(hall)

    def _issue(self, hall: Hall, tick: int) -> c.Command:
        random = self._random
        if len(hall.tickets) > MOST_OPEN:
            return c.CallNext(self._desk(hall))
        self._tickets += 1
        ticket = f"t{self._tickets}"
        appointment = tick + random.randrange(-2400, 3600) if random.random() < 0.25 else None
        booking = f"b{ticket}" if appointment is not None else None
        service, category = random.choice(SERVICES), random.choice(CATEGORIES)
        return c.Issue(ticket, service, "ky", "kiosk-1", category=category, booking=booking, appointment=appointment)

    def _at_desk(self, hall: Hall, name: str, desk: str) -> c.Command:  # noqa: PLR0911 -- a table
        random = self._random
        match name:
            case "press":
                return c.Press(desk, random.choice((Key.PRESS, Key.PRESS, Key.DOUBLE, Key.HOLD)), random.choice((None, 400, 1499, 1500, 9000)))
            case "hold":
                return c.Hold(desk, random.choice((None, 5)))
            case "resume":
                aside = self._reference(hall, (TicketState.HELD, TicketState.MISSED))
                return c.Resume(desk, aside) if random.random() < 0.8 else c.PutBack(aside, "came back")
            case "transfer":
                if random.random() < 0.5:
                    return c.Transfer(desk, service=random.choice(SERVICES), returns=random.random() < 0.3)
                return c.Transfer(desk, to_desk=self._desk(hall), returns=random.random() < 0.3)
            case "withdraw":
                return c.Withdraw(self._reference(hall, ASIDE), "went home")
            case "pick":
                return c.Pick(desk, self._reference(hall, (TicketState.WAITING,)), "asked by name")
            case "judge":
                return c.JudgeCategory(desk, confirmed=random.random() < 0.5)
            case "open":
                shut = [name for name, found in hall.desks.items() if found.state is not DeskState.OPEN]
                return c.Open(random.choice(shut or [desk]))
            case _:
                return PLAIN[name](desk)

    def _reference(self, hall: Hall, states: tuple[TicketState, ...]) -> str:
        """Name a ticket, mostly one in ``states``, by id or number."""
        wanted = states if self._random.random() < 0.9 else tuple(TicketState)
        found = [ticket for ticket in hall.tickets.values() if ticket.state in wanted]
        if not found:
            return "nobody"
        ticket = self._random.choice(found)
        return self._random.choice((ticket.id, ticket.number))

    def _rare(self, name: str, stepped: timedelta) -> c.Command:
        random = self._random
        if name == "clock":
            target = random.choice(SKEWS) + timedelta(seconds=random.randrange(-60, 61))
            return c.NoteClockStep(round((target - stepped).total_seconds()))
        if name == "settings":
            key = random.choice(tuple(centre.VARIANTS))
            return c.ChangeSettings({key: random.choice(centre.VARIANTS[key])})
        if random.random() < 0.5:
            return c.SetMember(Member(f"p{random.randrange(5)}", "login", random.choice(tuple(Role))))
        return c.RegisterDevice(Device(f"button-{random.randrange(5)}", Kind.BUTTON, random.choice((None, "1", "2"))))
