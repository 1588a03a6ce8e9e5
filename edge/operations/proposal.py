"""A change of the settings before it is one: what is wrong with it, what it would change, and what deserves a second look.

A proposal decides nothing. It is made anew for every page, from the text or values that somebody wants, against the settings in force now.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from edge.errors import ConfigError, Problem
from edge.operations import closures, sentences
from edge.operations.changes import Change, What, between
from edge.operations.context import Context
from edge.operations.document import Document, examined, judged
from edge.operations.toml_lines import line_of
from edge.operations.toml_text import text_of
from edge.queueing.day import closed_because
from edge.queueing.desk import DeskState
from edge.queueing.hall import Hall
from edge.queueing.opening import setting_problems
from edge.queueing.policy import KEYS, Policy, with_setting
from edge.queueing.wall import wall
from edge.store import settings as stored

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A problem; ``line`` counts from 1 in the text that was proposed, None where there is no telling."""

    problem: Problem
    line: int | None


@dataclass(frozen=True, slots=True)
class InForce:
    """The document in force. ``digest`` names this version: a form carries it, so that nobody overwrites what they have not seen."""

    document: Document
    digest: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """``document`` is None while there are problems. ``base``: the digest of the settings that it was compared with."""

    text: str
    base: str
    document: Document | None
    problems: tuple[Placed, ...]
    changes: tuple[Change, ...] = ()
    warnings: tuple[Problem, ...] = ()


def in_force(ctx: Context) -> InForce:
    """Return the settings in force, as a document without devices. Raises ConfigError when they are of another release.

    Inside a decision those of its transaction.
    """
    return _document_of(stored.in_force(ctx.database))


def at_place(ctx: Context, place: stored.Place) -> Values:
    """Return the document's settings as they were before a place in the journal."""
    values = {key: stored.value_before(ctx.database, place, key) for key in KEYS}
    return {key: value for key, value in values.items() if value is not None}


def of_text(ctx: Context, text: str) -> Proposal:
    """Propose a document as text."""
    document, problems = examined(text)
    return _proposal(ctx, text, document, problems)


def of_values(ctx: Context, values: Values) -> Proposal:
    """Propose a document as plain values, as a form makes them. The text is empty when there are problems."""
    document, problems = judged(values)
    return _proposal(ctx, text_of(document) if document else "", document, problems)


def _proposal(ctx: Context, text: str, document: Document | None, problems: list[Problem]) -> Proposal:
    now = in_force(ctx)
    if document is None:
        return Proposal(text, now.digest, None, _placed(text, problems))
    wanted = document.settings()
    problems = setting_problems(ctx.hall, wanted)
    if problems:
        return Proposal(text, now.digest, None, _placed(text, problems))
    changes = between(now.document.settings(), wanted)
    warnings = tuple(_second_look(ctx, document, wanted, changes))
    return Proposal(text, now.digest, document, (), tuple(changes), warnings)


def _document_of(values: Values) -> InForce:
    known = {key: values[key] for key in KEYS if key in values}
    try:
        document = Document.model_validate(known)
    except ValidationError as error:
        raise ConfigError(*sentences.problems(error, known)) from error
    plain = json.dumps(document.settings(), sort_keys=True, ensure_ascii=False)
    return InForce(document, hashlib.sha256(plain.encode()).hexdigest())


def _placed(text: str, problems: list[Problem]) -> tuple[Placed, ...]:
    return tuple(Placed(problem, line_of(text, problem)) for problem in problems)


def _second_look(ctx: Context, document: Document, wanted: Values, changes: list[Change]) -> Iterator[Problem]:
    """Say what is right by the rules and may yet surprise. Cheap and true; nothing is forbidden here."""
    hall = ctx.hall
    policy = hall.policy
    for key in KEYS:
        policy = with_setting(policy, key, wanted[key])
    if document.devices:
        yield Problem("the devices in the text are not changed here", "devices-stay", ("devices",))
    yield from _of_hours(hall, policy, ctx.tick())
    outside = closures.closed_by(hall, policy)
    if outside:
        count = str(outside)
        yield Problem(f"{count} appointments would be outside the opening hours", "booked-closed", ("calendar",), given=count)
    waiting = Counter(ticket.service for ticket in hall.waiting())
    for change in changes:
        yield from _of_change(hall, waiting, change)
    yield from _of_devices(hall, policy)
    yield from _of_wall(hall.policy, policy)


def _of_wall(now: Policy, then: Policy) -> Iterator[Problem]:
    said = wall(then)
    if said == wall(now):
        return
    if now.hung:
        yield Problem("the rule that hangs on the wall will no longer be true", "wall-changes", ("ordering",))
    if said.is_rounded:
        yield Problem("a head start that is no multiple of 3 seconds can be said on the wall only roughly", "wall-rounded", ("ordering",))


def _of_hours(hall: Hall, policy: Policy, tick: int) -> Iterator[Problem]:
    now, then = (closed_because(hall.day, each.calendar, tick) for each in (hall.policy, policy))
    if hall.day is not None and then is not None and then != now:
        count = str(len(hall.waiting()))
        yield Problem(f"the hall would be closed at once, with {count} visitors waiting", "closed-now", ("calendar",), reason=then, given=count)


def _of_change(hall: Hall, waiting: Counter[str], change: Change) -> Iterator[Problem]:
    id_ = change.id or ""
    match (change.section, change.path):
        case ("services", ("mode",)) if waiting[id_]:
            count = str(waiting[id_])
            yield Problem(f"service {id_}: {count} visitors are waiting for it", "mode-waiting", ("services", id_, "mode"), given=count)
        case ("services", ("letter",)) if waiting[id_]:
            yield Problem(f"service {id_}: tickets already issued keep their letter", "letter-issued", ("services", id_, "letter"))
        case ("desks", ()) if change.what is What.REMOVED and hall.desks[id_].state is not DeskState.CLOSED:
            yield Problem(f"desk {id_}: is open now", "desk-open", ("desks", id_))
        case ("centre", ("id",)):
            yield Problem("the centre's id stands in every line of the journal and at the national server", "centre-id", ("centre", "id"))
        case ("centre", ("tz",)):
            yield Problem("the time zone holds from the next business day on", "zone-later", ("centre", "tz"))
        case _:
            pass


def _of_devices(hall: Hall, policy: Policy) -> Iterator[Problem]:
    for device in hall.devices.values():
        if not device.active:
            continue
        if device.desk and device.desk in hall.policy.desks and device.desk not in policy.desks:
            yield Problem(f"device {device.device} is bound to desk {device.desk}", "device-desk", ("desks", device.desk), given=device.device)
        if device.zone and device.zone in hall.policy.zones and device.zone not in policy.zones:
            yield Problem(f"device {device.device} is bound to zone {device.zone}", "device-zone", ("zones", device.zone), given=device.device)
    for code in policy.services.keys() - policy.groups:
        if not policy.desks_of(code) and (hall.policy.desks_of(code) or code not in hall.policy.services):
            yield Problem(f"service {code}: no desk serves it", "no-desk-serves", ("services", code))
