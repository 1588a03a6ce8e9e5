"""What every check works with: the way to the server, the box that the suite plays, and what the last hello said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from edge.queueing.chain import Envelope, Head, as_line
from edge.sync.conformance.box import Box, Lines, body_of, packed, push_headers
from edge.sync.conformance.wire import Broken, Caller, Reply, Wire

JOURNAL, HELLO, FEED, SNAPSHOT = "/sync/v1/journal", "/sync/v1/hello", "/sync/v1/feed", "/sync/v1/snapshot"
ACTIONS = {"resume", "push_from", "fast_forward", "new_epoch", "fenced", "enrol", "upgrade"}
BATCH = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)  # what a box takes for a batch to be built anew
BATCH_WORDS = ("digest", "headers", "chain", "envelope")
SCOPES = {"bookings": {"booking", "booking_request"}, "slots": {"slot_grant", "slot_recall"}}


@dataclass(slots=True)
class Bench:
    """``box``: the one the centre is bound to. ``stranger``: another key. ``notes``: what is worth knowing and breaks nothing."""

    wire: Wire
    box: Box
    stranger: Caller
    patience_s: float
    was_here: bool = False
    said: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def hello(self, box: Box | None = None, *, empty: bool = False, **changed: Any) -> dict[str, Any]:
        """Say hello and return the answer. Raises Broken when it is none."""
        who = box or self.box
        reply = self.wire.call(who.caller, "POST", HELLO, who.hello(empty=empty, **changed))
        expect(reply.status == HTTPStatus.OK, f"hello was answered {reply}")
        expect(reply.json.get("action") in ACTIONS, f"hello was answered with action {reply.json.get('action')!r}")
        if who is self.box:
            self.said = reply.json
        return reply.json

    def push(
        self,
        lines: Lines,
        *,
        caller: Caller | None = None,
        gzipped: bool = False,
        body: bytes | None = None,
        more: Mapping[str, str | None] = {},
        token: str | None = None,
    ) -> Reply:
        """Push lines; ``body`` and ``more`` put something else in their place."""
        plain = body_of(lines) if body is None else body
        sent = packed(plain) if gzipped else plain
        headers: dict[str, str | None] = {**push_headers(lines), **({"Content-Encoding": "gzip"} if gzipped else {}), **more}
        return self.wire.call(caller or self.box.caller, "POST", JOURNAL, sent, more=headers, token=token)

    def store(self, lines: Lines, box: Box | None = None, *, gzipped: bool = False) -> dict[str, Any]:
        """Push lines that must be taken, in batches as the server wants them; return the last answer."""
        who = box or self.box
        answer: dict[str, Any] = {}
        rest = list(lines)
        while rest:
            part = rest[: self.most]
            reply = self.push(part, caller=who.caller, gzipped=gzipped)
            expect(reply.status == HTTPStatus.OK, f"a push of {name(part)} was answered {reply}")
            answer = reply.json
            acked = self.ack(answer, who)
            expect(acked["seq"] >= part[0].seq, f"a push of {name(part)} was acknowledged only up to {acked['seq']}")
            rest = [line for line in rest if line.seq > acked["seq"]]
        return answer

    def ack(self, answer: Mapping[str, Any], box: Box) -> dict[str, Any]:
        """Take an ack as a box takes it: only its own epoch and hash. Raises Broken."""
        acked = an_object(answer, "acked")
        seq = a_count(acked, "seq")
        expect(acked.get("epoch") == box.epoch, f"acked names epoch {acked.get('epoch')!r}, pushed was epoch {box.epoch}")
        expect(1 <= seq <= box.head.seq, f"acked names seq {seq}, the box's head is {box.head.seq}")
        expect(acked.get("hash") == box.log[seq - 1].hash, f"acked names another hash than the box has at seq {seq}")
        box.acked = {"epoch": box.epoch, "seq": seq, "hash": acked["hash"], "incarnation": answer.get("incarnation")}
        return acked

    def stored(self, box: Box | None = None, *, epoch: int | None = None, after: int = 0, limit: int = 500) -> list[str]:
        """Return the server's own lines of an epoch, all pages."""
        who = box or self.box
        found: list[str] = []
        while page := self.page(who.caller, who.epoch if epoch is None else epoch, after + len(found), limit):
            found += page
        return found

    def page(self, caller: Caller, epoch: int, after: int, limit: int) -> list[str]:
        """Return one page of `GET journal`."""
        path = f"{JOURNAL}?centre={caller.centre}&epoch={epoch}&after={after}&limit={limit}"
        reply = self.wire.call(caller, "GET", path)
        expect(reply.status == HTTPStatus.OK, f"GET journal was answered {reply}")
        return reply.lines

    def holds(self, lines: Lines) -> None:
        """Raise Broken unless the server's epoch has exactly these lines."""
        expected = [as_line(line) for line in lines]
        found = self.stored(epoch=lines[0].epoch if lines else self.box.epoch)
        expect(len(found) == len(expected), f"the server has {len(found)} lines of the epoch, the box {len(expected)}")
        for mine, theirs in zip(expected, found, strict=True):
            expect(mine == theirs, f"a line came back changed: sent {mine[:200]} got {theirs[:200]}")

    @property
    def most(self) -> int:
        """How many events a push may have."""
        return min(a_count(an_object(self.said, "limits"), "max_events"), 200) or 200

    def refused(self, reply: Reply, statuses: tuple[int, ...], *words: str) -> None:
        """Raise Broken unless an answer is a refusal of these statuses, with one of these words if there are some."""
        expect(reply.status in statuses, f"answered {reply} instead of {' or '.join(str(int(status)) for status in statuses)}")
        if words and reply.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            expect(reply.error in words, f"answered {reply}, the error's word must be {' or '.join(words)}")

    def refused_batch(self, reply: Reply) -> None:
        """Raise Broken unless an answer lets a box build the batch anew."""
        self.refused(reply, BATCH, *BATCH_WORDS)


