"""How large a board draws, and so how much of it there is: worked out from where people sit and from how large the screen is.

A ticket's and a desk's number must appear at least 0.7° high from the farthest seat (EN 301 549, 5.1.4), every other text at least 0.4°. What does
not fit at that size is left out, in a fixed order, and never drawn smaller; only if not even two calls fit, all shrink, and `readable_m` says so.

Lengths in `u`, a hundredth of the screen's shorter side whatever its resolution, or in font sizes of the text, in which all else is planned.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

CAP = 0.7  # cap height of the shipped font as a part of its size; a test reads it from the font
DIGIT, LETTER, NAME_SIGN = 0.65, 0.9, 0.66  # widths, as a part of the size: a digit and nearly the widest letter, heavy; a sign of a name
NUMBER_DEG, TEXT_DEG = 0.7, 0.4
RATIO = math.tan(math.radians(NUMBER_DEG)) / math.tan(math.radians(TEXT_DEG))
LONG, MARGIN, GAP = 100 * 16 / 9, 2.0, 1.5  # in u: the longer side; around all; between blocks
ROWS_LEAST, ROWS_MOST, NEXT_MOST, LARGE_LEAST = 2, 10, 10, 3
DESK_MOST = 3  # signs of a desk's id that are drawn at full size
CALM_TEXT = 4.2  # in u: near the board nothing must be so large, but a board is not a newspaper
GROWN_MOST = 1.8  # numbers take the room that is left, up to this part of what they must be

# Widths, in font sizes of the text.
PAD, SPACE, SPACE_NEXT, ARROW, ICON, WORDS, LONG_DESK = 0.9, 0.35, 0.25, 1.3, 1.25, 11.8, 3.9
SIDE, CLOCK, LABEL, DATE, LEGEND = 7.6, 4.8, 6.7, 12.4, 8.9
SMALL_SIGN, SMALL_SPACE, SMALL_GAP, SMALL_DESK = 0.85, 0.2, 0.6, 2.6  # in a line of smaller calls: an arrow or icon, the room between, a desk
# Heights: a line; two of them, ky above ru; and what is made of such.
LINE, STACK = 1.3, 2.6
HEADS, FOOT, SMALL_FOOT, WAIT, COUNT = 1.4, 2.6, 1.4, 3.9, 1.4


class Row(StrEnum):
    """Where a call's reason stands: icon and words beside the desk, below the number, the icon alone, or nowhere."""

    WORDS = "words"
    UNDER = "under"
    ICON = "icon"
    BARE = "bare"


class Side(StrEnum):
    """Where the next numbers stand: in a column, in a block of their own below, in the last line beside the clock, or nowhere."""

    BESIDE = "beside"
    BELOW = "below"
    FOOT = "foot"
    NONE = "none"


