"""What needs a person at a centre, as an operator reads it: one sentence for each word of `overview`."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from edge.sync.reference.overview import Need


def said_of(need: Need) -> str:
    """Return one sentence."""
    if need.kind == "equipment":
        return _of_equipment(need)
    known = {**_of_link(need.count), **_of_bookings(need.count, _codes(need)), **_of_box(need.count)}
    return str(known.get(need.kind, f"{need.kind}: {need.count}"))


def _of_link(count: int) -> dict[str, Any]:
    return {
        "never-seen": _("No box has said hello yet. Give the centre its token"),
        "silent": _("No link. The centre works on alone"),
        "relearning": _("This server was restored and waits for the journal of the centre; nothing is sold until it is here"),
        "not-applied": _("Part of the journal is stored but not taken over. Look at the log of this server"),
        "fenced": ngettext(
            "%(num)s box is fenced. Find out which one belongs there and let it in",
            "%(num)s boxes are fenced. Find out which one belongs there and let it in",
            count,
        ),
    }


def _of_bookings(count: int, codes: str) -> dict[str, Any]:
    return {
        "below-zero": ngettext(
            "%(num)s time has more appointments than seats. Rebook some of them",
            "%(num)s times have more appointments than seats. Rebook some of them",
            count,
        ),
        "withdrawn": ngettext(
            "%(num)s appointment is at a time that the centre no longer has. Tell the visitor",
            "%(num)s appointments are at times that the centre no longer has. Tell the visitors",
            count,
        ),
        "person-twice": _("One person is booked twice, here and at the centre: %(codes)s. Ask which appointment is kept", codes=codes),
        "checked-in-cancelled": _("A visitor checked in with a cancelled appointment: %(codes)s", codes=codes),
        "unanswered": ngettext(
            "The centre has not answered %(num)s wish of a visitor yet",
            "The centre has not answered %(num)s wishes of visitors yet",
            count,
        ),
    }


def _of_box(count: int) -> dict[str, Any]:
    return {
        "clock": _("The clock of the box was wrong and was set. Check its battery"),
        "epoch": _("The box was restored or replaced. Check that the old one is switched off"),
        "frozen": ngettext(
            "An older box holds seats of %(num)s time. Confirm that it sells no more, and they come back",
            "An older box holds seats of %(num)s times. Confirm that it sells no more, and they come back",
            count,
        ),
        "counters": ngettext(
            "%(num)s event does not fit the seats that are known here", "%(num)s events do not fit the seats that are known here", count
        ),
        "unsettled": ngettext(
            "The centre counted the seats of %(num)s time differently", "The centre counted the seats of %(num)s times differently", count
        ),
        "refused": ngettext(
            "The centre could not put %(num)s wish of this side in force",
            "The centre could not put %(num)s wishes of this side in force",
            count,
        ),
        "notices": ngettext(
            "%(num)s event of the journal was stored but not understood", "%(num)s events of the journal were stored but not understood", count
        ),
    }


def _of_equipment(need: Need) -> str:
    """Name what is wrong, the most pressing first, in the words of the centre's own page of devices, and where."""
    words = {
        "rules": _("Somebody could send orders to devices for a moment: call the technician"),
        "broker": _("No messages reach the devices"),
        "disk": _("The disk of the box is nearly full"),
        "paper-out": _("No paper"),
        "printer-error": _("The printer has a fault"),
        "unprinted": _("Tickets are not printed"),
        "gone": _("Not connected"),
        "slow": _("Answers too slowly"),
        "battery": _("The battery is nearly empty"),
        "paper-low": _("Little paper is left"),
        "clock": _("No time server has set the clock of the box"),
        "voice": _("Calls have a chime, but no words"),
    }
    places: dict[str, list[str]] = {what: [] for what in words}
    for each in need.detail["entries"]:
        places.setdefault(each["what"], []).append(each["about"] or "")
    told = {words.get(what, what): ", ".join(filter(None, sorted(where))) for what, where in places.items() if where}
    return "; ".join(f"{what}: {where}" if where else what for what, where in told.items())


def _codes(need: Need) -> str:
    entries: list[dict[str, Any]] = need.detail.get("entries", [])
    return ", ".join(str(each.get("code", each.get("key"))) for each in entries)
