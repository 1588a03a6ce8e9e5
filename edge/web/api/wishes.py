"""What callers may ask for: the bodies of POST calls, checked for shape. Whether it is allowed is decided by the rules, not here.

Unknown fields are ignored, wrong types are not: `"minutes": "5"` and `"confirmed": 1` are refused.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from edge.queueing import commands

ANY_TEXT = r"^[^\x00]*$"


def _text(most: int, least: int = 0) -> Any:
    return Field(min_length=least, max_length=most, pattern=ANY_TEXT)


def _whole(value: object) -> object:
    """Take 5.0 for 5, as JSON Schema does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Code = Annotated[str, _text(64, 1)]
Reason = Annotated[str, _text(200)]
Contact = Annotated[str, _text(64)]
Login = Annotated[str, _text(64, 1)]
Password = Annotated[str, _text(256, 1)]
Pin = Annotated[str, _text(64, 1)]
Minutes = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=600)]
Lang = Literal["ky", "ru", "kk", "en"]


class Wish(BaseModel):
    """A JSON object."""

    model_config = ConfigDict(strict=True, extra="ignore")


class TicketWish(Wish):
    """`POST tickets`. ``contact`` is kept encrypted and erased after the day."""

    service: Code
    lang: Lang
    category: Code | None = None
    contact: Contact | None = None


class BookingWish(Wish):
    """`POST bookings`. ``person``: document number or phone; only a keyed hash of it is kept. ``contact`` as in `POST tickets`."""

    service: Code
    slot: Annotated[str, _text(80, 1)]
    person: Annotated[str, _text(128, 4)]
    lang: Lang
    contact: Contact | None = None


class RescheduleWish(Wish):
    """`POST bookings/<code>/reschedule`."""

    slot: Annotated[str, _text(80, 1)]


class CheckInWish(Wish):
    """`POST checkins`."""

    code: Code


class LoginWish(Wish):
    """`POST sessions`: exactly one of ``password`` and ``pin``. ``desk``: where an operator works; without it an operator only reads."""

    login: Login
    password: Password | None = None
    pin: Pin | None = None
    desk: Code | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["password"], "properties": {"password": {"type": "string"}, "pin": {"type": "null"}}},
                {"required": ["pin"], "properties": {"pin": {"type": "string"}, "password": {"type": "null"}}},
            ]
        }
    )

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.password is None) == (self.pin is None):
            raise ValueError("exactly one of password and pin must be given")
        return self


class DeskWish(Wish):
    """The body of a desk action; ``command`` says what it asks of the hall."""

    def command(self, desk: str) -> commands.DeskCommand:
        """Return the command for ``desk``."""
        raise NotImplementedError


class OpenWish(DeskWish):
    """Open the desk, or end its pause."""

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Open(desk)


class PauseWish(DeskWish):
    """Pause: the ticket stays, nobody new is called."""

    reason: Reason | None = None

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Pause(desk, self.reason or None)


class CloseWish(DeskWish):
    """Close the desk."""

    reason: Reason | None = None

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Close(desk, self.reason or None)


class NextWish(DeskWish):
    """Finish the desk's ticket and call the next."""

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.CallNext(desk)


class RecallWish(DeskWish):
    """Announce the call again."""

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Recall(desk)


class StartWish(DeskWish):
    """The visitor is here: called becomes serving."""

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Start(desk)


class FinishWish(DeskWish):
    """Finish; the desk is free. ``outcome``: the service's code for how it ended."""

    outcome: Code | None = None

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Finish(desk, self.outcome)


class NoShowWish(DeskWish):
    """The visitor did not come; the desk is free."""

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.MarkNoShow(desk)


class HoldWish(DeskWish):
    """Put the ticket aside, for ``minutes`` or until it is resumed."""

    minutes: Minutes | None = None
    reason: Reason | None = None

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Hold(desk, self.minutes, self.reason or None)


class ResumeWish(DeskWish):
    """Put a held or missed ticket (id or today's number) back to waiting."""

    ticket: Code

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Resume(desk, self.ticket)


class TransferWish(DeskWish):
    """Send the visitor on to exactly one of ``service`` and ``desk``; ``return``: and back here afterwards."""

    service: Code | None = None
    desk: Code | None = None
    returns: bool = Field(default=False, alias="return")

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["service"], "properties": {"service": {"type": "string"}, "desk": {"type": "null"}}},
                {"required": ["desk"], "properties": {"desk": {"type": "string"}, "service": {"type": "null"}}},
            ]
        }
    )

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if (self.service is None) == (self.desk is None):
            raise ValueError("exactly one of service and desk must be given")
        return self

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Transfer(desk, self.service, self.desk, self.returns)


class CancelWish(DeskWish):
    """Cancel the desk's ticket."""

    reason: Reason | None = None

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Cancel(desk, self.reason or None)


class PickWish(DeskWish):
    """Call a chosen waiting ticket (id or today's number), with a reason that stands in the journal."""

    ticket: Code
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Pick(desk, self.ticket, self.reason)


class CategoryWish(DeskWish):
    """Confirm or refuse the right to priority that the visitor declared."""

    confirmed: bool

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.JudgeCategory(desk, self.confirmed)


class UndoWish(DeskWish):
    """Take back the desk's last move, within 10 s."""

    def command(self, desk: str) -> commands.DeskCommand:  # noqa: D102
        return commands.Undo(desk)
