"""The kiosk's pages as they leave the server, without a script: help, modes, what to bring, where "back" leads, and when tickets are given again."""

import re

from edge.operations import help as calls
from edge.operations import settings
from edge.operations.decision import deciding
from edge.queueing import commands
from edge.queueing.decide import decide
from tests.browser.test_pages import Visitor, named, service
from tests.web.conftest import Web


def test_help_is_one_call_and_the_page_says_so_until_it_was_answered(fresh: Web) -> None:
    kiosk = Visitor(fresh, "kiosk-1")
    kiosk.get("/en/service/ready")
    here = f"{kiosk.home}/en/service/ready"
    assert [kiosk.post("/en/help", here=here).headers["location"] for _ in range(2)] == [here, here]
    assert [called.device for called in calls.waiting(fresh.ctx)] == ["kiosk-1"]
    kiosk.get("/en/service/ready")
    assert "Staff have been told. Please wait here." in kiosk.page
    assert 'data-ask="70"' in kiosk.page
    calls.answered(fresh.ctx, "kiosk-1")
    kiosk.get("/en/service/ready")
    assert "Call for help" in kiosk.page
    assert 'data-ask="25"' in kiosk.page


def test_a_form_of_the_frame_leads_back_to_a_page_of_this_kiosk_and_nowhere_else(web: Web) -> None:
    kiosk = Visitor(web, "kiosk-1")
    kiosk.get("/ru/service/ready")
    for elsewhere in ("https://example.org/", "//example.org", "/desk/desk-1", "/kiosk/kiosk-10/ru", ""):
        assert kiosk.post("/ru/modes", here=elsewhere, mode="large").headers["location"] == f"{kiosk.home}/ru"


def test_a_mode_that_is_none_is_refused_in_the_kiosks_own_frame(web: Web) -> None:
    kiosk = Visitor(web, "kiosk-1")
    kiosk.get("/ru/service/ready")
    assert kiosk.post("/ru/modes", mode="upside-down").status == 422
    assert 'id="live"' in kiosk.page
    assert "Начать сначала" in kiosk.page


def test_starting_over_takes_the_modes_away(web: Web) -> None:
    kiosk = Visitor(web, "kiosk-1")
    kiosk.get("/ru/service/ready")
    chosen = kiosk.post("/ru/modes", mode="low").headers["set-cookie"]
    assert f"kezek-modes=low; Path={kiosk.home}; SameSite=Strict" in chosen
    kiosk.cookies += "; kezek-modes=low.nonsense"
    kiosk.get("/ru")
    assert 'class="kiosk low"' in kiosk.page
    gone = kiosk.get("/over")
    assert gone.headers["location"] == kiosk.home
    assert "kezek-modes=;" in gone.headers["set-cookie"]


def test_the_stylesheet_of_sizes_says_the_diagonal(web: Web) -> None:
    answer = Visitor(web, "kiosk-1").get("/size.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.body.decode() == ":root { --diagonal-mm: 558.8; }\n"


def test_what_to_bring_and_what_can_be_done_online_stand_before_the_ticket(web: Web) -> None:
    kiosk = Visitor(web, "kiosk-1")
    kiosk.get("/en/service/passport")
    assert "Your old passport or ID card" in kiosk.page
    assert "This can be done online" in kiosk.page
    assert "https://portal.tunduk.kg" in kiosk.page
    assert 'class="qr"' in kiosk.page
    kiosk.get("/en/service/travel-passport")
    assert "This can be done online" not in kiosk.page


def test_groups_may_hold_groups_and_back_leads_up_one_step(fresh: Web) -> None:
    tree = [service("red", None, None), service("deep", "red", None)]
    tree += [service(f"s{number}", "deep" if number < 2 else "red", chr(65 + number)) for number in range(9)]
    leaves = [str(each["code"]) for each in tree if each["letter"]]
    plans = [{"desk": name, "zone": plan.zone, "services": leaves} for name, plan in fresh.ctx.hall.policy.desks.items()]
    with deciding(fresh.ctx, "system") as decision:
        decide(decision.turn, commands.ChangeSettings({"services": tree, "desks": plans}))
    kiosk = Visitor(fresh, "kiosk-1")
    kiosk.get("/en/group/red")
    assert re.findall(r'id="to-(\w+)"', kiosk.page)[:2] == ["deep", "s2"]
    kiosk.get("/en/group/deep")
    assert re.findall(r'id="to-(\w+)"', kiosk.page) == ["s0", "s1"]
    assert f'id="back" class="button" href="{kiosk.home}/en/group/red"' in kiosk.page
    kiosk.get("/en/service/s0")
    assert f'id="back" class="button" href="{kiosk.home}/en/group/deep"' in kiosk.page
    kiosk.get("/en/group/red")
    assert f'id="back" class="button" href="{kiosk.home}/en"' in kiosk.page


def test_an_emergency_is_said_in_its_own_words(fresh: Web) -> None:
    kiosk, text = Visitor(fresh, "kiosk-1"), named("Leave the building")
    kiosk.get("/en/service/passport")
    with deciding(fresh.ctx, "system") as decision:
        decide(decision.turn, commands.ChangeSettings({"emergency": {"text": text, "reason": "fire"}}))
    assert kiosk.post("/en/tickets", service="passport").status == 409, "the touch came too late"
    assert "Leave the building" in kiosk.page
    for path in ("", "/en", "/en/service/passport", "/en/service/passport/priority"):
        kiosk.get(path)
        assert "Leave the building" in kiosk.page, path
        assert "tile" not in kiosk.page
        assert 'id="over"' not in kiosk.page


def test_a_hall_at_lunch_says_when_tickets_are_given_again(fresh: Web) -> None:
    hours = {key: [["00:00", "24:00"]] for key in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    settings.put_key_in_force(fresh.ctx, "calendar", {"hours": hours, "lunch": [["00:00", "23:59"]]}, actor="system")
    kiosk = Visitor(fresh, "kiosk-1")
    kiosk.get("/en")
    assert "Lunch break" not in kiosk.page or "Tickets are given again from 23:59" in kiosk.page  # the last minute of a day has no lunch
    assert "Lunch break" in kiosk.page or 'class="tile closed"' not in kiosk.page
