"""The face for phones: the page behind a ticket's link and nothing else, whatever is asked, and the hall goes on whatever happens there."""

import gzip
import http.client
import re
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from edge.errors import ConfigError
from edge.operations.decision import deciding
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.queueing import commands as c
from edge.queueing.decide import decide
from edge.store import queries
from edge.web import assets, limits
from edge.web.screens import phone
from edge.web.serving import PHONES, WebServer
from edge.web.visitor import VisitorFace, create_visitor_app
from tests.demo_process import wait_for
from tests.web.conftest import Answer, Web, served

FIRST_LOAD_BYTES = 30 * 1024
SCRIPT_BYTES = 2 * 1024


@dataclass
class Phones:
    """A centre with its second face."""

    hall: Web
    face: Web

    def issue(self, service: str = "passport", **more: object) -> str:
        """Issue a ticket and return the path of its page."""
        return str(self.hall.issue(service, **more)["track_url"])

    def page(self, path: str, **headers: Any) -> Answer:
        return self.face.send("GET", path, **headers)

    def cancel(self, path: str) -> Answer:
        return self.face.send("POST", f"{path}/cancel", raw=b"", Content_Type="application/x-www-form-urlencoded")


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    with served(tmp_path) as hall:
        met = VisitorFace("127.0.0.1", 0, "http://queue.example.kg/")
        server = WebServer(create_visitor_app(hall.ctx, Displays("boot"), Attendance(hall.ctx), met), "127.0.0.1", 0, PHONES)
        server.bind()
        server.start()
        try:
            yield Phones(hall, replace(hall, server=server))
        finally:
            server.stop()


def addresses(web: Web) -> list[str]:
    """Every address that the hall's face has, with something put in for what varies."""
    rules = [str(rule) for rule in flask_of(web).url_map.iter_rules()]
    return sorted({re.sub(r"<[^>]*>", "kiosk-1", rule) for rule in rules if not rule.startswith("/static")})


def flask_of(web: Web) -> Flask:
    app = web.server._app
    assert isinstance(app, Flask)
    return app


def test_nothing_of_the_hall_is_reachable_there(phones: Phones) -> None:
    asked = addresses(phones.hall)
    assert len(asked) > 20
    for path in asked:
        for method in ("GET", "POST"):
            answer = phones.face.send(method, path)
            assert answer.status in (404, 405), (method, path)
            assert answer.headers["content-type"].startswith("text/html")
        time_for_the_next_second(phones)


def time_for_the_next_second(phones: Phones) -> None:
    """Let the limiter forget, so that a long list of addresses is not stopped by it."""
    next(iter(flask_of(phones.face).extensions["limiter"])).reset()


def test_only_the_files_of_the_page_are_served(phones: Phones) -> None:
    files = assets.load()
    for name in files.files:
        status = phones.page(f"/static/{files.version}/{name}").status
        assert status == (200 if name in phone.FILES else 404), name


def test_the_page_stands_there_and_on_the_halls_own_face(phones: Phones) -> None:
    path = phones.issue()
    for face in (phones.hall, phones.face):
        page = face.send("GET", path)
        assert (page.status, "A001" in page.body.decode()) == (200, True)


def test_it_sets_no_cookie_and_lets_the_page_reach_nothing_else(phones: Phones) -> None:
    path = phones.issue()
    for answer in (phones.page(path), phones.page(f"{path}?lang=en"), phones.page(f"{path}/cancel"), phones.cancel(path), phones.page("/")):
        assert "set-cookie" not in answer.headers
        assert "connect-src 'self';" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "ws:" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("host", "status"), [("queue.example.kg", 200), ("127.0.0.1", 200), ("localhost:80", 200), ("evil.example", 421)])
def test_it_answers_to_its_own_names_only(phones: Phones, host: str, status: int) -> None:
    assert phones.page(phones.issue(), Host=host).status == status


