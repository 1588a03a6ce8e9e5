"""Sound: what comes in from anywhere goes out at one rate, one loudness, without silence around it; and what espeak-ng says is as it must be."""

import io
import math
import wave
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from edge.operations.voice import clips, espeak, phrases, sound
from edge.operations.voice.announcements import CHIME_S, GAP_S, LONGEST_S
from edge.operations.voice.cache import Cache
from edge.operations.voice.sound import NotSound
from edge.queueing.policy import LANGS
from tests.operations.voice.everything import faults, spoken

SPOKEN = [("A007", "1"), ("KA999", "58")]


def wav(seconds: float, *, hertz: int = 440, peak: int = 8000, rate: int = 22_050, channels: int = 1, width: int = 2, silence: float = 0.0) -> bytes:
    """Return a tone between two stretches of silence."""
    quiet = [0] * round(silence * rate)
    tone = [round(peak * math.sin(2 * math.pi * hertz * place / rate)) for place in range(round(seconds * rate))]
    samples = [each for sample in (*quiet, *tone, *quiet) for each in [sample] * channels]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(array("h", samples).tobytes() if width == 2 else bytes(width * len(samples)))
    return out.getvalue()


@pytest.mark.parametrize(("rate", "channels"), [(22_050, 1), (44_100, 2), (8_000, 1), (48_000, 2)])
def test_a_recording_of_any_usual_kind_lasts_as_long_and_is_as_high_afterwards(rate: int, channels: int) -> None:
    samples = sound.read(wav(0.5, rate=rate, channels=channels))
    assert sound.seconds(samples) == pytest.approx(0.5, abs=0.001)
    crossings = sum(before < 0 <= after for before, after in pairwise(samples))
    assert crossings == pytest.approx(220, abs=2)


@pytest.mark.parametrize("content", [b"", b"RIFF", wav(0.1, width=1), wav(0.1, channels=3), wav(0.1, rate=96_000)])
def test_what_cannot_be_used_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(NotSound):
        sound.read(content)


def test_silence_is_cut_off_at_both_ends() -> None:
    samples = sound.trimmed(sound.read(wav(0.4, silence=1.0)))
    assert sound.seconds(samples) == pytest.approx(0.4 + 2 * sound.EDGE_S, abs=0.05)


def test_silence_alone_is_no_recording() -> None:
    with pytest.raises(NotSound, match="silence"):
        sound.trimmed(sound.read(wav(0.2, peak=0)))


@pytest.mark.parametrize("peak", [300, 8_000, 32_000])
def test_loud_and_soft_come_out_the_same(peak: int) -> None:
    assert sound.level(sound.levelled(sound.read(wav(0.3, peak=peak)))) == pytest.approx(sound.LEVEL, rel=0.02)


def test_a_recording_with_one_loud_click_is_never_louder_than_the_limit() -> None:
    samples = sound.read(wav(0.3, peak=300))
    samples[3000] = 32_000
    assert max(sound.levelled(samples)) <= sound.PEAK


def test_what_is_written_is_read_the_same() -> None:
    samples = sound.read(wav(0.1))
    assert sound.read(sound.write(samples)) == samples
    assert sound.lasts(len(sound.write(samples))) == sound.seconds(samples)


def test_the_longest_halves_and_the_chime_are_an_announcement_of_six_seconds() -> None:
    assert phrases.NUMBER_S + phrases.DESK_S + CHIME_S + GAP_S <= LONGEST_S


@pytest.mark.parametrize("lang", LANGS)
def test_a_call_is_spoken_within_six_seconds_at_one_loudness(lang: str) -> None:
    program = espeak.find()
    assert program is not None
    for ticket, desk in SPOKEN:
        assert faults(spoken(program, phrases.number(lang, ticket)), phrases.NUMBER_S) == []
        assert faults(spoken(program, phrases.desk(lang, desk)), phrases.DESK_S) == []


@pytest.mark.parametrize("desk", ["54", "56"])
def test_what_is_still_too_long_when_spoken_faster_is_spoken_faster_again(desk: str) -> None:
    """Both took a twentieth of a millisecond too much."""
    program = espeak.find()
    assert program is not None
    assert sound.seconds(program.say(phrases.desk("ru", desk))) <= phrases.DESK_S


def test_numbers_and_languages_do_not_sound_the_same() -> None:
    program = espeak.find()
    assert program is not None
    said = {spoken(program, phrases.number(lang, ticket)).tobytes() for lang in LANGS for ticket in ("A001", "A002", "E001")}
    assert len(said) == 12


def test_a_phrase_is_taken_from_recordings_when_all_its_words_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "ru"
    folder.mkdir()
    for name in ("ticket", "letter-a", "7"):
        (folder / f"{name}.wav").write_bytes(wav(0.3, rate=44_100, silence=0.5))
    found = clips.look(tmp_path)
    phrase = phrases.number("ru", "A007")
    assert found.has(phrase)
    assert not found.has(phrases.number("ru", "A008"))
    assert not found.has(phrases.number("ky", "A007"))
    assert sound.seconds(found.say(phrase)) == pytest.approx(3 * (0.3 + 2 * sound.EDGE_S) + 2 * clips.GAP_S, abs=0.1)
    assert "8" in found.missing("ru")
    assert "7" not in found.missing("ru")


def test_a_changed_recording_has_another_name(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    (tmp_path / "ru/7.wav").write_bytes(wav(0.3))
    before = clips.look(tmp_path).digests["ru"]
    (tmp_path / "ru/7.wav").write_bytes(wav(0.4))
    assert clips.look(tmp_path).digests["ru"] != before


def test_a_recording_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    (tmp_path / "ru/look.wav").write_bytes(b"no sound")
    with pytest.raises(NotSound, match=r"look\.wav"):
        clips.look(tmp_path).say(phrases.desk("ru", "info"))


def test_a_centre_without_recordings_has_none(tmp_path: Path) -> None:
    assert clips.look(tmp_path / "voice").known == {}


def test_the_cache_keeps_within_its_bound_and_lets_the_longest_unused_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "made", limit_bytes=5_000)
    cache.open()
    assert cache.put("one", bytes(2_000)) == []
    assert cache.put("two", bytes(2_000)) == []
    assert cache.used("one")
    assert cache.put("three", bytes(2_000)) == ["two"]
    assert cache.get("two") is None
    assert (cache.size("one"), cache.size("three"), cache.size("two")) == (2_000, 2_000, None)


def test_the_cache_finds_again_what_it_had_and_drops_what_a_power_cut_left_of_a_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "made")
    cache.open()
    cache.put("whole", bytes(2_000))
    (tmp_path / "made/torn.wav").write_bytes(b"")
    (tmp_path / "made/half.new").write_bytes(bytes(2_000))
    again = Cache(tmp_path / "made")
    again.open()
    assert again.get("whole") == bytes(2_000)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["whole.wav"]
