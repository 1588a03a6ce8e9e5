"""What happened: frozen, past tense, and its journal payload (`contract/national.md`, "Types").

Field names are the payload's keys; a trailing underscore only avoids a Python keyword. Add keys, never change or drop one: old journals are replayed.
Long because every event of the contract stands here.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, get_args

from edge.errors import Corrupt


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOpened:
    TYPE: ClassVar[str] = "day.opened"
    day: str
    wall_at_tick0: str
    tz: str
    utc_offset: int
    provisional: bool = False
    timed: bool = True
    tick: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClosed:
    """``kept``: the tickets that wait on tomorrow."""

    TYPE: ClassVar[str] = "day.closed"
    day: str
    kept: tuple[str, ...] = ()
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayConfirmed:
    """A person said which date the provisional day ``was`` really is; its tickets keep their numbers."""

    TYPE: ClassVar[str] = "day.confirmed"
    day: str
    was: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStepped:
    """The wall clock was set, or believed for the first time on this day (``by`` may be 0). ``open_until``, ``ends``: as in `day.Day`."""

    TYPE: ClassVar[str] = "clock.stepped"
    by: int
    open_until: int = 0
    ends: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketIssued:
    """``opens``: tick of the service's opening, if later; ``appointment``: tick, with ``booking``.

    ``steps``: the services of a visit of several, in order; ``service`` is then the visit's.
    ``promise``: guaranteed, standby, or None without a cut-off; ``from`` and ``to``: the range that was said. Behind it, in seconds of opening
    hours: the wait that was ``expected`` (-1: nobody could say), the interval ``earliest`` to ``latest`` before it was rounded, and the ``cell``
    that it is judged in (None: a desk was free). Old journals have none of the four. ``arrived``: taken on paper at about that tick.
    """

    TYPE: ClassVar[str] = "ticket.issued"
    ticket: str
    number: str
    day: str
    service: str
    category: str | None
    lang: str
    booking: str | None
    via: str
    opens: int | None = None
    appointment: int | None = None
    promise: str | None = None
    from_: str | None = None
    to: str | None = None
    cell: str | None = None
    expected: int | None = None
    earliest: int | None = None
    latest: int | None = None
    steps: tuple[str, ...] = ()
    arrived: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPromiseRaised:
    """It takes longer than was promised: ``to`` is the new end. ``why``: desk, when fewer desks serve it than at its issue, or longer."""

    TYPE: ClassVar[str] = "ticket.promise_raised"
    ticket: str
    to: str
    why: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCalled:
    """``run`` before and ``run_after`` this call; ``move``: id of the first event of the same decision, if this is not it.

    ``first``: the ticket was not called before. ``absent_until``: a press before that tick says that nobody came (`contract/mqtt.md`).
    """

    TYPE: ClassVar[str] = "ticket.called"
    ticket: str
    desk: str
    why: str
    scores: tuple[Mapping[str, Any], ...]
    run: int
    run_after: int
    reason: str | None = None
    move: str | None = None
    first: bool = False
    absent_until: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRecalled:
    TYPE: ClassVar[str] = "ticket.recalled"
    ticket: str
    desk: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStarted:
    TYPE: ClassVar[str] = "ticket.started"
    ticket: str
    desk: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFinished:
    """``waited``: seconds from the arrival to the first call; ``total``: to this end, over all steps; None where nobody knows."""

    TYPE: ClassVar[str] = "ticket.finished"
    ticket: str
    desk: str
    outcome: str | None = None
    waited: int | None = None
    total: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNoShow:
    """``until``: the tick until which the visitor may come back to the old place; None, in journals of 0.1: for the whole day."""

    TYPE: ClassVar[str] = "ticket.no_show"
    ticket: str
    desk: str
    until: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHeld:
    TYPE: ClassVar[str] = "ticket.held"
    ticket: str
    desk: str
    until: int | None = None
    reason: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResumed:
    """``desk`` None: put back from the hall, or by itself, by no desk's move. ``anew``: too late for its old place, it waits as if it arrived now."""

    TYPE: ClassVar[str] = "ticket.resumed"
    ticket: str
    desk: str | None = None
    reason: str | None = None
    anew: bool = False
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTransferred:
    """``desk``: where it was. ``service`` or ``to_desk`` is the aim; both: back to that desk, for the service it had there.

    ``returns``: the desks that still wait for the visitor, with the service there, the next one last; None, in journals of 0.1: by ``return`` alone.
    ``steps``, ``step``: the visit's plan and place from now on, None: as they are. ``outcome``: how the step that ends here went.
    """

    TYPE: ClassVar[str] = "ticket.transferred"
    ticket: str
    desk: str
    service: str | None = None
    to_desk: str | None = None
    return_: bool = False
    returns: tuple[Mapping[str, str], ...] | None = None
    steps: tuple[str, ...] | None = None
    step: int | None = None
    outcome: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStepAdded:
    """The visit goes on with ``service`` when everything planned before is done."""

    TYPE: ClassVar[str] = "ticket.step_added"
    ticket: str
    desk: str
    service: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCancelled:
    TYPE: ClassVar[str] = "ticket.cancelled"
    ticket: str
    desk: str | None = None
    reason: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCategory:
    """Staff looked at the proof. Refused: the ticket waits again, ordinary, with its old base. ``desk`` None: in the hall, while it waits."""

    TYPE: ClassVar[str] = "ticket.category"
    ticket: str
    category: str
    confirmed: bool
    desk: str | None
    reason: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUndone:
    """``event`` is taken back; one of these per event, the last one first."""

    TYPE: ClassVar[str] = "ticket.undone"
    event: str
    ticket: str
    desk: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMade:
    """``person``: a keyed hash. ``right``: edge or national, whose seat it took; ``capacity``: of the slot at that moment, 0: nobody said.

    ``version``: of the national item that told of it; ``custody``: who may change it, None: whose right it used.
    """

    TYPE: ClassVar[str] = "booking.made"
    booking: str
    code: str
    slot: str
    service: str
    start: str
    minutes: int
    person: str
    lang: str
    right: str
    right_epoch: int | None
    capacity: int = 0
    via: str | None = None
    version: int | None = None
    custody: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCancelled:
    """``by``: visitor, staff or national. The seat is free at once. ``version``: as in `BookingMade`."""

    TYPE: ClassVar[str] = "booking.cancelled"
    booking: str
    by: str
    version: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRescheduled:
    """The seat of ``from_`` is free, one of ``slot`` is taken; code and identity stay. ``version``: as in `BookingMade`."""

    TYPE: ClassVar[str] = "booking.rescheduled"
    booking: str
    from_: str
    slot: str
    start: str
    minutes: int
    right: str
    right_epoch: int | None
    capacity: int = 0
    version: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCheckedIn:
    """The visitor is here; ``ticket`` was issued just before. ``expired``: too late for the appointment, an ordinary ticket."""

    TYPE: ClassVar[str] = "booking.checked_in"
    booking: str
    ticket: str
    expired: bool = False
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingNoShow:
    """Nobody came in time. A visitor who comes while check-in is open still checks in."""

    TYPE: ClassVar[str] = "booking.no_show"
    booking: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequestRefused:
    """The national side asked under ``request`` for a change of a booking in this centre's custody. ``why``: checked_in, no_right or unknown."""

    TYPE: ClassVar[str] = "booking.request_refused"
    booking: str
    request: str
    why: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotGranted:
    """The centre may sell ``granted`` seats of the slot in all, by rights of ``epoch``: a counter that only grows. ``capacity``: of the slot."""

    TYPE: ClassVar[str] = "slot.granted"
    slot: str
    epoch: int
    granted: int
    capacity: int
    service: str
    start: str
    minutes: int
    version: int | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReturned:
    """Of the rights of ``epoch`` so many were given back in all, unsold; they are never spent here again."""

    TYPE: ClassVar[str] = "slot.returned"
    slot: str
    epoch: int
    returned: int
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSettled:
    """The slot's day is over: what became of the rights of ``epoch``. granted - returned = sold - released + unsold."""

    TYPE: ClassVar[str] = "slot.settled"
    slot: str
    epoch: int
    granted: int
    returned: int
    sold: int
    released: int
    unsold: int
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalApplied:
    """An item of the national feed was seen in this version. ``op``: put or delete; ``payload``: the item's, None where another event tells it.

    ``custody``: who may change the booking from now on. ``refused``: why it was not put in force, in a few words; what held before holds on.
    """

    TYPE: ClassVar[str] = "national.applied"
    kind: str
    key: str
    version: int
    op: str
    payload: Any = None
    custody: str | None = None
    refused: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochStarted:
    """The first line of an epoch that the national server issued; ``parent_*``: the last line that the journal shares with what was before.

    What the box wrote after that line follows anew: the next ``tail`` lines. So ``tick`` says when this was written and moves no time.
    """

    TYPE: ClassVar[str] = "epoch.started"
    epoch: int
    parent_epoch: int
    parent_seq: int
    parent_hash: str
    reason: str
    tail: int = 0
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadErased:
    """The payload and salt of the event with the id ``event`` were erased here, and are to be erased wherever it is kept."""

    TYPE: ClassVar[str] = "payload.erased"
    event: str
    why: str
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPrinted:
    """Emergency slips ``first`` to ``last`` of ``letter`` are on paper; no other slip ever gets these numbers."""

    TYPE: ClassVar[str] = "block.printed"
    letter: str
    first: int
    last: int
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPrintFailed:
    """A ticket is not on paper, or nobody knows whether it is. ``why``: a word of `printing.Fault`; ``sent``: some of it went to the printer.

    ``copy``: 0 for the ticket itself, else which reprint.
    """

    TYPE: ClassVar[str] = "ticket.print_failed"
    ticket: str
    printer: str
    why: str
    copy: int = 0
    sent: bool = False
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReprinted:
    """A person wanted the ticket on paper once more; ``copy``, from 1 on, stands on it."""

    TYPE: ClassVar[str] = "ticket.reprinted"
    ticket: str
    printer: str
    copy: int
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortAdmitted:
    """Who holds one of the day's first ``upto`` tickets may come in at the door; by the hall itself, or by a person with a ``reason``."""

    TYPE: ClassVar[str] = "cohort.admitted"
    upto: int
    reason: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOpened:
    """``by_hours``: a button-only desk opened with the hall."""

    TYPE: ClassVar[str] = "desk.opened"
    desk: str
    reason: str | None = None
    by_hours: bool = False
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPaused:
    TYPE: ClassVar[str] = "desk.paused"
    desk: str
    reason: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskClosed:
    """``releases``: tickets that waited for this desk alone and may from now on be called by any desk of their service."""

    TYPE: ClassVar[str] = "desk.closed"
    desk: str
    reason: str | None = None
    releases: tuple[str, ...] = ()
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged:
    TYPE: ClassVar[str] = "setting.changed"
    key: str
    value: Any
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRegistered:
    """Also a change of binding or generation: the whole entry, newest wins. ``why``: added, paired, replaced, revoked, or None: imported.

    ``family``, ``address``: of a button that speaks its maker's language.
    """

    TYPE: ClassVar[str] = "device.registered"
    device: str
    kind: str
    desk: str | None = None
    zone: str | None = None
    services: tuple[str, ...] | None = None
    generation: int = 1
    active: bool = True
    family: str | None = None
    address: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """``alert``: its name; ``what``: a word of `alerts.What`; ``about``: the device or printer, None: the box; ``detail``: what was measured."""

    TYPE: ClassVar[str] = "alert.raised"
    alert: str
    what: str
    about: str | None = None
    detail: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCleared:
    """``why``: a word of `alerts.Why`."""

    TYPE: ClassVar[str] = "alert.cleared"
    alert: str
    what: str
    why: str
    about: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTold:
    """Somebody gave an order, such as ``op`` identify; whether it arrived only the device's answer says, which is not of the journal."""

    TYPE: ClassVar[str] = "device.told"
    device: str
    op: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAdded:
    """Also a change of role, of being active: the whole entry, newest wins. Never a verifier."""

    TYPE: ClassVar[str] = "staff.added"
    staff: str
    login: str
    role: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLoggedIn:
    """``by``: password or pin. ``desk``: where the member works; None for reading, or for rights that need no desk."""

    TYPE: ClassVar[str] = "staff.logged_in"
    staff: str
    by: str
    desk: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLoggedOut:
    """``why``: a word of `registry.Ended`. A login that only ran out has no such event."""

    TYPE: ClassVar[str] = "staff.logged_out"
    staff: str
    why: str
    desk: str | None = None
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCredentialChanged:
    """``what``: password or pin. That it changed, never to what."""

    TYPE: ClassVar[str] = "staff.credential_changed"
    staff: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised:
    """An event of a type that this version does not know; kept, and without effect here."""

    TYPE: ClassVar[str] = ""
    type: str
    payload: str


