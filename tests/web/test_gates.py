"""Role by screen and by call, generated from the routes: every address, every method, every kind of caller is really asked.

What is expected follows from the marks; `SCREENS` says the same again by hand, so that a wrong mark is found. A new screen is one more line there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from flask import Flask

from edge.errors import Forbidden
from edge.operations import logins
from edge.queueing.registry import Kind
from edge.web import rights
from edge.web.api import gate as api_gate
from edge.web.identity import AsDevice, AsStaff
from edge.web.rights import Right
from edge.web.screens import gate
from tests.web.conftest import STAFF, Answer, Web
from tests.web.surfing import Browser

EVERYBODY = "nobody operator operator@desk supervisor administrator auditor kiosk board desk led button"
KIOSK, BOARD, DESK, LED = "kiosk", "board", "operator@desk desk", "led"
HALL, SUPERVISORS = "supervisor administrator auditor", "supervisor administrator"

# endpoint: who passes. With POST behind the name where one address is for both.
SCREENS = {
    "landing.landing": EVERYBODY,
    "enter.enter": EVERYBODY,
    "demo_link.live": EVERYBODY,
    "demo_link.turn": EVERYBODY,
    "demo_link.national": EVERYBODY,
    "phone.track": EVERYBODY,
    "phone.ask": EVERYBODY,
    "phone.cancel": EVERYBODY,
    "phone.rules": EVERYBODY,
    "rules.rules": EVERYBODY,
    "audio.sound": EVERYBODY,
    "door.door": EVERYBODY,
    "door.live": EVERYBODY,
    "style.style": EVERYBODY,
    "self_test.page": EVERYBODY,
    "self_test.live": EVERYBODY,
    "self_test.operations": EVERYBODY,
    "pairing.screen": EVERYBODY,
    "pairing.ask": EVERYBODY,
    "pairing.state": EVERYBODY,
    "login.form": EVERYBODY,
    "login.log_in": EVERYBODY,
    "login.log_out": EVERYBODY,
    "login.at_desk": DESK,
    "login.log_in_at_desk": DESK,
    "login.log_out_at_desk": DESK,
    "kiosk.languages": KIOSK,
    "kiosk.services": KIOSK,
    "kiosk.group": KIOSK,
    "kiosk.confirm": KIOSK,
    "kiosk.priority": KIOSK,
    "kiosk.take": KIOSK,
    "kiosk.ticket": KIOSK,
    "kiosk.over": KIOSK,
    "kiosk.size": KIOSK,
    "kiosk.set_mode": KIOSK,
    "kiosk.call_for_help": KIOSK,
    "kiosk.check_in_code": KIOSK,
    "kiosk.find_to_check_in": KIOSK,
    "kiosk.appointment": KIOSK,
    "kiosk.appointment_priority": KIOSK,
    "kiosk.check_in": KIOSK,
    "kiosk.book": KIOSK,
    "kiosk.book_day": KIOSK,
    "kiosk.book_time": KIOSK,
    "kiosk.book_person": KIOSK,
    "kiosk.make_booking": KIOSK,
    "kiosk.booked": KIOSK,
    "kiosk.change_code": KIOSK,
    "kiosk.find_to_change": KIOSK,
    "kiosk.booking": KIOSK,
    "kiosk.move_day": KIOSK,
    "kiosk.move_time": KIOSK,
    "kiosk.move_booking": KIOSK,
    "kiosk.ask_to_cancel": KIOSK,
    "kiosk.cancel_booking": KIOSK,
    "desk.console": DESK,
    "desk.act": DESK,
    "desk.panel": DESK,
    "desk_bookings.overview": DESK,
    "desk_bookings.find": DESK,
    "desk_bookings.show": DESK,
    "desk_bookings.check_in": DESK,
    "desk_bookings.cancel": DESK,
    "desk_bookings.ask_to_move": DESK,
    "desk_bookings.move": DESK,
    "desk_bookings.ask_to_book": DESK,
    "desk_bookings.book": DESK,
    "led.display": LED,
    "board.board": BOARD,
    "board.side": BOARD,
    "board.size_css": BOARD,
    "hall.overview": HALL,
    "hall.live": HALL,
    "hall.service": HALL,
    "hall.service_live": HALL,
    "hall.find": HALL,
    "hall.desk_page": HALL,
    "hall.desk_live": HALL,
    "hall.ticket_page": HALL,
    "hall.notice_page": HALL,
    "hall.emergency_page": HALL,
    "hall.day_page": HALL,
    "hall.today_page": HALL,
    "hall.paper_page": SUPERVISORS,
    "hall.print_slips": SUPERVISORS,
    "hall.key_in": SUPERVISORS,
    "hall.confirm_day": SUPERVISORS,
    "hall.national_page": HALL,
    "hall.national_live": HALL,
    "hall.try_now": SUPERVISORS,
    "hall.to_tell_page": HALL,
    "hall.show_contacts": SUPERVISORS,
    "hall.door_page": HALL,
    "hall.let_in": SUPERVISORS,
    "hall.answer": SUPERVISORS,
    "hall.set_desk": SUPERVISORS,
    "hall.change_services": SUPERVISORS,
    "hall.put_back": SUPERVISORS,
    "hall.withdraw": SUPERVISORS,
    "hall.print_copy": SUPERVISORS,
    "hall.pick": SUPERVISORS,
    "hall.judge": SUPERVISORS,
    "hall.look": SUPERVISORS,
    "hall.put_up": SUPERVISORS,
    "hall.take_down": SUPERVISORS,
    "hall.check": SUPERVISORS,
    "hall.declare": SUPERVISORS,
    "hall.lift": SUPERVISORS,
    "settings.overview": "administrator auditor",
    "settings.download": "administrator auditor",
    "settings.hang": "administrator",
    "settings.history": "administrator auditor",
    "settings.entry": "administrator auditor",
    "settings.texts": "administrator auditor",
    "settings.edit": "administrator",
    "settings.change": "administrator",
    "settings.confirm_restore": "administrator",
    "devices.overview": HALL,
    "devices.live": HALL,
    "devices.look": "administrator",
    "devices.pair": "administrator",
    "devices.identify": "administrator",
    "devices.test_print": "administrator",
    "devices.renew": "administrator",
    "devices.revoke": "administrator",
    "devices.see_to": "supervisor administrator",
    "staff.members": "administrator",
    "staff.add": "administrator",
    "staff.reset": "administrator",
    "staff.change_role": "administrator",
    "staff.disable": "administrator",
    "staff.enable": "administrator",
}
FILES = {"static", "openapi"}
LOGINS = {"operator": "olga", "supervisor": "sabina", "administrator": "asel", "auditor": "aibek"}
PAIRED = {"kiosk": "kiosk-1", "board": "board-a", "desk": "desk-1", "led": "loose-led"}
OWN_DEVICE = {Kind.KIOSK: "kiosk-1", Kind.BOARD: "board-a", Kind.DESK: "desk-1", Kind.LED: "loose-led"}
SAMPLES = {"lang": "ru", "code": "passport", "action": "start", "desk": "1", "zone": "a"}
CALLERS = {
    "nobody": None, "operator": "olga", "operator@desk": "olga@1", "supervisor": "sabina", "administrator": "asel", "auditor": "aibek",
    "kiosk": "kiosk-1", "board": "board-a", "desk": "desk-1", "button": "button-1", "led": "loose-led",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One address with one method; ``mark``: what its view asks for."""

    endpoint: str
    method: str
    path: str
    mark: Kind | Right | None


