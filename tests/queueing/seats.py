"""Bookings a second time, from the words of the contracts and nothing else: who has which seat, and what may happen to a booking when.

Like the reference of the rule it imports nothing of the server. It reads journal lines as plain JSON; what is wrong is collected, not raised.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

CODE = frozenset("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
HALF_A_DAY = 43_200
OPEN = ("confirmed", "no-show", "checked-in")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(slots=True)
class Claim:
    """A booking. ``ticket``: the one that it became."""

    booking: str
    code: str
    person: str
    service: str
    slot: str
    start: datetime
    state: str = "confirmed"
    ticket: str | None = None


@dataclass(slots=True)
class Wall:
    """The clock that people see on a business day; ``None`` at tick 0: no day is open."""

    day: str = ""
    at_tick0: datetime | None = None
    offset: timedelta = timedelta()
    stepped: int = 0

    def now(self, tick: int) -> datetime | None:
        """Return the time that the clock shows on the date that the day has; None where it began on another one, and there is no telling here."""
        if self.at_tick0 is None or (self.at_tick0 + self.offset).date().isoformat() != self.day:
            return None
        local = self.at_tick0 + self.offset
        began = round(local.hour * 3600 + local.minute * 60 + local.second)
        stepped = self.stepped
        if not -HALF_A_DAY <= began + stepped < 2 * HALF_A_DAY:  # the date is wrong, not the time of day
            stepped = (stepped + HALF_A_DAY) % (2 * HALF_A_DAY) - HALF_A_DAY
        return self.at_tick0 + timedelta(seconds=tick + stepped)


@dataclass
class Seats:
    """Follows the lines of bookings. ``claims``: those to which something may still happen, by id. ``is_dated``: the box knows the date just now."""

    claims: dict[str, Claim] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _taken: Counter[str] = field(default_factory=Counter)
    _seats: dict[str, int | None] = field(default_factory=dict)
    _grid: dict[str, int] = field(default_factory=dict)
    _tickets: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    _times: dict[str, int] = field(default_factory=dict)
    _calendar: Mapping[str, Any] = field(default_factory=dict)
    wall: Wall = field(default_factory=Wall)
    is_dated: bool = True

    def read(self, type_: str, body: Mapping[str, Any]) -> None:
        """Take in one line."""
        kind, _, what = type_.partition(".")
        if kind == "booking":
            self.counts[what] += 1
            {
                "made": self._made,
                "cancelled": self._cancelled,
                "rescheduled": self._rescheduled,
                "checked_in": self._checked_in,
                "no_show": self._no_show,
            }[what](body)
        elif type_ == "ticket.issued" and body["booking"]:
            self._tickets[body["booking"]] = body["ticket"]
        elif type_ == "setting.changed":
            self._set(body["key"], body["value"])
        elif kind == "day" or type_ == "clock.stepped":
            self._of_day(what, body)

    def taken(self) -> dict[str, int]:
        """Return the seats in somebody's hands, by slot."""
        return {slot: many for slot, many in self._taken.items() if many}

    def overdue(self, tick: int) -> list[str]:
        """Return the bookings that should have been noticed as missed by now."""
        now, after = self.wall.now(tick), timedelta(minutes=self._times.get("no_show_after", 15))
        return [each.booking for each in self.claims.values() if each.state == "confirmed" and now is not None and each.start + after <= now]

    def _made(self, body: Mapping[str, Any]) -> None:
        claim = Claim(body["booking"], body["code"], body["person"], body["service"], body["slot"], _instant(body["start"]))
        self._expect(claim.booking not in self.claims, f"booking {claim.booking} is made twice")
        self._expect(len(claim.code) == 6 and set(claim.code) <= CODE and claim.code[0] <= "M", f"{claim.code} is no code of a centre")
        self._expect(claim.code not in self.codes, f"code {claim.code} is given twice")
        twice = [each for each in self.claims.values() if (each.person, each.service, each.state) == (claim.person, claim.service, "confirmed")]
        self._expect(not twice, f"{claim.person} has two bookings for {claim.service}")
        self.codes.add(claim.code)
        self.claims[claim.booking] = claim
        self._take(claim, body)

    def _cancelled(self, body: Mapping[str, Any]) -> None:
        claim = self.claims.pop(body["booking"])
        self._expect(claim.state == "confirmed", f"booking {claim.booking} is cancelled while {claim.state}")
        self._free(claim)

    def _rescheduled(self, body: Mapping[str, Any]) -> None:
        claim = self.claims[body["booking"]]
        self._expect(claim.state == "confirmed", f"booking {claim.booking} is moved while {claim.state}")
        self._expect(body["from"] == claim.slot, f"booking {claim.booking} is moved from {body['from']}, it has {claim.slot}")
        self._free(claim)
        claim.slot, claim.start = body["slot"], _instant(body["start"])
        self._take(claim, body)

    def _free(self, claim: Claim) -> None:
        if claim.slot in self._taken:  # else its day has passed
            self._taken[claim.slot] -= 1

    def _take(self, claim: Claim, body: Mapping[str, Any]) -> None:
        """One seat more is taken, and it must have been there."""
        service, _, at = claim.slot.partition("@")
        self._expect((service, _instant(at)) == (claim.service, claim.start), f"slot {claim.slot} is not {claim.service} at {claim.start}")
        self._taken[claim.slot] += 1
        seats = self._seats.get(claim.service)
        most = body["capacity"] if seats is None else seats
        self._expect(body["capacity"] == most, f"slot {claim.slot} has {most} seats, the journal says {body['capacity']}")
        self._expect(self._taken[claim.slot] <= most, f"slot {claim.slot} is sold {self._taken[claim.slot]} times, it has {most} seats")
        self._expect(body["minutes"] == self._grid.get(claim.service), f"slot {claim.slot} lasts {body['minutes']} minutes")
        now = self.wall.now(body["tick"])
        self._expect(now is None or claim.start > now, f"slot {claim.slot} is sold at {now}")
        self._expect(self._is_open(claim), f"slot {claim.slot} lies outside the hours")

    def _is_open(self, claim: Claim) -> bool:
        local = claim.start + self.wall.offset
        second = local.hour * 3600 + local.minute * 60 + local.second
        special = {each["day"]: each["hours"] for each in self._calendar.get("days", ())}
        hours = special.get(local.date().isoformat(), self._calendar.get("hours", {}).get(WEEKDAYS[local.weekday()], ()))
        at_lunch = any(_second(start) <= second < _second(end) for start, end in self._calendar.get("lunch", ()))
        return not at_lunch and any(_second(start) <= second < _second(end) for start, end in hours)

    def _checked_in(self, body: Mapping[str, Any]) -> None:
        claim = self.claims[body["booking"]]
        self._expect(claim.state in ("confirmed", "no-show"), f"booking {claim.booking} is checked in while {claim.state}")
        self._expect(self._tickets.get(claim.booking) == body["ticket"], f"booking {claim.booking} is checked in without its ticket")
        now = self.wall.now(body["tick"])
        if now is not None and self.is_dated:
            is_over = now > claim.start + timedelta(minutes=self._times.get("closes_after", 30))
            self._expect(body["expired"] == is_over, f"booking {claim.booking} of {claim.start} is checked in at {now}, expired={body['expired']}")
        claim.state, claim.ticket = "checked-in", body["ticket"]

    def _no_show(self, body: Mapping[str, Any]) -> None:
        claim = self.claims[body["booking"]]
        self._expect(claim.state == "confirmed", f"booking {claim.booking} is missed while {claim.state}")
        now = self.wall.now(body["tick"])
        in_time = now is not None and now < claim.start + timedelta(minutes=self._times.get("no_show_after", 15))
        self._expect(not in_time, f"booking {claim.booking} of {claim.start} is missed at {now}")
        claim.state = "no-show"

    def _of_day(self, what: str, body: Mapping[str, Any]) -> None:
        match what:
            case "opened":
                self.wall = Wall(body["day"], _instant(body["wall_at_tick0"]), timedelta(seconds=body["utc_offset"]))
            case "stepped":
                self.wall.stepped += body["by"]
            case "confirmed":
                self.wall.day = body["day"]
            case "closed":
                self._end_day(body["day"])
            case _:
                pass

    def _end_day(self, day: str) -> None:
        """Used and missed bookings are over with the day, and so are the seats of its slots."""
        self.claims = {name: each for name, each in self.claims.items() if each.state == "confirmed"}
        for slot in list(self._taken):
            if (_instant(slot.partition("@")[2]) + self.wall.offset).date().isoformat() <= day:
                del self._taken[slot]
        self._tickets.clear()
        self.wall.at_tick0 = None

    def _set(self, key: str, value: Any) -> None:
        if key == "services":
            self._seats = {each["code"]: each.get("slot_seats") for each in value}
            self._grid = {each["code"]: each["slot_minutes"] for each in value if each.get("slot_minutes")}
        elif key == "bookings":
            self._times = dict(value)
        elif key == "calendar":
            self._calendar = value

    def _expect(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 -- reads as a sentence
        if not holds:
            self.wrong.append(otherwise)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _second(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60
