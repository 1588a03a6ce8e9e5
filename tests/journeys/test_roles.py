"""Who may do what: the role table of the HTTP contract, each line with the call that is allowed and the one that is not."""

import pytest

from tests.journeys import payloads
from tests.journeys.hall import Hall, problem
from tests.journeys.http_client import fresh_key
from tests.journeys.mqtt_client import Login, Stream

READS = ["/services", "/categories", "/desks", "/desks/1"]


def test_a_kiosk_takes_tickets_and_reads_but_touches_no_desk_and_no_journal(hall: Hall) -> None:
    ticket = hall.issue("passport")
    for path in ("/services", "/categories", "/boards/a", f"/tickets/{ticket['id']}"):
        assert hall.send("GET", path, token=hall.kiosk).status == 200
    problem(hall.try_act("1", "next", token=hall.kiosk), 403)
    problem(hall.send("GET", "/desks", token=hall.kiosk), 403)
    problem(hall.send("GET", "/journal", token=hall.kiosk), 403)


def test_a_device_of_a_desk_acts_at_its_own_desk_only(hall: Hall) -> None:
    assert hall.try_act("1", "next", token=hall.desk_token("1")).status == 200
    problem(hall.try_act("2", "next", token=hall.desk_token("1")), 403)
    problem(hall.send("GET", "/journal", token=hall.desk_token("1")), 403)


def test_a_board_only_reads(hall: Hall) -> None:
    board = hall.token(hall.of_kind("board")[0])
    assert hall.send("GET", "/boards/a", token=board).status == 200
    problem(hall.try_act("1", "next", token=board), 403)
    problem(hall.post("/tickets", {"service": "passport", "lang": "ky"}, board), 403)


def test_an_operator_acts_at_the_desk_logged_in_to(hall: Hall) -> None:
    operator = hall.staff("operator", desk="3")
    assert hall.try_act("3", "next", token=operator).status == 200
    problem(hall.try_act("4", "next", token=operator), 403)
    problem(hall.send("GET", "/journal", token=operator), 403)


def test_an_operator_without_a_desk_only_reads(hall: Hall) -> None:
    operator = hall.staff("operator")
    for path in READS:
        assert hall.send("GET", path, token=operator).status == 200
    problem(hall.try_act("3", "next", token=operator), 403)
    problem(hall.post("/tickets", {"service": "passport", "lang": "ky"}, operator), 403)


def test_a_supervisor_acts_at_all_desks_but_does_not_read_the_journal(hall: Hall) -> None:
    for desk in ("1", "8"):
        assert hall.try_act(desk, "next", token=hall.staff("supervisor")).status == 200
    problem(hall.send("GET", "/journal", token=hall.staff("supervisor")), 403)


def test_an_administrator_does_everything(hall: Hall) -> None:
    administrator = hall.staff("administrator")
    assert hall.post("/tickets", {"service": "passport", "lang": "ky"}, administrator).status == 201
    assert hall.try_act("1", "next", token=administrator).status == 200
    for path in [*READS, "/journal"]:
        assert hall.send("GET", path, token=administrator).status == 200


def test_an_auditor_reads_the_journal_and_changes_nothing(hall: Hall) -> None:
    auditor = hall.staff("auditor")
    assert hall.send("GET", "/journal", token=auditor).status == 200
    problem(hall.try_act("1", "next", token=auditor), 403)
    problem(hall.post("/tickets", {"service": "passport", "lang": "ky"}, auditor), 403)


def test_a_refused_action_leaves_the_hall_and_the_key_as_they_were(hall: Hall) -> None:
    hall.issue("passport")
    key = fresh_key("role")
    problem(hall.post("/desks/2/next", {}, hall.desk_token("1"), key), 403)
    assert hall.serving("2") is None


def test_boards_need_no_login(hall: Hall) -> None:
    assert payloads.check(payloads.BOARD, hall.get("/boards/b"))["mode"] == "open"


def test_a_session_says_role_and_end_and_works_at_once(hall: Hall) -> None:
    member = next(each for each in hall.described["staff"] if each["role"] == "supervisor")
    answer = hall.send("POST", "/sessions", body={"login": member["login"], "password": member["password"]})
    assert answer.status == 201
    session = payloads.check(payloads.SESSION, answer.json)
    assert session["role"] == "supervisor"
    assert hall.send("GET", "/desks", token=session["token"]).status == 200


@pytest.mark.parametrize("kind", ["button", "kiosk", "board", "desk"])
def test_a_device_fetches_its_broker_login_which_nobody_may_store(hall: Hall, kind: str) -> None:
    device = hall.of_kind(kind)[0]
    answer = hall.send("GET", "/device/mqtt", token=hall.token(device))
    assert answer.status == 200
    assert "no-store" in answer.headers["cache-control"]
    found = payloads.check(payloads.MQTT_LOGIN, answer.json)
    assert found["user"] == device
    assert found["ws_url"].startswith("ws")
    with Stream(Login(found["host"], found["port"], found["user"], found["password"])):
        pass


def test_staff_get_no_broker_login(hall: Hall) -> None:
    problem(hall.send("GET", "/device/mqtt", token=hall.staff("administrator")), 403)
    problem(hall.send("GET", "/device/mqtt"), 401)
