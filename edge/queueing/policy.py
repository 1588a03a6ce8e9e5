"""The policy in force: what `setting.changed` carries, as frozen values, and what must hold between its parts.

Each setting is one JSON value under one key (`KEYS`). Values in the journal were validated before they were written; `built` trusts their shape
and `problems` checks what one value says of another. Long because every setting of the document stands here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from edge.errors import Problem
from edge.queueing import national
from edge.queueing.booking import Times
from edge.queueing.hours import Calendar, Interval, SpecialDay, without
from edge.queueing.national import Narrowing, NationalDay, NationalNotice, says_of

LANGS = national.LANGS
# the centre's document
KEYS = ("centre", "zones", "services", "desks", "categories", "ordering", "calendar", "bookings", "visits", "promises", "led", "voice")
OPERATING_KEYS = ("notices", "emergency", "restored", "wall", "national")  # set from day to day, by a person or by what happened to the box
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Names = Mapping[str, str]


class Mode(StrEnum):
    """How a service takes visitors."""

    WALK_IN = "walk-in"
    MIXED = "mixed"
    APPOINTMENT_ONLY = "appointment-only"


@dataclass(frozen=True, slots=True)
class Centre:
    """``id`` is the centre's id in the journal; ``tz`` an IANA name. ``clerk_login``: a console acts only for a clerk who is logged in.

    ``kiosk_diagonal_in``: of the kiosks' screens, in inches; the ticket's number is drawn at least 40 mm high on it.
    """

    id: str = ""
    names: Names = field(default_factory=dict)
    tz: str = "Asia/Bishkek"
    langs: tuple[str, ...] = LANGS
    clerk_login: bool = False
    kiosk_diagonal_in: int = 22


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the hall with its boards. ``viewing_distance_m``: from the farthest seat; ``diagonal_in``: of the boards, in inches."""

    zone: str
    names: Names
    viewing_distance_m: int = 5
    diagonal_in: int = 55


@dataclass(frozen=True, slots=True)
class Slots:
    """Appointments begin every ``grid`` minutes; ``seats``: how many of them may be sold, None: worked out (`slots.py`)."""

    grid: int = 15
    seats: int | None = None


@dataclass(frozen=True, slots=True)
class Bookings:
    """``times``: around an appointment. Permille of the desks' time that may be booked: while walk-ins come too, and when nobody else does.

    ``only_from``: from this day (ISO) on, services that are not exempt are by appointment only; None: each service's own mode. ``release_days``: so
    many days before its day, unsold rights of a slot go back to the national side; 0: never.
    """

    times: Times = field(default_factory=Times)
    share_permille: int = 500
    only_permille: int = 850
    only_from: str | None = None
    release_days: int = 2


@dataclass(frozen=True, slots=True)
class Promises:
    """``cut_off``: tickets stop when the day is full. ``z_permille``: standard deviations kept for chance.

    ``tail_min``: minutes kept for a visit that ends late, None: as nine visits in ten take. ``release_min``: before closing, when standby tickets
    whose turn does not come are let go.
    """

    cut_off: bool = False
    z_permille: int = 1640
    tail_min: int | None = None
    release_min: int = 25


