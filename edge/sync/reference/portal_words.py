"""Why something cannot be done, and what is wrong with an address, as visitors read it."""

from flask_babel import gettext as _

NOT_FOUND, NOT_ALLOWED = 404, 401


def refusal_text(word: str) -> str:
    """Return the sentence for a refusal's word."""
    said = {
        "already_booked": _("You have an appointment for this service already. Change or cancel that one."),
        "booking_unknown": _("No appointment has this code and this document. Please check both."),
        "booking_state": _("This appointment can no longer be changed."),
        "centre_away": _("The centre has no link now, and this time is near. Please choose a later one, or go to the centre."),
        "centre_unknown": _("There is no such centre."),
        "centre_unknown_yet": _("This centre takes no appointments here yet. Please try again in a few minutes."),
        "person_invalid": _("A document number or phone has 4 to 64 characters."),
        "request_open": _("The centre has not answered your last change yet. Please try again later."),
        "slot_full": _("This time is taken. Please choose another one."),
        "slot_past": _("This time is over. Please choose another one."),
        "slot_unknown": _("There is no such time. Please choose another one."),
    }
    return str(said.get(word) or _("This does not work right now"))


def title_of(status: int) -> str:
    """Return the title of a page that cannot be shown."""
    said = {NOT_FOUND: _("There is no such page"), NOT_ALLOWED: _("This page is for operators")}
    return str(said.get(status) or _("This does not work right now"))
