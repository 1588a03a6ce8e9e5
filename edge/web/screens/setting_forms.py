"""Every way to change the settings, each turning what was typed into a proposal: forms for one part, the whole text, an entry of the history.

A form holds all it needs, so a page can be sent back and forth without losing a letter; the server keeps nothing between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from edge.errors import Unknown
from edge.operations import proposal, settings_history
from edge.operations.document import (
    BookingsPart,
    CalendarPart,
    CategoryPart,
    CentrePart,
    DeskPart,
    LedPart,
    OrderingPart,
    PromisesPart,
    ServicePart,
    VisitsPart,
    VoicePart,
    ZonePart,
)
from edge.operations.proposal import Proposal
from edge.operations.sentences import IDS
from edge.web.screens import setting_fields
from edge.web.screens.setting_fields import Field, Typed
from edge.web.site import site

ENTRY, BEHIND, REMOVE, FILE, TEXT = "entry", "behind", "remove", "file", "text"
STAYS = "="  # of BEHIND: where it stands; "" is the first place


@dataclass(frozen=True, slots=True)
class Form:
    """A form for one section, or for one entry of a section that is a list."""

    name: str
    section: str
    fields: tuple[Field, ...]

    @property
    def is_list(self) -> bool:
        """Tell whether the section has entries."""
        return self.section in IDS


MEMBERS = Field("services", ("members",), "some", reference="leaves")  # of a group; what they say themselves is their parent


def _form(name: str, section: str, model: type[BaseModel]) -> Form:
    return Form(name, section, tuple(setting_fields.of(section, model)))


_GROUP = (*(field for field in setting_fields.of("services", ServicePart) if field.name in ("names", "icon")), MEMBERS)
FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        _form("centre", "centre", CentrePart),
        _form("hours", "calendar", CalendarPart),
        _form("service", "services", ServicePart),
        Form("group", "services", _GROUP),
        _form("desk", "desks", DeskPart),
        _form("zone", "zones", ZonePart),
        _form("category", "categories", CategoryPart),
        _form("ordering", "ordering", OrderingPart),
        _form("bookings", "bookings", BookingsPart),
        _form("visits", "visits", VisitsPart),
        _form("promises", "promises", PromisesPart),
        _form("led", "led", LedPart),
        _form("voice", "voice", VoicePart),
    )
}
_NAMED_BY: Mapping[str, str] = {"services": "services", "categories": "reserved"}  # what a desk calls the entries of a section


def blank(form: Form, id_: str | None) -> Typed:
    """Return the form as it is first shown: with what is in force, or empty for a new entry. Raises Unknown."""
    values = in_force()[form.section]
    if not form.is_list:
        return setting_fields.typed(form.fields, values)
    if id_ is None:
        last = values[-1][IDS[form.section]] if values else ""
        return MultiDict([(BEHIND, last), *_defaults(form).items(multi=True)])
    entry = next((entry for entry in values if entry[IDS[form.section]] == id_), None)
    if entry is None:
        raise Unknown(f"{form.section} has no entry {id_!r}", field="id")
    found = setting_fields.typed(form.fields, {**entry, "members": _members(values, id_)} if form.name == "group" else entry)
    found[ENTRY], found[BEHIND] = id_, STAYS
    return found


def proposed(name: str, typed: Typed) -> Proposal:
    """Turn what was typed into a proposal against the settings in force now. Raises Unknown."""
    ctx = site().ctx
    if name == TEXT:
        return proposal.of_text(ctx, typed.get(TEXT, ""))
    if name == "revert":
        turn = settings_history.as_of if typed.get("to") == "as-of" else settings_history.before
        return turn(ctx, typed.get(ENTRY, ""))
    return proposal.of_values(ctx, _applied(FORMS[name], typed, in_force()))


def in_force() -> dict[str, Any]:
    """Return the document in force as plain values that a form may change."""
    return proposal.in_force(site().ctx).document.model_dump(exclude={"devices"}, exclude_none=True)


def typed_in() -> Typed:
    """Return what the browser sent; a file that was chosen stands for the text."""
    typed: Typed = MultiDict((name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "key", "step"))
    given = request.files.get(FILE)
    if given is not None and given.filename:
        typed[TEXT] = given.read().decode("utf-8-sig", errors="replace")
    if TEXT in typed:
        typed[TEXT] = typed[TEXT].replace("\r\n", "\n")  # as forms send line ends
    return typed


def _applied(form: Form, typed: Typed, values: dict[str, Any]) -> dict[str, Any]:
    if not form.is_list:
        entry = values.get(form.section, {})
        values[form.section] = {**({"id": entry["id"]} if form.section == "centre" else {}), **setting_fields.read(form.fields, typed)}
        return values
    key = IDS[form.section]
    entries: list[dict[str, Any]] = values.get(form.section, [])
    id_ = typed.get(ENTRY) or typed.get("id", "").strip()
    before = [entry[key] for entry in entries]
    rest = [entry for entry in entries if entry[key] != id_ or not typed.get(ENTRY)]
    if typed.get(REMOVE):
        values[form.section] = rest
        _forget(values, form.section, id_)
        return values
    at = _place(typed.get(BEHIND, STAYS), id_, before, [entry[key] for entry in rest])
    read = setting_fields.read(form.fields, typed)
    if form.name == "group":
        read["parent"] = next((entry.get("parent") for entry in entries if entry[key] == id_), None)
        _gather(rest, id_, read.pop("members"))
    values[form.section] = [*rest[:at], {key: id_, **read}, *rest[at:]]
    return values


def _members(services: list[dict[str, Any]], group: str) -> list[str]:
    return [entry["code"] for entry in services if entry.get("parent") == group]


def _gather(services: list[dict[str, Any]], group: str, members: list[str]) -> None:
    """Let exactly ``members`` be in the group."""
    for entry in services:
        if entry["code"] in members:
            entry["parent"] = group
        elif entry.get("parent") == group:
            entry["parent"] = None


def _place(behind: str, id_: str, before: list[str], rest: list[str]) -> int:
    """Return where the entry goes among the others."""
    if behind == STAYS:
        return before.index(id_) if id_ in before else len(rest)
    return rest.index(behind) + 1 if behind in rest else 0


def _forget(values: dict[str, Any], section: str, id_: str) -> None:
    """Take an entry that goes out of the desks' lists, too, and free the services of a group; the preview shows it."""
    if section == "services":
        _gather(values["services"], id_, [])
        for service in values["services"]:
            service["steps"] = [step for step in service.get("steps", ()) if step != id_]
    if section in _NAMED_BY:
        for desk in values.get("desks", []):
            name = _NAMED_BY[section]
            desk[name] = [each for each in desk.get(name, []) if each != id_]


def _defaults(form: Form) -> Typed:
    models: dict[str, type[BaseModel]] = {"services": ServicePart, "desks": DeskPart, "zones": ZonePart, "categories": CategoryPart}
    model = models[form.section]
    given = {name: info.get_default(call_default_factory=True) for name, info in model.model_fields.items() if not info.is_required()}
    return setting_fields.typed(form.fields, given)
