"""The centre's configuration document: one TOML file, checked whole, turned into the values of `setting.changed`.

Every problem is listed at once and nothing is put in force unless all of it is right. An unknown key is a problem, never ignored.
Long because every part of the document stands here.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from edge.errors import ConfigError, Problem
from edge.operations import sentences
from edge.operations.sentences import BLOCK_PATTERN, DAY_PATTERN, HTTPS_PATTERN, ID_PATTERN, IDS, LETTER_PATTERN, TIME_PATTERN
from edge.queueing.policy import KEYS, Policy, with_setting
from edge.queueing.policy import problems as policy_problems
from edge.queueing.registry import Device, Family, Kind, misfits

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Letter = Annotated[str, Field(pattern=LETTER_PATTERN)]
Permille = Annotated[int, Field(ge=0, le=1_000_000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Time = Annotated[str, Field(pattern=TIME_PATTERN)]
Inches = Annotated[int, Field(ge=5, le=200)]
Icon = Literal["id-card", "passport", "birth", "ready", "address", "statement", "benefits", "foreigners", "car", "family", "land", "generic"]


def _end_last(span: list[str]) -> list[str]:
    if span[0] >= span[1]:
        raise PydanticCustomError("end-first", "the end must be after the start")
    return span


def _apart(spans: list[list[str]]) -> list[list[str]]:
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise PydanticCustomError("overlap", "must not begin before the one before it has ended")
    return spans


def _a_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise PydanticCustomError("day", "must be a date such as 2026-12-31") from None


Span = Annotated[list[Time], Field(min_length=2, max_length=2), AfterValidator(_end_last)]
Spans = Annotated[list[Span], AfterValidator(_apart)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Texts(_Part):
    """One text in four languages; ky and ru are required, the others fall back to ru."""

    ky: Annotated[str, Field(min_length=1, max_length=300)]
    ru: Annotated[str, Field(min_length=1, max_length=300)]
    kk: Annotated[str, Field(max_length=300)] | None = None
    en: Annotated[str, Field(max_length=300)] | None = None

    def filled(self) -> dict[str, str]:
        """Return the text in all four languages."""
        return {"ky": self.ky, "ru": self.ru, "kk": self.kk or self.ru, "en": self.en or self.ru}


class CentrePart(_Part):
    id: Id
    names: Texts
    tz: str = "Asia/Bishkek"
    langs: list[Literal["ky", "ru", "kk", "en"]] = ["ky", "ru", "kk", "en"]
    clerk_login: bool = False
    kiosk_diagonal_in: Inches = 22

    @field_validator("tz")
    @classmethod
    def _known_tz(cls, value: str) -> str:
        if value not in _time_zones():
            raise PydanticCustomError("time-zone", "must be an IANA time zone such as Asia/Bishkek")
        return value


@cache
def _time_zones() -> frozenset[str]:
    """Return what this machine knows; to look takes a walk through its folders, 30 ms, and documents are judged at every step of a form."""
    return frozenset(available_timezones())


class ZonePart(_Part):
    zone: Id
    names: Texts
    viewing_distance_m: Annotated[int, Field(ge=1, le=40)] = 5
    diagonal_in: Inches = 55


class OutcomePart(_Part):
    code: Id
    names: Texts


def _once(outcomes: list[OutcomePart]) -> list[OutcomePart]:
    if len({outcome.code for outcome in outcomes}) < len(outcomes):
        raise PydanticCustomError("same-code", "each needs a code of its own")
    return outcomes


Day = Annotated[str, Field(pattern=DAY_PATTERN), AfterValidator(_a_day)]


class ServicePart(_Part):
    code: Id
    parent: Id | None = None
    names: Texts
    letter: Letter | None = None
    mode: Literal["walk-in", "mixed", "appointment-only"] = "walk-in"
    minutes: Annotated[int, Field(ge=1, le=480)] = 10
    documents: Annotated[list[Texts], Field(max_length=6)] = []
    online: Annotated[str, Field(pattern=HTTPS_PATTERN)] | None = None
    icon: Icon | None = None
    outcomes: Annotated[list[OutcomePart], Field(max_length=8), AfterValidator(_once)] = []
    quiet: bool = False
    steps: Annotated[list[Id], Field(max_length=8)] = []
    slot_minutes: Annotated[int, Field(ge=5, le=240)] | None = None
    slot_seats: Annotated[int, Field(ge=1, le=500)] | None = None
    exempt: bool = False
    next_mode: Literal["walk-in", "mixed", "appointment-only"] | None = None
    next_mode_from: Day | None = None


class DeskPart(_Part):
    desk: Id
    zone: Id
    services: list[Id]
    reserved: list[Id] = []
    overflow_after: Seconds = 0
    guard_ms: Annotated[int, Field(ge=0, le=60_000)] = 1500
    absent_after: Annotated[int, Field(ge=0, le=600)] = 0
    lunch: Spans = []
    button_only: bool = False


class CategoryPart(_Part):
    code: Id
    names: Texts
    proof: Texts
    weight: Permille = 3000
    head: Seconds = 600
    proof_first: bool = False


class WeightPart(_Part):
    weight: Permille
    head: Seconds


class WeightsPart(_Part):
    ordinary: WeightPart = WeightPart(weight=1000, head=0)
    late: WeightPart = WeightPart(weight=1500, head=0)
    returned: WeightPart = WeightPart(weight=1500, head=0)
    transfer: WeightPart = WeightPart(weight=1500, head=0)
    booked: WeightPart = WeightPart(weight=2000, head=1200)


class OrderingPart(_Part):
    cap: Annotated[int, Field(ge=1, le=100)] = 3
    early: Seconds = 300
    on_time: Seconds = 600
    late: Seconds = 1800
    returned_after: Seconds = 60
    weights: WeightsPart = WeightsPart()


class HoursPart(_Part):
    mon: Spans = []
    tue: Spans = []
    wed: Spans = []
    thu: Spans = []
    fri: Spans = []
    sat: Spans = []
    sun: Spans = []


class DayPart(_Part):
    """A day with its own hours; none: closed. ``why`` stands on the screens while the hall is closed."""

    day: Day
    hours: Spans = []
    why: Texts | None = None


class CalendarPart(_Part):
    hours: HoursPart
    lunch: Spans = []
    days: list[DayPart] = []
    keep_overnight: bool = False
    tokens_before_min: Annotated[int, Field(ge=0, le=720)] = 0
    cohort: Annotated[int, Field(ge=0, le=1000)] = 0


class VisitsPart(_Part):
    recall_limit: Annotated[int, Field(ge=1, le=20)] = 3
    recall_gap_s: Annotated[int, Field(ge=0, le=600)] = 20
    missed_within_min: Annotated[int, Field(ge=0, le=480)] = 15
    block_letter: Annotated[str, Field(pattern=BLOCK_PATTERN)] = ""


class BookingsPart(_Part):
    opens_before: Annotated[int, Field(ge=0, le=600)] = 60
    closes_after: Annotated[int, Field(ge=0, le=240)] = 30
    no_show_after: Annotated[int, Field(ge=1, le=240)] = 15
    horizon_days: Annotated[int, Field(ge=1, le=60)] = 14
    share_permille: Annotated[int, Field(ge=1, le=1000)] = 500
    only_permille: Annotated[int, Field(ge=1, le=1000)] = 850
    only_from: Day | None = None
    release_days: Annotated[int, Field(ge=0, le=60)] = 2


class PromisesPart(_Part):
    cut_off: bool = False
    z_permille: Annotated[int, Field(ge=0, le=5000)] = 1640
    tail_min: Annotated[int, Field(ge=0, le=240)] | None = None
    release_min: Annotated[int, Field(ge=0, le=240)] = 25


Colour = Literal["green", "red", "amber", "white", "blue"]
Shown = Annotated[str, Field(max_length=16)]


class LedPart(_Part):
    called_colour: Colour = "green"
    serving_colour: Colour = "white"
    text_colour: Colour = "amber"
    free_text: Shown = ""
    paused_text: Shown = ""
    closed_text: Shown = ""


class VoicePart(_Part):
    spoken: bool = True
    volume: Annotated[int, Field(ge=0, le=100)] = 80
    silent: Spans = []
    soft: Spans = []
    soft_volume: Annotated[int, Field(ge=0, le=100)] = 40


class DevicePart(_Part):
    device: Id
    kind: Literal["button", "kiosk", "board", "desk", "led", "printer", "speaker"]
    desk: Id | None = None
    zone: Id | None = None
    services: list[Id] | None = None
    family: Literal["zigbee2mqtt", "shelly-gen1", "shelly-gen2", "tasmota"] | None = None
    address: Annotated[str, Field(max_length=80)] | None = None

    def registered(self) -> Device:
        """Return the device to register."""
        services = tuple(self.services) if self.services is not None else None
        family = Family(self.family) if self.family else None
        return Device(self.device, Kind(self.kind), self.desk, self.zone, services, family=family, address=self.address)


class Document(_Part):
    """The whole file. ``devices`` are registered once; later the registry is the administrator's."""

    centre: CentrePart
    zones: list[ZonePart]
    services: list[ServicePart]
    desks: list[DeskPart]
    categories: list[CategoryPart] = []
    ordering: OrderingPart = OrderingPart()
    calendar: CalendarPart
    bookings: BookingsPart = BookingsPart()
    visits: VisitsPart = VisitsPart()
    promises: PromisesPart = PromisesPart()
    led: LedPart = LedPart()
    voice: VoicePart = VoicePart()
    devices: list[DevicePart] = []

    def settings(self) -> dict[str, Any]:
        """Return the values of `setting.changed` by key, in full, with every default written out."""
        plain = self.model_dump(exclude={"devices"})
        plain["centre"]["names"] = self.centre.names.filled()
        for key in ("zones", "services", "categories"):
            for entry, part in zip(plain[key], getattr(self, key), strict=True):
                entry["names"] = part.names.filled()
        for entry, service in zip(plain["services"], self.services, strict=True):
            entry["documents"] = [text.filled() for text in service.documents]
            entry["outcomes"] = [{"code": outcome.code, "names": outcome.names.filled()} for outcome in service.outcomes]
        for entry, category in zip(plain["categories"], self.categories, strict=True):
            entry["proof"] = category.proof.filled()
        for entry, day in zip(plain["calendar"]["days"], self.calendar.days, strict=True):
            entry["why"] = day.why.filled() if day.why else None
        return plain

    def registered(self) -> list[Device]:
        """Return the devices to register."""
        return [part.registered() for part in self.devices]


