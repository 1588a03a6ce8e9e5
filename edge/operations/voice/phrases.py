"""What is said for a call, as words that each have a recording: the ticket's number, then the desk. Pure: no sound, no hall.

The two halves are separate phrases, because the number is known when a ticket is issued and the desk only when it is called: halls have few desks,
so both can lie ready. Letters that look alike in both alphabets have the name that people read them by.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from edge.operations.voice.numerals import CARDINALS, LARGEST, ORDINALS, pieces

MOST_LETTERS = 3  # of a desk that is no number; who is to remember more had better look at the board
NUMBER_S, DESK_S = 2.95, 2.1  # with a chime of 0.8 s and a breath between them an announcement lasts 6 s at most
LETTER, ORDINAL = "letter-", "-ordinal"

_RUSSIAN = "а бэ цэ дэ е эф гэ аш и йот ка эль эм эн о пэ ку эр эс тэ у вэ дубль-вэ икс игрек зет"
_LETTERS: Mapping[str, str] = {
    "ky": _RUSSIAN.replace("эль", "эл"),
    "ru": _RUSSIAN,
    "kk": _RUSSIAN.replace("эль", "эл"),
    "en": "ay bee see dee ee eff jee aitch eye jay kay ell em en oh pee cue are ess tee you vee double-you ex why zed",
}
LETTERS: Mapping[str, Mapping[str, str]] = {
    lang: {chr(ord("A") + place): name.replace("-", " ") for place, name in enumerate(names.split())} for lang, names in _LETTERS.items()
}


@dataclass(frozen=True, slots=True)
class Template:
    """``ticket`` comes before letter and number. ``to_desk`` stands before the desk, or, with ``ordinal``, behind its ordinal."""

    ticket: str
    to_desk: str
    look: str
    ordinal: bool = False


TEMPLATES: Mapping[str, Template] = {
    "ky": Template("талон", "терезеге келиңиз", "таблону караңыз", ordinal=True),
    "ru": Template("талон", "пройдите к окну номер", "смотрите на табло"),
    "kk": Template("талон", "терезеге келіңіз", "таблоға қараңыз", ordinal=True),
    "en": Template("ticket", "please go to desk", "please look at the board"),
}


@dataclass(frozen=True, slots=True)
class Word:
    """``clip``: the name of its recording, the same in every language; ``text``: what is said."""

    clip: str
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said in one go. ``within_s``: how long that may take."""

    lang: str
    words: tuple[Word, ...]
    within_s: float

    @property
    def text(self) -> str:
        """Return it as a sentence, with a breath between letters and number."""
        words = [word.text for word in self.words]
        for place, word in enumerate(self.words[:-1]):
            if word.clip.startswith(LETTER) and not self.words[place + 1].clip.startswith(LETTER):
                words[place] += ","
        said = " ".join(words)
        return said[:1].upper() + said[1:] + "."


@lru_cache(maxsize=4096)
def number(lang: str, ticket: str) -> Phrase:
    """Return how a ticket is called, such as `A157` or `MA007`; zeros in front are not said."""
    letters, digits = ticket.rstrip("0123456789"), ticket.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return Phrase(lang, (Word("ticket", TEMPLATES[lang].ticket), *_letters(lang, letters), *_cardinal(lang, int(digits))), NUMBER_S)


@lru_cache(maxsize=1024)
def desk(lang: str, name: str) -> Phrase:
    """Return where to go: a desk that is a number is said as one; `12a` as twelve a; of a longer name, that the board shows it."""
    template = TEMPLATES[lang]
    to_desk = Word("to-desk", template.to_desk)
    if name.isdigit() and 0 < int(name) <= LARGEST:
        which = tuple(_ordinal(lang, int(name)) if template.ordinal else _cardinal(lang, int(name)))
    else:
        which = tuple(_spelled(lang, name))
    if not which:
        return Phrase(lang, (Word("look", template.look),), DESK_S)
    return Phrase(lang, (*which, to_desk) if template.ordinal else (to_desk, *which), DESK_S)


def vocabulary(lang: str) -> dict[str, str]:
    """Return every recording that a language can need, with what is said in it."""
    template = TEMPLATES[lang]
    words = {"ticket": template.ticket, "to-desk": template.to_desk, "look": template.look}
    words |= {f"{LETTER}{letter.lower()}": name for letter, name in LETTERS[lang].items()}
    words |= {str(value): text for value, text in CARDINALS[lang].items()}
    if template.ordinal:
        words |= {f"{value}{ORDINAL}": text for value, text in ORDINALS[lang].items() if value}
    return words


def _letters(lang: str, letters: str) -> Iterator[Word]:
    for letter in letters.upper():
        yield Word(f"{LETTER}{letter.lower()}", LETTERS[lang][letter])


def _cardinal(lang: str, value: int) -> Iterator[Word]:
    for piece in pieces(value):
        yield Word(str(piece), CARDINALS[lang][piece])


def _ordinal(lang: str, value: int) -> Iterator[Word]:
    *first, last = pieces(value)
    for piece in first:
        yield Word(str(piece), CARDINALS[lang][piece])
    yield Word(f"{last}{ORDINAL}", ORDINALS[lang][last])


def _spelled(lang: str, name: str) -> Iterator[Word]:
    """Say a desk's id letter by letter and number by number; nothing when that would be long."""
    parts = re.findall(r"[a-z]|\d+", name)
    numbers = [part for part in parts if part.isdigit()]
    if len(parts) - len(numbers) > MOST_LETTERS or len(numbers) > 1 or any(int(part) > LARGEST for part in numbers):
        return
    for part in parts:
        yield from _cardinal(lang, int(part)) if part.isdigit() else _letters(lang, part)
