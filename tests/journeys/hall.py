"""One running demo centre as its integrators see it: `demo.json`, HTTP by curl, MQTT by the mosquitto clients.

Every answer that passes through here is held against its schema, so each journey also is a contract test.
"""

from collections.abc import Mapping
from typing import Any, Self

from tests.demo_process import wait_for
from tests.journeys import chain, payloads
from tests.journeys.http_client import Answer, Request, fresh_key, send, send_together
from tests.journeys.mqtt_client import Login, Message, Stream, publish

API = "/api/v1"
PROBLEM_TYPE = "application/problem+json"


def problem(answer: Answer, status: int, code: str | None = None) -> Mapping[str, Any]:
    """Fail unless ``answer`` is this refusal in the form of RFC 9457; returns its body."""
    assert answer.status == status, f"wanted {status}, got {answer.status}: {answer.body[:300]!r}"
    assert answer.headers["content-type"].split(";")[0] == PROBLEM_TYPE, answer.headers
    body: Mapping[str, Any] = payloads.check(payloads.PROBLEM, answer.json)
    assert body["status"] == status
    assert "Traceback" not in body["detail"]
    if code is not None:
        assert body["code"] == code, body
    return body


class Hall:
    """``described``: the content of `demo.json`."""

    def __init__(self, described: Mapping[str, Any]) -> None:
        self.described = described
        self.base: str = described["http"]
        self.devices: dict[str, Mapping[str, Any]] = {device["id"]: device for device in described["devices"]}
        self._sessions: dict[str, str] = {}

    # who

    def of_kind(self, kind: str) -> list[str]:
        """Return the ids of the devices of one kind, in the order of `demo.json`."""
        return [name for name, device in self.devices.items() if device["kind"] == kind]

    def desks(self) -> list[str]:
        """Return the ids of the desks."""
        return [self.devices[name]["desk"] for name in self.of_kind("desk")]

    def device_at(self, kind: str, desk: str) -> str:
        """Return the id of the desk's device of this kind."""
        return next(name for name in self.of_kind(kind) if self.devices[name]["desk"] == desk)

    def token(self, device: str) -> str:
        """Return the device's bearer token."""
        return str(self.devices[device]["token"])

    def desk_token(self, desk: str) -> str:
        """Return the token of the desk's own desk device."""
        return self.token(self.device_at("desk", desk))

    @property
    def kiosk(self) -> str:
        """The token of the first kiosk."""
        return self.token(self.of_kind("kiosk")[0])

    def staff(self, role: str, desk: str | None = None) -> str:
        """Log in by password, once per role and desk, and return the token."""
        name = f"{role}@{desk}"
        if name not in self._sessions:
            member = next(each for each in self.described["staff"] if each["role"] == role)
            body = {"login": member["login"], "password": member["password"], **({"desk": desk} if desk else {})}
            answer = self.send("POST", "/sessions", body=body)
            assert answer.status == 201, answer
            self._sessions[name] = payloads.check(payloads.SESSION, answer.json)["token"]
        return self._sessions[name]

    def login(self, device: str) -> Login:
        """Return the device's own broker login."""
        found = self.devices[device]
        return Login(self.described["mqtt"]["host"], self.described["mqtt"]["port"], found["user"], found["password"])

    @property
    def monitor(self) -> Login:
        """The broker login that reads everything and writes nothing."""
        mqtt = self.described["mqtt"]
        return Login(mqtt["host"], mqtt["port"], mqtt["monitor"]["user"], mqtt["monitor"]["password"])

    # HTTP

    def send(self, method: str, path: str, **parts: Any) -> Answer:
        """Send one API request (``path`` below /api/v1)."""
        return send(self.base, Request(method, API + path, **parts))

    def get(self, path: str, token: str | None = None) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self.send("GET", path, token=token)
        assert answer.status == 200, f"GET {path}: {answer}"
        return answer.json

    def post(self, path: str, body: Any = None, token: str | None = None, key: str | None = "") -> Answer:
        """POST with a fresh key (``key`` None: without one)."""
        return self.send("POST", path, body={} if body is None else body, token=token, key=fresh_key() if key == "" else key)

    def health(self) -> Mapping[str, Any]:
        """Return `GET /healthz`, checked."""
        answer = send(self.base, Request("GET", "/healthz"))
        assert answer.status in (200, 503), answer
        found: Mapping[str, Any] = payloads.check(payloads.HEALTH, answer.json)
        return found

    # the hall

    def issue(self, service: str, **more: Any) -> Mapping[str, Any]:
        """Take one ticket at the kiosk."""
        answer = self.post("/tickets", {"service": service, "lang": "ky", **more}, self.kiosk)
        assert answer.status == 201, answer
        found: Mapping[str, Any] = payloads.check(payloads.TICKET, answer.json)
        return found

    def ticket(self, ticket: str) -> Mapping[str, Any]:
        """Return a ticket as it stands."""
        found: Mapping[str, Any] = payloads.check(payloads.TICKET, self.get(f"/tickets/{ticket}", self.kiosk))
        return found

    def desk(self, desk: str) -> Mapping[str, Any]:
        """Return a desk as it stands."""
        found: Mapping[str, Any] = payloads.check(payloads.DESK, self.get(f"/desks/{desk}", self.desk_token(desk)))
        return found

    def board(self, zone: str) -> Mapping[str, Any]:
        """Return the last picture of a board, over HTTP without a login."""
        found: Mapping[str, Any] = payloads.check(payloads.BOARD, self.get(f"/boards/{zone}"))
        return found

    def try_act(self, desk: str, action: str, body: Any = None, token: str | None = None) -> Answer:
        """Ask for a desk action as the desk's own device, or as ``token``."""
        return self.post(f"/desks/{desk}/{action}", body, token or self.desk_token(desk))

    def act(self, desk: str, action: str, body: Any = None, token: str | None = None) -> Mapping[str, Any]:
        """Carry out a desk action that must succeed."""
        answer = self.try_act(desk, action, body, token)
        assert answer.status == 200, f"{action} at desk {desk}: {answer}"
        found: Mapping[str, Any] = payloads.check(payloads.ACTED, answer.json)
        return found

    def serving(self, desk: str) -> str | None:
        """Return the number at the desk, if any."""
        here = self.desk(desk)["ticket"]
        return str(here["number"]) if here else None

    def walk_in_services(self, desk: str) -> list[str]:
        """Return the desk's services that are open to walk-ins."""
        mine = set(self.desk(desk)["services"])
        services = payloads.check(payloads.SERVICES, self.get("/services", self.kiosk))
        return [each["code"] for each in services if each["code"] in mine and each["open"] and each["mode"] != "appointment-only"]

    def call_an_ordinary_visitor(self, desk: str, service: str) -> None:
        """Make the desk's run of priority calls 0, whatever went before, and leave it free."""
        self.issue(service)
        assert self.act(desk, "next")["ticket"]["why"] in ("order", "run-cap")
        self.act(desk, "finish")

    def clear(self) -> None:
        """Open every desk and send everyone home, so that a journey starts in an empty hall."""
        supervisor = self.staff("supervisor")
        while True:
            desks = self.get("/desks", supervisor)
            shut = [(each["desk"], "open") for each in desks if each["state"] != "open"]
            wishes = shut or [(each["desk"], "next") for each in desks if each["ticket"] or each["next"]]
            if not wishes:
                return
            requests = [Request("POST", f"{API}/desks/{desk}/{action}", supervisor, {}, fresh_key("clear")) for desk, action in wishes]
            for answer in send_together(self.base, requests):
                assert answer.status == 200, answer

    def journal(self, page: int = 1000) -> list[chain.Line]:
        """Read the whole journal, page by page, to the empty one."""
        lines: list[chain.Line] = []
        while True:
            answer = self.send("GET", f"/journal?epoch=1&after={len(lines)}&limit={page}", token=self.staff("auditor"))
            assert answer.status == 200, answer
            assert answer.headers["content-type"].split(";")[0] == "application/x-ndjson"
            more = chain.parse(answer.body)
            assert len(more) <= page
            if not more:
                return lines
            lines += more

    # MQTT

    def listen(self, device: str, *names: str) -> Stream:
        """Subscribe as ``device`` to its own topics of these names (`ack`, `issued`, …)."""
        return Stream(self.login(device), *(f"q/v1/dev/{device}/{name}" for name in names))

    def event(self, device: str, event: Mapping[str, Any], **how: Any) -> str:
        """Publish one event of ``device`` as its firmware does: QoS 1, expiry 10 s."""
        return publish(self.login(device), f"q/v1/dev/{device}/event", {"v": 1, "ts": None, **event}, expiry=10, **how)