@dataclass(frozen=True, slots=True)
class Service:
    """A leaf has a ``letter`` and gives tickets; a group is another service's ``parent`` and gives none.

    ``minutes``: what one visit usually takes. ``documents``: what to bring, one text a line. ``online``: where the same can be had without
    coming. ``icon``: a name of the screens' icon set. ``outcomes``: how a visit may end, code to name. ``quiet``: back-office work, called without
    announcement. ``steps``: a visit of several services in this order; no desk serves the visit itself. ``booking``: its appointments, None: none.
    ``exempt``: open to walk-ins whatever day appointments begin. ``next_mode``: its mode from the day ``next_mode_from`` (ISO) on.
    ``closed_from``: from this day (ISO) on the national side lets nobody have it here, "": at once, None: it is offered.
    """

    code: str
    parent: str | None
    names: Names
    letter: str | None
    mode: Mode
    minutes: int = 10
    documents: tuple[Names, ...] = ()
    online: str | None = None
    icon: str | None = None
    outcomes: Mapping[str, Names] = field(default_factory=dict)
    quiet: bool = False
    steps: tuple[str, ...] = ()
    booking: Slots | None = None
    exempt: bool = False
    next_mode: Mode | None = None
    next_mode_from: str | None = None
    closed_from: str | None = None


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """``reserved``: categories taken first; ``overflow_after``: seconds free before others are taken; ``guard_ms``: see `contract/mqtt.md`.

    ``absent_after``: a press sooner than so many seconds after a call says that nobody came; 0: never.
    ``lunch``: its own break, beside the hall's. ``button_only``: it has no console, so it opens and closes with the day.
    """

    desk: str
    zone: str
    services: frozenset[str]
    reserved: frozenset[str]
    overflow_after: int
    guard_ms: int
    absent_after: int = 0
    lunch: tuple[Interval, ...] = ()
    button_only: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A class of the ordering rule: ``weight`` w in permille, ``head`` start h in seconds."""

    name: str
    weight: int
    head: int


@dataclass(frozen=True, slots=True)
class Category:
    """A statutory category; ``proof_first``: counts only after staff confirmed it. ``proof``: what to show, by language."""

    standing: Standing
    proof_first: bool
    names: Names
    proof: Names


@dataclass(frozen=True, slots=True)
class Ordering:
    """`contract/ordering.md`: run cap K; the booking windows and the pause after a return, in seconds; the classes."""

    cap: int = 3
    early: int = 300
    on_time: int = 600
    late: int = 1800
    returned_after: int = 60
    ordinary: Standing = Standing("order", 1000, 0)
    late_booking: Standing = Standing("late", 1500, 0)
    returned: Standing = Standing("returned", 1500, 0)
    transfer: Standing = Standing("transfer", 1500, 0)
    booked: Standing = Standing("booked", 2000, 1200)


@dataclass(frozen=True, slots=True)
class Visits:
    """How visits go on. ``recall_limit``, ``recall_gap_s``: what a console advises before "did not come"; they refuse nothing.

    ``missed_within_min``: how long a missed visitor keeps the old place. ``block_letter``: of printed emergency slips, empty: the first free one.
    """

    recall_limit: int = 3
    recall_gap_s: int = 20
    missed_within_min: int = 15
    block_letter: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """How calls are heard. ``spoken``: words after the chime. ``volume``, ``soft_volume``: 0 to 100; the latter in the hours ``soft``.

    ``silent``: local hours without any sound.
    """

    spoken: bool = True
    volume: int = 80
    silent: tuple[Interval, ...] = ()
    soft: tuple[Interval, ...] = ()
    soft_volume: int = 40


WEIGHT_NAMES = {"ordinary": "ordinary", "late": "late_booking", "returned": "returned", "transfer": "transfer", "booked": "booked"}


@dataclass(frozen=True, slots=True)
class Emergency:
    """The hall is closed at once: no tickets and no calls until it is lifted. ``text`` stands on the boards, ``reason`` in the journal."""

    text: Names
    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """The box came back from a backup: numbers that it gave after the backup may be in people's hands, so new ones get another ``prefix``.

    ``at``: what the backup knows ends there. Until an administrator confirms. ``fenced``: no backup, but the national server follows another box of
    this centre since ``at``.
    """

    at: str
    prefix: str
    fenced: bool = False


@dataclass(frozen=True, slots=True)
class National:
    """What the national side has to say here. ``bound``: there is a national server, so seats are sold by rights that it granted.

    Rights of epochs up to ``closed`` are never spent: the box was restored or fenced in that epoch. ``said``: the items of its feed that are in
    force, as they came, by kind and key; they lie over the centre's own settings, which stay as they are underneath.
    """

    bound: bool = False
    closed: int = 0
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Led:
    """What a desk's LED display shows: the colours of a number that is called, of one that is served, and of the texts for a desk without one."""

    called_colour: str = "green"
    serving_colour: str = "white"
    text_colour: str = "amber"
    free_text: str = ""
    paused_text: str = ""
    closed_text: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """All settings as values; mappings keep the order of the document, which is the order on screens."""

    centre: Centre = Centre()
    zones: Mapping[str, Zone] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    desks: Mapping[str, DeskPlan] = field(default_factory=dict)
    categories: Mapping[str, Category] = field(default_factory=dict)
    ordering: Ordering = Ordering()
    calendar: Calendar = field(default_factory=lambda: Calendar(hours=((),) * 7))
    visits: Visits = Visits()
    bookings: Bookings = field(default_factory=Bookings)
    promises: Promises = Promises()
    led: Led = Led()
    voice: Voice = Voice()
    groups: frozenset[str] = frozenset()
    notices: Mapping[str, Names] = field(default_factory=dict)
    emergency: Emergency | None = None
    restored: Restored | None = None
    hung: str = ""  # version of the rule's text that hangs on the wall (`queueing.wall`), empty: none
    national: National = field(default_factory=National)
    own_services: Mapping[str, Service] = field(default_factory=dict)  # before the national side had its say, and so the calendar
    own_calendar: Calendar = field(default_factory=lambda: Calendar(hours=((),) * 7))

    def desks_of(self, service: str) -> tuple[DeskPlan, ...]:
        """Return the desks whose plan has ``service``; of a visit of several steps those of the first one."""
        code = self.first_of(service)
        return tuple(plan for plan in self.desks.values() if code in plan.services)

    def is_quiet(self, service: str) -> bool:
        """Tell whether tickets of ``service`` are called without announcement."""
        known = self.services.get(service)
        return known is not None and known.quiet

    def first_of(self, service: str) -> str:
        """Return the service that a new ticket of ``service`` waits for."""
        known = self.services.get(service)
        return known.steps[0] if known and known.steps else service


