"""The desk's console by plain posts: every move, what is said of it, and what is refused; as a browser without scripts meets it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.operations import desks, settings, staff
from edge.queueing import commands as c
from edge.queueing.registry import Role
from edge.queueing.ticket import Ticket, TicketState
from tests.browser.test_pages import Visitor
from tests.web.conftest import Web, served

PIN = "135790"
SENT: dict[str, Any] = {"to": "desk:5", "return": "yes"}
EMERGENCY = {"text": dict.fromkeys(("ky", "ru", "kk", "en"), "Leave the building"), "reason": "fire"}


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Web]:
    with served(tmp_path) as running:
        yield running


def at(web: Web, desk: str) -> Visitor:
    """Open a desk's console in English."""
    opened = Visitor(web, f"desk-{desk}")
    opened.cookies += "; kezek-lang=en"
    opened.get()
    return opened


@pytest.fixture
def console(centre: Web) -> Visitor:
    return at(centre, "1")


def press(console: Visitor, action: str, status: int = 303, **fields: Any) -> str:
    """Post one move from a fresh page and return the page after it."""
    console.get()
    answer = console.post(f"/{action}", **fields)
    assert answer.status == status, console.page
    if status == 303:
        console.get(answer.headers["location"].removeprefix(console.home))
    return console.page


def ticket(web: Web, number: str) -> Ticket:
    found = web.ctx.hall.find_open(number)
    assert found
    return found


def here(web: Web, desk: str = "1") -> str | None:
    found = web.ctx.hall.at_desk(desk)
    return found.number if found else None


