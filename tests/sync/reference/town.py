"""A national server with a clock that tests set, and a centre whose journal they write: it opens round the clock and takes appointments each hour."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from edge.queueing.chain import instant
from edge.sync.reference import centres, database, serving
from edge.sync.reference.app import create_app
from tests.sync.reference.box import Answer, Box

NOON = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # 12:00 in Bishkek
ALWAYS = {weekday: [["00:00", "24:00"]] for weekday in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
NAMES = {"ky": "Борбор", "ru": "Центр", "kk": "Орталық", "en": "Centre"}
SETTINGS: dict[str, Any] = {
    "centre": {"id": "town", "tz": "Asia/Bishkek", "names": NAMES},
    "services": [{"code": "passport", "mode": "mixed", "minutes": 10, "slot_minutes": 60, "slot_seats": 6, "names": NAMES}],
    "calendar": {"hours": ALWAYS, "lunch": [], "days": []},
    "bookings": {"horizon_days": 2},
}


@dataclass
class Town:
    """A server and its clock."""

    address: str
    now: datetime = NOON

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def centre(self, **settings: Any) -> "Centre":
        given = centres.enrol(f"c{uuid.uuid4().hex[:12]}", self.now)
        made = Centre(self, Box(self.address, given.token, given.centre), given.person_key)
        for key, value in {**SETTINGS, **settings}.items():
            made.say("setting.changed", key=key, value=value)
        return made


@dataclass
class Centre:
    """A box that does with the feed what a centre does: it keeps the items, tells of what it applied, and sends its journal."""

    town: Town
    box: Box
    person_key: str
    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    cursor: str = ""
    sent: int = 0

    def say(self, type: str, **payload: Any) -> str:  # noqa: A002 -- as in the journal's envelope
        """Write one event; its id."""
        return self.box.write(type=type, payload=json.dumps(payload))[0].id

    def push(self) -> Answer:
        """Send all that was not sent."""
        answer = self.box.push(self.sent + 1)
        assert answer.status == 200, answer.raw
        self.sent = len(self.box.lines)
        return answer

    def link(self) -> "Centre":
        """Say hello, send the journal, take the feed."""
        assert self.box.hello().status == 200
        self.push()
        self.pull()
        return self

    def pull(self) -> list[dict[str, Any]]:
        """Take the feed to its end, and ask once more: the receipt."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.box.get("feed", cursor=self.cursor)
            assert answer.status == 200, answer.raw
            self.cursor = answer.body["cursor"]
            if not answer.body["items"]:
                return found
            for item in answer.body["items"]:
                found.append(item)
                self.items[item["kind"], item["key"]] = item

    def grant(self, slot: str) -> dict[str, Any]:
        return dict(self.items["slot_grant", slot]["payload"])

    def slot(self, **ahead: float) -> str:
        """The slot that begins so long after the last full hour."""
        start = self.town.now.replace(minute=0, second=0, microsecond=0) + timedelta(**ahead)
        return f"passport@{instant(start)}"

    def sell(self, slot: str, person: str = "p") -> str:
        """An edge sale of the present epoch; the booking's id."""
        booking = str(uuid.uuid4())
        self.say("booking.made", **self._made(booking, slot, person), right="edge", right_epoch=self.box.epoch)
        return booking

    def take(self, booking: str) -> None:
        """Do with a booking of the feed what a centre does: tell of it."""
        item = self.items["booking", booking]["payload"]
        told = {key: value for key, value in item.items() if key != "state"}
        self.say("booking.made", **told, right="national", right_epoch=None)

    def portal(self, method: str, path: str, body: Any = None, key: str | None = None, token: str | None = None) -> Answer:
        extra = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
        if token:
            extra["Authorization"] = f"Bearer {token}"
        sent = json.dumps(body).encode() if body is not None else b""
        return self.box.call(method, f"/portal/v1/centres/{self.box.centre}{path}", sent, extra)

    def book(self, slot: str, person: str = "AN 1234567", **how: Any) -> Answer:
        return self.portal("POST", "/bookings", {"service": "passport", "slot": slot, "person": person, "lang": "ky"}, **how)

    def change(self, what: str, code: str, person: str = "AN 1234567", **more: str) -> Answer:
        return self.portal("POST", f"/bookings/{code}/{what}", {"person": person, **more})

    def left(self, slot: str) -> int:
        """What the portal shows as free."""
        found = self.portal("GET", "/slots?service=passport").body
        return next((each["left"] for each in found if each["slot"] == slot), 0)

    @staticmethod
    def _made(booking: str, slot: str, person: str) -> dict[str, Any]:
        service, start = slot.split("@")
        return {
            "booking": booking,
            "code": f"A{booking[:5].upper()}",
            "slot": slot,
            "service": service,
            "start": start,
            "minutes": 60,
            "person": person,
            "lang": "ky",
        }


@contextmanager
def town(place: Path | str) -> Iterator[Town]:
    """Serve over a new database while the block lasts."""
    database.open_database(place)
    made = Town("")
    app = create_app(clock=lambda: made.now)
    server = serving.listening(app, "127.0.0.1", 0)
    made.address = f"http://127.0.0.1:{server.effective_port}"
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield made
    finally:
        server.task_dispatcher.shutdown()  # first: what is being answered needs the sockets
        server.close()
        database.close_database()


def quoted(slot: str) -> str:
    return quote(slot, safe="")
