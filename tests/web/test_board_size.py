"""How large a board draws: the table of heights, what fits, what is left out first, and that nothing is hidden in silence."""

import math
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from edge.queueing.policy import Policy, with_setting
from edge.web.screens import board_size as plan
from edge.web.screens import board_style
from edge.web.screens.board_size import Row, Seen, Side, Size, cap_mm, short_side_mm, size

FONT = Path(__file__).parents[2] / "edge/web/static/vendor/golos-text-latin-wght-normal.woff2"
SEEN = st.builds(
    Seen,
    distance_m=st.integers(1, 40),
    diagonal_in=st.integers(5, 200),
    desks=st.integers(0, 40),
    letters=st.integers(1, 2),
    desk_length=st.integers(1, 32),
    name_length=st.integers(1, 60),
)


@pytest.mark.parametrize(("metres", "mm"), [(3, 37), (5, 61), (8, 98), (10, 122), (15, 183), (20, 244)])
def test_digits_are_as_tall_as_the_table_says(metres: int, mm: int) -> None:
    """EN 301 549, 5.1.4: 0.7 degrees, 12.2 mm for each metre."""
    assert round(cap_mm(metres)) == mm
    assert cap_mm(metres) >= 12.2 * metres


def test_screens_have_the_height_of_their_diagonal() -> None:
    assert [round(short_side_mm(inches)) for inches in (32, 43, 55, 65)] == [398, 535, 685, 809]


def test_capitals_and_digits_of_the_font_are_as_planned() -> None:
    font = TTFont(FONT)
    units = font["head"].unitsPerEm
    assert font["OS/2"].sCapHeight / units == plan.CAP
    cmap, widths = font.getBestCmap(), font["hmtx"]
    assert max(widths[cmap[ord(digit)]][0] for digit in "0123456789") / units <= plan.DIGIT


@pytest.mark.parametrize(
    ("metres", "places", "row", "side"),
    [(3, 4, Row.WORDS, Side.BESIDE), (4, 4, Row.ICON, Side.BESIDE), (5, 4, Row.ICON, Side.BESIDE), (6, 4, Row.ICON, Side.FOOT)],
)
def test_a_55_inch_board_with_four_desks_says_less_the_farther_people_sit(metres: int, places: int, row: Row, side: Side) -> None:
    found = size(Seen(metres, 55, 4, desk_length=1), portrait=False)
    assert (found.places, found.row, found.side, found.readable_m) == (places, row, side, metres)


def test_at_ten_metres_a_55_inch_board_still_shows_two_calls_and_at_fifteen_it_says_that_it_is_too_small() -> None:
    assert size(Seen(10, 55, 4), portrait=False).readable_m == 10
    small = size(Seen(15, 55, 4), portrait=False)
    assert small.places >= 2
    assert 9 < small.readable_m < 15


def test_twelve_desks_are_all_shown_the_newest_large() -> None:
    found = size(Seen(5, 55, 12), portrait=False)
    assert found.holds() >= 12
    assert found.large(12) >= 3
    assert found.large(4) == 4


def height(found: Size) -> float:
    """Return what an arrangement takes from top to bottom, in u."""
    foot = plan.SMALL_FOOT if found.side is Side.NONE else plan.FOOT * found.foot_lines
    side = plan.STACK * (1 + found.has_wait) if found.side is Side.BELOW else 0
    gaps = 2 if found.side is Side.BELOW else 1
    return found.places * found.pitch + (foot + side + plan.HEADS * found.has_heads) * found.text + gaps * plan.GAP + 2 * plan.MARGIN


@given(seen=SEEN, portrait=st.booleans())
def test_numbers_are_tall_enough_or_the_board_says_from_where_they_are(seen: Seen, portrait: bool) -> None:  # noqa: FBT001
    found = size(seen, portrait=portrait)
    cap = found.number * plan.CAP * short_side_mm(seen.diagonal_in) / 100
    assert cap >= cap_mm(found.readable_m) * 0.99 or cap >= cap_mm(found.readable_m - 0.1)
    assert found.readable_m <= seen.distance_m
    assert found.places >= 2
    assert found.number >= found.text * plan.RATIO * 0.999


@given(seen=SEEN, portrait=st.booleans())
def test_everything_has_its_room(seen: Seen, portrait: bool) -> None:  # noqa: FBT001
    found = size(seen, portrait=portrait)
    tall, wide = (plan.LONG, 100) if portrait else (100, plan.LONG)
    assert height(found) <= tall + 1e-6
    assert found.pitch / found.text >= plan.PITCH[found.row] - 1e-6
    desk = plan.LONG_DESK * found.text if seen.desk_length > plan.DESK_MOST else seen.desk_length * plan.DIGIT * found.number
    row = (plan.PAD + plan.ARROW) * found.text + (seen.letters * plan.LETTER + 4 * plan.DIGIT) * found.number + desk
    assert row + found.side_width <= wide
    if found.side is Side.BESIDE:
        assert found.side_width >= plan.SIDE * found.text - 1e-6


