"""`edge doctor --bundle`: what is in it, and above all what is not."""

import json
import re
import tarfile
import urllib.request
from pathlib import Path

import pytest

from edge import bundle, machine
from tests.commands import edge
from tests.demo_process import Demo

NAME, DOCUMENT, PHONE = "Ajgul Asanova", "AN1234567", "+996700123456"


def _content(file: Path) -> dict[str, str]:
    with tarfile.open(file) as tar:
        return {member.name.removeprefix("kezek-support/"): _text(tar, member) for member in tar.getmembers()}


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    found = tar.extractfile(member)
    assert found
    assert (member.uid, member.uname) == (0, "")
    return found.read().decode()


def _planted(demo: Demo) -> list[str]:
    """Put personal data and secrets into the centre; returns every one of them."""
    token = demo.devices["kiosk-1"]["token"]
    body = json.dumps({"service": "passport", "lang": "ky", "contact": PHONE}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "Idempotency-Key": "bundle-planted"}
    with urllib.request.urlopen(urllib.request.Request(f"{demo.http}/api/v1/tickets", body, headers), timeout=5) as answer:
        ticket = json.load(answer)
    added = edge("staff", "add", "--data", demo.data, "a.asanova", "--role", "operator")
    assert added.returncode == 0, added.stderr
    (demo.data / "notes.txt").write_text(f"{NAME} {DOCUMENT}")
    key = json.loads((demo.data / "node.key").read_text())
    secrets = [each[word] for each in demo.described["devices"] for word in ("password", "token")]
    secrets += [each[word] for each in demo.described["staff"] for word in ("password", "pin")]
    return [NAME, DOCUMENT, PHONE, "a.asanova", ticket["id"], ticket["track_url"].rpartition("/")[2], key["centre_key"], key["node_seed"], *secrets]


def test_nothing_of_a_person_and_no_secret_is_in_the_bundle(demo: Demo, tmp_path: Path) -> None:
    planted = _planted(demo)
    file = tmp_path / "support.tar.gz"
    done = edge("doctor", "--data", demo.data, "--bundle", file)
    assert "no personal data and no secrets" in done.stderr
    assert file.stat().st_mode & 0o077 == 0
    content = _content(file)
    found = [(name, secret) for name, text in content.items() for secret in planted if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text)]
    assert not found


def test_a_helper_finds_what_is_needed(demo: Demo, tmp_path: Path) -> None:
    edge("doctor", "--data", demo.data, "--bundle", tmp_path / "support.tar.gz")
    content = _content(tmp_path / "support.tar.gz")
    assert {"doctor.txt", "versions.txt", "edge.toml", "healthz.json", "tables.json", "files.txt", "machine.txt"} <= content.keys()
    assert "the database is sound" in content["doctor.txt"]
    assert json.loads(content["healthz.json"])["checks"]["disk"]["status"] == "ok"
    tables = json.loads(content["tables.json"])
    assert tables["rows"]["journal"] == tables["head"]["seq"]
    assert "edge.db" in content["files.txt"]


def test_a_bundle_is_made_of_a_centre_that_is_damaged(tmp_path: Path) -> None:
    data = tmp_path / "centre"
    assert edge("init", "--data", data).returncode == 0
    (data / "edge.db").write_bytes(b"no database")
    edge("doctor", "--data", data, "--bundle", tmp_path / "support.tar.gz")
    content = _content(tmp_path / "support.tar.gz")
    assert "the database is damaged" in content["doctor.txt"]
    assert "damaged" in json.loads(content["tables.json"])["error"]


def test_logins_and_links_are_blacked_out() -> None:
    line = "request failed path='/t/abc-DEF_1' by asel, not asel-ops or basel"
    assert bundle.blacked(line, ["asel-ops", "asel"]) == "request failed path='/t/[…]' by […], not […] or basel"


@pytest.mark.parametrize(("answer", "count"), [("throttled=0x0", 0), ("throttled=0x50005", 4), ("VCHI failed", 0), ("", 0)])
def test_a_pi_says_what_is_wrong_with_its_power(answer: str, count: int) -> None:
    assert len(machine.throttled(answer)) == count


@pytest.mark.parametrize(
    "text", ['[national]\ntoken = "t-1"\nperson_key = "cGVyc29u"\n', 'national = { token = "t-1", person_key = "cGVyc29u" }', "token = t-1\n"]
)
def test_what_the_country_gave_this_centre_is_blacked_out(text: str) -> None:
    shown = bundle._without_secrets(text)
    assert bundle.BLACK in shown
    assert "t-1" not in shown
    assert "cGVyc29u" not in shown


def test_a_secret_that_is_not_set_is_seen_to_be_so() -> None:
    assert bundle._without_secrets('token = ""\n') == 'token = ""\n'
