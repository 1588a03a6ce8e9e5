"""A document as the text that an expert edits and an administrator keeps: TOML with a comment to each section, always in the same order.

What reads it back gets the same settings; what is written from that is the same text. Fields of list entries that have their default are left out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from pydantic import BaseModel

from edge.operations.document import Document, Texts
from edge.operations.sentences import IDS

HEAD = """\
# Kezek Edge: the settings of one centre. The whole document is checked before anything is put in force.
# Ids are a-z, 0-9 and -, at most 32 characters. Texts need ky and ru; kk and en fall back to ru."""
COMMENTS: Mapping[str, str] = {
    "centre": """\
# The centre. langs: the languages that visitors may choose. clerk_login: true when a desk acts only for a clerk who logged in by PIN.
# kiosk_diagonal_in: size of the kiosks' screens in inches; the number of a ticket is drawn at least 40 mm high.""",
    "zones": """\
# Parts of the hall, each with its boards. viewing_distance_m: metres from the board to the farthest seat; diagonal_in: size of the boards
# in inches. Both decide how tall the numbers are drawn.""",
    "services": """\
# Services in the order of the screens. A service that is another's parent is a group and has no letter.
# Letters stand on the ticket (A007): prefer those that look and sound alike in both alphabets: A, E, K, M, T.
# mode: walk-in, mixed or appointment-only. minutes: what one visit usually takes. documents: what to bring, at most six lines.
# online: where the same can be had without coming (https). outcomes: how a visit may end, asked at the desk. quiet = true: back-office work,
# called without announcement. steps: a visit of several services in this order; desks serve the steps, not the visit. slot_minutes:
# appointments begin so often; slot_seats: so many may be sold each time, without it they are worked out. exempt = true: open to everybody
# whatever [bookings] only_from says. next_mode with next_mode_from: its mode from that day on.""",
    "desks": """\
# Desks and the services they serve. reserved: categories that a desk takes first; after overflow_after seconds free it takes others.
# guard_ms: a second press of the desk's button within so many milliseconds does not count. absent_after: at a desk with nothing but a button,
# a press sooner than so many seconds after the call says that nobody came; 0: never. button_only = true: it opens and closes with the hall.
# lunch: its own break, in which it calls nobody new; the hall goes on.""",
    "categories": """\
# Statutory rights to priority. Each minute of waiting counts weight / 1000 points, with head seconds given at the start.
# proof_first = true: counts only after a member of staff has seen the proof.""",
    "ordering": """\
# Who is called next. After cap calls in a row of visitors with a right to priority, one without it is called.
# early, on_time, late: the windows of an appointment; returned_after: the pause after a missed call; all in seconds.""",
    "calendar": """\
# Opening hours by weekday and the lunch break of the whole hall; [] is closed. A day may have several spans. days: dates with hours of their own,
# none for a holiday; why stands on the screens. keep_overnight = true: who still waits in the evening waits on tomorrow, with the same number.
# tokens_before_min: tickets from so many minutes before the opening, 0 for not before it; waiting counts from the opening. cohort: so many come in
# at the door at a time, 0 for everybody.""",
    "visits": """\
# How visits go on. After recall_limit repeated calls, at least recall_gap_s seconds apart, the console proposes "did not come". Who comes back
# within missed_within_min minutes after that keeps the old place. block_letter: of printed emergency slips, "" for the first free letter.""",
    "bookings": """\
# Appointments. Check-in opens and closes so many minutes before and after the start; a visitor who has not come no_show_after minutes after it
# frees the desk's time. horizon_days: can be booked ahead, today included. Permille of the desks' time that may be booked: share_permille while
# walk-ins come too, only_permille when nobody else does. only_from = "2027-01-04": from then on services that are not exempt are by appointment.
# release_days: so many days before its day unsold seats of a time go back to the national side, one stays here; 0 for never.""",
    "led": """\
# The LED displays of desks. Colours: green, red, amber, white or blue. The texts, at most 16 letters, stand there while the desk has no ticket.""",
    "promises": """\
# Whether there is still time today. cut_off = true: tickets stop when the day is full, and before that say "standby" instead of "guaranteed".
# z_permille: standard deviations kept for chance (1640: nineteen days in twenty). tail_min: minutes kept for a visit that ends late; without it
# as long as nine visits in ten take. release_min: so many minutes before closing standby tickets whose turn does not come are let go.""",
    "voice": """\
# What is heard when a number is called: a chime and, with spoken = true, the number and the desk in the visitor's language. volume: 0 to 100, and
# soft_volume in the hours of soft. silent: hours without any sound, such as [["00:00", "09:00"], ["18:00", "24:00"]].""",
}


def text_of(document: Document) -> str:
    """Return the document as text, without the devices: those are registered once and kept by the registry."""
    lines = [HEAD]
    lines += [f"{key} = []" for key in ("zones", "services", "desks") if not getattr(document, key)]  # before any table, says TOML
    for key in COMMENTS:
        lines += ["", COMMENTS[key]]
        part = getattr(document, key)
        if key in IDS:
            for entry in part:
                lines += ["", f"[[{key}]]", *_fields(entry, IDS[key])]
        else:
            lines += ["", *_table(key, part)]
    return "\n".join(lines) + "\n"


def _table(name: str, part: BaseModel) -> Iterator[str]:
    """Write a section without entries: every field, defaults too, tables below it last."""
    below = {key: value for key, value in part if isinstance(value, BaseModel) and not isinstance(value, Texts)}
    yield f"[{name}]"
    for key, value in part:
        if key not in below and value is not None:  # TOML has no word for nothing
            yield f"{key} = {_value(value)}"
    for key, value in below.items():
        if all(isinstance(each, BaseModel) for _, each in value):
            yield from ("", f"[{name}.{key}]", *(f"{inner} = {_value(each)}" for inner, each in value))
        else:
            yield from ("", *_table(f"{name}.{key}", value))


def _fields(entry: BaseModel, id_key: str) -> Iterator[str]:
    yield f"{id_key} = {_value(getattr(entry, id_key))}"
    for key, value in entry:
        field = type(entry).model_fields[key]
        if key != id_key and (field.is_required() or value != field.get_default(call_default_factory=True)):
            yield f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Texts):
        given = {lang: text for lang, text in value if text and not (lang in ("kk", "en") and text == value.ru)}
        return "{ " + ", ".join(f"{lang} = {_value(text)}" for lang, text in given.items()) + " }"
    if isinstance(value, BaseModel):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value if each is not None) + " }"
    if isinstance(value, list) and any(isinstance(each, BaseModel) for each in value):
        return "[\n" + "".join(f"    {_value(each)},\n" for each in value) + "]"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return str(tomlkit.item(value).as_string())
