"""Pages as they leave the server: what is offered, what is grey, and what a visitor is told when it does not work."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from edge.errors import BadRequest, Forbidden, KeyReused, Refused, Unavailable, Unknown
from edge.operations import desks, settings
from edge.operations.decision import deciding
from edge.queueing import commands
from edge.queueing.decide import decide
from edge.web.screens import faults
from tests.web.conftest import Answer, Web, served


class Visitor:
    """A browser without scripts that is paired as one device."""

    def __init__(self, web: Web, device: str) -> None:
        self.web = web
        self.home = web.send("GET", f"/demo/enter/{device}").headers["location"]
        self.cookies = web.send("GET", f"/demo/enter/{device}").headers["set-cookie"].partition(";")[0]
        self.page = ""

    def get(self, path: str = "") -> Answer:
        answer = self.web.send("GET", self.home + path, Cookie=self.cookies)
        if "set-cookie" in answer.headers:
            self.cookies += "; " + answer.headers["set-cookie"].partition(";")[0]
        self.page = unescape(answer.body.decode())
        return answer

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form with the hidden fields of the page that was read last."""
        hidden = {name: self.hidden(name) for name in ("csrf_token", "key")}
        body = urlencode({**hidden, **fields}).encode()
        headers = {"Cookie": self.cookies, "Content_Type": "application/x-www-form-urlencoded"}
        answer = self.web.send("POST", self.home + path, raw=body, **headers)
        if answer.status != 303:
            self.page = unescape(answer.body.decode())
        return answer

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]+)"', self.page)
        assert found, f"the page has no field {name}"
        return found.group(1)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Web]:
    with served(tmp_path) as running:
        yield running


def change(web: Web, key: str, value: object) -> None:
    settings.put_key_in_force(web.ctx, key, value, actor="system")


def named(name: str) -> dict[str, str]:
    return dict.fromkeys(("ky", "ru", "kk", "en"), name)


def service(code: str, parent: str | None, letter: str | None, mode: str = "walk-in") -> dict[str, object]:
    return {"code": code, "parent": parent, "names": named(code.title()), "letter": letter, "mode": mode}


def test_eight_services_stand_on_the_first_screen_and_nine_behind_their_groups(centre: Web) -> None:
    kiosk = Visitor(centre, "kiosk-1")
    kiosk.get("/en")
    assert len(re.findall(r'href="[^"]+/en/service/', kiosk.page)) == 8
    groups = [service("red", None, None), service("blue", None, None)]
    leaves = [service(f"s{number}", "red" if number < 5 else "blue", chr(65 + number)) for number in range(9)]
    desks_now = [
        {"desk": name, "zone": plan.zone, "services": [str(leaf["code"]) for leaf in leaves]} for name, plan in centre.ctx.hall.policy.desks.items()
    ]
    put_all(centre, {"services": groups + leaves, "desks": desks_now})
    kiosk.get("/en")
    assert re.findall(r"/en/(?:service|group)/(\w+)", kiosk.page) == ["red", "blue"]
    kiosk.get("/en/group/blue")
    assert re.findall(r"/en/service/(\w+)", kiosk.page) == ["s5", "s6", "s7", "s8"]


def put_all(web: Web, values: dict[str, object]) -> None:
    """Put settings in force that only fit together."""
    with deciding(web.ctx, "system") as decision:
        decide(decision.turn, commands.ChangeSettings(values))


def test_a_kiosk_shows_only_its_own_services_and_gives_no_other(centre: Web) -> None:
    kiosk = Visitor(centre, "narrow-kiosk")
    kiosk.get("/en")
    assert re.findall(r"/en/service/([\w-]+)", kiosk.page) == ["passport"]
    assert kiosk.get("/en/service/benefits").status == 404
    kiosk.get("/en/service/passport")
    assert kiosk.post("/en/tickets", service="benefits").status == 404


def test_a_closed_hall_greys_every_service_with_the_reason_and_issues_none(centre: Web) -> None:
    kiosk = Visitor(centre, "kiosk-1")
    kiosk.get("/ru/service/passport")
    change(centre, "calendar", {"hours": {}, "lunch": []})
    refused = kiosk.post("/ru/tickets", service="passport")
    assert refused.status == 409
    assert "Талон не выдан" in kiosk.page
    assert "Сейчас закрыто" in kiosk.page
    assert "обратитесь к сотруднику" in kiosk.page
    assert '<html lang="ru"' in kiosk.page
    kiosk.get("/ru")
    assert kiosk.page.count('class="tile closed"') == 8
    assert kiosk.page.count("Сейчас закрыто") == 8
    kiosk.get("/ru/service/passport")
    assert 'name="service"' not in kiosk.page


