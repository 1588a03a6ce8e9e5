"""The ordering rule, written again from `contract/ordering.md` alone, to judge a real journal call by call.

It shares no code with the server. Bookings are not part of it yet: a journal that has one is refused, never judged wrongly.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.chain import Line

ORDINARY = ("order", 1000, 0)
MISSED_PAUSE = 60
DESK_ACTIONS = {"recalled", "started", "finished", "no_show", "held", "resumed", "transferred", "cancelled", "category", "called"}


@dataclass
class Visit:
    """A ticket as the rule sees it."""

    ticket: str
    number: str
    order: int
    service: str
    category: str | None
    base: int
    state: str = "waiting"
    confirmed: bool | None = None
    returned: bool = False
    transferred: bool = False
    eligible: int = 0
    only_desk: str | None = None
    held_at: int = 0


@dataclass
class Counter:
    """A desk as the rule sees it. ``run`` as the contract defines it."""

    services: frozenset[str]
    reserved: frozenset[str]
    overflow_after: int
    is_open: bool = False
    run: int = 0
    free_since: int = 0
    ticket: str | None = None


@dataclass(frozen=True)
class Verdict:
    """Whom the rule calls: the winner, the possible words for why, the best three scores."""

    ticket: str
    whys: frozenset[str]
    scores: tuple[tuple[str, int], ...]


@dataclass
class Replay:
    """Walks a journal; ``faults`` collects one sentence for each call that the rule does not explain."""

    visits: dict[str, Visit] = field(default_factory=dict)
    desks: dict[str, Counter] = field(default_factory=dict)
    categories: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ordering: Mapping[str, Any] = field(default_factory=dict)
    issued: int = 0
    tick: int = 0
    calls: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _before: dict[str, tuple[Visit, str, Counter]] = field(default_factory=dict)

    def feed(self, lines: Iterable[Line]) -> "Replay":
        """Apply lines in order; returns itself."""
        for line in lines:
            body = json.loads(line["payload"])
            self._advance(line, body)
            kind, _, what = line["type"].partition(".")
            if line["type"] == "ticket.undone":
                self._undo(body)
            elif kind == "ticket" and what in DESK_ACTIONS:
                self._move(line, what, body)
            else:
                self._other(line["type"], body)
        return self

    def choose(self, name: str, tick: int) -> Verdict | None:
        """Return whom the rule calls for a desk at a tick."""
        desk = self.desks[name]
        pool = [visit for visit in self.visits.values() if self._may(desk, name, visit) and visit.eligible <= tick]
        if desk.reserved:
            first = [visit for visit in pool if visit.category in desk.reserved and self._counts(visit)]
            pool = first or (pool if tick - desk.free_since >= desk.overflow_after else [])
        ordinary = [visit for visit in pool if self._standing(visit) == self._ordinary()]
        capped = bool(ordinary) and not desk.reserved and desk.run >= self.ordering.get("cap", 3)
        ranked = sorted(ordinary if capped else pool, key=lambda visit: (-self._score(visit, tick), visit.base, visit.order))
        if not ranked:
            return None
        whys = frozenset(["run-cap"]) if capped else frozenset(self._words(ranked[0]))
        return Verdict(ranked[0].ticket, whys, tuple((visit.ticket, self._score(visit, tick)) for visit in ranked[:3]))

    def _advance(self, line: Line, body: Mapping[str, Any]) -> None:
        if "tick" not in body:
            return
        if line["type"] != "day.opened" and body["tick"] < self.tick:
            self.faults.append(f"seq {line['seq']}: tick {body['tick']} is before {self.tick}")
        self.tick = body["tick"]

    def _other(self, type_: str, body: Mapping[str, Any]) -> None:
        match type_:
            case "setting.changed":
                self._set(body["key"], body["value"])
            case "day.opened":
                self.visits, self.issued, self.tick = {}, 0, body.get("tick", 0)
                for desk in self.desks.values():
                    desk.run, desk.free_since, desk.ticket = 0, 0, None
            case "ticket.issued":
                assert body["booking"] is None, "bookings are not judged here yet"
                self.issued += 1
                base = max(body["tick"], body.get("opens") or 0)
                self.visits[body["ticket"]] = Visit(body["ticket"], body["number"], self.issued, body["service"], body["category"], base)
            case "desk.opened":
                self.desks[body["desk"]].is_open = True
                self.desks[body["desk"]].free_since = body["tick"]
            case "desk.paused" | "desk.closed":
                self.desks[body["desk"]].is_open = False
            case _:
                pass  # devices, staff, clock steps: nothing that the rule looks at

    def _set(self, key: str, value: Any) -> None:
        if key == "desks":
            for entry in value:
                fresh = Counter(frozenset(entry["services"]), frozenset(entry.get("reserved", ())), entry.get("overflow_after", 0))
                old = self.desks.get(entry["desk"])
                if old:
                    fresh = Counter(fresh.services, fresh.reserved, fresh.overflow_after, old.is_open, old.run, old.free_since, old.ticket)
                self.desks[entry["desk"]] = fresh
        elif key == "categories":
            self.categories = {entry["code"]: entry for entry in value}
        elif key == "ordering":
            self.ordering = value

    def _move(self, line: Line, what: str, body: Mapping[str, Any]) -> None:
        visit = self.visits[body["ticket"]]
        name = body.get("desk")
        if name is None:  # cancelled by nobody's desk
            visit.state = "cancelled"
            return
        desk = self.desks[name]
        if what == "called":
            self._judge(line, body, visit, desk)
        self._before[line["id"]] = (deepcopy(visit), name, deepcopy(desk))
        self._apply(what, body, visit, desk)

    def _judge(self, line: Line, body: Mapping[str, Any], visit: Visit, desk: Counter) -> None:
        name = f"seq {line['seq']}: desk {body['desk']} called {visit.number}"
        self.calls.append(visit.ticket)
        if visit.state != "waiting":
            self.faults.append(f"{name}, which is {visit.state}")
        if not desk.is_open:
            self.faults.append(f"{name}, but is not open")
        if desk.ticket is not None:
            self.faults.append(f"{name} on top of another ticket")
        if body["why"] == "manual":
            if not body.get("reason"):
                self.faults.append(f"{name} by hand without a reason")
            return
        wanted = self.choose(body["desk"], body["tick"])
        if wanted is None or wanted.ticket != visit.ticket:
            self.faults.append(f"{name}, the rule calls {wanted and self.visits[wanted.ticket].number}")
            return
        scores = tuple((entry["ticket"], entry["score"]) for entry in body["scores"])
        if body["why"] not in wanted.whys or scores != wanted.scores:
            self.faults.append(f"{name} as {body['why']} {scores}, the rule says {sorted(wanted.whys)} {wanted.scores}")
        if not desk.reserved and body["run"] != desk.run:
            self.faults.append(f"{name} with run {body['run']}, the rule says {desk.run}")

    def _apply(self, what: str, body: Mapping[str, Any], visit: Visit, desk: Counter) -> None:  # noqa: PLR0912 -- a table of moves
        tick = body["tick"]
        match what:
            case "called":
                if body["why"] != "manual" and not desk.reserved:
                    desk.run = self._run_after(desk, body["desk"], visit, tick)
                visit.state, desk.ticket, visit.only_desk = "called", visit.ticket, None
            case "recalled":
                pass
            case "started":
                visit.state = "serving"
            case "category" if body["confirmed"]:
                visit.confirmed = True
            case "category":
                visit.confirmed, visit.state = False, "waiting"
            case "resumed":
                if visit.state == "held":
                    visit.base += tick - visit.held_at
                else:
                    visit.eligible = tick + self.ordering.get("returned_after", MISSED_PAUSE)
                visit.state, visit.returned = "waiting", True
            case "transferred":
                visit.state, visit.transferred = "waiting", True
                visit.only_desk, visit.service = body.get("to_desk"), body.get("service") or visit.service
            case "held":
                visit.state, visit.held_at = "held", tick
            case _:
                visit.state = {"finished": "finished", "no_show": "missed", "cancelled": "cancelled"}[what]
        if visit.state not in ("called", "serving") and desk.ticket == visit.ticket:
            desk.ticket, desk.free_since = None, tick

    def _run_after(self, desk: Counter, name: str, visit: Visit, tick: int) -> int:
        if self._standing(visit) == self._ordinary():
            return 0
        there = any(
            self._may(desk, name, other) and other.eligible <= tick and self._standing(other) == self._ordinary() for other in self.visits.values()
        )
        return desk.run + 1 if there else desk.run

    def _undo(self, body: Mapping[str, Any]) -> None:
        visit, name, desk = self._before.pop(body["event"])
        self.visits[visit.ticket], self.desks[name] = visit, desk

    def _may(self, desk: Counter, name: str, visit: Visit) -> bool:
        mine = visit.only_desk == name if visit.only_desk else visit.service in desk.services
        return visit.state == "waiting" and mine

    def _counts(self, visit: Visit) -> bool:
        category = self.categories.get(visit.category or "")
        return category is not None and (visit.confirmed is True or (visit.confirmed is None and not category["proof_first"]))

    def _classes(self, visit: Visit) -> Iterator[tuple[str, int, int]]:
        yield self._ordinary()
        if self._counts(visit):
            category = self.categories[visit.category or ""]
            yield ("category", category["weight"], category["head"])
        if visit.returned:
            yield self._weights("returned", 1500, 0)
        if visit.transferred:
            yield self._weights("transfer", 1500, 0)

    def _ordinary(self) -> tuple[str, int, int]:
        return ("order", *self._weights("ordinary", 1000, 0)[1:])

    def _weights(self, name: str, weight: int, head: int) -> tuple[str, int, int]:
        given = self.ordering.get("weights", {}).get(name, {})
        return (name, given.get("weight", weight), given.get("head", head))

    def _standing(self, visit: Visit) -> tuple[str, int, int]:
        return max(self._classes(visit), key=lambda each: each[1:])

    def _words(self, visit: Visit) -> Iterator[str]:
        """Two classes of equal weight and head start explain a call equally well."""
        best = self._standing(visit)
        yield from (word for word, *values in self._classes(visit) if tuple(values) == best[1:])

    def _score(self, visit: Visit, tick: int) -> int:
        _, weight, head = self._standing(visit)
        return head + weight * max(0, tick - visit.base) // 1000
