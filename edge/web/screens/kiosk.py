"""The kiosk: language, service, confirm, number. Plain links and one form, so that it works with nothing but HTML.

A service that gives no tickets now is shown grey with the reason, never hidden; the visitor sees how many are ahead before taking a number.
"""

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from edge.errors import BadRequest, Unknown
from edge.operations import tickets, views
from edge.operations.displays import Shown
from edge.operations.views import View
from edge.queueing.policy import Category
from edge.queueing.registry import Device, Kind
from edge.web.screens import forms, language, words
from edge.web.screens.gate import needs
from edge.web.screens.paired import paired, zone_of
from edge.web.site import site

blueprint = Blueprint("kiosk", __name__, url_prefix="/kiosk/<device_id>")

FIRST_SCREEN = 8  # so many services are shown at once; with more, groups come first


@dataclass(frozen=True, slots=True)
class Section:
    """Services under one heading; ``heading`` is their group, or None for those without."""

    heading: View | None
    services: list[View]


@blueprint.get("")
@needs(Kind.KIOSK)
def languages(device_id: str) -> str:
    """The first question is the attract screen: which language."""
    device = paired(device_id, Kind.KIOSK)
    offered = [lang for lang in site().ctx.hall.policy.centre.langs if lang in language.OWN_NAMES]
    return _page("kiosk/languages.html", device, offered=offered)


@blueprint.get(f"/<{language.ANY}:lang>")
@needs(Kind.KIOSK)
def services(device_id: str, lang: str) -> str:  # noqa: ARG001 -- the language selector reads it
    """All services when they fit, else the groups of the top."""
    device = paired(device_id, Kind.KIOSK)
    offered = _offered(device)
    if sum(entry["code"] not in _groups() for entry in offered) <= FIRST_SCREEN:
        return _page("kiosk/services.html", device, sections=_sections(offered), here=None)
    return _page("kiosk/services.html", device, sections=[Section(None, _children(offered, None))], here=None)


@blueprint.get(f"/<{language.ANY}:lang>/group/<code>")
@needs(Kind.KIOSK)
def group(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """What is in one group."""
    device = paired(device_id, Kind.KIOSK)
    offered = _offered(device)
    here = _one(offered, code)
    return _page("kiosk/services.html", device, sections=[Section(None, _children(offered, code))], here=here)


@blueprint.get(f"/<{language.ANY}:lang>/service/<code>")
@needs(Kind.KIOSK)
def confirm(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """People ahead, and the button that takes the number."""
    device = paired(device_id, Kind.KIOSK)
    return _page("kiosk/confirm.html", device, service=_leaf(device, code), categories=_categories(), key=forms.fresh_key())


@blueprint.get(f"/<{language.ANY}:lang>/service/<code>/priority")
@needs(Kind.KIOSK)
def priority(device_id: str, lang: str, code: str) -> str:  # noqa: ARG001
    """The statutory categories: touching one takes the number with it."""
    device = paired(device_id, Kind.KIOSK)
    return _page("kiosk/priority.html", device, service=_leaf(device, code), categories=_categories(), key=forms.fresh_key())


@blueprint.post(f"/<{language.ANY}:lang>/tickets")
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


@blueprint.get(f"/<{language.ANY}:lang>/ticket/<token>")
@needs(Kind.KIOSK)
def ticket(device_id: str, lang: str, token: str) -> str:  # noqa: ARG001
    """The number."""
    device = paired(device_id, Kind.KIOSK)
    found = tickets.by_token(site().ctx, token)
    policy = site().ctx.hall.policy
    service, category = policy.services.get(found["service"]), policy.categories.get(found["category"] or "")
    return _page("kiosk/ticket.html", device, ticket=found, service=service, category=category)


def _page(template: str, device: Device, **values: Any) -> str:
    hall = site().ctx.hall
    zone = zone_of(device)
    body = site().displays.body(Shown.KIOSK, zone)
    rev = f"{body['boot_id']}/{body['rev']}" if body else ""
    return render_template(template, device=device, zone=zone, centre=hall.policy.centre, rev=rev, words=words, **values)


def _groups() -> frozenset[str]:
    return site().ctx.hall.policy.groups


def _offered(device: Device) -> list[View]:
    """Return the services this kiosk shows, and the groups that lead to them, in display order."""
    everything = views.services(site().ctx.hall, site().ctx.tick())
    if device.services is None:
        return everything
    parents = {entry["code"]: entry["parent"] for entry in everything}
    wanted = set(device.services)
    for code in device.services:
        above = parents.get(code)
        while above is not None and above not in wanted:
            wanted.add(above)
            above = parents.get(above)
    return [entry for entry in everything if entry["code"] in wanted]


def _children(offered: list[View], parent: str | None) -> list[View]:
    return [entry for entry in offered if entry["parent"] == parent]


def _sections(offered: list[View]) -> list[Section]:
    """Arrange services under the group they are in, in display order; those of the top without a heading."""
    leaves = [entry for entry in offered if entry["code"] not in _groups()]
    alone = [entry for entry in leaves if entry["parent"] is None]
    sections = [Section(None, alone)] if alone else []
    for heading in (entry for entry in offered if entry["code"] in _groups()):
        under = [entry for entry in leaves if entry["parent"] == heading["code"]]
        sections += [Section(heading, under)] if under else []
    return sections


def _one(offered: list[View], code: str) -> View:
    """Return what the kiosk shows under ``code``. Raises Unknown."""
    found = next((entry for entry in offered if entry["code"] == code), None)
    if found is None:
        raise Unknown(f"service {code!r} is not offered here", field="service")
    return found


def _leaf(device: Device, code: str) -> View:
    site().ctx.hall.leaf(code)
    return _one(_offered(device), code)


def _categories() -> dict[str, Category]:
    return dict(site().ctx.hall.policy.categories)
