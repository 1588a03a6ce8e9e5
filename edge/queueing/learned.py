"""What the hall learned of itself, rebuilt in event order by `evolve`: how long visits take, how far its estimates were out, who comes with a right.

Integers only, so that a replay gives the same. Nothing here decides who is called. A lesson is taken from a desk's move when the next one takes
its place: then nobody can take it back any more. Tickets of releases that made no such estimates (`expected` None) teach nothing.

Sources: shrunken mean, and quantiles of actual / estimate per cell as conformal prediction (Vovk et al.); the tails follow what was missed
(Gibbs & Candès 2021, "Adaptive conformal inference under distribution shift").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from edge.queueing.desk import LastMove
from edge.queueing.policy import Policy
from edge.queueing.ticket import AT_DESK, Ticket, TicketState

DEFAULT_MINUTES = 10  # of a service that the centre no longer has
CHANGEOVER_S = 30  # from one visitor's leaving to the next one's sitting down, before anything was measured
PRIOR = 20  # visits that the centre's own word for a service is worth
MEMORY = 200  # visits after which older ones begin to count less
TRIMMED = 3  # times the mean: one visit in fifty takes longer, and counts as this

WINDOW = 400  # waits that a cell remembers
SHIFT_S = 60  # added to both sides of the ratio, so that an estimate of a few seconds has one
BELOW, ABOVE = 100_000, 90_000  # parts per million: waits that should be shorter, and longer; to be late is worse
PACE = 5  # thousandths of a miss that a tail learns from it
FASTEST = 3  # times that, where only some of a day's waits teach
LEAST_TAIL, MOST_TAIL = -250_000, 250_000  # below 0: beyond what was ever seen
KEPT_A_DAY = 20  # of one cell: the waits of a day have their luck in common, so many of one day teach little more

HOURS = 24
DAYS = 10  # days after which older ones begin to count less


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a visit of one service keeps a desk, from the call on: weight of what was seen, its mean, and the mean of its squares (s²)."""

    service: str
    count: int = 0
    mean_ms: int = 0
    square: int = 0

    @property
    def key(self) -> str:
        """Return the name of the lesson's row."""
        return f"pace:{self.service}"


@dataclass(frozen=True, slots=True)
class Cell:
    """Waits of one class of tickets whose estimate fell into one bin: actual / estimate in permille, newest last; both tails in parts per million.

    Only each ``stride``-th of those ``today`` teaches, so that the window has several weeks in it and not the luck of one.
    """

    name: str
    ratios: tuple[int, ...] = ()
    below: int = BELOW
    above: int = ABOVE
    stride: int = 1
    today: int = 0

    @property
    def key(self) -> str:
        """Return the name of the lesson's row."""
        return f"cell:{self.name}"


@dataclass(frozen=True, slots=True)
class Flow:
    """Walk-ins of one service and category by local hour of their coming: ``today``, and thousandths of one on a usual day."""

    service: str
    category: str
    days: int = 0
    usual: tuple[int, ...] = (0,) * HOURS
    today: tuple[int, ...] = (0,) * HOURS

    @property
    def key(self) -> str:
        """Return the name of the lesson's row."""
        return f"flow:{self.service}:{self.category}"


Lesson = Pace | Cell | Flow


@dataclass(frozen=True, slots=True)
class Learned:
    """Lessons by their keys."""

    lessons: Mapping[str, Lesson] = field(default_factory=dict)

    def pace(self, service: str) -> Pace:
        """Return what is known of a service's visits."""
        found = self.lessons.get(f"pace:{service}")
        return found if isinstance(found, Pace) else Pace(service)

    def cell(self, name: str) -> Cell:
        """Return what is known of a cell."""
        found = self.lessons.get(f"cell:{name}")
        return found if isinstance(found, Cell) else Cell(name)

    def cells(self) -> Iterator[Cell]:
        """Return every cell in which something was learned."""
        return (each for each in self.lessons.values() if isinstance(each, Cell))

    def flows(self) -> Iterator[Flow]:
        """Return every flow of visitors with a right."""
        return (each for each in self.lessons.values() if isinstance(each, Flow))

    def taught(self, *lessons: Lesson) -> "Learned":
        """Return all lessons with these in their places."""
        return Learned({**self.lessons, **{lesson.key: lesson for lesson in lessons}})


