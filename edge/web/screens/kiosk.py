"""The kiosk: language, service, confirm, number. Plain links and forms, so that it works with nothing but HTML.

A service that gives no tickets now is shown grey with the reason, never hidden; the visitor sees how many are ahead, and roughly when it will
be their turn, before taking a number.
"""

import json
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from edge.errors import BadRequest, EdgeError
from edge.operations import help as calls
from edge.operations import tickets
from edge.operations.displays import Shown
from edge.queueing.registry import Device, Kind
from edge.web.screens import faults, forms, language, modes, offer, words
from edge.web.screens.faults import Fault
from edge.web.screens.gate import needs
from edge.web.screens.modes import Mode
from edge.web.screens.paired import paired, zone_of
from edge.web.screens.qr import qr
from edge.web.site import site

blueprint = Blueprint("kiosk", __name__, url_prefix="/kiosk/<device_id>")

ASK_S, ASK_CALMLY_S = 25, 70  # silence before the kiosk asks; the second with a mode on or help called. Then 20 s to answer (WCAG 2.2.1)
MM_PER_INCH = 25.4
IN_LANGUAGE = f"/<{language.ANY}:lang>"


@blueprint.get("")
@needs(Kind.KIOSK)
def languages(device_id: str) -> str:
    """The first question is the attract screen: which language."""
    device = paired(device_id, Kind.KIOSK)
    offered = [lang for lang in site().ctx.hall.policy.centre.langs if lang in language.OWN_NAMES]
    return _unless_emergency("kiosk/languages.html", device, offered=offered)


@blueprint.get("/over")
@needs(Kind.KIOSK)
def over(device_id: str) -> Response:
    """Start over: nothing of the visit before is kept."""
    paired(device_id, Kind.KIOSK)
    start = url_for("kiosk.languages", device_id=device_id)
    response = redirect(start, code=303)
    modes.forget(response, start)
    return response


@blueprint.get("/size.css")
@needs(Kind.KIOSK)
def size(device_id: str) -> Response:
    """How large the screen is, so that the stylesheet can count in millimetres; the browser knows the pixels."""
    paired(device_id, Kind.KIOSK)
    response = make_response(f":root {{ --diagonal-mm: {site().ctx.hall.policy.centre.kiosk_diagonal_in * MM_PER_INCH:.1f}; }}\n")
    response.content_type = "text/css; charset=utf-8"
    return response


@blueprint.get(IN_LANGUAGE)
@needs(Kind.KIOSK)
def services(device_id: str, lang: str) -> str:  # noqa: ARG001 -- the language selector reads it
    """All services when they fit, else the groups of the top."""
    device = paired(device_id, Kind.KIOSK)
    return _unless_emergency("kiosk/services.html", device, sections=offer.first_screen(device), group=None)


