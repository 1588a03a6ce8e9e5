"""Power cuts on a disk that forgets what was not synced: ten of each kind; `tests/long.sh power` makes two hundred. And: does the disk forget?"""

import random
from functools import partial
from itertools import count
from pathlib import Path

import apsw
import pytest

from tests.faults.power import KINDS, Broken, Life, Tuner, run_round
from tests.faults.power_disk import SECTOR, Disk, Fate, Instant, Truncation, Write, powered
from tests.sampling import some

SEED = 20261124


def _life(folder: Path, name: object = "") -> Life:
    root = folder / f"life-{name}"
    root.mkdir()
    return Life(root, random.Random(f"{SEED}-{name}"))


def _left(folder: Path, disk: Disk, fate: Fate, seed: int = 0) -> Path:
    into = folder / f"left-{fate}-{seed}"
    into.mkdir()
    disk.survive(into, fate, random.Random(seed))
    return into


def _broken(life: Life, instant: Instant, fate: Fate, *, rounds: int = 3, lies: bool = False, tune: Tuner | None = None) -> str | None:
    """Return the first promise that is broken in some rounds."""
    try:
        for number in range(rounds):
            run_round(life, number, instant, fate, lies=lies, tune=tune)
    except Broken as broken:
        return str(broken)
    return None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "disk"
    made.mkdir()
    return made


@pytest.mark.parametrize(("instant", "fate"), some(KINDS, 2, 4, 6, 11), ids=str)
def test_nothing_acknowledged_is_lost_by_a_power_cut(tmp_path: Path, instant: Instant, fate: Fate) -> None:
    """Journal lines, answers of tickets and of presses are there; `integrity_check` and `edge verify` are clean."""
    life = _life(tmp_path, f"{instant}-{fate}")
    doing = [run_round(life, number, instant, fate) for number in range(10)]
    print(f"seed {SEED}-{instant}-{fate}, cut during {doing}: {dict(life.owed.count())}")
    assert life.owed.count().total() > 0, "every cut came before any promise; nothing was tested"


@pytest.mark.parametrize("synchronous", ["normal", "off"])
def test_commits_that_are_not_synced_are_lost_and_this_is_noticed(tmp_path: Path, synchronous: str) -> None:
    found = _broken(_life(tmp_path), Instant.IDLE, Fate.DROPPED, rounds=20, tune=lambda connection: connection.pragma("synchronous", synchronous))
    assert found is not None
    assert "acknowledged commits are lost" in found


def test_a_drive_that_lies_about_its_syncs_is_noticed(tmp_path: Path) -> None:
    assert _broken(_life(tmp_path), Instant.IDLE, Fate.DROPPED, rounds=1, lies=True)


def test_without_syncs_a_checkpoint_spoils_the_file_and_this_is_noticed(tmp_path: Path) -> None:
    lives = (_life(tmp_path, name) for name in range(60))
    broken = (_broken(life, Instant.WRITE, Fate.SCATTERED, tune=lambda connection: connection.pragma("synchronous", "off")) for life in lives)
    assert next((found for found in broken if found and "are lost" not in found), None), "no file was spoilt"


def test_connections_share_what_is_not_synced_and_a_cut_drops_it(tmp_path: Path, folder: Path) -> None:
    disk = Disk(folder)
    with powered(disk):
        one, other = (apsw.Connection(str(folder / "a.db")) for _ in range(2))
        one.pragma("journal_mode", "wal")
        one.pragma("synchronous", "full")
        one.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        one.pragma("synchronous", "off")
        one.execute("INSERT INTO t VALUES (2)")
        assert other.execute("SELECT x FROM t").fetchall() == [(1,), (2,)]
        disk.pull()
        with pytest.raises(apsw.IOError, match="the power is off"):
            other.execute("INSERT INTO t VALUES (3)")
    left = apsw.Connection(str(_left(tmp_path, disk, Fate.DROPPED) / "a.db"))
    assert (left.open_vfs, left.execute("SELECT x FROM t").fetchall()) == ("unix", [(1,)])
    left.close()


def test_the_power_goes_at_the_very_write_or_sync_that_was_armed(folder: Path) -> None:
    for instant, durable in ((Instant.WRITE, b""), (Instant.SYNC, b""), (Instant.SYNCED, b"ab")):
        disk = Disk(folder)
        inode = disk.make("file")
        disk.arm(instant, 2 if instant is Instant.WRITE else 1)
        disk.change(inode, Write(0, b"a"))
        with pytest.raises(apsw.IOError):  # noqa: PT012  # which of the two calls it is depends on the instant
            disk.change(inode, Write(1, b"b"))
            disk.sync(inode, names=False)
        assert (disk.on, bytes(inode.durable), bytes(inode.seen)) == (False, durable, b"ab")


def test_a_torn_write_lands_in_whole_sectors_and_never_as_a_whole(folder: Path) -> None:
    disk = Disk(folder)
    inode = disk.make("file")
    disk.change(inode, Write(0, b"o" * 4096))
    disk.sync(inode, names=True)
    disk.change(inode, Write(100, b"n" * 2000))
    for found in map(partial(inode.after, Fate.TORN), map(random.Random, range(50))):
        parts = [found[max(100, start) : min(2100, start + SECTOR)] for start in range(0, 2100, SECTOR)]
        assert {len(set(part)) for part in parts} == {1}
        assert b"o"[0] in {part[0] for part in parts}
        assert (found[:100], found[2100:]) == (b"o" * 100, b"o" * 1996)


def test_any_writes_may_survive_without_those_before_them(folder: Path) -> None:
    disk = Disk(folder)
    inode = disk.make("file")
    for change in (Write(0, b"a"), Write(1, b"b"), Truncation(1)):
        disk.change(inode, change)
    found = {inode.after(Fate.SCATTERED, random.Random(seed)) for seed in range(200)}
    assert found == {b"", b"a", b"\0b", b"ab", b"\0"}
    assert inode.after(Fate.DROPPED, random.Random(0)) == b""


def test_a_deleted_file_may_come_back_until_the_folder_is_synced(tmp_path: Path, folder: Path) -> None:
    (folder / "log").write_bytes(b"old")
    disk = Disk(folder)
    seeds = count()

    def found() -> set[str]:
        return {",".join(path.name for path in _left(tmp_path, disk, Fate.SCATTERED, next(seeds)).iterdir()) for _ in range(20)}

    disk.remove(str(folder / "log"), synced=False)
    assert found() == {"", "log"}
    disk.remove(str(folder / "other"), synced=True)
    assert found() == {""}
