"""The page at which the installer ends: does this box work, seen from this browser? For whoever stands before it; nothing on it needs a login.

What the box knows of itself is said here, from the body of `/healthz`; what only the browser can tell (`self-test.js`) comes on top. Without
JavaScript the first part stands alone, with a sentence of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flask import Blueprint, Response, abort, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Answer

from edge.operations.views import View
from edge.web.screens import first_day, words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.screens.moments import moment, today
from edge.web.screens.polled import polled
from edge.web.site import site

blueprint = Blueprint("self_test", __name__)

LETTERS = "ҢҮӨңүөҰҚҒ"  # those that a font made for Russian alone does not have
# beside the package in a wheel, in the folder of documents in a work tree
_GUIDES = (Path(__file__).parents[1] / "operations.md", Path(__file__).parents[3] / "docs" / "operations.md")
_RESTARTS = _l("It starts again by itself. If it does not within a minute, restart the box.")


@dataclass(frozen=True, slots=True)
class Sayings:
    """What one check of the health report means. Texts may have a place for the time and for a command."""

    well: LazyString
    wrong: LazyString
    todo: LazyString


SAYINGS: Mapping[str, Sayings] = {
    "database": Sayings(
        _l("Every ticket and every call is saved."),
        _l("Nothing can be saved, so no tickets are issued."),
        _l("See whether the disk is full. On the box, %(command)s says more."),
    ),
    "broker": Sayings(
        _l("Buttons, boards and kiosks are reached."),
        _l("Buttons and boards are not reached. Desks go on in their browsers."),
        _RESTARTS,
    ),
    "ticker": Sayings(_l("What is due happens by itself."), _l("What is due happens too late."), _RESTARTS),
    "data": Sayings(
        _l("Everything that this centre has done is there."),
        _l("From a backup: tickets issued after it are not known here."),
        _l("When nobody holds a number from that time, confirm it on the settings page."),
    ),
    "clock": Sayings(
        _l("It is %(time)s, and the clock can be trusted."),
        _l("It says %(time)s, but no time server has set it. The order of the queue is right all the same."),
        _l("Connect the box to a time server, or set its date and time by hand."),
    ),
    "printers": Sayings(
        _l("Tickets are printed where a kiosk has a printer."),
        _l("A printer did not print its last ticket. Kiosks show the number on the screen and go on."),
        _l("Look at its paper, its cover and its cable. On the box, %(command)s says which printer and why."),
    ),
    "disk": Sayings(
        _l("There is enough room."),
        _l("There is little room left."),
        _l("Make room: without it no tickets can be issued. On the box, %(command)s says more."),
    ),
    "voice": Sayings(
        _l("Calls can be spoken in the visitor's language."),
        _l("Calls are shown and have a chime, but no words."),
        _l("Install espeak-ng, or lay down recordings. On the box, %(command)s says more."),
    ),
    "alerts": Sayings(
        _l("Nothing is wrong with buttons, screens and printers."),
        _l("Something is wrong with a button, a screen, a printer or this box."),
        _l("The page of devices says what. On the box, %(command)s says more."),
    ),
}
OTHERS = Sayings(words.CHECKED["ok"], words.CHECKED["failed"], _l("On the box, %(command)s says more."))


@dataclass(frozen=True, slots=True)
class Row:
    """One check in words. ``since``: when it became so, None where that says nothing."""

    name: str
    state: Literal["good", "warn", "bad", "info"]
    title: LazyString | str
    says: LazyString | str
    todo: LazyString | None = None
    since: str | None = None


@blueprint.get("/self-test")
@needs(PUBLIC)
def page() -> str:
    """The whole page; what the browser finds out is empty yet."""
    rows = _rows(site().health())
    values = {"face": site().face, "letters": LETTERS, "steps": first_day.steps(), "has_guide": _guide() is not None}
    return render_template("self-test/page.html", hall=site().ctx.hall, rows=rows, wrong=_wrong(rows), **values)


@blueprint.get("/self-test/live")
@needs(PUBLIC)
def live() -> Answer:
    """What the box says of itself, for `poll.js`."""
    return polled(render_template("self-test/box.html", rows=_rows(site().health())))


@blueprint.get("/self-test/operations")
@needs(PUBLIC)
def operations() -> Response:
    """The operators' guide as it is written, for whoever stands in a hall without internet; English, as the command line is."""
    guide = _guide()
    if guide is None:
        abort(404)
    return Response(guide.read_text(encoding="utf-8"), mimetype="text/plain")


def _rows(health: View) -> list[Row]:
    version = Row("version", "info", _l("Version"), health["version"])
    return [*(_row(name, check) for name, check in health["checks"].items()), version]


def _row(name: str, check: View) -> Row:
    sayings, title = SAYINGS.get(name, OTHERS), words.word(words.CHECKS, name)
    if check["status"] == "ok":
        return Row(name, "good", title, _with_time(sayings.well))
    state: Literal["warn", "bad"] = "bad" if check["status"] in ("failed", "late", "full") else "warn"
    return Row(name, state, title, _with_time(sayings.wrong), sayings.todo, check["since"])


def _with_time(said: LazyString) -> str:
    """Fill in the box's date and time in full: a clock that nobody has set is mostly wrong by years."""
    text = str(said)
    return text % {"time": f"{today():%d.%m.%Y} {moment()}"} if "%(time)s" in text else text


def _wrong(rows: list[Row]) -> list[str]:
    """Return what needs a person, as it stands within a sentence."""
    titles = [str(row.title) for row in rows if row.state in ("warn", "bad")]
    return [title[:1].lower() + title[1:] for title in titles]


def _guide() -> Path | None:
    return next((path for path in _GUIDES if path.is_file()), None)
