"""What the API answers, for the OpenAPI document; the values themselves come from `operations.views`.

These models describe and never filter: what they say is held against real answers by the tests.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

Lang = Literal["ky", "ru", "kk", "en"]
Promise = Literal["guaranteed", "standby", "none"]
Mode = Literal["walk-in", "mixed", "appointment-only"]
NoTicket = Literal["closed", "lunch", "full", "cut-off", "appointment-only", "not-yet", "emergency", "unknown"]
CallReason = Literal["order", "booked", "late", "category", "run-cap", "returned", "transfer", "early", "manual"]
DeskStateWord = Literal["closed", "open", "paused"]
CheckStatus = Literal["ok", "failed", "late", "unsynced"]


class Shape(BaseModel):
    """An answer; more members may come in later versions."""

    model_config = ConfigDict(extra="allow")


class Names(Shape):
    """One text in four languages."""

    ky: str
    ru: str
    kk: str
    en: str


class ProblemShape(Shape):
    """RFC 9457; ``code`` is the stable word to act on."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str


class ServiceShape(Shape):
    """A service, or a group of services."""

    code: str
    parent: str | None
    names: Names
    letter: str | None
    open: bool
    mode: Mode
    bookable: bool
    zones: list[str]
    ahead: int | None
    from_: str | None = Field(alias="from")
    to: str | None
    promise: Promise | None
    why: NoTicket | None


class ServicesShape(RootModel[list[ServiceShape]]):
    """Services in display order."""


class CategoryShape(Shape):
    """A statutory category."""

    code: str
    names: Names
    proof: Names
    proof_first: bool


class CategoriesShape(RootModel[list[CategoryShape]]):
    """Categories in display order."""


class TicketShape(Shape):
    """A ticket; ``ahead`` is null once it waits for nobody."""

    id: str
    number: str
    day: str
    service: str
    category: str | None
    lang: Lang
    state: Literal["waiting", "called", "serving", "held", "missed", "finished", "cancelled"]
    ahead: int | None
    from_: str | None = Field(alias="from")
    to: str | None
    promise: Promise | None
    desk: str | None
    track_url: str
    issued_at: str
    called_at: str | None


class SlotShape(Shape):
    """An appointment that can be had; ``left``: seats."""

    slot: str
    start: str
    minutes: int
    left: int


class SlotsShape(RootModel[list[SlotShape]]):
    """Free slots in time order."""


class BookingShape(Shape):
    """A booking; never whose."""

    booking: str
    code: str
    service: str
    slot: str
    start: str
    state: Literal["confirmed", "checked-in", "cancelled", "no-show"]


class AtDesk(Shape):
    """The ticket at a desk."""

    number: str
    state: Literal["called", "serving"]
    since: str
    why: CallReason | None


class DeskShape(Shape):
    """A desk; ``next``: who would be called now."""

    rev: int
    boot_id: str
    desk: str
    state: DeskStateWord
    ticket: AtDesk | None
    waiting: int
    zone: str
    services: list[str]
    guard_ms: int
    next: str | None


class DesksShape(RootModel[list[DeskShape]]):
    """All desks."""


class ActedShape(DeskShape):
    """The desk after an action, and what the action did."""

    result: Literal["called", "recalled", "finished", "no-show", "ok", "empty"]


class OnBoard(Shape):
    """One line of a board."""

    ticket: str
    desk: str
    since: str
    reason: CallReason | None


class BoardShape(Shape):
    """A zone's board."""

    rev: int
    boot_id: str
    mode: Literal["open", "paused", "closed"]
    now: list[OnBoard]
    next: list[str]
    notice: dict[str, str]


class SessionShape(Shape):
    """A login; the token is shown once."""

    token: str
    role: Literal["operator", "supervisor", "administrator", "auditor"]
    expires: str


class BrokerLoginShape(Shape):
    """How a paired screen reaches the broker."""

    host: str
    port: int
    ws_url: str
    user: str
    password: str


class CheckShape(Shape):
    """One thing that is watched."""

    status: CheckStatus
    since: str
    detail: str | None


class SyncShape(Shape):
    """The national link; ``head`` and ``acked`` are sequence numbers. ``why``: it is blocked; ``lag_s``: age of the oldest line not told yet."""

    state: Literal["off", "idle", "catching-up", "blocked"]
    pending: int
    epoch: int
    head: int
    acked: int | None
    since: str
    bytes: int
    why: str | None
    detail: str | None
    lag_s: int


class HealthShape(Shape):
    """How the box is."""

    status: Literal["ok", "degraded"]
    version: str
    boot_id: str
    pid: int
    broker: str
    clock_ok: bool
    bad_payloads: int
    checks: dict[str, CheckShape]
    sync: SyncShape
