"""Announcements lie ready when a number is called, are never waited for, and are missing without any harm."""

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.operations import registry, tickets
from edge.operations.decision import deciding
from edge.operations.voice import clips, espeak, loudness, phrases, sound
from edge.operations.voice.announcements import CHIME_S, GAP_S, LONGEST_S, Announcements
from edge.operations.voice.espeak import Espeak
from edge.queueing import commands as c
from edge.queueing.decide import decide
from edge.queueing.registry import Device, Kind
from edge.queueing.ticket import Ticket
from tests.demo_process import wait_for
from tests.operations.box import Box
from tests.operations.voice.test_sound import wav
from tests.queueing import centre

MakeVoice = Callable[..., Announcements]


@pytest.fixture
def voice(box: Box, tmp_path: Path) -> Iterator[MakeVoice]:
    """Make the voices of the box, one after the other: ``voice(program)``."""
    made: list[Announcements] = []

    def make(program: Espeak | None = None) -> Announcements:
        made.append(Announcements(box.ctx, tmp_path, program))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop()


def issue(box: Box, service: str, lang: str = "ky") -> str:
    """Issue a ticket; returns its number."""
    done = tickets.issue(box.ctx, service=service, lang=lang, category=None, via="kiosk-1", actor="device:kiosk-1")
    return str(json.loads(done.answer)["number"])


def change(box: Box, **values: Any) -> None:
    with deciding(box.ctx, "system") as decision:
        decide(decision.turn, c.ChangeSettings(values))


def register(box: Box, *devices: Device) -> None:
    registry.register(box.ctx, list(devices), actor="system")


def ticket(box: Box, number: str) -> Ticket:
    return next(each for each in box.hall.tickets.values() if each.number == number)


def urls(box: Box, voice: Announcements, number: str, desk: str = "1") -> list[str]:
    return voice.urls(box.hall, box.ctx.tick(), ticket(box, number), desk)


def spoken(box: Box, voice: Announcements, number: str, desk: str = "1") -> list[str]:
    """Wait until a call of the number would be spoken."""
    return wait_for(f"{number} to lie ready", lambda: urls(box, voice, number, desk), 60)


def broken(folder: Path, script: str) -> Espeak:
    """Return a program that is not what it should be."""
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Espeak(str(path))


def test_a_ticket_that_waits_lies_ready_for_each_desk_that_may_call_it(box: Box, voice: MakeVoice) -> None:
    announcements = voice()
    number = issue(box, "passport")
    desks = [plan.desk for plan in box.hall.policy.desks_of("passport")]
    halves = [spoken(box, announcements, number, desk) for desk in desks]
    assert len(desks) > 1
    assert len({first for first, _ in halves}) == 1
    assert len({second for _, second in halves}) == len(desks)
    sounds = [announcements.sound(url.removeprefix("/audio/").removesuffix(".wav")) for url in halves[0]]
    lasts = CHIME_S + GAP_S + sum(sound.seconds(sound.read(each or b"")) for each in sounds)
    assert 2 < lasts <= LONGEST_S


def test_what_was_made_is_there_after_a_restart_without_speaking_it_again(box: Box, voice: MakeVoice, tmp_path: Path) -> None:
    first = voice()
    number = issue(box, "passport")
    before = spoken(box, first, number)
    first.stop()
    files = {path: path.stat().st_ino for path in (tmp_path / "voice-made").iterdir()}
    assert spoken(box, voice(), number) == before
    assert {path: path.stat().st_ino for path in (tmp_path / "voice-made").iterdir()} == files


def test_a_ticket_sent_to_another_desk_lies_ready_for_that_one(box: Box, voice: MakeVoice) -> None:
    announcements = voice()
    number = issue(box, "passport")
    box.act(c.CallNext("1"))
    other = next(desk for desk, plan in box.hall.policy.desks.items() if "passport" not in plan.services)
    box.act(c.Transfer("1", to_desk=other))
    assert spoken(box, announcements, number, other)


def test_back_office_work_is_not_spoken(box: Box, voice: MakeVoice) -> None:
    services = [{**each, "quiet": each["code"] == "passport"} for each in centre.SERVICES]
    change(box, services=services)
    announcements = voice()
    number = issue(box, "passport")
    audible = issue(box, "address")
    desk = box.hall.policy.desks_of("address")[0].desk
    assert spoken(box, announcements, audible, desk)
    assert urls(box, announcements, number) == []


def test_in_silent_hours_and_when_switched_off_nothing_is_spoken(box: Box, voice: MakeVoice) -> None:
    announcements = voice()
    number = issue(box, "passport")
    assert spoken(box, announcements, number)
    for rule in ({"spoken": False}, {"volume": 0}, {"silent": [["09:00", "10:00"]]}):
        change(box, voice=rule)
        assert urls(box, announcements, number) == []
    change(box, voice={"silent": [["10:00", "11:00"]]})
    assert len(urls(box, announcements, number)) == 2


