"""Damaged, truncated and missing files, met by a real server at its start: it says so, keeps the evidence, and a restore brings the centre back."""

import json
import os
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge import backup, checkup, damage, high_water, setup
from edge.config import Paths
from edge.errors import ConfigError, Corrupt
from edge.store import copying, soundness
from edge.store.reserve import LEAVE_FREE
from tests.commands import edge
from tests.conftest import MakeDemo
from tests.demo_process import Demo
from tests.sampling import everything_only, some

DONE, PROBLEMS, CONFIG_WRONG, CANNOT_RUN = 0, 1, 3, 4
PAGE = 4096
Spoil = Callable[[Path], object]


def issue(demo: Demo, key: str) -> str:
    body = json.dumps({"service": "passport", "lang": "ky"}).encode()
    token = demo.devices["kiosk-1"]["token"]
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "Idempotency-Key": f"damage-{key}"}
    with urllib.request.urlopen(urllib.request.Request(f"{demo.http}/api/v1/tickets", body, headers), timeout=5) as answer:
        return str(json.load(answer)["number"])


def started(demo: Demo) -> subprocess.CompletedProcess[str]:
    """A start that must fail: it ends by itself."""
    return edge(*demo.command(), within_s=20)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence on standard error, without a traceback; nothing on standard output."""
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("edge: ")]
    return sentence


def evidence(paths: Paths) -> list[Path]:
    return sorted(paths.data.glob("damaged-*"))


def root_page(database: Path, name: str) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    connection.close()
    return int(page)


def flipped(path: Path, at: int, length: int = 64) -> None:
    """Turn every bit of ``length`` bytes, in place."""
    with path.open("r+b") as file:
        file.seek(at)
        there = file.read(length)
        file.seek(at)
        file.write(bytes(byte ^ 0xFF for byte in there))


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE)


def _one_letter(path: Path) -> None:
    """Change one letter of the newest line: every page is a sound page, but the line is another one."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (word,) = connection.execute("SELECT payload_hash FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1").fetchone()
    connection.close()
    flipped_word = ("0" if word[0] != "0" else "1") + word[1:]
    path.write_bytes(path.read_bytes().replace(word.encode(), flipped_word.encode()))


