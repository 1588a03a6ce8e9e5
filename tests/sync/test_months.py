"""Every status and kind of nonsense, for simulated months: waits stay within the contract, and no attempt is the last one."""

import itertools
import json
from dataclasses import dataclass
from random import Random

import pytest

from edge.sync.answers import Answer, Kind, Waits, judged

MONTHS_S = 3 * 30 * 86_400
ALONE_S = 86_400
OURS = {"x-sync-protocol": "1", "content-type": "application/json"}
HTML = {"content-type": "text/html"}
SEED = 20261129


@dataclass(frozen=True, slots=True)
class Row:
    """An answer, its class by the contract, and the shortest and longest wait behind the first."""

    answer: Answer
    kind: Kind
    least: float
    most: float
    urgent_most: float


def said(status: int, word: str = "", **headers: str) -> Answer:
    body = json.dumps({"error": word, "detail": "a test says so"}).encode()
    return Answer(status, {**OURS, **{name.replace("_", "-"): value for name, value in headers.items()}}, body)


def transient(answer: Answer, least: float = 1.0) -> Row:
    return Row(answer, Kind.TRANSIENT, least, max(300.0, least), max(30.0, least))


def minutely(answer: Answer, kind: Kind = Kind.CONFIGURATION) -> Row:
    return Row(answer, kind, 60.0, 60.0, 60.0)


def other(answer: Answer, kind: Kind) -> Row:
    return Row(answer, kind, 1.0, 300.0, 30.0)


ROWS = {
    **{f"{status}": transient(said(status, "busy")) for status in (408, 425, 429, 500, 502, 503, 504, 599)},
    **{f"{status} HTML": transient(Answer(status, HTML, b"<html>")) for status in (429, 500, 502, 503, 504)},
    "429 with Retry-After": transient(said(429, "busy", retry_after="120"), 120.0),
    "503 with a Retry-After of words": transient(said(503, "busy", retry_after="soon")),
    "503 with a Retry-After long ago": transient(
        said(503, "busy", retry_after="Thu, 01 Jan 1970 00:00:00 GMT", date="Mon, 02 Mar 2026 03:00:00 GMT")
    ),
    "X-Road Server.ClientProxy": transient(Answer(500, {"x-road-error": "Server.ClientProxy.NetworkError", "content-type": "application/json"})),
    "X-Road Server.ServerProxy": transient(Answer(500, {"x-road-error": "Server.ServerProxy.ServiceFailed"})),
    "X-Road Client": minutely(Answer(400, {"x-road-error": "Client.InvalidRequest"})),
    **{f"{status}": minutely(said(status, "credential"), Kind.CREDENTIAL) for status in (401, 403)},
    **{f"{status}": minutely(said(status, "unknown")) for status in (204, 301, 302, 307, 308, 400, 402, 404, 405, 406, 411, 418, 451)},
    "200 HTML": minutely(Answer(200, HTML, b"<html>")),
    "200 HTML with our header": minutely(Answer(200, {"x-sync-protocol": "1", **HTML}, b"<html>")),
    "200 without our header": minutely(Answer(200, {"content-type": "application/json"}, b"{}")),
    "200 of another protocol": minutely(Answer(200, {**OURS, "x-sync-protocol": "2"}, b"{}")),
    "404 HTML": minutely(Answer(404, HTML, b"<html>")),
    "426": Row(said(426, "version"), Kind.VERSION, 600.0, 600.0, 600.0),
    **{f"400 {word}": other(said(400, word), Kind.BATCH) for word in ("digest", "headers", "chain", "envelope")},
    "422": other(said(422, "envelope"), Kind.BATCH),
    **{f"409 {word}": other(said(409, word), Kind.STATE) for word in ("gap", "fork", "stale_epoch", "cursor_ahead")},
    "410": other(said(410, "compacted"), Kind.COMPACTED),
    **{f"{status}": other(said(status, "shape"), Kind.SHAPE) for status in (413, 415)},
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("urgent", [False, True], ids=["calm", "urgent"])
def test_a_day_of_one_answer_is_waited_out_within_the_contract(name: str, *, urgent: bool) -> None:
    row, waits, passed = ROWS[name], Waits(Random(SEED).uniform), 0.0
    judgement = judged(row.answer)
    assert judgement.kind == row.kind
    for attempt in itertools.count(1):
        wait = waits.after(judgement, urgent=urgent)
        first = attempt == 1 and row.kind in (Kind.STATE, Kind.COMPACTED)  # hello or a snapshot comes at once
        assert (0.0 if first else row.least) <= wait <= (row.urgent_most if urgent else row.most), (attempt, wait)
        passed += wait
        if passed > ALONE_S:
            break
    assert attempt >= ALONE_S / max(row.most, 1) - 1, "somebody stopped asking"


def test_months_of_every_answer_in_turn_are_no_busy_loop() -> None:
    random, passed, attempts = Random(SEED), 0.0, 0
    waits = Waits(random.uniform)
    rows = [(judged(row.answer), row) for row in ROWS.values()]
    while passed < MONTHS_S:
        judgement, row = random.choice(rows)
        wait = waits.after(judgement)
        assert wait <= max(row.most, 600.0)
        passed += wait
        attempts += 1
        if random.random() < 0.01:
            waits.well()
    print(f"{attempts} attempts in {passed / 86_400:.0f} simulated days")
    assert attempts < passed / 10, "less than ten seconds between attempts on average"


def test_one_success_makes_the_next_wait_short_again() -> None:
    waits = Waits(lambda _least, most: most)
    assert max(waits.after(judged(said(503))) for _ in range(20)) == 300.0
    waits.well()
    assert waits.after(judged(said(503))) <= 2.0
