"""The centre's configuration document: one TOML file, checked whole, turned into the values of `setting.changed`.

Every problem is listed at once and nothing is put in force unless all of it is right. An unknown key is a problem, never ignored.
"""

import tomllib
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from edge.errors import ConfigError
from edge.queueing.registry import Device, Kind

Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
Letter = Annotated[str, Field(pattern=r"^[A-Z]{1,2}$")]
Permille = Annotated[int, Field(ge=0, le=1_000_000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Inches = Annotated[int, Field(ge=5, le=200)]
Icon = Literal["id-card", "passport", "birth", "ready", "address", "statement", "benefits", "foreigners", "car", "family", "land", "generic"]
Span = Annotated[list[Time], Field(min_length=2, max_length=2)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Texts(_Part):
    """One text in four languages; ky and ru are required, the others fall back to ru."""

    ky: Annotated[str, Field(min_length=1, max_length=300)]
    ru: Annotated[str, Field(min_length=1, max_length=300)]
    kk: str | None = None
    en: str | None = None

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
        if value not in available_timezones():
            raise ValueError("must be an IANA time zone such as Asia/Bishkek")
        return value


class ZonePart(_Part):
    zone: Id
    names: Texts
    viewing_distance_m: Annotated[int, Field(ge=1, le=40)] = 5
    diagonal_in: Inches = 55


class ServicePart(_Part):
    code: Id
    parent: Id | None = None
    names: Texts
    letter: Letter | None = None
    mode: Literal["walk-in", "mixed", "appointment-only"] = "walk-in"
    minutes: Annotated[int, Field(ge=1, le=480)] = 10
    documents: Annotated[list[Texts], Field(max_length=6)] = []
    online: Annotated[str, Field(pattern=r"^https://[\x21-\x7e]{1,200}$")] | None = None
    icon: Icon | None = None


class DeskPart(_Part):
    desk: Id
    zone: Id
    services: list[Id]
    reserved: list[Id] = []
    overflow_after: Seconds = 0
    guard_ms: Annotated[int, Field(ge=0, le=60_000)] = 1500


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
    mon: list[Span] = []
    tue: list[Span] = []
    wed: list[Span] = []
    thu: list[Span] = []
    fri: list[Span] = []
    sat: list[Span] = []
    sun: list[Span] = []


class CalendarPart(_Part):
    hours: HoursPart
    lunch: list[Span] = []

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        spans = [span for day in self.hours.model_dump().values() for span in day] + self.lunch
        for start, end in spans:
            if start >= end:
                raise ValueError(f"{start} to {end}: the end must be after the start")
        return self


class DevicePart(_Part):
    device: Id
    kind: Literal["button", "kiosk", "board", "desk", "led", "printer", "speaker"]
    desk: Id | None = None
    zone: Id | None = None
    services: list[Id] | None = None


class Document(_Part):
    """The whole file. ``devices`` are registered once; later the registry is the administrator's."""

    centre: CentrePart
    zones: list[ZonePart]
    services: list[ServicePart]
    desks: list[DeskPart]
    categories: list[CategoryPart] = []
    ordering: OrderingPart = OrderingPart()
    calendar: CalendarPart
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
        for entry, category in zip(plain["categories"], self.categories, strict=True):
            entry["proof"] = category.proof.filled()
        return plain

    def registered(self) -> list[Device]:
        """Return the devices to register."""
        return [
            Device(part.device, Kind(part.kind), part.desk, part.zone, tuple(part.services) if part.services is not None else None)
            for part in self.devices
        ]


def read(text: str, *, name: str = "centre.toml") -> Document:
    """Parse and check a document. Raises ConfigError with one sentence per problem."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from error
    try:
        document = Document.model_validate(values)
    except ValidationError as error:
        raise ConfigError(*(f"{name}: {sentence}" for sentence in sentences(error))) from error
    repeated = [*_repeated("zones", [z.zone for z in document.zones]), *_repeated("services", [s.code for s in document.services])]
    repeated += [*_repeated("desks", [d.desk for d in document.desks]), *_repeated("categories", [c.code for c in document.categories])]
    repeated += _repeated("devices", [d.device for d in document.devices])
    repeated += _unbound(document)
    if repeated:
        raise ConfigError(*(f"{name}: {sentence}" for sentence in repeated))
    return document


def sentences(error: ValidationError) -> list[str]:
    """Turn validation faults into sentences: where, what was given, what is accepted."""
    found = []
    for fault in error.errors(include_url=False, include_context=False):
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
        if fault["type"] == "extra_forbidden":
            found.append(f"{where}: unknown key")
        elif fault["type"] == "missing":
            found.append(f"{where}: is missing")
        else:
            found.append(f"{where} = {fault['input']!r}: {fault['msg'].removeprefix('Value error, ').lower()}")
    return found


def _repeated(key: str, ids: list[str]) -> list[str]:
    return [f"{key}: {each!r} appears twice" for each in sorted({each for each in ids if ids.count(each) > 1})]


def _unbound(document: Document) -> list[str]:
    desks = {desk.desk for desk in document.desks}
    zones = {zone.zone for zone in document.zones}
    codes = {service.code for service in document.services}
    found = []
    for part in document.devices:
        if part.desk is not None and part.desk not in desks:
            found.append(f"devices {part.device}: desk {part.desk!r} is not a desk")
        if part.zone is not None and part.zone not in zones:
            found.append(f"devices {part.device}: zone {part.zone!r} is not a zone")
        found += [f"devices {part.device}: service {code!r} is not a service" for code in part.services or () if code not in codes]
    return found
