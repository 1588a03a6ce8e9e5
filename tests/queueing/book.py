"""A journal as the reference reads it: plain JSON payloads, line by line, every call judged by `reference.call`.

Like the reference it imports nothing of the server. What is wrong is collected, not raised: one history may break several promises.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.queueing.reference import DEFAULT_WEIGHTS, Post, Rules, Verdict, Visit, arrived, call, overtaken
from tests.queueing.seats import Seats


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
        self.missed_within = 900
        self.seats = Seats()
        self.blocks: dict[str, int] = {}
        self._issued = 0
        self._before: dict[str, tuple[Visit, Post]] = {}

    def read(self, event_id: str, type_: str, body: Mapping[str, Any]) -> None:
        """Take in one line."""
        self._count_time(type_, body)
        self.seats.read(type_, body)
        self.wrong, self.seats.wrong = self.wrong + self.seats.wrong, []
        kind, _, what = type_.partition(".")
        if type_ == "ticket.promise_raised":
            self._raise_promise(body)
        elif type_ == "ticket.issued":
            self._issue(body)
        elif type_ == "ticket.undone":
            visit, before = self._before.pop(body["event"])
            self.visits[visit.ticket], post = visit, self.posts[before.desk]
            post.run, post.free_since, post.ticket = before.run, before.free_since, before.ticket
        elif kind == "ticket":
            self._move(event_id, what, body)
        elif type_ == "setting.changed":
            self._set(body["key"], body["value"])
        elif type_ == "block.printed":
            self._print(body)
        elif type_ == "desk.closed":
            self._expect(self.posts[body["desk"]].ticket is None, f"desk {body['desk']} is closed over {self.posts[body['desk']].ticket}")
            self._release(body["desk"], body.get("releases", ()))
        elif type_ == "desk.opened":
            self.posts[body["desk"]].free_since = body["tick"]
        elif type_ == "day.opened":
            self._open_day(body)
        elif type_ == "day.closed":
            self._close_day(body)
        elif type_ == "day.confirmed":
            self._confirm_day(body["was"], body["day"])

    def open_visits(self) -> dict[str, Visit]:
        """Return the visits that are neither finished nor cancelled."""
        return {ticket: visit for ticket, visit in self.visits.items() if visit.state not in ("finished", "cancelled")}

    def overdue(self, tick: int) -> list[str]:
        """Return what should have happened by itself by now: holds that are over, bookings whose visitors did not come."""
        held = [each.ticket for each in self.visits.values() if each.state == "held" and each.held_until is not None and each.held_until <= tick]
        return held + self.seats.overdue(tick)

    def would_call(self, desk: str, tick: int) -> Verdict | None:
        """Return whom the rule would call now at a desk that is free."""
        return call(self.visits.values(), self.posts[desk], self.rules, tick)

    def _open_day(self, body: Mapping[str, Any]) -> None:
        """Whoever was kept overnight comes first, in the old order, from the day's beginning."""
        kept = sorted(self.visits.values(), key=lambda visit: (visit.base, visit.order))
        self._issued, self.tick = len(kept), 0
        for order, visit in enumerate(kept, 1):
            visit.order, visit.base, visit.not_before, visit.held_at, visit.held_until = order, 0, 0, 0, None
            visit.slot_from = None if visit.slot_from is None else 0
            self.numbers.add((body["day"], visit.number))
        for post in self.posts.values():
            post.run, post.free_since, post.ticket = 0, 0, None

    def _close_day(self, body: Mapping[str, Any]) -> None:
        kept = body.get("kept", ())
        for ticket in kept:
            self._expect(self.visits[ticket].state in ("waiting", "held"), f"{ticket} is kept overnight while {self.visits[ticket].state}")
        left = [ticket for ticket, visit in self.open_visits().items() if visit.state in ("waiting", "held")]
        self._expect(not kept or set(kept) == set(left), f"some are kept overnight, others not: {set(kept) ^ set(left)}")
        self.visits = {ticket: self.visits[ticket] for ticket in kept}
        self._before.clear()
        for post in self.posts.values():
            post.ticket = None

    def _confirm_day(self, was: str, day: str) -> None:
        """The numbers given under the doubtful name of a day are those of its true one; the doubtful one may still come as the day that it is."""
        mine = {each for each in self.numbers if each[0] == was}
        self.numbers -= mine
        renamed = {(day, number) for _, number in mine}
        self._expect(not renamed & self.numbers, f"the day {was} is renamed {day}, of which some numbers were given")
        self.numbers |= renamed

    def _on_paper(self, body: Mapping[str, Any]) -> None:
        """A number is on paper or the box's own, never both."""
        letter, count = body["number"].rstrip("0123456789"), int(body["number"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        if body["via"] == "paper":
            self._expect(1 <= count <= self.blocks.get(letter, 0), f"slip {body['number']} was never printed")
        else:
            self._expect(letter not in self.blocks, f"number {body['number']} may be on a slip")

    def _print(self, body: Mapping[str, Any]) -> None:
        self._expect(body["first"] == self.blocks.get(body["letter"], 0) + 1, f"slips from {body['first']} are printed after {self.blocks}")
        self.blocks[body["letter"]] = body["last"]

    def _raise_promise(self, body: Mapping[str, Any]) -> None:
        visit = self.visits[body["ticket"]]
        self._expect(visit.promised is not None and body["to"] > visit.promised, f"{visit.ticket} was promised {visit.promised}, now {body['to']}")
        self._expect(visit.state == "waiting", f"{visit.ticket} gets another promise while {visit.state}")
        visit.promised = body["to"]

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
        steps = tuple(body.get("steps", ()))
        visit = Visit(body["ticket"], self._issued, steps[0] if steps else body["service"], 0, category=body["category"], steps=steps)
        visit.number, visit.promised = body["number"], body.get("to")
        self._on_paper(body)
        arrived(visit, body["tick"] if body.get("arrived") is None else body["arrived"], body["opens"], body.get("appointment"), self.rules)
        self.visits[visit.ticket] = visit

    def _move(self, event_id: str, what: str, body: Mapping[str, Any]) -> None:
        if body["desk"] is None:
            self._from_the_hall(what, self.visits[body["ticket"]], body)
            return
        visit, post = self.visits[body["ticket"]], self.posts[body["desk"]]
        if len(self._before) > 2000:
            self._before = dict(list(self._before.items())[-1000:])
        self._before[event_id] = (replace(visit), replace(post))
        at_desk = what not in ("called", "resumed") and not (what == "category" and visit.state == "waiting")
        if at_desk:
            self._expect(post.ticket == visit.ticket and visit.state in ("called", "serving"), f"{what}: {visit.ticket} is not at {post.desk}")
        moves: dict[str, Callable[[Visit, Post, Mapping[str, Any]], None]] = {
            "called": self._call,
            "recalled": _nothing,
            "started": _start,
            "category": _judge,
            "resumed": lambda visit, _post, body: self._resume(visit, body),
            "transferred": self._transfer,
            "step_added": _add_step,
            "held": _hold,
            "finished": _finish,
            "no_show": self._miss,
            "cancelled": _cancel,
        }
        moves[what](visit, post, body)
        if at_desk and visit.state not in ("called", "serving"):
            post.ticket, post.free_since = None, body["tick"]

    def _from_the_hall(self, what: str, visit: Visit, body: Mapping[str, Any]) -> None:
        if what == "resumed":
            self._resume(visit, body)
            return
        if what == "category":
            self._expect(visit.state == "waiting", f"{visit.ticket} is judged in the hall while {visit.state}")
            visit.confirmed = body["confirmed"]
            return
        self._expect(what == "cancelled", f"{what}: {visit.ticket} moved without a desk")
        self._expect(visit.state in ("waiting", "held", "missed"), f"{visit.ticket} is withdrawn while {visit.state}")
        visit.state = "cancelled"

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
        for other in overtaken(self.visits.values(), visit, post, self.rules, body["tick"]):
            self.wrong.append(f"desk {post.desk} calls {visit.ticket} before {other.ticket} of the same class, who waits since {other.base}")
        self._expect(verdict.ticket == visit.ticket, f"desk {post.desk} calls {visit.ticket}, the rule {verdict.ticket}")
        self._expect(body["why"] in verdict.whys, f"reason {body['why']}, the rule gives {sorted(verdict.whys)}")
        self._expect(given == verdict.scores, f"scores {given}, the rule gives {verdict.scores}")
        self._expect(body["run_after"] == verdict.run_after, f"run after is {body['run_after']}, the rule gives {verdict.run_after}")
        post.run = verdict.run_after

    def _resume(self, visit: Visit, body: Mapping[str, Any]) -> None:
        self._expect(visit.state in ("held", "missed"), f"{visit.ticket} is resumed while {visit.state}")
        anew = visit.state == "missed" and visit.kept_until is not None and body["tick"] > visit.kept_until
        self._expect(body.get("anew", False) == anew, f"{visit.ticket} is back {'too late' if anew else 'in time'}, the journal says otherwise")
        if anew:
            visit.base, visit.not_before = body["tick"], 0
            visit.state, visit.is_returned, visit.is_transferred, visit.is_late = "waiting", False, False, False
            visit.booked, visit.slot_from = None, None
            return
        if visit.state == "held":
            by_itself = body["desk"] is None and body.get("reason") == "hold-over"
            self._expect(not by_itself or (visit.held_until is not None and visit.held_until <= body["tick"]), f"{visit.ticket} ends its hold early")
            visit.base += body["tick"] - visit.held_at
            visit.not_before = 0
        else:
            visit.not_before = body["tick"] + self.rules.returned_after
        visit.state, visit.is_returned, visit.slot_from = "waiting", True, None

    def _miss(self, visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
        visit.state, visit.kept_until = "missed", body.get("until")
        if visit.kept_until is not None:
            self._expect(visit.kept_until == body["tick"] + self.missed_within, f"{visit.ticket} keeps its place until {visit.kept_until}")

    def _transfer(self, visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
        visit.service = body["service"] or visit.service
        visit.state, visit.alone, visit.is_transferred = "waiting", body["to_desk"], True
        visit.slot_from, visit.not_before = None, 0
        visit.steps = visit.steps if body.get("steps") is None else tuple(body["steps"])
        step = body.get("step")
        if step is not None:
            self._expect(visit.steps[step] == visit.service, f"{visit.ticket} goes on to {visit.service}, which is not step {step} of {visit.steps}")

    def _release(self, desk: str, tickets: Sequence[str]) -> None:
        for ticket in tickets:
            self._expect(self.visits[ticket].alone == desk, f"{ticket} is released by desk {desk}, for which it does not wait")
            self.visits[ticket].alone = None

    def _set(self, key: str, value: Any) -> None:
        if key == "desks":
            kept = self.posts
            self.posts = {entry["desk"]: _post(entry, kept.get(entry["desk"])) for entry in value}
        elif key == "categories":
            self.rules.categories = {entry["code"]: (entry["weight"], entry["head"], entry["proof_first"]) for entry in value}
        elif key == "visits":
            self.missed_within = value.get("missed_within_min", 15) * 60
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


def _add_step(visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
    visit.steps = (*(visit.steps or (visit.service,)), body["service"])


def _hold(visit: Visit, _: Post, body: Mapping[str, Any]) -> None:
    visit.state, visit.held_at, visit.held_until = "held", body["tick"], body["until"]


def _finish(visit: Visit, _: Post, _body: Mapping[str, Any]) -> None:
    visit.state = "finished"


def _cancel(visit: Visit, _: Post, _body: Mapping[str, Any]) -> None:
    visit.state = "cancelled"