@blueprint.get(f"{IN_LANGUAGE}/group/<code>")
@needs(Kind.KIOSK)
def group(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """What is in one group."""
    device = paired(device_id, Kind.KIOSK)
    found = offer.entry(device, code)
    return _unless_emergency("kiosk/services.html", device, sections=offer.inside(device, code), group=found, up=_up(device, code))


@blueprint.get(f"{IN_LANGUAGE}/service/<code>")
@needs(Kind.KIOSK)
def confirm(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """What to bring, people ahead, and the button that takes the number."""
    device = paired(device_id, Kind.KIOSK)
    service, known = offer.leaf(device, code), site().ctx.hall.policy.services[code]
    drawing = qr(known.online) if known.online else None
    return _unless_emergency(
        "kiosk/confirm.html", device, service=service, known=known, online=drawing, categories=_categories(), up=_up(device, code)
    )


@blueprint.get(f"{IN_LANGUAGE}/service/<code>/priority")
@needs(Kind.KIOSK)
def priority(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """The statutory categories: touching one takes the number with it."""
    device = paired(device_id, Kind.KIOSK)
    up = url_for("kiosk.confirm", device_id=device_id, lang=language.current(), code=code)
    return _unless_emergency("kiosk/priority.html", device, service=offer.leaf(device, code), categories=_categories(), up=up)


@blueprint.post(f"{IN_LANGUAGE}/tickets")
@needs(Kind.KIOSK)
def take(device_id: str, lang: str) -> Response:
    """Issue; then a redirect to the number, so that reloading shows it again and issues nothing."""
    device = paired(device_id, Kind.KIOSK)
    service = request.form.get("service", "")
    if not service:
        raise BadRequest("form field service: is missing")
    done = tickets.issue(
        site().ctx,
        service=service,
        lang=lang,
        category=request.form.get("category") or None,
        via=device_id,
        actor=f"device:{device_id}",
        shown=device.services,
        once=forms.once(f"kiosk:{device_id}"),
    )
    token = json.loads(done.answer)["track_url"].rpartition("/")[2]
    return redirect(url_for("kiosk.ticket", device_id=device_id, lang=lang, token=token), code=303)


@blueprint.get(f"{IN_LANGUAGE}/ticket/<token>")
@needs(Kind.KIOSK)
def ticket(device_id: str, lang: str, token: str) -> str:  # noqa: ARG001
    """The number, large enough to be read by whoever holds the visitor's hand."""
    device = paired(device_id, Kind.KIOSK)
    found = tickets.by_token(site().ctx, token)
    policy = site().ctx.hall.policy
    service, category = policy.services.get(found["service"]), policy.categories.get(found["category"] or "")
    address = _visitor_address(found["track_url"])
    drawing = qr(address) if address else None
    return _page("kiosk/ticket.html", device, ticket=found, service=service, category=category, address=address, drawing=drawing)


@blueprint.post(f"{IN_LANGUAGE}/help")
@needs(Kind.KIOSK)
def call_for_help(device_id: str, lang: str) -> Response:
    """Call the hall's staff. A second touch is the same call."""
    paired(device_id, Kind.KIOSK)
    calls.call(site().ctx, device_id)
    return redirect(_here(device_id, lang), code=303)


@blueprint.post(f"{IN_LANGUAGE}/modes")
@needs(Kind.KIOSK)
def set_mode(device_id: str, lang: str) -> Response:
    """Turn large text, high contrast or low reach on or off; the page stays."""
    paired(device_id, Kind.KIOSK)
    wanted = request.form.get("mode", "")
    if wanted not in list(Mode):
        raise BadRequest(f"form field mode = {wanted[:64]!r}: must be {', '.join(Mode)}")
    response = redirect(_here(device_id, lang), code=303)
    modes.toggle(response, Mode(wanted), url_for("kiosk.languages", device_id=device_id))
    return response


def _unless_emergency(template: str, device: Device, **values: Any) -> str:
    """A page that leads to a ticket, or says why there is none: it gives way to an emergency."""
    emergency = site().ctx.hall.policy.emergency
    if emergency is None:
        return _page(template, device, **values)
    said_in = sorted(emergency.text, key=lambda lang: lang != language.current())  # the language that was chosen, if any, comes first
    return _page("kiosk/emergency.html", device, emergency=emergency, said_in=said_in)


def _page(template: str, device: Device, **values: Any) -> str:
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
    }
    return render_template(template, **frame, **values)


def _fault(fault: Fault) -> str | None:
    """What went wrong, in the kiosk's own frame: start over and help stand where they always do."""
    try:
        return _unless_emergency("kiosk/fault.html", paired((request.view_args or {}).get("device_id", ""), Kind.KIOSK), fault=fault)
    except EdgeError:
        return None


faults.FRAMES[blueprint.name] = _fault


def _here(device_id: str, lang: str) -> str:
    """Return the page that a form of the frame was on, if it says one of this kiosk, else the services."""
    home, said = url_for("kiosk.languages", device_id=device_id), request.form.get("here", "")
    if said == home or (said.startswith(f"{home}/") and said.isascii() and said.isprintable()):
        return said
    return url_for("kiosk.services", device_id=device_id, lang=lang)


def _up(device: Device, code: str) -> str:
    """Return where "back" leads from a service or group: the group above when groups are shown, else the first screen."""
    above = offer.group_above(device, code)
    lang = language.current()
    if above:
        return url_for("kiosk.group", device_id=device.device, lang=lang, code=above)
    return url_for("kiosk.services", device_id=device.device, lang=lang)


def _categories() -> dict[str, Any]:
    return dict(site().ctx.hall.policy.categories)


def _visitor_address(path: str) -> str | None:
    """Return the address that a visitor's phone can open, or None when this box has no face for visitors."""
    base = site().visitor_url
    return base + path if base else None
