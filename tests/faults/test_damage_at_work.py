"""A damaged page met by a server at work: nothing more is written, it ends with one sentence, and its next start says the way back."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from edge import backup, setup
from edge.config import Paths
from edge.errors import ConfigError, Unavailable
from edge.store.database import Database
from tests.commands import edge
from tests.conftest import MakeDemo
from tests.demo_process import Demo, wait_for
from tests.faults.test_damage import CANNOT_RUN, DONE, PAGE, flipped, issue, root_page, said, started

DAMAGED = "the database is damaged: the server stops"


def _spoilt_under_it(demo: Demo) -> Paths:
    """Damage what only a cold query reads, while the server runs: the tickets' table, brought out of the log by a restart first."""
    paths = Paths(demo.data)
    assert edge("backup", "--data", paths.data).returncode == DONE
    demo.stop()
    demo.start()
    flipped(paths.database, (root_page(paths.database, "ticket") - 1) * PAGE)
    return paths


@pytest.mark.timeout(120)
def test_a_damaged_page_ends_the_server_with_words_and_the_next_start_has_the_way_back(centre: MakeDemo) -> None:
    demo = centre()
    for number in range(5):
        issue(demo, f"work-{number}")
    paths = _spoilt_under_it(demo)
    logins = demo.staff_token
    before = paths.database.read_bytes()
    request = urllib.request.Request(
        f"{demo.http}/api/v1/tickets/0190aaaa-0000-7000-8000-000000000000", headers={"Authorization": f"Bearer {logins}"}
    )
    with pytest.raises(urllib.error.HTTPError) as met:
        urllib.request.urlopen(request, timeout=5)
    problem = json.load(met.value)
    assert (met.value.code, problem["code"]) == (503, "damaged")
    assert problem["detail"].startswith(DAMAGED)
    assert demo.wait_dead() == CANNOT_RUN
    assert paths.suspect.exists()
    log = demo.log_tail(40)
    assert f"edge: {DAMAGED}" in log
    assert "a damaged page was met, nothing is written any more" in log
    assert paths.database.read_bytes() == before, "the log was brought into the damaged file"

    sentence = said(started(demo))
    newest = backup.newest(paths.backups)
    assert f"run `edge restore {newest} --data {paths.data} --replace`" in sentence
    assert edge("restore", newest or "", "--data", paths.data, "--replace").returncode == DONE
    demo.start()
    assert not paths.suspect.exists()
    demo.stop()
    assert demo.verify().returncode == DONE


def test_a_condemned_database_takes_no_commit_and_leaves_its_log_alone(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "centre")
    setup.init(paths.data, None)
    database = Database(paths.database)
    database.open()
    with database.write() as transaction:
        transaction.probe("2026-11-24T00:00:00.000Z")
    log = paths.database.with_name("edge.db-wal")
    before = (paths.database.read_bytes(), log.read_bytes())
    database.condemn()
    with pytest.raises(Unavailable, match="damaged"), database.write():
        pass
    assert not database.checkpoint(above_pages=0)
    database.close()
    assert (paths.database.read_bytes(), log.read_bytes()) == before


def test_closing_twice_is_closing_once_and_a_late_writer_is_told(tmp_path: Path) -> None:
    database = Database(tmp_path / "edge.db")
    database.open()
    database.close()
    database.close()
    with pytest.raises(Unavailable, match="closed"), database.write():
        pass


def test_an_init_that_was_killed_leaves_no_half_of_a_centre(tmp_path: Path) -> None:
    data = tmp_path / "centre"
    killed = edge("init", "--data", data, environment={**os.environ, "EDGE_FAILPOINTS": "commit.before"})
    assert killed.returncode == -signal.SIGKILL
    assert not list(data.glob("edge.db*"))
    wait_for("what was left to be there", lambda: list(data.glob(".first-*")))
    doctor = edge("doctor", "--data", data)
    assert f"run `edge init --data {data}` first" in doctor.stdout
    done = edge("init", "--data", data)
    assert done.returncode == DONE, done.stderr
    assert not list(data.glob(".first-*"))
    assert edge("verify", "--data", data).returncode == DONE


def test_without_its_settings_a_box_is_told_where_they_are_not_to_make_a_new_centre(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "centre")
    setup.init(paths.data, None)
    assert edge("backup", "--data", paths.data).returncode == DONE
    text = paths.config.read_text()
    paths.config.unlink()
    sentence = said(edge("run", "--data", paths.data))
    assert "edge init" not in sentence
    command = sentence.partition("(`")[2].partition("`)")[0].replace("FILE", (backup.newest(paths.backups) or Path()).stem)
    subprocess.run(["sh", "-c", command], check=True)
    assert paths.config.read_text() == text
    with pytest.raises(ConfigError, match="exists already"):
        setup.init(paths.data, None)
