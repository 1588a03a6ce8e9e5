"""The hall page as a browser without JavaScript has it: acts with reasons, refusals that keep what was typed, and who may only look."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from edge.operations import desks, emergency
from edge.operations import help as calls
from edge.operations.decision import deciding
from edge.queueing import commands as c
from edge.queueing.chain import instant
from edge.queueing.decide import decide
from tests.web.conftest import Web, served
from tests.web.pages import Page, Person
from tests.web.surfing import Browser

EVACUATE = {"ky": "Чыгыңыз", "ru": "Выйдите"}


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Web]:
    with served(tmp_path) as running:
        yield running


@pytest.fixture
def sabina(centre: Web) -> Person:
    """The supervisor, logged in."""
    return Person(centre, "sabina")


def actor_of(web: Web, login: str) -> str:
    return next(f"staff:{member.pseudonym}" for member in web.ctx.hall.members.values() if member.login == login)


def last_lines(web: Web, count: int = 1) -> str:
    """Return the journal's last lines as text."""
    head = web.ctx.database.committed.head.seq
    return web.get(f"journal?after={head - count}&limit={count}", "asel").body.decode()


def close(web: Web, *names: str) -> None:
    for name in names:
        desks.act(web.ctx, c.Close(name), actor=f"desk:{name}")


def said(page: Page) -> str:
    return unescape(page.text)


def test_a_service_that_nobody_serves_is_told_first_and_resolved_by_opening_a_desk(centre: Web, sabina: Person) -> None:
    close(centre, "5", "6", "7", "8")
    for _ in range(3):
        centre.issue("benefits")
    page = sabina.open("/hall")
    assert "3 visitors wait for “Benefits”, and no open desk serves it." in said(page)
    assert "No open desk serves this service." in said(sabina.open("/hall/service/benefits"))
    done = sabina.press(sabina.open("/hall/desk/6"), "do-open", {"reason": "three people wait"})
    assert done.address.endswith("/hall?said=opened")
    assert "no open desk serves it" not in said(done)
    assert centre.ctx.hall.desks["6"].state == "open"
    line = last_lines(centre)
    assert actor_of(centre, "sabina") in line
    assert "three people wait" in line


def test_the_same_is_resolved_by_giving_the_service_to_an_open_desk(centre: Web, sabina: Person) -> None:
    close(centre, "5", "6", "7", "8")
    centre.issue("benefits")
    page = sabina.open("/hall/desk/1")
    ticked = page.typed("do-services", "services")
    done = sabina.press(page, "do-services", {"services": [*ticked, "benefits"], "reason": "nobody else is here"})
    assert done.address.endswith("/hall?said=services")
    assert centre.ctx.hall.policy.desks["1"].services == {*ticked, "benefits"}
    assert "Nothing needs you now." in said(done)


def test_without_a_reason_nothing_happens_and_what_was_ticked_stays(centre: Web, sabina: Person) -> None:
    refused = sabina.press(sabina.open("/hall/desk/1"), "do-services", {"services": ["birth"]})
    assert refused.status == 422
    assert refused.typed("do-services", "services") == ["birth"]
    assert "This is needed" in said(refused)
    assert len(centre.ctx.hall.policy.desks["1"].services) == 4


def test_a_refused_act_is_told_in_words_and_keeps_the_reason(centre: Web, sabina: Person) -> None:
    page = sabina.open("/hall/desk/1")
    centre.issue()
    desks.act(centre.ctx, c.CallNext("1"), actor="desk:1")
    refused = sabina.press(page, "do-close", {"reason": "end of the shift"})
    assert refused.status == 409
    assert "A visitor is still at the desk" in said(refused)
    assert refused.typed("do-close", "reason") == ["end of the shift"]
    assert sabina.press(page, "do-close", {"services": []}).status == 422


def test_a_desk_never_serves_nothing(sabina: Person) -> None:
    refused = sabina.press(sabina.open("/hall/desk/1"), "do-services", {"services": [], "reason": "nobody comes"})
    assert refused.status == 422
    assert "A desk must serve at least one service." in said(refused)


def test_a_ready_reason_is_enough_and_own_words_win(centre: Web, sabina: Person) -> None:
    sabina.press(sabina.open("/hall/desk/1"), "do-pause", {"ready": "Break", "reason": ""})
    assert centre.ctx.hall.desks["1"].reason == "Break"
    sabina.press(sabina.open("/hall/desk/2"), "do-pause", {"ready": "Break", "reason": "a call from the ministry"})
    assert centre.ctx.hall.desks["2"].reason == "a call from the ministry"


