"""Idempotency keys: one effect, the same bytes again, and a refusal that leaves the key unused."""

import json
import threading
from datetime import timedelta

import pytest

from edge.errors import KeyReused, Refused, Unavailable, Unknown
from edge.operations import day, tickets
from edge.operations.decision import Done
from edge.operations.tickets import IssueRequest
from edge.queueing import commands as c
from tests.operations.box import Box, once
from tests.queueing import centre


def test_the_same_key_has_one_effect_and_the_same_bytes_again(box: Box) -> None:
    first = box.issue(once=once("key-00001"))
    again = box.issue(once=once("key-00001"))
    assert (first.first, again.first) == (True, False)
    assert again.answer == first.answer
    assert box.hall.issued == 1


def test_the_remembered_answer_stays_as_it_was_whatever_happened_since(box: Box) -> None:
    first = box.issue(once=once("key-00001"))
    box.act(c.CallNext("1"))
    assert box.issue(once=once("key-00001")).answer == first.answer
    assert json.loads(first.answer)["state"] == "waiting"


def test_the_same_key_with_another_body_is_key_reused_and_changes_nothing(box: Box) -> None:
    box.issue(once=once("key-00001"))
    with pytest.raises(KeyReused):
        box.issue("address", once=once("key-00001", '{"service":"address"}'))
    assert box.hall.issued == 1


def test_keys_of_another_scope_are_other_keys(box: Box) -> None:
    box.issue(once=once("key-00001"))
    box.issue(once=once("key-00001", scope="another token"))
    assert box.hall.issued == 2


def test_without_a_key_each_request_makes_a_ticket(box: Box) -> None:
    assert [json.loads(box.issue().answer)["number"] for _ in range(2)] == ["A001", "A002"]


def test_a_refusal_leaves_the_key_unused(box: Box) -> None:
    key = once("key-00001", scope="token POST /api/v1/desks/1/next")
    with pytest.raises(Refused):
        box.act(c.Finish("1"), once=key)
    box.issue()
    assert box.act(c.CallNext("1"), once=key).first


def test_an_unknown_service_leaves_the_key_unused(box: Box) -> None:
    with pytest.raises(Unknown):
        box.issue("nothing", once=once("key-00001"))
    assert box.issue(once=once("key-00001")).first


def test_a_full_disk_leaves_the_key_unused(box: Box) -> None:
    connection = box.database.connection()
    pages = connection.pragma("page_count")
    connection.execute(f"PRAGMA max_page_count = {pages}")
    made = 0

    def fill() -> None:
        nonlocal made
        while True:
            box.issue(once=once(f"key-{made:05}"))
            made += 1

    with pytest.raises(Unavailable):
        fill()
    connection.execute("PRAGMA max_page_count = 100000")
    assert box.issue(once=once(f"key-{made:05}")).first
    assert box.hall.issued == made + 1
    assert box.verify().clean


def test_a_desk_action_answers_the_same_bytes_again_and_acts_once(box: Box) -> None:
    box.issue()
    box.issue()
    first, again = (box.act(c.CallNext("1"), once=once("key-00001")) for _ in range(2))
    assert (again.first, again.answer) == (False, first.answer)
    assert json.loads(first.answer)["result"] == "called"
    assert box.numbers_called() == ["A001"]


def test_keys_are_remembered_over_a_restart_and_for_a_day(box: Box) -> None:
    first = box.issue(once=once("key-00001"))
    box.restart()
    box.pass_by(24 * 3600)
    day.forget_answers(box.ctx)
    assert box.issue(once=once("key-00001")).answer == first.answer


def test_keys_are_forgotten_after_two_days(box: Box) -> None:
    box.issue(once=once("key-00001"))
    box.pass_by(timedelta(hours=48, seconds=1).total_seconds())
    day.forget_answers(box.ctx)
    assert box.issue(once=once("key-00001")).first


def test_of_parallel_requests_with_one_key_exactly_one_is_first(box: Box) -> None:
    begun, done = threading.Barrier(8), list[Done]()

    def ask() -> None:
        begun.wait()
        done.append(box.issue(once=once("key-00001")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.first for each in done) == [False] * 7 + [True]
    assert len({each.answer for each in done}) == 1
    assert box.hall.issued == 1


# The headless kiosk of `contract/mqtt.md`


def ask(box: Box, id_: str = "k-1", service: str = "passport", device: str = "kiosk-1") -> dict[str, object]:
    return tickets.issue_headless(box.ctx, device, IssueRequest(id_, service, None, "ky"))


def test_a_headless_request_is_answered_with_its_first_answer_again(box: Box) -> None:
    first = ask(box)
    assert first["result"] == "issued"
    box.issue()
    box.restart()
    assert ask(box) == first
    assert box.hall.issued == 2


def test_a_headless_refusal_is_remembered_too(box: Box) -> None:
    box.act(c.Close("3"))
    first = ask(box, service="nothing")
    assert (first["result"], first["reason"], first["ticket"]) == ("refused", "unknown", None)
    assert ask(box, service="passport") == first


@pytest.mark.parametrize("service", ["birth", "documents", "nothing"])
def test_a_kiosk_issues_only_what_it_shows(box: Box, service: str) -> None:
    assert (ask(box, service=service)["reason"], box.hall.issued) == ("unknown", 0)


def test_a_device_that_is_no_kiosk_gets_nothing(box: Box) -> None:
    assert [ask(box, device=device)["result"] for device in ("button-1", "nobody")] == ["refused", "refused"]
    assert box.hall.issued == 0


def test_closed_hours_are_a_reason(fresh: Box) -> None:
    fresh.make(calendar={"hours": centre.OFFICE, "lunch": [["12:30", "13:30"]]})
    fresh.pass_by(4 * 3600)
    assert ask(fresh, "k-1")["reason"] == "lunch"
    fresh.pass_by(6 * 3600)
    assert ask(fresh, "k-2")["reason"] == "closed"
