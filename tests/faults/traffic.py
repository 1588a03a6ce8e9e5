"""Traffic that remembers every promise it was given: tickets issued, seats booked and desks called over HTTP, presses over MQTT.

A promise is an answer that arrived. Requests whose answer never came may or may not have happened; nothing is claimed about them.
"""

import http.client
import itertools
import json
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.demo_process import Ports

ANSWER_WITHIN_S = 1.0
TOO_FAST = 429
BOOKED = "passport"  # a service with appointments


class Hall(Protocol):
    """A running centre as its devices know it: a demo of ours, or a box."""

    @property
    def host(self) -> str:
        """Its address."""
        ...

    @property
    def ports(self) -> Ports:
        """Its ports."""
        ...

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return its devices of one kind, as in `demo.json`."""
        ...


@dataclass(frozen=True, slots=True)
class Promise:
    """An answered POST: asking again with the same key must give the same bytes."""

    token: str
    path: str
    key: str
    body: str
    answer: bytes


@dataclass(frozen=True, slots=True)
class PressPromise:
    """An answered press: asking again must be `dup` with this first result and ticket."""

    device: str
    id: str
    result: str
    ticket: str | None


@dataclass(slots=True)
class Promises:
    """What the hall owes us."""

    posts: list[Promise] = field(default_factory=list)
    presses: list[PressPromise] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, promise: Promise | PressPromise) -> None:
        """Remember a promise."""
        with self.guard:
            (self.posts if isinstance(promise, Promise) else self.presses).append(promise)  # type: ignore[arg-type]


def post(hall: Hall, token: str, path: str, key: str, body: str) -> tuple[int, bytes]:
    """POST once on a connection of its own; raises OSError or HTTPException when no answer came."""
    connection = http.client.HTTPConnection(hall.host, hall.ports.http, timeout=5)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
        connection.request("POST", f"/api/v1/{path}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def get(hall: Hall, token: str, path: str) -> Any:
    """GET one JSON document."""
    connection = http.client.HTTPConnection(hall.host, hall.ports.http, timeout=5)
    try:
        connection.request("GET", f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body)
        return json.loads(body)
    finally:
        connection.close()


class Button:
    """One button on a real connection; repeats a press until it is answered or the traffic ends."""

    def __init__(self, hall: Hall, device: dict[str, Any]) -> None:
        self.id: str = device["id"]
        self._answers: dict[str, dict[str, Any]] = {}
        self._news = threading.Condition()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(device["user"], device["password"])
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(f"q/v1/dev/{self.id}/ack", 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._subscribed.clear()
        self._client.on_message = self._arrived
        self._client.connect_async(hall.host, hall.ports.mqtt)
        self._client.loop_start()

    def press(self, event_id: str, stop: threading.Event | None = None, tries: int = 10) -> dict[str, Any] | None:
        """Press; None when no answer came before ``stop`` or after ``tries``."""
        payload = json.dumps({"v": 1, "id": event_id, "type": "press"})
        for _ in range(tries):
            if stop and stop.is_set():
                return None
            if not self._subscribed.wait(ANSWER_WITHIN_S):
                continue
            self._client.publish(f"q/v1/dev/{self.id}/event", payload, 1)
            with self._news:
                if self._news.wait_for(lambda: event_id in self._answers, ANSWER_WITHIN_S):
                    return self._answers.pop(event_id)
        return None

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_subscribe = self._client.on_disconnect = self._client.on_message = (
            None  # no circle: paho closes the last of its sockets when it is let go
        )

    def _arrived(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        with self._news:
            answer = json.loads(message.payload)
            self._answers[answer["event_id"]] = answer
            self._news.notify_all()


class Traffic:
    """Two kiosks, somebody who books at the first of them, four consoles and four buttons at work until `stop`."""

    def __init__(self, hall: Hall, promises: Promises, rng: random.Random, label: str) -> None:
        self._hall = hall
        self._promises = promises
        self._stop = threading.Event()
        self._names = (f"{label}-{number}" for number in itertools.count())
        self._naming = threading.Lock()
        leaves = [s["code"] for s in get(hall, hall.of_kind("kiosk")[0]["token"], "services") if s["letter"]]
        seeds = [rng.getrandbits(32) for _ in range(2)]
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        seats = [slot["slot"] for slot in get(hall, hall.of_kind("kiosk")[0]["token"], f"slots?service={BOOKED}&day={tomorrow}")]
        self._buttons = [Button(hall, device) for device in hall.of_kind("button")[4:]]
        jobs = [
            *(partial(self._visitors, kiosk, leaves, seed) for kiosk, seed in zip(hall.of_kind("kiosk"), seeds, strict=True)),
            partial(self._booker, hall.of_kind("kiosk")[0], seats, rng.getrandbits(32)),
            *(partial(self._clerk, device) for device in hall.of_kind("desk")[:4]),
            *(partial(self._presser, button) for button in self._buttons),
        ]
        self._threads = [threading.Thread(target=job) for job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all of it."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for button in self._buttons:
            button.close()

    def _name(self) -> str:
        with self._naming:
            return next(self._names)

    def _visitors(self, kiosk: dict[str, Any], leaves: list[str], seed: int) -> None:
        rng = random.Random(seed)
        while not self._stop.is_set():
            wish = {"service": rng.choice(leaves), "lang": rng.choice(("ky", "ru", "kk", "en")), "category": rng.choice((None, None, "veteran"))}
            self._ask(kiosk["token"], "tickets", json.dumps(wish))

    def _booker(self, kiosk: dict[str, Any], seats: list[str], seed: int) -> None:
        rng = random.Random(seed)
        while not self._stop.is_set():
            wish = {"service": BOOKED, "slot": rng.choice(seats), "person": f"person {rng.getrandbits(48):x}", "lang": "ky"}
            self._ask(kiosk["token"], "bookings", json.dumps(wish))

    def _clerk(self, device: dict[str, Any]) -> None:
        while not self._stop.is_set():
            self._ask(device["token"], f"desks/{device['desk']}/next", "{}")
            self._stop.wait(0.03)

    def _ask(self, token: str, path: str, body: str) -> None:
        key = self._name()
        try:
            status, answer = post(self._hall, token, path, key, body)
        except (OSError, http.client.HTTPException):
            self._stop.wait(0.02)
            return
        if status in (200, 201):
            self._promises.keep(Promise(token, path, key, body, answer))

    def _presser(self, button: Button) -> None:
        while not self._stop.is_set():
            event_id = self._name()
            answer = button.press(event_id, self._stop)
            if answer and answer["result"] not in ("busy", "bad"):
                first = answer.get("first", answer["result"])  # the first answer may have been lost on the way
                self._promises.keep(PressPromise(button.id, event_id, first, answer["ticket"]))
            self._stop.wait(0.05)


def hold_to(hall: Hall, promises: Promises) -> Counter[str]:
    """Ask for everything again: each answer must be the first one. Returns how many there were, by sort."""
    for promise in promises.posts:
        status, answer = _asked_again(hall, promise)
        assert (status, answer) == (200, promise.answer), f"{promise.path} {promise.key}: {status} {answer!r}, was {promise.answer!r}"
    by_device = {device["id"]: device for device in hall.of_kind("button")}
    buttons = {device: Button(hall, by_device[device]) for device in {press.device for press in promises.presses}}
    try:
        for press in promises.presses:
            answer_ = buttons[press.device].press(press.id)
            assert answer_, f"press {press.id} was not answered"
            assert (answer_["result"], answer_["first"], answer_["ticket"]) == ("dup", press.result, press.ticket), (press, answer_)
    finally:
        for button in buttons.values():
            button.close()
    sorts = Counter({"tickets": "tickets", "bookings": "bookings"}.get(promise.path, "calls") for promise in promises.posts)
    return sorts + Counter(presses=len(promises.presses))


def _asked_again(hall: Hall, promise: Promise) -> tuple[int, bytes]:
    """Ask once more; who asks for everything at once may be told to slow down."""
    while (answered := post(hall, promise.token, promise.path, promise.key, promise.body))[0] == TOO_FAST:
        threading.Event().wait(0.2)
    return answered