def read(text: str, *, name: str = "centre.toml") -> Document:
    """Parse and check a document. Raises ConfigError with one sentence per problem."""
    document, problems = examined(text)
    if document is None:
        raise ConfigError(*(f"{name}: {problem}" for problem in problems))
    return document


def examined(text: str) -> tuple[Document | None, list[Problem]]:
    """Parse and check a document: it, or every problem with it."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        at = line[1] if line else str(text.count("\n") + 1)
        return None, [Problem(f"not valid TOML: {error}", "toml", line=at, given=str(error))]
    return judged(values)


def judged(values: Mapping[str, Any]) -> tuple[Document | None, list[Problem]]:
    """Check the values of a document: it, or every problem with it."""
    try:
        document = Document.model_validate(values)
    except ValidationError as error:
        return None, [*sentences.problems(error, values), *_besides(values, {str(fault["loc"][0]) for fault in error.errors()})]
    found = [*_repeated(values), *_unbound(document)]
    return (None, found) if found else (document, [])


_POINTED_AT = frozenset({"centre", "zones", "services", "categories"})
_ALONE = frozenset({"same-letter", "group-letter", "no-letter", "own-parent", "serves-nothing", "no-name", "no-proof", "cohort-without-tokens"})


def _besides(values: Mapping[str, Any], faulty: set[str]) -> list[Problem]:
    """Return what contradicts itself in the sections that are well written, so that one list has it all.

    While other sections are faulty, nothing is said of what points at them.
    """
    policy = Policy()
    for key in KEYS:
        if key in values and key not in faulty:
            policy = with_setting(policy, key, completed(key, values[key]))
    return [problem for problem in policy_problems(policy) if problem.where[0] not in faulty and (problem.code in _ALONE or not faulty & _POINTED_AT)]


def completed(key: str, value: Any) -> Any:
    """Return a setting's value with the defaults of this release: journals of earlier ones have fewer fields. What is strange stays as it is."""
    annotation: Any = Document.model_fields[key].annotation if key in Document.model_fields else None
    if annotation is None or value is None:
        return value
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    try:
        return adapter.dump_python(adapter.validate_python(value))
    except ValidationError:
        return value