def test_a_ticket_is_found_by_its_number_and_called_out_of_turn(centre: Web, sabina: Person) -> None:
    for _ in range(2):
        centre.issue()
    page = sabina.open("/hall/ticket?number=a%20002")
    assert "A002" in said(page)
    done = sabina.press(page, "do-pick", {"desk": "3", "ready": "The visitor is unwell"})
    assert done.address.endswith("said=picked")
    found = centre.ctx.hall.at_desk("3")
    assert found
    assert (found.number, found.why) == ("A002", "manual")
    assert "The visitor is unwell" in last_lines(centre)
    assert "There is no such ticket today." in said(sabina.open("/hall/ticket?number=Z999"))


def test_missed_and_held_tickets_are_put_back_or_withdrawn(centre: Web, sabina: Person) -> None:
    for _ in range(2):
        centre.issue()
    for command in (c.CallNext("1"), c.MarkNoShow("1"), c.CallNext("1"), c.Hold("1", 5)):
        desks.act(centre.ctx, command, actor="desk:1")
    page = sabina.open("/hall")
    assert "5 min left" in said(page)
    sabina.press(sabina.open("/hall/ticket?number=A001"), "do-put-back", {"ready": "The visitor came back"})
    sabina.press(sabina.open("/hall/ticket?number=A002"), "do-withdraw", {"ready": "The visitor left"})
    assert [(ticket.number, ticket.state) for ticket in centre.ctx.hall.tickets.values()] == [("A001", "waiting")]


def test_a_notice_is_looked_at_put_up_and_taken_down(centre: Web, sabina: Person) -> None:
    page = sabina.open("/hall/notice?ready=documents")
    assert page.typed("do-notice", "ru") == ["Пожалуйста, приготовьте документы"]
    looked = sabina.press(page, "do-look")
    assert looked.body.count("board-look") == 1
    assert centre.ctx.hall.policy.notices == {}
    done = sabina.press(looked, "do-notice", {"zones": ["a"]})
    assert done.address.endswith("said=notice")
    assert centre.get("boards/a").json["notice"]["ky"] == "Документтериңизди даярдап туруңуз"
    assert centre.get("boards/b").json["notice"] == {}
    sabina.press(sabina.open("/hall/notice"), "down-a")
    assert centre.get("boards/a").json["notice"] == {}


def test_a_notice_without_its_russian_text_is_refused_and_keeps_the_kyrgyz_one(centre: Web, sabina: Person) -> None:
    refused = sabina.press(sabina.open("/hall/notice"), "do-notice", {"ky": "Токтоңуз", "ru": " ", "zones": []})
    assert refused.status == 422
    assert refused.typed("do-notice", "ky") == ["Токтоңуз"]
    assert said(refused).count("This is needed") == 2
    assert centre.ctx.hall.policy.notices == {}


def test_the_hall_is_closed_in_two_steps_and_given_back(centre: Web, sabina: Person) -> None:
    centre.issue()
    step = sabina.press(sabina.open("/hall/emergency?kind=evacuation"), "do-check", {"ready": "Fire alarm"})
    assert "Close the hall?" in said(step)
    assert centre.ctx.hall.policy.emergency is None
    again = sabina.press(step, "do-change")
    assert again.typed("do-check", "ru") == ["Спокойно покиньте здание через ближайший выход. Сохраните талон"]
    closed = sabina.press(step, "do-declare")
    assert "The hall is closed because of an emergency. 1 visitor keeps the place in the queue." in said(closed)
    assert "sabina" in said(closed)
    assert centre.post("tickets", {"service": "passport", "lang": "ky"}, "kiosk-1").problem(409)["reason"] == "emergency"
    lifted = sabina.press(sabina.open("/hall/emergency"), "do-lift", {"ready": "The danger is over"})
    assert lifted.address.endswith("said=lifted")
    assert centre.ctx.hall.policy.emergency is None
    assert "The danger is over" in last_lines(centre)


def test_a_confirmation_that_comes_second_is_told_so(centre: Web, sabina: Person) -> None:
    step = sabina.press(sabina.open("/hall/emergency?kind=other"), "do-check", {"ready": "Drill"})
    emergency.declare(centre.ctx, EVACUATE, "fire alarm", actor="staff:other")
    refused = sabina.press(step, "do-declare")
    assert refused.status == 409
    assert "The hall is closed by an emergency already" in said(refused)
    assert centre.ctx.hall.policy.emergency
    assert centre.ctx.hall.policy.emergency.reason == "fire alarm"


