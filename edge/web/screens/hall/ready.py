"""Ready-made texts for boards and reasons for the journal: in a hurry nobody should have to write, least of all in four languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from edge.queueing.policy import LANGS
from edge.web.screens.language import in_language


@dataclass(frozen=True, slots=True)
class Ready:
    """``title``: what the supervisor chooses by; ``text``: what the boards say."""

    title: LazyString
    text: LazyString
    icon: str


NOTICES: Mapping[str, Ready] = {
    "technical": Ready(_l("Technical break"), _l("A technical break. Calls will go on in a few minutes"), "settings"),
    "documents": Ready(_l("Documents"), _l("Please have your documents ready"), "documents"),
    "closing": Ready(_l("Closing soon"), _l("The hall closes soon. Who has a ticket will be served"), "clock"),
    "found": Ready(_l("Found item"), _l("Something was found in the hall. Please ask the staff"), "search"),
}

EMERGENCIES: Mapping[str, Ready] = {
    "evacuation": Ready(_l("Evacuation"), _l("Please leave the building calmly by the nearest exit. Keep your ticket"), "logout"),
    "technical": Ready(_l("Technical failure"), _l("The hall is closed because of a technical failure. Your place in the queue is kept"), "settings"),
    "other": Ready(_l("Another reason"), _l("The hall is closed for now. Please follow the instructions of the staff"), "info"),
}

DESK_REASONS = (_l("Long queue"), _l("The clerk is away"), _l("The clerk is back"), _l("Break"), _l("Technical problem"), _l("End of the shift"))
DOOR_REASONS = (_l("There is room in the hall"), _l("It rains or is cold outside"), _l("More desks are open"))
TICKET_REASONS = (
    _l("The visitor came back"),
    _l("The visitor left"),
    _l("The ticket was taken by mistake"),
    _l("The visitor is unwell"),
    _l("A mistake at the desk"),
    _l("The proof was shown in the hall"),
)
EMERGENCY_REASONS = (_l("Fire alarm"), _l("Order of the authorities"), _l("Power or network failure"), _l("Drill"))
LIFT_REASONS = (_l("The danger is over"), _l("The failure is repaired"), _l("The drill is over"))


def texts(offered: Mapping[str, Ready], chosen: str) -> dict[str, str]:
    """Return a ready text in every language; empty for a name that is not offered."""
    found = offered.get(chosen)
    return {lang: in_language(found.text, lang) for lang in LANGS} if found else {}
