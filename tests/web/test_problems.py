"""Every refusal is a problem document with the status that the contract gives it, whatever was wrong and wherever."""

import socket

import pytest

from edge.web.bodies import LIMIT_BYTES
from tests.web.conftest import Web

MIB = 1024 * 1024
TICKET = {"service": "passport", "lang": "ky"}


@pytest.mark.parametrize("token", [None, "nonsense", "d.kiosk-1.AAAA", "s.nonsense", "d.ghost.AAAA", "Ә"])
def test_a_missing_or_wrong_token_is_401(web: Web, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    web.get("services", **headers).problem(401)
    assert web.get("services", **headers).headers["www-authenticate"].startswith("Bearer")


def test_another_scheme_than_bearer_is_401(web: Web) -> None:
    web.get("services", Authorization="Basic YTpi").problem(401)


@pytest.mark.parametrize(
    "path",
    [
        "desks/99",
        "tickets/none",
        "tickets/01936b2e-7c00-7000-8000-0000000000a1",
        "tickets/%00",
        "boards/z",
        "nothing",
        "services/",
        "bookings/AAAAAA",
    ],
)
def test_an_unknown_path_is_404(web: Web, path: str) -> None:
    web.get(path, "asel").problem(404)


def test_an_unknown_desk_or_action_is_404_before_rights_and_key(web: Web) -> None:
    web.post("desks/99/next", {}, "kiosk-1", key=None).problem(404)
    web.post("desks/1/dance", {}, "desk-1").problem(404)


def test_another_method_is_405_and_names_those_allowed(web: Web) -> None:
    answer = web.send("DELETE", "/api/v1/tickets", token="asel")

    answer.problem(405)
    assert answer.headers["allow"] == "POST"
    assert web.send("PUT", "/healthz").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "raw", [b"{", b"service=passport", b"\xff\xfe{}", '{"service":"passport"}'.encode("utf-16"), b"\xef\xbb\xbf{}", b"[" * 60_000, b'{"a":NaN}']
)
def test_what_is_not_json_or_not_utf8_is_400(web: Web, raw: bytes) -> None:
    web.post("tickets", None, "kiosk-1", raw=raw).problem(400)


@pytest.mark.parametrize("raw", [b"[]", b'"{}"', b"7", b"null", b"true"])
def test_json_that_is_no_object_is_422(web: Web, raw: bytes) -> None:
    assert "must be an object" in web.post("tickets", None, "kiosk-1", raw=raw).problem(422)["detail"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "service"),
        ({"service": "passport"}, "lang"),
        ({**TICKET, "service": 7}, "service"),
        ({**TICKET, "service": True}, "service"),
        ({**TICKET, "service": "ghost"}, "ghost"),
        ({**TICKET, "service": "documents"}, "group"),
        ({**TICKET, "service": "pass\x00port"}, "service"),
        ({**TICKET, "service": "\ud800"}, "service"),
        ({**TICKET, "lang": "de"}, "lang"),
        ({**TICKET, "category": "ghost"}, "ghost"),
        ({**TICKET, "category": ["veteran"]}, "category"),
        ({**TICKET, "contact": "9" * 65}, "contact"),
    ],
)
def test_wrong_values_of_a_ticket_are_422_and_named(web: Web, body: dict[str, object], named: str) -> None:
    before = web.ctx.hall.issued

    assert named in web.post("tickets", body, "kiosk-1").problem(422)["detail"]
    assert web.ctx.hall.issued == before


def test_unknown_fields_are_ignored(web: Web) -> None:
    assert web.post("tickets", {**TICKET, "shoe_size": 43}, "kiosk-1").status == 201


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("hold", {"minutes": 0}),
        ("hold", {"minutes": "5"}),
        ("hold", {"minutes": True}),
        ("resume", {}),
        ("transfer", {}),
        ("transfer", {"service": "birth", "desk": "2"}),
        ("transfer", {"desk": "99"}),
        ("pick", {"ticket": "A001"}),
        ("pick", {"ticket": "A001", "reason": "  "}),
        ("category", {"confirmed": 1}),
        ("pause", {"reason": "x" * 201}),
        ("finish", {"outcome": None, "reason": 1, "extra": 2}),
    ],
)
def test_wrong_values_of_an_action_are_422(fresh: Web, action: str, body: dict[str, object]) -> None:
    fresh.issue()
    fresh.act("1", "next")

    answer = fresh.act("1", action, body)

    if action == "finish":
        assert answer.status == 200, "null is as good as absent, and what finish does not know is ignored"
    else:
        answer.problem(422)


