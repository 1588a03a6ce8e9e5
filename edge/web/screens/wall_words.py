"""The paragraph on the wall in words, and the small print below it: one sentence for each thing that is true of the policy in force.

Numbers are the policy's own. None stands in a text itself, so none can be left behind when the settings change.
"""

from collections.abc import Iterable, Iterator

from flask_babel import gettext as _
from flask_babel import ngettext

from edge.queueing.policy import Names
from edge.queueing.wall import HEAD_EXACT, Rate, Wall
from edge.web.screens import language

MINUTE = 60


def title() -> str:
    """Return the heading of the paragraph."""
    return str(_("Who is called next"))


def whole(said: Wall) -> tuple[str, str, str]:
    """Return the heading, the paragraph and the small print as they are printed."""
    return title(), " ".join(paragraph(said)), " ".join(details(said))


def paragraph(said: Wall) -> Iterator[str]:
    """Return the paragraph's sentences in the page's language: the rule, for everybody who waits."""
    yield _("Each desk calls, of those who wait for its services, the one with the most points; with equal points, the one who has waited longer.")
    yield from _ordinary(said.ordinary)
    yield from _rights(said)
    yield from _booked(said.booked)
    if said.cap is not None:
        yield ngettext(
            "After %(cap)s such call in a row, while others wait, the desk takes the one of the others who has waited longest.",
            "After %(cap)s such calls in a row, while others wait, the desk takes the one of the others who has waited longest.",
            said.cap,
            cap=said.cap,
        )
    yield from _first(said)
    yield _("Whoever is called otherwise was picked by a person, with a reason that stands on the board and in the journal.")


def details(said: Wall) -> Iterator[str]:
    """Return the sentences of the small print: what holds for a few, and at the edges."""
    if said.after_proof:
        yield _("This right counts once the staff have seen the proof: %(names)s.", names=_listed(said.after_proof))
    if said.early:
        yield _(
            "Whoever has an appointment is called %(time)s before it at the earliest, or sooner when nobody else waits for the desk.",
            time=_time(said.early),
        )
    else:
        yield _("Whoever has an appointment is not called before it, unless nobody else waits for the desk.")
    yield from _others(said)
    if said.cap is not None:
        yield _("Of several of these the greatest counts.")
    yield _missed(said)


def _ordinary(rate: Rate) -> Iterator[str]:
    yield _("Each minute of waiting gives %(points)s.", points=_minute(rate))
    if rate.head:
        yield _("Everybody starts with %(start)s, unless more is said below.", start=_start(rate))


def _rights(said: Wall) -> Iterator[str]:
    for right in said.rights:
        points, names = _minute(right.rate), _listed(right.names)
        match right.is_every, bool(right.rate.head):
            case True, True:
                text = _("With a right to priority a minute gives %(points)s, and %(start)s come at once.", points=points, start=_start(right.rate))
            case True, False:
                text = _("With a right to priority a minute gives %(points)s.", points=points)
            case False, True:
                text = _(
                    "With this right to priority a minute gives %(points)s, and %(start)s come at once: %(names)s.",
                    points=points,
                    start=_start(right.rate),
                    names=names,
                )
            case _:
                text = _("With this right to priority a minute gives %(points)s: %(names)s.", points=points, names=names)
        yield text


def _booked(rate: Rate | None) -> Iterator[str]:
    if rate and rate.head:
        yield _(
            "Whoever has an appointment and comes on time has %(start)s at its time, and each minute after it gives %(points)s.",
            start=_start(rate),
            points=_minute(rate),
        )
    elif rate:
        yield _("Whoever has an appointment and comes on time gets %(points)s for each minute after its time.", points=_minute(rate))


def _others(said: Wall) -> Iterator[str]:
    for rate, whose in said.others:
        who = "; ".join(_who(each, said) for each in whose)
        if rate.head:
            yield _("%(points)s a minute and %(start)s at once: %(who)s.", points=_minute(rate), start=_start(rate), who=who)
        else:
            yield _("%(points)s a minute: %(who)s.", points=_minute(rate), who=who)


def _missed(said: Wall) -> str:
    within = _time(said.missed_within)
    if not said.missed_within:
        return str(_("Whoever missed a call and comes back waits as if just arrived."))
    if not said.returned_after:
        return str(_("Whoever missed a call and comes back within %(within)s keeps the place; later the wait begins anew.", within=within))
    text = _(
        "Whoever missed a call and comes back within %(within)s keeps the place and is called again after %(time)s at the earliest; "
        "later the wait begins anew.",
        within=within,
        time=_time(said.returned_after),
    )
    return str(text)


def _who(whose: str, said: Wall) -> str:
    match whose:
        case "late":
            window = {"from": _time(said.on_time), "to": _time(said.late)}
            return str(_("who comes late for an appointment, by more than %(from)s and at most %(to)s", **window))
        case "transfer":
            return str(_("who was sent on by another desk"))
        case _:
            return str(_("who comes back after a pause or a missed call"))


def _first(said: Wall) -> Iterator[str]:
    for first in said.first:
        desks, names, number = ", ".join(first.desks), _listed(first.names), len(first.desks)
        yield ngettext(
            "Desk %(desks)s calls these rights to priority first: %(names)s.",
            "Desks %(desks)s call these rights to priority first: %(names)s.",
            number,
            desks=desks,
            names=names,
        )
        if first.overflow_after:
            yield _("Others are called there only when the desk has been free for %(time)s.", time=_time(first.overflow_after))
        else:
            yield _("Others are called there only when none of these waits.")


def _minute(rate: Rate) -> str:
    return _points(rate.weight, 1000)


def _start(rate: Rate) -> str:
    points = _points(rate.head, MINUTE)
    return str(_("about %(points)s", points=points)) if rate.head % HEAD_EXACT else points


def _points(parts: int, whole: int) -> str:
    """Return a number of points; a broken one takes the form that languages have for two."""
    number, broken = divmod(parts, whole)
    return str(ngettext("%(points)s point", "%(points)s points", 2 if broken else number, points=_decimal(parts, whole)))


def _decimal(parts: int, whole: int) -> str:
    """Return parts of a whole with as many decimals as are needed, three at most, as the page's language writes them."""
    thousandths = (parts * 1000 + whole // 2) // whole
    number, rest = divmod(thousandths, 1000)
    decimals = f"{rest:03}".rstrip("0")
    comma = "." if language.current() == "en" else ","
    return f"{number}{comma}{decimals}" if decimals else str(number)


def _time(seconds: int) -> str:
    minutes, rest = divmod(seconds, MINUTE)
    if rest:
        return str(ngettext("%(seconds)s second", "%(seconds)s seconds", seconds, seconds=seconds))
    return str(ngettext("%(minutes)s minute", "%(minutes)s minutes", minutes, minutes=minutes))


def _listed(names: Iterable[Names]) -> str:
    return ", ".join(language.named(each) for each in names)