def _repeated(values: Mapping[str, Any]) -> Iterator[Problem]:
    for key, id_key in IDS.items():
        ids = [entry[id_key] for entry in values.get(key, ())]
        for each in sorted({each for each in ids if ids.count(each) > 1}):
            yield Problem(f"{key}: {each!r} appears twice", "repeated", (key, each, id_key), given=each)
    days = [entry["day"] for entry in values.get("calendar", {}).get("days", ())]
    for number, day in enumerate(days):
        if day in days[:number]:
            yield Problem(f"calendar.days: {day!r} appears twice", "repeated", ("calendar", "days", str(number), "day"), given=day)


def _unbound(document: Document) -> Iterator[Problem]:
    desks = {desk.desk for desk in document.desks}
    zones = {zone.zone for zone in document.zones}
    codes = {service.code for service in document.services}
    devices = document.registered()
    for number, part in enumerate(document.devices):
        at = ("devices", part.device)
        yield from misfits(devices[number], devices[:number])
        if part.desk is not None and part.desk not in desks:
            yield Problem(f"devices {part.device}: desk {part.desk!r} is not a desk", "no-desk", (*at, "desk"), given=part.desk)
        if part.zone is not None and part.zone not in zones:
            yield Problem(f"devices {part.device}: zone {part.zone!r} is not a zone", "no-zone", (*at, "zone"), given=part.zone)
        for code in part.services or ():
            if code not in codes:
                yield Problem(f"devices {part.device}: service {code!r} is not a service", "no-service", (*at, "services"), given=code)
