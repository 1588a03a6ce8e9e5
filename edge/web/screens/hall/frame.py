"""What all pages of the hall share: the blueprint, how a page is rendered, and how an act that was refused is told in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from edge.errors import ConfigError, Refused, Unavailable, Unknown
from edge.operations.asked import LONGEST_REASON, LONGEST_TEXT, Incomplete
from edge.operations.decision import Once
from edge.web import identity, rights
from edge.web.rights import Right
from edge.web.screens import faults, forms, link_words, words
from edge.web.screens.polled import polled
from edge.web.site import site

blueprint = Blueprint("hall", __name__, url_prefix="/hall")

SAID: words.Words = {
    "opened": _l("The desk is open."),
    "paused": _l("The desk is paused."),
    "closed": _l("The desk is closed."),
    "services": _l("The desk's services were changed."),
    "picked": _l("The ticket was called. The board says that staff chose it."),
    "put-back": _l("The ticket waits again."),
    "proof-seen": _l("The right to priority is confirmed."),
    "proof-none": _l("The right to priority was refused. The ticket keeps its place in turn."),
    "withdrawn": _l("The ticket was withdrawn."),
    "notice": _l("The notice is on the boards."),
    "taken-down": _l("The notice was taken down."),
    "declared": _l("The hall is closed. Nobody is called until you lift the emergency."),
    "lifted": _l("The emergency is lifted. Calls go on."),
    "answered": _l("The call for help was answered."),
    "day": _l("The date is confirmed. Numbers are as before."),
    "keyed-in": _l("The slips were keyed in. Their holders wait in the order of the paper."),
    "let-in": _l("The next numbers stand on the screen at the door."),
    "no-ticket": _l("There is no such ticket today."),
    "trying": _l("The box tries to reach the national server now."),
}
FAULTS: words.Words = {
    "missing": _l("This is needed"),
    "long": _l("This is too long"),
}
SERVES_NOTHING = _l("A desk must serve at least one service.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act did not happen. ``faults``: words for each field that is wrong; ``form``: which of a page's forms it was."""

    status: int
    message: LazyString | str | None
    faults: Mapping[str, LazyString | str]
    form: str


def page(template: str, refusal: Refusal | None = None, **values: object) -> Response:
    """Render a page of the hall; one with a refusal keeps what was typed (`request.form`)."""
    said = SAID.get(request.args.get("said", ""))
    body = render_template(f"hall/{template}.html", refusal=refusal, said=said, key=forms.fresh_key(), typed=request.form, **shared(), **values)
    return make_response(body, refusal.status if refusal else HTTPStatus.OK)


def live(template: str, **values: object) -> Response:
    """Render the part of a page that renews itself; unchanged it costs 304."""
    return polled(render_template(f"hall/{template}.html", **shared(), **values))


def shared() -> Mapping[str, object]:
    """Return what every template of the hall may use."""
    policy = site().ctx.hall.policy
    limits = {"reason": LONGEST_REASON, "text": LONGEST_TEXT}
    return {"policy": policy, "may_act": may_act(), "words": words, "link_words": link_words, "limits": limits, "minutes": minutes}


def may_act() -> bool:
    """Tell whether who is logged in may do more than look."""
    session = identity.staff_here()
    return session is not None and rights.has(session, Right.SUPERVISE)


def actor() -> str:
    """Return the journal's name of who is logged in. Raises Unknown when the login ended a moment ago."""
    session = identity.staff_here()
    if session is None:
        raise Unknown("the login has ended", field="session")
    return session.actor


def once(act: str) -> Once:
    """Return the key of the page, for one act of who is logged in."""
    return forms.once(f"hall:{actor()}:{act}")


def reason() -> str:
    """Return the reason in own words, or else the ready one that was chosen."""
    return request.form.get("reason", "").strip() or request.form.get("ready", "").strip()


def refused(form: str, act: Callable[[], object]) -> Refusal | None:
    """Do ``act``; return why it was refused, None when it was done."""
    try:
        act()
    except Incomplete as error:
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, None, {field: words.word(FAULTS, fault) for field, fault in error.faults.items()}, form)
    except ConfigError:
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, None, {"services": SERVES_NOTHING}, form)
    except (Refused, Unavailable) as error:
        fault = faults.of(error)
        return Refusal(fault.status, fault.advice, {}, form)
    return None


def done(said: str) -> Response:
    """Go back to the hall and say what was done."""
    return redirect(url_for("hall.overview", said=said), code=303)


def minutes(seconds: int) -> int:
    """Return whole minutes."""
    return seconds // 60
