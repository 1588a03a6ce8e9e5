"""Backups, drills and restores as regional IT does them: real files, real processes, every damage that a stick or a card can do."""

import io
import json
import os
import random
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from edge import backup, config, high_water, key_copy, machine, setup
from edge.config import Paths
from edge.errors import BadRequest, ConfigError, Corrupt, Refused
from edge.operations import logins, restored, staff, tickets
from edge.operations.context import Context
from edge.operations.decision import deciding
from edge.queueing import commands as c
from edge.queueing.chain import Head
from edge.queueing.decide import decide
from edge.queueing.numbering import free_prefixes, lettered
from edge.queueing.registry import Role
from edge.store.database import Database
from tests.commands import edge
from tests.conftest import MakeDemo
from tests.demo_process import Demo

PASSPHRASE = "correct horse battery"
DONE, PROBLEMS, WRONG_USE, CONFIG_WRONG, UNAVAILABLE = 0, 1, 2, 3, 4


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A centre that nobody serves, with the technician's copy of its key."""
    made = Paths(tmp_path / "centre")
    setup.init(made.data, None)
    key_copy.write(made.sealed_key, key_copy.seal(config.load_keys(made.key), PASSPHRASE))
    return made


@pytest.fixture
def other(tmp_path: Path) -> Paths:
    """Where another box has nothing yet."""
    return Paths(tmp_path / "other")


def given() -> str:
    return PASSPHRASE


def never() -> str:
    raise AssertionError("nobody was to be asked for the passphrase")


def issue(paths: Paths) -> str:
    """Start the box as the server does, and give one ticket."""
    with setup.alone(paths) as ctx:
        restored.recognise(ctx, high_water.read(paths.high_water))
        high_water.write(paths.high_water, ctx.database.committed.head)
        number = _issued(ctx)
        high_water.write(paths.high_water, ctx.database.committed.head)
    return number


def _issued(ctx: Context) -> str:
    with deciding(ctx, "system") as decision:
        decide(decision.turn, c.ChangeSettings({"calendar": {"hours": {day: [["00:00", "24:00"]] for day in DAYS}, "lunch": []}}))
    done = tickets.issue(ctx, service="passport", lang="ky", category=None, via="kiosk-1", actor="device:kiosk-1")
    return str(json.loads(done.answer)["number"])


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# the way there and back


def test_a_backup_is_private_whole_and_stamped_and_leaves_the_centre_as_it_was(paths: Paths) -> None:
    number = issue(paths)
    made = backup.make(paths)
    assert made.path.stat().st_mode & 0o077 == 0
    assert [path.name for path in paths.backups.iterdir()] == [made.path.name]
    assert made.manifest.files.keys() == {"edge.db", "edge.toml", "centre.toml", "node.key.sealed"}
    assert backup.drill(made.path) == made.manifest
    assert config.load_keys(paths.key).centre not in made.path.read_bytes()
    assert issue(paths) != number
    with setup.alone(paths) as ctx:
        assert ctx.hall.policy.restored is None


def test_another_box_becomes_the_centre_and_gives_no_number_twice(paths: Paths, other: Paths) -> None:
    made = backup.make(paths)
    lost = issue(paths)  # in somebody's hands, and in no backup
    done = backup.restore(made.path, other, passphrase=given)
    assert (done.key, done.set_aside) == ("from the backup", None)
    assert config.load_keys(other.key) == config.load_keys(paths.key)
    number = issue(other)
    assert number != lost
    assert (number[0] != lost[0], number[1:]) == (True, lost)
    with setup.alone(other) as ctx:
        found = ctx.hall.policy.restored
        assert found
        assert (found.at, found.prefix) == (made.manifest.at, number[0])
    assert issue(other)[0] == number[0], "a second start finds nothing new"
    assert edge("verify", "--data", other.data).returncode == DONE


def test_both_marks_are_found_on_the_same_box(paths: Paths) -> None:
    made = backup.make(paths)
    issue(paths)
    done = backup.restore(made.path, paths, passphrase=never, replace=True)
    assert done.key == "kept"
    assert done.set_aside
    assert (done.set_aside / "edge.db").exists()
    with setup.alone(paths) as ctx:
        assert restored.recognise(ctx, high_water.read(paths.high_water)) == (restored.Mark.STAMP, restored.Mark.HIGH_WATER)
        assert restored.recognise(ctx, ctx.database.committed.head) == ()