def mode_on(policy: Policy, service: Service, day: str) -> Mode:
    """Return how a service takes visitors on a calendar day (ISO)."""
    own = service.next_mode if service.next_mode and service.next_mode_from and day >= service.next_mode_from else service.mode
    if service.exempt:
        return own if own is not Mode.APPOINTMENT_ONLY else Mode.MIXED
    if policy.bookings.only_from and day >= policy.bookings.only_from:
        return Mode.APPOINTMENT_ONLY
    return own


def with_setting(policy: Policy, key: str, value: Any) -> Policy:  # noqa: PLR0911, PLR0912 -- one line a setting: a table
    """Return the policy with one setting replaced; a key of a later version is ignored."""
    match key:
        case "centre":
            return replace(policy, centre=_centre(value))
        case "zones":
            return replace(policy, zones={entry["zone"]: _zone(entry) for entry in value})
        case "services":
            services = {entry["code"]: _service(entry) for entry in value}
            groups = frozenset(service.parent for service in services.values() if service.parent)
            return with_national(replace(policy, own_services=services, groups=groups), policy.national)
        case "desks":
            return replace(policy, desks={entry["desk"]: _desk_plan(entry) for entry in value})
        case "categories":
            return replace(policy, categories={entry["code"]: _category(entry) for entry in value})
        case "ordering":
            return replace(policy, ordering=_ordering(value))
        case "calendar":
            return with_national(replace(policy, own_calendar=_calendar(value)), policy.national)
        case "visits":
            return replace(policy, visits=Visits(**_given(value, *Visits.__dataclass_fields__)))
        case "bookings":
            return replace(policy, bookings=_bookings(value))
        case "promises":
            return replace(policy, promises=Promises(**_given(value, *Promises.__dataclass_fields__)))
        case "led":
            return replace(policy, led=Led(**_given(value, *Led.__dataclass_fields__)))
        case "voice":
            return replace(policy, voice=_voice(value))
        case "notices":
            return replace(policy, notices=value)
        case "emergency":
            return replace(policy, emergency=Emergency(value["text"], value["reason"]) if value else None)
        case "restored":
            return replace(policy, restored=Restored(**_given(value, *Restored.__dataclass_fields__)) if value else None)
        case "wall":
            return replace(policy, hung=value["version"] if value else "")
        case "national":
            return replace(policy, national=replace(policy.national, **_given(value, "bound", "closed")))
        case _:
            return policy


def with_national(policy: Policy, says: National) -> Policy:
    """Return the policy with what the national side says laid over the centre's own settings, in place of what it said before."""
    services, days = dict(policy.own_services), dict(policy.own_calendar.days)
    for item in sorted(says.said):
        said = says_of(item.partition(":")[0], says.said[item])
        if isinstance(said, Narrowing) and said.code in services:
            services[said.code] = _narrowed(services[said.code], said)
        elif isinstance(said, NationalDay):
            days[said.day] = _both(policy.own_calendar.days.get(said.day), said.special)
    return replace(policy, national=says, services=services, calendar=replace(policy.own_calendar, days=days))


