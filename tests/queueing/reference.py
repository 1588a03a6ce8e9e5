"""The ordering rule a second time, slowly, from the words of `contract/ordering.md` and nothing else.

It imports nothing of the server and reads journal payloads as plain JSON: whatever it would have to look up in `edge` cannot be checked by it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

ORDINARY = "order"
DEFAULT_WEIGHTS = {"ordinary": (1000, 0), "late": (1500, 0), "returned": (1500, 0), "transfer": (1500, 0), "booked": (2000, 1200)}


@dataclass(slots=True)
class Visit:
    """A ticket as the rule sees it. ``booked``: tick of an appointment met on time; ``is_late``: met 10 to 30 min late.

    ``slot_from``: eligible from then on, earlier only as *early*; settled at the arrival, like the base.
    """

    ticket: str
    order: int
    service: str
    base: int
    category: str | None = None
    confirmed: bool | None = None
    booked: int | None = None
    is_late: bool = False
    is_returned: bool = False
    is_transferred: bool = False
    not_before: int = 0
    slot_from: int | None = None
    alone: str | None = None
    state: str = "waiting"
    held_at: int = 0


@dataclass(slots=True)
class Post:
    """A desk as the rule sees it."""

    desk: str
    services: frozenset[str]
    reserved: frozenset[str] = frozenset()
    overflow_after: int = 0
    run: int = 0
    free_since: int = 0
    ticket: str | None = None


@dataclass(slots=True)
class Rules:
    """The settings of the rule. ``categories``: code to (w, h, proof_first)."""

    cap: int = 3
    early: int = 300
    on_time: int = 600
    late: int = 1800
    returned_after: int = 60
    weights: Mapping[str, tuple[int, int]] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    categories: Mapping[str, tuple[int, int, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whom the rule calls, which words may stand as the reason, the best three (ticket, score), and the run afterwards."""

    ticket: str
    whys: frozenset[str]
    scores: tuple[tuple[str, int], ...]
    run_after: int


def arrived(visit: Visit, arrival: int, opens: int | None, appointment: int | None, rules: Rules) -> None:
    """Set base and booking of a visit that arrives."""
    visit.base = arrival if opens is None or opens < arrival else opens
    if appointment is None:
        return
    lateness = arrival - appointment
    if lateness <= rules.on_time:
        visit.base, visit.booked, visit.slot_from = appointment, appointment, appointment - rules.early
    elif lateness <= rules.late:
        visit.base, visit.is_late = arrival, True


def has_right(visit: Visit, rules: Rules) -> bool:
    """Tell whether the category of a visit counts."""
    if visit.category not in rules.categories or visit.confirmed is False:
        return False
    _, _, proof_first = rules.categories[visit.category]
    return visit.confirmed is True or not proof_first


def standing(visit: Visit, rules: Rules) -> tuple[int, int, frozenset[str]]:
    """Return the greatest (w, h) that applies and the words of those who give it; ordinary only if nothing else gives as much."""
    weights = rules.weights
    given: list[tuple[int, int, str]] = [(*weights["ordinary"], ORDINARY)]
    if visit.is_late:
        given.append((*weights["late"], "late"))
    if visit.is_returned:
        given.append((*weights["returned"], "returned"))
    if visit.is_transferred:
        given.append((*weights["transfer"], "transfer"))
    if visit.booked is not None:
        given.append((*weights["booked"], "booked"))
    if has_right(visit, rules):
        weight, head, _ = rules.categories[visit.category or ""]
        given.append((weight, head, "category"))
    best = max((weight, head) for weight, head, _ in given)
    words = {word for weight, head, word in given if (weight, head) == best}
    return *best, frozenset(words - {ORDINARY} or words)


def is_ordinary(visit: Visit, rules: Rules) -> bool:
    """Tell whether the class of a visit is the ordinary one."""
    return standing(visit, rules)[2] == {ORDINARY}


def points(visit: Visit, rules: Rules, tick: int) -> int:
    """Return S."""
    weight, head, _ = standing(visit, rules)
    waited = tick - visit.base if tick > visit.base else 0
    return head + (weight * waited) // 1000


def is_for(post: Post, visit: Visit) -> bool:
    """Tell whether a desk may ever call a waiting visit."""
    return visit.alone == post.desk if visit.alone is not None else visit.service in post.services


def is_eligible(visit: Visit, tick: int) -> bool:
    """Tell whether a waiting visit may be called now, other candidates or not."""
    return tick >= visit.not_before and (visit.slot_from is None or tick >= visit.slot_from)


