"""Booking at the kiosk: service, day, time, who; and moving or cancelling an appointment by its code. One decision a page.

What a visitor types to be known by is in the page and in nothing else: no address, no log, no journal has it.
"""

import json
from typing import Any

from flask import redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.errors import BadRequest, Refused
from edge.operations import appointment as appointments
from edge.operations import bookings
from edge.queueing.registry import Device, Kind
from edge.web.screens import forms, keypad, language, offer, slot_words
from edge.web.screens.gate import needs
from edge.web.screens.keypad import CODE, PERSON, Asked
from edge.web.screens.kiosk_checkin import CODE_LABEL, Page, ask, looked_up
from edge.web.screens.kiosk_page import IN_LANGUAGE, blueprint, field, to, unless_emergency
from edge.web.screens.paired import paired
from edge.web.screens.qr import qr
from edge.web.screens.slot_words import Choice
from edge.web.site import site

PERSON_LABEL = _l("Number of your passport, ID card or phone")
TAKEN = frozenset({"slot_full", "slot_past", "rights_spent"})


@blueprint.get(f"{IN_LANGUAGE}/book")
@needs(Kind.KIOSK)
def book(device_id: str, lang: str) -> str:  # noqa: ARG001 -- the language selector reads it
    """Which service; or what is booked already."""
    device = paired(device_id, Kind.KIOSK)
    return unless_emergency("kiosk/book.html", device, sections=offer.bookable(device), up=to("services", device))


