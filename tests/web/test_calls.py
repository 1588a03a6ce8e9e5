"""What each call answers when all is well, and the idempotency of those that change something."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.conftest import Web

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_a_ticket_is_issued_once_and_looked_up_by_its_id(web: Web) -> None:
    ticket = web.issue("passport", category="veteran", contact="+996 700 000000")

    found = web.get(f"tickets/{ticket['id']}", "kiosk-1")

    assert found.json == ticket
    assert re.fullmatch("A[0-9]{3}", ticket["number"])
    assert INSTANT.fullmatch(ticket["issued_at"])
    assert not re.search(r"\+996|700 ?000", json.dumps(ticket))  # an id may have any figures


def test_a_ticket_without_a_key_is_accepted_and_each_is_another(web: Web) -> None:
    first, second = (web.post("tickets", {"service": "passport", "lang": "ru"}, "kiosk-1", key=None) for _ in range(2))

    assert (first.status, second.status) == (201, 201)
    assert first.json["id"] != second.json["id"]
    assert first.headers["location"] == f"/api/v1/tickets/{first.json['id']}"


def test_a_repeated_key_answers_200_with_the_very_same_bytes(web: Web) -> None:
    body = {"service": "passport", "lang": "ky"}

    first, second = (web.post("tickets", body, "kiosk-1", key="again-and-again") for _ in range(2))

    assert (first.status, second.status) == (201, 200)
    assert first.body == second.body


def test_the_same_key_with_another_body_is_refused(web: Web) -> None:
    web.post("tickets", {"service": "passport", "lang": "ky"}, "kiosk-1", key="two-bodies")

    web.post("tickets", {"service": "passport", "lang": "ru"}, "kiosk-1", key="two-bodies").problem(422, "key_reused")


def test_the_same_key_of_another_caller_is_another_key(web: Web) -> None:
    body = {"service": "passport", "lang": "ky"}

    first, second = (web.post("tickets", body, caller, key="shared-key") for caller in ("kiosk-1", "asel"))

    assert (first.status, second.status) == (201, 201)


def test_of_fifty_parallel_requests_with_one_key_one_issues_and_the_others_get_its_bytes(web: Web) -> None:
    before = web.ctx.hall.issued

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: web.post("tickets", {"service": "passport", "lang": "ky"}, "kiosk-1", key="fifty-at-once"), range(50)))

    assert sorted(answer.status for answer in answers) == [200] * 49 + [201]
    assert len({answer.body for answer in answers}) == 1
    assert web.ctx.hall.issued == before + 1


def test_a_refusal_leaves_the_key_unused(fresh: Web) -> None:
    fresh.act("1", "close")
    key = {"token": "desk-1", "key": "refused-then-done"}
    fresh.post("desks/1/next", {}, **key).problem(409)

    fresh.act("1", "open")
    assert fresh.post("desks/1/next", {}, **key).json["result"] == "empty"


def test_a_desk_goes_through_a_visit(fresh: Web) -> None:
    ticket = fresh.issue()

    called = fresh.act("1", "next").json
    assert called["result"] == "called"
    assert called["ticket"]["number"] == ticket["number"]
    assert called["ticket"]["state"] == "called"
    assert fresh.get("boards/a").json["now"][0]["ticket"] == ticket["number"]
    assert fresh.act("1", "recall").json["result"] == "recalled"
    assert fresh.act("1", "start").json["ticket"]["state"] == "serving"
    assert fresh.act("1", "finish", {"outcome": "done"}).json["result"] == "finished"
    assert fresh.get("desks/1", "desk-1").json["ticket"] is None
    assert fresh.get(f"tickets/{ticket['id']}", "desk-1").json["state"] == "finished"


@pytest.mark.parametrize(
    ("action", "body", "state"),
    [
        ("no-show", {}, "missed"),
        ("hold", {"minutes": 5, "reason": "copies"}, "held"),
        ("transfer", {"desk": "2", "return": True}, "waiting"),
        ("transfer", {"service": "birth"}, "waiting"),
        ("cancel", {"reason": "left"}, "cancelled"),
        ("undo", {}, "waiting"),
    ],
)
def test_an_action_moves_the_ticket(fresh: Web, action: str, body: dict[str, object], state: str) -> None:
    ticket = fresh.issue()
    fresh.act("1", "next")

    answer = fresh.act("1", action, body)

    assert answer.status == 200, answer
    assert fresh.get(f"tickets/{ticket['id']}", "kiosk-1").json["state"] == state


def test_a_held_ticket_is_resumed_and_a_waiting_one_is_picked_by_number(fresh: Web) -> None:
    first, second = fresh.issue(), fresh.issue()
    fresh.act("1", "next")
    fresh.act("1", "hold")

    assert fresh.act("1", "resume", {"ticket": first["number"]}).json["result"] == "ok"
    assert fresh.act("1", "pick", {"ticket": second["number"], "reason": "a child"}).json["ticket"]["number"] == second["number"]


def test_a_category_is_judged(fresh: Web) -> None:
    fresh.issue(category="veteran")
    fresh.act("1", "next")

    assert fresh.act("1", "category", {"confirmed": True}).status == 200


def test_an_empty_body_counts_as_an_empty_object(fresh: Web) -> None:
    assert fresh.post("desks/1/next", None, "desk-1").json["result"] == "empty"


def test_services_desks_and_categories_are_listed_in_display_order(web: Web) -> None:
    policy = web.ctx.hall.policy

    assert [service["code"] for service in web.get("services", "kiosk-1").json] == list(policy.services)
    assert [desk["desk"] for desk in web.get("desks", "aibek").json] == list(policy.desks)
    assert [category["code"] for category in web.get("categories", "kiosk-1").json] == list(policy.categories)


def test_the_journal_comes_in_pages_that_end_empty(web: Web) -> None:
    head = web.ctx.database.committed.head.seq
    lines: list[dict[str, object]] = []
    while page := web.get(f"journal?epoch=1&after={len(lines)}&limit=7", "aibek").body:
        lines += [json.loads(line) for line in page.decode().splitlines()]

    assert [line["seq"] for line in lines[:head]] == list(range(1, head + 1))
    assert web.get("journal?epoch=9&after=0", "aibek").body == b""
    assert web.get("journal", "aibek").headers["content-type"].startswith("application/x-ndjson")


def test_a_paired_screen_gets_its_own_broker_login(web: Web) -> None:
    answer = web.get("device/mqtt", "board-a")

    assert answer.json["user"] == "board-a"
    assert answer.json["ws_url"] == "ws://127.0.0.1:8083"
    assert (answer.json["host"], answer.json["port"]) == ("127.0.0.1", 1883)
    assert answer.headers["cache-control"] == "no-store"


def test_a_session_says_its_role_and_end(web: Web) -> None:
    answer = web.post("sessions", {"login": "asel", "password": "correct horse"}, key=None)

    assert answer.status == 201
    assert answer.json["role"] == "administrator"
    assert INSTANT.fullmatch(answer.json["expires"])


def test_health_needs_no_login_and_is_503_when_the_database_cannot_commit(fresh: Web) -> None:
    assert fresh.send("GET", "/healthz").status == 200

    fresh.healthy = False

    answer = fresh.send("GET", "/healthz")
    assert (answer.status, answer.json["status"]) == (503, "degraded")