def call(visits: Iterable[Visit], post: Post, rules: Rules, tick: int) -> Verdict | None:
    """Return whom the desk calls, by points 1 to 4 of the contract one after the other."""
    mine = [visit for visit in visits if visit.state == "waiting" and is_for(post, visit)]
    candidates = [visit for visit in mine if is_eligible(visit, tick)]
    is_early = not candidates
    if is_early:
        candidates = [visit for visit in mine if visit.slot_from is not None and tick >= visit.not_before]
    if post.reserved:
        privileged = [visit for visit in candidates if visit.category in post.reserved and has_right(visit, rules)]
        if privileged:
            candidates = privileged
        elif tick - post.free_since < post.overflow_after:
            candidates = []
    ordinary = [visit for visit in candidates if is_ordinary(visit, rules)]
    is_capped = bool(ordinary) and not post.reserved and post.run >= rules.cap
    if is_capped:
        candidates = ordinary
    if not candidates:
        return None
    ranked = sorted(candidates, key=lambda visit: (-points(visit, rules, tick), visit.base, visit.order))
    first = ranked[0]
    if post.reserved or is_ordinary(first, rules):
        run_after = 0
    else:
        run_after = post.run + 1 if ordinary else post.run
    words = frozenset({"run-cap"}) if is_capped else frozenset({"early"}) if is_early else standing(first, rules)[2]
    return Verdict(first.ticket, words, tuple((visit.ticket, points(visit, rules, tick)) for visit in ranked[:3]), run_after)


