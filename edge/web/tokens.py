"""The colours of the design system as `tokens.css` sets them, and the contrast that each pair of them must have.

`/style` shows these pairs and a test holds them, both from the stylesheet itself. A pair that a screen uses and that is not here is not checked.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.web import assets

THEMES = ("light", "dark", "contrast")
GROUNDS = ("--paper", "--surface", "--surface-quiet")
BOARD_GROUNDS = ("--board-ground", "--board-raised", "--board-sunk")
STATES = ("good", "warn", "bad", "info")
FAR, NEAR, EDGE = 7.0, 4.5, 3.0  # WCAG 2.2: text on kiosk and board (AAA), other text (AA), what is not text

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BLOCK = re.compile(r"([^{}]+)\{([^{}]*)\}")
_TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")


@dataclass(frozen=True, slots=True)
class Pair:
    """A colour on a ground, and the least contrast it must have."""

    over: str
    ground: str
    least: float


PAIRS = (
    *(Pair(text, ground, FAR) for text in ("--ink", "--ink-quiet") for ground in GROUNDS),
    *(Pair("--accent", ground, FAR) for ground in GROUNDS[:2]),
    *(Pair("--accent", ground, NEAR) for ground in ("--surface-quiet", "--accent-ground")),
    *(Pair("--on-accent", ground, FAR) for ground in ("--accent", "--accent-strong")),
    *(Pair(text, "--accent-ground", FAR) for text in ("--ink", "--accent-strong")),
    *(Pair(f"--{state}", ground, FAR) for state in STATES for ground in GROUNDS[:2]),
    *(Pair(f"--{state}-ink", f"--{state}-ground", FAR) for state in STATES),
    *(Pair("--on-solid", f"--solid-{state}", FAR) for state in ("good", "bad", "bad-strong")),
    Pair("--paper", "--ink", FAR),
    *(Pair(text, ground, FAR) for text in ("--board-ink", "--board-ink-quiet", "--board-signal") for ground in BOARD_GROUNDS),
    Pair("--board-ink", "--board-pulse", FAR),
    *(Pair(text, "--board-pulse", NEAR) for text in ("--board-ink-quiet", "--board-signal")),
    Pair("--on-board-alarm", "--board-alarm", FAR),
    *(Pair(edge, ground, EDGE) for edge in ("--line", "--focus") for ground in GROUNDS),
    Pair("--focus", "--accent-ground", EDGE),
)


def stylesheet(name: str) -> str:
    """Return one of our stylesheets without its comments."""
    return _COMMENT.sub("", assets.load().files[f"css/{name}"].body.decode())


def blocks(name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the selector and the tokens of each innermost block, in order; a media query around it is not told."""
    for selector, body in _BLOCK.findall(stylesheet(name)):
        yield " ".join(selector.split()), dict(_TOKEN.findall(body))


def of_selector(selector: str) -> dict[str, str]:
    """Return what the blocks of exactly this selector set."""
    return {token: value for found, tokens in blocks("tokens.css") if found == selector for token, value in tokens.items()}


def theme(name: str) -> dict[str, str]:
    """Return every token as a page of this theme has it."""
    return {**of_selector(":root, [data-theme]"), **of_selector(":root"), **of_selector(f'[data-theme="{name}"]')}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004 -- the formula's own
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
