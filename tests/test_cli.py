"""The `edge` command as regional IT meets it: real processes, plain sentences, exit codes."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tomlkit

from edge import setup
from tests.commands import edge, start_edge
from tests.demo_process import free_ports

DONE, PROBLEMS, USE, CONFIG = 0, 1, 2, 3


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A centre made by `edge init`, on free ports."""
    data = tmp_path / "centre"
    assert edge("init", "--data", data).returncode == DONE
    http, mqtt, ws = free_ports(3)
    config = data / "edge.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"(?m)^port = 8080", f"port = {http}", text).replace("port = 1883", f"port = {mqtt}").replace("8083", str(ws)))
    return data


@contextmanager
def served(data: Path) -> Iterator[str]:
    """Serve a centre; yields its address."""
    process = start_edge("run", "--data", data, log=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process.stdout.readline().removeprefix("ready ").strip()
        finally:
            process.terminate()
            assert process.wait(12) == DONE


def test_init_makes_a_private_centre_and_shows_the_password_once(tmp_path: Path) -> None:
    done = edge("init", "--data", tmp_path / "new")

    assert done.returncode == DONE
    assert "shown only now" in done.stdout
    password = re.search(r"password (\S+)", done.stdout)
    assert password
    files = {path.name: path for path in (tmp_path / "new").iterdir()}
    assert files.keys() >= {"edge.toml", "centre.toml", "node.key", "edge.db"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values())
    assert not any(password[1].encode() in path.read_bytes() for path in files.values())
    assert files["edge.toml"].read_text(encoding="utf-8").count("#") > 3, "the documents explain themselves"


def test_a_second_init_touches_nothing(made: Path) -> None:
    before = {path: path.read_bytes() for path in made.iterdir() if path.name != "edge.lock"}

    again = edge("init", "--data", made)

    assert again.returncode == CONFIG
    assert "was made before" in again.stderr
    assert {path: path.read_bytes() for path in before} == before


def test_a_wrong_centre_document_is_refused_with_every_fault_and_leaves_no_centre(tmp_path: Path) -> None:
    document = tmp_path / "wrong.toml"
    text = setup.sample("centre.toml").replace('letter = "E"', 'letter = "A"').replace('zone = "b"\nservices', 'zone = "c"\nservices', 1)
    document.write_text(text + "\n[surprise]\nx = 1\n", encoding="utf-8")

    done = edge("init", "--data", tmp_path / "new", "--centre", document)

    assert done.returncode == CONFIG
    assert "surprise: unknown key" in done.stderr
    assert not (tmp_path / "new" / "edge.db").exists()

    document.write_text(text, encoding="utf-8")
    done = edge("init", "--data", tmp_path / "new", "--centre", document)

    assert done.returncode == CONFIG
    assert "letter A is used by 2 services" in done.stderr
    assert "zone 'c' is not a zone" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new" / "edge.db").exists()


def test_a_centre_runs_answers_and_is_found_well_by_doctor_and_verify(made: Path) -> None:
    quiet = edge("doctor", "--data", made)
    assert quiet.returncode == DONE, quiet.stdout
    assert "the server is not running" in quiet.stdout
    assert "speaks what is not recorded" in quiet.stdout

    with served(made) as address:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            assert json.load(answer)["status"] == "ok"
        running = edge("doctor", "--data", made)
        assert running.returncode == DONE, running.stdout
        assert "running server, broker: ok" in running.stdout
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/demo/enter/kiosk-1", timeout=5)  # pairing by a link belongs to the demo
    verified = edge("verify", "--data", made)
    assert verified.returncode == DONE
    assert "0 UNEXPLAINED, 0 impossible" in verified.stdout


def test_a_device_logs_in_with_what_the_technician_is_shown(made: Path) -> None:
    listed = edge("device", "list", "--data", made)
    assert listed.returncode == DONE
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    kiosk = next(name for name in names if name.startswith("kiosk"))
    shown = dict(line.split(maxsplit=1) for line in edge("device", "credentials", kiosk, "--data", made).stdout.splitlines())
    assert shown["user"] == kiosk
    with served(made) as http:
        request = urllib.request.Request(f"{http}/api/v1/device/mqtt", headers={"Authorization": f"Bearer {shown['token']}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert json.load(answer)["password"] == shown["password"]
    unknown = edge("device", "credentials", "kiosk-99", "--data", made)
    assert unknown.returncode == USE
    assert "'kiosk-99' is not registered or was revoked: " in unknown.stderr
    assert kiosk in unknown.stderr


def test_the_metrics_are_read_with_the_token_that_the_command_shows_until_the_next_number(made: Path) -> None:
    token = edge("metrics-token", "--data", made).stdout.strip()
    with served(made) as http:
        request = urllib.request.Request(f"{http}/metrics", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert b'kezek_check{check="broker"} 1.0' in answer.read()
    config = made / "edge.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("login = 1", "login = 2"), encoding="utf-8")
    assert edge("metrics-token", "--data", made).stdout.strip() != token


def test_the_visitor_face_is_there_when_asked_for_and_doctor_asks_it(made: Path) -> None:
    config = made / "edge.toml"
    document = tomlkit.parse(config.read_text(encoding="utf-8"))
    (port,) = free_ports(1)
    document["visitor"].update({"host": "127.0.0.1", "port": port})
    config.write_text(tomlkit.dumps(document), encoding="utf-8")
    with served(made):
        found = edge("doctor", "--data", made)
    assert found.returncode == DONE, found.stdout
    assert f"the visitor face answers on port {port}" in found.stdout


def test_doctor_says_what_is_wrong(made: Path) -> None:
    (made / "node.key").chmod(0o644)
    config = made / "edge.toml"
    config.write_text(config.read_text(encoding="utf-8") + "\n[mqqt]\nport = 1\n", encoding="utf-8")

    found = edge("doctor", "--data", made)

    assert found.returncode == PROBLEMS
    assert "mqqt: unknown key" in found.stdout
    assert "chmod 600" in found.stdout


@pytest.mark.parametrize("command", ["run", "verify"])
def test_without_a_centre_the_sentence_says_what_to_do(tmp_path: Path, command: str) -> None:
    done = edge(command, "--data", tmp_path / "nothing")

    assert done.returncode == CONFIG
    assert done.stdout == ""
    assert "edge init" in done.stderr
    assert done.stderr.count("\n") == 1


def test_slips_are_printed_and_keyed_in_beside_the_server_and_without_it(made: Path, tmp_path: Path) -> None:
    with served(made):
        done = edge("emergency-block", "--data", made, "--count", "12", "--out", tmp_path / "slips.pdf")
        assert (done.returncode, "slips Z001 to Z012" in done.stdout) == (DONE, True), done.stderr
        assert (tmp_path / "slips.pdf").read_bytes().startswith(b"%PDF")
        done = edge("key-in", "--data", made, "Z003:passport", "Z001:birth:veteran")
        assert (done.returncode, "2 slips are keyed in" in done.stdout) == (DONE, True), done.stderr
    done = edge("emergency-block", "--data", made, "--count", "3", "--out", tmp_path / "more.pdf")
    assert "slips Z013 to Z015" in done.stdout
    for slip, sentence in (("Z003:passport", "it is already"), ("Z016:passport", "no such slip was printed"), ("Z002", "must be NUMBER:SERVICE")):
        refused = edge("key-in", "--data", made, slip)
        assert refused.returncode != DONE
        assert sentence in refused.stderr
