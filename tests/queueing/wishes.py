"""What a random day asks of a hall: one command after another, mostly sensible, sometimes out of place.

Every draw comes from the one generator that is handed in, in the same order for the same hall, so that a seed is a history.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from edge.queueing import commands as c
from edge.queueing import due
from edge.queueing.booking import BookingState, slot_id
from edge.queueing.day import instant_of
from edge.queueing.desk import DeskState, Key
from edge.queueing.hall import Hall
from edge.queueing.registry import Device, Kind, Member, Role
from edge.queueing.ticket import ASIDE, TicketState
from tests.queueing import centre
from tests.queueing.clocks import OFFSET_S, START, Clocks

MOST_OPEN = 30
CATEGORIES = (None, None, None, "veteran", "disabled", "foreign", "nobility")
SERVICES = ("passport", "passport", "birth", "birth", "address", "visa", "documents", "removal")
BOOKABLE = (*["address"] * 4, *["visa"] * 6, "passport", "nothing")
GRID_S = 900
PEOPLE = 20
CODES = "ABCDEFGHJKLM", "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PAUSES = (0, 0, 0, 1, 2, 3, 8, 20, 60, 240)
SKEWS = (*[timedelta()] * 8, timedelta(hours=-2), timedelta(hours=-2), timedelta(days=365), datetime(1970, 1, 1, tzinfo=UTC) - START)
WEIGHTS = {
    "issue": 280, "next": 220, "press": 160, "finish": 40, "start": 50, "recall": 30, "no_show": 50, "hold": 45, "resume": 70, "transfer": 50,
    "cancel": 20, "withdraw": 15, "pick": 30, "judge": 40, "undo": 90, "open": 25, "pause": 12, "close": 6, "clock": 4, "settings": 5,
    "day": 1, "registry": 1, "tick": 60, "restart": 4, "trust": 2, "book": 60, "unbook": 12, "rebook": 20, "check_in": 60, "add_step": 15,
    "judge_waiting": 15, "promise": 25, "print": 2, "key_in": 8,
}  # fmt: skip
TIMELY = ("promise", "restart", "trust", "book", "unbook", "rebook", "check_in", "day")
DATED = ("calendar", "bookings", "desks", "promises")  # settings with hours and dates in them
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


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock is set so far away from the true time."""

    skew: timedelta


@dataclass(frozen=True, slots=True)
class Trust:
    """The time server is found, or lost."""

    synced: bool


@dataclass(frozen=True, slots=True)
class Restart:
    """The box is off for so long."""

    off_s: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Nobody asks for anything: the ticker's round."""


@dataclass(frozen=True, slots=True)
class Look:
    """The minute in which promises that do not hold are raised."""


Wish = c.Command | Jump | Trust | Restart | Tick | Look


@dataclass(slots=True)
class Known:
    """What a box finds in its tables and no hall has: the slips keyed in by day, the codes that were given."""

    keyed: set[tuple[str, str]] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)


