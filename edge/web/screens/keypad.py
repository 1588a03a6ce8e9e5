"""A keypad on the screen: letters and digits that a visitor touches, a keyboard types or a scanner reads. Each key is a plain button of the form.

With JavaScript (`kiosk-keypad.js`) keys write into the field at once; without it each one is a post that shows the page again with one sign more.
"""

from dataclasses import dataclass

from flask import request
from flask_babel import LazyString

from edge.queueing.booking import CODE_ALPHABET, CODE_LENGTH

DIGITS, LETTERS = "1234567890", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ERASE = "erase"
FIELD, PRESSED = "typed", "press"
_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI")  # noqa: RUF001 -- Cyrillic letters of a keyboard that was left in another layout


@dataclass(frozen=True, slots=True)
class Keypad:
    """``columns``: keys side by side; ``most``: signs that fit."""

    keys: str
    columns: int
    most: int


CODE = Keypad(CODE_ALPHABET, 8, CODE_LENGTH)
PERSON = Keypad(DIGITS + LETTERS, 10, 32)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page with a keypad shows: the field's label and value, and what was wrong with it."""

    pad: Keypad
    label: LazyString
    typed: str = ""
    error: str | LazyString | None = None


def cleaned(text: str) -> str:
    """Return what was typed in capitals, without spaces and hyphens, look-alikes of the other alphabet as Latin letters."""
    return text.upper().translate(_LOOK_ALIKES).replace(" ", "").replace("-", "").replace("\x00", "")


def typed(pad: Keypad) -> tuple[str, bool]:
    """Return what the form's field holds, with the key that was touched, and whether it was only a key."""
    text = cleaned(request.form.get(FIELD, ""))[: pad.most]
    key = request.form.get(PRESSED)
    if key is None:
        return text, False
    if key == ERASE:
        return text[:-1], True
    return (text + key)[: pad.most] if key in pad.keys and len(key) == 1 else text, True