def test_a_whole_visit_and_what_is_said_of_each_step(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    assert f"{number} is called" in press(console, "next")
    assert "The turn of this number has come" in console.page
    assert f"{number} is called again" in press(console, "recall")
    assert "2 times" in console.page
    assert f"{number} is at the desk" in press(console, "start")
    assert f"{number} is finished" in press(console, "finish")
    assert "Nobody is waiting" in press(console, "next")
    assert here(centre) is None


def test_a_ticket_on_hold_waits_again_at_its_old_place(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    press(console, "next")
    assert f"{number} is on hold" in press(console, "hold", minutes="15", reason="to copy a paper")
    put = ticket(centre, number)
    assert put.held_until is not None
    assert put.held_tick is not None
    assert put.held_until - put.held_tick == 900
    console.get("/aside")
    assert number in console.page
    assert f"{number} waits again" in press(console, "resume", ticket=number)
    resumed = ticket(centre, number)
    assert resumed.ready_at == 0
    assert put.base <= resumed.base <= put.base + centre.ctx.tick() - put.held_tick  # hold time is not waiting, and nothing else is lost
    later = centre.issue()["number"]
    press(console, "next")
    assert here(centre) == number != later


def test_hold_takes_only_the_minutes_that_are_offered(centre: Web, console: Visitor) -> None:
    centre.issue()
    press(console, "next")
    press(console, "hold", 422, minutes="7")
    assert here(centre) is not None
    press(console, "hold", minutes="")
    assert next(iter(centre.ctx.hall.tickets.values())).held_until is None


def test_a_missed_visitor_is_in_the_list_and_is_never_called_by_itself(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    press(console, "next")
    assert f"{number} did not come" in press(console, "no-show")
    assert "Nobody is waiting" in press(console, "next")
    console.get("/aside")
    assert "Missed" in console.page
    press(console, "resume", ticket=number)
    assert ticket(centre, number).state is TicketState.WAITING


def test_a_visitor_is_sent_on_to_a_desk_with_return_and_told_where(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    press(console, "next")
    assert f"{number}: desk 5 will call" in press(console, "transfer", **SENT)
    other = at(centre, "5")
    press(other, "next")
    assert here(centre, "5") == number
    assert "Back to desk 1" in other.page
    assert "Sent on by another desk" in other.page
    assert f"{number}: desk 1 will call" in press(other, "finish")


def test_a_visitor_is_sent_on_to_a_service_in_the_clerks_language(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    press(console, "next")
    assert f"{number} waits again: Benefits" in press(console, "transfer", to="service:benefits")
    assert ticket(centre, number).service == "benefits"


@pytest.mark.parametrize("aim", ["", "service:", "desk", "visitor:5"])
def test_a_transfer_without_an_aim_is_asked_for_again(centre: Web, console: Visitor, aim: str) -> None:
    centre.issue()
    press(console, "next")
    assert "Please choose a service or a desk" in press(console, "transfer", 422, to=aim)
    assert here(centre) is not None


def test_an_aim_that_was_removed_meanwhile_is_refused_in_words(centre: Web, console: Visitor) -> None:
    centre.issue()
    press(console, "next")
    assert "This choice no longer exists" in press(console, "transfer", 409, to="desk:99")
    assert here(centre) is not None


def test_a_cancelled_ticket_is_gone(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    press(console, "next")
    assert f"{number} is cancelled" in press(console, "cancel", reason="came to the wrong centre")
    assert centre.ctx.hall.find_open(number) is None


def test_a_picked_visitor_needs_a_reason_and_is_shown_as_chosen(centre: Web, console: Visitor) -> None:
    first, second = centre.issue()["number"], centre.issue()["number"]
    console.get("/pick")
    assert first in console.page
    assert "without one nobody is called out of turn" in press(console, "pick", 422, ticket=second, reason="  ")
    assert f'value="{second}" selected' in console.page
    assert "Please choose a visitor" in press(console, "pick", 422, ticket="", reason="feels faint")
    press(console, "pick", ticket=second, reason="feels faint")
    assert here(centre) == second
    assert "Chosen by staff" in console.page
    console.get("/pick")
    assert "finish first" in console.page
    assert "finish first" in press(console, "pick", 409, ticket=first, reason="as well")


def test_picking_is_behind_a_page_of_its_own(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    centre.issue()
    console.get()
    assert f'value="{number}"' not in console.page
    assert "/desk/desk-1/pick" in console.page


def test_a_proof_is_seen_once_or_the_visitor_waits_as_everybody(centre: Web, console: Visitor) -> None:
    first, second = (centre.issue(category="veteran")["number"] for _ in range(2))
    press(console, "next")
    assert "Has a right to priority" in console.page
    assert f"{first}: the right to priority is confirmed" in press(console, "category", confirmed="yes")
    assert "do-category" not in console.page
    press(console, "next")
    assert f"{second} waits again, in turn" in press(console, "category", confirmed="no")
    assert here(centre) is None


def test_each_move_is_taken_back_as_long_as_the_bar_says(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    press(console, "next")
    for action in ("hold", "cancel", "no-show", "finish"):
        assert 'data-left="' in press(console, action)
        assert "Taken back" in press(console, "undo")
        assert here(centre) == number
    press(console, "transfer", to="desk:2")
    desks.act(centre.ctx, c.CallNext("2"), actor="desk:2")
    console.get()
    assert "data-left" not in console.page  # somebody else has the ticket: undo would be refused, so it is not offered
    assert "the call stands" in press(console, "undo", 409)


def test_a_pause_has_its_reason_and_keeps_the_visitor(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    assert "Lunch break" in press(console, "pause", reason="lunch")
    assert centre.ctx.hall.desks["1"].reason == "lunch"
    assert "already" in press(console, "pause", 409, reason="break")
    assert "already" in press(console, "next", 409)
    press(console, "open")
    press(console, "next")
    press(console, "pause", reason="technical")
    assert here(centre) == number
    assert "finish first" in press(console, "close", 409)


def test_a_closed_desk_offers_to_open_and_nothing_else(centre: Web, console: Visitor) -> None:
    assert 'data-primary="open"' in press(console, "close")
    for action in ("recall", "no-show", "finish", "hold", "cancel", "start"):
        press(console, action, 409)
    press(console, "open")
    assert centre.ctx.hall.desks["1"].state == "open"


def test_in_an_emergency_nobody_is_called_but_a_visit_can_end(centre: Web, console: Visitor) -> None:
    number = centre.issue()["number"]
    centre.issue()
    press(console, "next")
    press(console, "start")
    settings.put_key_in_force(centre.ctx, "emergency", EMERGENCY, actor="system")
    console.get()
    assert 'data-primary="finish"' in console.page
    assert "because of an emergency: nobody is called" in console.page
    assert "because of an emergency" in press(console, "next", 409)
    assert f"{number} is finished" in press(console, "finish")
    assert 'data-primary=""' in console.page
    assert "Nobody is called" in console.page


def test_the_preview_names_one_visitor_and_offers_no_choice(centre: Web, console: Visitor) -> None:
    ordinary, veteran = centre.issue()["number"], centre.issue(category="veteran")["number"]
    console.get()
    upcoming = console.page.split('class="upcoming"')[1].split("</section>")[0]
    assert veteran in upcoming
    assert "Has a right to priority" in upcoming
    assert ordinary not in upcoming
    assert "<a" not in upcoming
    assert "<button" not in upcoming


def test_what_waits_is_counted_by_service_and_what_others_serve_is_not(centre: Web, console: Visitor) -> None:
    for service in ("passport", "passport", "birth", "benefits"):
        centre.issue(service)
    console.get()
    queue = console.page.split('class="queue"')[1].split("</ul>")[0]
    assert queue.count("<li") == len(centre.ctx.hall.plan("1").services)
    assert "Benefits" not in queue
    assert [line.split("<")[0] for line in queue.split('<b class="tabular">')[1:]] == ["2", "0", "1", "0"]


def test_a_page_that_would_show_the_same_is_not_sent_again(centre: Web, console: Visitor) -> None:
    asked: dict[str, Any] = {"Cookie": console.cookies, "HX-Request": "true"}
    first = centre.send("GET", console.home, **asked)
    tag = first.headers["etag"]
    assert first.headers["x-rev"]
    assert centre.send("GET", console.home, If_None_Match=tag, **asked).status == 304
    centre.issue("benefits")  # another desk's business
    assert centre.send("GET", console.home, If_None_Match=tag, **asked).status == 304
    centre.issue("passport")
    changed = centre.send("GET", console.home, If_None_Match=tag, **asked)
    assert changed.status == 200
    assert changed.headers["etag"] != tag


def test_a_desk_that_was_removed_from_the_settings_says_so(centre: Web, console: Visitor) -> None:
    document = [entry for entry in demo_desks(centre) if entry["desk"] != "1"]
    settings.put_key_in_force(centre.ctx, "desks", document, actor="system")
    answer = console.get()
    assert answer.status == 403
    assert "belongs to no desk any more" in console.page


def demo_desks(web: Web) -> list[dict[str, object]]:
    return [{"desk": name, "zone": plan.zone, "services": sorted(plan.services)} for name, plan in web.ctx.hall.policy.desks.items()]


def test_a_panel_for_a_visitor_who_has_gone_says_so(console: Visitor) -> None:
    for panel in ("hold", "transfer", "cancel"):
        assert console.get(f"/{panel}").status == 200
        assert "No visitor is at the desk" in console.page
    assert console.get("/dance").status == 404


def test_a_script_gets_the_middle_of_the_page_and_the_panel_that_lacks_something_back_into_its_dialog(centre: Web, console: Visitor) -> None:
    centre.issue()
    console.get("/pick")
    hidden = {name: console.hidden(name) for name in ("csrf_token", "key")}
    body = "&".join(f"{name}={value}" for name, value in {**hidden, "ticket": "", "reason": ""}.items()).encode()
    headers: dict[str, Any] = {"Cookie": console.cookies, "HX_Request": "true", "Content_Type": "application/x-www-form-urlencoded"}
    answer = centre.send("POST", f"{console.home}/pick", raw=body, **headers)
    assert answer.status == 422
    assert answer.headers["hx-retarget"] == "#panel-body"
    assert b"<html" not in answer.body


# Who works here


def with_clerks(web: Web) -> None:
    for login in ("aida", "bakyt"):
        staff.add(web.ctx, login=login, role=Role.OPERATOR, password="long enough words", pin=PIN, actor="system")


def log_in(console: Visitor, login: str, pin: str = PIN) -> int:
    console.get("/login")
    body = f"csrf_token={console.hidden('csrf_token')}&login={login}&pin={pin}".encode()
    headers: dict[str, Any] = {"Cookie": console.cookies, "Content_Type": "application/x-www-form-urlencoded"}
    answer = console.web.send("POST", f"{console.home}/login", raw=body, **headers)
    if "set-cookie" in answer.headers:
        kept = [part for part in console.cookies.split("; ") if not part.startswith("edge_session")]
        console.cookies = "; ".join([*kept, answer.headers["set-cookie"].partition(";")[0]])
    return answer.status


def test_a_clerk_who_is_logged_in_acts_under_a_pseudonym(centre: Web, console: Visitor) -> None:
    with_clerks(centre)
    centre.issue()
    assert log_in(console, "aida") == 303
    press(console, "next")
    assert "aida" in console.page
    pseudonym = next(member.pseudonym for member in centre.ctx.hall.members.values() if member.login == "aida")
    lines = [json.loads(line) for line in centre.get("journal", "aibek").body.splitlines()]
    assert [line["actor"] for line in lines if line["type"] == "ticket.called"] == [f"staff:{pseudonym}"]


def test_where_a_login_is_wanted_the_console_offers_it_and_nothing_else(centre: Web, console: Visitor) -> None:
    with_clerks(centre)
    value = {
        "id": "x",
        "names": dict(centre.ctx.hall.policy.centre.names),
        "tz": "Asia/Bishkek",
        "langs": ["ky", "ru", "kk", "en"],
        "clerk_login": True,
    }
    console.get()
    settings.put_key_in_force(centre.ctx, "centre", value, actor="system")
    assert console.post("/next").headers["location"].endswith("/desk/desk-1/login")
    console.get()
    assert 'data-primary="login"' in console.page
    assert "<form" not in console.page.split('id="console"')[1].split("</section>\n<p")[0]
    log_in(console, "aida")
    press(console, "close")
    assert centre.ctx.hall.desks["1"].state == "closed"


def test_a_login_at_another_desk_ends_the_first_and_it_says_where(centre: Web, console: Visitor) -> None:
    with_clerks(centre)
    log_in(console, "aida")
    other = at(centre, "3")
    log_in(other, "aida")
    console.get()
    assert "moved to desk 3" in console.page
    other.get()
    assert "aida" in other.page
    log_in(console, "bakyt")
    console.get()
    assert "moved to desk" not in console.page
    assert "bakyt" in console.page
