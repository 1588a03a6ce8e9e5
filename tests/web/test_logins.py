"""Logging in over HTTP: PIN sessions of the API, the login pages of browsers, the console of a desk that two clerks share."""

from typing import Any

import pytest

from edge import demo
from edge.operations import registry, settings, staff
from edge.operations.delays import by_login
from edge.queueing.registry import Device, Kind, Role
from tests.web.conftest import PASSWORD, PIN, Answer, Web
from tests.web.surfing import Browser, field_of


def by_pin(web: Web, login: str = "olga", pin: str = PIN, device: str | None = "desk-1", **more: Any) -> Answer:
    """Ask for a session by PIN; ``device``: whose token comes with it."""
    web.forget_limits()
    headers = {} if device is None else {"X_Device_Token": web.token(device)}
    return web.post("sessions", {"login": login, "pin": pin, **more}, key=None, **headers)


# PIN sessions


def test_a_pin_with_the_token_of_a_paired_desk_opens_a_session_there(fresh: Web) -> None:
    answer = by_pin(fresh)
    assert answer.status == 201
    assert answer.json.keys() == {"token", "role", "expires"}
    assert fresh.post("desks/1/close", {}, answer.json["token"]).status == 200
    fresh.post("desks/2/close", {}, answer.json["token"]).problem(403, "desk")


@pytest.mark.parametrize("device", ["kiosk-1", "board-a", "button-1", "loose-led"])
def test_a_pin_is_taken_at_no_other_device(web: Web, device: str) -> None:
    by_pin(web, device=device).problem(403, "pin")


def test_a_pin_alone_is_403_with_a_sentence_that_says_what_is_missing(web: Web) -> None:
    assert "X-Device-Token" in by_pin(web, device=None).problem(403, "pin")["detail"]


@pytest.mark.parametrize("token", ["nonsense", "", "d.desk-1.wrong"])
def test_a_wrong_device_token_is_401_also_on_the_demos_loopback(web: Web, token: str) -> None:
    web.post("sessions", {"login": "olga", "pin": PIN, "desk": "1"}, key=None, X_Device_Token=token).problem(401)


def test_a_token_of_a_replaced_desk_device_is_401(fresh: Web) -> None:
    old = fresh.token("desk-1")
    registry.register(fresh.ctx, [Device("desk-1", Kind.DESK, desk="1", generation=2)], actor="system")
    fresh.post("sessions", {"login": "olga", "pin": PIN}, key=None, X_Device_Token=old).problem(401)


def test_on_the_demos_loopback_a_pin_and_a_desk_are_enough(web: Web) -> None:
    assert by_pin(web, device=None, desk="3").status == 201
    by_pin(web, device=None, desk="99").problem(422, "unknown_desk")


def test_a_desk_in_the_body_must_be_the_one_of_the_device(web: Web) -> None:
    assert by_pin(web, desk="1").status == 201
    by_pin(web, desk="2").problem(403, "desk")


def test_a_wrong_pin_is_401_and_the_third_costs_a_wait_for_password_and_pin(fresh: Web) -> None:
    for _ in range(3):
        by_pin(fresh, pin="000000").problem(401, "login")
    delayed = by_pin(fresh)
    delayed.problem(429, "delayed")
    assert int(delayed.headers["retry-after"]) >= 1
    fresh.post("sessions", {"login": "olga", "password": PASSWORD}, key=None).problem(429, "delayed")
    assert by_pin(fresh, "sabina").status == 201


def test_a_login_moved_to_another_desk_ends_the_first(fresh: Web) -> None:
    first = by_pin(fresh, device="desk-1").json["token"]
    second = fresh.post("sessions", {"login": "olga", "password": PASSWORD, "desk": "2"}, key=None).json["token"]
    fresh.get("desks", first).problem(401)
    assert fresh.get("desks", second).status == 200


# The login of a browser


def test_after_the_login_one_is_where_one_wanted_to_be(web: Web) -> None:
    browser = Browser(web)
    asked = browser.get("/staff?lang=ru")
    assert (asked.status, asked.headers["location"]) == (303, "/login?next=/staff?lang%3Dru")
    after = field_of(browser.get(asked.headers["location"]), "next")
    answer = browser.log_in("asel", after=after)
    assert (answer.status, answer.headers["location"]) == (303, "/staff?lang=ru")
    assert browser.get("/staff").status == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "evil",
        "/nowhere",
        "/logout",
        "/\tevil",
        "",
    ],
)
def test_after_the_login_one_is_never_elsewhere(web: Web, elsewhere: str) -> None:
    assert Browser(web).log_in("asel", after=elsewhere).headers["location"] == "/"