class Button:
    """The button of one desk: its answers, and presses with ids of its own."""

    def __init__(self, hall: Hall, desk: str) -> None:
        self.desk = desk
        self.device = hall.device_at("button", desk)
        self.acks = hall.listen(self.device, "ack")
        self._hall = hall

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.acks.close()

    def press(self, type_: str = "press", id_: str | None = None, **more: Any) -> Mapping[str, Any]:
        """Press and return the ack to it; a repeated ``id_`` returns the newest ack."""
        event = {"id": id_ or fresh_key("press"), "type": type_, **more}
        mark = self.acks.mark()
        self._hall.event(self.device, event)
        answer: Mapping[str, Any] = self.answer(event["id"], mark).json
        return answer

    def press_after_guard(self, type_: str = "press") -> Mapping[str, Any]:
        """Press again and again with new ids until the desk's guard time is over; returns that answer."""

        def once() -> Mapping[str, Any] | None:
            answer = self.press(type_)
            return answer if answer["result"] != "stale" else None

        answer = wait_for(f"the guard time of desk {self.desk} to end", once)
        assert answer is not None
        return answer

    def answer(self, id_: str, mark: int = 0) -> Message:
        """Return the first ack to ``id_`` after ``mark``."""
        return self.acks.wait(
            lambda message: message.topic.endswith("/ack") and message.json["event_id"] == id_, since=mark, what=f"the ack to {id_}"
        )


def facts(answer: Any) -> tuple[str, str | None, str]:
    """Return (result, ticket, led) of an ack."""
    return answer["result"], answer["ticket"], answer["led"]