def test_an_unknown_link_gets_a_few_plain_words_in_every_language(phones: Phones) -> None:
    answer = phones.page("/t/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    words = answer.body.decode()
    assert answer.status == 404
    assert all(f'<span lang="{lang}">' in words for lang in ("ky", "ru", "kk", "en"))
    assert "href=" not in words.partition("<main")[2]


def test_a_page_that_did_not_change_is_not_sent_again(phones: Phones) -> None:
    path = phones.issue()
    first = phones.page(path)
    again = phones.page(path, If_None_Match=first.headers["etag"])
    if again.status == 200:  # the minute that stands on the page went by
        again = phones.page(path, If_None_Match=again.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    phones.hall.act("1", "next")
    called = phones.page(path, If_None_Match=first.headers["etag"])
    assert called.status == 200
    assert "state-called" in called.body.decode()
    assert phones.page(f"{path}?lang=en").headers["etag"] != called.headers["etag"]


def test_a_ticket_is_given_up_once_and_for_good(phones: Phones) -> None:
    path = phones.issue()
    assert "POST" in phones.page(f"{path}/cancel").body.decode().upper()
    first, second = phones.cancel(path), phones.cancel(path)
    assert [(each.status, each.headers["location"]) for each in (first, second)] == [(303, path)] * 2
    assert "state-cancelled" in phones.page(path).body.decode()
    last = [line for line in queries.all_lines(phones.hall.ctx.database) if line.type == "ticket.cancelled"]
    assert [(line.actor, '"reason":"visitor"' in (line.payload or "")) for line in last] == [("system", True)]
    assert phones.page(f"{path}/cancel").headers["location"] == path


def test_who_is_called_meanwhile_keeps_the_ticket_and_is_told(phones: Phones) -> None:
    path = phones.issue()
    phones.hall.act("1", "next")
    answer = phones.cancel(path)
    assert answer.status == 409
    assert "state-called" in answer.body.decode()
    assert 'role="alert"' in answer.body.decode().partition("<main")[2]


def test_held_and_missed_tickets_may_be_given_up_too(phones: Phones) -> None:
    for action, state in (("hold", "held"), ("no-show", "missed")):
        path = phones.issue()
        phones.hall.act("1", "next")
        phones.hall.act("1", action)
        assert f"state-{state}" in phones.page(path).body.decode()
        assert phones.cancel(path).status == 303


def test_the_first_load_is_small_and_the_script_tiny(phones: Phones, capsys: pytest.CaptureFixture[str]) -> None:
    path = phones.issue("benefits")
    pages = {lang: gzip.compress(phones.page(f"{path}?lang={lang}").body) for lang in ("ky", "ru", "kk", "en")}
    plain = max(len(phones.page(f"{path}?lang={lang}").body) for lang in pages)
    files = {name: len(assets.load().files[name].packed or assets.load().files[name].body) for name in phone.FILES}
    with capsys.disabled():
        print(f"\nphone: page {plain} bytes ({max(map(len, pages.values()))} packed), files packed {files}, in all {plain + sum(files.values())}")
    assert plain + sum(files.values()) <= FIRST_LOAD_BYTES
    assert files["js/phone.js"] <= SCRIPT_BYTES


def test_an_address_that_asks_too_often_is_told_to_wait(phones: Phones) -> None:
    path = phones.issue()
    allowed = int(limits.PHONES.partition(" ")[0])
    with ThreadPoolExecutor(8) as pool:

        def refused() -> set[str]:
            answers = pool.map(lambda _: phones.page("/t/nothing"), range(4 * allowed))
            return {answer.headers["retry-after"] for answer in answers if answer.status == 429}

        assert wait_for("a refusal", refused, 30) == {"1"}  # a busy machine may take longer than a second for so many
    assert phones.hall.send("GET", path).status == 200


def test_the_hall_answers_while_phones_flood_their_face(phones: Phones, capsys: pytest.CaptureFixture[str]) -> None:
    path, over = phones.issue(), threading.Event()

    def flood() -> int:
        connection, asked = http.client.HTTPConnection("127.0.0.1", phones.face.port, timeout=20), 0
        while not over.is_set():
            connection.request("GET", path)
            connection.getresponse().read()
            asked += 1
        connection.close()
        return asked

    with ThreadPoolExecutor(8) as pool:
        floods = [pool.submit(flood) for _ in range(8)]
        took = []
        for _ in range(40):
            started = time.perf_counter()
            phones.hall.issue()
            took.append(time.perf_counter() - started)
        over.set()
        asked = sum(each.result() for each in floods)
    with capsys.disabled():
        print(f"\nissue under a flood of {asked} phone requests: median {statistics.median(took) * 1e3:.0f} ms, worst {max(took) * 1e3:.0f} ms")
    assert statistics.median(took) < 0.5


def test_a_phone_that_never_finishes_its_request_holds_no_one_up(phones: Phones) -> None:
    path = phones.issue()
    stuck = [http.client.HTTPConnection("127.0.0.1", phones.face.port) for _ in range(20)]
    for each in stuck:
        each.connect()
        each.sock.sendall(b"GET /t/x HTTP/1.1\r\nHost: 127")
    assert (phones.page(path).status, phones.hall.send("GET", path).status) == (200, 200)
    for each in stuck:
        each.close()


def test_a_large_body_is_refused_in_words(phones: Phones) -> None:
    path = phones.issue()
    answer = phones.face.send("POST", f"{path}/cancel", raw=b"x=" + b"y" * 100_000, Content_Type="application/x-www-form-urlencoded")
    assert answer.status in (303, 413)
    assert phones.hall.send("GET", path).status == 200


def test_the_day_ends_the_link(phones: Phones) -> None:
    path = phones.issue()
    with deciding(phones.hall.ctx, "system") as decision:
        decide(decision.turn, c.CloseDay())
    assert phones.page(path).status == 404
    assert phones.cancel(path).status == 404


def test_a_taken_port_is_named_with_its_section(phones: Phones) -> None:
    second = WebServer(lambda *_: [], "127.0.0.1", phones.face.port, PHONES)
    with pytest.raises(ConfigError, match=r"set another \[visitor\] port"):
        second.bind()


@pytest.mark.parametrize(
    ("face", "asked_as", "url"),
    [
        (VisitorFace("10.0.0.1", 8090), "127.0.0.1:8080", "http://10.0.0.1:8090"),
        (VisitorFace("0.0.0.0", 8090), "192.168.1.7:8080", "http://192.168.1.7:8090"),
        (VisitorFace("::", 8090), "[fd00::1]:8080", "http://[fd00::1]:8090"),
        (VisitorFace("0.0.0.0", 8090, "https://queue.example.kg/"), "127.0.0.1", "https://queue.example.kg"),
    ],
)
def test_codes_lead_to_where_phones_can_come(phones: Phones, face: VisitorFace, asked_as: str, url: str) -> None:
    with flask_of(phones.hall).test_request_context("/", headers={"Host": asked_as}):
        assert face.base_url() == url
