"""The headless kiosk: tickets over MQTT, one for each request id, with an answer for everything that can be read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo_process import wait_for
from tests.journeys.hall import Hall
from tests.journeys.http_client import fresh_key
from tests.journeys.mqtt_client import Stream, publish


@pytest.fixture(scope="module")
def kiosk(shared: Hall) -> str:
    """The id of the first kiosk."""
    return shared.of_kind("kiosk")[0]


@pytest.fixture(scope="module")
def answers(shared: Hall, kiosk: str) -> Iterator[Stream]:
    """What the first kiosk is answered."""
    with shared.listen(kiosk, "issued") as stream:
        yield stream


def ask(hall: Hall, kiosk: str, answers: Stream, request: dict[str, object], **how: Any) -> Any:
    """Publish one `issue` and return the `issued` to it."""
    mark = answers.mark()
    body = {"v": 1, "ts": None, "category": None, "lang": "ky", "service": "passport", **request}
    publish(hall.login(kiosk), f"q/v1/dev/{kiosk}/issue", body, expiry=30, **how)
    found = answers.wait(lambda message: message.topic.endswith("/issued"), since=mark, what=f"the answer to {request}").json
    assert found["request_id"] == request["id"]
    return found


def test_a_request_makes_a_ticket_with_its_place(hall: Hall, kiosk: str, answers: Stream) -> None:
    hall.issue("passport")
    answer = ask(hall, kiosk, answers, {"id": fresh_key("issue"), "category": None, "lang": "en"})
    assert (answer["result"], answer["reason"]) == ("issued", None)
    assert answer["ticket"]["ahead"] == 1
    assert hall.board("a")["next"][1] == answer["ticket"]["number"]


def test_the_same_request_id_is_answered_with_its_first_issued_again(hall: Hall, kiosk: str, answers: Stream) -> None:
    request: dict[str, object] = {"id": fresh_key("again")}
    first = ask(hall, kiosk, answers, request)
    hall.act("1", "next")
    again = ask(hall, kiosk, answers, request)
    assert {**again, "ts": None} == {**first, "ts": None}
    assert hall.desk("1")["waiting"] == 0


def test_two_kiosks_may_use_the_same_id(hall: Hall, kiosk: str, answers: Stream) -> None:
    request: dict[str, object] = {"id": fresh_key("both")}
    other = hall.of_kind("kiosk")[1]
    first = ask(hall, kiosk, answers, request)
    with hall.listen(other, "issued") as theirs:
        second = ask(hall, other, theirs, request)
    assert first["ticket"]["number"] != second["ticket"]["number"]


def test_a_category_goes_ahead_here_too(hall: Hall, kiosk: str, answers: Stream) -> None:
    hall.issue("passport")
    assert ask(hall, kiosk, answers, {"id": fresh_key("veteran"), "category": "veteran"})["ticket"]["ahead"] == 0


@pytest.mark.parametrize("wrong", [{"service": "no-such-service"}, {"service": "documents"}], ids=json.dumps)
def test_an_unknown_service_is_refused_as_unknown(hall: Hall, kiosk: str, answers: Stream, wrong: dict[str, object]) -> None:
    answer = ask(hall, kiosk, answers, {"id": fresh_key("unknown"), **wrong})
    assert (answer["result"], answer["ticket"], answer["reason"]) == ("refused", None, "unknown")


def test_a_refusal_is_remembered_too(hall: Hall, kiosk: str, answers: Stream) -> None:
    id_ = fresh_key("refused")
    first = ask(hall, kiosk, answers, {"id": id_, "service": "no-such-service"})
    again = ask(hall, kiosk, answers, {"id": id_, "service": "passport"})
    assert {**again, "ts": None} == {**first, "ts": None}
    assert hall.board("a")["next"] == []


@pytest.mark.parametrize(
    "wrong", [{"service": 7}, {"service": None}, {"category": 7}, {"lang": 5}, {"lang": "de"}, {"v": 2}, {"ts": "soon"}], ids=json.dumps
)
def test_a_wrong_field_is_bad_and_not_remembered(hall: Hall, kiosk: str, answers: Stream, wrong: dict[str, object]) -> None:
    id_ = fresh_key("bad")
    answer = ask(hall, kiosk, answers, {"id": id_, **wrong})
    assert (answer["result"], answer["ticket"]) == ("bad", None)
    assert ask(hall, kiosk, answers, {"id": id_})["result"] == "issued"


@pytest.mark.parametrize("payload", [b"{}", b"nothing", b'{"v":1,"service":"passport","lang":"ky"}', b"\xff"], ids=repr)
def test_a_request_without_a_readable_id_makes_nothing_and_is_counted(hall: Hall, kiosk: str, answers: Stream, payload: bytes) -> None:
    before, mark = hall.health()["bad_payloads"], answers.mark()
    publish(hall.login(kiosk), f"q/v1/dev/{kiosk}/issue", payload)
    wait_for("bad_payloads to count it", lambda: hall.health()["bad_payloads"] == before + 1)
    assert answers.since(mark) == []
    assert hall.board("a")["next"] == []


def test_a_retained_request_makes_nothing_and_is_cleared(hall: Hall, kiosk: str, answers: Stream, sniffer: Stream) -> None:
    topic, mark, heard = f"q/v1/dev/{kiosk}/issue", sniffer.mark(), answers.mark()
    publish(hall.login(kiosk), topic, {"v": 1, "id": fresh_key("retained"), "service": "passport", "lang": "ky"}, retain=True)
    seen = sniffer.wait(lambda message: message.topic == topic and message.retain and bool(message.payload), since=mark)
    assert sniffer.wait(lambda message: message.topic == topic and message.retain and not message.payload, since=mark).at - seen.at < 1.0
    assert answers.since(heard) == []
    assert hall.board("a")["next"] == []


def test_a_device_that_is_no_kiosk_makes_no_ticket(hall: Hall) -> None:
    """Its right to write `issue` comes with the device tree; the server knows that a button is no kiosk."""
    button = hall.of_kind("button")[0]
    with hall.listen(button, "issued") as answers:
        publish(hall.login(button), f"q/v1/dev/{button}/issue", {"v": 1, "id": "button-issue", "service": "passport", "lang": "ky"})
        kiosk = hall.of_kind("kiosk")[0]
        with hall.listen(kiosk, "issued") as theirs:
            ask(hall, kiosk, theirs, {"id": fresh_key("after")})  # taken in order: the button's is behind us
        results = [message.json["result"] for message in answers.messages if message.topic.endswith("/issued")]
    assert results in ([], ["refused"], ["bad"])
    assert len(hall.board("a")["next"]) == 1