def routes(app: Flask, *, of_api: bool) -> Iterator[Route]:
    """Walk all addresses, those that end a login last."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule.endswith("/logout"), rule.rule))
    for rule in rules:
        view = app.view_functions[rule.endpoint]
        if rule.endpoint in FILES or api_gate.is_marked(view) != of_api:
            continue
        mark: Kind | Right | None = api_gate.of(view).right if of_api else gate.of(view).to
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", partial(_sample, mark), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, path, mark)


def _sample(mark: Kind | Right | None, found: re.Match[str]) -> str:
    device = OWN_DEVICE[mark] if isinstance(mark, Kind) else "kiosk-1"
    return {"device_id": device, **SAMPLES}.get(found[1], "x")


def browser_of(web: Web, caller: str) -> Browser:
    """Return a browser as this caller has it; a button has none, so it is one that shows its token to a screen."""
    browser = Browser(web)
    if caller in PAIRED:
        browser.pair(PAIRED[caller])
    elif caller == "operator@desk":
        assert browser.pair("desk-1").log_in_at("desk-1", "olga").status == 303
    elif caller in LOGINS:
        assert browser.log_in(LOGINS[caller]).status == 303
    return browser


def asked(browser: Browser, caller: str, route: Route) -> Answer:
    """Ask with what the browser has now: one answer must not change what the next is asked with."""
    browser = Browser(browser.web, dict(browser.cookies))
    headers = {"Authorization": f"Bearer {browser.web.token('button-1')}"} if caller == "button" else {}
    return browser.get(route.path, headers) if route.method == "GET" else browser.post(route.path, headers=headers)


def verdict(answer: Answer) -> str:
    """Say what the gate did."""
    if answer.status == 303 and answer.headers["location"].startswith("/login?next="):
        return "login"
    assert answer.status < 500, answer
    return "refused" if answer.status == 403 else "passes"


def by_mark(mark: Kind | Right | None, caller: str) -> str:
    """Say what the mark wants of the gate."""
    match mark:
        case None:
            return "passes"
        case Kind():
            return "passes" if caller.rpartition("@")[2] == mark else "refused"
        case Right():
            if caller not in LOGINS:
                return "login"
            return "passes" if mark in rights.STAFF[STAFF[LOGINS[caller]]] else "refused"


@pytest.mark.parametrize("caller", EVERYBODY.split())
def test_every_screen_is_open_to_exactly_the_callers_of_its_mark(web: Web, caller: str) -> None:
    browser = browser_of(web, caller)
    wrong = []
    for route in routes(web.app, of_api=False):
        found, wanted = verdict(asked(browser, caller, route)), by_mark(route.mark, caller)
        if found != wanted:
            wrong.append(f"{route.method} {route.path}: {found} instead of {wanted}")
    assert wrong == []


@pytest.mark.parametrize("caller", EVERYBODY.split())
def test_the_marks_are_those_written_here(web: Web, caller: str) -> None:
    marked = {route.endpoint: route.mark for route in routes(web.app, of_api=False)}
    assert marked.keys() == SCREENS.keys(), "a screen that is new here, or gone: say in SCREENS who may see it"
    written = {name for name, callers in SCREENS.items() if caller in callers.split()}
    assert {name for name, mark in marked.items() if by_mark(mark, caller) == "passes"} == written


@pytest.mark.parametrize("caller", CALLERS)
def test_every_call_is_open_to_exactly_the_callers_of_its_right(web: Web, caller: str) -> None:
    wrong = []
    for route in routes(web.app, of_api=True):
        key = "fresh" if route.method == "POST" else None
        answer = web.send(route.method, route.path, {} if route.method == "POST" else None, CALLERS[caller], key)
        found, wanted = _of_call(web, caller, route), answer.status
        if (wanted in (401, 403)) == (found == "passes") and route.endpoint != "api.post_session":
            wrong.append(f"{route.method} {route.path}: {wanted} instead of {found}")
    assert wrong == []


def _of_call(web: Web, caller: str, route: Route) -> str:
    if route.mark is None:
        return "passes"
    assert isinstance(route.mark, Right)
    name = CALLERS[caller]
    if name is None:
        return "refused"
    device = web.ctx.hall.devices.get(name)
    token = web.token(name)
    session = None if device else _session(web, token)
    principal = AsDevice(device, token, by_cookie=False) if device else AsStaff(session)  # type: ignore[arg-type]
    try:
        rights.require(principal, route.mark, "1" if route.mark is Right.ACT else None)
    except Forbidden:
        return "refused"
    return "passes"


def _session(web: Web, token: str) -> object:
    return logins.of_token(web.ctx, token)


def test_a_view_without_a_mark_stops_the_application() -> None:
    app = Flask("forgetful")
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    with pytest.raises(TypeError, match="does not say who may see it"):
        gate.check_marks(app)


def test_a_browser_paired_as_one_device_is_not_another_of_its_kind(web: Web) -> None:
    browser = browser_of(web, "operator@desk")
    assert browser.get("/desk/desk-2").status == 403
    assert browser.post("/desk/desk-2/next").status == 403
    assert browser.get("/desk/desk-2/login").status == 403


# What holds for every screen

PASSING = {None: "nobody", Kind.KIOSK: "kiosk", Kind.BOARD: "board", Kind.DESK: "operator@desk", Kind.LED: "led"}


def passing(mark: Kind | Right | None) -> str:
    """Return a caller that the mark lets pass."""
    return PASSING[mark] if not isinstance(mark, Right) else next(caller for caller in LOGINS if by_mark(mark, caller) == "passes")


def test_every_form_is_refused_without_the_token_of_a_page_and_with_a_wrong_one(web: Web) -> None:
    # of a ticket's page the link is the only right: there is no login that a strange site could use
    posts = [route for route in routes(web.app, of_api=False) if route.method == "POST" and not route.endpoint.startswith("phone.")]
    browsers = {caller: browser_of(web, caller) for caller in {passing(route.mark) for route in posts}}
    lines = web.ctx.database.committed.head
    for route in posts:
        browser = browsers[passing(route.mark)]
        browser.get("/login")
        assert browser.post(route.path, csrf=None).status == 400, route
        assert browser.post(route.path, csrf="wrong").status == 400, route
    assert len(posts) >= 10
    assert web.ctx.database.committed.head == lines, "nothing happened"


def test_a_token_of_another_browser_is_of_no_use(web: Web) -> None:
    mine, other = Browser(web), Browser(web)
    mine.get("/login")
    assert mine.post("/login", csrf=other.csrf()).status == 400


def test_every_call_by_cookie_needs_the_token_of_a_page(web: Web) -> None:
    for caller, paths in {"kiosk": ["tickets"], "desk": [f"desks/1/{action}" for action in ("start", "next", "undo", "close", "category")]}.items():
        browser = browser_of(web, caller)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        for path in paths:
            web.post(path, {}, Cookie=cookies).problem(403, "csrf")


def test_every_page_carries_the_security_headers_and_is_not_kept(web: Web) -> None:
    gets = [route for route in routes(web.app, of_api=False) if route.method == "GET"]
    browsers = {caller: browser_of(web, caller) for caller in {passing(route.mark) for route in gets}}
    for route in gets:
        for browser in (browsers[passing(route.mark)], Browser(web)):
            headers = browser.get(route.path).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"], route
            assert "unsafe" not in headers["content-security-policy"], route
            assert headers["x-content-type-options"] == "nosniff", route
            assert headers["referrer-policy"] == "no-referrer", route
            assert headers["cache-control"] == "no-store", route
