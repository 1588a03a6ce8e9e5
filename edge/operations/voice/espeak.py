"""espeak-ng as the voice of a centre that has recorded none: a program of its own for each phrase, never a library within the server.

It is missing on some machines, and then nothing is spoken. Its sound is taken from its standard output; nothing is written anywhere.
"""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property

from edge.operations.voice import sound
from edge.operations.voice.phrases import Phrase
from edge.operations.voice.sound import NotSound, Samples

PROGRAM = "espeak-ng"
PACE = {"ky": 175, "ru": 165, "kk": 170, "en": 160}  # words a minute as espeak-ng counts them: about five and a half syllables a second
FASTER = 1.04  # than what would just be fast enough: pauses do not shrink
TRIES = 3  # once is enough but for a few in a hundred thousand
GAP_10MS = 1  # of silence between words, in tens of milliseconds
LONGEST_S = 4.0  # for one phrase; it takes some hundredths, and a server that ends waits for it


class Mute(Exception):
    """The program is not there or cannot say this; the sentence says why."""


@dataclass(frozen=True)
class Espeak:
    """``path``: of the program."""

    path: str

    @cached_property
    def version(self) -> str:
        """Return what is part of every sound's name: another version speaks otherwise. Raises Mute."""
        words = self._run("--version").decode(errors="replace").split("  Data at")[0].strip()
        return f"{words} {sorted(PACE.items())} {GAP_10MS}"

    def say(self, phrase: Phrase) -> Samples:
        """Return a phrase as it speaks it; one that would take too long is spoken faster. Raises Mute."""
        pace = PACE[phrase.lang]
        said = self._said(phrase, pace)
        for _ in range(TRIES):
            if (longer := sound.seconds(said) / phrase.within_s) <= 1:
                break
            pace = round(pace * longer * FASTER)
            said = self._said(phrase, pace)
        return said

    def _said(self, phrase: Phrase, pace: int) -> Samples:
        options = ("-v", phrase.lang, "-s", str(pace), "-g", str(GAP_10MS), "--stdout")
        try:
            return sound.trimmed(sound.read(self._run(*options, "--", phrase.text)))
        except NotSound as error:
            raise Mute(f"{PROGRAM} answered with {error}") from error

    def _run(self, *arguments: str) -> bytes:
        # below the hall's work: whoever presses a button now does not wait for what will be said later
        command = ("nice", "-n", "10", self.path, *arguments)
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Mute(f"{PROGRAM} could not be run: {error}") from error
        if done.returncode:
            raise Mute(f"{PROGRAM} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()[:200]}")
        return done.stdout


def find() -> Espeak | None:
    """Return the program, if it is installed."""
    path = shutil.which(PROGRAM)
    return Espeak(path) if path else None