@given(seen=SEEN, portrait=st.booleans(), calls=st.integers(0, 40), taken=st.integers(0, 8))
def test_more_calls_are_never_fewer_large_ones_than_there_is_room_for(seen: Seen, portrait: bool, calls: int, taken: int) -> None:  # noqa: FBT001
    found = size(seen, portrait=portrait)
    large = found.large(calls, taken)
    assert large <= calls
    assert large >= min(calls, 1)
    assert found.large(calls + 1, taken) <= max(large, calls + 1 if large == calls else large)
    if calls <= found.holds(taken):
        assert calls - large <= found.small(large, taken)
    if large > 1:
        assert large * found.pitch + math.ceil((calls - large) / found.line_calls) * plan.LINE * found.text <= (
            found.places * found.pitch - taken * plan.LINE * found.text + 1e-6
        )


def shown(sheet: str, found: Size, calls: int, taken: int, total: int) -> tuple[list[int], list[int]]:
    """Return which calls a stylesheet shows large and small, as a browser reads it: of rules that are equally exact the later holds."""
    orientation = "portrait" if found.portrait else "landscape"
    rules = sheet.split(f"(orientation: {orientation})")[1].partition("@media")[0]
    selector = rf"#board\[data-taken='{taken}'\] #(calls|also) li(?::nth-child\((n\+)?(\d+)\))?(?::nth-last-child\(n\+(\d+)\))?"
    pattern = re.compile(selector + r" { display: (\w+)")
    state = {("calls", k): ("grid", 0) for k in range(1, total + 1)} | {("also", k): ("flex", 0) for k in range(1, total + 1)}
    for where, onwards, place, last, display in pattern.findall(rules):
        for k in range(1, calls + 1):
            at = not place or (k >= int(place) if onwards else k == int(place))
            weight = bool(place) + bool(last)
            if at and (not last or calls - k + 1 >= int(last)) and weight >= state[where, k][1]:
                state[where, k] = (display, weight)
    return tuple([k for k in range(1, calls + 1) if state[where, k][0] != "none"] for where in ("calls", "also"))  # type: ignore[return-value]


@pytest.mark.parametrize("portrait", [False, True])
@pytest.mark.parametrize(
    "seen", [Seen(5, 55, 4, desk_length=1), Seen(3, 55, 12), Seen(5, 55, 12), Seen(8, 55, 4), Seen(10, 55, 8), Seen(5, 32, 6, 2, 7)]
)
def test_the_stylesheet_counts_as_the_plan_does(seen: Seen, portrait: bool) -> None:  # noqa: FBT001
    found, sheet = size(seen, portrait=portrait), board_style.sheet(seen)
    for taken in range(found.taken_most + 1):
        for calls in range(16):
            large, small = shown(sheet, found, calls, taken, 16)
            assert large == list(range(1, found.large(calls, taken) + 1)), (taken, calls)
            expected = range(len(large) + 1, min(calls, max(found.holds(taken), len(large))) + 1)
            assert small == list(expected), (taken, calls)


def test_the_id_of_a_desk_is_drawn_smaller_the_longer_it_is() -> None:
    assert [board_style.length_class(desk) for desk in ("7", "112", "hall-2", "12a-long-id", "a" * 32)] == ["", "", "m", "s", "xs"]


def zoned(metres: int, inches: int, desks: int) -> Policy:
    zone = {"zone": "a", "names": {"ru": "A"}, "viewing_distance_m": metres, "diagonal_in": inches}
    plans = [{"desk": str(number), "zone": "a", "services": []} for number in range(1, desks + 1)]
    return with_setting(with_setting(Policy(), "zones", [zone]), "desks", plans)


def test_settings_say_which_boards_are_too_small_and_forbid_nothing() -> None:
    assert list(board_style.second_look(zoned(5, 55, 8))) == []
    (small,) = board_style.second_look(zoned(15, 55, 4))
    assert (small.code, small.where) == ("board-small", ("zones", "a", "diagonal_in"))
    assert 9 < float(small.values["limit"]) < 15
    (full,) = board_style.second_look(zoned(10, 55, 20))
    assert (full.code, full.values["given"]) == ("board-full", "20")
