"""When each of the three things that the link does is due next: greeting, pushing, pulling. Monotonic seconds; no thread, no clock of its own.

A server that cannot take a batch must not keep bookings from coming, so each has its own failures; a line that is dead is dead for all.
"""

from dataclasses import dataclass, field, replace

from edge.sync.answers import LONGEST_URGENT_S, Judgement, Kind, Waits

FOR_ALL = (Kind.CREDENTIAL, Kind.CONFIGURATION, Kind.VERSION)


@dataclass
class Lane:
    """``due``: not before then. ``failure``: the last attempt's, None: it was well. ``failed_at``: when. ``in_row``: failures since it was well."""

    name: str
    waits: Waits = field(default_factory=Waits)
    due: float = 0.0
    failure: Judgement | None = None
    failed_at: float = 0.0
    in_row: int = 0

    @property
    def is_cut_off(self) -> bool:
        """Tell whether the last attempt found nobody at all."""
        return self.failure is not None and (self.failure.kind in FOR_ALL or (self.failure.kind is Kind.TRANSIENT and not self.failure.status))

    def failed(self, judgement: Judgement, now: float, *, urgent: bool) -> float:
        """The attempt brought nothing; return when the next is due."""
        self.failure, self.failed_at = judgement, now
        self.in_row += 1
        self.due = now + self.waits.after(judgement, urgent=urgent)
        return self.due

    def hurry(self) -> None:
        """A booking waits since this failed: do not wait longer than the contract allows."""
        if self.failure is not None and self.failure.kind not in FOR_ALL and not self.failure.retry_after_s:
            self.due = min(self.due, self.failed_at + LONGEST_URGENT_S)


class Lanes:
    """The three of them."""

    def __init__(self) -> None:
        self.greet, self.push, self.pull = Lane("greet"), Lane("push"), Lane("pull")

    def all(self) -> tuple[Lane, ...]:
        """Return them in the order in which they are served when all are due."""
        return self.greet, self.pull, self.push

    def failed(self, lane: Lane, judgement: Judgement, now: float, *, urgent: bool) -> None:
        """Count a failure of one, and let the others wait as long when it is none of its own."""
        due = lane.failed(judgement, now, urgent=urgent)
        if lane.is_cut_off:
            for other in self.all():
                other.due = max(other.due, due)

    def well(self, lane: Lane, due: float, now: float) -> None:
        """An attempt of one brought something; what had to wait with it goes on, too."""
        was_cut_off = lane.is_cut_off
        lane.failure, lane.due, lane.in_row = None, due, 0
        lane.waits.well()
        for other in self.all():
            if other is not lane and was_cut_off and (other.failure is None or other.is_cut_off):
                other.due = min(other.due, now)

    def hurry(self) -> None:
        """A booking or a slot's event waits."""
        for lane in self.all():
            lane.hurry()

    def now(self) -> None:
        """A person wants an attempt at once, or what was wrong may be mended."""
        for lane in self.all():
            lane.due = 0.0
            lane.waits.well()

    def next(self, *, greeted: bool, pending: bool) -> Lane:
        """Return what is due first: nothing but the greeting until the server knows us, no push without lines."""
        lanes = [self.greet, *([self.pull] if greeted else []), *([self.push] if greeted and pending else [])]
        return min(lanes, key=lambda lane: (lane.due, lane.failure is None))


def not_compacted(judgement: Judgement) -> Judgement:
    """Return what 410 means where nothing can be compacted: whoever answers is no national server."""
    return replace(judgement, kind=Kind.CONFIGURATION) if judgement.kind is Kind.COMPACTED else judgement
