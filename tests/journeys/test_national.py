"""The demo and a national server: one of its own, or one that somebody else runs; what the command line says of the link."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands import edge
from tests.demo_process import Demo, free_ports, wait_for
from tests.journeys.hall import Hall
from tests.sampling import EVERYTHING

pytestmark = pytest.mark.skipif(not EVERYTHING, reason="the quick run does it once, in a browser: bash tests/long.sh everything")

TOLD_WITHIN_S = 240.0  # a new national server grants thousands of seats at first
SEEN_FROM_OUTSIDE = {"state", "pending", "epoch", "head", "acked", "since", "bytes"}
NATIONAL = (sys.executable, "-m", "edge.cli", "national")


def status(demo: Demo) -> dict[str, Any]:
    """Return what `edge sync status --json` says."""
    found: dict[str, Any] = json.loads(edge("sync", "status", "--json", "--data", demo.data).stdout)
    return found


def is_told(demo: Demo) -> bool:
    sync = demo.health()["sync"]
    return bool(sync["state"] == "idle" and sync["acked"] == sync["head"])


@contextmanager
def national(folder: Path) -> Iterator[tuple[str, str]]:
    """Run a national server that knows kara-balta; yields its address and the centre's token."""
    given = json.loads(edge("national", "--data", folder, "--enrol", "kara-balta").stdout)
    port = free_ports(1)[0]
    process = subprocess.Popen([*NATIONAL, "--data", str(folder), "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == f"ready http://127.0.0.1:{port}\n"
        yield f"http://127.0.0.1:{port}", given["token"]
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_demo_tells_a_national_server_of_its_own_everything_and_takes_it_along_when_it_ends(tmp_path: Path) -> None:
    with Demo(tmp_path, national="own") as demo:
        written = demo.described
        assert written["national"].keys() == {"url", "token", "person_key"}
        wait_for("everything to be told", lambda: is_told(demo), TOLD_WITHIN_S)
        found = status(demo)
        assert found.keys() >= SEEN_FROM_OUTSIDE
        assert found["acked"] is not None
        assert edge("sync", "try", "--data", demo.data).returncode == 0
        demo.kill()  # fails if the national server stays behind
        assert status(demo)["acked"] >= found["acked"], "what is told is known also while nobody serves"
        demo.start()
        assert demo.described == written
        Hall(demo.described).issue("passport")
        wait_for("the ticket to be told", lambda: is_told(demo), TOLD_WITHIN_S)


def test_a_demo_may_use_a_server_that_somebody_else_runs(tmp_path: Path) -> None:
    with national(tmp_path / "national") as (url, token):
        data = tmp_path / "centre"
        data.mkdir()
        with Demo(data, national=url, options=("--national-token", token)) as demo:
            assert demo.described["national"]["url"] == url
            assert demo.described["national"]["token"] == token
            wait_for("everything to be told", lambda: is_told(demo), TOLD_WITHIN_S)
            assert not (data / "national").exists()


def test_without_a_national_server_the_link_is_off_and_there_is_nothing_to_try(demo: Demo) -> None:
    assert status(demo)["state"] == "off"
    assert "national" not in demo.described
    done = edge("sync", "try", "--data", demo.data)
    assert done.returncode == 4
    assert "there is no link that could try" in done.stderr
    assert "state     off, since" in edge("sync", "status", "--data", demo.data).stdout
