"""A disk that is really full, to its last byte: tickets, calls and presses go on from reserved room, and are there after a kill.

A small file system is mounted in a mount namespace of its own, which ends with the test.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edge.config import Paths
from edge.store.reserve import LOWEST_FREE, MIB, SLICE, Reserve
from tests.commands import edge
from tests.demo_process import Demo, wait_for
from tests.faults.traffic import Button, post
from tests.sampling import everything_only, some

WISH = json.dumps({"service": "passport", "lang": "ky"})
RESERVE_MIB = 24
INSIDE = "EDGE_TEST_SMALL_DISK"


def test_the_reserve_comes_with_the_room_and_goes_by_slices(tmp_path: Path) -> None:
    free = [1000 * MIB]
    reserve = Reserve(tmp_path / "reserve", 20 * MIB, lambda _: free[0])
    reserve.keep()
    assert (reserve.held, reserve.trouble()) == (20 * MIB, None)
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 20 * MIB, "a sparse file reserves nothing"
    free[0] = LOWEST_FREE
    reserve.keep()
    assert reserve.held == 20 * MIB, "there is enough for the next writes"
    free[0] = 0
    reserve.make_room()
    assert reserve.held == 0, "nothing became free, so all of it had to go"
    assert "used up" in (reserve.trouble() or "")
    free[0] = LOWEST_FREE + SLICE
    reserve.keep()
    assert reserve.held == 0, "what would be taken back at once is not taken"
    free[0] = LOWEST_FREE + 2 * SLICE + 5 * MIB
    reserve.keep()
    assert reserve.held == 5 * MIB
    assert "5 of the 20 MiB" in (reserve.trouble() or "")
    free[0] = 1000 * MIB
    reserve.keep()
    assert (reserve.held, reserve.trouble()) == (20 * MIB, None)


def test_a_reserve_that_is_not_wanted_any_more_goes(tmp_path: Path) -> None:
    Reserve(tmp_path / "reserve", 8 * MIB).keep()
    none = Reserve(tmp_path / "reserve", 0)
    none.keep()
    assert (none.held, none.trouble()) == (0, None)


# a real disk

in_a_namespace = pytest.mark.skipif(INSIDE in os.environ, reason="this is the outer half")


def _may_mount() -> bool:
    done = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    return done.returncode == 0


@everything_only
@in_a_namespace
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", some(["ext4", "tmpfs"], 0))
def test_tickets_calls_and_presses_go_on_when_the_disk_is_full(tmp_path: Path, kind: str) -> None:
    if not _may_mount():
        pytest.skip("NO MOUNTING HERE (needs root and CAP_SYS_ADMIN): the full disk was NOT tried on a real file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    if kind == "ext4":
        image = tmp_path / "image"
        with image.open("wb") as file:
            file.truncate(96 * MIB)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
        mount = f"mount -o loop {image} {disk}"
    else:
        mount = f"mount -t tmpfs -o size=96m none {disk}"
    inner = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"{__file__}::test_inside"]
    script = f'{mount} && exec "$@"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *inner],
        env={**os.environ, INSIDE: str(disk)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout, done.stdout


@pytest.fixture
def small() -> Iterator[Demo]:
    """A demo on the small disk, with a reserve that fits there."""
    if INSIDE not in os.environ:
        pytest.skip("runs inside the namespace of the test above")
    data = Path(os.environ[INSIDE]) / "centre"
    data.mkdir()
    demo = Demo(data)
    demo.start().stop()
    config = data / "edge.toml"
    config.write_text(config.read_text().replace("reserve_mib = 8", f"reserve_mib = {RESERVE_MIB}"))
    yield demo
    demo.close()


def _fill(disk: Path) -> int:
    """Take every byte that is left, as a log that runs wild does; returns how many it were."""
    taken = 0
    with (disk / "wild").open("ab", buffering=0) as file:
        for size in (MIB, 4096, 512, 1):
            with suppress(OSError):
                while written := file.write(b"x" * size):
                    taken += written
        with suppress(OSError):
            os.fsync(file.fileno())
    return taken


def _held(demo: Demo) -> int:
    return Reserve(Paths(demo.data).reserve, RESERVE_MIB * MIB).held


def _tickets(demo: Demo, name: str, wanted: int) -> list[tuple[str, int, bytes]]:
    """Ask for tickets until one is refused; (key, status, body) of each."""
    asked: list[tuple[str, int, bytes]] = []
    for number in range(wanted):
        key = f"{name}-{number:03d}"
        asked.append((key, *post(demo, demo.devices["kiosk-1"]["token"], "tickets", key, WISH)))
        if asked[-1][1] != 201:
            break
    return asked


def _press(demo: Demo, device: str, *ids: str) -> list[str]:
    button = Button(demo, demo.devices[device])
    answers = [button.press(each) for each in ids]
    button.close()
    return [answer["result"] if answer else "no answer" for answer in answers]


def _everything_goes_on(demo: Demo) -> list[tuple[str, int, bytes]]:
    kept = _tickets(demo, "full", 60)
    assert {status for _, status, _ in kept} == {201}
    first, second = _press(demo, "button-1", "full-1", "full-2")
    assert first == "called"
    assert second in ("called", "stale")
    assert post(demo, demo.staff_token, "desks/2/next", "full-next", "{}")[0] == 200
    return kept


def _it_is_said(demo: Demo) -> None:
    health = wait_for("healthz to tell", lambda: (found := demo.health())["checks"]["disk"]["status"] != "ok" and found)
    assert health["status"] == "degraded"
    assert "reserved for tickets and calls are left, free space" in health["checks"]["disk"]["detail"]
    assert health["checks"]["database"]["status"] == "ok"
    assert 0 < _held(demo) < RESERVE_MIB * MIB
    doctor = edge("doctor", "--data", demo.data)
    assert "reserved for tickets and calls are left" in doctor.stdout
    assert doctor.returncode == 1
    refused = edge("backup", "--data", demo.data)
    assert refused.returncode == 4
    assert "must stay free" in refused.stderr
    assert "Traceback" not in refused.stderr


def _used_up(demo: Demo, disk: Path) -> int:
    """Fill the disk until nothing is left for us either; returns how many tickets were still given."""

    def is_spent() -> bool:
        _fill(disk)
        demo.health()  # writes, and so takes from the reserve
        return _held(demo) == 0 and _fill(disk) == 0

    wait_for("the reserve to be used up", is_spent, 60)
    asked = _tickets(demo, "none", 90)
    _, status, body = asked[-1]
    problem = json.loads(body)
    assert (status, problem["code"]) == (503, "disk_full"), "90 tickets without a byte of room"
    assert "nothing was lost" in problem["detail"]
    assert _press(demo, "button-2", "none-1") == ["busy"]
    assert "used up" in demo.health()["checks"]["disk"]["detail"]
    return len(asked) - 1


@pytest.mark.timeout(240)
def test_inside(small: Demo) -> None:
    disk, demo = Path(os.environ[INSIDE]), small
    demo.start()
    assert _held(demo) == RESERVE_MIB * MIB
    assert demo.health()["checks"]["disk"]["status"] == "ok"
    assert _fill(disk) > MIB
    kept = _everything_goes_on(demo)
    _it_is_said(demo)

    demo.kill()
    assert demo.verify().returncode == 0
    demo.start()  # on the full disk
    for key, _, body in kept:
        assert post(demo, demo.devices["kiosk-1"]["token"], "tickets", key, WISH) == (200, body)
    issued = len(kept) + _used_up(demo, disk)

    (disk / "wild").unlink()
    wait_for("the reserve to be back", lambda: _held(demo) == RESERVE_MIB * MIB)
    wait_for("health to be well", lambda: demo.health()["status"] == "ok")
    demo.kill()
    verified = demo.verify()
    assert verified.returncode == 0, verified.stdout
    demo.start()
    ((_, status, body),) = _tickets(demo, "last", 1)
    assert status == 201
    assert int(json.loads(body)["number"][1:]) == issued + 1, "a refused request used up a number, or an issued one is lost"
