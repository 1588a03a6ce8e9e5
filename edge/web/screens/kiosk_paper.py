"""The ticket on paper, as the kiosk's screen tells of it: being printed, to be taken, or not there.

The number on the screen counts whatever the printer does.
"""

from enum import StrEnum

from flask import redirect
from werkzeug.wrappers import Response

from edge.operations import printing
from edge.operations.printing import State
from edge.operations.views import View
from edge.queueing.registry import Device
from edge.web.screens.kiosk_page import to
from edge.web.site import site


class Paper(StrEnum):
    """What a visitor is told; what is wrong with the printer is a matter of staff."""

    PRINTING = "printing"
    TAKE = "take"
    NONE = "none"


def to_ticket(device: Device, ticket: View) -> Response:
    """Have the ticket printed where the kiosk has a printer, and go to the page that shows its number."""
    printer = site().printers.of_kiosk.get(device.device)
    if printer:
        printing.ask(site().ctx, ticket["id"], printer, site().visitor_url)
    return redirect(to("ticket", device, token=ticket["track_url"].rpartition("/")[2]), code=303)


def paper_of(device: Device, ticket: str) -> Paper | None:
    """Return what became of the ticket on paper; None where the kiosk has no printer, or nobody asked for paper."""
    job = printing.newest(site().ctx, ticket) if device.device in site().printers.of_kiosk else None
    if job is None:
        return None
    match job.state:
        case State.PRINTED | State.SENT:
            return Paper.TAKE
        case State.QUEUED | State.BEGUN if job.why is None:
            return Paper.PRINTING
    return Paper.NONE
