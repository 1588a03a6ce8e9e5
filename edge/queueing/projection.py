"""The hall run forward by the rule of `ordering`, every visit taking its usual time: when each waiting ticket, and who comes now, is called.

Who will come later and go before is in it: those who booked, each with the chance that they come, and visitors with a right to priority, as many as
usually come at that hour, twice as far ahead as the work that is here lasts. Later ordinary visitors are not: they go behind everybody asked about.

Time runs in seconds of opening hours from the tick of the question; closed hours take none. It is only said, never decided with, hence fractions.
Long because a run is one thing: whoever takes a part of it away reads the rest twice.
"""

from bisect import insort
from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count

from edge.queueing.day import Day, second_at, working_left, working_left_without
from edge.queueing.desk import Desk, DeskId, DeskState
from edge.queueing.expectation import booked_on, comes, expected_in, visit_s
from edge.queueing.hall import Hall
from edge.queueing.hours import DAY_S
from edge.queueing.ordering import standings
from edge.queueing.policy import DeskPlan, Standing
from edge.queueing.ticket import TicketId, TicketState

RESIDUAL = 2 / 3  # of a usual visit: what is left of one that is under way for long, the mean residual life of the lognormal within a tenth
STEP_S = 600  # who comes with a right in so long a time comes as one
FEWEST = 0.01  # visitors in an hour
ALMOST_S = 0.5  # sums of seconds are not exact
LAST = 10**9  # the order of issue of who has no ticket yet


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who would come now: the class and base of the ticket, and the first tick at which it may be called."""

    service: str
    standing: Standing
    base: int
    ready_at: int = 0
    category: str | None = None


Entry = tuple[int, int, float, TicketId | Newcomer | None]  # base, order of issue, seconds of the visit, who; None: those of a flow


@dataclass(slots=True, eq=False)
class _Queue:
    """Entries of one class that the same desks may call, sorted by base and order, which never inverts; those before ``at`` were called."""

    standing: Standing
    is_ordinary: bool
    category: str | None
    entries: list[Entry] = field(default_factory=list)
    at: int = 0


@dataclass(slots=True, eq=False)
class _Desk:
    """``first``: queues of the categories that it is reserved for. ``run`` and ``since`` (free, seconds from now) as in the rule.

    ``breaks``: its own lunch, in seconds from now.
    """

    name: DeskId
    queues: list[_Queue]
    first: list[_Queue]
    overflow_after: int
    reserved: frozenset[str]
    run: int
    since: float
    breaks: list[tuple[float, float]]


class Projection:
    """One run. ``calls``, ``newcomers``: seconds of opening hours until each is called; who is in neither is called by no desk that is open."""

    def __init__(self, hall: Hall, tick: int, newcomers: Sequence[Newcomer] = (), until: TicketId | None = None) -> None:
        self.calls: dict[TicketId, float] = {}
        self.newcomers: dict[Newcomer, float] = {}
        self.spans = working_left(hall.day, hall.policy.calendar, tick) if hall.day and not hall.policy.emergency else []
        self._hall, self._tick, self._until = hall, tick, until
        self._visits: dict[str, float] = {}
        self._queues: dict[tuple[object, ...], _Queue] = {}
        self._later: list[tuple[float, int, _Queue, Entry]] = []
        self._number = count(LAST)
        self._waiting, self._work = 0, 0.0
        self._desks = {desk.name: desk for desk in self._crew()} if self.spans else {}
        self._serving: dict[str, tuple[DeskId, ...]] = {}
        for name in self._desks:
            for code in hall.plan(name).services:
                self._serving[code] = (*self._serving.get(code, ()), name)
        if self._desks and hall.day:
            self._take_waiting()
            work = self._work + sum(self._left(hall.desks[name]) for name in self._desks)
            last = self._tick_after(2 * work / len(self._desks) + STEP_S)
            self._take_flows(hall.day, last)
            self._take_booked(hall.day, last)
            asked = 0
            for each in newcomers:
                queue = self._queue(self.desks_of(each.service), each.standing, each.category)
                asked += queue is not None
                self._put(queue, (each.base, next(self._number), 0.0, each), each.ready_at)
            self._run(asked if newcomers else None)

    def desks_of(self, service: str, to_desk: DeskId | None = None) -> tuple[DeskId, ...]:
        """Return the desks that will call such a ticket."""
        if to_desk is not None:
            return (to_desk,) if to_desk in self._desks else ()
        return self._serving.get(service, ())

    def visit_s(self, service: str) -> float:
        """Return the usual seconds of a visit."""
        found = self._visits.get(service)
        if found is None:
            found = self._visits[service] = visit_s(self._hall.learned, self._hall.policy, service)
        return found

    def _crew(self) -> Iterator[_Desk]:
        """Yield the desks that are open; before the hall opens, all of them."""
        opening = self.spans[0][0] > self._tick
        for name, desk in self._hall.desks.items():
            if desk.state is DeskState.OPEN or (opening and desk.state is DeskState.CLOSED):
                plan = self._hall.plan(name)
                yield _Desk(name, [], [], plan.overflow_after, plan.reserved, desk.run, float(desk.free_since - self._tick), self._breaks(plan))

    def _breaks(self, plan: DeskPlan) -> list[tuple[float, float]]:
        day = self._hall.day
        if not plan.lunch or day is None:
            return []
        there = working_left_without(day, self._hall.policy.calendar, plan.lunch, self._tick)
        edges = [0.0, *(self._from_now(edge) for span in there for edge in span), self._from_now(self.spans[-1][1])]
        return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]

    def _left(self, desk: Desk) -> float:
        """Return how many seconds of the visit at ``desk`` are left on average."""
        ticket = self._hall.at_desk(desk.desk)
        if ticket is None:
            return 0.0
        usual = self.visit_s(ticket.service)
        since = ticket.called_tick if ticket.called_tick is not None else desk.last_move.tick if desk.last_move else self._tick
        return max(usual - (self._tick - since), usual * RESIDUAL)

    def _take_waiting(self) -> None:
        standing, waits = standings(self._hall.policy), TicketState.WAITING
        known: dict[tuple[object, ...], tuple[_Queue | None, float]] = {}
        for each in self._hall.tickets.values():
            if each.state is not waits:
                continue
            own = standing(each)
            key = (each.service, each.to_desk, own.name, each.category)
            found = known.get(key)
            if found is None or (found[0] and found[0].standing is not own):
                found = known[key] = self._queue(self.desks_of(each.service, each.to_desk), own, each.category), self.visit_s(each.service)
            queue, visit = found
            if queue is not None:
                self._waiting += 1
                self._work += visit
                self._put(queue, (each.base, each.order, visit, each.id), each.ready_at)

    def _take_flows(self, day: Day, last: int) -> None:
        """Take those with a right who usually come, all of one queue and ten minutes together."""
        now = second_at(day, self._tick) % DAY_S
        hours = range((now + max(0, self.spans[0][0] - self._tick)) // 3600, (now + last - self._tick) // 3600 + 1)
        together: dict[int, tuple[_Queue, dict[int, float]]] = {}
        for flow in self._hall.learned.flows():
            category = self._hall.policy.categories.get(flow.category)
            queue = self._queue(self.desks_of(flow.service), category.standing, flow.category) if category and not category.proof_first else None
            if queue is not None:
                _, work = together.setdefault(id(queue), (queue, {}))
                for hour, many in zip(hours, expected_in(flow, hours, now // 3600), strict=True):
                    if many > FEWEST:
                        work[hour] = work.get(hour, 0.0) + many * self.visit_s(flow.service) * STEP_S / 3600
        for queue, work in together.values():
            passed = 0
            for start, end in self.spans:
                for tick in range(start + STEP_S // 2, min(end, last), STEP_S):
                    visit = work.get((now + tick - self._tick) // 3600, 0.0)
                    if visit:
                        number = next(self._number)
                        self._later.append((float(passed + tick - start), number, queue, (tick, number, visit, None)))
                passed += end - start

    def _take_booked(self, day: Day, last: int) -> None:
        """Take those who booked for today and are not here yet, each as the part of a visit that the chance to come makes it."""
        policy = self._hall.policy
        ordering = policy.ordering
        known: dict[str, tuple[_Queue | None, float]] = {}
        for due, service in booked_on(self._hall, day):
            if due > last:
                break
            found = known.get(service)
            if found is None:
                code = policy.first_of(service)
                found = (self._queue(self.desks_of(code), ordering.booked, None), comes(self._hall, service) * self.visit_s(code))
                known[service] = found
            queue, visit = found
            self._put(queue, (due, next(self._number), visit, None), max(due - ordering.early, self._tick + 1))

    def _put(self, queue: _Queue | None, entry: Entry, ready_at: int) -> None:
        """Let who may be called already wait, the others come later. ``queue`` None: no desk is open for them."""
        if queue is None:
            return
        if ready_at > self._tick:
            self._later.append((self._from_now(ready_at), next(self._number), queue, entry))
        else:
            queue.entries.append(entry)

    def _queue(self, desks: tuple[DeskId, ...], standing: Standing, category: str | None) -> _Queue | None:
        """Return the queue of these desks and this class; categories that a desk is reserved for have their own."""
        if not desks:
            return None
        ordinary = standing is self._hall.policy.ordering.ordinary
        key = (desks, standing, None if ordinary else category)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(standing, ordinary, None if ordinary else category)
            for name in desks:
                desk = self._desks[name]
                desk.queues.append(queue)
                if queue.category in desk.reserved:
                    desk.first.append(queue)
        return queue

    def _from_now(self, tick: int) -> float:
        """Return the seconds of opening hours until ``tick``."""
        passed = 0
        for start, end in self.spans:
            if tick <= end:
                return float(passed + max(0, tick - start))
            passed += end - start
        return float(passed)

    def _tick_after(self, seconds: float) -> int:
        """Return the tick at which so many seconds of opening hours have passed, at most closing."""
        for start, end in self.spans:
            if seconds <= end - start:
                return start + int(seconds)
            seconds -= end - start
        return self.spans[-1][1]

    def _run(self, asked: int | None) -> None:
        """Let each desk call when it is free, until everybody asked about was called: so many newcomers, None: all who wait."""
        for queue in self._queues.values():
            queue.entries.sort()
        self._later.sort(key=lambda each: each[:2])
        wanted: Sized = self.calls if asked is None else self.newcomers
        most = self._waiting if asked is None else asked
        free = [(self._left(self._hall.desks[name]), name) for name in self._desks]
        heapify(free)
        idle: dict[DeskId, float] = {}
        later, coming = self._later, 0
        offset, span = self.spans[0][0], 0
        cap = self._hall.policy.ordering.cap
        while len(wanted) < most and self._until not in self.calls:
            if coming < len(later) and (not free or later[coming][0] <= free[0][0]):
                self._arrive(later[coming], free, idle)
                coming += 1
                continue
            if not free:
                return
            at, name = heappop(free)
            while span + 1 < len(self.spans) and at + offset > self.spans[span][1]:
                offset += self.spans[span + 1][0] - self.spans[span][1]
                span += 1
            seconds = self._call(self._desks[name], at, int(at) + offset, cap)
            if seconds is None:
                idle[name] = at
            else:
                heappush(free, (at + seconds, name))

    def _arrive(self, coming: tuple[float, int, _Queue, Entry], free: list[tuple[float, DeskId]], idle: dict[DeskId, float]) -> None:
        at, _, queue, entry = coming
        insort(queue.entries, entry, lo=queue.at)
        for name in [name for name in idle if queue in self._desks[name].queues]:
            heappush(free, (max(at, idle.pop(name)), name))

    def _call(self, desk: _Desk, at: float, tick: int, cap: int) -> float | None:
        """Let a free desk call; return for how many seconds that keeps it, None: nobody is there."""
        found, ordinary_waits = _best(desk.first, tick, only_ordinary=False) if desk.first else (None, False)
        if found is None:
            found, ordinary_waits = _best(desk.queues, tick, only_ordinary=desk.run >= cap and not desk.reserved)
            rest = desk.since + desk.overflow_after - at if desk.reserved else 0.0
            if found is not None and rest > ALMOST_S:
                return rest
        if found is None:
            return None
        for start, end in desk.breaks:
            if start <= at < end:
                return end - at
        _, _, visit, who = found.entries[found.at]
        found.at += 1
        if isinstance(who, Newcomer):
            self.newcomers[who] = at
            return 0.0
        if who is not None:
            self.calls[who] = at
        if not desk.reserved:
            desk.run = 0 if found.is_ordinary else desk.run + ordinary_waits
        desk.since = at + visit
        return visit


def _best(queues: Sequence[_Queue], tick: int, *, only_ordinary: bool) -> tuple[_Queue | None, bool]:
    """Return the queue whose first entry the rule calls, and whether an ordinary one waits. ``only_ordinary``: if there is one."""
    if len(queues) == 1:  # the usual desk of a small hall
        only = queues[0]
        return (only, only.is_ordinary) if only.at < len(only.entries) else (None, False)
    best: _Queue | None = None
    top = (0, 0, 0)
    ordinary_waits = False
    for queue in queues:
        if queue.at < len(queue.entries):
            base, order, _, _ = queue.entries[queue.at]
            ordinary = queue.is_ordinary
            points = queue.standing.head + (queue.standing.weight * (tick - base) // 1000 if tick > base else 0)
            place = (-points, base, order)
            if best is None or (place < top if ordinary is best.is_ordinary or not only_ordinary else ordinary):
                best, top = queue, place
            ordinary_waits = ordinary_waits or ordinary
    return best, ordinary_waits
