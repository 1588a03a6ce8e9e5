"""What may be asked of the hall. Imperative, frozen, already well-formed; whether it is allowed is `decide`'s business.

Long because every command stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.queueing.alerts import Why
from edge.queueing.booking import Booking, BookingId, SlotId
from edge.queueing.desk import DeskId, Key
from edge.queueing.registry import Device, DeviceId, Ended, Member, Proof
from edge.queueing.ticket import TicketId


@dataclass(frozen=True, slots=True)
class Issue:
    """``ticket``: a fresh id. ``via``: device or desk that asks. ``appointment``: its tick, with ``booking``. ``shown``: codes a kiosk shows."""

    ticket: TicketId
    service: str
    lang: str
    via: str
    category: str | None = None
    booking: str | None = None
    appointment: int | None = None
    shown: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Open:
    desk: DeskId
    reason: str | None = None
    by_hours: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    desk: DeskId
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Close:
    desk: DeskId
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A key of a button bound to ``desk``; ``since_move_ms`` as in `desk.meaning`."""

    desk: DeskId
    key: Key
    since_move_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CallNext:
    """``outcome``: how the visit that ends with it went."""

    desk: DeskId
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    desk: DeskId


@dataclass(frozen=True, slots=True)
class Start:
    desk: DeskId


@dataclass(frozen=True, slots=True)
class Finish:
    desk: DeskId
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class MarkNoShow:
    desk: DeskId