Event = (
    DayOpened
    | DayClosed
    | DayConfirmed
    | ClockStepped
    | TicketIssued
    | TicketPromiseRaised
    | TicketCalled
    | TicketRecalled
    | TicketStarted
    | TicketFinished
    | TicketNoShow
    | TicketHeld
    | TicketResumed
    | TicketTransferred
    | TicketStepAdded
    | TicketCancelled
    | TicketCategory
    | TicketUndone
    | TicketPrintFailed
    | TicketReprinted
    | BlockPrinted
    | BookingMade
    | BookingCancelled
    | BookingRescheduled
    | BookingCheckedIn
    | BookingNoShow
    | BookingRequestRefused
    | SlotGranted
    | SlotReturned
    | SlotSettled
    | NationalApplied
    | EpochStarted
    | PayloadErased
    | CohortAdmitted
    | DeskOpened
    | DeskPaused
    | DeskClosed
    | SettingChanged
    | DeviceRegistered
    | AlertRaised
    | AlertCleared
    | DeviceTold
    | StaffAdded
    | StaffLoggedIn
    | StaffLoggedOut
    | StaffCredentialChanged
    | Unrecognised
)


@dataclass(frozen=True, slots=True)
class Fact:
    """An event with its place in the world: ``id`` (UUIDv7), ``at`` (aware UTC, for people), the clock's quality then, and the actor."""

    id: str
    at: datetime
    clock: str
    actor: str
    event: Event


