"""What is wrong in the hall as sentences, each with the page that resolves it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from edge.operations.overview import Found, Overview
from edge.operations.printing import Standing
from edge.operations.views import View
from edge.queueing.alerts import What as Alarm
from edge.queueing.policy import Policy
from edge.queueing.trouble import WAITS_LONG_S, Trouble, What
from edge.web.screens import language, link_words, words
from edge.web.screens.hall.frame import minutes

MOST = 6  # so many stand on the page; the rest is counted
UNREACHED_S = 15 * 60  # so old may the oldest untold event be before the supervisor is troubled with it
UNSAID = (Alarm.RULES, Alarm.DISK, Alarm.PAPER_OUT, Alarm.PRINTER_ERROR, Alarm.SLOW, Alarm.BATTERY, Alarm.PAPER_LOW)  # no other line says them
APART_MOST = 2  # so many services that nobody serves are told one by one


@dataclass(frozen=True, slots=True)
class Saying:
    """``kind``: bad or warn; ``action`` leads to ``address``; ``id`` is stable while the trouble lasts, so that the focus can stay on it."""

    id: str
    kind: str
    icon: str
    text: str
    action: str
    address: str


def sayings(seen: Overview, health: View, printers: Sequence[Standing]) -> list[Saying]:
    """Return all that is wrong, the worst first."""
    unserved = [trouble for trouble in seen.troubles if trouble.what is What.UNSERVED]
    together = len(unserved) > APART_MOST
    found = [_SAID[trouble.what](trouble, seen.policy) for trouble in seen.troubles if not (together and trouble in unserved)]
    return [
        *([_all_unserved(unserved, seen.policy)] if together else []),
        *found,
        *_to_tell(seen),
        *_date(seen),
        *_printers(printers),
        *_devices(seen),
        *_equipment(seen),
        *_link(health["sync"]),
        *_health(health),
    ]


def _emergency(trouble: Trouble, _policy: Policy) -> Saying:
    text = ngettext(
        "The hall is closed because of an emergency. %(num)s visitor keeps the place in the queue.",
        "The hall is closed because of an emergency. %(num)s visitors keep their places in the queue.",
        trouble.count,
    )
    return Saying("emergency", "bad", "emergency", text, _("Lift the emergency"), url_for("hall.emergency_page"))


def _no_desk(trouble: Trouble, _policy: Policy) -> Saying:
    text = ngettext("No desk is open, and %(num)s visitor is waiting.", "No desk is open, and %(num)s visitors are waiting.", trouble.count)
    return Saying("no-desk", "bad", "desk", text, _("Open a desk"), "#desks")


def _unserved(trouble: Trouble, policy: Policy) -> Saying:
    text = ngettext(
        "%(num)s visitor waits for “%(service)s”, and no open desk serves it.",
        "%(num)s visitors wait for “%(service)s”, and no open desk serves it.",
        trouble.count,
        service=_service_name(trouble, policy),
    )
    return Saying(f"unserved-{trouble.service}", "bad", "people", text, _("Find a desk"), url_for("hall.service", code=trouble.service))


def _all_unserved(troubles: Sequence[Trouble], policy: Policy) -> Saying:
    """Return one sentence for many services; it leads to the one that most wait for."""
    text = ngettext(
        "%(num)s visitor waits, and no open desk serves: %(services)s.",
        "%(num)s visitors wait, and no open desk serves: %(services)s.",
        sum(trouble.count for trouble in troubles),
        services=", ".join(_service_name(trouble, policy) for trouble in troubles),
    )
    return Saying("unserved", "bad", "people", text, _("Find a desk"), url_for("hall.service", code=troubles[0].service))


def _service_name(trouble: Trouble, policy: Policy) -> str:
    code = trouble.service or ""
    return language.named(policy.services[code].names) if code in policy.services else code


def _awaited(trouble: Trouble, _policy: Policy) -> Saying:
    text = ngettext(
        "%(num)s visitor waits for desk %(desk)s alone, and it is not open.",
        "%(num)s visitors wait for desk %(desk)s alone, and it is not open.",
        trouble.count,
        desk=trouble.desk,
    )
    return _at_desk(trouble, "bad", "desk", text)


def _long(trouble: Trouble, _policy: Policy) -> Saying:
    text = ngettext(
        "%(num)s visitor has waited for %(limit)s minutes or more: %(ticket)s, %(age)s min.",
        "%(num)s visitors have waited for %(limit)s minutes or more, %(ticket)s the longest: %(age)s min.",
        trouble.count,
        limit=minutes(WAITS_LONG_S),
        ticket=_number(trouble),
        age=minutes(trouble.seconds),
    )
    return Saying("long", "warn", "clock", text, _("See who waits"), url_for("hall.service", code=trouble.service))


def _not_come(trouble: Trouble, _policy: Policy) -> Saying:
    text = _(
        "%(ticket)s was called %(age)s min ago to desk %(desk)s and has not come.",
        ticket=_number(trouble),
        desk=trouble.desk,
        age=minutes(trouble.seconds),
    )
    return _at_desk(trouble, "warn", "no-show", text)


def _paused(trouble: Trouble, _policy: Policy) -> Saying:
    text = ngettext(
        "Desk %(desk)s has been paused for %(age)s min, and %(num)s visitor could be called there.",
        "Desk %(desk)s has been paused for %(age)s min, and %(num)s visitors could be called there.",
        trouble.count,
        desk=trouble.desk,
        age=minutes(trouble.seconds),
    )
    return _at_desk(trouble, "warn", "pause", text)


def _at_desk(trouble: Trouble, kind: str, icon: str, text: str) -> Saying:
    action, address = _("Go to desk %(desk)s", desk=trouble.desk), url_for("hall.desk_page", desk=trouble.desk)
    return Saying(f"{trouble.what}-{trouble.desk}", kind, icon, text, action, address)


def _number(trouble: Trouble) -> str:
    return trouble.ticket.number if trouble.ticket else ""


_SAID: Mapping[What, Callable[[Trouble, Policy], Saying]] = {
    What.EMERGENCY: _emergency,
    What.NO_DESK_OPEN: _no_desk,
    What.UNSERVED: _unserved,
    What.AWAITED: _awaited,
    What.LONG_WAIT: _long,
    What.NOT_COME: _not_come,
    What.PAUSED: _paused,
}


def _date(seen: Overview) -> list[Saying]:
    if seen.doubtful_day is None:
        return []
    text = _("Nobody has confirmed that today is %(day)s, and the clock of the box shows another date.", day=seen.doubtful_day)
    return [Saying("date", "warn", "clock", text, _("Say which date it is"), url_for("hall.day_page"))]


def _to_tell(seen: Overview) -> list[Saying]:
    count = sum(number for _day, number in seen.to_tell)
    if not count:
        return []
    text = ngettext("%(num)s visitor has an appointment that cannot be kept.", "%(num)s visitors have appointments that cannot be kept.", count)
    return [Saying("to-tell", "warn", "help", text, _("See whom to tell"), url_for("hall.to_tell_page"))]


def _printers(printers: Sequence[Standing]) -> list[Saying]:
    """One sentence for each printer that did not print its last ticket; it leads to that ticket, where a copy can be printed."""
    return [
        Saying(
            f"printer-{each.printer}",
            "warn",
            "printer",
            _("%(printer)s did not print a ticket: %(why)s.", printer=each.printer, why=words.word(words.UNPRINTED, each.fault)),
            _("See the ticket"),
            url_for("hall.ticket_page", ticket=each.ticket),
        )
        for each in printers
        if each.fault
    ]


def _devices(seen: Overview) -> list[Saying]:
    gone = [each.device.device for each in seen.devices if each.found is Found.GONE]
    if not gone:
        return []
    text = ngettext(
        "%(num)s device is not connected: %(names)s.", "%(num)s devices are not connected: %(names)s.", len(gone), names=", ".join(gone[:4])
    )
    return [Saying("devices-gone", "warn", "device", text, _("See the devices"), "#devices")]


def _equipment(seen: Overview) -> list[Saying]:
    """One line for all that is wrong with the equipment and stands nowhere else here; the page of devices has the rest."""
    told = [each for each in seen.alerts if each.what in UNSAID]
    if not told:
        return []
    listed = [f"{words.word(words.ALERTS, each.what)}{f' ({each.about})' if each.about else ''}" for each in told]
    return [Saying("equipment", "warn", "device", "; ".join(listed) + ".", _("See the devices"), url_for("devices.overview"))]


def _link(sync: View) -> list[Saying]:
    """Say that the link stands still; that the server cannot be reached only when it is no passing matter, since the box tries again by itself."""
    if sync["state"] != "blocked" or (sync["why"] == "unreachable" and sync["lag_s"] < UNREACHED_S):
        return []
    found = link_words.saying(sync)
    return [Saying("link", "warn", "online-off", str(found.title), _("See what to do"), url_for("hall.national_page"))]


def _health(health: View) -> list[Saying]:
    if health["status"] == "ok":
        return []
    return [Saying("health", "warn", "alert", _("The box works, but with a fault."), _("See what is wrong"), url_for("landing.landing"))]
