"""Recordings of the centre's own: `voice/<language>/<name>.wav` in its data directory, the names as `docs/voice.md` lists them.

A phrase is spoken by recordings only if all its words are there; half a sentence by a person and half by a machine sounds like a fault.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.operations.voice import sound
from edge.operations.voice.phrases import Phrase, vocabulary
from edge.operations.voice.sound import NotSound, Samples
from edge.queueing.policy import LANGS

GAP_S = 0.03  # between two recordings


@dataclass(frozen=True, slots=True)
class Clips:
    """The recordings of a folder as they were when it was looked at. ``known``: name to path, by language; ``digests``: which they are."""

    known: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    def has(self, phrase: Phrase) -> bool:
        """Tell whether every word of a phrase is recorded."""
        return all(word.clip in self.known.get(phrase.lang, ()) for word in phrase.words)

    def say(self, phrase: Phrase) -> Samples:
        """Return a phrase from its recordings. Raises NotSound, which names the file."""
        return sound.joined((_read(self.known[phrase.lang][word.clip]) for word in phrase.words), GAP_S)

    def missing(self, lang: str) -> list[str]:
        """Return the names of a language that have no recording."""
        return [name for name in vocabulary(lang) if name not in self.known.get(lang, ())]


def look(folder: Path) -> Clips:
    """Look at what is there; strange files are left alone, and a folder that is missing has none."""
    known: dict[str, dict[str, Path]] = {}
    digests: dict[str, str] = {}
    for lang in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
        paths = {path.stem: path for path in sorted((folder / lang).glob("*.wav")) if path.is_file()}
        if paths:
            known[lang] = paths
            told = [f"{name} {(status := path.stat()).st_size} {status.st_mtime_ns}" for name, path in paths.items()]
            digests[lang] = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return Clips(known, digests)


def spoken(folder: Path) -> dict[str, Path]:
    """Return the recordings of ``folder`` that a call can need, by their place in it, such as `ky/letter-a.wav`. Raises OSError."""
    found = look(folder).known
    return {f"{lang}/{name}.wav": path for lang in LANGS for name, path in found.get(lang, {}).items() if name in vocabulary(lang)}


def size(found: Mapping[str, Path]) -> int:
    """Return how many bytes recordings have. Raises OSError."""
    return sum(path.stat().st_size for path in found.values())


def _read(path: Path) -> Samples:
    try:
        return sound.levelled(sound.trimmed(sound.read(path.read_bytes())))
    except (OSError, NotSound) as error:
        raise NotSound(f"{path}: {error}") from error
