"""A board's sizes as a stylesheet of its own, `size.css`: values for what `board.css` draws, for both ways a screen may hang.

How many calls are large depends on how many there are; counting is done by selectors, so that a page without JavaScript shows the same.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping

from edge.errors import Problem
from edge.queueing.policy import Policy
from edge.web.screens import board_size as plan
from edge.web.screens.board_size import Row, Seen, Side, Size, size, sizes

TEXT_SIGN = 0.6  # width of a sign of running text, as a part of its size
CALLS_MOST = 40  # beyond, a board shows no more anyway
DESKS_SIZED: Mapping[int, str] = {
    3: "",
    6: "m",
    12: "s",
}  # by the length of its id: large, smaller, in two lines; beyond, in three

_ROWS = {
    Row.WORDS: ('"number to desk icon words"', "1fr {arrow} {desk} {icon} {words}", "block", "grid"),
    Row.UNDER: ('"number number to desk" "icon words words words"', "{icon} 1fr {arrow} {desk}", "block", "grid"),
    Row.ICON: ('"number to desk icon"', "1fr {arrow} {desk} {icon}", "block", "none"),
    Row.BARE: ('"number to desk"', "1fr {arrow} {desk}", "none", "none"),
}
_SIDES = {
    Side.BESIDE: ('"calls side" "foot foot"', "minmax(0, 1fr) {side}", "minmax(0, 1fr) {foot}"),
    Side.BELOW: ('"calls" "side" "foot"', "minmax(0, 1fr)", "minmax(0, 1fr) {below} {foot}"),
    Side.FOOT: ('"calls calls" "foot side"', "auto minmax(0, 1fr)", "minmax(0, 1fr) {foot}"),
    Side.NONE: ('"calls" "foot"', "minmax(0, 1fr)", "minmax(0, 1fr) {foot}"),
}
_WITHIN = {
    Side.BESIDE: ('"head" "next" "count" "wait"', "minmax(0, 1fr)", "auto minmax(0, 1fr) auto auto"),
    Side.BELOW: ('"head next next" "wait wait count"', "{label} minmax(0, 1fr) auto", "{lines} minmax(0, auto)"),
    Side.FOOT: ('"head next"', "auto minmax(0, 1fr)", "minmax(0, 1fr)"),
    Side.NONE: ("none", "none", "none"),
}


def seen(policy: Policy, zone: str) -> Seen:
    """Return what a board of ``zone`` is seen from and may have to show."""
    desks = [desk for desk in policy.desks.values() if desk.zone == zone]
    codes = frozenset[str]().union(*(desk.services for desk in desks))
    letters = [len(service.letter) for code, service in policy.services.items() if code in codes and service.letter]
    place = policy.zones[zone]
    longest = max((len(desk.desk) for desk in desks), default=1)
    name = max(len(name) for name in place.names.values())
    return Seen(place.viewing_distance_m, place.diagonal_in, len(desks), max(letters, default=1), longest, name)


def second_look(policy: Policy) -> Iterator[Problem]:
    """Say of which zones the boards, hung across, are too small for the distance or for the number of desks. Nothing is forbidden by that."""
    for zone in policy.zones:
        what = seen(policy, zone)
        found = size(what, portrait=False)
        where = ("zones", zone, "diagonal_in")
        if found.readable_m < what.distance_m:
            metres = f"{found.readable_m:g}"
            yield Problem(f"zone {zone}: numbers on the boards can be read from {metres} m only", "board-small", where, limit=metres)
        elif found.holds() < what.desks:
            limit, given = str(found.holds()), str(what.desks)
            yield Problem(f"zone {zone}: the boards show {limit} calls at once, it has {given} desks", "board-full", where, limit=limit, given=given)


def sheet(what: Seen) -> str:
    """Return `size.css`."""
    return "\n".join(line for size in sizes(what) for line in _oriented(size, what))


def edition(*parts: str) -> str:
    """Return a short name of everything that a page was made with; another name means that the page is to be loaded anew."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def length_class(desk: str) -> str:
    """Return how the id of a desk is drawn, "" for large."""
    return next((name for most, name in DESKS_SIZED.items() if len(desk) <= most), "xs")


def taken_by(what: Seen, texts: Mapping[str, str]) -> int:
    """Return how many lines a notice will take, roughly: the page measures it; without JavaScript this holds."""
    if not texts:
        return 0
    landscape = next(sizes(what))
    across = (plan.LONG - 2 * plan.MARGIN - landscape.side_width) / landscape.text - 3
    lines = sum(math.ceil(len(text) * TEXT_SIGN / across) for text in texts.values())
    return min(landscape.taken_most, math.ceil((lines * 1.2 + 0.4) / plan.LINE))