Check = Callable[[Bench], None]


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a server must keep. ``vital``: without it nothing behind it can be looked at."""

    room: str
    sentence: str
    check: Check
    vital: bool


CLAUSES: Final[list[Clause]] = []


def clause(room: str, sentence: str, *, vital: bool = False) -> Callable[[Check], Check]:
    """Add a check to the suite, in the order of the text."""

    def added(check: Check) -> Check:
        CLAUSES.append(Clause(room, sentence, check, vital))
        return check

    return added


def expect(held: object, otherwise: str) -> None:
    """Raise Broken with ``otherwise`` unless ``held``."""
    if not held:
        raise Broken(otherwise)


def an_object(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object under a key. Raises Broken."""
    value = found.get(key)
    if not isinstance(value, dict):
        raise Broken(f"{key} is {value!r}, must be an object")
    return value


def a_list(found: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list under a key. Raises Broken."""
    value = found.get(key)
    if not isinstance(value, list):
        raise Broken(f"{key} is {value!r}, must be a list")
    return value


def a_count(found: Mapping[str, Any], key: str) -> int:
    """Return the number of things under a key. Raises Broken."""
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Broken(f"{key} is {value!r}, must be an integer from 0 below 2^53")
    return value


def a_text(found: Mapping[str, Any], key: str) -> str:
    """Return the text under a key. Raises Broken."""
    value = found.get(key)
    if not isinstance(value, str):
        raise Broken(f"{key} is {value!r}, must be a string")
    return value


def name(lines: Lines) -> str:
    """Say which lines."""
    return f"epoch {lines[0].epoch} seq {lines[0].seq}" + (f" to {lines[-1].seq}" if len(lines) > 1 else "")


def head_of(line: Envelope) -> Head:
    """Return a line as a head."""
    return Head(line.epoch, line.seq, line.hash)