def test_a_file_that_was_only_put_back_is_known_by_the_line_that_it_lacks(paths: Paths) -> None:
    kept = paths.database.read_bytes()
    lost = issue(paths)
    for leftover in paths.data.glob("edge.db*"):
        leftover.unlink()
    paths.database.write_bytes(kept)
    assert issue(paths)[1:] == lost


def test_once_confirmed_the_numbers_are_the_usual_ones(paths: Paths, other: Paths) -> None:
    backup.restore(backup.make(paths).path, other, passphrase=given)
    first = issue(other)
    done = edge("confirm-restore", "--data", other.data)
    assert (done.returncode, done.stdout) == (DONE, "numbers are the usual ones again\n")
    assert issue(other) == first[1:]
    with setup.alone(other) as ctx, pytest.raises(Refused, match="nothing to confirm"):
        restored.confirm(ctx, actor="system")
    assert "nothing to confirm" in edge("confirm-restore", "--data", other.data).stderr


def test_a_box_restored_twice_has_a_third_kind_of_numbers(paths: Paths, other: Paths) -> None:
    backup.restore(backup.make(paths).path, other, passphrase=given)
    first = issue(other)
    again = backup.make(other)
    issue(other)
    backup.restore(again.path, other, passphrase=never, replace=True)
    assert len({first[0], issue(other)[0]}) == 2


def newer_release(paths: Paths) -> None:
    """Do to the tables what a migration of a newer release does."""
    connection = apsw.Connection(str(paths.database))
    connection.execute("ALTER TABLE box ADD COLUMN of_a_newer_release TEXT")
    connection.pragma("user_version", int(connection.pragma("user_version")) + 1)
    connection.close()


def test_an_older_release_gets_its_tables_back_with_every_line_since(paths: Paths) -> None:
    before = issue(paths)
    made = backup.make(paths)
    since = [issue(paths) for _ in range(3)]
    with setup.alone(paths) as ctx:
        staff.add(ctx, login="kanykei", role=Role.OPERATOR, password=PASSPHRASE, pin=None, actor="system")
        with deciding(ctx, "system") as decision:
            decision.transaction.remember("a kiosk's tickets", "key-of-a-kiosk", "digest", "answer", "2026-11-24T09:00:00.000Z")
    newer_release(paths)
    with pytest.raises(Corrupt, match="newer release"), setup.alone(paths):
        pass
    done = backup.restore(made.path, paths, passphrase=never, replace=True, carry_on=True)
    assert done.saved > 0
    assert done.set_aside
    with setup.alone(paths) as ctx:
        assert {ticket.number for ticket in ctx.hall.tickets.values()} == {before, *since}
        assert logins.by_password(ctx, login="kanykei", password=PASSPHRASE).desk is None, "who may log in is in no journal"
        with ctx.database.write() as transaction:
            assert transaction.recall("a kiosk's tickets", "key-of-a-kiosk", "digest") == "answer", "whoever asks again gets no second ticket"
    following = issue(paths)
    assert (following[0], following not in {before, *since}) == (before[0], True), "nothing is missing, so numbers go on as they were"
    with setup.alone(paths) as ctx:
        assert ctx.hall.policy.restored is None
    assert edge("verify", "--data", paths.data).returncode == DONE


def test_what_does_not_continue_the_backup_is_not_carried_on(paths: Paths, tmp_path: Path) -> None:
    stranger = Paths(tmp_path / "stranger")
    setup.init(stranger.data, None)
    theirs = backup.make(stranger)
    key = paths.key.read_bytes()
    stranger.key.unlink()
    stranger.key.write_bytes(key)
    found = paths.database.read_bytes()
    with pytest.raises((Corrupt, ConfigError)):
        backup.restore(theirs.path, paths, passphrase=given, replace=True, carry_on=True)
    assert paths.database.read_bytes() == found