def test_one_page_takes_one_number_whatever_is_touched_twice(centre: Web) -> None:
    kiosk = Visitor(centre, "kiosk-1")
    kiosk.get("/en/service/passport/priority")
    first = kiosk.post("/en/tickets", service="passport", category="veteran")
    again = kiosk.post("/en/tickets", service="passport", category="special-needs")
    assert first.status == again.status == 303
    assert first.headers["location"] == again.headers["location"]
    assert centre.ctx.hall.issued == 1


def test_a_form_without_key_or_token_is_refused_in_words(centre: Web) -> None:
    kiosk = Visitor(centre, "kiosk-1")
    kiosk.get("/ky/service/passport")
    assert kiosk.post("/ky/tickets", service="passport", key="short").status == 422
    kiosk.get("/ky/service/passport")
    assert kiosk.post("/ky/tickets", service="passport", csrf_token="wrong").status == 400
    assert "Бул барак өтө көпкө ачык турган" in kiosk.page
    kiosk.get("/ky/service/passport")
    assert kiosk.post("/ky/tickets").status == 422
    assert centre.ctx.hall.issued == 0


def test_a_refused_action_shows_the_desk_as_it_is_with_the_reason(centre: Web) -> None:
    desk = Visitor(centre, "desk-1")
    desk.get()
    desks.act(centre.ctx, commands.Pause("1"), actor="desk:1")
    assert desk.post("/next").status == 409
    assert "Терезенин абалы өзгөрүп калган" in desk.page
    assert 'data-state="paused"' in desk.page
    assert desk.post("/dance").status == 404


def test_the_same_press_of_the_console_counts_once(centre: Web) -> None:
    for _ in range(2):
        centre.issue()
    desk = Visitor(centre, "desk-1")
    desk.get()
    assert [desk.post("/next").status for _ in range(2)] == [303, 303]
    assert [ticket.state for ticket in centre.ctx.hall.tickets.values()] == ["called", "waiting"]


def test_no_page_is_kept_by_the_browser(centre: Web) -> None:
    kiosk = Visitor(centre, "kiosk-1")
    for path in ("", "/ky", "/ky/service/passport", "/ky/service/nothing"):
        assert kiosk.get(path).headers["cache-control"] == "no-store"


def test_a_console_belongs_to_its_own_desk(centre: Web) -> None:
    desk = Visitor(centre, "desk-1")
    answer = centre.send("GET", "/desk/desk-2", Cookie=desk.cookies)
    assert answer.status == 403
    assert centre.send("GET", "/desk/kiosk-1", Cookie=desk.cookies).status == 404


def test_the_board_is_never_blank(centre: Web) -> None:
    board = Visitor(centre, "board-a")
    board.get()
    assert "Номериңиз чыгышын күтүңүз" in board.page
    assert "Ожидайте свой номер" in board.page
    for name in ("1", "2", "3", "4"):
        desks.act(centre.ctx, commands.Close(name), actor=f"desk:{name}")
    board.get()
    assert 'data-mode="closed"' in board.page


def test_the_visitors_page_speaks_the_tickets_language_until_asked_otherwise(centre: Web) -> None:
    ticket = centre.issue(lang="kk")
    page = centre.send("GET", ticket["track_url"])
    assert '<html lang="kk"' in page.body.decode()
    assert '<html lang="en"' in centre.send("GET", ticket["track_url"] + "?lang=en").body.decode()
    assert centre.send("GET", "/t/nonsense").status == 404


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("no", reason="lunch"), 409),
        (Refused("no"), 409),
        (Unknown("no", field="x"), 404),
        (Forbidden("no"), 403),
        (BadRequest("no"), 422),
        (KeyReused("no"), 422),
        (Unavailable("no"), 503),
        (AssertionError("no"), 500),
    ],
)
def test_every_error_has_its_status(error: Exception, status: int) -> None:
    assert faults.of(error).status == status  # type: ignore[arg-type]  # also what nobody meant to raise
