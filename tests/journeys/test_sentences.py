"""When it cannot go on, it says why in one plain sentence, with an exit code, and nothing is lost."""

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import edge, start_edge
from tests.demo_process import Demo, Ports, free_ports, wait_for
from tests.journeys.hall import Button, Hall, problem
from tests.journeys.http_client import Answer, Request, fresh_key, send
from tests.sampling import everything_only

MakeDemo = Callable[..., Demo]
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ [A-Z]+ ")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `edge` to its end."""
    return edge(*arguments, environment={**os.environ, **environment}, within_s=30)


def start(data: Path, ports: Ports, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a demo that must not come up."""
    return run("demo", "--data", str(data), "--http-port", str(ports.http), "--mqtt-port", str(ports.mqtt), "--ws-port", str(ports.ws), **environment)


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence it ended with; fails on a traceback, a ready line, or exit code 0."""
    assert done.returncode not in (0, None), done
    assert done.returncode > 0, f"killed by signal {-done.returncode}"
    assert done.stdout == ""
    assert "Traceback" not in done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if line.strip() and not LOG_LINE.match(line)]
    assert len(said) == 1, done.stderr
    return said[0]


@pytest.fixture
def stopped(centre: MakeDemo) -> tuple[Demo, str]:
    """A demo that ran, has one visitor waiting, and is stopped; and the visitor's ticket."""
    demo = centre()
    ticket = Hall(demo.described).issue("passport")["id"]
    demo.stop()
    return demo, ticket


@everything_only
def test_nothing_is_lost_by_starts_that_fail(stopped: tuple[Demo, str]) -> None:
    """An unknown key, a value out of bounds, no TOML and taken ports, one after the other; then it starts with its visitor."""
    demo, ticket = stopped
    settings = demo.data / "edge.toml"
    good = settings.read_text(encoding="utf-8")

    settings.write_text(good + "\n[mqqt]\nport = 1\n", encoding="utf-8")
    assert "mqqt" in sentence(start(demo.data, demo.ports))

    settings.write_text(re.sub(r"(?m)^max_pages = .*$", "max_pages = -5", good), encoding="utf-8")
    said = sentence(start(demo.data, demo.ports))
    assert "max_pages" in said
    assert "-5" in said

    settings.write_text("[http\n", encoding="utf-8")
    assert "edge.toml" in sentence(start(demo.data, demo.ports))

    settings.write_text(good, encoding="utf-8")
    for name in ("http", "mqtt", "ws"):
        port = getattr(demo.ports, name)
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            assert str(port) in sentence(start(demo.data, demo.ports))

    demo.start()
    assert Hall(demo.described).ticket(ticket)["state"] == "waiting"
    demo.stop()
    assert demo.verify().returncode == 0


def test_a_missing_mosquitto_is_named_and_nothing_is_lost(stopped: tuple[Demo, str], tmp_path: Path) -> None:
    """PATH has nothing but a shell: the program itself is started by its whole name."""
    demo, ticket = stopped
    (tmp_path / "sh").symlink_to("/bin/sh")
    assert "mosquitto" in sentence(start(demo.data, demo.ports, PATH=str(tmp_path))).lower()
    demo.start()
    assert Hall(demo.described).ticket(ticket)["state"] == "waiting"


def test_every_problem_of_a_settings_file_is_listed_with_its_value_and_what_is_accepted(tmp_path: Path) -> None:
    assert run("init", "--data", str(tmp_path / "centre")).returncode == 0
    settings = tmp_path / "centre" / "edge.toml"
    settings.write_text("[http]\nport = 99999\n[mqtt]\nprot = 1883\nhost = 5\n", encoding="utf-8")
    done = run("run", "--data", str(tmp_path / "centre"))
    assert done.returncode > 0
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if not LOG_LINE.match(line)]
    assert len(lines) == 3
    assert any("port" in line and "99999" in line and "65535" in line for line in lines), lines
    assert any("prot" in line for line in lines), lines
    assert any("host" in line for line in lines), lines


def test_a_second_instance_is_told_of_the_first_which_goes_on(centre: MakeDemo) -> None:
    demo = centre()
    said = sentence(start(demo.data, Ports(*free_ports(3))))
    assert str(demo.pid) in said or str(demo.data) in said
    hall = Hall(demo.described)
    assert hall.health()["status"] == "ok"
    assert hall.described["http"] == demo.http
    assert hall.issue("passport")["state"] == "waiting"