def test_a_changing_call_without_a_key_is_422(web: Web) -> None:
    web.post("desks/1/next", {}, "desk-1", key=None).problem(422, "key_missing")


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with space in", "құқықтық", "new\tline8"])
def test_a_malformed_key_is_422(web: Web, key: str) -> None:
    header = key.encode().decode("latin-1")
    web.post("tickets", TICKET, "kiosk-1", key=None, Idempotency_Key=header).problem(422, "key_invalid")
    web.post("desks/1/next", {}, "desk-1", key=None, Idempotency_Key=header).problem(422, "key_invalid")


def test_out_of_state_is_409(web: Web) -> None:
    web.act("1", "open").problem(409, "desk_state")
    web.act("1", "finish").problem(409, "desk_free")


def test_a_service_that_does_not_exist_is_422(fresh: Web) -> None:
    fresh.post("tickets", {"service": "social-card", "lang": "ky"}, "kiosk-1").problem(422)


def test_a_kiosk_gives_only_what_it_shows(web: Web) -> None:
    web.post("tickets", {"service": "birth", "lang": "ky"}, "narrow-kiosk").problem(422)
    assert web.post("tickets", TICKET, "narrow-kiosk").status == 201


@pytest.mark.parametrize("size", [LIMIT_BYTES + 1, MIB, 20 * MIB])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_64_kib_is_read_and_refused_with_an_answer(web: Web, size: int, is_chunked: bool) -> None:  # noqa: FBT001
    before = web.ctx.hall.issued
    head = f"POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {web.token('kiosk-1')}\r\n"
    piece = b"x" * MIB
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as connection:
        length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
        connection.sendall(f"{head}{length}\r\n\r\n".encode())
        left = size
        while left:  # all of it is sent before the answer is read, as simple clients do
            part = piece[: min(left, MIB)]
            connection.sendall(b"%x\r\n%s\r\n" % (len(part), part) if is_chunked else part)
            left -= len(part)
        if is_chunked:
            connection.sendall(b"0\r\n\r\n")
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk

    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert b"application/problem+json" in answer
    assert web.ctx.hall.issued == before


def test_a_body_of_64_kib_is_read(web: Web) -> None:
    filler = "x" * (LIMIT_BYTES - len('{"service":"passport","lang":"ky","filler":""}'))
    raw = f'{{"service":"passport","lang":"ky","filler":"{filler}"}}'.encode()
    assert len(raw) == LIMIT_BYTES

    assert web.post("tickets", None, "kiosk-1", raw=raw).status == 201


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: minus\r\n\r\n", 400),
        (b"POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_not_http_is_answered_as_a_problem(web: Web, raw: bytes, status: int) -> None:
    answer = web.receive(raw)

    assert b" %d " % status in answer.split(b"\r\n")[0], answer[:200]
    assert b"application/problem+json" in answer
    assert b"Server:" not in answer


def test_a_fault_of_the_server_is_500_and_says_nothing_of_itself(fresh: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail of the inside")

    monkeypatch.setattr("edge.operations.views.services", break_down)

    assert "secret" not in str(fresh.get("services", "kiosk-1").problem(500, "internal"))


def test_too_many_wrong_passwords_are_429_with_a_time(fresh: Web) -> None:
    wrong = {"login": "olga", "password": "wrong"}

    answers = [fresh.post("sessions", wrong, key=None) for _ in range(4)]

    assert [answer.status for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "body", [{}, {"login": "olga"}, {"login": "olga", "password": "x", "pin": "123456"}, {"pin": "123456"}, {"login": 1, "password": "x"}]
)
def test_a_login_with_neither_or_both_of_password_and_pin_is_422(web: Web, body: dict[str, object]) -> None:
    web.post("sessions", body, key=None).problem(422)


def test_a_login_at_an_unknown_desk_is_422(web: Web) -> None:
    web.post("sessions", {"login": "sabina", "password": "correct horse", "desk": "99"}, key=None).problem(422)


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=x", "epoch=99999999999999999999"])
def test_a_wrong_page_of_the_journal_is_422(web: Web, query: str) -> None:
    web.get(f"journal?{query}", "aibek").problem(422)


def test_a_larger_page_of_the_journal_than_we_give_is_the_largest_we_give(web: Web) -> None:
    answer = web.get("journal?limit=999999", "aibek")

    assert answer.status == 200
    assert answer.body == web.get("journal?limit=5000", "aibek").body
