"""What must hold on any page, whatever it shows: nothing clipped, nothing overlapping, nothing untranslated, every letter in the shipped font.

Each check returns sentences that name the place; an empty list is a good page. They look at what is rendered, not at what was meant.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
SCRIPT = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8").strip()
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
SHORTEST_SENTENCE = 5  # "OK" and "SMS" are words in every language


def clipped(page: Page) -> list[str]:
    """Return texts that are cut off, or run out of the page."""
    return list(_call(page, "clipped"))


def overlapping(page: Page) -> list[str]:
    """Return pairs of texts that stand on one another."""
    return list(_call(page, "overlapping"))


def layout_shift(page: Page) -> float:
    """Return how far the page moved by itself since it was loaded (Cumulative Layout Shift)."""
    return float(_call(page, "shift"))


def untranslated(page: Page, lang: str) -> list[str]:
    """Return English sentences of ours that stand on a page of another language."""
    if lang == "en":
        return []
    shown = str(_call(page, "ownWords")).casefold()
    return [text for text in _english(lang) if re.search(rf"(?<!\w){re.escape(text.casefold())}(?!\w|-\w)", shown)]  # kiosk-1 is a name


def unprintable(page: Page, letters: frozenset[int]) -> list[str]:
    """Return characters on the page that the shipped font does not have; ``letters`` are the code points that it has."""
    return sorted({each for each in str(_call(page, "words")) if ord(each) not in letters and not each.isspace()})


def focus_faults(page: Page, most: int = 40) -> list[str]:
    """Walk up to ``most`` steps with Tab: everything has a ring and a place on the page, and the way follows the order of the document."""
    faults = [f"tabindex above 0: {place}" for place in _call(page, "positiveTabindexes")]
    _call(page, "unfocus")
    way: list[Mapping[str, Any]] = []
    for _ in range(min(int(_call(page, "focusable")), most)):
        page.keyboard.press("Tab")
        here = _call(page, "focus")
        if here is None or here["place"] in [each["place"] for each in way]:
            break
        way.append(here)
    faults += [f"no visible ring on {here['html']}" for here in way if not here["ring"]]
    faults += [f"the focus is on something that nobody sees: {here['html']}" for here in way if not here["seen"]]
    places = [here["place"] for here in way]
    turns = sum(later < earlier for earlier, later in itertools.pairwise(places))
    if turns > 1:  # it may begin in the middle, where the page put it
        faults.append(f"Tab jumps back {turns} times")
    return faults


def violations(page: Page, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what axe finds wrong, and only that."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    found: list[dict[str, Any]] = page.evaluate(
        "options => axe.run(options).then((found) => found.violations)", {**options, "resultTypes": ["violations"]}
    )
    return found


def _call(page: Page, function: str) -> Any:
    return page.evaluate(f"async () => ({SCRIPT}).{function}()")


@cache
def _english(lang: str) -> Sequence[str]:
    """Return our English sentences whose translation differs from them; of those with placeholders the longest piece."""
    with (ROOT / "edge/web/translations" / lang / "LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    texts = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        for source in message.id if isinstance(message.id, tuple) else (message.id,):
            piece = max((part.strip() for part in PLACEHOLDER.split(str(source))), key=len)
            if len(piece) >= SHORTEST_SENTENCE and not any(piece.casefold() in str(string).casefold() for string in strings):
                texts.append(piece)
    return texts
