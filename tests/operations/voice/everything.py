"""Every number 001 to 999 with every letter, and every desk 1 to 60, in four languages, as text and as sound: `bash tests/long.sh voice`.

A sound is right when it lasts no longer than it may, is as loud as every other one, has no silence at its ends and no hole in it. What was checked
is written down, so that a run that was ended goes on where it stopped (`--resume FILE`).
"""

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path
from string import ascii_uppercase

from edge.operations.voice import espeak, phrases, sound
from edge.operations.voice.espeak import Espeak
from edge.operations.voice.phrases import Phrase
from edge.operations.voice.sound import Samples
from edge.queueing.policy import LANGS

PAIRS = ("MA", "TA", "KA", "WW", "AE")
HOLE_S = 0.7  # a breath between letter and number is shorter
BLOCK = 500


def spoken(program: Espeak, phrase: Phrase) -> Samples:
    """Return a phrase as the server would make it."""
    return sound.levelled(program.say(phrase))


def faults(samples: Samples, within_s: float) -> list[str]:
    """Return what is wrong with a sound."""
    found = []
    if not 0.4 <= sound.seconds(samples) <= within_s:
        found.append(f"lasts {sound.seconds(samples):.2f} s, may last {within_s} s")
    if not 0.9 * sound.LEVEL <= sound.level(samples) <= 1.1 * sound.LEVEL:
        found.append(f"has level {sound.level(samples):.0f}, should have {sound.LEVEL}")
    if max(samples) > sound.PEAK or min(samples) < -sound.PEAK:
        found.append(f"has peaks of {min(samples)} and {max(samples)}")
    levels = [moment >= sound.LEVEL * sound.QUIET / 2 for moment in sound.moments(samples)]
    gaps = "".join("x" if heard else "." for heard in levels).split("x")
    if max(len(gaps[0]), len(gaps[-1])) * 0.02 > 2 * sound.EDGE_S + 0.02:
        found.append("has silence at an end")
    if max(map(len, gaps)) * 0.02 > HOLE_S:
        found.append(f"has a hole of {max(map(len, gaps)) * 0.02:.2f} s")
    return found


def everything() -> Iterator[Phrase]:
    """Yield all there is to say."""
    for lang in LANGS:
        for desk in range(1, 61):
            yield phrases.desk(lang, str(desk))
        for letters in chain(ascii_uppercase, PAIRS):
            for number in range(1, 1000):
                yield phrases.number(lang, f"{letters}{number:03}")


def judged(phrase: Phrase) -> tuple[float, list[str]]:
    """Return how much of its time a phrase takes, and what is wrong with it."""
    program = espeak.find()
    assert program is not None
    samples = spoken(program, phrase)
    return sound.seconds(samples) / phrase.within_s, faults(samples, phrase.within_s)


def main() -> int:
    """Check all of it, and say what was found."""
    parser = argparse.ArgumentParser(prog="tests/long.sh voice")
    parser.add_argument("--every", type=int, default=1, help="only every Nth phrase")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--resume", type=Path, default=Path(".long/voice"), help="where it is written down how far it came")
    given = parser.parse_args()
    os.nice(10)
    given.resume.parent.mkdir(exist_ok=True)
    done = int(given.resume.read_text()) if given.resume.exists() else 0
    wanted = list(everything())[:: given.every]
    assert len({(phrase.lang, phrase.text) for phrase in wanted}) == len(wanted), "two phrases have the same words"
    wrong, longest, began = 0, 0.0, time.monotonic()
    with ProcessPoolExecutor(given.jobs) as pool:
        for start in range(done, len(wanted), BLOCK):
            block = wanted[start : start + BLOCK]
            for phrase, (lasts, found) in zip(block, pool.map(judged, block, chunksize=20), strict=True):
                longest = max(longest, lasts)
                wrong += len(found)
                for fault in found:
                    print(f"{phrase.lang} {phrase.text}: {fault}", flush=True)
            given.resume.write_text(str(start + len(block)))
            print(f"{start + len(block)} of {len(wanted)}, {wrong} wrong, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{len(wanted) - done} phrases as sound, {len(wanted)} as text, {wrong} wrong; the longest takes {longest:.0%} of what it may")
    given.resume.unlink()
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
