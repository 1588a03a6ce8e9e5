"""A real centre behind a real waitress: SQLite in a temporary folder, everything but the broker.

One centre for each module: tests leave the desks open and free, or ask for `fresh`.
"""

import http.client
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge import config, demo, setup
from edge.operations import desks, link_state, registry, settings, staff
from edge.operations.announce import Commit
from edge.operations.clock import SystemClock
from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.operations.printing import Printers
from edge.operations.views import View
from edge.queueing import commands
from edge.queueing.registry import Device, Kind, Role
from edge.store.database import Database
from edge.web.app import Face, create_app
from edge.web.openapi import EdgeApp
from edge.web.serving import WebServer
from tests.demo_process import daytime_zone

PASSWORD = "correct horse"
PIN = "493817"
STAFF = {"olga": Role.OPERATOR, "sabina": Role.SUPERVISOR, "asel": Role.ADMINISTRATOR, "aibek": Role.AUDITOR}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()  # each Set-Cookie

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self, status: int, code: str | None = None) -> Mapping[str, Any]:
        """Fail unless this is the problem wanted; return its members."""
        assert self.status == status, self
        assert self.headers["content-type"] == "application/problem+json", self
        members: Mapping[str, Any] = self.json
        assert set(members) >= {"type", "title", "status", "detail", "code"}
        assert members["status"] == status
        assert "Traceback" not in self.body.decode()
        if code is not None:
            assert members["code"] == code, members
        return members


@dataclass
class Web:
    """A served centre. ``healthy``: what `/healthz` says of the database."""

    ctx: Context
    server: WebServer
    app: EdgeApp
    tokens: dict[str, str] = field(default_factory=dict)
    healthy: bool = True

    @property
    def port(self) -> int:
        return int(self.server.address.rpartition(":")[2])

    def send(
        self, method: str, path: str, body: Any = None, token: str | None = None, key: str | None = None, raw: bytes | None = None, **headers: str
    ) -> Answer:
        """Send one request on a connection of its own. ``token``: of a device or login; ``headers`` with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {self.token(token)}"
        if key is not None:
            sent["Idempotency-Key"] = secrets.token_hex(8) if key == "fresh" else key
        payload = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        if payload is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, payload, sent)
            response = connection.getresponse()
            cookies = tuple(response.headers.get_all("Set-Cookie", []))
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read(), cookies)
        finally:
            connection.close()

    def get(self, path: str, token: str | None = None, **headers: Any) -> Answer:
        return self.send("GET", f"/api/v1/{path}", token=token, **headers)

    def post(self, path: str, body: Any = None, token: str | None = None, key: str | None = "fresh", **more: Any) -> Answer:
        return self.send("POST", f"/api/v1/{path}", body, token, key, **more)

    def act(self, desk: str, action: str, body: Any = None) -> Answer:
        """Act as the desk's own device."""
        return self.post(f"desks/{desk}/{action}", {} if body is None else body, f"desk-{desk}")

    def issue(self, service: str = "passport", **more: Any) -> Mapping[str, Any]:
        answer = self.post("tickets", {"service": service, "lang": "ky", **more}, "kiosk-1")
        assert answer.status == 201, answer
        ticket: Mapping[str, Any] = answer.json
        return ticket

    def token(self, name: str) -> str:
        """Return the token of a device, of `login` or `login@desk`; anything else is taken as a token itself."""
        if name in self.ctx.hall.devices:
            return registry.secrets(self.ctx, name).token
        login, _, desk = name.partition("@")
        if login not in STAFF:
            return name
        if name not in self.tokens:
            self.forget_limits()
            answer = self.post("sessions", {"login": login, "password": PASSWORD, **({"desk": desk} if desk else {})}, key=None)
            assert answer.status == 201, answer
            self.tokens[name] = answer.json["token"]
        return self.tokens[name]

    def forget_limits(self) -> None:
        """Let a test log in as often as it likes."""
        for limiter in self.app.extensions["limiter"]:
            limiter.reset()

    def receive(self, raw: bytes) -> bytes:
        """Send raw bytes and return everything up to the server's close."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(raw)
            received = b""
            while chunk := connection.recv(65_536):
                received += chunk
            return received

    def vitals(self) -> tuple[View, bool]:
        """The health of a centre without a broker."""
        check = {"status": "ok" if self.healthy else "failed", "since": "2026-03-02T03:15:00.120Z", "detail": None}
        start: View = {"status": "ok" if self.healthy else "degraded", "version": "0", "boot_id": self.ctx.boot_id, "pid": 1, "broker": "up"}
        return {**start, "clock_ok": True, "bad_payloads": 0, "checks": {"database": check}, "sync": link_state.sync(self.ctx)}, self.healthy


@contextmanager
def served(folder: Path, *, allowed_hosts: tuple[str, ...] = (), printers: Printers | None = None) -> Iterator[Web]:
    """Serve a demo centre with all desks open, one staff member of each role, and a board, a LED and a button that are bound to different things."""
    database = Database(folder / "edge.db")
    database.open()
    ctx = setup.context(database, config.make_keys(folder / "node.key"), SystemClock())
    settings.put_in_force(ctx, demo.centre(real_hours=False, tz=daytime_zone()), actor="system")
    registry.register(ctx, [Device("loose-led", Kind.LED), Device("narrow-kiosk", Kind.KIOSK, zone="a", services=("passport",))], actor="system")
    for login, role in STAFF.items():
        staff.add(ctx, login=login, role=role, password=PASSWORD, pin=PIN, actor="system")
    for desk in ctx.hall.desks:
        desks.act(ctx, commands.Open(desk), actor="system")
    displays = Displays(ctx.boot_id)

    def paint(commit: Commit) -> None:
        list(displays.refresh(commit.hall, commit.tick))

    ctx.announcer.listen(paint)
    paint(Commit((), ctx.hall, ctx.tick()))
    holder: list[Web] = []
    face = Face("127.0.0.1", 0, mqtt_port=1883, ws_port=8083, allowed_hosts=allowed_hosts)
    vitals = lambda: holder[0].vitals()  # noqa: E731, PLW0108 -- made below
    app = create_app(ctx, displays, Attendance(ctx), face=face, health=vitals, demo=True, printers=printers)
    web = Web(ctx, WebServer(app, "127.0.0.1", 0), app)
    holder.append(web)
    web.server.bind()
    web.server.start()
    try:
        yield web
    finally:
        web.server.stop()
        database.close()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with served(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Web]:
    """A centre of this test's own, for what it breaks."""
    with served(tmp_path) as running:
        yield running
