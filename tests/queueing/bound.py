"""The promise of `contract/ordering.md` in calls: an ordinary ticket with n ordinary ones ahead waits at most (K + 1)(n + |D|) automatic calls.

D are the unreserved desks that may serve it. Who comes back in front (a refused category, an undone call) is counted in n from then on; settings
and a new day begin the count anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.queueing.book import Book
from tests.queueing.reference import Visit, is_for, is_ordinary


@dataclass(slots=True)
class Wait:
    """An ordinary ticket that waits: its place, its desks D, who was ever ahead of it (each time anew), and the calls of D since it came."""

    place: tuple[int, int]
    desks: frozenset[str]
    ahead: set[tuple[str, int]]
    calls: int = 0


class Bound:
    """Counts calls beside a `Book`. ``closest`` is the largest share of a bound that was used up."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._waits: dict[str, Wait] = {}
        self._counted: dict[str, list[str]] = {}
        self._entries: dict[str, int] = {}
        self.wrong: list[str] = []
        self.closest = 0.0

    def read(self, event_id: str, type_: str, body: Mapping[str, Any]) -> None:
        """Take in one line, after the book did."""
        if type_ in ("setting.changed", "day.opened", "day.closed"):
            self._waits.clear()
            self._counted.clear()
            for visit in self._book.visits.values():
                self._place(visit, is_back=False)
        elif type_ == "desk.closed":
            for ticket in body.get("releases", ()):
                self._place(self._book.visits[ticket], is_back=False)
        elif type_ == "ticket.promise_raised":
            pass
        elif type_ == "ticket.called":
            self._call(event_id, body)
            self._place(self._book.visits[body["ticket"]], is_back=False)
        elif type_.startswith("ticket."):
            if type_ == "ticket.undone":
                self._take_back(body["event"])
            self._place(self._book.visits[body["ticket"]], is_back=type_ == "ticket.undone")

    def _call(self, event_id: str, body: Mapping[str, Any]) -> None:
        desk = body["desk"]
        if body["why"] == "manual" or self._book.posts[desk].reserved:
            return
        counted = self._counted[event_id] = [ticket for ticket, wait in self._waits.items() if desk in wait.desks]
        for ticket in counted:
            wait = self._waits[ticket]
            wait.calls += 1
            most = (self._book.rules.cap + 1) * (len(wait.ahead) + len(wait.desks))
            self.closest = max(self.closest, wait.calls / most)
            if wait.calls > most:
                self.wrong.append(f"ticket {ticket} waits through {wait.calls} calls, the bound is {most}")

    def _take_back(self, event: str) -> None:
        for ticket in self._counted.pop(event, ()):
            if ticket in self._waits:
                self._waits[ticket].calls -= 1

    def _place(self, visit: Visit, *, is_back: bool) -> None:
        """Put a visit where it stands now; ``is_back``: by an undo, so that whoever saw it ahead before does not count it again."""
        self._waits.pop(visit.ticket, None)
        if visit.state != "waiting" or not is_ordinary(visit, self._book.rules):
            return
        desks = frozenset(name for name, post in self._book.posts.items() if not post.reserved and is_for(post, visit))
        if not desks:
            return
        self._entries[visit.ticket] = self._entries.get(visit.ticket, 0) + (not is_back)
        mine = Wait((visit.base, visit.order), desks, set())
        for ticket, wait in self._waits.items():
            if wait.desks.isdisjoint(desks):
                continue
            if wait.place < mine.place:
                mine.ahead.add((ticket, self._entries[ticket]))
            else:
                wait.ahead.add((visit.ticket, self._entries[visit.ticket]))
        self._waits[visit.ticket] = mine
