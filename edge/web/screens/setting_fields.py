"""The fields of a settings form, taken from the document's own model, so that a new field of the document has its place in the form at once.

A field reads what was typed into plain values and never judges: a number that is none stays the text it is, for the document to name.
"""

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from edge.operations.document import OutcomePart, Texts
from edge.operations.sentences import IDS
from edge.queueing.policy import LANGS

Typed = MultiDict[str, str]
Values = Mapping[str, Any]

LINES = 6  # of a list of texts
ROWS = 8  # of a list of codes in order, and of outcomes
SPANS = 2  # shown for a day, more when there are more
REFERENCES: Mapping[tuple[str, str], str] = {
    ("services", "parent"): "groups",
    ("desks", "zone"): "zones",
    ("desks", "services"): "leaves",
    ("desks", "reserved"): "categories",
    ("services", "steps"): "leaves",
}


_IN_ORDER = frozenset({"steps"})


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: texts, lines, outcomes, spans, entries, one, some, row (of codes in order), number, yes or line.

    ``options``: codes of one and some. ``reference``: what they name, or None. ``parts``: the fields of each of the entries.
    """

    section: str
    path: tuple[str, ...]
    kind: str
    optional: bool = False
    options: tuple[str, ...] = ()
    reference: str | None = None
    least: int | None = None
    most: int | None = None
    parts: tuple["Field", ...] = ()

    @property
    def name(self) -> str:
        """Return what the form calls the field."""
        return ".".join(self.path)

    @property
    def id(self) -> str:
        """Return what the page calls the field."""
        return "f-" + "-".join(self.path)

    def row(self, number: int) -> tuple["Field", ...]:
        """Return the fields of one of the entries, counted from 0."""
        return tuple(replace(part, path=(*self.path, str(number), *part.path)) for part in self.parts)


def of(section: str, model: type[BaseModel], path: tuple[str, ...] = ()) -> list[Field]:
    """Return the fields of a part of the document, those of parts in it too, without an entry's id."""
    found: list[Field] = []
    for name, info in model.model_fields.items():
        if not path and name == IDS.get(section, "id"):
            continue
        inner, _ = _without_none(info.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not Texts:
            found += of(section, inner, (*path, name))
        else:
            found.append(_field(section, (*path, name), info))
    return sorted(found, key=lambda field: field.name != "names")  # what a thing is called comes first


def _field(section: str, path: tuple[str, ...], info: FieldInfo) -> Field:
    inner, optional = _without_none(info.annotation)
    limits = [*info.metadata, *_limits(inner)]
    inner = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    reference = REFERENCES.get((section, path[-1]))
    options: tuple[str, ...] = ()
    if get_origin(inner) is Literal:
        options = get_args(inner)
    elif get_origin(inner) is list and get_origin(get_args(inner)[0]) is Literal:
        options = get_args(get_args(inner)[0])
    least, most = (next((getattr(limit, name) for limit in limits if hasattr(limit, name)), None) for name in ("ge", "le"))
    kind = "row" if path[-1] in _IN_ORDER else _kind(inner, reference, is_choice=bool(options))
    parts = tuple(of("", get_args(inner)[0])) if kind == "entries" else ()
    return Field(section, path, kind, optional, options, reference, least, most, parts)


def _kind(inner: Any, reference: str | None, *, is_choice: bool) -> str:
    is_list = get_origin(inner) is list
    if reference or is_choice:
        return "some" if is_list else "one"
    if is_list:
        one = get_args(inner)[0]
        if one not in (Texts, OutcomePart) and isinstance(one, type) and issubclass(one, BaseModel):
            return "entries"
        return {Texts: "lines", OutcomePart: "outcomes"}.get(one, "spans")
    return {Texts: "texts", bool: "yes", int: "number"}.get(inner, "line")


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [each for each in get_args(annotation) if each is not type(None)]
        return rest[0], len(rest) < len(get_args(annotation))
    return annotation, False


def _limits(annotation: Any) -> list[Any]:
    """Return the limits written inside an optional type."""
    if get_origin(annotation) is not Annotated:
        return []
    return [limit for info in get_args(annotation)[1:] for limit in getattr(info, "metadata", ())]


def typed(fields: Sequence[Field], values: Values) -> Typed:  # noqa: PLR0912 -- one line a kind: a table
    """Return what a form with these values would have typed in."""
    form: Typed = MultiDict()
    for field in fields:
        value = _at(values, field.path)
        match field.kind:
            case "texts":
                _type_texts(form, field.name, value or {})
            case "lines":
                for number, line in enumerate(value or ()):
                    _type_texts(form, f"{field.name}.{number}", line)
            case "spans":
                for number, (start, end) in enumerate(value or ()):
                    form[f"{field.name}.{number}.from"], form[f"{field.name}.{number}.to"] = start, end
            case "outcomes":
                for number, outcome in enumerate(value or ()):
                    form[f"{field.name}.{number}.code"] = outcome["code"]
                    _type_texts(form, f"{field.name}.{number}", outcome["names"])
            case "row":
                for number, code in enumerate(value or ()):
                    form[f"{field.name}.{number}.code"] = code
            case "entries":
                for number, entry in enumerate(value or ()):
                    form.update(typed(field.row(number), _nested((*field.path, str(number)), entry)))
            case "some":
                form.setlist(field.name, list(value or ()))
            case "yes":
                form[field.name] = "yes" if value else ""
            case _:
                form[field.name] = "" if value is None else str(value)
    return form


def read(fields: Sequence[Field], form: Typed) -> dict[str, Any]:
    """Return the values that were typed; what was left empty and may be, is left out."""
    values: dict[str, Any] = {}
    for field in fields:
        value = _read(field, form)
        if value is None:
            continue
        place = values
        for name in field.path[:-1]:
            place = place.setdefault(name, {})
        place[field.path[-1]] = value
    return values


def _read(field: Field, form: Typed) -> Any:  # noqa: PLR0911 -- one line a kind: a table
    match field.kind:
        case "texts":
            texts = _texts(form, field.name)
            return None if field.optional and not any(texts.values()) else texts
        case "entries":
            return [_entry(field, form, number) for number in range(_count(field, form)) if _is_typed(field, form, number)]
        case "lines":
            lines = (_texts(form, f"{field.name}.{number}") for number in range(LINES))
            return [line for line in lines if any(line.values())]
        case "outcomes":
            return _outcomes(field, form)
        case "row":
            codes = (form.get(f"{field.name}.{number}.code", "") for number in range(ROWS))
            return [code for code in codes if code]
        case "spans":
            return _spans(field, form)
        case "some":
            return form.getlist(field.name)
        case "yes":
            return bool(form.get(field.name))
        case _:
            return _one(field, form.get(field.name, "").strip())


def _entry(field: Field, form: Typed, number: int) -> Any:
    return _at(read(field.row(number), form), (*field.path, str(number))) or {}


def _is_typed(field: Field, form: Typed, number: int) -> bool:
    """Tell whether anything stands in a row; an empty one is no entry."""
    return any(text.strip() for name, text in form.items(multi=True) if name.startswith(f"{field.name}.{number}."))


def _nested(path: Sequence[str], value: Any) -> Values:
    for name in reversed(path):
        value = {name: value}
    nested: Values = value
    return nested


def _one(field: Field, text: str) -> str | int | None:
    if field.kind == "number" and re.fullmatch(r"-?\d{1,9}", text):
        return int(text)
    return None if field.optional and not text else text


def _outcomes(field: Field, form: Typed) -> list[dict[str, Any]]:
    """Return the lines in which anything was typed; what lacks in one of them the document names."""
    lines = ((form.get(f"{field.name}.{number}.code", "").strip(), _texts(form, f"{field.name}.{number}")) for number in range(ROWS))
    return [{"code": code, "names": names} for code, names in lines if code or any(names.values())]


def _spans(field: Field, form: Typed) -> list[list[str]]:
    pairs = ([_time(form.get(f"{field.name}.{number}.{end}", "")) for end in ("from", "to")] for number in range(_count(field, form)))
    return [pair for pair in pairs if any(pair)]


def rows(field: Field, form: Typed) -> int:
    """Return how many rows of a list the page shows: those there are and one or two to add."""
    count = _count(field, form)
    if field.kind == "entries":
        return count + 1
    most = LINES if field.kind == "lines" else ROWS
    return max(SPANS, count) if field.kind == "spans" else min(most, max(2, count + 1))


def _count(field: Field, form: Typed) -> int:
    pattern = re.compile(rf"{re.escape(field.name)}\.(\d{{1,2}})\.")
    filled = [int(found[1]) for name, text in form.items(multi=True) if text and (found := pattern.match(name))]
    return max(filled, default=-1) + 1


def _texts(form: Typed, name: str) -> dict[str, str]:
    given = {lang: form.get(f"{name}.{lang}", "").strip() for lang in LANGS}
    return {lang: text for lang, text in given.items() if text or lang in ("ky", "ru")}


def _type_texts(form: Typed, name: str, value: Values) -> None:
    for lang in LANGS:
        falls_back = lang in ("kk", "en") and value.get(lang) == value.get("ru")
        form[f"{name}.{lang}"] = "" if falls_back else value.get(lang) or ""


def _time(text: str) -> str:
    """Return 9, 9.30, 930 and 9:30 as 09:00 and 09:30; anything else as it is."""
    found = re.fullmatch(r"\s*(\d{1,2})(?:[:.\-h ]?(\d{2}))?\s*", text)
    return f"{int(found[1]):02}:{found[2] or '00'}" if found else text.strip()


def _at(values: Values, path: Sequence[str]) -> Any:
    place: Any = values
    for name in path:
        place = place.get(name) if isinstance(place, Mapping) else None
    return place