def _another(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.commit()
    connection.close()


SPOILT: dict[str, Spoil] = {
    "header page": lambda path: flipped(path, 0),
    "schema": lambda path: flipped(path, 100, 400),
    "table page": lambda path: flipped(path, (root_page(path, "journal") - 1) * PAGE),
    "table page of tickets": lambda path: flipped(path, (root_page(path, "ticket") - 1) * PAGE),
    "index page": lambda path: flipped(path, (root_page(path, "journal_id") - 1) * PAGE),
    "one letter of a line": _one_letter,
    "truncated": _truncate,
    "truncated within a page": lambda path: os.truncate(path, path.stat().st_size - 1000),
    "zero length": lambda path: os.truncate(path, 0),
    "a text file": lambda path: path.write_bytes(b"this is no database\n" * 400) and None,
    "another program's database": _another,
}


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with tickets and a backup, stopped; each test spoils and restores it."""
    demo = Demo(tmp_path_factory.mktemp("damaged"))
    demo.start()
    for number in range(20):
        issue(demo, f"before-{number}")
    assert edge("backup", "--data", demo.data).returncode == DONE
    demo.stop()
    yield demo
    demo.close()


@pytest.mark.parametrize("how", some(SPOILT, 2, 5))
def test_a_damaged_database_is_not_served_but_kept_and_restored(backed_up: Demo, how: str) -> None:
    paths = Paths(backed_up.data)
    before = evidence(paths)
    SPOILT[how](paths.database)
    spoilt = paths.database.read_bytes()

    done = started(backed_up)
    sentence = said(done)
    assert done.returncode == CANNOT_RUN
    newest = backup.newest(paths.backups)
    assert f"{paths.database} is damaged (" in sentence
    assert f"run `edge restore {newest} --data {paths.data} --replace`" in sentence
    (folder,) = set(evidence(paths)) - set(before)
    assert str(folder) in sentence
    assert (folder / "edge.db").read_bytes() == spoilt == paths.database.read_bytes()
    assert (folder / "high-water.json").exists()
    assert folder.stat().st_mode & 0o077 == 0

    with pytest.raises(Corrupt) as again:
        damage.refuse(paths)
    assert sentence == f"edge: {again.value}"
    troubles = [finding.sentence for finding in checkup.examine(paths.data) if finding.mark == "trouble"]
    assert any("the database is damaged (" in trouble and f"edge restore {newest}" in trouble for trouble in troubles)
    assert len(evidence(paths)) == len(before) + 1, "the same damage is kept once"
    assert paths.database.read_bytes() == spoilt

    assert newest
    backup.restore(newest, paths, passphrase=lambda: "", replace=True)
    assert soundness.wrong(paths.database) is None
    with setup.opened(paths.data) as database:
        assert copying.copied_at(database), "it is known as restored"


def test_from_a_damaged_database_back_to_tickets_by_the_commands(backed_up: Demo) -> None:
    paths = Paths(backed_up.data)
    SPOILT["table page"](paths.database)
    newest = backup.newest(paths.backups)
    first, again = (edge("run", "--data", paths.data) for _ in range(2))
    assert (first.returncode, again.returncode) == (CANNOT_RUN, CANNOT_RUN)
    assert said(first) == said(again)
    doctor = edge("doctor", "--data", paths.data)
    assert doctor.returncode == PROBLEMS
    assert "trouble the database is damaged (" in doctor.stdout
    restored = edge("restore", newest or "", "--data", paths.data, "--replace")
    assert restored.returncode == DONE, restored.stderr
    assert backed_up.start().health()["checks"]["data"]["status"] == "restored"
    backed_up.stop()
    assert edge("confirm-restore", "--data", paths.data).returncode == DONE
    assert backed_up.verify().returncode == DONE
    assert edge("backup", "--data", paths.data).returncode == DONE


@everything_only
def test_a_missing_database_is_no_new_centre(backed_up: Demo) -> None:
    paths = Paths(backed_up.data)
    paths.database.unlink()
    newest = backup.newest(paths.backups)
    for done in (started(backed_up), edge("run", "--data", paths.data)):
        assert done.returncode == CONFIG_WRONG
        assert "is missing, but there was a centre here" in said(done)
        assert f"run `edge restore {newest} --data {paths.data}`" in said(done)
    for command in ("init", "verify", "backup"):
        refused = edge(command, "--data", paths.data)
        assert refused.returncode == CONFIG_WRONG
        assert "there was a centre here" in said(refused)
    assert f"edge restore {newest}" in edge("doctor", "--data", paths.data).stdout
    assert not paths.database.exists()
    assert edge("restore", newest or "", "--data", paths.data).returncode == DONE
    backed_up.start().stop()
    assert backed_up.verify().returncode == DONE


# what the damaged file can still give


def _restored_over(demo: Demo, spoil: Spoil) -> tuple[int, list[str], subprocess.CompletedProcess[str]]:
    """Back up, give five tickets more, spoil, restore; return lines after the backup, the five numbers, and what the restore said."""
    paths = Paths(demo.data)
    made = edge("backup", "--data", paths.data)
    assert made.returncode == DONE
    numbers = [issue(demo, f"after-{number}") for number in range(5)]
    demo.stop()
    kept, file = high_water.read(paths.high_water), backup.newest(paths.backups)
    assert kept
    assert file
    spoil(paths.database)
    assert started(demo).returncode == CANNOT_RUN
    restored = edge("restore", file, "--data", paths.data, "--replace")
    assert restored.returncode == DONE, restored.stderr
    return kept.seq - backup.drill(file).seq, numbers, restored


def test_lines_after_the_backup_are_saved_from_a_damaged_database(centre: MakeDemo) -> None:
    demo = centre()
    lines, numbers, done = _restored_over(demo, lambda path: flipped(path, (root_page(path, "ticket") - 1) * PAGE))
    assert lines >= len(numbers)
    assert f"{lines} journal lines after the backup were saved" in done.stdout
    assert demo.verify().returncode == DONE
    demo.start()
    assert demo.health()["checks"]["data"]["status"] == "restored", "the file may have had more lines than it could show"
    assert edge("confirm-restore", "--data", demo.data).returncode == DONE
    following = issue(demo, "then")
    assert (following[0], int(following[1:])) == (numbers[-1][0], int(numbers[-1][1:]) + 1)
    demo.stop()
    assert demo.verify().returncode == DONE


@everything_only
def test_only_lines_before_the_first_bad_one_are_saved(centre: MakeDemo) -> None:
    demo = centre()
    lines, _, done = _restored_over(demo, _one_letter)
    assert f"{lines - 1} journal lines after the backup were saved" in done.stdout
    demo.start().stop()
    assert demo.verify().returncode == DONE


@everything_only
def test_a_file_that_gives_nothing_is_restored_all_the_same(centre: MakeDemo) -> None:
    demo = centre()
    _, _, done = _restored_over(demo, lambda path: flipped(path, 0))
    assert "were saved" not in done.stdout
    demo.start().stop()
    assert demo.verify().returncode == DONE


# lost lines: the file is sound, but not as far as it was


def _killed_with_lines_in_the_log(demo: Demo) -> tuple[Path, str]:
    """Leave tickets in the write-ahead log alone, and a high-water mark that knows them."""
    number = issue(demo, "in-the-log")
    demo.kill()
    demo.start().kill()  # at its start it keeps the mark; nothing brings the log into the file
    return demo.data / "edge.db-wal", number


@pytest.mark.parametrize(
    "spoil",
    some([lambda log: log.unlink(), lambda log: os.truncate(log, 0), lambda log: os.truncate(log, 32 + 24 + 100), lambda log: flipped(log, 0)], 2),
    ids=some(["deleted", "emptied", "cut", "header flipped"], 2),
)
def test_lines_lost_with_the_log_are_known_and_no_number_comes_twice(centre: MakeDemo, spoil: Spoil) -> None:
    demo = centre()
    log, lost = _killed_with_lines_in_the_log(demo)
    assert log.stat().st_size > 0
    spoil(log)
    doctor = edge("doctor", "--data", demo.data).stdout
    assert "its newest lines are lost" in doctor
    demo.start()
    assert "its newest lines are lost: the journal had more lines than the database has" in demo.log_tail()
    assert demo.health()["checks"]["data"]["status"] == "restored"
    assert issue(demo, "after-the-loss")[1:] == lost
    assert "numbers begin with" in edge("doctor", "--data", demo.data).stdout
    demo.stop()
    assert demo.verify().returncode == DONE


@everything_only
def test_a_log_that_was_left_by_a_kill_is_no_damage(centre: MakeDemo) -> None:
    demo = centre()
    log, number = _killed_with_lines_in_the_log(demo)
    before = log.read_bytes()
    assert soundness.wrong(demo.data / "edge.db") is None
    assert log.read_bytes() == before, "looking changes nothing"
    demo.start()
    assert demo.health()["checks"]["data"]["status"] == "ok"
    assert issue(demo, "after-the-kill") > number
    demo.stop()
    assert not evidence(Paths(demo.data))


# the evidence


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A centre that nobody serves."""
    made = Paths(tmp_path / "centre")
    setup.init(made.data, None)
    return made


def test_without_room_nothing_is_copied_and_that_is_an_error(paths: Paths) -> None:
    with pytest.raises(OSError, match="not enough room"):
        damage.keep(paths, lambda _: LEAVE_FREE)
    assert not [path for path in paths.data.iterdir() if "damaged" in path.name]


def test_each_state_of_the_files_is_kept_once(paths: Paths) -> None:
    first = damage.keep(paths)
    assert damage.keep(paths) == first
    paths.high_water.write_text("{}")
    (paths.data / "edge.db-shm").write_bytes(b"made anew by every look")
    first.rename(first.with_name("damaged-20260101T000000Z"))  # or the second one would be made within the same second
    second = damage.keep(paths)
    assert len(evidence(paths)) == 2
    assert (second / "high-water.json").read_text() == "{}"


def test_without_a_backup_the_sentence_says_to_fetch_one(paths: Paths) -> None:
    os.truncate(paths.database, 0)
    done = edge("run", "--data", paths.data)
    assert done.returncode == CANNOT_RUN
    assert "the file is empty" in said(done)
    assert "there is no backup in" in said(done)


def test_a_folder_that_has_only_backups_is_no_place_for_a_new_centre(tmp_path: Path, paths: Paths) -> None:
    other = Paths(tmp_path / "other")
    backup.make(paths, other.backups)
    with pytest.raises(ConfigError, match="there was a centre here"):
        setup.init(other.data, None)
    assert high_water.read(other.high_water) is None