PITCH = {Row.WORDS: 2.6, Row.UNDER: 4.05, Row.ICON: 1.95, Row.BARE: 1.95}
LANDSCAPE = (
    (Row.WORDS, Side.BESIDE),
    (Row.ICON, Side.BESIDE),
    (Row.WORDS, Side.FOOT),
    (Row.ICON, Side.FOOT),
    (Row.ICON, Side.NONE),
    (Row.BARE, Side.NONE),
)
PORTRAIT = ((Row.WORDS, Side.BELOW), (Row.UNDER, Side.BELOW), (Row.ICON, Side.BELOW), (Row.BARE, Side.BELOW), (Row.BARE, Side.NONE))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a board is seen from, and what it has to show.

    ``desks``: how many may call at once; ``letters``: of a ticket's number at most; ``desk_length``, ``name_length``: of the longest id of a desk
    and of the zone's longest name.
    """

    distance_m: float
    diagonal_in: float
    desks: int
    letters: int = 1
    desk_length: int = 2
    name_length: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """One orientation of a board. ``text``, ``number``: font sizes; ``pitch``: from one call to the next; ``side_width``: all in u.

    ``places``: calls at full size; ``line_calls``: smaller ones in a line. ``next_shown``: numbers beside an estimate of the wait, ``next_alone``
    without one. ``foot_lines``: of the block with clock, reasons and date. ``readable_m``: the distance at which numbers still are 0.7° high.
    """

    portrait: bool
    row: Row
    side: Side
    text: float
    number: float
    places: int
    pitch: float
    line_calls: int
    side_width: float
    readable_m: float
    next_shown: int = 0
    next_alone: int = 0
    has_wait: bool = False
    has_count: bool = False
    has_legend: bool = False
    has_date: bool = False
    has_name: bool = False
    foot_lines: int = 1

    @property
    def has_heads(self) -> bool:
        """Tell whether "ticket" and "desk" stand above their columns."""
        return self.side in (Side.BESIDE, Side.BELOW)

    def holds(self, taken: int = 0) -> int:
        """Return how many calls can be shown at once, the newest at full size. ``taken``: lines that a notice takes."""
        return max(math.floor(self.places - taken * LINE * self.text / self.pitch + 1e-9), 1 + self.small(1, taken))

    def large(self, calls: int, taken: int = 0) -> int:
        """Return how many of ``calls`` are drawn at full size; the others stand in lines below."""
        free = (self.places * self.pitch - taken * LINE * self.text) / self.pitch + 1e-9
        return next((n for n in range(min(calls, math.floor(free)), 1, -1) if calls - n <= self.small(n, taken)), min(calls, 1))

    def small(self, large: int, taken: int = 0) -> int:
        """Return how many calls fit in lines below ``large`` ones."""
        free = (self.places - large) * self.pitch / (LINE * self.text) - taken
        return max(0, math.floor(free + 1e-9)) * self.line_calls

    @property
    def taken_most(self) -> int:
        """Return how many lines a notice may take, so that one large call stays and a line of others."""
        return math.floor((self.places - 1) * self.pitch / (LINE * self.text) - 1 + 1e-9)


def short_side_mm(diagonal_in: float) -> float:
    """Return the shorter side of a 16:9 screen: 685 mm at 55 inches."""
    return diagonal_in * 25.4 * 9 / math.hypot(16, 9)


def cap_mm(distance_m: float, degrees: float = NUMBER_DEG) -> float:
    """Return the height of capitals that appear ``degrees`` high: 12.2 mm for each metre at 0.7°."""
    return distance_m * 1000 * math.tan(math.radians(degrees))


def size(seen: Seen, *, portrait: bool) -> Size:
    """Return the richest arrangement that holds a call of every desk; else what holds most; else two calls that are too small."""
    least = cap_mm(seen.distance_m, TEXT_DEG) / CAP / short_side_mm(seen.diagonal_in) * 100
    wanted = min(max(seen.desks, 4), ROWS_MOST)
    kinds = [_Kind(seen, portrait, *kind) for kind in (PORTRAIT if portrait else LANDSCAPE)]
    found = [best for kind in kinds if (best := kind.best(wanted, least))]
    # to show every call, be it in small, is worth more than what stands around them; and so is that the newest are large
    whole = [each for each in found if each.holds() >= seen.desks]
    good = [each for each in whole if each.large(seen.desks) >= min(seen.desks, LARGE_LEAST)]
    if good or whole:
        return (good or whole)[0]
    return max(found, key=Size.holds) if found else kinds[-1].too_small(wanted, least)


def sizes(seen: Seen) -> Iterator[Size]:
    """Yield both orientations: nobody tells the server how a screen hangs."""
    yield size(seen, portrait=False)
    yield size(seen, portrait=True)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One arrangement on one screen. All it needs grows with the text, so the largest text is a division."""

    seen: Seen
    portrait: bool
    row: Row
    side: Side

    @property
    def width(self) -> float:
        return (100 if self.portrait else LONG) - 2 * MARGIN

    @property
    def height(self) -> float:
        return (LONG if self.portrait else 100) - 2 * MARGIN - (2 if self.side is Side.BELOW else 1) * GAP

    @property
    def number_em(self) -> float:
        """Width of the widest number, in its own size: letters and four digits."""
        return self.seen.letters * LETTER + 4 * DIGIT

    @property
    def desk_em(self) -> float:
        """Width of a desk in the number's size."""
        return LONG_DESK / RATIO if self.seen.desk_length > DESK_MOST else self.seen.desk_length * DIGIT

    @property
    def beside_numbers(self) -> float:
        """What a call takes across besides its two numbers."""
        extra = {Row.WORDS: 2 * SPACE + ICON + WORDS, Row.ICON: SPACE + ICON, Row.UNDER: 0, Row.BARE: 0}
        return PAD + ARROW + 2 * SPACE + extra[self.row]

    @property
    def around(self) -> float:
        """Height of all but the calls."""
        return {Side.BESIDE: HEADS + FOOT, Side.BELOW: HEADS + STACK + FOOT, Side.FOOT: FOOT, Side.NONE: SMALL_FOOT}[self.side]

    def largest(self, rows: int) -> float:
        """Return the largest text, in u, at which ``rows`` calls fit."""
        across = self.beside_numbers + (self.number_em + self.desk_em) * RATIO
        wide = (self.width - GAP) / (across + SIDE) if self.side is Side.BESIDE else self.width / across
        return min(wide, self.height / (self.around + rows * PITCH[self.row]))

    def best(self, wanted: int, least: float) -> Size | None:
        """Lay out as many calls as are wanted, or as fit at the ``least`` text, two or more; else None."""
        for rows in (wanted, min(wanted, self.rows(least))):
            largest = self.largest(rows) if rows >= ROWS_LEAST else 0
            if largest >= least:
                found = self.at(min(largest, max(least, CALM_TEXT)), rows, least)
                return found if found.next_alone or self.side is Side.NONE else None
        return None

    def too_small(self, wanted: int, least: float) -> Size:
        """Lay out two calls, or more, at the largest text at which two fit."""
        text = self.largest(ROWS_LEAST)
        return self.at(text, max(ROWS_LEAST, min(wanted, self.rows(text))), least)

    def rows(self, text: float) -> int:
        """Return how many calls fit."""
        return min(ROWS_MOST, math.floor((self.height / text - self.around) / PITCH[self.row] + 1e-9))

    def at(self, text: float, rows: int, least: float) -> Size:
        """Lay it out: what is left over goes to what is worth most, at last to the numbers themselves."""
        numbers = (self.number_em + self.desk_em) * RATIO * text
        side = 0.0
        if self.side is Side.BESIDE:
            side = max(SIDE * text, min(0.35 * self.width, self.width - GAP - self.beside_numbers * text - numbers))
        found = Size(
            portrait=self.portrait,
            row=self.row,
            side=self.side,
            text=text,
            number=RATIO * text,
            places=rows,
            pitch=0,
            line_calls=self._line_calls((self.width - (side + GAP if side else 0)) / text),
            side_width=side,
            readable_m=round(self.seen.distance_m * min(1, text / least), 1),
        )
        return self._grown(self._with_foot(self._with_next(found)))

    def _line_calls(self, across: float) -> int:
        desk = min(self.desk_em, SMALL_DESK)
        one = self.number_em + desk + SMALL_SIGN + 2 * SMALL_SPACE + (SMALL_SIGN + SMALL_SPACE if self.row is not Row.BARE else 0)
        return max(1, math.floor((across - PAD + SMALL_GAP) / (one + SMALL_GAP) + 1e-9))

    def _spare(self, found: Size) -> float:
        """Height that is left when every call has what it needs."""
        taken = STACK if self.side is Side.BELOW and found.has_wait else 0
        return self.height / found.text - self.around - taken - found.places * PITCH[self.row] + 1e-9

    def _with_next(self, found: Size) -> Size:
        across, number = self.width / found.text, self.number_em + SPACE_NEXT
        if self.side is Side.BESIDE:
            columns = max(1, math.floor((found.side_width / found.text - PAD + SPACE_NEXT) / number))
            room = self.height / found.text - FOOT - STACK - PAD + 1e-9
            has_wait = room >= WAIT + 2 * LINE
            has_count = room - WAIT * has_wait >= COUNT + 3 * LINE
            lines = math.floor((room - WAIT * has_wait - COUNT * has_count) / LINE)
            alone = math.floor((room - COUNT * has_count) / LINE)
            shown = (columns * lines, columns * alone)
        elif self.side is Side.NONE:
            return found
        else:
            columns = math.floor((across - LABEL - (CLOCK if self.side is Side.FOOT else PAD)) / number)
            has_wait = self.side is Side.BELOW and self._spare(found) >= STACK
            has_count = has_wait and across >= 2 * LABEL + PAD + SIDE / 2
            shown = (2 * columns,) * 2
        shown_with, alone = (max(0, min(NEXT_MOST, each)) for each in shown)
        return replace(found, next_shown=shown_with, next_alone=alone, has_wait=has_wait, has_count=has_count)

    def _with_foot(self, found: Size) -> Size:
        """Beside the clock: reasons in words, unless each call has its own; then the date. In portrait also on lines of their own."""
        if self.side in (Side.FOOT, Side.NONE):
            return found
        has_legend = self.row in (Row.ICON, Row.BARE)
        extra = min(2, math.floor(self._spare(found) / FOOT)) if self.portrait else 0
        room = self.width / found.text - CLOCK - DATE - 2 * LEGEND * has_legend
        beside = room >= 0
        has_date = beside or extra > has_legend
        lines = 1 + min(extra, has_legend + (has_date and not beside))
        has_name = not has_legend and room >= self.seen.name_length * NAME_SIGN + 2 * SPACE
        return replace(found, has_legend=has_legend, has_date=has_date, has_name=has_name, foot_lines=lines)

    def _grown(self, found: Size) -> Size:
        """Give the calls the rest of the height, and their numbers as much of it as there is room across."""
        around = self.around + (found.foot_lines - 1) * FOOT + (STACK if self.side is Side.BELOW and found.has_wait else 0)
        pitch = (self.height - around * found.text) / found.places
        free = self.width - (found.side_width + GAP if found.side_width else 0) - self.beside_numbers * found.text
        tall = pitch - (STACK + 0.4) * found.text if self.row is Row.UNDER else pitch - 0.2 * found.text
        number = max(found.number, min(GROWN_MOST * found.number, free / (self.number_em + self.desk_em), tall))
        return replace(found, pitch=pitch, number=number)
