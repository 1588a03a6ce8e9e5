"""The calls of `/sync/v1/`: hello, journal both ways, feed, snapshot. Thin: who calls, one function of the rules, the answer."""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import Blueprint, Response, request

from edge.sync.reference import batch, calls, centres, database, domain, feed, greeting, hello, inbox, journal, kills
from edge.sync.reference.limits import PAGE_LINES
from edge.sync.reference.models import Centre
from edge.sync.reference.refusals import Refusal, headers

log = logging.getLogger(__name__)
SEEN_EVERY_MS = 20_000  # a poll that changes nothing is written down no more often
PUSHES_AT_ONCE = 4  # the rest wait a little, then are asked to come again: a thundering herd is served in turn
WAIT_FOR_TURN_S = 10.0

Apply = Callable[[str, datetime], None]
"""Bring a centre's domain up to what is stored; in transactions of its own, again after a crash, each event once."""


def blueprint(apply: Apply, clock: Callable[[], datetime]) -> Blueprint:
    """Return the calls; ``apply`` runs after each stored batch and before its answer."""
    made = Blueprint("protocol", __name__, url_prefix="/sync/v1")
    turn = threading.BoundedSemaphore(PUSHES_AT_ONCE)

    @made.post("/hello")
    def post_hello() -> Response:
        found = calls.caller(request)
        said = hello.read(calls.json_body(request))
        if said.centre != found.centre.centre:
            raise Refusal(403, "centre", f"hello.centre = {said.centre!r}: the token is another centre's")
        if said.node != calls.node_of(said.public_key) or said.node != found.node:
            raise headers("node, X-Node and public_key must name the same box")
        calls.check_signature(request, said.public_key)
        told = greeting.greet(said, clock())
        domain.greeted(said.centre, said.node, said.epoch, said.head.seq)
        return calls.answer(told)

    @made.post("/journal")
    def post_journal() -> Response:
        found = calls.bound(request)
        claim = batch.claimed(dict(request.headers))
        body = calls.lines_body(request)
        with _in_turn(turn):
            read = batch.read(claim, body)
            inbox.store(read, clock())
            _applied(apply, found.centre.centre, clock())
        kills.hit("reply.before")
        return calls.answer(inbox.acknowledged(read, clock()))

    @made.get("/journal")
    def get_journal() -> Response:
        found = calls.bound(request)
        _check_centre(found)
        lines = journal.page(found.centre.centre, _whole("epoch"), _whole("after", 0), _whole("limit", PAGE_LINES))
        return calls.raw_answer(lines.encode(), calls.LINES)

    @made.get("/feed")
    def get_feed() -> Response:
        found = calls.bound(request)
        _check_centre(found)
        text, limit = request.args.get("cursor", ""), _whole("limit", 500)
        _receipt(found.centre, text, clock())
        _applied(domain.keep_up, found.centre.centre, clock())
        return calls.answer(domain.page(found.centre.centre, text, limit))

    @made.get("/snapshot")
    def get_snapshot() -> Response:
        found = calls.bound(request)
        _check_centre(found)
        _applied(domain.keep_up, found.centre.centre, clock())
        return calls.answer(domain.snapshot(found.centre.centre, request.args.get("scope", "all")))

    return made


@contextmanager
def _in_turn(turn: threading.BoundedSemaphore) -> Iterator[None]:
    if not turn.acquire(timeout=WAIT_FOR_TURN_S):
        raise Refusal(429, "busy", "many boxes push at once: come again", retry_after=random.randint(2, 10))  # noqa: S311 -- spread, no secret
    try:
        yield
    finally:
        turn.release()


def _applied(apply: Apply, centre: str, now: datetime) -> None:
    """What is stored is acknowledged, whatever happens here: the domain goes on from where it was at the next push or start."""
    try:
        apply(centre, now)
    except Exception:
        log.exception("what %s pushed is stored; the domain could not take it now", centre)


def _receipt(row: Centre, text: str, now: datetime) -> None:
    """A cursor says that all before it is applied at the centre. Raises Refusal for one that cannot be gone on from."""
    upto, at = feed.read_cursor(row, text), centres.milliseconds(now)
    if upto > row.receipt_pos or at - (row.seen_ms or 0) > SEEN_EVERY_MS:
        with database.of_centre(row.centre) as locked:
            if feed.read_cursor(locked, text) > locked.receipt_pos:
                locked.receipt_pos = upto
            locked.seen_ms = at


def _check_centre(found: calls.Caller) -> None:
    named = request.args.get("centre", found.centre.centre)
    if named != found.centre.centre:
        raise Refusal(403, "centre", f"centre = {named[:80]!r}: the token is another centre's")


def _whole(name: str, usual: int | None = None) -> int:
    text = request.args.get(name)
    if text is None and usual is not None:
        return usual
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 16:  # noqa: PLR2004 -- below 2^53 has 16
        raise Refusal(422, "parameter", f"{name} = {(text or '')[:40]!r}: must be a whole number")
    return int(text)