def notice_at(policy: Policy, now: datetime) -> Names | None:
    """Return the national notice that boards show at an instant (aware UTC) where they have none of their own: of several the last by its key."""
    found = None
    for item in sorted(item for item in policy.national.said if item.startswith(national.Kind.NOTICE)):
        notice = says_of(national.Kind.NOTICE, policy.national.said[item])
        if isinstance(notice, NationalNotice) and (notice.start is None or notice.start <= now) and (notice.end is None or now < notice.end):
            found = notice.text
    return found


def is_offered(service: Service, day: str) -> bool:
    """Tell whether anybody may have the service on a calendar day (ISO)."""
    return service.closed_from is None or day < service.closed_from


def problems(policy: Policy) -> list[Problem]:
    """Return every contradiction between settings, one plain sentence each; empty when the policy can be put in force."""
    found = (_service_problems, _step_problems, _block_problems, _desk_problems, _category_problems, _calendar_problems)
    return [problem for judge in found for problem in judge(policy)]


def _narrowed(service: Service, says: Narrowing) -> Service:
    service = replace(service, names={**service.names, **says.names}, closed_from=None if says.offered else says.since or "")
    if says.mode is None:
        return service
    if says.since is None:
        return replace(service, mode=Mode(says.mode), next_mode=None, next_mode_from=None, exempt=False)
    return replace(service, next_mode=Mode(says.mode), next_mode_from=says.since, exempt=False)


def _both(own: SpecialDay | None, national: SpecialDay) -> SpecialDay:
    """The national hours of a day, narrowed by the centre's own for that day."""
    if own is None:
        return national
    hours = tuple(Interval(max(a.start, b.start), min(a.end, b.end)) for a in national.hours for b in own.hours)
    return SpecialDay(tuple(each for each in hours if each.start < each.end), national.why or own.why)