def visit_ms(learned: Learned, policy: Policy, service: str) -> int:
    """Return the milliseconds that a visit keeps a desk: (n x̄ + 20 μ0) / (n + 20), μ0 the centre's own word."""
    pace = learned.pace(service)
    return (pace.count * pace.mean_ms + PRIOR * 1000 * said_s(policy, service)) // (pace.count + PRIOR)


def said_s(policy: Policy, service: str) -> int:
    """Return the seconds that the settings give a visit, with the change of visitors."""
    known = policy.services.get(service)
    return (known.minutes if known else DEFAULT_MINUTES) * 60 + CHANGEOVER_S


def from_move(learned: Learned, policy: Policy, move: LastMove, worked: "Worked") -> list[Lesson]:
    """Return what a desk's move teaches that stands for good. ``worked``: opening hours between two ticks, in seconds."""
    found: dict[str, Lesson] = {}
    for step in move.steps:
        ticket = step.ticket
        if ticket.expected is None:
            continue
        if step.led_to is TicketState.CALLED and ticket.state is TicketState.WAITING and ticket.called_tick is None and ticket.cell:
            lesson: Lesson = _waited(learned.cell(ticket.cell), ticket, worked(ticket.arrival, move.tick))
        elif ticket.called_tick is not None and ticket.state in AT_DESK and step.led_to not in AT_DESK:
            lesson = _visited(learned, policy, ticket.service, move.tick - ticket.called_tick)
        else:
            continue
        found[lesson.key] = lesson
    return list(found.values())


def _waited(cell: Cell, ticket: Ticket, actual_s: int) -> Cell:
    today = cell.today + 1
    if today % cell.stride:
        return replace(cell, today=today)
    return replace(
        cell,
        ratios=(*cell.ratios[-(WINDOW - 1) :], 1000 * (actual_s + SHIFT_S) // ((ticket.expected or 0) + SHIFT_S)),
        today=today,
        below=_tail(cell, cell.below, BELOW, missed=actual_s < (ticket.earliest or 0)),
        above=_tail(cell, cell.above, ABOVE, missed=actual_s > (ticket.latest or 0)),
    )


def _tail(cell: Cell, tail: int, wanted: int, *, missed: bool) -> int:
    """Return the tail with its part of what a miss (1) or none (0) is off what is wanted, within bounds."""
    pace = PACE * min(FASTEST, cell.stride)
    return max(LEAST_TAIL, min(MOST_TAIL, tail + pace * (wanted - 1_000_000 * missed) // 1000))


def _visited(learned: Learned, policy: Policy, service: str, seconds: int) -> Pace:
    pace = learned.pace(service)
    milli = min(seconds * 1000, TRIMMED * visit_ms(learned, policy, service))
    count = min(pace.count + 1, MEMORY)
    mean = pace.mean_ms + (milli - pace.mean_ms) // count
    square = pace.square + (milli * milli // 1_000_000 - pace.square) // count
    return Pace(service, count, mean, square)


def came(learned: Learned, service: str, category: str, hour: int) -> Flow:
    """Return the flow with one more walk-in of this category in the local hour of today."""
    key = f"flow:{service}:{category}"
    flow = learned.lessons.get(key)
    if not isinstance(flow, Flow):
        flow = Flow(service, category, days=max((each.days for each in learned.flows()), default=0))
    return replace(flow, today=(*flow.today[:hour], flow.today[hour] + 1, *flow.today[hour + 1 :]))


def after_day(learned: Learned) -> list[Lesson]:
    """Return the flows with today counted into the usual day, and the cells ready for tomorrow. Not for a day on which nobody came."""
    folded: list[Lesson] = [replace(cell, stride=max(1, cell.today // KEPT_A_DAY), today=0) for cell in learned.cells() if cell.today]
    for flow in learned.flows():
        days = min(flow.days + 1, DAYS)
        usual = tuple(mean + (1000 * seen - mean) // days for mean, seen in zip(flow.usual, flow.today, strict=True))
        folded.append(Flow(flow.service, flow.category, days, usual))
    return folded


class Worked:
    """Opening hours of one day between two ticks. ``spans``: in ticks, in order; what is done after the last of them counts as work, too."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans = [*spans[:-1], (spans[-1][0], 10**9)] if spans else []

    def __call__(self, start: int, end: int) -> int:
        """Return the seconds."""
        return sum(max(0, min(end, last) - max(start, first)) for first, last in self._spans)