def _oriented(found: Size, what: Seen) -> Iterator[str]:
    yield f"@media (orientation: {'portrait' if found.portrait else 'landscape'}) {{"
    yield "html.board {"
    yield from (f"  --{name}: {value};" for name, value in _values(found, what))
    yield "}"
    yield from _next(found)
    for taken in range(found.taken_most + 1):
        yield from _counted(found, taken)
    yield "}"


def _values(found: Size, what: Seen) -> Iterator[tuple[str, str | int]]:
    unit = "min(1vw, 0.5625vh)" if found.portrait else "min(1vh, 0.5625vw)"
    yield "text", f"calc({found.text:.4f} * {unit})"
    yield "number", _rem(found.number / found.text)
    yield "pitch", _rem(found.pitch / found.text)
    yield "places", found.places
    yield "holds", " ".join(str(found.holds(taken)) for taken in range(found.taken_most + 1))
    desk = plan.LONG_DESK if what.desk_length > plan.DESK_MOST else what.desk_length * plan.DIGIT * found.number / found.text
    areas, columns, icon, words = _ROWS[found.row]
    yield "call-areas", areas
    yield "call-columns", columns.format(arrow=_rem(plan.ARROW), desk=_rem(desk), icon=_rem(plan.ICON), words=_rem(plan.WORDS))
    yield "under", _rem(max(0.1, 0.2 * found.number / found.text - 0.25))
    yield "reason", icon
    yield "words", words
    yield "heads", f"{plan.HEADS}rem" if found.has_heads else "0rem"
    yield "heads-shown", _shown(found.has_heads, "grid")
    yield "head-start", "desk-start" if found.row is Row.WORDS else 1  # the word is wider than a desk's number
    yield "head-side", "start" if found.row is Row.WORDS else "end"
    yield from _around(found)


def _around(found: Size) -> Iterator[tuple[str, str | int]]:
    areas, columns, rows = _SIDES[found.side]
    below = plan.STACK * (1 + found.has_wait)
    yield "main-areas", areas
    yield "main-columns", columns.format(side=_rem(found.side_width / found.text))
    yield "main-rows", rows.format(foot=_rem(plan.SMALL_FOOT if found.side is Side.NONE else plan.FOOT * found.foot_lines), below=_rem(below))
    yield "side-padding", "0.35rem 0.45rem" if found.side is Side.BESIDE else "0 0.45rem"
    yield "side", _shown(found.side is not Side.NONE, "grid")
    areas, columns, rows = _WITHIN[found.side]
    yield "side-areas", areas
    yield "side-columns", columns.format(label=_rem(plan.LABEL - 0.5))
    yield "side-rows", rows.format(lines=_rem(plan.STACK))
    yield "clock", "1rem" if found.side is Side.NONE else "1.55rem"
    yield "wait", _shown(found.has_wait, "grid" if found.side is Side.BESIDE else "flex")
    yield "count", _shown(found.has_count, "flex")
    yield "legend", _shown(found.has_legend, "flex")
    yield "date", _shown(found.has_date, "block")
    yield "name", _shown(found.has_name, "block")


def _next(found: Size) -> Iterator[str]:
    yield f"#next li:nth-child(n+{found.next_alone + 1}) {{ display: none; }}"
    yield f"#board[data-wait='yes'] #next li:nth-child(n+{found.next_shown + 1}) {{ display: none; }}"


def _counted(found: Size, taken: int) -> Iterator[str]:
    """Hide the k-th call where there are so many that it must stand in a line below, and the k-th of the line where it stands above."""
    board = f"#board[data-taken='{taken}']"
    large = [found.large(calls, taken) for calls in range(CALLS_MOST + 1)]
    above = max(large)
    yield f"{board} #calls li:nth-child(n+{above + 1}) {{ display: none; }}"
    yield f"{board} #also li {{ display: none; }}"
    yield f"{board} #also li:nth-child(n+{above + 1}) {{ display: flex; }}"
    for place in range(2, above + 1):
        fewest = next((calls for calls in range(place, CALLS_MOST + 1) if large[calls] < place), None)
        if fewest:
            kth = f"li:nth-child({place}):nth-last-child(n+{fewest - place + 1})"
            yield f"{board} #calls {kth} {{ display: none; }}"
            yield f"{board} #also {kth} {{ display: flex; }}"
    most = found.holds(taken)
    if most < CALLS_MOST:  # what does not fit is not hidden in silence
        last = f"{board} #also li:nth-child({most}):nth-last-child(n+2)"
        yield f"{board} #also li:nth-child(n+{most + 1}) {{ display: none; }}"
        yield f"{last}::after {{ content: '…'; }}"
        if found.line_calls > 1:  # in a line of its own there is room behind it
            yield f"{last} > * {{ display: none; }}"


def _rem(length: float) -> str:
    return f"{length:.4f}rem"


def _shown(is_shown: bool, display: str) -> str:  # noqa: FBT001 -- a word for a flag
    return display if is_shown else "none"