def test_a_form_sent_without_a_login_comes_back_to_its_page(web: Web) -> None:
    answer = Browser(web).post("/staff/somebody/disable")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=/staff")


def test_a_part_of_a_page_sends_the_whole_page_to_the_login(web: Web) -> None:
    answer = Browser(web).get("/staff", {"HX-Request": "true"})
    assert (answer.status, answer.headers["hx-redirect"]) == (401, "/login?next=/staff")


def test_a_wrong_password_says_so_keeps_the_login_and_never_the_password(fresh: Web) -> None:
    browser = Browser(fresh)
    answer = browser.log_in("olga", "wrong-password")
    assert answer.status == 401
    assert 'value="olga"' in answer.text
    assert "wrong-password" not in answer.text
    browser.log_in("olga", "wrong")
    browser.log_in("olga", "wrong")
    delayed = browser.log_in("olga")
    assert delayed.status == 429
    assert int(delayed.headers["retry-after"]) >= 1
    assert browser.get("/staff").status == 303


def test_an_unknown_login_looks_like_a_wrong_password(web: Web) -> None:
    known, unknown = Browser(web).log_in("sabina", "wrong"), Browser(web).log_in("nobody", "wrong")
    assert known.status == unknown.status == 401
    assert "sabina" in known.text
    assert len(known.body) - len("sabina") == len(unknown.body) - len("nobody")


def test_logging_out_ends_the_session_itself(web: Web) -> None:
    browser = Browser(web)
    browser.log_in("asel")
    stolen = Browser(web, dict(browser.cookies))
    assert stolen.get("/staff").status == 200
    assert browser.post("/logout").status == 303
    assert stolen.get("/staff").status == 303
    assert browser.post("/logout").status == 303, "twice is once"


def test_logging_in_again_ends_the_login_before(web: Web) -> None:
    browser = Browser(web)
    browser.log_in("asel")
    before = Browser(web, dict(browser.cookies))
    browser.log_in("asel")
    assert (before.get("/staff").status, browser.get("/staff").status) == (303, 200)


@pytest.mark.parametrize("end", ["disable", "reset", "demote"])
def test_what_an_administrator_changes_counts_at_the_next_request(fresh: Web, end: str) -> None:
    staff.add(fresh.ctx, login="meerim", role=Role.ADMINISTRATOR, password=PASSWORD, pin=None, actor="system")
    browser = Browser(fresh)
    browser.log_in("meerim")
    assert browser.get("/staff").status == 200
    match end:
        case "disable":
            staff.disable(fresh.ctx, login="meerim", actor="system")
        case "reset":
            staff.reset(fresh.ctx, login="meerim", pin="604713", actor="system")
        case _:
            staff.change_role(fresh.ctx, login="meerim", role=Role.AUDITOR, actor="system")
    assert browser.get("/staff").status == (403 if end == "demote" else 303)


def test_who_lacks_the_right_is_told_so_in_words_and_may_log_in_as_another(web: Web) -> None:
    browser = Browser(web)
    browser.log_in("olga")
    page = browser.get("/staff?lang=en")
    assert page.status == 403
    assert "Your role does not allow this" in page.text
    assert "/login?next=/staff" in page.text


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites_and_over_https_for_http(web: Web) -> None:
    (cookie,) = Browser(web).get("/login").cookies
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie
    over_tls = web.app.test_client().get("/login", base_url="https://localhost")
    assert "Secure" in over_tls.headers["Set-Cookie"]


def test_a_forged_or_altered_cookie_is_nobody(web: Web) -> None:
    browser = Browser(web)
    browser.log_in("asel")
    head, _, tail = browser.cookies["edge_session"].partition(".")
    forged = Browser(web, {"edge_session": f"{head[:-2]}AA.{tail}"})
    assert forged.get("/staff").status == 303


