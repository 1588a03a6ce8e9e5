"""What HTTP refuses, and how: always problem+json with one plain sentence, never a reset, and nothing changes."""

import json

import pytest

from tests.journeys.hall import API, Hall, problem
from tests.journeys.http_client import Request, fresh_key, send, send_together

MIB = 1024 * 1024
ISSUE = {"service": "passport", "lang": "ky"}


@pytest.mark.parametrize("token", [None, "", "wrong", "Bearer", "x" * 2000], ids=["none", "empty", "wrong", "odd", "long"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/services"), ("POST", "/tickets"), ("GET", "/desks"), ("POST", "/desks/1/next"), ("GET", "/journal")]
)
def test_a_missing_or_wrong_token_is_401(hall: Hall, method: str, path: str, token: str | None) -> None:
    body = ISSUE if method == "POST" else None
    problem(hall.send(method, path, token=token, body=body, key=fresh_key() if body else None), 401)


def test_another_scheme_than_bearer_is_401(hall: Hall) -> None:
    problem(hall.send("GET", "/services", headers=["Authorization: Basic a2lvc2s6a2lvc2s="]), 401)


@pytest.mark.parametrize("body", [b"{", b"service=passport", b"\xff\xfe{}", b'{"service":"\xc3\x28","lang":"ky"}', b"[1,2", b"nul"])
def test_a_body_that_is_not_json_or_not_utf_8_is_400(hall: Hall, body: bytes) -> None:
    problem(hall.send("POST", "/tickets", token=hall.kiosk, body=body, key=fresh_key()), 400)


def test_an_empty_body_is_missing_its_fields_or_no_json(hall: Hall) -> None:
    answer = hall.send("POST", "/tickets", token=hall.kiosk, body=b"", key=fresh_key())
    problem(answer, answer.status)
    assert answer.status in (400, 422)


def test_a_json_value_that_is_no_text_of_unicode_is_an_answer_and_no_ticket(hall: Hall) -> None:
    """A lone surrogate is legal JSON and no UTF-8; a zero byte is both."""
    for body in (b'{"service":"passport","lang":"ky","contact":"\\ud800"}', b'{"service":"pass\\u0000port","lang":"ky"}'):
        answer = hall.send("POST", "/tickets", token=hall.kiosk, body=body, key=fresh_key())
        problem(answer, answer.status)
        assert answer.status in (400, 422)


@pytest.mark.parametrize("size", [64 * 1024 + 1, MIB, 8 * MIB], ids=["64 KiB + 1", "1 MiB", "8 MiB"])
@pytest.mark.parametrize("headers", [(), ("Expect:",), ("Expect:", "Transfer-Encoding: chunked")], ids=["expect", "at once", "chunked"])
def test_a_body_above_64_kib_is_413_with_an_answer_and_never_a_reset(hall: Hall, size: int, headers: tuple[str, ...]) -> None:
    body = json.dumps({**ISSUE, "contact": "x" * size}).encode()
    problem(hall.send("POST", "/tickets", token=hall.kiosk, body=body, key=fresh_key(), headers=headers), 413)


def test_a_large_body_without_a_login_or_to_nowhere_is_answered_too(hall: Hall) -> None:
    body = b"x" * MIB
    for path in ("/tickets", "/no/such/path"):
        answer = hall.send("POST", path, body=body, headers=("Expect:",))
        problem(answer, answer.status)
        assert answer.status in (401, 404, 413)


def test_a_body_just_below_the_limit_is_read(hall: Hall) -> None:
    body = json.dumps(ISSUE).encode()
    padded = body + b" " * (64 * 1024 - len(body))
    assert hall.send("POST", "/tickets", token=hall.kiosk, body=padded, key=fresh_key()).status == 201


@pytest.mark.parametrize("path", ["/api/v1/no-such-thing", "/api/v2/services", "/api/v1/tickets/", "/no-such-page"])
def test_an_unknown_path_is_404_as_a_problem(hall: Hall, path: str) -> None:
    answer = send(hall.base, Request("GET", path, token=hall.kiosk, headers=["Accept: application/json"]))
    assert answer.status in (404, 405)
    if path.startswith("/api/"):
        problem(answer, answer.status)


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/services"), ("DELETE", "/tickets"), ("POST", "/boards/a"), ("PATCH", "/desks/1"), ("GET", "/sessions")]
)
def test_another_method_is_405_and_names_the_allowed_ones(hall: Hall, method: str, path: str) -> None:
    answer = hall.send(method, path, token=hall.staff("administrator"), key=fresh_key())
    problem(answer, 405)
    assert answer.headers["allow"]


def test_an_unknown_zone_and_an_unknown_desk_are_404(hall: Hall) -> None:
    problem(hall.send("GET", "/boards/nowhere"), 404)
    problem(hall.send("GET", "/desks/nowhere", token=hall.staff("supervisor")), 404)


def test_a_wrong_password_and_an_unknown_login_are_the_same_401(hall: Hall) -> None:
    login = hall.described["staff"][0]["login"]
    answers = [hall.send("POST", "/sessions", body={"login": each, "password": "wrong"}) for each in (login, "nobody")]
    bodies = [problem(answer, 401) for answer in answers]
    assert bodies[0]["detail"] == bodies[1]["detail"]


def test_the_demo_answers_a_burst_from_loopback_without_429(hall: Hall) -> None:
    answers = send_together(hall.base, [Request("GET", f"{API}/services", hall.kiosk)] * 80)
    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize("body", [{}, {"login": "operator"}, {"login": 1, "password": "x"}, {"login": "operator", "password": "x", "desk": 1}])
def test_a_session_with_missing_or_odd_fields_is_422(hall: Hall, body: dict[str, object]) -> None:
    problem(hall.send("POST", "/sessions", body=body), 422)


@pytest.mark.parametrize("query", ["after=x", "limit=-1", "limit=many", "epoch=no"])
def test_an_odd_query_is_422(hall: Hall, query: str) -> None:
    problem(hall.send("GET", f"/journal?{query}", token=hall.staff("auditor")), 422)


def test_a_request_for_another_host_name_is_refused(hall: Hall) -> None:
    """Unknown Host refused: a page elsewhere must not reach the box through a name of its own."""
    answer = hall.send("GET", "/services", token=hall.kiosk, headers=["Host: evil.example"])
    assert answer.status in (400, 403, 404, 421)
    problem(answer, answer.status)


def test_the_openapi_document_names_every_call_of_the_contract(hall: Hall) -> None:
    answer = send(hall.base, Request("GET", "/api/openapi.json"))
    assert answer.status == 200
    document = answer.json
    assert document["openapi"].startswith("3.1")
    paths = {path.split("{")[0].rstrip("/").removeprefix(API) for path in document["paths"]}
    for wanted in ("/services", "/tickets", "/desks", "/boards", "/categories", "/journal", "/sessions", "/device/mqtt"):
        assert any(path.startswith(wanted) for path in paths), f"{wanted} is not in {sorted(document['paths'])}"


def test_an_unknown_field_is_ignored_or_named_but_never_an_accident(hall: Hall) -> None:
    answer = hall.post("/tickets", {**ISSUE, "colour": "red"}, hall.kiosk)
    assert answer.status in (201, 422)
