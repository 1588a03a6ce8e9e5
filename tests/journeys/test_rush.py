"""Eight desks at once against two hundred visitors, by button and by screen: each called once, in the order of the rule.

The journal is judged by `rule.py` and `chain.py`, which know the contract and nothing of the server.
"""

import json
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.demo_process import Demo, wait_for
from tests.journeys import chain
from tests.journeys.hall import API, Button, Hall
from tests.journeys.http_client import Request, fresh_key, send_together
from tests.journeys.mqtt_client import PREFIX, Publisher, Stream
from tests.journeys.rule import Replay
from tests.journeys.sniffer import deviations, sniff

VISITORS = 200
SEED = 20260302


@pytest.fixture(scope="module")
def rush(demo: Demo) -> Iterator[tuple[Demo, Hall, Stream]]:
    """A centre of this module's own, and everything that it says."""
    hall = Hall(demo.described)
    with sniff(hall.monitor) as stream:
        yield demo, hall, stream


def issued_in(answers: Stream) -> list[Any]:
    """Return what a headless kiosk was answered so far."""
    return [message.json for message in answers.since(0) if message.topic.endswith("/issued")]


def arrive(hall: Hall) -> set[str]:
    """Let all visitors in, half by HTTP and half at the MQTT kiosks; returns their numbers."""
    chance = random.Random(SEED)
    leaves = [code for desk in ("1", "5") for code in hall.walk_in_services(desk)]
    wishes = [(chance.choice(leaves), chance.choices([None, "veteran", "guardian"], [8, 2, 1])[0]) for _ in range(VISITORS)]
    bodies = [{"service": service, "lang": "ky", **({"category": category} if category else {})} for service, category in wishes]
    kiosk = hall.of_kind("kiosk")[0]
    with hall.listen(kiosk, "issued") as answers:
        headless = Publisher(hall.login(kiosk), f"{PREFIX}dev/{kiosk}/issue")
        for body in bodies[::2]:
            headless.send({"v": 1, "id": fresh_key("rush"), "category": None, **body})
        requests = [Request("POST", f"{API}/tickets", hall.kiosk, body, fresh_key("rush")) for body in bodies[1::2]]
        made = [answer for start in range(0, len(requests), 25) for answer in send_together(hall.base, requests[start : start + 25])]
        assert {answer.status for answer in made} == {201}
        wait_for("the kiosk's answers", lambda: len(issued_in(answers)) == VISITORS // 2, within_s=20)
        headless.close()
        issued = issued_in(answers)
    assert {answer["result"] for answer in issued} == {"issued"}
    return {answer.json["number"] for answer in made} | {answer["ticket"]["number"] for answer in issued}


def work(hall: Hall, desk: str, start: threading.Barrier) -> list[str]:
    """One clerk: calls by button and by screen in turn, until nobody is left; returns the numbers called."""
    called: list[str] = []
    with Button(hall, desk) as button:
        start.wait()
        for turn in range(VISITORS * 2):
            if turn % 2:
                answer = hall.act(desk, "next")
                number = answer["ticket"] and answer["ticket"]["number"]
            else:
                if turn:
                    hall.act(desk, "finish")  # a free desk has no guard time
                answer = button.press()
                number = answer["ticket"]
            if answer["result"] != "called":
                assert answer["result"] in ("empty", "finished")
                return called
            called.append(number)
    raise AssertionError("the queue never ended")


def test_eight_desks_at_once_call_each_of_two_hundred_visitors_once_by_the_rule(rush: tuple[Demo, Hall, Stream]) -> None:
    demo, hall, stream = rush
    numbers = arrive(hall)
    assert len(numbers) == VISITORS
    start = threading.Barrier(8)
    with ThreadPoolExecutor(8) as clerks:
        called = [number for each in clerks.map(lambda desk: work(hall, desk, start), hall.desks()) for number in each]
    assert sorted(called) == sorted(numbers)

    announced = [message.json for message in stream.messages if message.topic.endswith("/call")]
    assert Counter(call["ticket"] for call in announced) == dict.fromkeys(numbers, 1)
    assert hall.board("a")["next"] == hall.board("b")["next"] == []

    lines = hall.journal()
    assert chain.faults(lines) == []
    replay = Replay().feed(lines)
    assert replay.faults == []
    assert len(replay.calls) == len(set(replay.calls)) == VISITORS
    words = {json.loads(line["payload"])["why"] for line in lines if line["type"] == "ticket.called"}
    assert {"order", "category", "run-cap"} <= words, f"seed {SEED} made a crowd that proves too little: {words}"

    verified = demo.verify()
    assert verified.returncode == 0, verified.stdout
    assert deviations(stream.messages) == []


def test_eight_buttons_pressed_in_one_moment_call_eight_visitors(rush: tuple[Demo, Hall, Stream]) -> None:
    """Each press goes out on a connection that is there already, as a real button's does; the time is from press to ack."""
    _, hall, _ = rush
    hall.clear()
    for service in ("passport", "address"):
        for _ in range(4):
            hall.issue(service)
    buttons = [Button(hall, desk) for desk in hall.desks()]
    lines = [Publisher(hall.login(button.device), f"{PREFIX}dev/{button.device}/event") for button in buttons]
    for button, line in zip(buttons, lines, strict=True):
        line.send({"v": 1, "id": "connected", "type": "paper-low"})
        button.answer("connected")
    pressed = time.monotonic()
    for line in lines:
        line.send({"v": 1, "id": "at-once", "type": "press"})
    answers = [button.answer("at-once") for button in buttons]
    for button, line in zip(buttons, lines, strict=True):
        line.close()
        button.acks.close()
    assert {answer.json["result"] for answer in answers} == {"called"}
    assert len({answer.json["ticket"] for answer in answers}) == 8
    took_ms = sorted(round((answer.at - pressed) * 1000) for answer in answers)
    print(f"press to ack with 8 desks at once: {took_ms} ms")
    assert statistics.median(took_ms) <= 300


def test_the_journal_comes_in_pages_and_ends_with_an_empty_one(rush: tuple[Demo, Hall, Stream]) -> None:
    _, hall, _ = rush
    auditor = hall.staff("auditor")
    whole = hall.journal()
    first = chain.parse(hall.send("GET", "/journal?epoch=1&after=0&limit=3", token=auditor).body)
    assert first == whole[:3]
    assert chain.parse(hall.send("GET", "/journal?epoch=1&after=3&limit=2", token=auditor).body) == whole[3:5]
    assert hall.send("GET", f"/journal?epoch=1&after={len(whole)}&limit=10", token=auditor).body == b""
    assert chain.parse(hall.send("GET", "/journal", token=auditor).body)[:3] == whole[:3]


def test_every_action_at_a_desk_stands_in_the_journal_and_is_explained_by_the_rule(rush: tuple[Demo, Hall, Stream]) -> None:
    """Holds, returns, transfers, picks, refused categories and undos: the rule's own replay must follow all of them."""
    demo, hall, stream = rush
    hall.clear()
    tickets = [hall.issue("passport", **({"category": "veteran"} if n % 3 == 0 else {})) for n in range(12)]
    hall.act("1", "next")
    hall.act("1", "category", {"confirmed": False})
    hall.act("1", "next")
    hall.act("1", "hold")
    hall.act("2", "next")
    hall.act("2", "transfer", {"service": "address"})
    hall.act("2", "next")
    hall.act("2", "no-show")
    held = next(ticket for ticket in tickets if hall.ticket(ticket["id"])["state"] == "held")
    hall.act("3", "resume", {"ticket": held["id"]})
    hall.act("3", "next")
    hall.act("3", "next")
    hall.act("3", "undo")
    hall.act("4", "pick", {"ticket": tickets[-1]["id"], "reason": "stands at the desk"})
    hall.act("4", "undo")
    hall.act("4", "next")
    hall.act("5", "next")
    hall.act("5", "transfer", {"desk": "1"})
    hall.clear()
    replay = Replay().feed(hall.journal())
    assert replay.faults == []
    assert {visit.state for visit in replay.visits.values()} <= {"finished", "missed"}
    assert demo.verify().returncode == 0
    assert deviations(stream.messages) == []


def test_the_journal_names_no_person(rush: tuple[Demo, Hall, Stream]) -> None:
    _, hall, _ = rush
    logins = {member["login"] for member in hall.described["staff"]}
    secrets = {str(member[name]) for member in hall.described["staff"] for name in ("password",)}
    secrets |= {str(device[name]) for device in hall.devices.values() for name in ("password", "token")}
    for line in hall.journal():
        assert line["actor"].removeprefix("staff:") not in logins
        assert not any(secret in (line["payload"] or "") for secret in secrets)
