"""What all pages of a kiosk share: the frame with its ways, the emergency that takes every page's place, and where a form of the frame leads.

The pages are in `kiosk` (tickets), `kiosk_checkin` and `kiosk_bookings`; one blueprint for all.
"""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from edge.errors import BadRequest, EdgeError
from edge.operations import help as calls
from edge.operations.displays import Shown
from edge.queueing.registry import Device, Kind
from edge.web.screens import faults, forms, language, modes, offer, words
from edge.web.screens.faults import Fault
from edge.web.screens.moments import weekday_and_date
from edge.web.screens.paired import paired, zone_of
from edge.web.site import site

blueprint = Blueprint("kiosk", __name__, url_prefix="/kiosk/<device_id>")

ASK_S, ASK_CALMLY_S = 25, 70  # silence before the kiosk asks; the second with a mode on or help called. Then 20 s to answer (WCAG 2.2.1)
IN_LANGUAGE = f"/<{language.ANY}:lang>"
LONGEST_FIELD = 200


def unless_emergency(template: str, device: Device, **values: Any) -> str:
    """A page that leads to a ticket, or says why there is none: it gives way to an emergency."""
    emergency = site().ctx.hall.policy.emergency
    if emergency is None:
        return page(template, device, **values)
    said_in = sorted(emergency.text, key=lambda lang: lang != language.current())  # the language that was chosen, if any, comes first
    return page("kiosk/emergency.html", device, emergency=emergency, said_in=said_in)


def page(template: str, device: Device, **values: Any) -> str:
    """Render a page in the frame."""
    ctx, zone, chosen = site().ctx, zone_of(device), modes.chosen()
    body = site().displays.body(Shown.KIOSK, zone)
    frame = {
        "device": device,
        "zone": zone,
        "centre": ctx.hall.policy.centre,
        "rev": f"{body['boot_id']}/{body['rev']}" if body else "",
        "modes": chosen,
        "told": (told := calls.is_waiting(ctx, device.device)),
        "ask_s": ASK_CALMLY_S if chosen or told else ASK_S,
        "key": forms.fresh_key(),
        "services": ctx.hall.policy.services,
        "offer": offer,
        "words": words,
        "weekday_and_date": weekday_and_date,
    }
    return render_template(template, **frame, **values)


def field(name: str) -> str:
    """Return a field of the form, cut to what any of them may hold. Raises BadRequest when it is missing or empty."""
    value = request.form.get(name, "").replace("\x00", "").strip()[:LONGEST_FIELD]
    if not value:
        raise BadRequest(f"form field {name}: is missing")
    return value


def here(device_id: str, lang: str) -> str:
    """Return the page that a form of the frame was on, if it says one of this kiosk, else the services."""
    home, said = url_for("kiosk.languages", device_id=device_id), request.form.get("here", "")
    if said == home or (said.startswith(f"{home}/") and said.isascii() and said.isprintable()):
        return said
    return url_for("kiosk.services", device_id=device_id, lang=lang)


def to(endpoint: str, device: Device, **values: Any) -> str:
    """Return the address of a page of this kiosk in the language of the present one."""
    return url_for(f"kiosk.{endpoint}", device_id=device.device, lang=language.current(), **values)


def categories() -> dict[str, Any]:
    """Return the statutory categories by code."""
    return dict(site().ctx.hall.policy.categories)


def _fault(fault: Fault) -> str | None:
    """What went wrong, in the kiosk's own frame: start over and help stand where they always do."""
    try:
        return unless_emergency("kiosk/fault.html", paired((request.view_args or {}).get("device_id", ""), Kind.KIOSK), fault=fault)
    except EdgeError:
        return None


faults.FRAMES[blueprint.name] = _fault
