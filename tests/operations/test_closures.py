"""Whom to tell when the hall is closed after all: those who booked, with the contact only for who asks (B6)."""

import json
from datetime import timedelta
from typing import Any

from edge.operations import bookings, closures, proposal
from edge.operations.settings import change_key
from tests.operations.box import MORNING, Box
from tests.queueing import centre

TOMORROW = "2026-03-03"


def box_with_bookings(box: Box) -> list[str]:
    """Two appointments tomorrow at 10:00 and 16:00, one of them with a contact; returns their codes."""
    services = [{**service, "slot_minutes": 30, "slot_seats": 2} if service["code"] == "address" else service for service in centre.SERVICES]
    values = centre.settings(hours=centre.OFFICE, lunch=[["12:30", "13:30"]])
    box.make(**{**values, "services": services})
    codes = []
    for hour, contact in ((10, "+996 555 000000"), (16, None)):
        start = (MORNING + timedelta(days=1, hours=hour - 9)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        slot, person = f"address@{start}", f"AN{hour}234567"
        made = bookings.book(box.ctx, service="address", slot=slot, person=person, lang="ky", via="kiosk-1", actor="test", contact=contact)
        codes.append(json.loads(made.answer)["code"])
    return codes


def declare(box: Box, key: str, value: Any) -> None:
    change_key(box.ctx, key, lambda _policy: value, reason="declared", actor="staff:p1")


def closed(*hours: list[str]) -> dict[str, Any]:
    return {"hours": centre.OFFICE, "lunch": [], "days": [{"day": TOMORROW, "hours": list(hours), "why": centre.named("closed")}]}


def test_nobody_is_to_be_told_while_the_hall_is_open_when_they_come(fresh: Box) -> None:
    box_with_bookings(fresh)
    assert closures.days(fresh.ctx) == []


def test_a_day_that_is_closed_lists_everybody_who_booked_it_and_no_contact(fresh: Box) -> None:
    codes = box_with_bookings(fresh)
    declare(fresh, "calendar", closed())
    assert closures.days(fresh.ctx) == [(TOMORROW, 2)]
    people = closures.to_tell(fresh.ctx, TOMORROW)
    assert [(each.booking.code, each.kept, each.contact) for each in people] == [(codes[0], True, None), (codes[1], False, None)]
    named = closures.with_contacts(fresh.ctx, TOMORROW, actor="staff:p1")
    assert [each.contact for each in named] == ["+996 555 000000", None]


def test_a_shortened_day_lists_only_who_comes_too_late_for_it(fresh: Box) -> None:
    codes = box_with_bookings(fresh)
    declare(fresh, "calendar", closed(["09:00", "15:00"]))
    assert [each.booking.code for each in closures.to_tell(fresh.ctx, TOMORROW)] == [codes[1]]


def test_an_emergency_lists_who_is_still_to_come_today(fresh: Box) -> None:
    box_with_bookings(fresh)
    fresh.pass_by(24 * 3600 + 4 * 3600)  # tomorrow, 13:00
    declare(fresh, "emergency", {"text": centre.named("fire"), "reason": "alarm"})
    assert [each.booking.start.hour for each in closures.to_tell(fresh.ctx, TOMORROW)] == [10]
    declare(fresh, "emergency", None)
    assert closures.days(fresh.ctx) == []


def test_who_cancelled_is_told_nothing(fresh: Box) -> None:
    codes = box_with_bookings(fresh)
    declare(fresh, "calendar", closed())
    bookings.cancel(fresh.ctx, codes[0], by="staff", actor="staff:p1")
    assert closures.days(fresh.ctx) == [(TOMORROW, 1)]


def test_the_preview_of_new_hours_says_how_many_appointments_they_would_shut_out(fresh: Box) -> None:
    box_with_bookings(fresh)
    values = proposal.in_force(fresh.ctx).document.model_dump(exclude={"devices"}, exclude_none=True)
    proposed = proposal.of_values(fresh.ctx, {**values, "calendar": closed()})
    assert ("booked-closed", "2") in [(warning.code, warning.values["given"]) for warning in proposed.warnings if "given" in warning.values]
