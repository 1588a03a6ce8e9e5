"""What each answer means, and how long is waited after it: the table of the contract, row by row."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from edge.sync.answers import Answer, Failed, Kind, Waits, judged, object_of

OURS = {"x-sync-protocol": "1", "content-type": "application/json; charset=utf-8"}


def answer(status: int, body: Mapping[str, Any] | bytes = b"{}", headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {**OURS, **(headers or {})}, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (200, "", Kind.GOOD),
        (201, "", Kind.CONFIGURATION),
        (204, "", Kind.CONFIGURATION),
        (302, "", Kind.CONFIGURATION),
        (304, "", Kind.CONFIGURATION),
        (400, "digest", Kind.BATCH),
        (400, "headers", Kind.BATCH),
        (400, "chain", Kind.BATCH),
        (400, "envelope", Kind.BATCH),
        (400, "something", Kind.CONFIGURATION),
        (401, "", Kind.CREDENTIAL),
        (403, "", Kind.CREDENTIAL),
        (404, "", Kind.CONFIGURATION),
        (405, "", Kind.CONFIGURATION),
        (408, "", Kind.TRANSIENT),
        (409, "gap", Kind.STATE),
        (409, "fork", Kind.STATE),
        (409, "stale_epoch", Kind.STATE),
        (409, "cursor_ahead", Kind.STATE),
        (410, "", Kind.COMPACTED),
        (413, "", Kind.SHAPE),
        (415, "", Kind.SHAPE),
        (418, "", Kind.CONFIGURATION),
        (422, "", Kind.BATCH),
        (425, "", Kind.TRANSIENT),
        (426, "", Kind.VERSION),
        (429, "", Kind.TRANSIENT),
        (500, "", Kind.TRANSIENT),
        (503, "", Kind.TRANSIENT),
        (599, "", Kind.TRANSIENT),
    ],
)
def test_every_status_has_the_class_of_the_contract(status: int, word: str, kind: Kind) -> None:
    assert judged(answer(status, {"error": word} if word else b"{}")).kind is kind


@pytest.mark.parametrize("headers", [{"x-sync-protocol": ""}, {"x-sync-protocol": "2"}, {"content-type": "text/html"}])
def test_a_200_that_is_not_from_a_national_server_is_never_an_acknowledgement(headers: dict[str, str]) -> None:
    assert judged(answer(200, headers=headers)).kind is Kind.CONFIGURATION


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (500, "Server.ClientProxy.NetworkError", Kind.TRANSIENT),
        (500, "Server.ServerProxy.ServiceFailed.Timeout", Kind.TRANSIENT),
        (400, "Client.BadRequest", Kind.CONFIGURATION),
        (500, "Client.UnknownService", Kind.CONFIGURATION),
        (503, "Something.Else", Kind.TRANSIENT),
    ],
)
def test_an_error_of_x_road_is_classed_by_its_family(status: int, error: str, kind: Kind) -> None:
    assert judged(answer(status, headers={"content-type": "text/plain", "x-road-error": error})).kind is kind


def test_a_409_in_html_is_no_word_of_a_national_server() -> None:
    assert judged(answer(409, b"<html>", {"content-type": "text/html"})).kind is Kind.CONFIGURATION


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"acked":', b"\xff\xfe", b"<html></html>", b"[" * 100_000])
def test_a_200_that_cannot_be_read_is_tried_again(body: bytes) -> None:
    with pytest.raises(Failed) as caught:
        object_of(answer(200, body))
    assert caught.value.judgement.kind is Kind.TRANSIENT


def test_what_the_server_says_is_kept_in_short() -> None:
    judgement = judged(answer(409, {"error": "gap", "detail": "line 4 is missing" * 100, "expected": 4}))
    assert judgement.detail.startswith("status 409, gap: line 4 is missing")
    assert len(judgement.detail) <= 200
    assert (judgement.word, judgement.values["expected"]) == ("gap", 4)
    assert "\n" not in judged(answer(409, {"error": "gap", "detail": "a\nforged line of a log"})).detail


def test_waits_grow_to_five_minutes_and_never_end() -> None:
    waits = Waits(random.Random(1).uniform)
    given = [waits.after(judged(answer(503))) for _ in range(2_000)]
    assert all(1.0 <= wait <= 300.0 for wait in given)
    assert given[0] <= 2.0
    assert max(given[:4]) <= 16.0
    assert max(given) > 250.0
    assert min(given[20:]) < 50.0, "full jitter: some come back soon"


def test_a_waiting_booking_is_tried_at_least_every_thirty_seconds() -> None:
    waits = Waits(random.Random(2).uniform)
    assert all(1.0 <= waits.after(judged(answer(503)), urgent=True) <= 30.0 for _ in range(500))


def test_success_lets_the_waits_begin_anew() -> None:
    waits = Waits(lambda _low, high: high)
    for _ in range(9):
        waits.after(judged(answer(500)))
    waits.well()
    assert waits.after(judged(answer(500))) == 2.0


@pytest.mark.parametrize(("status", "seconds"), [(401, 60.0), (404, 60.0), (204, 60.0), (426, 600.0)])
def test_what_a_person_must_mend_is_tried_at_a_steady_pace(status: int, seconds: float) -> None:
    waits = Waits()
    assert {waits.after(judged(answer(status))) for _ in range(50)} == {seconds}


def test_a_conflict_is_answered_at_once_and_the_next_one_waits() -> None:
    waits = Waits(lambda low, _high: low)
    assert [waits.after(judged(answer(409, {"error": "gap"}))) for _ in range(3)] == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "Mon, 02 Mar 2026 03:02:00 GMT", "date": "Mon, 02 Mar 2026 03:00:00 GMT"}, 120.0),
        ({"retry-after": "99999999999"}, 86_400.0),
        ({"retry-after": "-5"}, 1.0),
        ({"retry-after": "soon"}, 1.0),
        ({"retry-after": "Mon, 02 Mar 2026 03:02:00 GMT"}, 1.0),
        ({"retry-after": "Mon, 02 Mar 2026 03:02:00", "date": "Mon, 02 Mar 2026 03:00:00 GMT"}, 1.0),
    ],
)
def test_retry_after_is_a_minimum_whatever_this_box_takes_for_the_time(headers: dict[str, str], least: float) -> None:
    assert Waits(lambda low, _high: low).after(judged(answer(429, headers=headers))) == least