class Wishes:
    """Makes wishes for a hall. ``names``: what ids begin with. ``timeless``: only what the wall clock has no say in."""

    def __init__(self, random: Random, known: Known, *, names: str = "", timeless: bool = False) -> None:
        self._random = random
        self._known = known
        self._names = names
        self._timeless = timeless
        self._made = 0

    def pause(self, *, idle: bool) -> int:
        """Return the seconds until the next wish; an ``idle`` hall waits longer."""
        return self._random.choice(PAUSES) if not idle or self._random.random() < 0.6 else 1800

    def wish(self, hall: Hall, clocks: Clocks) -> Wish:  # noqa: PLR0911 -- a table
        """Return what is asked or happens next."""
        name = self._random.choices(tuple(WEIGHTS), cum_weights=CUMULATIVE)[0]
        if self._timeless and name in TIMELY:
            return Tick()
        match name:
            case "issue":
                return self._issue(hall, clocks.tick)
            case "tick":
                return Tick()
            case "promise":
                return Look()
            case "print":
                return c.PrintBlock(self._random.choice((1, 20, 100)))
            case "key_in":
                return self._key_in(hall, clocks.tick)
            case "restart":
                return Restart(self._random.choice((0, 1, 20, 300, 7200, 50_000)))
            case "clock":
                return Jump(self._random.choice(SKEWS) + timedelta(seconds=self._random.randrange(-60, 61)))
            case "trust":
                return Trust(synced=self._random.random() < 0.8)
            case "book" | "unbook" | "rebook" | "check_in":
                return self._appointment(hall, clocks, name)
            case "day" | "settings" | "registry":
                return self._rare(hall, clocks, name)
            case _:
                return self._at_desk(hall, name, self._recent(hall, clocks.tick) if name == "undo" else self._desk(hall))

    def _key_in(self, hall: Hall, tick: int) -> c.Command:
        """Some slips of paper, mostly such as nobody keyed in today; one of them may be no slip at all."""
        random = self._random
        letter = random.choice(list(hall.blocks) or ["Z"])
        day = hall.day.day if hall.day else ""
        free = [f"{letter}{count:03}" for count in range(1, hall.blocks.get(letter, 0) + 1) if (day, f"{letter}{count:03}") not in self._known.keyed]
        numbers = random.sample(free, min(len(free), random.choice((1, 2, 4)))) or [f"{letter}900"]
        if random.random() < 0.05:
            numbers.append(random.choice((numbers[0], "Z999", "A001")))
        self._made += len(numbers)
        slips = tuple(
            c.Slip(f"{self._names}t{self._made - place}", number, random.choice(SERVICES), random.choice(CATEGORIES))
            for place, number in enumerate(numbers)
        )
        return c.KeyIn(slips, tick - random.choice((-60, 0, 30, 600, 7200)), "ky")

    def _appointment(self, hall: Hall, clocks: Clocks, name: str) -> c.Command:
        random = self._random
        reading = clocks.reading()
        at = instant_of(hall.day, clocks.tick) if hall.day and random.random() < 0.95 else reading.at
        if name == "book":
            self._made += 1
            person, service = f"person-{random.randrange(PEOPLE)}", random.choice(BOOKABLE)
            code = self._code()
            slot = self._slot(service, at)
            return c.Book(f"{self._names}b{self._made}", code, service, slot, person, "ky", "kiosk-1", OFFSET_S, dated=reading.dated)
        booking = random.choice(list(hall.bookings) or ["nothing"]) if random.random() < 0.98 else "nothing"
        if name == "unbook":
            return c.CancelBooking(booking, random.choice(("visitor", "staff")))
        if name == "rebook":
            service = hall.bookings[booking].service if booking in hall.bookings else "visa"
            return c.Reschedule(booking, self._slot(service, at), OFFSET_S, dated=reading.dated)
        self._made += 1
        near = [each for each, kept in hall.bookings.items() if kept.state is not BookingState.CHECKED_IN and kept.start < at + timedelta(hours=2)]
        booking = random.choice(near or [booking])
        by_staff, expired = random.random() < 0.1, random.random() < 0.3
        return c.CheckIn(
            booking, f"{self._names}t{self._made}", "kiosk-1", random.choice(CATEGORIES[:5]), expired=expired, by_staff=by_staff, dated=reading.dated
        )

    def _code(self) -> str:
        """Return a code that no booking ever had, as a box does."""
        while (code := self._random.choice(CODES[0]) + "".join(self._random.choice(CODES[1]) for _ in range(5))) in self._known.codes:
            pass
        self._known.codes.add(code)
        return code

    def _slot(self, service: str, at: datetime) -> str:
        """Name a slot: mostly one of the next hours, so that it is soon full and its day comes; sometimes one that is none."""
        random = self._random
        ahead = random.choice((0, 1, 1, 1, 1, 2, 2, 3, 4, 96, 300, 1400))
        seconds = (int(at.timestamp()) // GRID_S + ahead) * GRID_S + (300 if random.random() < 0.02 else 0)
        return slot_id(service if random.random() < 0.98 else "visa", datetime.fromtimestamp(seconds, tz=UTC))

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
        self._made += 1
        ticket = f"{self._names}t{self._made}"
        appointment = tick + random.randrange(-2400, 3600) if random.random() < 0.1 else None
        booking = f"b{ticket}" if appointment is not None else None
        service, category = random.choice(SERVICES), random.choice(CATEGORIES)
        return c.Issue(ticket, service, "ky", "kiosk-1", category=category, booking=booking, appointment=appointment)

    def _next_day(self, hall: Hall, clocks: Clocks) -> c.Command:
        """A person vouches for a date: of a provisional day, or of the clock when it shows a day after the one that is open."""
        at, day = clocks.reading().at, hall.day
        shown = (at + timedelta(seconds=OFFSET_S)).date()
        if day is None or day.provisional or shown.isoformat() <= day.day:
            name = shown + timedelta(days=self._random.choice((-1, 0, 0, 0, 1)))
            return c.ConfirmDay(name.isoformat(), after=clocks.closed)
        return due.opening(shown.isoformat(), at, "Asia/Bishkek", OFFSET_S, provisional=False)

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
            case "judge_waiting":
                named, confirmed = self._reference(hall, (TicketState.WAITING,)), random.random() < 0.6
                return c.JudgeWaiting(desk, named, confirmed) if random.random() < 0.5 else c.JudgeInHall(named, confirmed, "seen in the hall")
            case "add_step":
                return c.AddStep(desk, random.choice(SERVICES))
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

    def _rare(self, hall: Hall, clocks: Clocks, name: str) -> c.Command:
        random = self._random
        if name == "day":
            return self._next_day(hall, clocks)
        if name == "settings":
            key = random.choice([key for key in centre.VARIANTS if not self._timeless or key not in DATED])
            usual, variants = centre.VARIANTS[key][0], centre.VARIANTS[key]
            return c.ChangeSettings({key: usual if random.random() < 0.5 else random.choice(variants)})
        if random.random() < 0.5:
            return c.SetMember(Member(f"p{random.randrange(5)}", "login", random.choice(tuple(Role))))
        return c.RegisterDevice(Device(f"button-{random.randrange(5)}", Kind.BUTTON, random.choice((None, "1", "2"))))
