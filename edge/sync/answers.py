"""What an answer means and how long to wait after it (`contract/national.md`, "Errors"). Pure: the virtual clock of a test is enough.

No answer, however strange, makes anything be deleted or skipped, and no number of attempts is the last one.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from edge.errors import EdgeError

PROTOCOL = "1"
MEDIA = ("application/json", "application/x-ndjson")
BATCH_WORDS = ("digest", "headers", "chain", "envelope")
LONGEST_TRANSIENT_S = 300.0
LONGEST_URGENT_S = 30.0  # while a booking or a slot's event waits
OUR_FAULT_S = 60.0  # credential, configuration, fenced, enrol
VERSION_S = 600.0
LONGEST_RETRY_AFTER_S = 86_400.0  # a proxy's "in ten years" would end the link for good
SERVER_ERRORS = 5
DETAIL = 200  # characters of what a server said that are kept


class Kind(StrEnum):
    """Classes of the contract. COMPACTED is 410, which only the feed may give; LOCAL no answer at all, but what came could not be kept here."""

    GOOD = "good"
    TRANSIENT = "transient"
    BATCH = "batch"
    CREDENTIAL = "credential"
    CONFIGURATION = "configuration"
    STATE = "state"
    SHAPE = "shape"
    VERSION = "version"
    COMPACTED = "compacted"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end and unpacked. ``headers``: by names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def media(self) -> str:
        """Return the media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_ours(self) -> bool:
        """Tell whether a national server answered: a captive portal's 200 is no acknowledgement."""
        return self.headers.get("x-sync-protocol", "").strip() == PROTOCOL and self.media in MEDIA

    def values(self) -> Mapping[str, Any] | None:
        """Return the JSON object of the body; None when it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """``word``: the server's `error`, empty without; ``detail``: what happened, in English; ``values``: the whole JSON object of an error.

    ``status``: of the answer, 0: there was none, or none that can be used.
    """

    kind: Kind
    detail: str
    word: str = ""
    status: int = 0
    retry_after_s: float = 0.0
    timed_out: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)


class Failed(EdgeError):
    """A call that brought nothing that can be used; ``judgement`` says what to do."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.detail, code=judgement.word or judgement.kind)
        self.judgement = judgement


def failed(kind: Kind, detail: str, *, timed_out: bool = False) -> Failed:
    """Return the failure of a call that had no answer, or a wrong one."""
    return Failed(Judgement(kind, detail, timed_out=timed_out))


def judged(answer: Answer) -> Judgement:
    """Return the class of an answer; GOOD says only that its status, header and type are right."""
    values = (answer.values() if answer.media == MEDIA[0] else None) or {}
    word = values["error"] if isinstance(values.get("error"), str) else ""
    road = answer.headers.get("x-road-error", "").strip()
    kind = _road_kind(road) or _kind(answer, word)
    said = " ".join((road or ": ".join(filter(None, (word, str(values.get("detail", "")))))).split())  # one line, whatever it holds
    about = f"status {answer.status}{'' if kind is not Kind.CONFIGURATION or answer.is_ours else ' from what is no national server'}"
    return Judgement(kind, f"{about}, {said}"[:DETAIL] if said else about, word, answer.status, _retry_after_s(answer.headers), values=values)


def checked(answer: Answer) -> Answer:
    """Return a good answer. Raises Failed."""
    judgement = judged(answer)
    if judgement.kind is not Kind.GOOD:
        raise Failed(judgement)
    return answer


def object_of(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON object of a good answer. Raises Failed: a body that cannot be read is as good as none."""
    values = checked(answer).values()
    if values is None:
        raise failed(Kind.TRANSIENT, "status 200 with a body that is no JSON object")
    return values


def _road_kind(error: str) -> Kind | None:
    if error.startswith("Server."):
        return Kind.TRANSIENT
    return Kind.CONFIGURATION if error.startswith("Client.") else None


def _kind(answer: Answer, word: str) -> Kind:  # noqa: PLR0911 -- one line a row of the contract's table
    is_json = answer.media == MEDIA[0]
    match answer.status:
        case 200:
            return Kind.GOOD if answer.is_ours else Kind.CONFIGURATION
        case 408 | 425 | 429:
            return Kind.TRANSIENT
        case status if status // 100 == SERVER_ERRORS:
            return Kind.TRANSIENT
        case 422:
            return Kind.BATCH
        case 400 if is_json and word in BATCH_WORDS:
            return Kind.BATCH
        case 401 | 403:
            return Kind.CREDENTIAL
        case 409 if is_json:
            return Kind.STATE
        case 410:
            return Kind.COMPACTED
        case 413 | 415:
            return Kind.SHAPE
        case 426:
            return Kind.VERSION
        case _:
            return Kind.CONFIGURATION


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Return seconds; an instant is counted from the answer's own Date, because this box's clock may be wrong."""
    given = headers.get("retry-after", "").strip()
    try:
        seconds = float(given) if given.isdecimal() else (parsedate_to_datetime(given) - parsedate_to_datetime(headers["date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)


class Waits:
    """How long until the next attempt. ``chance`` gives a number between two; ``failures`` counts those in a row."""

    def __init__(self, chance: Callable[[float, float], float] | None = None) -> None:
        self._chance = chance or secrets.SystemRandom().uniform
        self.failures = 0

    def well(self) -> None:
        """Begin anew: something was achieved, or a person asks for an attempt."""
        self.failures = 0

    def after(self, judgement: Judgement, *, urgent: bool = False) -> float:
        """Count one more failure and return the seconds to wait. ``urgent``: a booking or a slot's event waits."""
        self.failures += 1
        return max(self._own(judgement.kind, urgent=urgent), judgement.retry_after_s)

    def _own(self, kind: Kind, *, urgent: bool) -> float:
        match kind:
            case Kind.CREDENTIAL | Kind.CONFIGURATION:
                return OUR_FAULT_S
            case Kind.VERSION:
                return VERSION_S
            case Kind.STATE | Kind.COMPACTED if self.failures == 1:
                return 0.0  # a hello or a snapshot is the answer; if that does not help, wait like others
            case _:
                longest = LONGEST_URGENT_S if urgent else LONGEST_TRANSIENT_S
                return self._chance(1.0, min(longest, 2.0 ** min(self.failures, 10)))