@pytest.mark.parametrize("arguments", [("run",), ("verify",), ("demo", "--hours", "never"), ("demo", "--http-port", "70000"), ("dance",)])
def test_wrong_use_is_explained_without_a_traceback(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error" in done.stderr


@pytest.mark.parametrize("command", ["run", "verify", "doctor"])
def test_a_centre_that_was_never_made_is_a_sentence(tmp_path: Path, command: str) -> None:
    done = run(command, "--data", str(tmp_path / "nothing"))
    assert done.returncode > 0
    assert "Traceback" not in done.stderr
    assert "edge init" in done.stdout + done.stderr


def test_a_centre_is_not_made_twice(tmp_path: Path) -> None:
    assert run("init", "--data", str(tmp_path / "centre")).returncode == 0
    key = (tmp_path / "centre" / "node.key").read_bytes()
    assert "exists already" in sentence(run("init", "--data", str(tmp_path / "centre")))
    assert (tmp_path / "centre" / "node.key").read_bytes() == key


@pytest.fixture
def closed_centre(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A centre by `edge init` and `edge run` whose hours are none: its address and its administrator's token."""
    data = tmp_path / "centre"
    assert run("init", "--data", str(tmp_path / "sample")).returncode == 0
    document = (tmp_path / "sample" / "centre.toml").read_text(encoding="utf-8")
    (tmp_path / "closed.toml").write_text(re.sub(r"(?m)^(mon|tue|wed|thu|fri|sat|sun) = .*$", r"\1 = []", document), encoding="utf-8")
    made = run("init", "--data", str(data), "--centre", str(tmp_path / "closed.toml"))
    assert made.returncode == 0, made.stderr
    password = made.stdout.split("password ")[1].split()[0]
    ports = Ports.free()
    settings = data / "edge.toml"
    text = settings.read_text(encoding="utf-8")
    for old, new in (
        (r"^port = 8080", f"port = {ports.http}"),
        (r"^port = 1883", f"port = {ports.mqtt}"),
        (r"^ws_port = .*", f"ws_port = {ports.ws}"),
    ):
        text = re.sub(f"(?m){old}", new, text)
    settings.write_text(text, encoding="utf-8")
    log = (data / "log").open("w", encoding="utf-8")
    server = start_edge("run", "--data", data, log=log)
    assert server.stdout
    try:
        assert server.stdout.readline() == f"ready http://127.0.0.1:{ports.http}\n", (data / "log").read_text(encoding="utf-8")
        base = f"http://127.0.0.1:{ports.http}"
        session = send(base, Request("POST", "/api/v1/sessions", body={"login": "administrator", "password": password}))
        yield base, session.json["token"]
    finally:
        server.terminate()
        server.wait(15)
        server.stdout.close()
        log.close()


def test_a_closed_service_is_409_and_says_closed(closed_centre: tuple[str, str]) -> None:
    base, token = closed_centre
    answer = send(base, Request("POST", "/api/v1/tickets", token, {"service": "passport", "lang": "ky"}, fresh_key()))
    assert "closed" in problem(answer, 409)["detail"]
    services = send(base, Request("GET", "/api/v1/services", token)).json
    assert {(each["open"], each["why"]) for each in services} == {(False, "closed")}


def test_wrong_passwords_are_delayed_with_retry_after_and_never_lock_for_good(centre: MakeDemo) -> None:
    hall = Hall(centre().described)
    member = next(each for each in hall.described["staff"] if each["role"] == "supervisor")
    wrong = {"login": member["login"], "password": "wrong"}
    answers = [hall.send("POST", "/sessions", body=wrong) for _ in range(10)]
    delayed = next(answer for answer in answers if answer.status != 401)
    problem(delayed, 429)
    assert int(delayed.headers["retry-after"]) >= 1
    right = {"login": member["login"], "password": member["password"]}
    wait_for("the right password to be let in", lambda: hall.send("POST", "/sessions", body=right).status == 201, within_s=30)


def busy(button: Button) -> str | None:
    """Press once with a new id; returns the id if the answer was busy."""
    id_ = fresh_key("busy")
    return id_ if button.press(id_=id_)["result"] == "busy" else None


@everything_only
def test_a_full_disk_refuses_with_a_sentence_and_loses_nothing(centre: MakeDemo) -> None:
    demo = centre()
    hall = Hall(demo.described)
    made = [hall.issue("passport")["id"]]
    demo.stop()
    settings = demo.data / "edge.toml"
    good = settings.read_text(encoding="utf-8")
    pages = (demo.data / "edge.db").stat().st_size // 4096
    settings.write_text(re.sub(r"(?m)^max_pages = .*$", f"max_pages = {pages + 8}", good), encoding="utf-8")
    demo.restart()
    hall = Hall(demo.described)

    def refused() -> Answer | None:
        answer = hall.post("/tickets", {"service": "passport", "lang": "ky"}, hall.kiosk)
        if answer.status == 201:
            made.append(answer.json["id"])
            return None
        return answer

    answer = wait_for("the disk to be full", refused, within_s=30)
    assert answer is not None
    assert len(problem(answer, 503)["detail"]) < 300
    with Button(hall, "1") as button:
        id_ = wait_for("a press that cannot be decided", lambda: busy(button), within_s=30)
        assert button.press(id_=id_)["result"] == "busy", "busy is not remembered"
    wait_for("healthz to be 503", lambda: send(hall.base, Request("GET", "/healthz")).status == 503)
    before = [hall.ticket(ticket) for ticket in made]  # reading goes on
    demo.stop()

    settings.write_text(good, encoding="utf-8")
    demo.restart()
    hall = Hall(demo.described)
    assert [hall.ticket(ticket) for ticket in made] == before
    with Button(hall, "1") as button:
        assert button.press(id_=id_)["result"] != "dup"
    demo.stop()
    assert demo.verify().returncode == 0