def test_the_volume_follows_the_hours(box: Box) -> None:
    change(box, voice={"volume": 90, "soft": [["09:30", "10:00"]], "soft_volume": 30, "silent": [["10:00", "24:00"]]})
    assert loudness.volume(box.hall, box.ctx.tick()) == 90
    box.pass_by(1800)
    assert loudness.volume(box.hall, box.ctx.tick()) == 30
    box.pass_by(1800)
    assert loudness.volume(box.hall, box.ctx.tick()) == 0


def test_in_each_zone_the_speakers_speak_and_else_its_first_board(box: Box) -> None:
    change(box, zones=[*centre.ZONES, {"zone": "c", "names": centre.named("c")}])
    register(box, Device("board-1", Kind.BOARD, zone="a"), Device("board-2", Kind.BOARD, zone="a"), Device("board-3", Kind.BOARD, zone="c"))
    assert loudness.sounding(box.hall) == {"board-1", "board-3"}
    register(box, Device("speaker-1", Kind.SPEAKER, zone="a"))
    assert loudness.sounding(box.hall) == {"speaker-1", "board-3"}


def test_recordings_speak_where_all_words_are_there_and_the_program_where_not(box: Box, voice: MakeVoice, tmp_path: Path) -> None:
    folder = tmp_path / "voice/ky"
    folder.mkdir(parents=True)
    number = issue(box, "passport")
    for word in phrases.number("ky", number).words:
        (folder / f"{word.clip}.wav").write_bytes(wav(0.2))
    announcements = voice()
    first, second = spoken(box, announcements, number)
    lengths = [len(announcements.sound(Path(url).stem) or b"") for url in (first, second)]
    assert sound.lasts(lengths[0]) == pytest.approx(3 * 0.2 + 2 * clips.GAP_S, abs=0.05)
    assert sound.lasts(lengths[1]) > 1


def test_recordings_that_take_longer_than_an_announcement_may_are_not_played(box: Box, voice: MakeVoice, tmp_path: Path) -> None:
    folder = tmp_path / "voice/ky"
    folder.mkdir(parents=True)
    number, other = issue(box, "passport"), issue(box, "passport", lang="ru")
    for word in phrases.number("ky", number).words:
        (folder / f"{word.clip}.wav").write_bytes(wav(1.3, rate=8_000))
    announcements = voice()
    assert spoken(box, announcements, other)
    assert urls(box, announcements, number) == []


@pytest.mark.parametrize("script", ["exit 1", "echo no sound", "kill -9 $$"])
def test_a_program_that_fails_is_said_and_disturbs_no_call(box: Box, voice: MakeVoice, tmp_path: Path, script: str) -> None:
    announcements = voice(broken(tmp_path, script))
    number = issue(box, "passport")
    assert "espeak-ng" in (wait_for("health to say it", announcements.trouble) or "")
    box.act(c.CallNext("1"))
    assert urls(box, announcements, number) == []


def test_a_program_that_works_again_speaks_with_the_next_ticket(box: Box, voice: MakeVoice, tmp_path: Path) -> None:
    program = broken(tmp_path, "exit 1")
    announcements = voice(program)
    issue(box, "passport")
    wait_for("health to say it", announcements.trouble)
    Path(program.path).unlink()
    Path(program.path).symlink_to(shutil.which("espeak-ng") or "")
    number = issue(box, "passport")
    assert spoken(box, announcements, number)
    assert announcements.trouble() is None


def test_whom_the_hall_has_served_meanwhile_is_left_out(box: Box, voice: MakeVoice, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    announcements = voice(broken(tmp_path, f'while [ ! -e {gate} ]; do sleep 0.02; done; exec {shutil.which("espeak-ng")} "$@"'))
    first, served = issue(box, "passport"), issue(box, "passport")
    box.act(c.CallNext("1"))
    box.act(c.CallNext("2"))
    box.act(c.Finish("2"))
    later = issue(box, "passport")
    gate.touch()
    assert spoken(box, announcements, first)
    assert spoken(box, announcements, later)
    told = {phrases.number("ky", number): number for number in (first, served, later)}
    assert [number for phrase, number in told.items() if phrase in announcements._ready] == [first, later]


def test_without_a_program_and_recordings_the_health_report_says_it(box: Box, voice: MakeVoice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "find", lambda: None)
    announcements = voice()
    assert "espeak-ng is not installed" in (announcements.trouble() or "")
    change(box, voice={"spoken": False})
    assert announcements.trouble() is None


def test_a_folder_that_cannot_be_written_is_said_and_the_hall_goes_on(box: Box, voice: MakeVoice, tmp_path: Path) -> None:
    (tmp_path / "voice-made").write_text("a file in the way")
    announcements = voice()
    number = issue(box, "passport")
    assert "cannot be reached" in (announcements.trouble() or "")
    assert urls(box, announcements, number) == []
