"""Settings as a page shows them: values with the names of what they point at, differences entry by entry, problems with the way to their field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup, escape

from edge.errors import Problem
from edge.operations.changes import Change, What
from edge.operations.proposal import Placed
from edge.operations.sentences import IDS
from edge.queueing.policy import LANGS
from edge.web.screens import language
from edge.web.screens.setting_words import CHOICES, SECTIONS, crumbs, sentence
from edge.web.screens.words import word

Values = Mapping[str, Any]
WAY = " \N{MIDDLE DOT} "  # between the steps of a way to a field
NOTHING = Markup('<span class="quiet">—</span>')
_POINTS_AT: Mapping[str, str] = {"parent": "services", "zone": "zones", "services": "services", "reserved": "categories", "steps": "services"}


class Labels:
    """What entries are called, from settings of before and after: whatever is named in either has its name."""

    def __init__(self, *versions: Values) -> None:
        self._entries: dict[tuple[str, str], Values] = {}
        for version in versions:
            for section, key in IDS.items():
                for entry in version.get(section) or ():
                    self._entries[section, entry[key]] = entry

    def of(self, section: str, id_: str) -> str:
        """Return what people call an entry, or its id when nothing is known of it."""
        entry = self._entries.get((section, id_), {})
        if section == "desks":
            return str(_("Desk %(desk)s", desk=id_))
        names = entry.get("names") or {}
        return language.named(names) if names.get("ru") else id_


@dataclass(frozen=True, slots=True)
class Row:
    """One field: its name, and its value in both versions."""

    label: str
    before: Markup
    after: Markup


@dataclass(frozen=True, slots=True)
class Group:
    """What differs in one entry or section. ``whole``: of an entry that came or went, all that it says."""

    section: str
    title: str
    id: str | None
    what: What
    rows: tuple[Row, ...]
    moved: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem or warning: the way to it, the sentence, its line in the text and its anchor in the form, each if there is one."""

    way: tuple[str, ...]
    sentence: str
    line: int | None = None
    anchor: str | None = None


def groups(changes: Iterable[Change], labels: Labels) -> list[Group]:
    """Put changes together by what they are of, in words."""
    together: dict[tuple[str, str | None], list[Change]] = {}
    for change in changes:
        together.setdefault((change.section, change.id), []).append(change)
    return [_group(section, id_, found, labels) for (section, id_), found in together.items()]


def _group(section: str, id_: str | None, changes: Sequence[Change], labels: Labels) -> Group:
    title = labels.of(section, id_) if id_ else str(word(SECTIONS, section))
    first = changes[0]
    if id_ and first.what in (What.ADDED, What.REMOVED):
        entry = first.after if first.what is What.ADDED else first.before
        rows = tuple(_whole(section, entry, labels))
        return Group(section, title, id_, first.what, rows)
    moved = next((change for change in changes if change.what is What.MOVED), None)
    rows = tuple(_row(change, labels) for change in changes if change.what is What.CHANGED)
    where = None
    if moved:
        where = _("Now behind: %(name)s", name=labels.of(section, moved.after)) if moved.after else _("Now the first")
    return Group(section, title, id_, What.CHANGED, rows, where)


def _row(change: Change, labels: Labels) -> Row:
    before, after = (value(change.section, change.path, each, labels) for each in (change.before, change.after))
    return Row(WAY.join(crumbs(change.section, change.path)), before, after)


def _whole(section: str, entry: Values, labels: Labels) -> Iterable[Row]:
    for name, each in entry.items():
        if name != IDS.get(section) and each not in (None, [], "", False):
            shown = value(section, (name,), each, labels)
            yield Row(WAY.join(crumbs(section, (name,))), shown, shown)


def value(section: str, path: Sequence[str], given: Any, labels: Labels) -> Markup:
    """Return one value as people read it."""
    if given in (None, "", [], (), {}):
        return NOTHING
    if isinstance(given, bool):
        return escape(_("yes") if given else _("no"))
    if isinstance(given, Mapping):
        return _mapping(section, path, given, labels)
    if isinstance(given, (list, tuple)):
        if (section, *path) == ("calendar", "days"):
            return _lines(_day(each) for each in given)
        spans = all(isinstance(each, (list, tuple)) for each in given)
        return _spans(given) if spans else _lines(value(section, path, each, labels) for each in given)
    return _single(section, path[-1] if path else "", given, labels)


