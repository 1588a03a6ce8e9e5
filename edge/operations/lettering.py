"""The screens' own font for what is drawn on paper: one font in three files, and each letter is drawn with the file that has it.

No printer's code page has every Kyrgyz and Kazakh letter, so whatever goes on paper is drawn as a picture.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import edge

if TYPE_CHECKING:
    from PIL import ImageDraw

FONTS = Path(edge.__file__).parent / "web/static/vendor"  # brought by the build; the letters are spread over three files
FILES = ("golos-text-latin-wght-normal.woff2", "golos-text-cyrillic-wght-normal.woff2", "golos-text-cyrillic-ext-wght-normal.woff2")
EXTENDED = frozenset("ҒғҚқҢңҮүҲҳҶҷҺһӘәӢӣӨөӮӯ")
LEAST = 20  # dots; what is smaller is not read


class Fonts:
    """One font in three files; each letter is drawn with the file that has it."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], Any] = {}

    def line(self, draw: "ImageDraw.ImageDraw", text: str, at: tuple[int, int], room: int, size: int, weight: int = 400) -> int:
        """Draw ``text`` centred, smaller if it must be, from the top ``at``; returns the height it took."""
        while self.width(text, size, weight) > room and size > LEAST:
            size -= 2
        self.draw(draw, text, (at[0] - self.width(text, size, weight) // 2, at[1]), size, weight)
        return size * 5 // 4

    def wrapped(self, text: str, room: int, size: int, weight: int = 400) -> list[str]:
        """Break ``text`` into lines that fit into ``room``; a word that is longer stands alone and is drawn smaller."""
        lines: list[str] = []
        for word in text.split():
            if lines and self.width(f"{lines[-1]} {word}", size, weight) <= room:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def width(self, text: str, size: int, weight: int) -> int:
        """Return how many dots ``text`` takes."""
        return sum(round(self._font(file, size, weight).getlength(run)) for file, run in _runs(text))

    def draw(self, draw: "ImageDraw.ImageDraw", text: str, at: tuple[int, int], size: int, weight: int, ink: int = 0) -> None:
        """Draw ``text`` from its upper left corner; ``ink``: 0 is black."""
        x, baseline = at[0], at[1] + size
        for file, run in _runs(text):
            font = self._font(file, size, weight)
            draw.text((x, baseline), run, fill=ink, font=font, anchor="ls")
            x += round(font.getlength(run))

    def _font(self, file: int, size: int, weight: int) -> Any:
        from PIL import ImageFont

        key = (file, size, weight)
        if key not in self._known:
            # not Raqm, which Pillow takes where the system happens to have FriBiDi: every box draws the same, and none of our letters needs it
            font = self._known[key] = ImageFont.truetype(FONTS / FILES[file], size, layout_engine=ImageFont.Layout.BASIC)
            font.set_variation_by_axes([weight])
        return self._known[key]


def _runs(text: str) -> Iterator[tuple[int, str]]:
    """Split ``text`` where the next letter stands in another file; only the first has spaces and figures."""
    run, before = "", 0
    for letter in text:
        file = 2 if letter in EXTENDED else 1 if "\u0400" <= letter <= "\u04ff" or letter == "№" else 0
        if run and file != before:
            yield before, run
            run = ""
        run, before = run + letter, file
    if run:
        yield before, run