@dataclass(frozen=True, slots=True)
class Hold:
    """``minutes``: when the ticket goes back to waiting by itself; None: no timer."""

    desk: DeskId
    minutes: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Put a held or missed ticket (id or today's number) back to waiting."""

    desk: DeskId
    ticket: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Exactly one of ``service`` and ``to_desk`` is the aim."""

    desk: DeskId
    service: str | None = None
    to_desk: DeskId | None = None
    returns: bool = False


@dataclass(frozen=True, slots=True)
class AddStep:
    """Let the visit of the desk's ticket go on with ``service`` afterwards."""

    desk: DeskId
    service: str


@dataclass(frozen=True, slots=True)
class Cancel:
    desk: DeskId
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Cancel a ticket (id or today's number) that is at no desk: the visitor goes, or staff know that nobody will come."""

    ticket: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PutBack:
    """Put a held or missed ticket (id or today's number) back to waiting from the hall: no desk moved, so none can undo it."""

    ticket: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """Call a chosen waiting ticket (id or today's number), with a reason that stands in the journal."""

    desk: DeskId
    ticket: str
    reason: str


@dataclass(frozen=True, slots=True)
class JudgeCategory:
    desk: DeskId
    confirmed: bool


@dataclass(frozen=True, slots=True)
class JudgeWaiting:
    """Confirm or refuse at a desk the category of a waiting ticket (id or today's number)."""

    desk: DeskId
    ticket: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class JudgeInHall:
    """The same from the hall: no desk moved, so none can undo it."""

    ticket: str
    confirmed: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    desk: DeskId


@dataclass(frozen=True, slots=True)
class Book:
    """``booking``: a fresh id, ``code`` one that no booking has. ``person``: the keyed hash. ``utc_offset``: seconds, at the slot's start.

    ``dated``: whether the box knows the date at all.
    """

    booking: BookingId
    code: str
    service: str
    slot: SlotId
    person: str
    lang: str
    via: str
    utc_offset: int
    dated: bool = True


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """``by``: visitor, staff or national."""

    booking: BookingId
    by: str


@dataclass(frozen=True, slots=True)
class Reschedule:
    booking: BookingId
    slot: SlotId
    utc_offset: int
    dated: bool = True


@dataclass(frozen=True, slots=True)
class CheckIn:
    """``ticket``: a fresh id. ``expired``: take an ordinary ticket although check-in is over. ``by_staff``: whoever opens the door early for one.

    ``dated``: whether the box knows the date; without it nobody is early or late.
    """

    booking: BookingId
    ticket: TicketId
    via: str
    category: str | None = None
    expired: bool = False
    by_staff: bool = False
    dated: bool = True


@dataclass(frozen=True, slots=True)
class MissBooking:
    """Nobody came in time."""

    booking: BookingId


@dataclass(frozen=True, slots=True)
class TakeItem:
    """An item of the national feed in a version that was not seen before. ``op``: put or delete; ``custody``: of a booking, else None.

    ``past``: the booking that it names, if nothing can happen to it any more. ``utc_offset``: at the start of the slot that it names.
    ``pseudonym``: a fresh one, for a new member of staff. ``dated``: whether the box knows the date.
    """

    kind: str
    key: str
    version: int
    op: str
    payload: Any = None
    custody: str | None = None
    past: Booking | None = None
    utc_offset: int = 0
    pseudonym: str = ""
    dated: bool = True


@dataclass(frozen=True, slots=True)
class ReturnRights:
    """Give back what is unsold of the slots of these ids, but for ``keep`` seats of each."""

    slots: tuple[SlotId, ...]
    keep: int


@dataclass(frozen=True, slots=True)
class PrintBlock:
    """Set numbers aside for so many emergency slips."""

    count: int


@dataclass(frozen=True, slots=True)
class Reprint:
    """Print the ``copy``-th copy of an open ticket."""

    ticket: TicketId
    printer: str
    copy: int


@dataclass(frozen=True, slots=True)
class NotePrintFailure:
    """Note that a ticket is not on paper; ``sent``: some of it may be."""

    ticket: TicketId
    printer: str
    why: str
    copy: int
    sent: bool


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip of paper. ``ticket``: a fresh id."""

    ticket: TicketId
    number: str
    service: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class KeyIn:
    """Issue tickets for slips, all or none. ``began``: the tick at which the first was handed out; before the day's begin (negative) is possible."""

    slips: tuple[Slip, ...]
    began: int
    lang: str


@dataclass(frozen=True, slots=True)
class OpenDay:
    """``wall``: `YYYY-MM-DDTHH:MM:SS.mmmZ` at tick 0. An open day is closed first. ``timed``: the time of day is known, None: if the date is."""

    day: str
    wall: str
    tz: str
    utc_offset: int
    provisional: bool = False
    timed: bool | None = None


@dataclass(frozen=True, slots=True)
class CloseDay:
    pass


@dataclass(frozen=True, slots=True)
class LetIn:
    """Let the next cohort in at the door; ``reason``: why a person does so before the hall would by itself."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmDay:
    """A person vouches that the provisional day is ``day``. ``after``: the last day that was closed, None: there was none."""

    day: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class NoteClockStep:
    """The wall clock was set ``by`` seconds forward (negative: back) while the server ran."""

    by: int


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Replace whole settings, all or none. Values are plain JSON as `policy` documents them."""

    values: Mapping[str, object]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterDevice:
    """The whole entry as it stands in a document, whatever was known of the device."""

    device: Device


@dataclass(frozen=True, slots=True)
class AddDevice:
    """A device that the centre never had."""

    device: Device


@dataclass(frozen=True, slots=True)
class ReplaceDevice:
    """Another thing becomes this device: same id and place, a new login. ``paired``: a screen showed a code."""

    device: DeviceId
    paired: bool = False


@dataclass(frozen=True, slots=True)
class RevokeDevice:
    """Let the device in no longer."""

    device: DeviceId


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    """Something is wrong with the device, printer or (None) box ``about``. ``detail``: what was measured."""

    what: str
    about: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ClearAlert:
    """It is wrong no more."""

    what: str
    about: str | None
    why: Why


@dataclass(frozen=True, slots=True)
class TellDevice:
    """Somebody gives the device an order; ``op``: a word of `cmd` in `contract/mqtt.md`."""

    device: DeviceId
    op: str


@dataclass(frozen=True, slots=True)
class SetMember:
    """Add a member of staff, or replace what is known of one."""

    member: Member


@dataclass(frozen=True, slots=True)
class LogIn:
    """The proof was seen. ``staff``: a pseudonym."""

    staff: str
    by: Proof
    desk: DeskId | None = None


@dataclass(frozen=True, slots=True)
class LogOut:
    staff: str
    why: Ended
    desk: DeskId | None = None


@dataclass(frozen=True, slots=True)
class ChangeCredential:
    staff: str
    what: Proof


DeskCommand = (
    Open
    | Pause
    | Close
    | Press
    | CallNext
    | Recall
    | Start
    | Finish
    | MarkNoShow
    | Hold
    | Resume
    | Transfer
    | AddStep
    | Cancel
    | Pick
    | JudgeCategory
    | JudgeWaiting
    | Undo
)
BookingCommand = Book | CancelBooking | Reschedule | CheckIn | MissBooking
NationalCommand = TakeItem | ReturnRights
DeviceCommand = RegisterDevice | AddDevice | ReplaceDevice | RevokeDevice | TellDevice
AlertCommand = RaiseAlert | ClearAlert
StaffCommand = SetMember | LogIn | LogOut | ChangeCredential
Command = (
    Issue
    | DeskCommand
    | JudgeInHall
    | PrintBlock
    | Reprint
    | NotePrintFailure
    | KeyIn
    | Withdraw
    | PutBack
    | BookingCommand
    | NationalCommand
    | OpenDay
    | CloseDay
    | ConfirmDay
    | LetIn
    | NoteClockStep
    | ChangeSettings
    | DeviceCommand
    | AlertCommand
    | StaffCommand
)
