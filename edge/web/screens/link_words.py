"""The national link in people's words: how it is, what that means for the hall, and what to do; the hall, the settings and the front page say it.

A state or a reason that a later version adds is told in general words, never as a blank.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from edge.operations.views import View
from edge.web.screens.language import stacked

Kind = Literal["good", "info", "warn", "bad"]
KIB = 1024
NAMES: Mapping[str, str] = {  # what stands in texts as it is typed
    "url": "url",
    "token": "token",
    "section": "[national]",
    "file": "edge.toml",
    "verify": "edge verify",
    "bundle": "edge doctor --bundle",
    "doctor": "edge doctor",
}
MINUTES_SAID, HOURS_SAID = timedelta(hours=2), timedelta(days=2)  # up to so long, a lag is said in minutes, in hours

SHORT: Mapping[str, LazyString] = {
    "off": _l("Not set up"),
    "idle": _l("Everything is told"),
    "catching-up": _l("Catching up"),
    "blocked": _l("Standing still"),
}
_GOES_ON = _l(
    "The hall goes on. What happens is kept here and told later, nothing is lost. "
    "Appointments can be booked for as long as this centre has places of its own."
)


@dataclass(frozen=True, slots=True)
class Saying:
    """``title``: the state in a sentence; ``means``: for the hall; ``todo``: what a person does, in that order. ``kind`` as of a message."""

    kind: Kind
    title: LazyString
    means: LazyString | None = None
    todo: tuple[LazyString, ...] = ()


_STATES: Mapping[str, Saying] = {
    "off": Saying(
        "info",
        _l("This box has no national server."),
        _l("Everything stays here, and appointments are this centre's alone."),
        (_l("To connect it, write %(url)s and %(token)s into the section %(section)s of %(file)s, and start the server again."),),
    ),
    "idle": Saying("good", _l("The national server knows everything that happened here."), _l("Nothing has to be done.")),
    "catching-up": Saying(
        "info", _l("The national server is being told what happened here."), _l("The hall works as always. Nothing has to be done.")
    ),
}
_BLOCKED: Mapping[str, Saying] = {
    "unreachable": Saying(
        "warn",
        _l("The national server cannot be reached."),
        _GOES_ON,
        (
            _l("Look at the network cable and the router, then at the internet line."),
            _l("Nothing has to be pressed: the box tries again by itself."),
        ),
    ),
    "credential": Saying(
        "bad",
        _l("The national server does not let this box in."),
        _GOES_ON,
        (
            _l("See whether the date and time of this box are right: a wrong clock alone can be the cause."),
            _l("Compare token and certificates in %(file)s with what the people of the national server gave you."),
        ),
    ),
    "configuration": Saying(
        "bad",
        _l("Something answers, but not as the national server does."),
        _GOES_ON,
        (
            _l("See whether a login page of the network or a proxy stands between."),
            _l("Compare %(url)s in the section %(section)s of %(file)s with what the people of the national server gave you."),
        ),
    ),
    "version": Saying(
        "bad",
        _l("The national server and this box speak different versions."),
        _GOES_ON,
        (_l("Update this box; if it is up to date, ask the people of the national server."),),
    ),
    "fenced": Saying(
        "bad",
        _l("The national server does not take this box for the centre."),
        _l(
            "The hall goes on, with another letter before its numbers. Until it is settled which box is the centre, no appointments are booked here "
            "and nothing is told."
        ),
        (
            _l("Is there a second box of this centre, or a copy of its memory card? Switch it off."),
            _l("Call the people of the national server: one of them must confirm that this box is the centre."),
        ),
    ),
    "enrol": Saying(
        "warn",
        _l("The national server does not know this box yet."),
        _GOES_ON,
        (_l("Tell the people of the national server the name of this box, as it stands below. One of them must admit it."),),
    ),
    "batch": Saying(
        "bad",
        _l("The national server found a fault in what it was sent."),
        _GOES_ON,
        (
            _l("The box takes it from the journal again by itself."),
            _l("If it is still so in an hour, run %(verify)s on the box, and send the file of %(bundle)s to whoever helps you."),
        ),
    ),
    "disk": Saying(
        "bad",
        _l("This box cannot keep what the national server says."),
        _GOES_ON,
        (_l("Make room on the disk. On the box, %(doctor)s says more."),),
    ),
}
_OTHER = Saying("warn", _l("The national link stands still."), _GOES_ON, (_l("On the box, %(doctor)s says more."),))


def saying(sync: View) -> Saying:
    """Return what to say of `/healthz` ``sync``."""
    if sync["state"] == "blocked":
        return _BLOCKED.get(sync.get("why") or "", _OTHER)
    return _STATES.get(sync["state"], _OTHER)


def with_names(text: LazyString) -> Markup:
    """Return a text with what is typed in it set apart, for no one to translate."""
    return stacked(text, None, **{slot: Markup('<code translate="no">{}</code>').format(name) for slot, name in NAMES.items()})


def short(sync: View) -> LazyString | str:
    """Return the state in a word or two."""
    return SHORT.get(sync["state"], sync["state"])


def events(count: int) -> str:
    """Return how many events are not told yet."""
    found: str = ngettext("%(num)s event is not told yet", "%(num)s events are not told yet", count)
    return found


def size(octets: int) -> str:
    """Return an amount of data as people say it, rounded up."""
    if octets < KIB * KIB:
        return str(_("%(num)s KiB", num=-(-octets // KIB)))
    return str(_("%(num)s MiB", num=-(-octets // (KIB * KIB))))


def age(seconds: int) -> str:
    """Return how old the oldest event is that is not told yet: minutes, then hours, then days."""
    at = timedelta(seconds=seconds)
    if at <= MINUTES_SAID:
        return str(_("%(minutes)s min", minutes=at // timedelta(minutes=1)))
    return str(_("%(hours)s h", hours=at // timedelta(hours=1)) if at <= HOURS_SAID else _("%(days)s d", days=at.days))