def test_logins_of_one_address_are_limited_over_all_ways_in(fresh: Web) -> None:
    browser, now = Browser(fresh), fresh.ctx.clock.monotonic()
    for _ in range(20):
        fresh.ctx.delays.failed(by_login("x"), now)  # so that each attempt is answered without the slow look at a password
    token = browser.csrf()
    for _ in range(6):
        assert "retry-after" in browser.post("/login", {"login": "x", "password": "x"}, csrf=token).headers
    codes = [fresh.post("sessions", {"login": "x", "password": "x"}, key=None).json["code"] for _ in range(8)]
    assert codes[0] == "delayed"
    assert "too_many_requests" in codes


# The console of a desk


def acted(web: Web) -> str:
    """Return the actor of the last line of the journal."""
    return str(web.get("journal?limit=5000", "asel").text.splitlines()[-1].split('"actor":"')[1].split('"')[0])


def next_at(browser: Browser, desk: str = "1") -> Answer:
    key = field_of(browser.get(f"/desk/desk-{desk}"), "key")
    return browser.post(f"/desk/desk-{desk}/next", {"key": key})


def pseudonym(web: Web, login: str) -> str:
    return next(member.pseudonym for member in web.ctx.hall.members.values() if member.login == login)


def test_at_a_console_the_newest_login_acts_and_without_one_the_desk(fresh: Web) -> None:
    fresh.token("asel")
    browser = Browser(fresh).pair("desk-1")
    actors = []
    for login in (None, "olga", "sabina"):
        if login:
            assert browser.log_in_at("desk-1", login).headers["location"] == "/desk/desk-1"
        fresh.issue()
        assert next_at(browser).status == 303
        actors.append(acted(fresh))
    browser.post("/desk/desk-1/logout")
    fresh.issue()
    next_at(browser)
    assert [*actors, acted(fresh)] == ["desk:1", f"staff:{pseudonym(fresh, 'olga')}", f"staff:{pseudonym(fresh, 'sabina')}", "desk:1"]


def test_a_clerk_who_moved_to_another_desk_acts_no_more_at_the_first(fresh: Web) -> None:
    fresh.token("asel")
    first, second = Browser(fresh).pair("desk-1"), Browser(fresh).pair("desk-2")
    first.log_in_at("desk-1", "olga")
    second.log_in_at("desk-2", "olga")
    fresh.issue()
    next_at(first)
    assert acted(fresh) == "desk:1"
    fresh.issue()
    next_at(second, "2")
    assert acted(fresh) == f"staff:{pseudonym(fresh, 'olga')}"


def test_where_the_centre_wants_clerks_a_console_does_nothing_for_nobody(fresh: Web) -> None:
    fresh.token("asel")
    centre = {**demo.centre(real_hours=False).settings()["centre"], "clerk_login": True}
    settings.put_key_in_force(fresh.ctx, "centre", centre, actor="system")
    browser = Browser(fresh).pair("desk-1")
    fresh.issue()
    assert "/desk/desk-1/login" in browser.get("/desk/desk-1").text, "the console shows the way in"
    refused = browser.post("/desk/desk-1/next", {"key": "k" * 16})
    assert (refused.status, refused.headers["location"]) == (303, "/desk/desk-1/login")
    token = browser.csrf()
    part = browser.post("/desk/desk-1/next", {"key": "k" * 16}, csrf=token, headers={"HX-Request": "true"})
    assert (part.status, part.headers["hx-redirect"]) == (401, "/desk/desk-1/login")
    assert fresh.ctx.hall.desks["1"].ticket is None
    browser.log_in_at("desk-1", "olga")
    next_at(browser)
    assert fresh.ctx.hall.desks["1"].ticket is not None
    assert fresh.act("1", "finish").status == 200, "a device of the desk is no console"


def test_a_pin_at_a_console_opens_no_page_that_wants_a_password(web: Web) -> None:
    browser = Browser(web).pair("desk-1")
    assert browser.log_in_at("desk-1", "asel").status == 303
    assert browser.get("/staff").status == 303


def test_an_auditor_changes_nothing_so_no_console_takes_one(web: Web) -> None:
    browser = Browser(web).pair("desk-1")
    assert browser.log_in_at("desk-1", "aibek").status == 403
    assert "aibek" not in browser.get("/desk/desk-1/login").text


def test_a_wrong_pin_at_a_console_leaves_the_clerk_who_is_there(fresh: Web) -> None:
    browser = Browser(fresh).pair("desk-1")
    browser.log_in_at("desk-1", "sabina")
    assert browser.log_in_at("desk-1", "olga", "000000").status == 401
    assert "sabina" in browser.get("/desk/desk-1/login").text
