"""The ticket as a picture of the printer's own dots: 576 a line (80 mm paper at 203 dots an inch), as long as it must be.

All of it is drawn, since no printer's code page has every Kyrgyz letter. The number stands first and is at least a
centimetre high.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import segno

from edge.devices.printing.words import WORDS
from edge.operations.lettering import Fonts

if TYPE_CHECKING:
    from PIL import Image

DOTS = 576
MARGIN = 12
LONGEST = 4000
NUMBER, NAME, TEXT, SMALL = 230, 34, 28, 22  # sizes of letters in dots; a capital is seven tenths of it
HEAVY, LEADING = 700, 1.3
MODULE, QUIET_ZONE = 7, 4  # dots a module of the code; ISO/IEC 18004, 6.3.8
LETTERS = "ҢҮӨ ңүө ҰҚҒӘІҺ ұқғәіһ"


@dataclass(frozen=True, slots=True)
class Face:
    """What a ticket says, in the visitor's language ``lang``. ``times``: the range, None where nobody can say; ``promise``: as in `Ticket`.

    ``address``: of the visitor's page, None: there is none. ``head``: where the journal stood. ``copy``: 0 for the ticket itself.
    """

    lang: str
    centre: str
    number: str
    service: str
    taken: str
    head: str
    category: str | None = None
    times: str | None = None
    promise: str | None = None
    documents: Sequence[str] = ()
    address: str | None = None
    copy: int = 0


def ticket(face: Face) -> "Image.Image":
    """Draw a ticket; ink is black (0) on white."""
    words, paper = WORDS[face.lang], _Paper()
    if face.copy:
        paper.bar(words.copy.format(number=face.copy))
    paper.centred(face.centre, SMALL)
    paper.number(face.number)
    paper.centred(face.service, NAME, HEAVY)
    if face.category:
        paper.centred(words.category.format(name=face.category), TEXT)
    if face.times:
        paper.centred(words.turn.format(times=face.times), NAME, HEAVY)
    if promise := words.promises.get(face.promise or ""):
        paper.centred(promise, TEXT, HEAVY)
    if face.documents:
        paper.rule()
        paper.left(words.bring, TEXT, HEAVY)
        for document in face.documents:
            paper.left(document, TEXT, sign="·")
    paper.rule()
    if face.address:
        paper.code(face.address)
        paper.centred(words.follow, SMALL)
        paper.centred(face.address.partition("://")[2].partition("/")[0], SMALL)
    else:
        paper.centred(words.remember, TEXT)
    paper.centred(words.taken.format(time=face.taken), SMALL)
    paper.centred(words.journal.format(head=face.head), SMALL)
    return paper.cut()


def test_page(name: str, centre: str, taken: str) -> "Image.Image":
    """Draw what a technician looks at: every language, the letters that printers lack, and a line from edge to edge."""
    paper = _Paper()
    paper.centred(centre, SMALL)
    for words in WORDS.values():
        paper.centred(words.test, NAME, HEAVY)
    paper.centred(LETTERS, NAME)
    paper.centred(f"{name}, {taken}", SMALL)
    paper.rule()
    return paper.cut()


class _Paper:
    """A strip of paper that is drawn from the top down."""

    def __init__(self) -> None:
        from PIL import Image, ImageDraw  # heavy: only who prints pays for it

        self._image = Image.new("1", (DOTS, LONGEST), 1)
        self._draw = ImageDraw.Draw(self._image)
        self._fonts = _fonts()
        self._y = MARGIN

    def centred(self, text: str, size: int, weight: int = 400) -> None:
        """Write lines in the middle."""
        room = DOTS - 2 * MARGIN
        for line in self._fonts.wrapped(text, room, size, weight):
            self._fonts.line(self._draw, line, (DOTS // 2, self._y), room, size, weight)
            self._y += round(size * LEADING)

    def number(self, text: str) -> None:
        """Write the number as large as the paper is wide, without the room above that letters with accents need."""
        self._y -= NUMBER // 6
        self._fonts.line(self._draw, text, (DOTS // 2, self._y), DOTS - 2 * MARGIN, NUMBER, HEAVY)
        self._y += NUMBER + MARGIN

    def left(self, text: str, size: int, weight: int = 400, sign: str = "") -> None:
        """Write lines from the left; ``sign`` stands before the first."""
        indent = MARGIN + (size if sign else 0)
        if sign:
            self._fonts.draw(self._draw, sign, (MARGIN, self._y), size, HEAVY)
        for line in self._fonts.wrapped(text, DOTS - indent - MARGIN, size, weight):
            self._fonts.draw(self._draw, line, (indent, self._y), size, weight)
            self._y += round(size * LEADING)

    def rule(self) -> None:
        """Draw a line from edge to edge."""
        self._y += 10
        self._draw.line((0, self._y, DOTS - 1, self._y), fill=0, width=3)
        self._y += 10

    def bar(self, text: str) -> None:
        """Write ``text`` on black, from edge to edge: nobody overlooks it."""
        height = round(NAME * 1.7)
        self._draw.rectangle((0, self._y, DOTS - 1, self._y + height), fill=0)
        left = (DOTS - self._fonts.width(text, NAME, HEAVY)) // 2
        self._fonts.draw(self._draw, text, (left, self._y + NAME // 5), NAME, HEAVY, ink=1)
        self._y += height + MARGIN

    def code(self, address: str) -> None:
        """Draw the QR code of ``address`` in the middle."""
        rows = [list(row) for row in segno.make_qr(address, error="m", boost_error=False).matrix]
        side = len(rows)
        left, top = (DOTS - side * MODULE) // 2, self._y + QUIET_ZONE * MODULE
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                if dark:
                    place = (left + x * MODULE, top + y * MODULE)
                    self._draw.rectangle((*place, place[0] + MODULE - 1, place[1] + MODULE - 1), fill=0)
        self._y = top + (side + QUIET_ZONE) * MODULE

    def cut(self) -> "Image.Image":
        """Return what was drawn."""
        return self._image.crop((0, 0, DOTS, min(LONGEST, self._y + MARGIN)))


@cache
def _fonts() -> Fonts:
    """One set for the life of the process: opening a font takes longer than drawing with it."""
    return Fonts()
