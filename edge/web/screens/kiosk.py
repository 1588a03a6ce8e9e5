"""The kiosk: language, service, confirm, number. Plain links and forms, so that it works with nothing but HTML.

A service that gives no tickets now is shown grey with the reason, never hidden; the visitor sees how many are ahead, and roughly when it will
be their turn, before taking a number.
"""

import json

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from edge.errors import BadRequest, Refused
from edge.operations import appointment, tickets
from edge.operations import help as calls
from edge.queueing.registry import Device, Kind
from edge.web.screens import forms, language, modes, offer, slot_words
from edge.web.screens.gate import needs
from edge.web.screens.kiosk_page import IN_LANGUAGE, blueprint, categories, field, here, page, to, unless_emergency
from edge.web.screens.kiosk_paper import paper_of, to_ticket
from edge.web.screens.modes import Mode
from edge.web.screens.paired import paired
from edge.web.screens.qr import qr
from edge.web.site import site

MM_PER_INCH = 25.4
UNSURE = frozenset({"standby", "none"})  # promises that let a visitor rather book


@blueprint.get("")
@needs(Kind.KIOSK)
def languages(device_id: str) -> str:
    """The first question is the attract screen: which language."""
    device = paired(device_id, Kind.KIOSK)
    offered = [lang for lang in site().ctx.hall.policy.centre.langs if lang in language.OWN_NAMES]
    return unless_emergency("kiosk/languages.html", device, offered=offered)


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
    ways = {"books": offer.takes_bookings(device), "by_appointment": offer.by_appointment(device)}
    return unless_emergency("kiosk/services.html", device, sections=offer.first_screen(device), group=None, **ways)


@blueprint.get(f"{IN_LANGUAGE}/group/<code>")
@needs(Kind.KIOSK)
def group(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """What is in one group."""
    device = paired(device_id, Kind.KIOSK)
    found = offer.entry(device, code)
    return unless_emergency("kiosk/services.html", device, sections=offer.inside(device, code), group=found, up=_up(device, code))


@blueprint.get(f"{IN_LANGUAGE}/service/<code>")
@needs(Kind.KIOSK)
def confirm(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """What to bring, people ahead, and the button that takes the number; or which appointments are free instead."""
    return _confirm(paired(device_id, Kind.KIOSK), code)


@blueprint.get(f"{IN_LANGUAGE}/service/<code>/priority")
@needs(Kind.KIOSK)
def priority(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """The statutory categories: touching one takes the number with it."""
    device = paired(device_id, Kind.KIOSK)
    service, up = offer.leaf(device, code), to("confirm", device, code=code)
    return unless_emergency("kiosk/priority.html", device, action=to("take", device), service=service, categories=categories(), up=up)


@blueprint.post(f"{IN_LANGUAGE}/tickets")
@needs(Kind.KIOSK)
def take(device_id: str, lang: str) -> Response | tuple[str, int]:
    """Issue; then a redirect to the number, so that reloading shows it again and issues nothing. Where an appointment helps, it is offered."""
    device = paired(device_id, Kind.KIOSK)
    service = field("service")
    try:
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
    except Refused:
        if not offer.helps(offer.leaf(device, service)):
            raise
        return _confirm(device, service), 409
    return to_ticket(device, json.loads(done.answer))


@blueprint.get(f"{IN_LANGUAGE}/ticket/<token>")
@needs(Kind.KIOSK)
def ticket(device_id: str, lang: str, token: str) -> str:  # noqa: ARG001
    """The number, large enough to be read by whoever holds the visitor's hand."""
    device = paired(device_id, Kind.KIOSK)
    found, visit = tickets.by_token(site().ctx, token), tickets.behind(site().ctx, token)
    policy = site().ctx.hall.policy
    service, category = policy.services.get(found["service"]), policy.categories.get(found["category"] or "")
    address = site().visitor_url and site().visitor_url + found["track_url"]
    drawing = qr(address) if address else None
    about = {"service": service, "category": category, "address": address, "drawing": drawing, "paper": paper_of(device, visit.id)}
    return page("kiosk/ticket.html", device, ticket=found, visit=visit, booking=appointment.of_ticket(site().ctx, visit), **about)


@blueprint.post(f"{IN_LANGUAGE}/help")
@needs(Kind.KIOSK)
def call_for_help(device_id: str, lang: str) -> Response:
    """Call the hall's staff. A second touch is the same call."""
    paired(device_id, Kind.KIOSK)
    calls.call(site().ctx, device_id)
    return redirect(here(device_id, lang), code=303)


@blueprint.post(f"{IN_LANGUAGE}/modes")
@needs(Kind.KIOSK)
def set_mode(device_id: str, lang: str) -> Response:
    """Turn large text, high contrast or low reach on or off; the page stays."""
    paired(device_id, Kind.KIOSK)
    wanted = request.form.get("mode", "")
    if wanted not in list(Mode):
        raise BadRequest(f"form field mode = {wanted[:64]!r}: must be {', '.join(Mode)}")
    response = redirect(here(device_id, lang), code=303)
    modes.toggle(response, Mode(wanted), url_for("kiosk.languages", device_id=device_id))
    return response


def _confirm(device: Device, code: str) -> str:
    service, known = offer.leaf(device, code), site().ctx.hall.policy.services[code]
    free = slot_words.nearest(code) if offer.helps(service) or (service["bookable"] and service["promise"] in UNSURE) else []
    return unless_emergency(
        "kiosk/confirm.html",
        device,
        service=service,
        known=known,
        online=qr(known.online) if known.online else None,
        categories=categories(),
        free=free,
        day_words=slot_words.day_words,
        others=[] if service["open"] else offer.without_appointment(device),
        up=_up(device, code),
    )


def _up(device: Device, code: str) -> str:
    """Return where "back" leads from a service or group: the group above when groups are shown, else the first screen."""
    above = offer.group_above(device, code)
    lang = language.current()
    if above:
        return url_for("kiosk.group", device_id=device.device, lang=lang, code=above)
    return url_for("kiosk.services", device_id=device.device, lang=lang)