def test_settings_of_an_installed_box_are_a_link_and_in_the_backup_with_their_content(paths: Paths, other: Paths, tmp_path: Path) -> None:
    paths.config.rename(tmp_path / "etc.toml")
    paths.config.symlink_to(tmp_path / "etc.toml")
    backup.restore(backup.make(paths).path, other, passphrase=given)
    assert other.config.read_text(encoding="utf-8") == (tmp_path / "etc.toml").read_text(encoding="utf-8")
    assert not other.config.is_symlink()


@pytest.mark.parametrize(("letter", "prefix", "expected"), [("A", "", "A"), ("AB", "", "AB"), ("A", "Z", "ZA"), ("AB", "Z", "ZA")])
def test_a_prefix_keeps_the_form_of_a_number(letter: str, prefix: str, expected: str) -> None:
    assert lettered(letter, prefix) == expected


def test_a_prefix_begins_no_other_number() -> None:
    assert free_prefixes(["A", "BC"], "D") == "CEFGHIJKLMNOPQRSTUVWXYZ"
    assert free_prefixes("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""


# the recordings


def record(paths: Paths, *names: str, size: int = 2000) -> None:
    for name in names:
        path = paths.recordings / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(name).randbytes(size))


def test_the_voice_of_a_centre_comes_with_it_and_is_laid_over_no_other(paths: Paths, other: Paths) -> None:
    record(paths, "ky/letter-a.wav", "ky/7.wav", "en/look.wav", "ky/of-no-use.wav", "de/7.wav", "notes.txt")
    made = backup.make(paths)
    assert sorted(made.manifest.recordings) == ["voice/en/look.wav", "voice/ky/7.wav", "voice/ky/letter-a.wav"]
    assert ", 3 recordings;" in edge("drill", "--data", paths.data).stdout
    (other.recordings / "ky").mkdir(parents=True)
    (other.recordings / "ky/7.wav").write_bytes(b"spoken here")
    done = edge("restore", made.path, "--data", other.data, "--passphrase-file", _file(other.data, PASSPHRASE))
    assert "2 recordings were laid into" in done.stdout
    assert (other.recordings / "ky/letter-a.wav").read_bytes() == (paths.recordings / "ky/letter-a.wav").read_bytes()
    assert (other.recordings / "ky/7.wav").read_bytes() == b"spoken here"
    assert (other.recordings / "en").stat().st_mode & 0o077 == 0


def test_a_drill_finds_a_recording_that_is_not_what_was_backed_up(paths: Paths) -> None:
    record(paths, "ky/letter-a.wav")
    made = backup.make(paths)
    _rewritten(made.path, lambda _: (made.path.parent / "rewritten/voice/ky/letter-a.wav").write_bytes(b"another voice"))
    with pytest.raises(Corrupt, match=r"letter-a\.wav is not what was backed up"):
        backup.drill(made.path)


def test_a_voice_that_is_too_large_or_cannot_be_read_keeps_no_backup_from_being_made(paths: Paths) -> None:
    record(paths, "ky/letter-a.wav")
    os.truncate(paths.recordings / "ky/letter-a.wav", backup.RECORDINGS_BYTES + 1)
    done = edge("backup", "--data", paths.data)
    assert (done.returncode, "recordings" in done.stdout) == (DONE, False)
    said = f"the recordings have 65 MiB, and a backup holds 64 MiB: keep a copy of {paths.recordings} yourself"
    assert f"it holds no recordings: {said}" in done.stderr
    assert said in edge("doctor", "--data", paths.data).stdout
    (paths.recordings / "ky/letter-a.wav").unlink()
    (paths.recordings / "ky/letter-a.wav").symlink_to("/proc/self/mem")
    made = backup.make(paths)
    assert made.mute
    assert "cannot be copied" in made.mute
    assert backup.drill(made.path).recordings == []


