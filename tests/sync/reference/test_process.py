"""`edge national` as its operator meets it: a process of its own, killed at the worst moments, and commands that say what they did."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands import Command, edge, start_edge
from tests.sync.reference.box import Box

DONE, USE, CONFIG = 0, 2, 3


@contextmanager
def serving(data: Path, kills: str = "") -> Iterator[tuple[str, Command]]:
    """Serve a national server from ``data`` on a free port; yields its address."""
    environment = {**os.environ, "NATIONAL_KILLS": kills}
    process = start_edge("national", "--data", data, "--port", "0", log=subprocess.DEVNULL, environment=environment)
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process.stdout.readline().removeprefix("ready ").strip(), process
        finally:
            process.terminate()
            process.wait(12)


def enrolled(data: Path, centre: str) -> Box:
    done = edge("national", "--data", data, "--enrol", centre)
    assert done.returncode == DONE, done.stderr
    given = json.loads(done.stdout)
    assert given.keys() == {"centre", "token", "person_key"}
    return Box("", given["token"], given["centre"])


def pushed_to_its_death(box: Box, process: Command) -> None:
    """Push all; the server must die of it without an answer."""
    try:
        answer = box.push()
    except OSError:
        assert process.wait(10) == -9
    else:
        raise AssertionError(f"answered {answer.status} and lives")


def test_a_killed_server_has_what_it_acknowledged_and_takes_the_rest_again(tmp_path: Path) -> None:
    box = enrolled(tmp_path, "osh")
    box.write(9)
    box.write(1, type="strange.thing")
    kept = 0
    for place in ("store.before", "store.after", "apply.middle", "reply.before"):
        with serving(tmp_path, place) as (box.address, process):
            told = box.hello().body["acked"] or {"seq": 0}
            assert told["seq"] == kept
            pushed_to_its_death(box, process)
        if place != "store.before":
            kept = box.head.seq
            box.write()
    with serving(tmp_path) as (box.address, process):
        told = box.hello().body
        assert (told["action"], told["acked"]["seq"]) == ("resume", kept)
        answer = box.push().body
        assert answer["acked"]["seq"] == box.head.seq == 13
        assert answer["notices"] == [{"seq": 10, "code": "type_unknown"}], "taken over once, whenever it was"
        assert [json.loads(line)["hash"] for line in box.fetched(1)] == [line.hash for line in box.lines]
        process.terminate()
        assert process.wait(12) == DONE, "SIGTERM ends it in order"


def test_the_operators_commands_say_what_they_did(tmp_path: Path) -> None:
    enrolled(tmp_path, "osh")
    restored = edge("national", "--data", tmp_path, "--restored")
    assert (restored.returncode, restored.stdout.split(":")[0]) == (DONE, "a new incarnation of 1 centres")


def test_a_wrong_command_is_one_sentence_and_an_exit_code(tmp_path: Path) -> None:
    neither = edge("national", "--port", "0")
    assert neither.returncode == USE
    assert "--database" in neither.stderr
    nowhere = edge("national", "--database", f"postgresql:///nowhere?host={tmp_path}", "--restored")
    assert nowhere.returncode == CONFIG
    assert "the national database cannot be opened" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr
    done = edge("national", "--data", tmp_path, "--enrol", "two words")
    assert done.returncode == CONFIG
    assert "a name is 1 to 64" in done.stderr
    assert "Traceback" not in done.stderr