def test_a_call_for_help_is_seen_and_answered(centre: Web, sabina: Person) -> None:
    calls.call(centre.ctx, "kiosk-2")
    page = sabina.open("/hall")
    assert "A visitor calls for help at kiosk-2" in said(page)
    form = page.form("answer-kiosk-2")
    assert form.buttons["answer-kiosk-2"] == ("device", "kiosk-2")
    done = sabina.post("/hall/help", [*_of_form(page, "/hall/help"), ("device", "kiosk-2")])
    assert "calls for help" not in said(done)


def _of_form(page: Page, action: str) -> list[tuple[str, str]]:
    return next(form.fields for form in page._reader.forms if form.action == action)


def test_an_auditor_sees_everything_and_is_offered_nothing(centre: Web) -> None:
    ticket = centre.issue()
    aibek = Person(centre, "aibek")
    for path in ("/hall", "/hall/desk/1", "/hall/notice", "/hall/emergency", f"/hall/ticket/{ticket['id']}", "/hall/service/passport"):
        page = aibek.open(path)
        assert page.status == 200
        assert not [form for form in page._reader.forms if form.action.startswith("/hall") and form.action != "/hall/ticket"], path


def test_the_part_that_renews_itself_is_sent_only_when_it_changed_and_holds_no_field(centre: Web) -> None:
    browser = Browser(centre)
    browser.log_in("sabina")
    first = browser.get("/hall/live")
    tag = first.headers["etag"]
    assert "<input" not in first.text
    assert "csrf" not in first.text
    assert browser.get("/hall/live", {"If_None_Match": tag}).status == 304
    centre.issue()
    assert browser.get("/hall/live", {"If_None_Match": tag}).status == 200


def test_who_was_logged_out_meanwhile_comes_back_to_the_same_page(centre: Web) -> None:
    browser = Browser(centre)
    answer = browser.post("/hall/desk/3/open", {"key": "12345678"})
    assert answer.headers["location"] == "/login?next=/hall/desk/3"
    assert browser.get("/hall/live").status == 303


def test_a_date_that_nobody_vouches_for_is_told_and_confirmed_and_numbers_stay(centre: Web) -> None:
    tz = centre.ctx.hall.policy.centre.tz
    with deciding(centre.ctx, "system") as decision:
        decide(decision.turn, c.OpenDay("2031-03-03", instant(centre.ctx.clock.wall()), tz, 0, provisional=True))
    sabina = Person(centre, "sabina")  # the end of a day ends all logins
    page = sabina.open("/hall")
    assert "Nobody has confirmed that today is 2031-03-03" in said(page)
    wrong = sabina.press(sabina.open("/hall/day"), "do-day", {"day": "1999-01-01"})
    assert wrong.status == 409
    assert "This date cannot be" in said(wrong)
    done = sabina.press(sabina.open("/hall/day"), "do-day", {"day": "2031-03-04"})
    assert "The date is confirmed." in said(done)
    assert "Nobody has confirmed" not in said(done)
    day = centre.ctx.hall.day
    assert day is not None
    assert (day.day, day.provisional) == ("2031-03-04", False)
    assert actor_of(centre, "sabina") in last_lines(centre)
    again = sabina.press(sabina.open("/hall/day"), "do-day", {"day": "2031-03-04"})
    assert again.status == 409


def test_people_come_in_by_number_and_the_supervisor_lets_in_more_with_a_reason(centre: Web, sabina: Person) -> None:
    calendar = {"hours": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}, "lunch": []}
    with deciding(centre.ctx, "system") as decision:
        decide(decision.turn, c.ChangeSettings({"calendar": {**calendar, "tokens_before_min": 60, "cohort": 3}}))
    numbers = [centre.issue("passport")["number"] for _ in range(7)]
    outside = sabina.open("/door")
    assert f"{numbers[0]} \N{EN DASH} {numbers[2][-3:]}" in said(outside)
    assert f"{numbers[3]} \N{EN DASH} {numbers[5][-3:]}" in said(outside)
    page = sabina.open("/hall/door")
    refused = sabina.press(page, "do-let-in")
    assert refused.status == 422
    done = sabina.press(refused, "do-let-in", {"reason": "it rains"})
    assert "The next numbers stand on the screen at the door." in said(done)
    assert "cohort.admitted" in last_lines(centre)
    assert f"{numbers[3]} \N{EN DASH} {numbers[5][-3:]}" in said(sabina.open("/door"))


def test_nobody_is_to_be_told_and_the_page_says_so(sabina: Person) -> None:
    assert "Every appointment can be kept." in said(sabina.open("/hall/to-tell"))