def test_a_member_leads_nowhere_else(paths: Paths) -> None:
    made = backup.make(paths)
    with tarfile.open(made.path) as tar, tar.extractfile("manifest.json") as member:  # type: ignore[union-attr]
        manifest = json.load(member)
    for name in ("voice/../node.key", "voice/ky/../../x.wav", "voice/ky/a b.wav", "/voice/ky/a.wav", "voice/de/7.wav"):
        with tarfile.open(made.path, "w:gz") as tar:
            for written, content in (("manifest.json", json.dumps({**manifest, "files": {name: ""}}).encode()), (name, b"")):
                info = tarfile.TarInfo(written)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        with pytest.raises(ConfigError, match="unknown member"):
            backup.drill(made.path)


# with everything running


def test_devices_and_staff_of_a_running_centre_work_on_another_box(centre: MakeDemo, tmp_path: Path) -> None:
    demo = centre()
    stick = tmp_path / "stick"
    device = demo.devices["kiosk-1"]
    before = _post(demo, device["token"], "issue-1")
    sealed = edge("seal-key", "--data", demo.data, "--passphrase-file", _file(tmp_path, PASSPHRASE))
    assert sealed.returncode == DONE, sealed.stderr
    done = edge("backup", "--data", demo.data, "--to", stick)
    assert done.returncode == DONE, done.stderr
    lost = _post(demo, device["token"], "issue-2")
    demo.kill()
    file = next(stick.iterdir())

    other = centre(start=False)
    taken = edge("restore", file, "--data", other.data, "--passphrase-file", tmp_path / "passphrase")
    assert taken.returncode == DONE, taken.stderr
    other.start()
    number = _post(other, device["token"], "issue-3")
    assert number not in (before, lost)
    assert len(number) == len(lost) + 1
    assert other.health()["checks"]["data"]["status"] == "restored"
    assert other.staff_token
    assert edge("confirm-restore", "--data", other.data).returncode == DONE
    assert _post(other, device["token"], "issue-4") == lost
    assert other.health()["checks"]["data"]["status"] == "ok"
    assert other.verify().returncode == DONE


def test_a_backup_beside_traffic_is_one_moment(centre: MakeDemo) -> None:
    demo = centre("--traffic")
    for _ in range(3):
        assert edge("backup", "--data", demo.data).returncode == DONE
        assert edge("drill", "--data", demo.data).returncode == DONE
    assert "sound" in edge("drill", "--data", demo.data).stdout


def _post(demo: Demo, token: str, key: str) -> str:
    body = json.dumps({"service": "passport", "lang": "ky"}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "Idempotency-Key": f"backup-{key}"}
    with urllib.request.urlopen(urllib.request.Request(f"{demo.http}/api/v1/tickets", body, headers), timeout=5) as answer:
        return str(json.load(answer)["number"])


def _file(folder: Path, text: str) -> Path:
    path = folder / "passphrase"
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


# what can go wrong


def test_nothing_is_touched_where_a_centre_is(paths: Paths, other: Paths) -> None:
    made = backup.make(paths)
    setup.init(other.data, None)
    before = {path: path.read_bytes() for path in other.data.iterdir() if path.is_file() and path != other.lock}
    with pytest.raises(ConfigError, match="with --replace it is set aside"):
        backup.restore(made.path, other, passphrase=never)
    with pytest.raises(ConfigError, match="the passphrase is wrong"):
        backup.restore(made.path, other, passphrase=lambda: "wrong horse battery", replace=True)
    assert {path: path.read_bytes() for path in before} == before


def test_a_backup_without_the_key_says_what_is_missing(paths: Paths, other: Paths) -> None:
    paths.sealed_key.unlink()
    done = edge("backup", "--data", paths.data)
    assert done.returncode == DONE
    assert "it holds no key file" in done.stderr
    file = backup.newest(paths.backups)
    assert file
    with pytest.raises(ConfigError, match="put the technician's key file of this centre at"):
        backup.restore(file, other, passphrase=never)
    assert not other.database.exists()
    other.key.write_bytes(paths.key.read_bytes())
    assert backup.restore(file, other, passphrase=never).key == "kept"


def test_a_served_centre_is_not_restored_over(centre: MakeDemo) -> None:
    demo = centre()
    assert edge("backup", "--data", demo.data).returncode == DONE
    file = backup.newest(Paths(demo.data).backups)
    assert file
    done = edge("restore", file, "--data", demo.data, "--replace")
    assert done.returncode == CONFIG_WRONG
    assert "already serves" in done.stderr
    assert demo.health()["status"] == "ok"