@blueprint.get(f"{IN_LANGUAGE}/book/<code>")
@needs(Kind.KIOSK)
def book_day(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """Which day: those that have a free appointment."""
    device = paired(device_id, Kind.KIOSK)
    leaf = offer.leaf(device, code)
    addresses = {day: to("book_time", device, code=code, day=day) for day in slot_words.days(code)}
    return _days(device, _("Which day?"), leaf["names"], addresses, to("book", device))


@blueprint.get(f"{IN_LANGUAGE}/book/<code>/<day>")
@needs(Kind.KIOSK)
def book_time(device_id: str, lang: str, code: str, day: str) -> str:  # noqa: ARG001
    """Which time."""
    device = paired(device_id, Kind.KIOSK)
    hours = slot_words.hours(offer.leaf(device, code)["code"], day)
    return _times(device, day, offer.leaf(device, code)["names"], hours, up=to("book_day", device, code=code), code=code)


@blueprint.get(f"{IN_LANGUAGE}/book/<code>/at/<start>")
@needs(Kind.KIOSK)
def book_person(device_id: str, lang: str, code: str, start: str) -> str:  # noqa: ARG001
    """Who: a number that somebody has at hand."""
    return _person(paired(device_id, Kind.KIOSK), code, start)


@blueprint.post(f"{IN_LANGUAGE}/book/<code>/at/<start>")
@needs(Kind.KIOSK)
def make_booking(device_id: str, lang: str, code: str, start: str) -> Response | Page | str:
    """Book; then a redirect to the page of the new code. A time that was taken meanwhile costs one touch on another."""
    device = paired(device_id, Kind.KIOSK)
    offer.leaf(device, code)
    person, is_key = keypad.typed(PERSON)
    if is_key:
        return _person(device, code, start, person)
    try:
        done = bookings.book(
            site().ctx,
            service=code,
            slot=f"{code}@{start}",
            person=person,
            lang=lang,
            via=device_id,
            actor=f"device:{device_id}",
            once=forms.once(f"kiosk:{device_id}"),
        )
    except BadRequest as error:
        if error.code != "person_invalid":
            raise
        return _person(device, code, start, person, _l("Please give at least four letters or digits.")), 422
    except Refused as error:
        return _not_booked(device, code, error, person)
    return redirect(to("booked", device, code=json.loads(done.answer)["code"]), code=303)


@blueprint.get(f"{IN_LANGUAGE}/booked/<code>")
@needs(Kind.KIOSK)
def booked(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """The code, large; when to come, and what to bring."""
    return _booking("kiosk/booked.html", paired(device_id, Kind.KIOSK), code)


@blueprint.get(f"{IN_LANGUAGE}/change")
@needs(Kind.KIOSK)
def change_code(device_id: str, lang: str) -> str:  # noqa: ARG001
    """Ask for the code of the appointment to change."""
    return ask(paired(device_id, Kind.KIOSK), Asked(CODE, CODE_LABEL), changes=True)


@blueprint.post(f"{IN_LANGUAGE}/change")
@needs(Kind.KIOSK)
def find_to_change(device_id: str, lang: str) -> Response | Page | str:  # noqa: ARG001
    """Look the code up."""
    return looked_up(paired(device_id, Kind.KIOSK), "booking", changes=True)


@blueprint.get(f"{IN_LANGUAGE}/booking/<code>")
@needs(Kind.KIOSK)
def booking(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """The appointment behind a code, with the ways to move and to cancel it."""
    return _booking("kiosk/booking.html", paired(device_id, Kind.KIOSK), code)


@blueprint.get(f"{IN_LANGUAGE}/booking/<code>/days")
@needs(Kind.KIOSK)
def move_day(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """Which other day, or the same."""
    device = paired(device_id, Kind.KIOSK)
    found = appointments.seen_slowly(site().ctx, code, device_id).booking
    addresses = {day: to("move_time", device, code=found.code, day=day) for day in slot_words.days(found.service)}
    return _days(device, _("Move to which day?"), _names(found.service), addresses, to("booking", device, code=found.code))


@blueprint.get(f"{IN_LANGUAGE}/booking/<code>/days/<day>")
@needs(Kind.KIOSK)
def move_time(device_id: str, lang: str, code: str, day: str) -> str:  # noqa: ARG001
    """Which other time: touching it moves the appointment."""
    device = paired(device_id, Kind.KIOSK)
    found = appointments.seen_slowly(site().ctx, code, device_id).booking
    hours, up = slot_words.hours(found.service, day), to("move_day", device, code=found.code)
    return _times(device, day, _names(found.service), hours, up=up, moves=to("move_booking", device, code=found.code), kept=found.slot)


@blueprint.post(f"{IN_LANGUAGE}/booking/<code>/move")
@needs(Kind.KIOSK)
def move_booking(device_id: str, lang: str, code: str) -> Response | Page:  # noqa: ARG001
    """Move it; the code stays. When the time was taken meanwhile the old one is kept."""
    device = paired(device_id, Kind.KIOSK)
    found = appointments.seen_slowly(site().ctx, code, device_id).booking
    try:
        bookings.reschedule(site().ctx, found.code, field("slot"), actor=f"device:{device_id}", once=forms.once(f"kiosk:{device_id}"))
    except Refused as error:
        if error.code not in TAKEN:
            return _booking("kiosk/booking.html", device, code), 409
        moves = to("move_booking", device, code=found.code)
        return _taken(device, found.service, error, moves=moves, up=to("move_day", device, code=found.code)), 409
    return redirect(to("booked", device, code=found.code), code=303)


@blueprint.get(f"{IN_LANGUAGE}/booking/<code>/cancel")
@needs(Kind.KIOSK)
def ask_to_cancel(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """Ask once more before the time is given away."""
    return _booking("kiosk/cancel.html", paired(device_id, Kind.KIOSK), code)


@blueprint.post(f"{IN_LANGUAGE}/booking/<code>/cancel")
@needs(Kind.KIOSK)
def cancel_booking(device_id: str, lang: str, code: str) -> Response | Page:  # noqa: ARG001
    """Cancel; a second time changes nothing."""
    device = paired(device_id, Kind.KIOSK)
    found = appointments.seen_slowly(site().ctx, code, device_id).booking
    try:
        bookings.cancel(site().ctx, found.code, by=bookings.BY_VISITOR, actor=f"device:{device_id}")
    except Refused:
        return _booking("kiosk/booking.html", device, code), 409
    return redirect(to("booking", device, code=found.code), code=303)


def _days(device: Device, title: str, names: Any, addresses: dict[str, str], up: str) -> str:
    said = {"title": title, "names": names, "addresses": addresses, "why_none": bookings.why_none(site().ctx)}
    return unless_emergency("kiosk/days.html", device, **said, day_title=slot_words.day_title, up=up)


def _times(device: Device, day: str, names: Any, hours: list[slot_words.Hour], **more: Any) -> str:
    """``more``: `up`, and either `code` of the service, so that a time leads on, or `moves`, so that it is sent at once."""
    return unless_emergency("kiosk/times.html", device, title=slot_words.day_title(day), names=names, hours=hours, **more)


def _person(device: Device, code: str, start: str, typed: str = "", error: Any = None) -> str:
    leaf, free = offer.leaf(device, code), _choice(code, start)
    lead = _("%(service)s: %(day)s at %(time)s", service=language.named(leaf["names"]), day=slot_words.day_words(free.day), time=free.time)
    return unless_emergency(
        "kiosk/keypad.html",
        device,
        asked=Asked(PERSON, PERSON_LABEL, typed, error),
        action=to("make_booking", device, code=code, start=start),
        up=to("book_time", device, code=code, day=free.day),
        title=_("Who will come?"),
        lead=lead,
        note=_("The number itself is not kept: only a fingerprint of it, so that everybody has one appointment for a service."),
        go=_("Book"),
    )


def _not_booked(device: Device, code: str, error: Refused, person: str) -> Page:
    if error.code in TAKEN:
        return _taken(device, code, error, person=person, up=to("book_day", device, code=code)), 409
    if error.code == "already_booked":
        return unless_emergency("kiosk/already.html", device, names=_names(code), up=to("book", device)), 409
    raise error


def _taken(device: Device, code: str, error: Refused, **more: Any) -> str:
    """The nearest other times; ``person`` or ``moves`` as the form before had it, so that one touch is enough."""
    free = [slot_words.choice(each) for each in error.more.get("slots", ())]
    return unless_emergency("kiosk/taken.html", device, names=_names(code), free=free, day_words=slot_words.day_words, code=code, **more)


def _booking(template: str, device: Device, code: str) -> str:
    seen = appointments.seen_slowly(site().ctx, code, device.device)
    return unless_emergency(
        template,
        device,
        seen=seen,
        service=site().ctx.hall.policy.services.get(seen.booking.service),
        day=slot_words.date_words(seen.booking.start),
        clock=slot_words.clock,
        drawing=qr(seen.booking.code),
        up=to("change_code", device),
    )


def _choice(code: str, start: str) -> Choice:
    """Return the time in the address, whether it is still free or not. Raises BadRequest."""
    try:
        at = slot_words.local(start)
    except (ValueError, OverflowError):
        raise BadRequest(f"start {start[:40]!r}: must be an instant", code="slot_invalid") from None
    return Choice(f"{code}@{start}", start, at.date().isoformat(), f"{at:%H:%M}")


def _names(code: str) -> Any:
    service = site().ctx.hall.policy.services.get(code)
    return service.names if service else {"ru": code}