_KEYS: dict[type, tuple[tuple[str, str], ...]] = {cls: tuple((f.name, f.name.rstrip("_")) for f in fields(cls)) for cls in get_args(Event)}
_CLASSES = {cls.TYPE: cls for cls in get_args(Event) if cls is not Unrecognised}


def payload_text(event: Event) -> str:
    """Return the JSON text of the payload. It is hashed as written and never serialised again."""
    if isinstance(event, Unrecognised):
        return event.payload
    return json.dumps({key: getattr(event, name) for name, key in _KEYS[type(event)]}, ensure_ascii=False, separators=(",", ":"))


def type_of(event: Event) -> str:
    """Return the event type as it stands in the envelope."""
    return event.type if isinstance(event, Unrecognised) else event.TYPE


def read(type_: str, payload: str) -> Event:
    """Rebuild an event from its journal row; unknown keys are ignored. Raises Corrupt when a required key is missing."""
    cls = _CLASSES.get(type_)
    if cls is None:
        return Unrecognised(type=type_, payload=payload)
    values = json.loads(payload)
    if not isinstance(values, dict):
        raise Corrupt(f"event {type_} has a payload that is no object")
    given = {name: _frozen(values[key]) for name, key in _KEYS[cls] if key in values}
    missing = [f.name for f in fields(cls) if f.name not in given and f.default is MISSING]
    if missing:
        raise Corrupt(f"event {type_} has no {', '.join(missing)}")
    event: Event = cls(**given)
    return event


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