Damage = Callable[[Path], None]


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _flip(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    file.write_bytes(raw)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _other_line(file: Path) -> None:
    """Somebody rewrote history and every digest of the archive with it."""
    _rewritten(file, lambda database: database.execute("DROP TRIGGER journal_keeps_words; UPDATE journal SET actor = 'staff:x' WHERE seq = 3"))


def _other_table(file: Path) -> None:
    _rewritten(file, lambda database: database.execute("UPDATE desk SET run = 2 WHERE desk = '1'; UPDATE device SET generation = 9"))


def _rewritten(file: Path, change: Callable[[Any], object]) -> None:
    place = file.parent / "rewritten"
    place.mkdir()
    with tarfile.open(file) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.2 of Debian 12 has none yet
        tar.extractall(place)
    database = Database(place / "edge.db")
    change(database.connection())
    database.connection().pragma("journal_mode", "delete")
    database.close()
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["edge.db"] = backup.digest(place / "edge.db")
    with tarfile.open(file, "w:gz") as tar:
        text = json.dumps(manifest).encode()
        info = tarfile.TarInfo("manifest.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
        for name in manifest["files"]:
            tar.add(place / name, name)


@pytest.mark.parametrize("damage", [_cut, _flip, _empty, _other_line, _other_table])
def test_a_drill_finds_every_damage_and_a_restore_refuses_it(paths: Paths, other: Paths, damage: Damage) -> None:
    made = backup.make(paths)
    damage(made.path)
    with pytest.raises(Corrupt):
        backup.restore(made.path, other, passphrase=given)
    assert not other.data.exists()
    done = edge("drill", "--data", paths.data)
    assert done.returncode == PROBLEMS
    assert str(made.path) in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_backup_is_said(paths: Paths, tmp_path: Path) -> None:
    assert "there is no backup in" in edge("drill", "--data", paths.data).stderr
    assert "does not exist" in edge("drill", tmp_path / "nothing", "--data", paths.data).stderr
    done = edge("backup", "--data", paths.data, "--to", "/proc/nowhere")
    assert done.returncode == UNAVAILABLE
    assert done.stderr.startswith("edge: the backup cannot be written to /proc/nowhere: ")
    assert "run `edge init" in edge("backup", "--data", tmp_path / "nothing").stderr


def test_a_backup_of_a_newer_release_is_named_as_that(tmp_path: Path) -> None:
    file = tmp_path / "kezek-x-20260101T000000Z.backup"
    with tarfile.open(file, "w:gz") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(text := b'{"format": 9}')
        tar.addfile(info, io.BytesIO(text))
    with pytest.raises(ConfigError, match="has format 9; this release reads format 1"):
        backup.drill(file)


def test_the_doctor_says_what_is_missing_and_what_happened(paths: Paths, other: Paths) -> None:
    paths.sealed_key.unlink()
    said = edge("doctor", "--data", paths.data).stdout
    assert "there is no backup in" in said
    assert "run `edge seal-key` once" in said
    key_copy.write(paths.sealed_key, key_copy.seal(config.load_keys(paths.key), PASSPHRASE))
    made = backup.make(paths)
    said = edge("doctor", "--data", paths.data).stdout
    assert "ok      the newest backup is 0 h old" in said
    assert "seal-key" not in said
    backup.restore(made.path, other, passphrase=given)
    issue(other)
    assert "numbers begin with" in edge("doctor", "--data", other.data).stdout


def test_what_a_killed_backup_left_is_swept_and_what_is_being_made_is_not(paths: Paths) -> None:
    for name, age_s in ((".making-old", 7200), (".making-now", 60)):
        (paths.backups / name).mkdir(parents=True)
        (paths.backups / name / "edge.db").touch()
        os.utime(paths.backups / name, (time.time() - age_s,) * 2)
    made = backup.make(paths)
    assert {path.name for path in paths.backups.iterdir()} == {".making-now", made.path.name}


# the key


def test_the_technicians_copy_opens_with_its_passphrase_alone(paths: Paths) -> None:
    keys = config.load_keys(paths.key)
    sealed = key_copy.seal(keys, PASSPHRASE)
    assert key_copy.unseal(sealed, PASSPHRASE) == keys
    assert key_copy.seal(keys, PASSPHRASE) != sealed
    with pytest.raises(ConfigError, match="passphrase is wrong"):
        key_copy.unseal(sealed, PASSPHRASE + "!")
    with pytest.raises(ConfigError, match="no technician's copy"):
        key_copy.unseal(sealed[:-30], PASSPHRASE)
    with pytest.raises(BadRequest, match="at least 12 are needed"):
        key_copy.seal(keys, "short")


def test_a_passphrase_is_asked_for_and_never_shown(paths: Paths, tmp_path: Path) -> None:
    done = edge("seal-key", "--data", paths.data, "--to", tmp_path / "copy", "--passphrase-file", _file(tmp_path, PASSPHRASE))
    assert done.returncode == DONE, done.stderr
    assert PASSPHRASE not in done.stdout + done.stderr
    assert key_copy.unseal((tmp_path / "copy").read_text(encoding="ascii"), PASSPHRASE) == config.load_keys(paths.key)
    assert edge("seal-key", "--data", paths.data, "--passphrase-file", _file(tmp_path, "short")).returncode == WRONG_USE
    assert edge("seal-key", "--data", paths.data, "--passphrase-file", tmp_path / "none").returncode == CONFIG_WRONG


# the schedule


def _named(start: datetime, hours: range) -> Iterator[Path]:
    yield from (Path(f"kezek-x-{start + timedelta(hours=hour):%Y%m%dT%H%M%SZ}.backup") for hour in hours)


def test_hourly_ones_stay_for_a_day_and_one_of_each_day_for_two_weeks() -> None:
    made = list(_named(datetime(2026, 3, 1, 0, 5, tzinfo=UTC), range(24 * 40)))
    kept = sorted(set(made) - set(backup.superseded(made)))
    assert kept[-24:] == made[-24:]
    days = [backup._made_at(path) for path in kept]
    assert len(kept) == 24 + 13
    assert {day[:8] for day in days} == {f"202604{day:02}" for day in range(1, 10)} | {f"202603{day}" for day in range(27, 32)}
    assert all(day.endswith("T230500Z") for day in days[:-24])
    assert backup.superseded(kept) == []


def test_old_ones_go_from_the_centres_own_folder_alone(paths: Paths, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    for folder in (paths.backups, stick):
        folder.mkdir()
        for old in _named(datetime(2020, 1, 1, tzinfo=UTC), range(24 * 20)):
            (folder / old).touch()
        (folder / "holiday.jpg").touch()
    backup.make(paths)
    backup.make(paths, stick)
    assert len(list(stick.iterdir())) == 24 * 20 + 2
    assert len(list(paths.backups.iterdir())) < 24 + 14 + 2
    assert (paths.backups / "holiday.jpg").exists()
    newest = backup.newest(paths.backups)
    assert newest
    assert backup.age(newest, datetime.now(UTC)) < timedelta(minutes=5)
    assert backup.newest(tmp_path / "none") is None


# the mark outside the database


@pytest.mark.parametrize("text", ["", "{", "[]", '{"epoch": 1}', '{"epoch": "x", "seq": 1, "hash": "0"}', "\x00\x00"])
def test_a_damaged_high_water_file_says_nothing(paths: Paths, text: str) -> None:
    paths.high_water.write_text(text, encoding="ascii")
    assert high_water.read(paths.high_water) is None
    issue(paths)
    with setup.alone(paths) as ctx:
        assert ctx.hall.policy.restored is None


def test_the_mark_knows_whether_the_machine_ran_on(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert not high_water.is_same_boot(mark)
    high_water.write(mark, Head(1, 7, "ab"))
    assert high_water.is_same_boot(mark)
    mark.write_text(mark.read_text().replace(machine.boot_id(), "another"), encoding="ascii")
    assert not high_water.is_same_boot(mark)
    assert high_water.read(mark) == Head(1, 7, "ab")
