"""What the imaginary box has to tell: a small centre with one bookable service, open round the clock, and a few visitors."""

from typing import Any

from edge.queueing.chain import Envelope
from edge.sync.conformance.box import Box, now

SERVICE = "conformance"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = {"ky": "Сынак", "ru": "Проверка", "kk": "Тексеру", "en": "Conformance"}
SEATS = 6


def opening(box: Box) -> None:
    """Write the settings of the centre and open its day."""
    service = {
        "code": SERVICE,
        "parent": None,
        "names": NAMES,
        "letter": "A",
        "mode": "mixed",
        "minutes": 10,
        "slot_minutes": 15,
        "slot_seats": SEATS,
    }
    hours = {weekday: [["00:00", "24:00"]] for weekday in WEEKDAYS}
    desk = {"desk": "1", "zone": "a", "services": [SERVICE], "reserved": [], "overflow_after": 0}
    settings = {
        "centre": {"id": box.caller.centre, "names": NAMES, "tz": "Asia/Bishkek", "langs": ["ky", "ru", "kk", "en"]},
        "zones": [{"zone": "a", "names": NAMES}],
        "services": [service],
        "desks": [desk],
        "categories": [],
        "bookings": {"horizon_days": 3},
        "calendar": {"hours": hours, "lunch": [], "days": []},
    }
    for key, value in settings.items():
        box.write("setting.changed", key=key, value=value)
    today = now()
    box.write("day.opened", day=today[:10], wall_at_tick0=today, tz="Asia/Bishkek", tick=0)


def visit(box: Box, number: int) -> list[Envelope]:
    """Write a visitor from ticket to end; return the four lines."""
    ticket = f"0198c0de-0000-7000-8000-{number:012d}"
    issued: dict[str, Any] = {
        "ticket": ticket,
        "number": f"A{number:03d}",
        "day": now()[:10],
        "service": SERVICE,
        "category": None,
        "lang": "ky",
        "booking": None,
    }
    return [
        box.write("ticket.issued", "device:kiosk-1", **issued, via="kiosk-1", tick=number),
        box.write("ticket.called", "desk:1", ticket=ticket, desk="1", why="order", scores=[], run=0, tick=number + 1),
        box.write("ticket.started", "desk:1", ticket=ticket, desk="1", tick=number + 2),
        box.write("ticket.finished", "desk:1", ticket=ticket, desk="1", tick=number + 3),
    ]