class Book:
    """Follows a journal line by line and remembers what the rule needs. ``wrong`` collects what contradicts the contracts."""

    def __init__(self) -> None:
        self.rules = Rules()
        self.visits: dict[str, Visit] = {}
        self.posts: dict[str, Post] = {}
        self.numbers: set[tuple[str, str]] = set()
        self.wrong: list[str] = []
        self.judged = 0
        self.tick = 0
        self._issued = 0
        self._before: dict[str, tuple[Visit, Post]] = {}

    def read(self, event_id: str, type_: str, body: Mapping[str, Any]) -> None:
        """Take in one line."""
        self._count_time(type_, body)
        kind, _, what = type_.partition(".")
        if type_ == "ticket.issued":
            self._issue(body)
        elif type_ == "ticket.undone":
            visit, before = self._before.pop(body["event"])
            self.visits[visit.ticket], post = visit, self.posts[before.desk]
            post.run, post.free_since, post.ticket = before.run, before.free_since, before.ticket
        elif kind == "ticket":
            self._move(event_id, what, body)
        elif type_ == "setting.changed":
            self._set(body["key"], body["value"])
        elif type_ == "desk.opened":
            self.posts[body["desk"]].free_since = body["tick"]
        elif type_ == "day.opened":
            self._issued, self.tick = 0, 0
            for post in self.posts.values():
                post.run, post.free_since, post.ticket = 0, 0, None
        elif type_ == "day.closed":
            self.visits.clear()
            self._before.clear()
            for post in self.posts.values():
                post.ticket = None

    def open_visits(self) -> dict[str, Visit]:
        """Return the visits that are neither finished nor cancelled."""
        return {ticket: visit for ticket, visit in self.visits.items() if visit.state not in ("finished", "cancelled")}

    def _count_time(self, type_: str, body: Mapping[str, Any]) -> None:
        if "tick" in body and type_ != "day.opened":
            self._expect(body["tick"] >= self.tick, f"{type_}: tick {body['tick']} after {self.tick}")
            self.tick = body["tick"]

    def _issue(self, body: Mapping[str, Any]) -> None:
        number = (body["day"], body["number"])
        self._expect(number not in self.numbers, f"number {number} was given twice")
        self._expect(body["ticket"] not in self.visits, f"ticket {body['ticket']} was issued twice")
        self.numbers.add(number)
        self._issued += 1
        visit = Visit(body["ticket"], self._issued, body["service"], 0, category=body["category"])
        arrived(visit, body["tick"], body["opens"], body.get("appointment"), self.rules)
        self.visits[visit.ticket] = visit

    def _move(self, event_id: str, what: str, body: Mapping[str, Any]) -> None:
        visit, post = self.visits[body["ticket"]], self.posts[body["desk"]]
        if len(self._before) > 2000:
            self._before = dict(list(self._before.items())[-1000:])
        self._before[event_id] = (replace(visit), replace(post))
        at_desk = what not in ("called", "resumed")
        if at_desk:
            self._expect(post.ticket == visit.ticket and visit.state in ("called", "serving"), f"{what}: {visit.ticket} is not at {post.desk}")
        moves: dict[str, Callable[[Visit, Post, Mapping[str, Any]], None]] = {
            "called": self._call,
            "recalled": _nothing,
            "started": _start,
            "category": _judge,
            "resumed": self._resume,
            "transferred": _transfer,
            "held": _hold,
            "finished": _finish,
            "no_show": _miss,
            "cancelled": _cancel,
        }
        moves[what](visit, post, body)
        if at_desk and visit.state not in ("called", "serving"):
            post.ticket, post.free_since = None, body["tick"]

    def _call(self, visit: Visit, post: Post, body: Mapping[str, Any]) -> None:
        tick = body["tick"]
        self._expect(visit.state == "waiting", f"{visit.ticket} is called while {visit.state}")
        self._expect(post.ticket is None, f"desk {post.desk} calls while {post.ticket} is there")
        self._expect(body["run"] == post.run, f"run is {body['run']}, not {post.run}")
        if body["why"] == "manual":
            self._expect(bool(body["reason"]), "a manual pick without a reason")
        else:
            self._judge_call(visit, post, body, call(self.visits.values(), post, self.rules, tick))
        visit.state, visit.alone, post.ticket = "called", None, visit.ticket

    def _judge_call(self, visit: Visit, post: Post, body: Mapping[str, Any], verdict: Verdict | None) -> None:
        self.judged += 1
        given = tuple((entry["ticket"], entry["score"]) for entry in body["scores"])
        if verdict is None:
            self.wrong.append(f"desk {post.desk} calls {visit.ticket}, the rule nobody")
            return
        self._expect(verdict.ticket == visit.ticket, f"desk {post.desk} calls {visit.ticket}, the rule {verdict.ticket}")
        self._expect(body["why"] in verdict.whys, f"reason {body['why']}, the rule gives {sorted(verdict.whys)}")
        self._expect(given == verdict.scores, f"scores {given}, the rule gives {verdict.scores}")
        self._expect(body["run_after"] == verdict.run_after, f"run after is {body['run_after']}, the rule gives {verdict.run_after}")
        post.run = verdict.run_after

    def _resume(self, visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
        self._expect(visit.state in ("held", "missed"), f"{visit.ticket} is resumed while {visit.state}")
        if visit.state == "held":
            visit.base += body["tick"] - visit.held_at
            visit.not_before = 0
        else:
            visit.not_before = body["tick"] + self.rules.returned_after
        visit.state, visit.is_returned, visit.slot_from = "waiting", True, None

    def _set(self, key: str, value: Any) -> None:
        if key == "desks":
            kept = self.posts
            self.posts = {entry["desk"]: _post(entry, kept.get(entry["desk"])) for entry in value}
        elif key == "categories":
            self.rules.categories = {entry["code"]: (entry["weight"], entry["head"], entry["proof_first"]) for entry in value}
        elif key == "ordering":
            given = {name: (entry["weight"], entry["head"]) for name, entry in value.get("weights", {}).items()}
            plain = {name: value[name] for name in ("cap", "early", "on_time", "late", "returned_after") if name in value}
            self.rules = Rules(**plain, weights={**DEFAULT_WEIGHTS, **given}, categories=self.rules.categories)

    def _expect(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 -- reads as a sentence
        if not holds:
            self.wrong.append(otherwise)


def _post(entry: Mapping[str, Any], before: Post | None) -> Post:
    run, free_since, ticket = (before.run, before.free_since, before.ticket) if before else (0, 0, None)
    services: Sequence[str] = entry["services"]
    return Post(entry["desk"], frozenset(services), frozenset(entry.get("reserved", ())), entry.get("overflow_after", 0), run, free_since, ticket)


def _nothing(_visit: Visit, _post: Post, _body: Mapping[str, Any]) -> None:
    pass


def _start(visit: Visit, _: Post, _body: Mapping[str, Any]) -> None:
    visit.state = "serving"


def _judge(visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
    visit.confirmed = body["confirmed"]
    if not visit.confirmed:
        visit.state = "waiting"


def _transfer(visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
    visit.service = body["service"] or visit.service
    visit.state, visit.alone, visit.is_transferred = "waiting", body["to_desk"], True
    visit.slot_from, visit.not_before = None, 0


def _hold(visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
    visit.state, visit.held_at = "held", body["tick"]


def _finish(visit: Visit, _: Post, _body: Mapping[str, Any]) -> None:
    visit.state = "finished"


def _miss(visit: Visit, _: Post, _body: Mapping[str, Any]) -> None:
    visit.state = "missed"


def _cancel(visit: Visit, _: Post, _body: Mapping[str, Any]) -> None:
    visit.state = "cancelled"
