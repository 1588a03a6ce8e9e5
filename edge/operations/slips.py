"""Emergency slips as a PDF to print and cut: A4 pages of eight, each with the centre's name, a large number and lines to fill in by hand.

A page is drawn as a picture of 300 dots an inch, with the screens' own font, so that every Kyrgyz and Kazakh letter is there whatever printer it
meets. The paper speaks Kyrgyz and Russian, as the boards do.
"""

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edge.operations.lettering import Fonts
from edge.queueing.policy import Names

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

DPI = 300
PAGE = (2480, 3508)  # A4
COLUMNS, ROWS = 2, 4
MARGIN = 90  # what office printers leave white
TITLE = ("Авариялык талон", "Аварийный талон")
FILL_IN = (("Күнү, убактысы", "Дата, время"), ("Кызмат", "Услуга"))
KEEP = ("Талонду сактаңыз: сизди ушул номер менен чакырабыз", "Сохраните талон: вас вызовут по этому номеру")
TALLEST = 330


def pdf(names: Names, numbers: Sequence[str]) -> bytes:
    """Draw slips with these numbers, in reading order. ``names``: the centre's."""
    pages = list(_pages(names, numbers))
    file = io.BytesIO()
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:], resolution=DPI, title=f"{numbers[0]} .. {numbers[-1]}")
    return file.getvalue()


def _pages(names: Names, numbers: Sequence[str]) -> Iterator["Image.Image"]:
    from PIL import Image, ImageDraw  # heavy: only who prints pays for it

    fonts = Fonts()
    size = (PAGE[0] // COLUMNS, PAGE[1] // ROWS)
    for start in range(0, len(numbers), COLUMNS * ROWS):
        page = Image.new("1", PAGE, 1)
        draw = ImageDraw.Draw(page)
        for place, number in enumerate(numbers[start : start + COLUMNS * ROWS]):
            left, top = place % COLUMNS * size[0], place // COLUMNS * size[1]
            _slip(draw, fonts, (left, top, left + size[0], top + size[1]), names, number)
        _cuts(draw, size)
        yield page


def _slip(draw: "ImageDraw.ImageDraw", fonts: Fonts, box: tuple[int, int, int, int], names: Names, number: str) -> None:
    left, top, right = box[0] + MARGIN, box[1] + 60, box[2] - MARGIN
    width, middle = right - left, (left + right) // 2
    y = top
    for name in dict.fromkeys((names.get("ky", ""), names["ru"])):
        y += fonts.line(draw, name, (middle, y), width, 40)
    y += fonts.line(draw, " · ".join(TITLE), (middle, y + 6), width, 40, weight=700)
    y += fonts.line(draw, number, (middle, y - 10), width, TALLEST, weight=700)
    for words in FILL_IN:
        label = f"{' / '.join(words)}:"
        used = fonts.width(label, 36, 400)
        fonts.draw(draw, label, (left, y), 36, 400)
        draw.line((left + used + 20, y + 44, right, y + 44), fill=0, width=3)
        y += 78
    for words_kept in KEEP:
        y += fonts.line(draw, words_kept, (middle, y), width, 32)


def _cuts(draw: "ImageDraw.ImageDraw", size: tuple[int, int]) -> None:
    """Dash the lines to cut along."""
    for column in range(1, COLUMNS):
        for y in range(0, PAGE[1], 48):
            draw.line((column * size[0], y, column * size[0], y + 20), fill=0, width=2)
    for row in range(1, ROWS):
        for x in range(0, PAGE[0], 48):
            draw.line((x, row * size[1], x + 20, row * size[1]), fill=0, width=2)
