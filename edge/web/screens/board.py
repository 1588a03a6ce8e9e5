"""The board of a zone: who is called where. Rendered whole on the server, then kept live by messages.

It is never blank and never frozen silently: what is old is shown as old, with its age. What the topic does not carry (the part of the day, how
many wait, the date) stands in a fragment that the page fetches when the hall changes, and every half minute.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from edge import __version__
from edge.operations import views
from edge.operations.displays import Shown
from edge.operations.views import View
from edge.queueing.day import Phase, Stage
from edge.queueing.policy import LANGS, Names
from edge.queueing.registry import Kind
from edge.queueing.roster import phase_of
from edge.web.screens import board_style, language, moments, words
from edge.web.screens.gate import needs
from edge.web.screens.paired import paired, zone_of
from edge.web.site import site

blueprint = Blueprint("board", __name__, url_prefix="/board/<device_id>")

SHOWN_AS = {"run-cap": "order"}  # that an ordinary visitor comes after several with a right to priority is "in turn" to who looks at a board
PHASES: Mapping[Stage, LazyString] = {
    Stage.OPENING: _l("Opens: %(time)s"),
    Stage.LUNCH: _l("Break until: %(time)s"),
    Stage.CLOSED: _l("Closed. Opens: %(day)s, %(time)s"),
}
CLOSED = _l("The hall is closed")
SPECIAL = _l("%(why)s. Opens: %(day)s, %(time)s")


@blueprint.get("")
@needs(Kind.BOARD)
def board(device_id: str) -> str:
    """Show what is called in the device's zone."""
    device = paired(device_id, Kind.BOARD)
    zone = zone_of(device)
    policy = site().ctx.hall.policy
    body = _body(zone)
    return render_template(
        "board/board.html",
        device=device,
        zone=policy.zones[zone],
        centre=policy.centre,
        board=body,
        legend=_legend(call["reason"] for call in body["now"]),
        notice=_distinct(body["notice"]),
        taken=board_style.taken_by(board_style.seen(policy, zone), _distinct(body["notice"])),
        length_class=board_style.length_class,
        **_facts(zone),
    )


@blueprint.get("/side")
@needs(Kind.BOARD)
def side(device_id: str) -> Response:
    """What stands on the page beside its topic, each part by its id; 304 while nothing of it changed."""
    zone = zone_of(paired(device_id, Kind.BOARD))
    response = make_response(render_template("board/side.html", **_facts(zone)))
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/size.css")
@needs(Kind.BOARD)
def size_css(device_id: str) -> Response:
    """The sizes that follow from where people sit and how large the screen is."""
    zone = zone_of(paired(device_id, Kind.BOARD))
    response = make_response(board_style.sheet(board_style.seen(site().ctx.hall.policy, zone)))
    response.mimetype = "text/css"
    return response


def _body(zone: str) -> View:
    """Return what the retained topic says; before the first repaint, what it is about to say."""
    body = site().displays.body(Shown.BOARD, zone)
    return body or {"rev": 0, "boot_id": "", **views.board(site().ctx.hall, zone, site().ctx.tick())}


def _facts(zone: str) -> Mapping[str, Any]:
    hall, tick = site().ctx.hall, site().ctx.tick()
    now = phase_of(hall, tick)
    today = moments.today()
    is_dated = hall.day is not None and hall.day.timed
    return {
        "languages": language.ON_BOARDS,
        "reasons": words.CALLED,
        "shown_as": SHOWN_AS,
        "stage": now.stage,
        "phase": {lang: phase_words(now, lang) for lang in language.ON_BOARDS},
        "today": {lang: moments.weekday_and_date(today, lang) for lang in language.ON_BOARDS} if is_dated else {},
        "emergency": hall.policy.emergency is not None,
        "edition": _edition(zone),
        **views.zone(hall, zone, tick),
    }


def phase_words(now: Phase, lang: str) -> str:
    """Say what part of the day it is; nothing while the hall is open."""
    if now.stage is Stage.OPEN:
        return ""
    why = now.why.get(lang, "") if now.why else ""
    if now.at is None:
        return why or language.in_language(CLOSED, lang)
    time = moments.clocked(now.at)
    day = moments.weekday_and_date(date.fromisoformat(now.day), lang) if now.day else ""
    said = language.in_language(PHASES[now.stage] if not why else SPECIAL, lang)
    return said % {"time": time, "day": day, "why": why}


def _legend(reasons: Iterable[str | None]) -> list[str]:
    """Return the reasons that are to be explained, what is usual last."""
    shown = {SHOWN_AS.get(reason, reason) for reason in reasons if reason}
    return sorted(shown, key=lambda reason: (reason == "order", reason))


def _distinct(texts: Names) -> dict[str, str]:
    """Return a notice in the languages of the box, each text once: where a language was left out, another one's stands for it."""
    found: dict[str, str] = {}
    for lang in LANGS:
        if texts.get(lang) and texts[lang] not in found.values():
            found[lang] = texts[lang]
    return found


def _edition(zone: str) -> str:
    policy = site().ctx.hall.policy
    sheet = board_style.sheet(board_style.seen(policy, zone))
    return board_style.edition(__version__, sheet, policy.centre.tz, *policy.zones[zone].names.values())
