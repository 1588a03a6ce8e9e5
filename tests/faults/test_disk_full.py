"""A full disk: refused in words, nothing lost, and well again once there is room (`max_page_count` stands for the disk)."""

import json
import os
import re
from collections.abc import Callable

import apsw
import pytest

from tests.commands import edge
from tests.demo_process import Demo, wait_for
from tests.faults.traffic import Button, get, post

WISH = json.dumps({"service": "passport", "lang": "ky"})


def _limit_pages(demo: Demo, spare: int | None) -> None:
    """Let the database grow by ``spare`` pages at most; None: no limit. The server must not run."""
    pages = 0
    if spare is not None:
        connection = apsw.Connection(str(demo.data / "edge.db"))
        pages = int(str(connection.pragma("page_count"))) + spare
        connection.close()
    config = demo.data / "edge.toml"
    config.write_text(re.sub(r"(?m)^max_pages = \d+", f"max_pages = {pages}", config.read_text()))


@pytest.mark.timeout(120)
def test_a_full_disk_refuses_in_words_and_loses_nothing(centre: Callable[..., Demo]) -> None:
    demo = centre()
    demo.stop()
    _limit_pages(demo, spare=30)
    demo.start()
    kiosk = demo.devices["kiosk-1"]["token"]
    kept: list[tuple[str, bytes]] = []
    status, body = 0, b""
    for number in range(2000):
        key = f"full-{number:04d}"
        status, body = post(demo, kiosk, "tickets", key, WISH)
        if status != 201:
            break
        kept.append((key, body))

    problem = json.loads(body)
    assert status == 503
    assert problem["code"] == "disk_full"
    assert "full" in problem["detail"]
    assert "nothing was lost" in problem["detail"]

    health = wait_for("healthz to tell", lambda: (found := demo.health())["checks"]["database"]["status"] != "ok" and found)
    assert health["status"] == "degraded"
    button = Button(demo, demo.devices["button-1"])
    answer = button.press(f"full-{os.getpid()}")
    button.close()
    assert answer is not None
    assert answer["result"] in ("busy", "called")  # the last page may still hold one call

    assert kept, "the limit was too low to issue anything"
    verified = demo.verify()
    assert verified.returncode == 0, verified.stdout
    demo.stop()
    _limit_pages(demo, spare=None)
    demo.start()

    for key, answer_ in kept:
        assert post(demo, kiosk, "tickets", key, WISH) == (200, answer_)
    status, body = post(demo, kiosk, "tickets", key := f"full-{len(kept):04d}", WISH)
    assert status == 201, (key, body)  # the refusal left the key unused
    assert json.loads(body)["number"] == f"A{len(kept) + 1:03d}", "a refused request used up a number"
    assert len([s for s in get(demo, kiosk, "services") if s["code"] == "passport" and s["ahead"] >= len(kept)]) == 1


def test_a_second_instance_is_told_who_has_the_centre(centre: Callable[..., Demo]) -> None:
    demo = centre()

    second = edge(*demo.command(), within_s=30)

    assert second.returncode == 3
    assert second.stdout == ""
    assert re.fullmatch(r"edge: another edge \(process \d+\) already serves .*: stop it first\n", second.stderr)
    assert demo.health()["status"] == "ok"
