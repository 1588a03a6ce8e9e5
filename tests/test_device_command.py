"""`edge device` as a technician meets it: without a server, and beside one that screens ask."""

import json
import re
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from edge import setup
from edge.devices import handshake
from edge.devices.handshake import Answer
from edge.devices.link import Login
from tests.commands import edge
from tests.demo_process import Demo, wait_for
from tests.devices.client import Client

DONE, USE, UNAVAILABLE = 0, 2, 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre that nobody serves."""
    data = tmp_path_factory.mktemp("devices") / "centre"
    setup.init(data, None)
    return data


def device(data: Path, *arguments: str) -> str:
    """Run one command that must succeed; return what it says."""
    done = edge("device", *arguments, "--data", data)
    assert done.returncode == DONE, done.stderr
    return done.stdout


def listed(data: Path) -> dict[str, dict[str, Any]]:
    return {each["device"]: each for each in json.loads(device(data, "list", "--json"))}


def test_a_button_is_added_replaced_and_revoked_and_each_login_is_another(made: Path) -> None:
    first = device(made, "add", "--kind", "button", "--id", "button-x", "--desk", "2")
    second = device(made, "replace", "button-x")
    assert "desk 2" in first
    passwords = [re.search(r"password +(\S+)", said) for said in (first, second)]
    assert passwords[0]
    assert passwords[1]
    assert passwords[0][1] != passwords[1][1]
    device(made, "revoke", "button-x")
    assert (listed(made)["button-x"]["generation"], listed(made)["button-x"]["active"]) == (3, False)
    assert "revoked" in next(line for line in device(made, "list").splitlines() if line.startswith("button-x "))


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("pair", "ABCDEF"), USE, "Give either --as NAME or --kind KIND"),
        (("pair", "ABCDEF", "--as", "board-a"), USE, "no screen shows the code 'ABCDEF'"),
        (("identify", "board-a"), UNAVAILABLE, "no server runs here"),
    ],
)
def test_what_cannot_be_is_one_plain_sentence(made: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    done = edge("device", *arguments, "--data", made)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == status


def test_a_screen_is_paired_at_the_command_line_beside_a_running_centre(demo: Demo) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{demo.http}/pair").read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    page = browser.open(f"{demo.http}/pair", data=f"csrf_token={token[1]}".encode()).read().decode()
    code = re.search(r'id="code"[^>]*>(\w+) (\w+)<', page)
    assert code
    said = device(demo.data, "pair", "".join(code.groups()), "--kind", "board", "--zone", "b", "--yes")
    assert "at 127.0.0.1" in said
    assert "it becomes board-b-2 (zone b)" in said
    assert browser.open(f"{demo.http}/pair").url.endswith("/board/board-b-2")
    device(demo.data, "identify", "board-b-2")
    device(demo.data, "revoke", "board-b-2")


def test_paper_that_is_out_is_said_by_the_running_centre_until_the_printer_is_revoked(demo: Demo) -> None:
    password = re.search(r"password +(\S+)", device(demo.data, "add", "--kind", "printer", "--id", "printer-x"))
    assert password
    ack, login = "q/v1/dev/printer-x/ack", Login(demo.mqtt["host"], demo.mqtt["port"], "printer-x", password[1])
    wait_for("the broker to let it in", lambda: handshake.connack(login.host, login.port, login.user, login.password) is Answer.ACCEPTED)
    with Client(login, ack) as printer:
        printer.publish("q/v1/dev/printer-x/event", {"v": 1, "id": "p.1", "type": "paper-out"})
        assert printer.wait(ack).json["result"] == "ok"
    assert demo.health()["checks"]["alerts"] | {"since": ""} == {"status": "raised", "since": "", "detail": "paper-out:printer-x"}
    device(demo.data, "revoke", "printer-x")
    wait_for("the centre's own look", lambda: demo.health()["checks"]["alerts"]["status"] == "ok", 20)
    assert "0 UNEXPLAINED, 0 impossible" in demo.verify().stdout
