"""What a kiosk offers, arranged for its pages: services on the first screen, groups when they are many, bookings, and when it is one's turn."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import g, url_for
from flask_babel import LazyString, format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from edge.errors import Unknown
from edge.operations import bookings, views
from edge.operations.views import View
from edge.queueing.day import Stage
from edge.queueing.policy import Mode
from edge.queueing.registry import Device
from edge.queueing.roster import phase_of, why_closed
from edge.web.screens import language, moments
from edge.web.screens.moments import span
from edge.web.screens.slot_words import Choice
from edge.web.site import site

FIRST_SCREEN = 8  # so many services are shown at once; with more, groups come first
SOON = timedelta(minutes=5)
DAY_PATTERNS = {"ky": "d-MMMM, EEEE", "ru": "EEEE, d MMMM", "kk": "d MMMM, EEEE", "en": "EEEE, d MMMM"}  # the short ones of CLDR are ambiguous


@dataclass(frozen=True, slots=True)
class Section:
    """Services under one heading; ``heading`` is their group, or None for those without; ``title``: words of our own instead."""

    heading: View | None
    services: list[View]
    title: LazyString | None = None


def first_screen(device: Device) -> list[Section]:
    """Return all services under their groups when they fit, else what stands at the top of the tree.

    On a day for appointments only, what takes walk-ins all the same comes first.
    """
    shown = _shown(device)
    if not by_appointment(device):
        return [Section(None, _children(shown, None))] if _by_groups(shown) else _sections(shown)
    without = [each for each in shown if _is_exempt(each)]
    rest = [each for each in (_children(shown, None) if _by_groups(shown) else _leaves(shown)) if each not in without]
    sections = [Section(None, without, _l("Without an appointment today")), Section(None, rest, _l("Only by appointment today"))]
    return [section for section in sections if section.services]


def by_appointment(device: Device) -> bool:
    """Tell whether today everything that is not exempt is by appointment only."""
    ordinary = [each for each in _leaves(_shown(device)) if not _is_exempt(each)]
    return bool(ordinary) and all(each["mode"] == Mode.APPOINTMENT_ONLY for each in ordinary)


def without_appointment(device: Device) -> list[View]:
    """Return the services that take walk-ins now."""
    return [each for each in _leaves(_shown(device)) if each["open"]]


def bookable(device: Device) -> list[Section]:
    """Return the services that can be booked here, under their groups."""
    shown = _shown(device)
    return _sections([each for each in shown if each["bookable"] or not each["letter"]])


def takes_bookings(device: Device) -> bool:
    """Tell whether anything can be booked here."""
    return bool(bookable(device))


def inside(device: Device, group: str) -> list[Section]:
    """Return what is in one group."""
    return [Section(None, _children(_shown(device), group))]


def entry(device: Device, code: str) -> View:
    """Return what the kiosk shows under ``code``. Raises Unknown."""
    found = find(device, code)
    if found is None:
        raise Unknown(f"service {code!r} is not offered here", field="service")
    return found


def find(device: Device, code: str) -> View | None:
    """Return what the kiosk shows under ``code``, None when it shows no such thing."""
    return next((each for each in _shown(device) if each["code"] == code), None)


def leaf(device: Device, code: str) -> View:
    """Return a service that gives tickets. Raises Unknown."""
    site().ctx.hall.leaf(code)
    return entry(device, code)


def group_above(device: Device, code: str) -> str | None:
    """Return the group whose page leads to ``code``, or None when the first screen does."""
    shown = _shown(device)
    parent: str | None = entry(device, code)["parent"]
    return parent if _by_groups(shown) else None


def turn(view: View) -> str | None:
    """Say roughly when the turn of a service or ticket comes, as clock times; None while nobody can say."""
    start, end = view["from"], view["to"]
    if not start or not end:
        return None
    if datetime.fromisoformat(end) - site().ctx.clock.wall() <= SOON:
        return str(_("Your turn comes soon"))
    times = Markup('<span class="unbroken">{}</span>').format(span(start, end))  # no line ends between the two
    return escape(_("Your turn: about %(times)s")) % {"times": times}


def to_person(device: Device) -> Callable[[Choice], str]:
    """Return what tells where a free appointment leads: to the question who will come."""
    lang = language.current()

    def address(free: Choice) -> str:
        return url_for("kiosk.book_person", device_id=device.device, lang=lang, code=free.slot.partition("@")[0], start=free.start)

    return address


def notice() -> str | None:
    """Say when a closed hall opens again; None while it is open."""
    hall, tick = site().ctx.hall, site().ctx.tick()
    now = phase_of(hall, tick)
    if now.stage is Stage.OPEN:
        return None
    if now.at is None:
        return language.named(now.why) if now.why else None
    time = moments.clocked(now.at)
    if now.tickets_from is not None and why_closed(hall, tick) is None:
        return str(_("The hall opens at %(time)s. Waiting counts from then, the same for everybody", time=time))
    if now.day is None:
        return str(_("Tickets are given again from %(time)s", time=moments.clocked(now.at if now.tickets_from is None else now.tickets_from)))
    day = format_date(date.fromisoformat(now.day), DAY_PATTERNS[language.current()])
    again = str(_("Tickets are given again on %(day)s from %(time)s", time=time, day=day))
    return f"{language.named(now.why)}. {again}" if now.why else again


def helps(entry: View) -> bool:
    """Tell whether who gets no ticket for a service now can still have an appointment, and wants to hear it."""
    return bool(entry["bookable"]) and entry["why"] in bookings.APPOINTMENT_HELPS


def _shown(device: Device) -> list[View]:
    """Return the services this kiosk shows, and the groups that lead to them, in display order; back-office work is nothing for visitors.

    ``leads`` of each: touching it leads somewhere, to a ticket or to an appointment. Worked out once a page.
    """
    if "offered" not in g:
        g.offered = _offered(device)
    found: list[View] = g.offered
    return found


def _offered(device: Device) -> list[View]:
    hall = site().ctx.hall
    everything = [each for each in views.services(hall, site().ctx.tick()) if not hall.policy.is_quiet(each["code"])]
    parents = {each["code"]: each["parent"] for each in everything}
    wanted = set(parents) if device.services is None else set(device.services)
    for code in device.services or ():
        wanted.update(_above(parents, code))
    shown = [each for each in everything if each["code"] in wanted]
    leads = {each["code"] for each in shown if each["letter"] and (each["open"] or helps(each))}
    above = {code for leaf_code in leads for code in _above(parents, leaf_code)}
    return [{**each, "leads": each["code"] in leads | above} for each in shown]


def _above(parents: Mapping[str, str | None], code: str) -> Iterator[str]:
    above = parents.get(code)
    while above is not None:
        yield above
        above = parents.get(above)


def _is_exempt(entry: View) -> bool:
    return entry["letter"] is not None and site().ctx.hall.policy.services[entry["code"]].exempt


def _leaves(shown: list[View]) -> list[View]:
    return [each for each in shown if each["letter"]]


def _by_groups(shown: list[View]) -> bool:
    return sum(each["letter"] is not None for each in shown) > FIRST_SCREEN


def _children(shown: list[View], parent: str | None) -> list[View]:
    return [each for each in shown if each["parent"] == parent]


def _sections(shown: list[View]) -> list[Section]:
    """Arrange services under the group they are in, in display order; those of the top without a heading."""
    leaves = _leaves(shown)
    alone = [each for each in leaves if each["parent"] is None]
    sections = [Section(None, alone)] if alone else []
    for heading in (each for each in shown if not each["letter"]):
        under = [each for each in leaves if each["parent"] == heading["code"]]
        sections += [Section(heading, under)] if under else []
    return sections