def _mapping(section: str, path: Sequence[str], given: Values, labels: Labels) -> Markup:
    if given.keys() == {"code", "names"}:
        return Markup('<span class="code">{}</span><br>{}').format(given["code"], _texts(given["names"]))
    return _texts(given) if "ru" in given else _parts(section, path, given, labels)


def _single(section: str, name: str, given: str | int, labels: Labels) -> Markup:
    if name in CHOICES:
        return escape(word(CHOICES[name], str(given)))
    if name in LANGS:  # one tongue of a text
        return Markup('<span lang="{}">{}</span>').format(name, given)
    if name == "langs":
        return Markup('<span lang="{0}">{1}</span>').format(given, language.OWN_NAMES.get(str(given), given))
    if name in _POINTS_AT and section in ("services", "desks"):
        return escape(labels.of(_POINTS_AT[name], str(given)))
    return Markup('<span class="tabular">{}</span>').format(given) if isinstance(given, int) else escape(given)


def _spans(spans: Sequence[Sequence[str]]) -> Markup:
    dash = "\N{EN DASH}"
    return Markup(", ").join(Markup('<span class="tabular nowrap">{}{}{}</span>').format(start, dash, end) for start, end in spans)


def _day(given: Values) -> Markup:
    """Return one special day: its date, its hours, what visitors read."""
    hours = _spans(given["hours"]) if given.get("hours") else escape(_("closed"))
    why = language.named(given["why"]) if given.get("why") else ""
    return Markup('<b class="tabular nowrap">{}</b> {} <span class="quiet">{}</span>').format(given["day"], hours, why)


def _parts(section: str, path: Sequence[str], given: Values, labels: Labels) -> Markup:
    named = ((WAY.join(crumbs(section, (*path, key))) or key, value(section, (*path, key), each, labels)) for key, each in given.items())
    return _lines(Markup("<b>{}</b> {}").format(name, shown) for name, shown in named)


def _texts(names: Values) -> Markup:
    """Return a text in all languages; equal ones stand once."""
    langs: dict[str, list[str]] = {}
    for lang in LANGS:
        if names.get(lang):
            langs.setdefault(names[lang], []).append(lang)
    line = Markup('<span class="code">{}</span> <span lang="{}">{}</span>')
    return _lines(line.format(" ".join(each), each[0], text) for text, each in langs.items())


def _lines(parts: Iterable[Markup]) -> Markup:
    return Markup("<br>").join(parts)


def faults(placed: Iterable[Placed], labels: Labels, anchors: Mapping[tuple[str, ...], str]) -> list[Fault]:
    """Say problems in words. ``anchors``: the fields of the form that is shown, by their place in the document."""
    return [Fault(way(each.problem, labels), sentence(each.problem), each.line, _anchor(each.problem.where, anchors)) for each in placed]


def warnings(found: Iterable[Problem], labels: Labels) -> list[Fault]:
    """Say what deserves a second look."""
    return [Fault(way(each, labels), sentence(each)) for each in found]


def way(problem: Problem, labels: Labels) -> tuple[str, ...]:
    """Return the way to the place of a problem, from the outside in."""
    if not problem.where:
        return ()
    section, *path = problem.where
    if section in IDS and path:
        id_, *path = path
        return (str(word(SECTIONS, section)), labels.of(section, id_), *crumbs(section, path))
    return (str(word(SECTIONS, section)), *crumbs(section, path))


def _anchor(where: Sequence[str], anchors: Mapping[tuple[str, ...], str]) -> str | None:
    """Return the field that a place is in: the one with the longest path to it."""
    fitting = [path for path in anchors if tuple(where[: len(path)]) == path]
    return anchors[max(fitting, key=len)] if fitting else None


def actor(name: str, members: Mapping[str, Any]) -> str:
    """Return who did something: the login behind a pseudonym, looked up when it is shown and never kept."""
    kind, _colon, pseudonym = name.partition(":")
    if kind == "staff":
        return str(members[pseudonym].login if pseudonym in members else _("a former member of staff"))
    return str(_("the box itself")) if name == "system" else name
