"""One visitor's way through an installed hall, from outside: a ticket at a kiosk, a press at a button, the number on the board."""

import contextlib
import http.client
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from tests.box.hall import InstalledHall
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.demo_process import wait_for
from tests.devices.client import Client
from tests.faults.traffic import Button, get, post

DESK = "1"
SOON_S = 5.0


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor saw; ``shown`` is the board's entry."""

    ticket: str
    called: str
    shown: dict[str, Any]

    def __str__(self) -> str:
        """For a line of figures."""
        return f"ticket {self.ticket} at the kiosk, {self.called} called by the button, on the board at desk {self.shown['desk']}"


def open_desks(hall: InstalledHall) -> None:
    """Open every desk that is closed, as its clerk does. The calling thread is on the staff network, here and below."""
    for device in hall.of_kind("desk"):
        if get(hall, device["token"], f"desks/{device['desk']}")["state"] == "closed":
            status, answer = post(hall, device["token"], f"desks/{device['desk']}/open", f"open-{uuid.uuid4()}", "{}")
            assert status in (200, 201), (status, answer)


def take_ticket(hall: InstalledHall, service: str = "passport") -> str:
    """Take a ticket at the first kiosk; returns its number."""
    body = json.dumps({"service": service, "lang": "ky"})
    status, answer = post(hall, hall.of_kind("kiosk")[0]["token"], "tickets", f"visit-{uuid.uuid4()}", body)
    assert status == 201, (status, answer)
    return str(json.loads(answer)["number"])


def visit(hall: InstalledHall) -> Visit:
    """Ticket, press, board. Desks are open."""
    ticket = take_ticket(hall)
    board = hall.of_kind("board")[0]
    topic = f"q/v1/board/{board['zone']}/state"
    button = next(device for device in hall.of_kind("button") if device["desk"] == DESK)
    with Client(hall.login(board), topic) as watching, contextlib.closing(Button(hall, button)) as pressed:
        answer = wait_for("the button's answer", lambda: _called(pressed), SOON_S)
        assert answer

        def shown() -> dict[str, Any] | None:
            entries = [entry for message in watching.of(topic) for entry in message.json["now"]]
            return next((entry for entry in entries if (entry["ticket"], entry["desk"]) == (answer["ticket"], DESK)), None)

        entry = wait_for("the number on the board", shown, SOON_S)
        assert entry
        return Visit(ticket, answer["ticket"], entry)


def _called(button: Button) -> dict[str, Any] | None:
    """Press; within the guard after the desk's last move a press is stale, so it is pressed again."""
    answer = button.press(f"visit-{uuid.uuid4()}")
    return answer if answer and answer["result"] == "called" else None


def first_ticket(box: Box, hall: InstalledHall, within_s: float) -> tuple[float, str]:
    """Ask for a ticket again and again from the moment of the box's boot; returns seconds since then and the number of the first one given."""

    def given() -> str | None:
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError), box.at(STAFF):
            return take_ticket(hall)
        return None

    number = box.wait("the first ticket", given, within_s)
    assert number
    return time.monotonic() - box.booted_at, number