def _given(entry: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return those of ``keys`` that an entry has: journals of earlier versions have fewer, and then the defaults hold."""
    return {key: entry[key] for key in keys if key in entry}


def _centre(value: Mapping[str, Any]) -> Centre:
    more = _given(value, "clerk_login", "kiosk_diagonal_in")
    return Centre(id=value["id"], names=value["names"], tz=value["tz"], langs=tuple(value["langs"]), **more)


def _zone(entry: Mapping[str, Any]) -> Zone:
    return Zone(entry["zone"], entry["names"], **_given(entry, "viewing_distance_m", "diagonal_in"))


def _service(entry: Mapping[str, Any]) -> Service:
    mode = Mode(entry.get("mode", Mode.WALK_IN))
    more = _given(entry, "minutes", "online", "icon", "quiet", "exempt", "next_mode_from")
    return Service(
        entry["code"],
        entry.get("parent"),
        entry["names"],
        entry.get("letter"),
        mode,
        documents=tuple(entry.get("documents", ())),
        outcomes={each["code"]: each["names"] for each in entry.get("outcomes", ())},
        steps=tuple(entry.get("steps", ())),
        booking=Slots(entry["slot_minutes"], entry.get("slot_seats")) if entry.get("slot_minutes") else None,
        next_mode=Mode(entry["next_mode"]) if entry.get("next_mode") else None,
        **more,
    )


def _bookings(value: Mapping[str, Any]) -> Bookings:
    times = Times(**_given(value, "opens_before", "closes_after", "no_show_after", "horizon_days"))
    return Bookings(times, **_given(value, "share_permille", "only_permille", "only_from", "release_days"))


def _voice(value: Mapping[str, Any]) -> Voice:
    plain = _given(value, "spoken", "volume", "soft_volume")
    return Voice(silent=_intervals(value.get("silent", ())), soft=_intervals(value.get("soft", ())), **plain)


def _desk_plan(entry: Mapping[str, Any]) -> DeskPlan:
    return DeskPlan(
        desk=entry["desk"],
        zone=entry["zone"],
        services=frozenset(entry["services"]),
        reserved=frozenset(entry.get("reserved", ())),
        overflow_after=entry.get("overflow_after", 0),
        guard_ms=entry.get("guard_ms", 1500),
        absent_after=entry.get("absent_after", 0),
        lunch=_intervals(entry.get("lunch", ())),
        button_only=entry.get("button_only", False),
    )


def _category(entry: Mapping[str, Any]) -> Category:
    standing = Standing("category", entry["weight"], entry["head"])
    return Category(standing, entry["proof_first"], entry.get("names", {}), entry.get("proof", {}))


def _ordering(value: Mapping[str, Any]) -> Ordering:
    default = Ordering()
    given: dict[str, Any] = {key: value[key] for key in ("cap", "early", "on_time", "late", "returned_after") if key in value}
    for key, name in WEIGHT_NAMES.items():
        if key in value.get("weights", {}):
            entry = value["weights"][key]
            given[name] = Standing(getattr(default, name).name, entry["weight"], entry["head"])
    return replace(default, **given)


def _calendar(value: Mapping[str, Any]) -> Calendar:
    hours = tuple(_intervals(value["hours"].get(weekday, ())) for weekday in WEEKDAYS)
    days = {entry["day"]: SpecialDay(_intervals(entry["hours"]), entry.get("why") or {}) for entry in value.get("days", ())}
    more = _given(value, "keep_overnight", "tokens_before_min", "cohort")
    return Calendar(hours=hours, lunch=_intervals(value.get("lunch", ())), days=days, **more)


def _intervals(pairs: Any) -> tuple[Interval, ...]:
    return tuple(Interval(_second(start), _second(end)) for start, end in pairs)


def _second(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _service_problems(policy: Policy) -> Iterator[Problem]:
    letters = Counter(service.letter for service in policy.services.values() if service.letter)
    for service in policy.services.values():
        name, at = f"service {service.code}", ("services", service.code)
        if service.parent is not None and service.parent not in policy.services:
            yield Problem(f"{name}: parent {service.parent!r} is not a service", "no-service", (*at, "parent"), given=service.parent)
        if _has_cycle(policy, service.code):
            yield Problem(f"{name}: is its own parent, directly or through others", "own-parent", (*at, "parent"))
        if service.code in policy.groups and service.letter:
            yield Problem(
                f"{name}: is a group and takes no letter, but has {service.letter!r}", "group-letter", (*at, "letter"), given=service.letter
            )
        if service.code not in policy.groups and not service.letter:
            yield Problem(f"{name}: needs a letter A to Z, or AA to ZZ", "no-letter", (*at, "letter"))
        if service.letter and letters[service.letter] > 1:
            sentence = f"{name}: letter {service.letter} is used by {letters[service.letter]} services; each needs its own"
            yield Problem(sentence, "same-letter", (*at, "letter"), given=service.letter)
        yield from _mode_problems(policy, service)


def _mode_problems(policy: Policy, service: Service) -> Iterator[Problem]:
    """Nobody may be sent to appointments that do not exist, and a dated change needs both its parts."""
    name, at = f"service {service.code}", ("services", service.code)
    modes = {service.mode, service.next_mode} | ({Mode.APPOINTMENT_ONLY} if policy.bookings.only_from and not service.exempt else set())
    if service.code not in policy.groups and service.booking is None and Mode.APPOINTMENT_ONLY in modes:
        yield Problem(
            f"{name}: is by appointment only but has no appointments; give it slot_minutes, or make it exempt", "no-slots", (*at, "slot_minutes")
        )
    if service.code in policy.groups and service.booking is not None:
        yield Problem(f"{name}: is a group and takes no appointments", "group-slots", (*at, "slot_minutes"))
    if (service.next_mode is None) != (service.next_mode_from is None):
        yield Problem(f"{name}: next_mode and next_mode_from need each other", "half-mode", (*at, "next_mode"))
    if service.exempt and Mode.APPOINTMENT_ONLY in (service.mode, service.next_mode):
        yield Problem(f"{name}: is exempt from appointments and cannot be by appointment only", "exempt-only", (*at, "exempt"))


def _block_problems(policy: Policy) -> Iterator[Problem]:
    """No service may give the numbers that stand on printed slips."""
    letter = policy.visits.block_letter
    for service in policy.services.values():
        if letter and service.letter and service.letter[0] == letter:
            sentence = f"visits.block_letter = {letter!r}: service {service.code} has letter {service.letter}"
            yield Problem(sentence, "letter-service", ("visits", "block_letter"), given=letter)


def _step_problems(policy: Policy) -> Iterator[Problem]:
    """A visit of several steps names services that give tickets of their own, each once, and the first one is announced."""
    for service in policy.services.values():
        name, at = f"service {service.code}", ("services", service.code, "steps")
        if service.steps and service.code in policy.groups:
            yield Problem(f"{name}: is a group and has no steps", "group-steps", at)
        for code, times in Counter(service.steps).items():
            step = policy.services.get(code)
            if step is None:
                yield Problem(f"{name}: step {code!r} is not a service", "no-service", at, given=code)
            elif code in policy.groups:
                yield Problem(f"{name}: step {code!r} is a group; list the services in it", "is-group", at, given=code)
            elif step.steps:
                yield Problem(f"{name}: step {code!r} has steps of its own; list those", "is-visit", at, given=code)
            if times > 1:
                yield Problem(f"{name}: step {code!r} appears {times} times", "step-twice", at, given=code)
        if service.steps and (first := policy.services.get(service.steps[0])) and first.quiet:
            yield Problem(
                f"{name}: the first step {first.code!r} is called without announcement: nobody would come", "quiet-first", at, given=first.code
            )


def _has_cycle(policy: Policy, code: str) -> bool:
    seen = {code}
    parent = policy.services[code].parent
    while parent is not None and parent in policy.services:
        if parent in seen:
            return True
        seen.add(parent)
        parent = policy.services[parent].parent
    return False


def _desk_problems(policy: Policy) -> Iterator[Problem]:
    for plan in policy.desks.values():
        name, at = f"desk {plan.desk}", ("desks", plan.desk)
        if plan.zone not in policy.zones:
            yield Problem(f"{name}: zone {plan.zone!r} is not a zone", "no-zone", (*at, "zone"), given=plan.zone)
        if not plan.services:
            yield Problem(f"{name}: serves no service", "serves-nothing", (*at, "services"))
        for code in sorted(plan.services):
            if code not in policy.services:
                yield Problem(f"{name}: service {code!r} is not a service", "no-service", (*at, "services"), given=code)
            elif code in policy.groups:
                yield Problem(f"{name}: {code!r} is a group; list the services in it", "is-group", (*at, "services"), given=code)
            elif policy.services[code].steps:
                yield Problem(f"{name}: {code!r} is a visit of several steps; list those the desk serves", "is-visit", (*at, "services"), given=code)
        for code in sorted(plan.reserved - policy.categories.keys()):
            yield Problem(f"{name}: reserved category {code!r} is not a category", "no-category", (*at, "reserved"), given=code)


def _category_problems(policy: Policy) -> Iterator[Problem]:
    for code, category in policy.categories.items():
        missing = [lang for lang in policy.centre.langs if not category.names.get(lang)]
        if missing:
            langs = ", ".join(missing)
            yield Problem(f"category {code}: has no name in {langs}", "no-name", ("categories", code, "names"), given=langs)
        unproved = [lang for lang in policy.centre.langs if not category.proof.get(lang)]
        if unproved:
            langs = ", ".join(unproved)
            yield Problem(f"category {code}: has no proof in {langs}", "no-proof", ("categories", code, "proof"), given=langs)


def _calendar_problems(policy: Policy) -> Iterator[Problem]:
    calendar = policy.calendar
    if calendar.cohort and not calendar.tokens_before_min:
        sentence = "calendar: cohort needs tokens_before_min: people come in by number only where they have numbers before the opening"
        yield Problem(sentence, "cohort-without-tokens", ("calendar", "cohort"))
    for day in calendar.days:
        for lang in policy.centre.langs:
            if calendar.days[day].why and not calendar.days[day].why.get(lang):
                yield Problem(f"calendar day {day}: has no reason in {lang}", "no-reason", ("calendar", "days", day, "why"), given=lang)
    for plan in policy.desks.values():
        if plan.lunch and not any(without(hours, plan.lunch) for hours in calendar.hours if hours) and any(calendar.hours):
            yield Problem(f"desk {plan.desk}: its lunch leaves it no hours", "lunch-all-day", ("desks", plan.desk, "lunch"))
